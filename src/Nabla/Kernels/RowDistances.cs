using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Distances of all rows of x to all rows of y, without the differences: sums of absolute values, or the largest.</summary>
internal static class RowDistances
{
    private const long Grain = 1 << 15;

    /// <summary>z[.., i, j] = ‖x[.., i, :] - y[.., j, :]‖ for float32 and float64, leading dimensions being the same.</summary>
    internal static Tensor Run(Tensor x, Tensor y, bool largest)
    {
        (x, y) = (Copy.Contiguous(x), Copy.Contiguous(y));
        Tensor z = Tensor.Allocate(new Layout([.. x.layout.shape[..^1], y.layout.shape[^2]]), x.dtype);
        if (z.layout.Count == 0) return z;
        if (x.dtype == DType.Float32) Drive<float>(x, y, z, largest);
        else Drive<double>(x, y, z, largest);
        return z;
    }

    private static void Drive<T>(Tensor x, Tensor y, Tensor z, bool largest) where T : unmanaged, INumber<T>
    {
        long rows = Layout.Elements(x.layout.shape.AsSpan(..^1)), work = Math.Max(1, x.layout.shape[^1] * y.layout.shape[^2]);
        Parallel.For(rows, Math.Max(1, Grain / work), new Body<T>(x, y, z, largest));
    }

    private readonly struct Body<T>(Tensor x, Tensor y, Tensor z, bool largest) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            long m = x.layout.shape[^1], n = y.layout.shape[^2], each = x.layout.shape[^2];
            for (long i = from; i < to; i++)
            {
                ReadOnlySpan<T> row = x.storage.Span<T>(x.layout.Offset + i * m, m);
                Span<T> target = z.storage.Span<T>(i * n, n);
                for (int j = 0; j < target.Length; j++)
                    target[j] = Distance(row, y.storage.Span<T>(y.layout.Offset + (i / each * n + j) * m, m), largest);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Distance<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, bool largest) where T : unmanaged, INumber<T>
    {
        int i = 0, w = Vector<T>.Count;
        Vector<T> a = Vector<T>.Zero, b = Vector<T>.Zero;
        for (; x.Length - i >= 2 * w; i += 2 * w)
        {
            Vector<T> p = Vector.Abs(new Vector<T>(x[i..]) - new Vector<T>(y[i..]));
            Vector<T> q = Vector.Abs(new Vector<T>(x[(i + w)..]) - new Vector<T>(y[(i + w)..]));
            (a, b) = largest ? (Vector.Max(a, p), Vector.Max(b, q)) : (a + p, b + q);
        }
        a = largest ? Vector.Max(a, b) : a + b;
        T z = largest ? a[0] : Vector.Sum(a);
        for (int k = 1; largest && k < w; k++) z = T.Max(z, a[k]);
        for (; i < x.Length; i++)
        {
            T d = T.Abs(x[i] - y[i]);
            z = largest ? T.Max(z, d) : z + d;
        }
        return z;
    }

    /// <summary>z[.., i, :] = Σ g[.., i, j] sign(x[.., i, :] - y[.., j, :]) over j, for float32 and float64.</summary>
    internal static Tensor Signs(Tensor g, Tensor x, Tensor y)
    {
        (g, x, y) = (Copy.Contiguous(g), Copy.Contiguous(x), Copy.Contiguous(y));
        Tensor z = Tensor.Allocate(x.layout.RowMajor, x.dtype);
        if (z.layout.Count == 0) return z;
        long rows = Layout.Elements(x.layout.shape.AsSpan(..^1)), work = Math.Max(1, x.layout.shape[^1] * y.layout.shape[^2]);
        if (x.dtype == DType.Float32) Parallel.For(rows, Math.Max(1, Grain / work), new SignBody<float>(g, x, y, z));
        else Parallel.For(rows, Math.Max(1, Grain / work), new SignBody<double>(g, x, y, z));
        return z;
    }

    private readonly struct SignBody<T>(Tensor g, Tensor x, Tensor y, Tensor z) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            long m = x.layout.shape[^1], n = y.layout.shape[^2], each = x.layout.shape[^2];
            for (long i = from; i < to; i++)
                Row(g.storage.Span<T>(g.layout.Offset + i * n, n), x.storage.Span<T>(x.layout.Offset + i * m, m),
                    y.storage.Span<T>(y.layout.Offset + i / each * n * m, n * m), z.storage.Span<T>(i * m, m));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Row(ReadOnlySpan<T> g, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        {
            int k = 0, w = Vector<T>.Count, m = x.Length;
            ref T others = ref MemoryMarshal.GetReference(y);
            for (; k <= m - 2 * w; k += 2 * w)
            {
                Vector<T> p = new(x[k..]), q = new(x[(k + w)..]), a = default, b = default;
                ref T other = ref Unsafe.Add(ref others, k);
                foreach (T d in g)
                {
                    Vector<T> v = new(d);
                    a += Signed(p, Vector.LoadUnsafe(ref other), v);
                    b += Signed(q, Vector.LoadUnsafe(ref other, (nuint)w), v);
                    other = ref Unsafe.Add(ref other, m);
                }
                a.CopyTo(z[k..]);
                b.CopyTo(z[(k + w)..]);
            }
            for (; k < m; k++)
            {
                T sum = T.Zero;
                for (int j = 0; j < g.Length; j++)
                {
                    T apart = x[k] - y[j * m + k];
                    sum += apart > T.Zero ? g[j] : apart < T.Zero ? -g[j] : apart;
                }
                z[k] = sum;
            }
        }

        /// <summary>d sign(x - y); NaN for a difference that is none.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<T> Signed(Vector<T> x, Vector<T> y, Vector<T> d)
        {
            Vector<T> apart = x - y, up = d & Vector.GreaterThan(apart, Vector<T>.Zero), down = d & Vector.LessThan(apart, Vector<T>.Zero);
            return Vector.ConditionalSelect(Vector.Equals(apart, apart), up - down, apart);
        }
    }
}
