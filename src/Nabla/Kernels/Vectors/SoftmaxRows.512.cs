using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SoftmaxRows
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain512(ref float x, ref float y, nint n)
    {
        Vector512<float> max = Vector512.Create(MaxOf512(ref x, n));
        float sum = (float)ExpSum512(ref x, ref y, max, n, true);
        Vector512<float> divisor = Vector512.Create(sum), reciprocal = Vector512.Create(1 / sum);
        nint i = 0, w = Vector512<float>.Count;
        for (; i <= n - 2 * w; i += 2 * w)
        {
            Vector512<float> a = Vector512.LoadUnsafe(ref y, (nuint)i), b = Vector512.LoadUnsafe(ref y, (nuint)(i + w));
            SimdF32.Quotient(a, divisor, reciprocal).StoreUnsafe(ref y, (nuint)i);
            SimdF32.Quotient(b, divisor, reciprocal).StoreUnsafe(ref y, (nuint)(i + w));
        }
        for (; i < n; i += w) Write512(SimdF32.Quotient(Read512(ref y, i, n, 0), divisor, reciprocal), ref y, i, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Log512(ref float x, ref float y, nint n)
    {
        Vector512<float> max = Vector512.Create(MaxOf512(ref x, n));
        Vector512<float> log = Vector512.Create((float)Math.Log(ExpSum512(ref x, ref y, max, n, false)));
        nint i = 0, w = Vector512<float>.Count;
        for (; i <= n - 2 * w; i += 2 * w)
        {
            (Vector512.LoadUnsafe(ref x, (nuint)i) - max - log).StoreUnsafe(ref y, (nuint)i);
            (Vector512.LoadUnsafe(ref x, (nuint)(i + w)) - max - log).StoreUnsafe(ref y, (nuint)(i + w));
        }
        for (; i < n; i += w) Write512(Read512(ref x, i, n, 0) - max - log, ref y, i, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LogSum512(ref float x, nint n)
    {
        float max = MaxOf512(ref x, n);
        return float.IsInfinity(max) ? max : (float)(max + Math.Log(ExpSum512(ref x, ref x, Vector512.Create(max), n, false)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PlainGrad512(ref float y, ref float g, ref float z, nint n)
    {
        double total = 0;
        nint i = 0, w = Vector512<float>.Count;
        while (i < n)
        {
            Vector512<float> p = default, q = default;
            nint end = Math.Min(n, i + Block);
            for (; i <= end - 2 * w; i += 2 * w)
            {
                p += Vector512.LoadUnsafe(ref g, (nuint)i) * Vector512.LoadUnsafe(ref y, (nuint)i);
                q += Vector512.LoadUnsafe(ref g, (nuint)(i + w)) * Vector512.LoadUnsafe(ref y, (nuint)(i + w));
            }
            for (; i < end; i += w) p += Read512(ref g, i, end, 0) * Read512(ref y, i, end, 0);
            i = end;
            total += Vector512.Sum(p + q);
        }
        Vector512<float> dot = Vector512.Create((float)total);
        for (i = 0; i <= n - 2 * w; i += 2 * w)
        {
            Vector512<float> a = Vector512.LoadUnsafe(ref g, (nuint)i) - dot, b = Vector512.LoadUnsafe(ref g, (nuint)(i + w)) - dot;
            (a * Vector512.LoadUnsafe(ref y, (nuint)i)).StoreUnsafe(ref z, (nuint)i);
            (b * Vector512.LoadUnsafe(ref y, (nuint)(i + w))).StoreUnsafe(ref z, (nuint)(i + w));
        }
        for (; i < n; i += w) Write512((Read512(ref g, i, n, 0) - dot) * Read512(ref y, i, n, 0), ref z, i, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LogGrad512(ref float y, ref float g, ref float z, nint n)
    {
        Vector512<float> sum = Vector512.Create((float)Reduce.SumOfFloats(ref g, n));
        nint i = 0, w = Vector512<float>.Count;
        for (; i <= n - w; i += w)
            (Vector512.LoadUnsafe(ref g, (nuint)i) - SimdF32.Exp(Vector512.LoadUnsafe(ref y, (nuint)i)) * sum).StoreUnsafe(ref z, (nuint)i);
        for (; i < n; i += w) Write512(Read512(ref g, i, n, 0) - SimdF32.Exp(Read512(ref y, i, n, 0)) * sum, ref z, i, n);
    }

    /// <summary>The largest element; a NaN may be passed over, the sum of exponentials keeps it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float MaxOf512(ref float x, nint n)
    {
        nint i = 0, w = Vector512<float>.Count;
        Vector512<float> a = Vector512.Create(float.NegativeInfinity), b = a, c = a, d = a;
        for (; i <= n - 4 * w; i += 4 * w)
        {
            a = Vector512.MaxNative(a, Vector512.LoadUnsafe(ref x, (nuint)i));
            b = Vector512.MaxNative(b, Vector512.LoadUnsafe(ref x, (nuint)(i + w)));
            c = Vector512.MaxNative(c, Vector512.LoadUnsafe(ref x, (nuint)(i + 2 * w)));
            d = Vector512.MaxNative(d, Vector512.LoadUnsafe(ref x, (nuint)(i + 3 * w)));
        }
        for (; i < n; i += w) a = Vector512.MaxNative(a, Read512(ref x, i, n, float.NegativeInfinity));
        return MaxAcross(Vector512.MaxNative(Vector512.MaxNative(a, b), Vector512.MaxNative(c, d)));
    }

    /// <summary>Σ e^(x - max); the exponentials are written to y if asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ExpSum512(ref float x, ref float y, Vector512<float> max, nint n, bool write)
    {
        double total = 0;
        nint i = 0, w = Vector512<float>.Count;
        while (i < n)
        {
            Vector512<float> sum = default;
            nint end = Math.Min(n, i + Block);
            for (; i < end; i += w)
            {
                // Lanes behind the end hold -inf, and e^-inf is 0.
                bool whole = i <= n - w;
                Vector512<float> v = whole ? Vector512.LoadUnsafe(ref x, (nuint)i) : Read512(ref x, i, n, float.NegativeInfinity);
                v = SimdF32.ExpNegative(v - max);
                sum += v;
                if (!write) continue;
                if (whole) v.StoreUnsafe(ref y, (nuint)i);
                else Write512(v, ref y, i, n);
            }
            total += Vector512.Sum(sum);
        }
        return total;
    }

    /// <summary>The elements from i on, as many as a vector holds; a number in place of those behind the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Read512(ref float x, nint i, nint n, float pad)
        => i <= n - Vector512<float>.Count ? Vector512.LoadUnsafe(ref x, (nuint)i) : Padded512(ref x, i, n, pad);

    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<float> Padded512(ref float x, nint i, nint n, float pad)
    {
        Vector512<float> v = Vector512.Create(pad);
        for (nint k = i; k < n; k++) Unsafe.Add(ref Unsafe.As<Vector512<float>, float>(ref v), k - i) = Unsafe.Add(ref x, k);
        return v;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write512(Vector512<float> v, ref float y, nint i, nint n)
    {
        if (i <= n - Vector512<float>.Count) v.StoreUnsafe(ref y, (nuint)i);
        else VectorSpan.Store512(v, ref Unsafe.Add(ref y, i), n - i);
    }
}
