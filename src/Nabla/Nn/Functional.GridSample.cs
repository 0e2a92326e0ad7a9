using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// Values of images at the places that a grid names. Places and weights of the sampled elements follow from the grid; they are
    /// computed again in backward rather than kept.
    /// </summary>
    public readonly record struct GridSample : IOp<GridSample>
    {
        private readonly GridTaps taps;

        internal GridSample(GridTaps taps) => this.taps = taps;

        /// <summary>How places follow from the grid.</summary>
        internal GridTaps Taps => taps;

        static string IOperation<GridSample>.NodeName(GridSample op) => $"GridSampler{op.taps.Dims}DBackward0";

        static bool IOp<GridSample>.SavesOutput(GridSample op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            if (x[0].Rank == taps.Dims + 2 && x[1].Rank == x[0].Rank) return [GridPoints.Values(x[0], x[1], taps.Rule)];
            // Batches in front: a transform's.
            using GradScope unrecorded = Autograd.NoGrad();
            long[] sizes = Sizes(x[0]);
            return [Make(SampleKind.Values, x[0], taps.Weights(x[1], sizes), taps.Places(x[1], sizes), sizes)];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            long[] sizes = Sizes(x[0]);
            if (x[0].Rank == taps.Dims + 2 && Plain(d, x[0], x[1]))
            {
                if (into.Needs(0)) into[0] = GridPoints.Image(d, x[1], sizes, taps.Rule);
                if (into.Needs(1)) into[1] = GridPoints.Grid(d, x[0], x[1], taps.Rule);
                return;
            }
            Tensor places = taps.Places(x[1], sizes);
            if (into.Needs(0)) into[0] = Make(SampleKind.Image, d, taps.Weights(x[1], sizes), places, sizes);
            if (!into.Needs(1)) return;
            Tensor weights = Make(SampleKind.Weights, d, x[0], places, sizes);
            Tensor[] parts = new Tensor[taps.Dims];
            for (int i = 0; i < parts.Length; i++) parts[^(i + 1)] = (weights * taps.Slopes(x[1], sizes, i)).Sum(-(taps.Dims + 1));
            into[1] = Tensor.Stack(parts, -1);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            long[] sizes = Sizes(x[0]);
            Tensor places = taps.Places(x[1], sizes);
            Tensor? sum = t[0] is { } image ? Make(SampleKind.Values, image, taps.Weights(x[1], sizes), places, sizes) : null;
            if (t[1] is not { } grid) return [sum];
            Tensor weights = taps.Slopes(x[1], sizes, 0) * Along(grid, 0);
            for (int i = 1; i < taps.Dims; i++) weights += taps.Slopes(x[1], sizes, i) * Along(grid, i);
            Tensor moved = Make(SampleKind.Values, x[0], weights, places, sizes);
            return [sum is null ? moved : sum + moved];
        }

        private Tensor Along(Tensor grid, int d) => grid.Select(-1, taps.Dims - 1 - d).Unsqueeze(-(taps.Dims + 1));

        private long[] Sizes(Tensor image) => image.layout.shape[^taps.Dims..];

        private Tensor Make(SampleKind what, Tensor a, Tensor b, Tensor at, long[] sizes) =>
            Op.Apply(new GridSampler(what, taps.Dims, sizes), a, b, at)[0];
    }

    /// <summary>
    /// One of image, values and weights of a sampling from the two others, which it is linear in. Operands: values (or the image, if the
    /// values are wanted), weights (or the image, if they are wanted), places.
    /// </summary>
    public readonly record struct GridSampler : IOp<GridSampler>
    {
        private readonly SampleKind kind;
        private readonly int dims;
        private readonly long[] sizes;

        internal GridSampler(SampleKind kind, int dims, long[] sizes) => (this.kind, this.dims, this.sizes) = (kind, dims, sizes);

        static string IOperation<GridSampler>.NodeName(GridSampler op) =>
            $"GridSampler{op.dims}D{(op.kind == SampleKind.Values ? "" : "Backward")}Backward0";

        static bool IOp<GridSampler>.SavesOutput(GridSampler op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.GridSample.Run(kind, x[0], x[1], x[2], dims, sizes)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            (Tensor a, Tensor b, Tensor at) = (x[0], x[1], x[2]);
            // The names of what stands in the places (values or image, weights or image) for each kind of result.
            if (into.Needs(0)) into[0] = kind switch
            {
                SampleKind.Values => Make(SampleKind.Image, d, b, at),
                SampleKind.Image => Make(SampleKind.Values, d, b, at),
                _ => Make(SampleKind.Values, b, d, at),
            };
            if (into.Needs(1)) into[1] = kind switch
            {
                SampleKind.Values => Make(SampleKind.Weights, d, a, at),
                SampleKind.Image => Make(SampleKind.Weights, a, d, at),
                _ => Make(SampleKind.Image, a, d, at),
            };
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? a = t[0] is { } s ? Make(kind, s, x[1], x[2]) : null, b = t[1] is { } u ? Make(kind, x[0], u, x[2]) : null;
            return [a is null ? b : b is null ? a : a + b];
        }

        private Tensor Make(SampleKind what, Tensor a, Tensor b, Tensor at) => Op.Apply(new GridSampler(what, dims, sizes), a, b, at)[0];
    }
}

public static partial class Functional
{
    /// <summary>Values of images at given places: result[n, c, i, j] is the input [n, c] at grid[n, i, j].</summary>
    /// <param name="input">[N, C, H, W], or [N, C, D, H, W].</param>
    /// <param name="grid">Places, [N, H', W', 2] as (x, y), or [N, D', H', W', 3] as (x, y, z): -1 and 1 are the ends of the image.</param>
    /// <param name="mode">"bilinear", "nearest", or, for 4 dimensions, "bicubic".</param>
    /// <param name="paddingMode">What lies outside: "zeros", "border" (the nearest border element), "reflection".</param>
    /// <param name="alignCorners">-1 and 1 are the centres of the corner elements, not their outer ends.</param>
    /// <remarks>M. Jaderberg et al., Spatial Transformer Networks, 2015. Cubic convolution with a = -0.75. Sums of a few weighted elements,
    /// with derivatives of any order.</remarks>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are not floating point.</exception>
    /// <exception cref="ArgumentException">A mode is unknown.</exception>
    public static Tensor GridSample(Tensor input, Tensor grid, string mode = "bilinear", string paddingMode = "zeros",
        bool alignCorners = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref grid);
        if (mode is not ("bilinear" or "nearest" or "bicubic")) throw new ArgumentException(
            $"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'", nameof(mode));
        if (paddingMode is not ("zeros" or "border" or "reflection")) throw new ArgumentException("nn.functional.grid_sample(): expected " +
            $"padding_mode to be 'zeros', 'border', or 'reflection', but got: '{paddingMode}'", nameof(paddingMode));
        CheckGrid(input, grid, input.Rank == 4 ? 4 : 5);
        if (mode == "bicubic" && input.Rank != 4) Throw.Shapes("grid_sampler(): bicubic interpolation only supports 4D input: the input " +
            $"has shape {input.Shape}.");
        return Sample(input, grid, mode, paddingMode, alignCorners);
    }

    /// <summary>As <see cref="GridSample"/> of images of 4 dimensions, with numbers for the modes.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="grid">[N, H', W', 2].</param>
    /// <param name="interpolationMode">0: bilinear, 1: nearest, 2: bicubic.</param>
    /// <param name="paddingMode">0: zeros, 1: border, 2: reflection.</param>
    /// <param name="alignCorners">See <see cref="GridSample"/>.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A mode is unknown.</exception>
    public static Tensor GridSampler2d(Tensor input, Tensor grid, int interpolationMode, int paddingMode, bool alignCorners)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref grid);
        if (interpolationMode is < 0 or > 2) Throw.Range(nameof(interpolationMode), interpolationMode,
            "interpolation_mode must be 0 (bilinear), 1 (nearest) or 2 (bicubic).");
        if (paddingMode is < 0 or > 2)
            Throw.Range(nameof(paddingMode), paddingMode, "padding_mode must be 0 (zeros), 1 (border) or 2 (reflection).");
        CheckGrid(input, grid, 4);
        return Sample(input, grid, interpolationMode switch { 0 => "bilinear", 1 => "nearest", _ => "bicubic" },
            paddingMode switch { 0 => "zeros", 1 => "border", _ => "reflection" }, alignCorners);
    }

    private static void CheckGrid(Tensor x, Tensor grid, int rank)
    {
        string sizes = $"but got input with sizes {x.Shape} and grid with sizes {grid.Shape}";
        if (x.Rank == 0 || grid.Rank == 0 || x.layout.shape[0] != grid.layout.shape[0])
            Throw.Shapes($"grid_sampler(): expected grid and input to have same batch size, {sizes}");
        if (grid.layout.shape[^1] != x.Rank - 2)
            Throw.Shapes($"grid_sampler(): expected grid to have size {x.Rank - 2} in last dimension, but got grid with " +
                $"sizes {grid.Shape}");
        for (int d = 2; d < x.Rank; d++)
            if (x.layout.shape[d] == 0) Throw.Shapes("grid_sampler(): expected input to have non-empty spatial dimensions, but input has " +
                $"sizes {x.Shape} with dimension {d} being empty");
        if (x.Rank != rank || grid.Rank != rank)
            Throw.Shapes($"grid_sampler(): expected {rank}D input and grid with same number of dimensions, {sizes}");
        if (x.dtype != grid.dtype) Throw.Types($"expected scalar type {x.dtype.ScalarName()} but found {grid.dtype.ScalarName()}: " +
            "grid_sample needs an input and a grid of one dtype.");
        if (!x.dtype.IsFloatingPoint()) Throw.NotImplementedFor($"grid_sampler_{rank - 2}d_cpu_kernel_impl", x.dtype);
    }

    private static Tensor Sample(Tensor x, Tensor grid, string mode, string padding, bool align) =>
        Op.Apply(new Ops.GridSample(new(x.Rank - 2, mode, padding, align)), x, grid)[0];

    /// <summary>The grid of <see cref="GridSample"/> for affine maps: grid[n, i, j] = theta[n] · (x, y, 1) of the result's
    /// elements.</summary>
    /// <param name="theta">[N, 2, 3], or [N, 3, 4].</param>
    /// <param name="size">The result's shape: [N, C, H, W], or [N, C, D, H, W].</param>
    /// <param name="alignCorners">-1 and 1 are the centres of the corner elements, not their outer ends.</param>
    /// <returns>[N, H, W, 2], or [N, D, H, W, 3].</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">theta is not floating point.</exception>
    public static Tensor AffineGrid(Tensor theta, Shape size, bool alignCorners = false)
    {
        string asked = $"({string.Join(", ", size)})";
        if (!theta.dtype.IsFloatingPoint()) Throw.Types($"Expected theta to have floating point type, but got torch.{theta.dtype.Name()}");
        if (size.Count is not (4 or 5)) Throw.Shapes("affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, " +
            $"respectively. Got size {asked}.");
        int dims = size.Count - 2;
        if (theta.Rank != 3 || theta.layout.shape[1] != dims || theta.layout.shape[2] != dims + 1)
            Throw.Shapes($"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {asked}. Got " +
                $"torch.Size({theta.Shape}).");
        long[] spatial = size[2..].ToArray();
        bool empty = false;
        foreach (long n in size) empty |= n <= 0;
        if (empty) Throw.Shapes($"Expected non-zero, positive output size. Got {asked}");
        List<Tensor> columns = [];
        for (int d = dims - 1; d >= 0; d--)
        {
            long n = spatial[d];
            Tensor line = n == 1 ? Tensor.Zeros([1], theta.dtype) : Tensor.Linspace(-1, 1, n, theta.dtype);
            if (!alignCorners && n > 1) line = line * ((double)(n - 1) / n);
            long[] along = new long[dims];
            Array.Fill(along, 1);
            along[d] = n;
            columns.Add(line.Reshape(new Shape(along)).Expand(new Shape(spatial)));
        }
        columns.Add(Tensor.Ones(new Shape(spatial), theta.dtype));
        Tensor places = Tensor.Stack(columns, -1).Reshape(new Shape([1, -1, dims + 1]));
        Tensor y = places.Expand(new Shape([size[0], -1, dims + 1])).Bmm(theta.Transpose(1, 2));
        return y.Reshape(new Shape([size[0], .. spatial, dims]));
    }
}
