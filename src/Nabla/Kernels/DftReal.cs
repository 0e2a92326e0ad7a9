using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Between the transform Z of 2h real numbers taken as h complex ones, x[2p] + i x[2p + 1], and the first half X of their spectrum:
/// X[k] = E + w O, where E = (Z[k] + conj Z[h - k]) / 2, O = (Z[k] - conj Z[h - k]) / 2i and w = e^(-πik/h).
/// </summary>
internal static unsafe class DftReal
{
    /// <summary>X from Z, in place, for w sequences.</summary>
    internal static void Split<T>(T* re, T* im, int h, int w, T[] cos, T[] sin) where T : unmanaged, IFloatingPointIeee754<T> =>
        Run(re, im, h, w, cos, sin, join: false);

    /// <summary>2 Z from X, in place. Imaginary parts of X[0] and X[h] have no influence.</summary>
    internal static void Join<T>(T* re, T* im, int h, int w, T[] cos, T[] sin) where T : unmanaged, IFloatingPointIeee754<T> =>
        Run(re, im, h, w, cos, sin, join: true);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T>(T* re, T* im, int h, int w, T[] cos, T[] sin, bool join) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long end = (long)h * w;
        for (int i = 0; i < w; i++)
        {
            if (join) (re[i], im[i]) = (re[i] + re[end + i], re[i] - re[end + i]);
            else (re[i], re[end + i], im[i], im[end + i]) = (re[i] + im[i], re[i] - im[i], T.Zero, T.Zero);
        }
        fixed (T* c = cos, s = sin)
        {
            int k = 1;
            if (w == 1)
            {
                // Two registers, one of them backwards, as long as they do not meet.
                int v = Vector<T>.Count;
                for (; Backwards<T>.Known && k + v - 1 < h - k - v + 1; k += v)
                {
                    int other = h - k - v + 1;
                    Vector<T> ar = Vector.Load(re + k), ai = Vector.Load(im + k);
                    Vector<T> br = Backwards<T>.Of(Vector.Load(re + other)), bi = Backwards<T>.Of(Vector.Load(im + other));
                    Pair(ref ar, ref ai, ref br, ref bi, Vector.Load(c + k), Vector.Load(s + k), join);
                    ar.Store(re + k);
                    ai.Store(im + k);
                    Backwards<T>.Of(br).Store(re + other);
                    Backwards<T>.Of(bi).Store(im + other);
                }
                for (; k <= h - k; k++) Pair(ref re[k], ref im[k], ref re[h - k], ref im[h - k], c[k], s[k], join);
                return;
            }
            for (; k <= h - k; k++)
            {
                long at = (long)k * w, other = end - at;
                for (int i = 0; i < w; i += Vector<T>.Count)
                {
                    Vector<T> ar = Vector.Load(re + at + i), ai = Vector.Load(im + at + i);
                    Vector<T> br = Vector.Load(re + other + i), bi = Vector.Load(im + other + i);
                    Pair(ref ar, ref ai, ref br, ref bi, new(c[k]), new(s[k]), join);
                    // The second last: in the middle both are one, and the first would do as well.
                    ar.Store(re + at + i);
                    ai.Store(im + at + i);
                    br.Store(re + other + i);
                    bi.Store(im + other + i);
                }
            }
        }
    }

    /// <summary>Elements k and h - k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<T>(ref Vector<T> ar, ref Vector<T> ai, ref Vector<T> br, ref Vector<T> bi, Vector<T> c, Vector<T> s, bool join)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> er = ar + br, ei = ai - bi, dr = ar - br, di = ai + bi;
        if (join)
        {
            DftMath.Rotate(ref dr, ref di, c, -s);
            (ar, ai, br, bi) = (er - di, ei + dr, er + di, dr - ei);
            return;
        }
        Vector<T> half = new(T.CreateTruncating(0.5));
        (er, ei, dr, di) = (er * half, ei * half, di * half, -dr * half);
        DftMath.Rotate(ref dr, ref di, c, s);
        (ar, ai, br, bi) = (er + dr, ei + di, er - dr, di - ei);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<T>(ref T ar, ref T ai, ref T br, ref T bi, T c, T s, bool join) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T er = ar + br, ei = ai - bi, dr = ar - br, di = ai + bi;
        if (join)
        {
            DftMath.Rotate(ref dr, ref di, c, -s);
            (ar, ai, br, bi) = (er - di, ei + dr, er + di, dr - ei);
            return;
        }
        T half = T.CreateTruncating(0.5);
        (er, ei, dr, di) = (er * half, ei * half, di * half, -dr * half);
        DftMath.Rotate(ref dr, ref di, c, s);
        (ar, ai, br, bi) = (er + dr, ei + di, er - dr, di - ei);
    }

    /// <summary>Registers backwards.</summary>
    private static class Backwards<T> where T : unmanaged
    {
        internal static bool Known => Vector.IsHardwareAccelerated && Vector<byte>.Count is 16 or 32;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector<T> Of(Vector<T> x)
        {
            if (Vector<byte>.Count == 32)
            {
                return sizeof(T) == sizeof(float)
                    ? Vector256.Shuffle(x.AsVector256().AsInt32(), Vector256.Create(7, 6, 5, 4, 3, 2, 1, 0)).As<int, T>().AsVector()
                    : Vector256.Shuffle(x.AsVector256().AsInt64(), Vector256.Create(3L, 2, 1, 0)).As<long, T>().AsVector();
            }
            return sizeof(T) == sizeof(float)
                ? Vector128.Shuffle(x.AsVector128().AsInt32(), Vector128.Create(3, 2, 1, 0)).As<int, T>().AsVector()
                : Vector128.Shuffle(x.AsVector128().AsInt64(), Vector128.Create(1L, 0)).As<long, T>().AsVector();
        }
    }
}
