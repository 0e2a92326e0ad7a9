using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The last dimensions resampled, the last one by the first plan; or the transpose of that.</summary>
    public readonly record struct Resample : ILinear<Resample>
    {
        private readonly ResamplePlan[] plans;
        private readonly string node;
        private readonly bool transposed;

        internal Resample(ResamplePlan[] plans, string node, bool transposed = false) =>
            (this.plans, this.node, this.transposed) = (plans, node, transposed);

        /// <summary>How the last dimensions are resampled, the last one first.</summary>
        internal IReadOnlyList<ResamplePlan> Plans => plans;

        internal bool Transposed => transposed;

        static string IOperation<Resample>.NodeName(Resample op) => op.node + "Backward0";
        public Tensor Forward(Tensor x) => Interpolate.Run(x, plans, transposed);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Resample(plans, node, !transposed), g);
    }
}

public static partial class Functional
{
    private const string Modes = "linear | bilinear | bicubic | trilinear";

    /// <summary>Images or signals at another resolution.</summary>
    /// <param name="input">[N, C, W], [N, C, H, W] or [N, C, D, H, W].</param>
    /// <param name="size">The new sizes of the last dimensions, or one for all.</param>
    /// <param name="scaleFactor">Or: by how much to multiply them; one number for all, or one each.</param>
    /// <param name="mode">"nearest", "nearest-exact" (as other libraries round), "linear" (3 dimensions), "bilinear" and "bicubic" (4),
    /// "trilinear" (5), "area" (means).</param>
    /// <param name="alignCorners">Corner elements keep their places; by default the corners of the elements do. For the linear and cubic
    /// modes only.</param>
    /// <param name="recomputeScaleFactor">Take the factor from the rounded sizes instead of the given one.</param>
    /// <param name="antialias">Smooth when sizes shrink: bilinear and bicubic only.</param>
    /// <remarks>float16 and bfloat16 are computed in float32; uint8 images in fixed point. Cubic convolution by R. Keys, 1981, with
    /// a = -0.75, and -0.5 with antialias.</remarks>
    /// <exception cref="ShapeException">The input has other dimensions than the mode needs, or a size is 0.</exception>
    /// <exception cref="ArgumentException">The arguments contradict each other.</exception>
    public static Tensor Interpolate(Tensor input, Shape? size = null, IReadOnlyList<double>? scaleFactor = null, string mode = "nearest",
        bool? alignCorners = null, bool? recomputeScaleFactor = null, bool antialias = false)
    {
        bool copies = mode is "nearest" or "nearest-exact" or "area";
        if (copies && alignCorners is not null)
            throw new ArgumentException($"align_corners option can only be set with the interpolating modes: {Modes}",
                nameof(alignCorners));
        int dims = input.Rank - 2;
        (long[] sizes, double?[] factors) = Sizes(input, dims, size, scaleFactor, recomputeScaleFactor == true, mode);
        if (antialias && !(mode is "bilinear" or "bicubic" && input.Rank == 4))
            throw new ArgumentException("Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input",
                nameof(antialias));
        CheckMode(input, mode);
        CheckResized(input, sizes, mode);
        CheckResampled(input, mode, dims);
        ResampleMode kind = mode switch
        {
            "nearest" => ResampleMode.Nearest,
            "nearest-exact" => ResampleMode.NearestExact,
            "area" => ResampleMode.Area,
            "bicubic" => antialias ? ResampleMode.CubicAntialias : ResampleMode.Cubic,
            _ => antialias ? ResampleMode.LinearAntialias : ResampleMode.Linear,
        };
        bool align = alignCorners == true;
        ResamplePlan[] plans = new ResamplePlan[dims];
        for (int k = 0; k < dims; k++)
        {
            long n = input.layout.shape[^(k + 1)], m = sizes[^(k + 1)];
            plans[k] = new(kind, n, m, 0, align, ResamplePlan.ScaleOf(n, m, align, factors[^(k + 1)]));
        }
        string name = mode switch
        {
            "area" => "AdaptiveAvgPool",
            "nearest-exact" => "UpsampleNearestExact",
            _ => "Upsample" + char.ToUpperInvariant(mode[0]) + mode[1..],
        };
        return Nabla.LinearOp.Apply(new Ops.Resample(plans, $"{name}{dims}D{(antialias ? "Aa" : "")}"), input);
    }

    /// <summary>The old name of Interpolate.</summary>
    /// <inheritdoc cref="Interpolate"/>
    public static Tensor Upsample(Tensor input, Shape? size = null, IReadOnlyList<double>? scaleFactor = null, string mode = "nearest",
        bool? alignCorners = null) => Interpolate(input, size, scaleFactor, mode, alignCorners);

    /// <summary>Interpolate with mode "nearest".</summary>
    /// <inheritdoc cref="Interpolate"/>
    public static Tensor UpsampleNearest(Tensor input, Shape? size = null, IReadOnlyList<double>? scaleFactor = null) =>
        Interpolate(input, size, scaleFactor);

    /// <summary>Interpolate with mode "bilinear" and corners aligned.</summary>
    /// <inheritdoc cref="Interpolate"/>
    public static Tensor UpsampleBilinear(Tensor input, Shape? size = null, IReadOnlyList<double>? scaleFactor = null) =>
        Interpolate(input, size, scaleFactor, "bilinear", true);

    private static (long[] Sizes, double?[] Factors) Sizes(Tensor x, int dims, Shape? size, IReadOnlyList<double>? factor, bool recompute,
        string mode)
    {
        if (size is not null && factor is not null) throw new ArgumentException("only one of size or scale_factor should be defined");
        Shape spatial = x.Rank > 2 ? x.Shape[2..] : default;
        double?[] factors = new double?[Math.Max(0, dims)];
        long[] sizes = new long[factors.Length];
        if (size is { } s)
        {
            if (s.Count != 1 && s.Count != dims) Throw.Shapes("Input and output must have the same number of spatial dimensions, but got " +
                $"input with spatial dimensions of {spatial} and output size of {s}. Please provide input tensor in (N, C, d1, d2, " +
                "...,dK) format and output size in (o1, o2, ...,oK) format.");
            if (recompute) throw new ArgumentException("recompute_scale_factor is not meaningful with an explicit size.");
            for (int d = 0; d < sizes.Length; d++) sizes[d] = s[s.Count == 1 ? 0 : d];
            return (sizes, factors);
        }
        if (factor is null) throw new ArgumentException("either size or scale_factor should be defined");
        if (factor.Count != 1 && factor.Count != dims) Throw.Shapes("Input and scale_factor must have the same number of spatial " +
            $"dimensions, but got input with spatial dimensions of {spatial} and scale_factor of shape ({string.Join(", ", factor)}). " +
            "Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format.");
        for (int d = 0; d < sizes.Length; d++)
        {
            double f = factor[factor.Count == 1 ? 0 : d], product = spatial[d] * f;
            if (!(Math.Abs(product) < 9e18)) Throw.ValueOverflow(product.ToString(System.Globalization.CultureInfo.InvariantCulture),
                DType.Int64);
            sizes[d] = (long)product;
            if (!recompute && mode != "area") factors[d] = f;
        }
        return (sizes, factors);
    }

    private static void CheckMode(Tensor x, string mode)
    {
        int needed = mode switch { "linear" => 3, "bilinear" or "bicubic" => 4, "trilinear" => 5, _ => 0 };
        bool known = needed > 0 || mode is "nearest" or "nearest-exact" or "area";
        if (x.Rank is < 3 or > 5 || !known || (mode == "bicubic" && x.Rank != 4))
            Throw.Shapes($"Input Error: Only 3D, 4D and 5D input Tensors supported (got {x.Rank}D) for the modes: nearest | linear | " +
                $"bilinear | bicubic | trilinear | area | nearest-exact (got {mode})");
        if (needed > 0 && x.Rank != needed) Throw.Shapes($"Got {x.Rank}D input, but {mode} mode needs {needed}D input");
    }

    private static void CheckResized(Tensor x, long[] sizes, string mode)
    {
        bool area = mode == "area";
        for (int d = 0; d < sizes.Length; d++)
        {
            if (area ? x.layout.shape[d + 2] > 0 && sizes[d] >= 0 : x.layout.shape[d + 2] > 0 && sizes[d] > 0) continue;
            string Text(ReadOnlySpan<long> s)
            {
                string[] parts = new string[s.Length];
                for (int k = 0; k < parts.Length; k++) parts[k] = $"{"DHW"[3 - s.Length + k]}: {s[k]}";
                return $"({string.Join(", ", parts)})";
            }
            Throw.Shapes($"Input and output sizes should be greater than 0, but got input {Text(x.layout.shape.AsSpan(2))} " +
                $"{(sizes.Length == 1 ? "and output" : "output")} {Text(sizes)}");
        }
        if (x.layout.shape[1] == 0 && !area)
            Throw.Shapes($"Non-empty {x.Rank}D data tensor expected but got a tensor with sizes {x.Shape}");
    }

    private static void CheckResampled(Tensor x, string mode, int dims)
    {
        bool bytes = x.dtype == DType.UInt8 && (mode is "nearest" or "nearest-exact" || mode is "bilinear" or "bicubic");
        if (x.dtype.IsFloatingPoint() || bytes) return;
        string kernel = mode switch
        {
            "area" => $"adaptive_avg_pool{dims}d",
            "nearest" or "nearest-exact" => "compute_indices_weights_nearest",
            "bicubic" => "compute_indices_weights_cubic",
            _ => "compute_indices_weights_linear",
        };
        Throw.NotImplementedFor(kernel, x.dtype);
    }
}
