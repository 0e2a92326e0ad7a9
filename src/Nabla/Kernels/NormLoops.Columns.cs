using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Columns of rows that lie <c>pitch</c> elements apart: each column's sum is one of doubles, row after row.</summary>
internal static partial class NormLoops
{
    /// <summary>How many columns are summed in registers at a time.</summary>
    private static int Panel => 4 * Vector<double>.Count;

    /// <summary>sum[j] = Σ x[i, j]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Sums<T>(ref T x, nint rows, nint pitch, Span<double> sum) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int j = 0, w = Vector<double>.Count;
        for (; j <= sum.Length - Panel; j += Panel)
        {
            Vector<double> a = default, b = default, c = default, d = default;
            ref T at = ref Unsafe.Add(ref x, j);
            for (nint i = 0; i < rows; i++, at = ref Unsafe.Add(ref at, pitch))
            {
                (Vector<double> p, Vector<double> q) = Wide(ref at);
                (Vector<double> r, Vector<double> s) = Wide(ref Unsafe.Add(ref at, 2 * w));
                a += p;
                b += q;
                c += r;
                d += s;
            }
            Store(sum, j, a, b, c, d);
        }
        for (; j < sum.Length; j++)
        {
            double total = 0;
            for (nint i = 0; i < rows; i++) total += double.CreateTruncating(Unsafe.Add(ref x, i * pitch + j));
            sum[j] = total;
        }
    }

    /// <summary>sum[j] = Σ (x[i, j] - m[j])²</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Squares<T>(ref T x, nint rows, nint pitch, ReadOnlySpan<double> m, Span<double> sum)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int j = 0, w = Vector<double>.Count;
        for (; j <= sum.Length - Panel; j += Panel)
        {
            Vector<double> a = default, b = default, c = default, d = default;
            Vector<double> ma = new(m[j..]), mb = new(m[(j + w)..]), mc = new(m[(j + 2 * w)..]), md = new(m[(j + 3 * w)..]);
            ref T at = ref Unsafe.Add(ref x, j);
            for (nint i = 0; i < rows; i++, at = ref Unsafe.Add(ref at, pitch))
            {
                (Vector<double> p, Vector<double> q) = Wide(ref at);
                (Vector<double> r, Vector<double> s) = Wide(ref Unsafe.Add(ref at, 2 * w));
                (p, q, r, s) = (p - ma, q - mb, r - mc, s - md);
                a += p * p;
                b += q * q;
                c += r * r;
                d += s * s;
            }
            Store(sum, j, a, b, c, d);
        }
        for (; j < sum.Length; j++)
        {
            double total = 0;
            for (nint i = 0; i < rows; i++)
            {
                double d = double.CreateTruncating(Unsafe.Add(ref x, i * pitch + j)) - m[j];
                total += d * d;
            }
            sum[j] = total;
        }
    }

    /// <summary>sum[j] = Σ g[i, j] and other[j] = Σ g[i, j] (x[i, j] - m[j]), the difference rounded as T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Products<T>(ref T x, ref T g, nint rows, nint pitch, ReadOnlySpan<T> m, Span<double> sum, Span<double> other)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int j = 0, w = Vector<double>.Count;
        for (; j <= sum.Length - 2 * w; j += 2 * w)
        {
            Vector<double> a = default, b = default, c = default, d = default;
            (Vector<T> low, Vector<T> high) = Two(ref Unsafe.AsRef(in m[j]));
            for (nint i = 0, at = j; i < rows; i++, at += pitch)
            {
                (Vector<double> p, Vector<double> q) = Wide(ref Unsafe.Add(ref g, at));
                (Vector<T> r, Vector<T> s) = Two(ref Unsafe.Add(ref x, at));
                (Vector<double> u, Vector<double> v) = Wide(r - low, s - high);
                a += p;
                b += q;
                c += p * u;
                d += q * v;
            }
            a.CopyTo(sum[j..]);
            b.CopyTo(sum[(j + w)..]);
            c.CopyTo(other[j..]);
            d.CopyTo(other[(j + w)..]);
        }
        for (; j < sum.Length; j++)
        {
            double total = 0, weighted = 0;
            for (nint i = 0; i < rows; i++)
            {
                double d = double.CreateTruncating(Unsafe.Add(ref g, i * pitch + j));
                total += d;
                weighted += d * double.CreateTruncating(Unsafe.Add(ref x, i * pitch + j) - m[j]);
            }
            (sum[j], other[j]) = (total, weighted);
        }
    }

    private static void Store(Span<double> to, int j, Vector<double> a, Vector<double> b, Vector<double> c, Vector<double> d)
    {
        int w = Vector<double>.Count;
        a.CopyTo(to[j..]);
        b.CopyTo(to[(j + w)..]);
        c.CopyTo(to[(j + 2 * w)..]);
        d.CopyTo(to[(j + 3 * w)..]);
    }

    /// <summary>As many elements as two vectors of doubles have: for float32 all in the first vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<T>, Vector<T>) Two<T>(ref T x) where T : unmanaged => typeof(T) == typeof(float)
        ? (Vector.LoadUnsafe(ref x), default)
        : (Vector.LoadUnsafe(ref x), Vector.LoadUnsafe(ref x, (nuint)Vector<double>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<double>, Vector<double>) Wide<T>(Vector<T> first, Vector<T> second) where T : unmanaged
    {
        if (typeof(T) != typeof(float)) return (first.As<T, double>(), second.As<T, double>());
        Vector.Widen(first.As<T, float>(), out Vector<double> low, out Vector<double> high);
        return (low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<double>, Vector<double>) Wide<T>(ref T x) where T : unmanaged
    {
        (Vector<T> first, Vector<T> second) = Two(ref x);
        return Wide(first, second);
    }

    /// <summary>y[j] = (x[j] - m[j]) r[j] w[j] + b[j]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scale<T>(ref T x, ref T m, ref T r, ref T w, ref T b, ref T y, nint n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint j = 0;
        for (; j <= n - Vector<T>.Count; j += Vector<T>.Count)
            ((Load(ref x, j) - Load(ref m, j)) * Load(ref r, j) * Load(ref w, j) + Load(ref b, j)).StoreUnsafe(ref y, (nuint)j);
        for (; j < n; j++)
            Unsafe.Add(ref y, j) = (Unsafe.Add(ref x, j) - Unsafe.Add(ref m, j)) * Unsafe.Add(ref r, j) * Unsafe.Add(ref w, j)
                + Unsafe.Add(ref b, j);
    }

    /// <summary>y[j] = g[j] s[j] - k[j] - (x[j] - m[j]) q[j]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Grad<T>(ReadOnlySpan<T> g, ReadOnlySpan<T> s, ReadOnlySpan<T> k, ReadOnlySpan<T> x, ReadOnlySpan<T> m,
        ReadOnlySpan<T> q, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int j = 0;
        for (; j <= y.Length - Vector<T>.Count; j += Vector<T>.Count)
        {
            Vector<T> pull = (new Vector<T>(x[j..]) - new Vector<T>(m[j..])) * new Vector<T>(q[j..]);
            (new Vector<T>(g[j..]) * new Vector<T>(s[j..]) - new Vector<T>(k[j..]) - pull).CopyTo(y[j..]);
        }
        for (; j < y.Length; j++) y[j] = g[j] * s[j] - k[j] - (x[j] - m[j]) * q[j];
    }
}
