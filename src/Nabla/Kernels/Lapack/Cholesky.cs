using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Cholesky factorization A = L Lᵀ of the lower triangle, in place. The matrix is halved again and again, so that nearly all work is
/// matrix products: F. Gustavson, "Recursion leads to automatic variable blocking for dense linear-algebra algorithms", 1997.
/// </summary>
internal static unsafe class Cholesky
{
    private const long Base = 16, Square = 128;

    /// <summary>L, or U = Lᵀ from the upper triangle; and the order of the first leading minor that is not positive (0: none).</summary>
    internal static (Tensor L, Tensor Info) Factor(Tensor a, bool upper)
    {
        Tensor l = Rows.Copied(upper ? Rows.Turned(a) : a);
        Tensor info = Tensor.Allocate(new Layout(a.layout.shape[..^2]), DType.Int32);
        if (l.layout.Count == 0) Fill.Run(info, 0);
        else if (a.dtype == DType.Float32) Run<float>(l, info);
        else Run<double>(l, info);
        Viewing.ClearTriangle(l, 0, above: true);
        return (upper ? Rows.Turned(l) : l, info);
    }

    private static void Run<T>(Tensor l, Tensor info) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double n = l.layout.shape[^1];
        Rows.Each(info.layout.Count, n * n * n / 3, new Task<T>(l, info));
    }

    private readonly struct Task<T>(Tensor l, Tensor info) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long n = l.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                fixed (T* a = &l.storage.At<T>(i * n * n)) info.storage.At<int>(i) = (int)Halve(n, a, n);
            }
        }
    }

    private static long Halve<T>(long n, T* a, long stride) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= Base) return Direct(n, a, stride);
        long first = (n / 2 + Base - 1) / Base * Base, rest = n - first;
        long info = Halve(first, a, stride);
        if (info > 0) return info;
        T* low = a + first * stride, corner = low + first;
        Triangular.RightOfLower(rest, first, a, stride, low, stride);
        Downdate(rest, first, low, stride, Rows.Negative(low, stride, rest, first), corner, stride);
        info = Halve(rest, corner, stride);
        return info > 0 ? info + first : 0;
    }

    /// <summary>C -= X Xᵀ on and below the diagonal; the negative of X has rows of k values.</summary>
    private static void Downdate<T>(long n, long k, T* x, long xRow, T* negative, T* c, long stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= Square)
        {
            Rows.Product(n, n, k, negative, k, 1, x, 1, xRow, c, stride);
            return;
        }
        long first = n / 2;
        Downdate(first, k, x, xRow, negative, c, stride);
        Rows.Product(n - first, first, k, negative + first * k, k, 1, x, 1, xRow, c + first * stride, stride);
        Downdate(n - first, k, x + first * xRow, xRow, negative + first * k, c + first * (stride + 1), stride);
    }

    /// <summary>Row after row of U = Lᵀ, each taken off all rows below it, in a square whose rows are whole vectors.</summary>
    private static long Direct<T>(long n, T* a, long stride) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int w = Vector<T>.Count, pitch = ((int)Base + w - 1) / w * w;
        T* u = stackalloc T[(int)Base * pitch];
        new Span<T>(u, (int)Base * pitch).Clear();
        for (long i = 0; i < n; i++)
            for (long j = 0; j <= i; j++) u[j * pitch + i] = a[i * stride + j];
        long info = 0;
        for (long k = 0; k < n && info == 0; k++)
        {
            T* row = u + k * pitch;
            T left = row[k], root = T.Sqrt(left);
            if (!(left > T.Zero)) info = k + 1;
            else
            {
                Vector<T> divisor = new(root);
                for (long j = k / w * w; j < pitch; j += w) (Vector.Load(row + j) / divisor).Store(row + j);
                for (long i = k + 1; i < n; i++)
                {
                    T* target = u + i * pitch;
                    Vector<T> factor = new(row[i]);
                    for (long j = i / w * w; j < pitch; j += w) (Vector.Load(target + j) - factor * Vector.Load(row + j)).Store(target + j);
                }
            }
            row[k] = info == 0 ? root : left;
        }
        for (long i = 0; i < n; i++)
            for (long j = 0; j <= i; j++) a[i * stride + j] = u[j * pitch + i];
        return info;
    }
}
