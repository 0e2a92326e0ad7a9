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
        nint blocks = n / 4, rest = n - 4 * blocks;
        if (reverse)
        {
            for (nint k = n - 4; k >= rest; k -= 4) Block(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, ref total, true);
            for (nint k = rest - 1; k >= 0; k--) One(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, ref total);
            return;
        }
        for (nint k = 0; k < 4 * blocks; k += 4) Block(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, ref total, false);
        for (nint k = 4 * blocks; k < n; k++) One(ref Unsafe.Add(ref x, k), ref Unsafe.Add(ref y, k), n, ref total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(ref float x, ref float y, nint n, ref Vector256<double> total, bool reverse)
    {
        Vector128<float> a = Vector128.LoadUnsafe(ref x), b = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, n));
        Vector128<float> c = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, 2 * n)), d = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, 3 * n));
        TransposeTiles.Turn(ref a, ref b, ref c, ref d);
        if (reverse)
        {
            d = Step(d, ref total);
            c = Step(c, ref total);
            b = Step(b, ref total);
            a = Step(a, ref total);
        }
        else
        {
            a = Step(a, ref total);
            b = Step(b, ref total);
            c = Step(c, ref total);
            d = Step(d, ref total);
        }
        TransposeTiles.Turn(ref a, ref b, ref c, ref d);
        a.StoreUnsafe(ref y);
        b.StoreUnsafe(ref Unsafe.Add(ref y, n));
        c.StoreUnsafe(ref Unsafe.Add(ref y, 2 * n));
        d.StoreUnsafe(ref Unsafe.Add(ref y, 3 * n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Step(Vector128<float> column, ref Vector256<double> total)
    {
        total += Avx.IsSupported ? Avx.ConvertToVector256Double(column)
            : Vector256.Create(Vector128.WidenLower(column), Vector128.WidenUpper(column));
        return Avx.IsSupported ? Avx.ConvertToVector128Single(total) : Vector128.Narrow(total.GetLower(), total.GetUpper());
    }

    private static void One(ref float x, ref float y, nint n, ref Vector256<double> total)
    {
        Vector128<float> sums = Step(
            Vector128.Create(x, Unsafe.Add(ref x, n), Unsafe.Add(ref x, 2 * n), Unsafe.Add(ref x, 3 * n)), ref total);
        for (int i = 0; i < 4; i++) Unsafe.Add(ref y, i * n) = sums.GetElement(i);
    }
}
