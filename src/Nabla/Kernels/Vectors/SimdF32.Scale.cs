using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

// Powers of two: one instruction with AVX-512, two multiplications by powers of two elsewhere. Both round once, to the same bits.
internal static partial class SimdF32
{
    /// <summary>p 2^n, exact also where the result is subnormal or infinite; n between -151 and 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> p, Vector512<float> magic, Vector512<float> x)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(p, magic - C512(RoundMagic));
        // One factor of 2^n would leave the exponent's range at both ends: 2^(n + 32) 2^-32 below, 2^(n - 1) 2 above.
        Vector512<float> negative = Vector512.LessThan(x, Vector512<float>.Zero);
        Vector512<int> bias = Select(negative, C512(TwoTo32), C512(0.5f)).AsInt32();
        return p * ((magic.AsInt32() << 23) + bias).AsSingle() * Select(negative, C512(1 / TwoTo32), C512(2f));
    }

    /// <summary>p 2^n for n from -158 to 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ScaleDown(Vector512<float> p, Vector512<float> magic) => Avx512F.IsSupported
        ? Avx512F.Scale(p, magic - C512(RoundMagic)) : p * PowerOf2(magic, 32) * C512(1 / TwoTo32);

    /// <summary>About 1 / x: 14 bits where the machine has that many at once, all of them elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Inverse(Vector512<float> x) =>
        Avx512F.IsSupported ? Avx512F.Reciprocal14(x) : Vector512<float>.One / x;

    /// <summary>a / b from 1 / b: a multiplication and a correction where they are fused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Quotient(Vector512<float> a, Vector512<float> b, Vector512<float> reciprocal)
    {
        if (!SimdMethod.HasFusedMultiplyAdd) return a / b;
        Vector512<float> q = a * reciprocal;
        return Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(-q, b, a), reciprocal, q);
    }

    /// <summary>p 2^n, exact also where the result is subnormal or infinite; n between -151 and 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(Vector256<float> p, Vector256<float> magic, Vector256<float> x)
    {
        if (Avx512F.VL.IsSupported) return Avx512F.VL.Scale(p, magic - C256(RoundMagic));
        // One factor of 2^n would leave the exponent's range at both ends: 2^(n + 32) 2^-32 below, 2^(n - 1) 2 above.
        Vector256<float> negative = Vector256.LessThan(x, Vector256<float>.Zero);
        Vector256<int> bias = Select(negative, C256(TwoTo32), C256(0.5f)).AsInt32();
        return p * ((magic.AsInt32() << 23) + bias).AsSingle() * Select(negative, C256(1 / TwoTo32), C256(2f));
    }

    /// <summary>p 2^n for n from -158 to 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ScaleDown(Vector256<float> p, Vector256<float> magic) => Avx512F.VL.IsSupported
        ? Avx512F.VL.Scale(p, magic - C256(RoundMagic)) : p * PowerOf2(magic, 32) * C256(1 / TwoTo32);

    /// <summary>About 1 / x: 14 bits where the machine has that many at once, all of them elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Inverse(Vector256<float> x) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.Reciprocal14(x) : Vector256<float>.One / x;

    /// <summary>a / b from 1 / b: a multiplication and a correction where they are fused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Quotient(Vector256<float> a, Vector256<float> b, Vector256<float> reciprocal)
    {
        if (!SimdMethod.HasFusedMultiplyAdd) return a / b;
        Vector256<float> q = a * reciprocal;
        return Vector256.FusedMultiplyAdd(Vector256.FusedMultiplyAdd(-q, b, a), reciprocal, q);
    }

    /// <summary>p 2^n, exact also where the result is subnormal or infinite; n between -151 and 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Scale(Vector128<float> p, Vector128<float> magic, Vector128<float> x)
    {
        if (Avx512F.VL.IsSupported) return Avx512F.VL.Scale(p, magic - C128(RoundMagic));
        // One factor of 2^n would leave the exponent's range at both ends: 2^(n + 32) 2^-32 below, 2^(n - 1) 2 above.
        Vector128<float> negative = Vector128.LessThan(x, Vector128<float>.Zero);
        Vector128<int> bias = Select(negative, C128(TwoTo32), C128(0.5f)).AsInt32();
        return p * ((magic.AsInt32() << 23) + bias).AsSingle() * Select(negative, C128(1 / TwoTo32), C128(2f));
    }

    /// <summary>p 2^n for n from -158 to 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ScaleDown(Vector128<float> p, Vector128<float> magic) => Avx512F.VL.IsSupported
        ? Avx512F.VL.Scale(p, magic - C128(RoundMagic)) : p * PowerOf2(magic, 32) * C128(1 / TwoTo32);

    /// <summary>About 1 / x: 14 bits where the machine has that many at once, all of them elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Inverse(Vector128<float> x) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.Reciprocal14(x) : Vector128<float>.One / x;

    /// <summary>a / b from 1 / b: a multiplication and a correction where they are fused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> Quotient(Vector128<float> a, Vector128<float> b, Vector128<float> reciprocal)
    {
        if (!SimdMethod.HasFusedMultiplyAdd) return a / b;
        Vector128<float> q = a * reciprocal;
        return Vector128.FusedMultiplyAdd(Vector128.FusedMultiplyAdd(-q, b, a), reciprocal, q);
    }
}
