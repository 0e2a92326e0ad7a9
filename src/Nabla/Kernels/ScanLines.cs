using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Running combinations of four lines of floats that follow each other, one in each lane of a vector of doubles.</summary>
/// <remarks>Scalar conversions would write into one register each and wait for each other.</remarks>
internal static class ScanLines
{
    /// <summary>Whether there are instructions for it.</summary>
    internal static bool Exist => TransposeTiles.Zips;

    /// <summary>
    /// The steps over each line of n elements of a (and b), forward or from the end, each result rounded once. y may be b; TAcc is double.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TStep, TAcc>(ref float a, ref float b, ref float y, nint n, bool reverse) where TStep : struct, IStep<TAcc> where TAcc : unmanaged
    {
        Vector256<TAcc> total = Vector256.Create(TStep.Start);
        nint rest = n & 3;
        if (reverse)
        {
            for (nint k = n - 4; k >= rest; k -= 4)
                total = Block<TStep, TAcc>(ref Unsafe.Add(ref a, k), ref Unsafe.Add(ref b, k), ref Unsafe.Add(ref y, k), n, total, true);
            for (nint k = rest - 1; k >= 0; k--)
                total = One<TStep, TAcc>(ref Unsafe.Add(ref a, k), ref Unsafe.Add(ref b, k), ref Unsafe.Add(ref y, k), n, total);
            return;
        }
        for (nint k = 0; k < n - rest; k += 4)
            total = Block<TStep, TAcc>(ref Unsafe.Add(ref a, k), ref Unsafe.Add(ref b, k), ref Unsafe.Add(ref y, k), n, total, false);
        for (nint k = n - rest; k < n; k++)
            total = One<TStep, TAcc>(ref Unsafe.Add(ref a, k), ref Unsafe.Add(ref b, k), ref Unsafe.Add(ref y, k), n, total);
    }

    // Totals go in and out by value: one whose address is taken would stay in memory, and each step would wait for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<TAcc> Block<TStep, TAcc>(ref float a, ref float b, ref float y, nint n, Vector256<TAcc> total, bool reverse)
        where TStep : struct, IStep<TAcc> where TAcc : unmanaged
    {
        Vector128<float> a0 = Line(ref a, 0), a1 = Line(ref a, n), a2 = Line(ref a, 2 * n), a3 = Line(ref a, 3 * n);
        TransposeTiles.Turn(ref a0, ref a1, ref a2, ref a3);
        Vector128<float> b0 = default, b1 = default, b2 = default, b3 = default;
        if (TStep.Two)
        {
            (b0, b1, b2, b3) = (Line(ref b, 0), Line(ref b, n), Line(ref b, 2 * n), Line(ref b, 3 * n));
            TransposeTiles.Turn(ref b0, ref b1, ref b2, ref b3);
        }
        if (reverse) (a0, a1, a2, a3, b0, b1, b2, b3) = (a3, a2, a1, a0, b3, b2, b1, b0);
        (total, Vector256<TAcc> p) = TStep.Next(total, Wide<TAcc>(a0), Wide<TAcc>(b0));
        (total, Vector256<TAcc> q) = TStep.Next(total, Wide<TAcc>(a1), Wide<TAcc>(b1));
        (total, Vector256<TAcc> r) = TStep.Next(total, Wide<TAcc>(a2), Wide<TAcc>(b2));
        (total, Vector256<TAcc> s) = TStep.Next(total, Wide<TAcc>(a3), Wide<TAcc>(b3));
        Vector128<float> y0 = Narrow<TAcc>(p), y1 = Narrow<TAcc>(q), y2 = Narrow<TAcc>(r), y3 = Narrow<TAcc>(s);
        if (reverse) (y0, y1, y2, y3) = (y3, y2, y1, y0);
        TransposeTiles.Turn(ref y0, ref y1, ref y2, ref y3);
        y0.StoreUnsafe(ref y);
        y1.StoreUnsafe(ref Unsafe.Add(ref y, n));
        y2.StoreUnsafe(ref Unsafe.Add(ref y, 2 * n));
        y3.StoreUnsafe(ref Unsafe.Add(ref y, 3 * n));
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Line(ref float x, nint at) => Vector128.LoadUnsafe(ref Unsafe.Add(ref x, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<TAcc> Wide<TAcc>(Vector128<float> x) => (Avx.IsSupported ? Avx.ConvertToVector256Double(x)
        : Vector256.Create(Vector128.WidenLower(x), Vector128.WidenUpper(x))).As<double, TAcc>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> Narrow<TAcc>(Vector256<TAcc> x) => Avx.IsSupported
        ? Avx.ConvertToVector128Single(x.As<TAcc, double>())
        : Vector128.Narrow(x.As<TAcc, double>().GetLower(), x.As<TAcc, double>().GetUpper());

    private static Vector256<TAcc> One<TStep, TAcc>(ref float a, ref float b, ref float y, nint n, Vector256<TAcc> total)
        where TStep : struct, IStep<TAcc> where TAcc : unmanaged
    {
        (total, Vector256<TAcc> results) = TStep.Next(total, Wide<TAcc>(Column(ref a, n)), TStep.Two ? Wide<TAcc>(Column(ref b, n)) : default);
        Vector128<float> narrow = Narrow<TAcc>(results);
        for (int i = 0; i < 4; i++) Unsafe.Add(ref y, i * n) = narrow.GetElement(i);
        return total;
    }

    private static Vector128<float> Column(ref float x, nint n) =>
        Vector128.Create(x, Unsafe.Add(ref x, n), Unsafe.Add(ref x, 2 * n), Unsafe.Add(ref x, 3 * n));
}
