using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>The values start, start + step, ... below <paramref name="end"/>: ⌈(end - start) / step⌉ of them.</summary>
    /// <param name="start">The first value.</param>
    /// <param name="end">The bound, which is not reached.</param>
    /// <param name="step">The distance of neighbours.</param>
    /// <param name="dtype">By default int64 if all three are integers, else <see cref="DefaultDType"/>. For int64, fractions of all three
    /// are cut off first, as in PyTorch.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is 0, leads away from the end, or a bound is not finite.</exception>
    // The literal 0 is also a dtype to C#: numbers come first.
    [OverloadResolutionPriority(2)]
    public static Tensor Arange(Scalar start, Scalar end, Scalar step, DType? dtype = null, bool requiresGrad = false)
    {
        bool whole = !(start.IsFloatingPoint || end.IsFloatingPoint || step.IsFloatingPoint);
        DType type = Defined(dtype ?? (whole ? DType.Int64 : DefaultDType));
        double from = start.ToDouble(), to = end.ToDouble(), by = step.ToDouble();
        if (by == 0 || double.IsNaN(by)) Throw.Range(nameof(step), by, "step must be nonzero");
        if (!double.IsFinite(from) || !double.IsFinite(to)) Throw.Range(nameof(end), to,
            $"unsupported range: {Plain(from)} -> {Plain(to)}");
        if (by > 0 ? from > to : from < to)
            Throw.Range(nameof(step), by, $"upper bound and larger bound inconsistent with step sign: {start} -> {end} by {step}.");
        if (type.IsInteger() && step.ToInt64() == 0) Throw.Range(nameof(step), by, $"step must be nonzero: {step} is 0 as {type.Name()}.");
        long n = whole || type == DType.Int64 ? Steps(start.ToInt64(), end.ToInt64(), step.ToInt64()) : Steps(from, to, by);
        Tensor t = Allocate(new Layout([n]), type);
        switch (type)
        {
            case DType.Float32: Kernels.Fill.Ramp<float>(t, from, by); break;
            case DType.Float64: Kernels.Fill.Ramp<double>(t, from, by); break;
            case DType.Int64: Kernels.Fill.Ramp<long>(t, start.ToInt64(), step.ToInt64()); break;
            case DType.Int32: Kernels.Fill.Ramp<int>(t, start.ToInt64(), step.ToInt64()); break;
            case DType.Int16: Kernels.Fill.Ramp<short>(t, start.ToInt64(), step.ToInt64()); break;
            case DType.Int8: Kernels.Fill.Ramp<sbyte>(t, start.ToInt64(), step.ToInt64()); break;
            case DType.UInt8: Kernels.Fill.Ramp<byte>(t, start.ToInt64(), step.ToInt64()); break;
            case DType.Bool: Throw.NotImplementedFor("arange", type); break;
            default:
                Tensor wide = Allocate(t.layout, DType.Float64);
                Kernels.Fill.Ramp<double>(wide, from, by);
                Kernels.Copy.Run(wide, t);
                break;
        }
        return Leaf(t, requiresGrad);
    }

    /// <summary>The values 0, 1, ... below <paramref name="end"/>.</summary>
    /// <inheritdoc cref="Arange(Scalar, Scalar, Scalar, DType?, bool)"/>
    public static Tensor Arange(Scalar end, DType? dtype = null, bool requiresGrad = false) => Arange(0, end, 1, dtype, requiresGrad);

    /// <summary>The values start, start + 1, ... below <paramref name="end"/>.</summary>
    /// <inheritdoc cref="Arange(Scalar, Scalar, Scalar, DType?, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Arange(Scalar start, Scalar end, DType? dtype = null, bool requiresGrad = false) =>
        Arange(start, end, 1, dtype, requiresGrad);

    private static long Steps(long from, long to, long by)
    {
        Int128 n = ((Int128)to - from + by - Math.Sign(by)) / by;
        if (n >= long.MaxValue) Throw.Range(nameof(to), to, $"invalid size, possible overflow? The range {from} -> {to} by {by} has {n} " +
            "elements.");
        return (long)Int128.Max(n, 0);
    }

    /// <summary>A number as PyTorch's messages write it: <c>nan</c>, <c>inf</c>, <c>-inf</c> or digits.</summary>
    internal static string Plain(double x) => double.IsNaN(x) ? "nan" : double.IsPositiveInfinity(x) ? "inf" : double.IsNegativeInfinity(x)
        ? "-inf"
        : x.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static long Steps(double from, double to, double by)
    {
        double n = Math.Ceiling((to - from) / by);
        if (n >= long.MaxValue) Throw.Range(nameof(to), to, $"invalid size, possible overflow? The range {from} -> {to} by {by} has {n} " +
            "elements.");
        return (long)n;
    }

    /// <summary>
    /// <paramref name="steps"/> values from <paramref name="start"/> to <paramref name="end"/>, both included, evenly spaced.
    /// </summary>
    /// <param name="start">The first value.</param>
    /// <param name="end">The last value.</param>
    /// <param name="steps">How many; a single one is the first.</param>
    /// <param name="dtype"><see cref="DefaultDType"/> by default; integers are cut off.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of steps is negative.</exception>
    public static Tensor Linspace(double start, double end, long steps, DType? dtype = null, bool requiresGrad = false)
    {
        Tensor t = Spaced(steps, dtype);
        if (t.dtype.IsInteger() || t.dtype == DType.Bool) (start, end) = (Math.Truncate(start), Math.Truncate(end));
        Space(t, start, end, steps, static (_, v) => v);
        return Leaf(t, requiresGrad);
    }

    /// <summary>Evenly spaced values between the values of two 0-d tensors.</summary>
    /// <inheritdoc cref="Linspace(double, double, long, DType?, bool)"/>
    /// <exception cref="ShapeException">A bound is not 0-d.</exception>
    public static Tensor Linspace(Tensor start, Tensor end, long steps, DType? dtype = null, bool requiresGrad = false)
    {
        CheckBounds("linspace", start, end);
        return Linspace(start.Item(), end.Item(), steps, dtype, requiresGrad);
    }

    /// <summary><paramref name="steps"/> powers of the base, with evenly spaced exponents from start to end, both included.</summary>
    /// <param name="start">The first exponent.</param>
    /// <param name="end">The last exponent.</param>
    /// <param name="steps">How many; a single one has the first exponent.</param>
    /// <param name="base">The base; 10 by default.</param>
    /// <param name="dtype"><see cref="DefaultDType"/> by default; integers are cut off.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of steps is negative.</exception>
    public static Tensor Logspace(double start, double end, long steps, double @base = 10, DType? dtype = null, bool requiresGrad = false)
    {
        Tensor t = Spaced(steps, dtype);
        if (t.dtype.IsInteger()) (start, end) = (Math.Truncate(start), Math.Truncate(end));
        Space(t, start, end, steps, Math.Pow, @base);
        return Leaf(t, requiresGrad);
    }

    /// <summary>Powers of the base with exponents between the values of two 0-d tensors.</summary>
    /// <inheritdoc cref="Logspace(double, double, long, double, DType?, bool)"/>
    /// <exception cref="ShapeException">A bound is not 0-d.</exception>
    public static Tensor Logspace(Tensor start, Tensor end, long steps, double @base = 10, DType? dtype = null, bool requiresGrad = false)
    {
        CheckBounds("logspace", start, end);
        return Logspace(start.Item(), end.Item(), steps, @base, dtype, requiresGrad);
    }

    private static void CheckBounds(string op, Tensor start, Tensor end)
    {
        if (start.Rank != 0 || end.Rank != 0)
            Throw.Shapes($"{op} only supports 0-dimensional start and end tensors, but got start with {start.Rank} dimension(s) and end " +
                $"with {end.Rank} dimension(s).");
    }

    private static Tensor Spaced(long steps, DType? dtype)
    {
        if (steps < 0) Throw.Range(nameof(steps), steps, "number of steps must be non-negative");
        return Allocate(new Layout([steps]), Defined(dtype ?? DefaultDType));
    }

    /// <summary>
    /// From both ends to the middle, as in PyTorch, so that the last value is exact; float32 steps are rounded to float32.
    /// </summary>
    private static void Space(Tensor t, double start, double end, long steps, Func<double, double, double> value, double argument = 0)
    {
        bool single = t.dtype.IsFloatingPoint() && t.dtype != DType.Float64;
        if (single) (start, end) = ((float)start, (float)end);
        double step = steps > 1 ? (end - start) / (steps - 1) : 0;
        if (single && steps > 1) step = (float)((float)end - (float)start) / (steps - 1f);
        Tensor wide = t.dtype == DType.Float64 ? t : Allocate(t.layout, DType.Float64);
        Span<double> y = wide.Span<double>();
        for (int i = 0; i < y.Length; i++)
        {
            double at = i < steps / 2 || steps == 1 ? Plus(start, step * i) : Plus(end, -step * (steps - 1 - i));
            y[i] = value(argument, at);
        }
        if (!ReferenceEquals(wide, t)) Kernels.Copy.Run(wide, t);

        double Plus(double a, double b) => single ? (float)a + (float)b : a + b;
    }
}
