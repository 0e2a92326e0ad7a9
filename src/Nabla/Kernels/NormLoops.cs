using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>The inner loops of normalisation over neighbouring elements.</summary>
internal static partial class NormLoops
{
    private const int Block = 2048;

    /// <summary>y = (x - m) s + t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scale<T>(ref T x, T m, T s, T t, ref T y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> vm = new(m), vs = new(s), vt = new(t);
        nint i = 0, w = Vector<T>.Count;
        for (; i <= n - w; i += w) ((Load(ref x, i) - vm) * vs + vt).StoreUnsafe(ref y, (nuint)i);
        for (; i < n; i++) Unsafe.Add(ref y, i) = (Unsafe.Add(ref x, i) - m) * s + t;
    }

    /// <summary>y = (x - m) s w + b, with a factor and a shift of each element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scale<T>(ref T x, T m, T s, ref T w, ref T b, ref T y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> vm = new(m), vs = new(s);
        nint i = 0, step = Vector<T>.Count;
        for (; i <= n - 2 * step; i += 2 * step)
        {
            Vector<T> p = (Load(ref x, i) - vm) * vs * Load(ref w, i) + Load(ref b, i);
            Vector<T> q = (Load(ref x, i + step) - vm) * vs * Load(ref w, i + step) + Load(ref b, i + step);
            p.StoreUnsafe(ref y, (nuint)i);
            q.StoreUnsafe(ref y, (nuint)(i + step));
        }
        for (; i < n; i++) Unsafe.Add(ref y, i) = (Unsafe.Add(ref x, i) - m) * s * Unsafe.Add(ref w, i) + Unsafe.Add(ref b, i);
    }

    /// <summary>Σ g and Σ g (x - m).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (double, double) Sums<T>(ref T g, ref T x, T m, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double total = 0, weighted = 0;
        for (long from = 0; from < n; from += Block)
        {
            nint i = (nint)from, end = (nint)Math.Min(n, from + Block), w = Vector<T>.Count;
            Vector<T> vm = new(m), a = default, b = default;
            for (; i <= end - w; i += w)
            {
                Vector<T> d = Load(ref g, i);
                a += d;
                b += d * (Load(ref x, i) - vm);
            }
            T p = Vector.Sum(a), q = Vector.Sum(b);
            for (; i < end; i++)
            {
                p += Unsafe.Add(ref g, i);
                q += Unsafe.Add(ref g, i) * (Unsafe.Add(ref x, i) - m);
            }
            total += double.CreateTruncating(p);
            weighted += double.CreateTruncating(q);
        }
        return (total, weighted);
    }

    /// <summary>Σ g f and Σ g f (x - m).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (double, double) Sums<T>(ref T g, ref T f, ref T x, T m, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double total = 0, weighted = 0;
        for (long from = 0; from < n; from += Block)
        {
            nint i = (nint)from, end = (nint)Math.Min(n, from + Block), w = Vector<T>.Count;
            Vector<T> vm = new(m), a = default, b = default;
            for (; i <= end - w; i += w)
            {
                Vector<T> d = Load(ref g, i) * Load(ref f, i);
                a += d;
                b += d * (Load(ref x, i) - vm);
            }
            T p = Vector.Sum(a), q = Vector.Sum(b);
            for (; i < end; i++)
            {
                T d = Unsafe.Add(ref g, i) * Unsafe.Add(ref f, i);
                p += d;
                q += d * (Unsafe.Add(ref x, i) - m);
            }
            total += double.CreateTruncating(p);
            weighted += double.CreateTruncating(q);
        }
        return (total, weighted);
    }

    /// <summary>y = g s - k - (x - m) q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Grad<T>(ref T g, T s, T k, ref T x, T m, T q, ref T y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> vm = new(m), vs = new(s), vk = new(k), vq = new(q);
        nint i = 0, w = Vector<T>.Count;
        for (; i <= n - w; i += w) (Load(ref g, i) * vs - vk - (Load(ref x, i) - vm) * vq).StoreUnsafe(ref y, (nuint)i);
        for (; i < n; i++) Unsafe.Add(ref y, i) = Unsafe.Add(ref g, i) * s - k - (Unsafe.Add(ref x, i) - m) * q;
    }

    /// <summary>y = g f s - k - (x - m) q, and df += g (x - m) s, db += g.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Grad<T>(ref T g, ref T f, T s, T k, ref T x, T m, T q, ref T y, ref T df, ref T db, long n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> vm = new(m), vs = new(s), vk = new(k), vq = new(q);
        nint i = 0, w = Vector<T>.Count;
        for (; i <= n - w; i += w)
        {
            Vector<T> d = Load(ref g, i), c = Load(ref x, i) - vm;
            (d * Load(ref f, i) * vs - vk - c * vq).StoreUnsafe(ref y, (nuint)i);
            (Load(ref df, i) + d * c * vs).StoreUnsafe(ref df, (nuint)i);
            (Load(ref db, i) + d).StoreUnsafe(ref db, (nuint)i);
        }
        for (; i < n; i++)
        {
            T d = Unsafe.Add(ref g, i), c = Unsafe.Add(ref x, i) - m;
            Unsafe.Add(ref y, i) = d * Unsafe.Add(ref f, i) * s - k - c * q;
            Unsafe.Add(ref df, i) += d * c * s;
            Unsafe.Add(ref db, i) += d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load<T>(ref T x, nint i) where T : unmanaged => Vector.LoadUnsafe(ref x, (nuint)i);
}
