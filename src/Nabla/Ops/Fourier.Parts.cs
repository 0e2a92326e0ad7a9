using Nabla.Amp;

namespace Nabla;

public static partial class Fourier
{
    private static Dims LastTwo => new([-2, -1]);

    private static Tensor Shift(Tensor x, Dims? dim, long up)
    {
        int[] dims = (dim ?? Dims.All(x.NDim)).Values;
        return dims.Length == 0 ? x : x.Roll(new Shape(Array.ConvertAll(dims, d => (x.Size(d) + up) / 2)), dims);
    }

    /// <summary>The dimension counted from the end; what has none has nothing to transform.</summary>
    private static int Along(Tensor x, int dim)
    {
        if (x.NDim == 0) Throw.Range(nameof(dim), dim, $"Dimension specified as {dim} but tensor has no dimensions");
        return Dims.FromEnd(dim, x.NDim);
    }

    private static Tensor Floating(Tensor x)
    {
        x = Autocast.Float32(x);
        if (x.DType is DType.Float16 or DType.BFloat16)
            Throw.Types($"Unsupported dtype {x.DType.ScalarName()}: transform float32 or float64.");
        return x.DType.IsDifferentiable() ? x : x.To(Tensor.DefaultDType);
    }

    private static Tensor Complex(Tensor x)
    {
        x = Floating(x);
        return x.To(x.DType.ToComplex());
    }

    /// <summary>Dimensions and lengths of a transform along several, checked.</summary>
    private static (int Dim, long? Size)[] Plan(Tensor x, Shape? s, Dims? dim, string? atLeastOne = null)
    {
        if (dim is { } given && s is { } sizes && sizes.Count != given.Count)
            Throw.Shapes($"When given, dim and shape arguments must have the same length: {given.Count} and {sizes.Count}.");
        if (dim is null && s is { } own && own.Count > x.NDim)
            Throw.Shapes($"Got shape with {own.Count} values but input tensor only has {x.NDim} dimensions.");
        int[] dims = dim is { } d ? Array.ConvertAll(d.Values, v => Dims.FromEnd(v, x.NDim)) : Dims.All(s?.Count ?? x.NDim).Values;
        if (new HashSet<int>(dims).Count != dims.Length) Throw.Shapes($"FFT dims must be unique: {string.Join(", ", dims)}.");
        if (atLeastOne is not null && dims.Length == 0) Throw.Shapes($"{atLeastOne} must transform at least one axis");
        (int, long?)[] plan = new (int, long?)[dims.Length];
        for (int i = 0; i < plan.Length; i++)
        {
            plan[i] = (dims[i], s is null || s.Value[i] == -1 ? null : s.Value[i]);
            CheckLength(plan[i].Item2 ?? (atLeastOne is "irfftn" or "hfftn" && i == plan.Length - 1 ? 1 : x.Size(dims[i])));
        }
        return plan;
    }

    private static long CheckLength(long n)
    {
        if (n < 1) Throw.Shapes($"Invalid number of data points ({n}) specified");
        return n;
    }

    private static double Scale(string? norm, bool inverse, long n) => norm switch
    {
        null or "backward" => inverse ? 1.0 / n : 1,
        "forward" => inverse ? 1 : 1.0 / n,
        "ortho" => 1 / Math.Sqrt(n),
        _ => throw new ArgumentException($"Invalid normalization mode: \"{norm}\". Use backward, ortho or forward.", nameof(norm)),
    };

    /// <summary>Cut, or continued with zeros, to a length along a dimension counted from the end.</summary>
    private static Tensor Fit(Tensor x, long n, int dim)
    {
        long size = x.Size(dim);
        if (size == n) return x;
        if (size > n) return x.Slice(dim, 0, n);
        long[] pad = new long[-2 * dim];
        pad[^1] = n - size;
        return x.ConstantPadNd(pad);
    }

    private static Tensor C2C(Tensor x, long? n, int dim, string? norm, bool inverse)
    {
        long length = CheckLength(n ?? x.Size(dim));
        double scale = Scale(norm, inverse, length);
        return LinearOp.Apply(new Ops.Dft(dim, inverse, scale), Fit(x, length, dim));
    }

    private static Tensor C2Cs(Tensor x, (int Dim, long? Size)[] plan, string? norm, bool inverse)
    {
        _ = Scale(norm, inverse, 1);
        foreach ((int dim, long? size) in plan) x = C2C(x, size, dim, norm, inverse);
        return x;
    }

    /// <summary>The first half of the spectrum of real numbers, in the forward direction.</summary>
    private static Tensor R2C(Tensor x, string name, long? n, int dim, string? norm, bool inverse)
    {
        if (x.DType.IsComplex()) Throw.Types($"{name} expects a real input tensor, but got {x.DType.ScalarName()}");
        long length = CheckLength(n ?? x.Size(dim));
        return LinearOp.Apply(new Ops.HalfDft(dim, Scale(norm, inverse, length), 1), Fit(Floating(x), length, dim));
    }

    /// <summary>Real numbers from the first half of their spectrum, in the inverse direction.</summary>
    private static Tensor C2R(Tensor x, long? n, int dim, string? norm, bool inverse)
    {
        long length = CheckLength(n ?? 2 * (x.Size(dim) - 1));
        return LinearOp.Apply(new Ops.RealDft(dim, length, Scale(norm, inverse, length), 1), Fit(x, length / 2 + 1, dim));
    }
}
