using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SoftmaxColumns
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain512(ref float x, ref float y, nint n, nint step, nint width)
    {
        nint w = Vector512<float>.Count, slots = (width + w - 1) / w, last = width - w;
        Span<Vector512<float>> max = stackalloc Vector512<float>[(int)slots], sum = stackalloc Vector512<float>[(int)slots];
        Totals512(ref x, ref y, n, step, width, max, sum, true);
        for (int t = 0; t < (int)slots; t++) max[t] = Vector512<float>.One / sum[t];
        for (nint k = 0; k < n; k++)
        {
            ref float row = ref Unsafe.Add(ref y, k * step);
            // Read before its neighbour writes what both cover.
            Vector512<float> end = SimdF32.Quotient(Vector512.LoadUnsafe(ref row, (nuint)last), sum[^1], max[^1]);
            for (int t = 0; t < (int)slots - 1; t++)
                SimdF32.Quotient(Vector512.LoadUnsafe(ref row, (nuint)(t * w)), sum[t], max[t]).StoreUnsafe(ref row, (nuint)(t * w));
            end.StoreUnsafe(ref row, (nuint)last);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Log512(ref float x, ref float y, nint n, nint step, nint width)
    {
        nint w = Vector512<float>.Count, slots = (width + w - 1) / w;
        Span<Vector512<float>> max = stackalloc Vector512<float>[(int)slots], sum = stackalloc Vector512<float>[(int)slots];
        Totals512(ref x, ref y, n, step, width, max, sum, false);
        for (int t = 0; t < (int)slots; t++) sum[t] = SimdF32.Log(sum[t]);
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < (int)slots; t++)
            {
                nint at = k * step + Math.Min(t * w, width - w);
                (Vector512.LoadUnsafe(ref x, (nuint)at) - max[t] - sum[t]).StoreUnsafe(ref y, (nuint)at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PlainGrad512(ref float y, ref float g, ref float z, nint n, nint step, nint width)
    {
        nint w = Vector512<float>.Count, slots = (width + w - 1) / w;
        Span<Vector512<float>> sum = stackalloc Vector512<float>[(int)slots];
        sum.Clear();
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < (int)slots; t++)
            {
                nint at = k * step + Math.Min(t * w, width - w);
                sum[t] += Vector512.LoadUnsafe(ref g, (nuint)at) * Vector512.LoadUnsafe(ref y, (nuint)at);
            }
        }
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < (int)slots; t++)
            {
                nint at = k * step + Math.Min(t * w, width - w);
                ((Vector512.LoadUnsafe(ref g, (nuint)at) - sum[t]) * Vector512.LoadUnsafe(ref y, (nuint)at)).StoreUnsafe(ref z, (nuint)at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LogGrad512(ref float y, ref float g, ref float z, nint n, nint step, nint width)
    {
        nint w = Vector512<float>.Count, slots = (width + w - 1) / w;
        Span<Vector512<float>> sum = stackalloc Vector512<float>[(int)slots];
        sum.Clear();
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < (int)slots; t++) sum[t] += Vector512.LoadUnsafe(ref g, (nuint)(k * step + Math.Min(t * w, width - w)));
        }
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < (int)slots; t++)
            {
                nint at = k * step + Math.Min(t * w, width - w);
                Vector512<float> e = SimdF32.Exp(Vector512.LoadUnsafe(ref y, (nuint)at));
                (Vector512.LoadUnsafe(ref g, (nuint)at) - e * sum[t]).StoreUnsafe(ref z, (nuint)at);
            }
        }
    }

    /// <summary>The largest elements, in which a NaN may be passed over, and Σ e^(x - max), which keeps it; the exponentials are written to
    /// y if asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Totals512(ref float x, ref float y, nint n, nint step, nint width, Span<Vector512<float>> max,
        Span<Vector512<float>> sum, bool write)
    {
        nint w = Vector512<float>.Count;
        max.Fill(Vector512.Create(float.NegativeInfinity));
        sum.Clear();
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < max.Length; t++)
                max[t] = Vector512.MaxNative(max[t], Vector512.LoadUnsafe(ref x, (nuint)(k * step + Math.Min(t * w, width - w))));
        }
        for (nint k = 0; k < n; k++)
        {
            for (int t = 0; t < max.Length; t++)
            {
                nint at = k * step + Math.Min(t * w, width - w);
                Vector512<float> e = SimdF32.ExpNegative(Vector512.LoadUnsafe(ref x, (nuint)at) - max[t]);
                sum[t] += e;
                if (write) e.StoreUnsafe(ref y, (nuint)at);
            }
        }
    }
}
