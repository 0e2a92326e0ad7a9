namespace Nabla;

/// <summary>PyTorch's type promotion.</summary>
internal static class Promotion
{
    /// <summary>The smallest dtype that holds both, as PyTorch's table has it.</summary>
    internal static DType Promote(DType a, DType b)
    {
        if (a == b) return a;
        if (a > b) (a, b) = (b, a);
        if (b == DType.Complex64 && a == DType.Float64) return DType.Complex128;
        if (b == DType.BFloat16 && a == DType.Float16) return DType.Float32;
        if (b >= DType.Float16 || a == DType.Bool) return b;
        // Both are integers. uint8 with a signed type of its own size needs the next one.
        return a == DType.UInt8 && b == DType.Int8 ? DType.Int16 : b;
    }

    /// <summary>The result type of two operands: tensors with dimensions outrank 0-d tensors, which outrank plain numbers.</summary>
    internal static DType Result(Tensor x, Tensor y)
    {
        if (x.dtype == y.dtype) return x.dtype;
        int p = Priority(x), q = Priority(y);
        if (p == q) return Promote(x.dtype, y.dtype);
        return p > q ? Combine(x.dtype, y) : Combine(y.dtype, x);
    }

    /// <summary>The result type of a tensor and a plain number.</summary>
    internal static DType Result(DType x, Scalar y)
    {
        int category = Category(x);
        return y.Category <= category ? x : y.Category == 3 && category == 2 ? x.ToComplex() : y.DType;
    }

    internal static DType Result(ReadOnlySpan<Tensor> tensors)
    {
        DType? dim = null, zero = null, number = null;
        foreach (Tensor t in tensors)
        {
            ref DType? slot = ref dim;
            if (Priority(t) == 1) slot = ref zero;
            else if (Priority(t) == 0) slot = ref number;
            slot = slot is { } s ? Promote(s, t.dtype) : t.dtype;
        }
        return Combine(dim, Combine(zero, number))!.Value;
    }

    private static DType Combine(DType higher, Tensor lower) => Combine((DType?)higher, lower.dtype)!.Value;

    private static DType? Combine(DType? higher, DType? lower)
    {
        if (higher is not { } h || lower is not { } l) return higher ?? lower;
        if (Category(l) <= Category(h)) return h;
        // A lower operand makes the higher one complex, but does not widen it.
        return l.IsComplex() && h.IsFloatingPoint() ? h.ToComplex() : l;
    }

    private static int Priority(Tensor t) => t.layout.Rank > 0 ? 2 : t.IsWrappedNumber ? 0 : 1;

    internal static int Category(DType d) => d == DType.Bool ? 0 : d < DType.Float16 ? 1 : d < DType.Complex64 ? 2 : 3;
}
