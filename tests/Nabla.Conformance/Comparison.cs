using System.Globalization;

namespace Nabla.Conformance;

/// <summary>How far a value may be from PyTorch's: |a - b| ≤ Absolute + Relative·|b| + Normwise·max|b|.</summary>
public readonly record struct Tolerance(double Relative, double Absolute, double Normwise = 0)
{
    /// <summary>The format's own for float64.</summary>
    public static Tolerance Default => new(1e-9, 1e-10);

    /// <summary>For functions computed by approximation.</summary>
    public static Tolerance Special => new(1e-7, 1e-7);

    /// <summary>This tolerance for values of a dtype: single precision cannot be closer than its own rounding.</summary>
    public Tolerance For(DType dtype) => dtype switch
    {
        DType.Float64 => this,
        DType.Float32 => this with { Relative = Math.Max(Relative, 1e-6), Absolute = Math.Max(Absolute, 1e-7) },
        DType.Float16 => this with { Relative = Math.Max(Relative, 1e-3), Absolute = Math.Max(Absolute, 1e-4) },
        DType.BFloat16 => this with { Relative = Math.Max(Relative, 8e-3), Absolute = Math.Max(Absolute, 1e-3) },
        _ => default,
    };
}

/// <summary>A difference: what it is in, and how large. Kind is value, grad, jvp, mutated, dtype, shape or exception.</summary>
public sealed record Difference(string Kind, string Text, double Deviation = double.NaN)
{
    public override string ToString() => $"{Kind}: {Text}";
}

/// <summary>Compares tensors and plain values.</summary>
public static class Comparison
{
    /// <summary>The difference between two tensors, or null: shape, dtype, then values.</summary>
    public static Difference? Tensors(string kind, string what, Tensor actual, Tensor expected, Tolerance tolerance)
    {
        if (!actual.layout.SameShape(expected.layout))
            return new("shape", $"{kind} {what} has shape {actual.Shape}, expected {expected.Shape}");
        if (actual.DType != expected.DType)
            return new("dtype", $"{kind} {what} is {actual.DType.Name()}, expected {expected.DType.Name()}");
        if (expected.DType.IsComplex()) return Tensors(kind, what, actual.ViewAsReal(), expected.ViewAsReal(), tolerance);
        return expected.DType.IsFloatingPoint()
            ? Floats(kind, what, Doubles(actual), Doubles(expected), expected.Shape, tolerance.For(expected.DType))
            : Integers(kind, what, Longs(actual), Longs(expected), expected.Shape);
    }

    /// <summary>
    /// The difference between two conversions of floating-point numbers to integers. Of NaN and of values out of range C leaves the result
    /// open, and PyTorch's depends on the processor; the library gives 0 and the nearest integer there, so these elements are left out.
    /// </summary>
    public static Difference? Casts(string what, Tensor actual, Tensor expected, Tensor input)
    {
        if (actual.DType != expected.DType || !actual.layout.SameShape(expected.layout)) return Tensors("value", what, actual, expected,
            default);
        long[] a = Longs(actual), b = Longs(expected);
        double[] x = Doubles(input);
        int bits = 8 * actual.DType.ItemSize() - (actual.DType.IsSigned() ? 1 : 0);
        double low = actual.DType.IsSigned() ? -Math.Pow(2, bits) : 0, high = Math.Pow(2, bits);
        for (int i = 0; i < a.Length; i++)
            if (!(Math.Truncate(x[i]) >= low && Math.Truncate(x[i]) < high)) a[i] = b[i];
        return Integers("value", what, a, b, expected.Shape);
    }

    /// <summary>The difference between two results that are no tensors, or null.</summary>
    public static Difference? Values(string what, object? actual, object? expected)
    {
        if (Same(actual, expected)) return null;
        return new("value", $"{what} is {actual ?? "None"} ({actual?.GetType().Name}), expected {expected ?? "None"} " +
            $"({expected?.GetType().Name})");
    }

    internal static double[] Doubles(Tensor t)
    {
        using GradScope mode = Autograd.NoGrad();
        if (t.DType.IsComplex()) t = t.Detach().ViewAsReal();
        return t.Detach().To(DType.Float64).ToArray<double>();
    }

    private static long[] Longs(Tensor t) => t.To(DType.Int64).ToArray<long>();

    private static Difference? Floats(string kind, string what, double[] a, double[] b, Shape shape, Tolerance tolerance)
    {
        double scale = b.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        int worst = -1, wrong = 0;
        double largest = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i].Equals(b[i]) || a[i] == b[i]) continue;
            double deviation = Math.Abs(a[i] - b[i]);
            if (deviation <= tolerance.Absolute + tolerance.Relative * Math.Abs(b[i]) + tolerance.Normwise * scale
                && double.IsFinite(b[i])) continue;
            wrong++;
            if (double.IsNaN(deviation)) deviation = double.PositiveInfinity;
            if (worst >= 0 && deviation <= largest) continue;
            (worst, largest) = (i, deviation);
        }
        if (worst < 0) return null;
        return new(kind, $"{what}{Position(worst, shape)} is {Text(a[worst])}, expected {Text(b[worst])}, off by {Text(largest)} " +
            $"({wrong} of {a.Length} wrong)", largest);
    }

    private static Difference? Integers(string kind, string what, long[] a, long[] b, Shape shape)
    {
        int first = -1, wrong = 0;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] == b[i]) continue;
            if (wrong++ == 0) first = i;
        }
        return first < 0 ? null : new(kind, $"{what}{Position(first, shape)} is {a[first]}, expected {b[first]} ({wrong} of {a.Length} " +
            "wrong)", Math.Abs(a[first] - b[first]));
    }

    private static string Position(long i, Shape shape)
    {
        long[] sizes = shape.ToArray(), index = new long[sizes.Length];
        for (int d = sizes.Length - 1; d >= 0; d--) (i, index[d]) = Math.DivRem(i, sizes[d]);
        return $"[{string.Join(", ", index)}]";
    }

    private static bool Same(object? a, object? b) => (Plain(a), Plain(b)) switch
    {
        (null, null) => true,
        (bool x, bool y) => x == y,
        (string x, string y) => x == y,
        (long x, long y) => x == y,
        (System.Numerics.Complex x, System.Numerics.Complex y) => Same(x.Real, y.Real) && Same(x.Imaginary, y.Imaginary),
        (double x, double y) => x.Equals(y) || Math.Abs(x - y) <= 1e-10 + 1e-9 * Math.Abs(y),
        (object?[] x, object?[] y) => x.Length == y.Length && x.Zip(y).All(p => Same(p.First, p.Second)),
        _ => false,
    };

    /// <summary>The value in the types of <see cref="TypedValue"/>.</summary>
    private static object? Plain(object? value) => value switch
    {
        int i => (long)i,
        float f => (double)f,
        Scalar { IsComplex: true } s => s.ToComplex(),
        Scalar s => s.DType switch { DType.Bool => s.ToInt64() != 0, DType.Int64 => s.ToInt64(), _ => s.ToDouble() },
        Shape s => s.ToArray().Select(n => (object?)n).ToArray(),
        System.Collections.IEnumerable list and not string => list.Cast<object?>().ToArray(),
        _ => value,
    };

    private static string Text(double x) => x.ToString("R", CultureInfo.InvariantCulture);
}
