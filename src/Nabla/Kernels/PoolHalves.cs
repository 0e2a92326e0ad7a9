using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Maxima of windows of 2 x 2, or of 2 in a single row, that lie side by side, a vector of them at a time.</summary>
internal static class PoolHalves
{
    /// <summary>One plane: maxima and their places. The first of equal values counts; NaN wins, the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Plane(ReadOnlySpan<float> x, Span<float> y, Span<long> at, int width, int columns, bool alone)
    {
        int n = Vector<float>.Count;
        Vector<int> twice = Vector.Create(2), ahead = Vector<int>.Indices * twice;
        for (int row = 0, o = 0; o < y.Length; row += 2)
        {
            ReadOnlySpan<float> top = x.Slice(row * width, 2 * columns), low = alone ? default : x.Slice((row + 1) * width, 2 * columns);
            int column = 0;
            for (; column <= columns - n; column += n, o += n)
            {
                (Vector<float> a, Vector<float> b) = Pairs(top, 2 * column);
                Vector<int> place = Vector.Create(row * width + 2 * column) + ahead;
                Vector<int> best = place;
                Take(b, place + Vector<int>.One, ref a, ref best);
                if (!alone)
                {
                    (Vector<float> c, Vector<float> d) = Pairs(low, 2 * column);
                    Take(c, place + Vector.Create(width), ref a, ref best);
                    Take(d, place + Vector.Create(width + 1), ref a, ref best);
                }
                a.CopyTo(y[o..]);
                Vector.Widen(best, out Vector<long> first, out Vector<long> second);
                first.CopyTo(at[o..]);
                second.CopyTo(at[(o + Vector<long>.Count)..]);
            }
            for (; column < columns; column++, o++)
            {
                float max = top[2 * column];
                int best = row * width + 2 * column, place = best;
                Take(top[2 * column + 1], place + 1, ref max, ref best);
                if (!alone)
                {
                    Take(low[2 * column], place + width, ref max, ref best);
                    Take(low[2 * column + 1], place + width + 1, ref max, ref best);
                }
                (y[o], at[o]) = (max, best);
            }
        }
    }

    /// <summary>The even and the odd values of two vectors: the halves of 64-bit numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<float> Even, Vector<float> Odd) Pairs(ReadOnlySpan<float> x, int from)
    {
        ref float first = ref Unsafe.Add(ref MemoryMarshal.GetReference(x), from);
        Vector<ulong> a = Vector.LoadUnsafe(ref first).As<float, ulong>();
        Vector<ulong> b = Vector.LoadUnsafe(ref first, (nuint)Vector<float>.Count).As<float, ulong>();
        Vector<uint> even = Vector.Narrow(a, b), odd = Vector.Narrow(Vector.ShiftRightLogical(a, 32), Vector.ShiftRightLogical(b, 32));
        return (even.As<uint, float>(), odd.As<uint, float>());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(Vector<float> v, Vector<int> place, ref Vector<float> max, ref Vector<int> best)
    {
        Vector<int> better = Vector.GreaterThan(v, max) | Vector.OnesComplement(Vector.Equals(v, v));
        max = Vector.ConditionalSelect(better.As<int, float>(), v, max);
        best = Vector.ConditionalSelect(better, place, best);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(float v, int place, ref float max, ref int best)
    {
        if (v > max || float.IsNaN(v)) (max, best) = (v, place);
    }
}
