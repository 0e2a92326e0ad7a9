using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Running sums of four lines of floats that follow each other, one in each lane of a vector of doubles.</summary>
/// <remarks>Scalar conversions would write into one register each and wait for each other.</remarks>
internal static class ScanLines
{
    /// <summary>y[k] = x[0] + ... + x[k] (or x[k] + ... + x[n - 1]) for each line of n elements, in float64, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Sums(ref float x, ref float y, nint n, bool reverse)
    {
        Vector256<double> total = default;
        nint rest = n & 3;
        if (reverse)
        {
            for (nint k = n - 4; k >= rest; k -= 4) total = Block(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, total, true);
            for (nint k = rest - 1; k >= 0; k--) total = One(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, total);
            return;
        }
        for (nint k = 0; k < n - rest; k += 4) total = Block(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, total, false);
        for (nint k = n - rest; k < n; k++) total = One(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, total);
    }

    // Totals go in and out by value: one whose address is taken would stay in memory, and each step would wait for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Block(ref float x, ref float y, nint n, Vector256<double> total, bool reverse)
    {
        Vector128<float> a = Vector128.LoadUnsafe(ref x), b = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, n));
        Vector128<float> c = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, 2 * n)), d = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, 3 * n));
        TransposeTiles.Turn(ref a, ref b, ref c, ref d);
        Vector256<double> p = Wide(reverse ? d : a) + total, q = Wide(reverse ? c : b) + p;
        Vector256<double> r = Wide(reverse ? b : c) + q, s = Wide(reverse ? a : d) + r;
        (a, b, c, d) = reverse ? (Narrow(s), Narrow(r), Narrow(q), Narrow(p)) : (Narrow(p), Narrow(q), Narrow(r), Narrow(s));
        TransposeTiles.Turn(ref a, ref b, ref c, ref d);
        a.StoreUnsafe(ref y);
        b.StoreUnsafe(ref Unsafe.Add(ref y, n));
        c.StoreUnsafe(ref Unsafe.Add(ref y, 2 * n));
        d.StoreUnsafe(ref Unsafe.Add(ref y, 3 * n));
        return s;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Wide(Vector128<float> x) => Avx.IsSupported ? Avx.ConvertToVector256Double(x)
        : Vector256.Create(Vector128.WidenLower(x), Vector128.WidenUpper(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Narrow(Vector256<double> x) => Avx.IsSupported ? Avx.ConvertToVector128Single(x)
        : Vector128.Narrow(x.GetLower(), x.GetUpper());

    private static Vector256<double> One(ref float x, ref float y, nint n, Vector256<double> total)
    {
        total += Wide(Vector128.Create(x, Unsafe.Add(ref x, n), Unsafe.Add(ref x, 2 * n), Unsafe.Add(ref x, 3 * n)));
        Vector128<float> sums = Narrow(total);
        for (int i = 0; i < 4; i++) Unsafe.Add(ref y, i * n) = sums.GetElement(i);
        return total;
    }
}
