using System.Numerics;
using System.Runtime.CompilerServices;

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
}
