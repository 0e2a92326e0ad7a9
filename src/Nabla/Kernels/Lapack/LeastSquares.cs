using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Least squares of matrices with full rank by Householder's QR factorisation; of a wide matrix the solution of least norm, from the
/// factors of its transpose. G. Golub, "Numerical methods for solving linear least squares problems", Numerische Mathematik 7, 1965.
/// </summary>
internal static unsafe class LeastSquares
{
    /// <summary>X [..., n, r] with least ‖A X - B‖ for A [..., m, n] and B [..., m, r].</summary>
    /// <returns>X, and the first matrix of the batch without full rank with the number of the zero on R's diagonal, or -1.</returns>
    internal static (Tensor X, long Failed, long Code) Run(Tensor a, Tensor b)
    {
        (a, b) = (Copy.Contiguous(a), Copy.Contiguous(b));
        Tensor x = Tensor.Allocate(new Layout([.. a.layout.shape[..^2], a.layout.shape[^1], b.layout.shape[^1]]), a.dtype);
        (long failed, long code) = a.dtype == DType.Float32 ? Run<float>(a, b, x) : Run<double>(a, b, x);
        return (x, failed, code);
    }

    private static (long Failed, long Code) Run<T>(Tensor a, Tensor b, Tensor x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long m = a.layout.shape[^2], n = a.layout.shape[^1], r = b.layout.shape[^1];
        long[] codes = new long[Rows.Matrices(a)];
        x.storage.Span<T>(0, x.layout.Count).Clear();
        if (a.layout.Count == 0) return (-1, 0);
        fixed (T* pa = a.storage.Span<T>(a.layout.Offset, a.layout.Count), px = x.storage.Span<T>(0, x.layout.Count))
        fixed (T* pb = b.storage.Span<T>(b.layout.Offset, b.layout.Count))
        {
            Rows.Each(codes.Length, 2.0 * m * n * (Math.Min(m, n) + r), new Job<T>(pa, pb, px, m, n, r, codes));
        }
        long failed = Array.FindIndex(codes, static c => c != 0);
        return (failed, failed < 0 ? 0 : codes[failed]);
    }

    private readonly struct Job<T>(T* a, T* b, T* x, long m, long n, long r, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long k = Math.Min(m, n);
            T[] memory = GC.AllocateUninitializedArray<T>(checked((int)(m * n + m * r + 2 * k + r)));
            fixed (T* scratch = memory)
            {
                T* columns = scratch, right = columns + m * n, tau = right + m * r, diagonal = tau + k, work = diagonal + k;
                for (long i = from; i < to; i++)
                {
                    T* matrix = a + i * m * n;
                    if (m >= n) Strips.Transpose(matrix, m, n, columns, m);
                    else new Span<T>(matrix, (int)(m * n)).CopyTo(new Span<T>(columns, (int)(m * n)));
                    new Span<T>(b + i * m * r, (int)(m * r)).CopyTo(new Span<T>(right, (int)(m * r)));
                    Factor(columns, k, Math.Max(m, n), tau, diagonal);
                    long zero = new Span<T>(diagonal, (int)k).IndexOf(T.Zero);
                    codes[i] = zero + 1;
                    if (zero >= 0) continue;
                    if (m >= n) SolveTall(columns, tau, diagonal, right, x + i * n * r, work);
                    else SolveWide(columns, tau, diagonal, right, x + i * n * r);
                }
            }
        }

        /// <summary>QR of the matrix whose columns are these rows: reflectors, R's diagonal, and R above it where rows begin.</summary>
        private static void Factor(T* c, long count, long length, T* tau, T* diagonal)
        {
            for (long k = 0; k < count; k++)
            {
                T* v = c + k * length + k;
                (tau[k], diagonal[k]) = Strips.Reflector(v, length - k);
                for (long j = k + 1; j < count; j++)
                {
                    T* y = c + j * length + k;
                    Rows.Add(-tau[k] * Rows.Dot(v, y, length - k), v, y, length - k);
                }
            }
        }

        private void SolveTall(T* c, T* tau, T* diagonal, T* right, T* result, T* work)
        {
            for (long k = 0; k < n; k++)
            {
                T* v = c + k * m;
                new Span<T>(work, (int)r).Clear();
                for (long i = k; i < m; i++) Rows.Add(v[i], right + i * r, work, r);
                for (long i = k; i < m; i++) Rows.Add(-tau[k] * v[i], work, right + i * r, r);
            }
            for (long i = n - 1; i >= 0; i--)
            {
                T* row = right + i * r;
                for (long j = i + 1; j < n; j++) Rows.Add(-c[j * m + i], result + j * r, row, r);
                for (long j = 0; j < r; j++) result[i * r + j] = row[j] / diagonal[i];
            }
        }

        private void SolveWide(T* c, T* tau, T* diagonal, T* right, T* result)
        {
            for (long i = 0; i < m; i++)
            {
                T* row = right + i * r;
                for (long j = 0; j < i; j++) Rows.Add(-c[i * n + j], result + j * r, row, r);
                for (long j = 0; j < r; j++) result[i * r + j] = row[j] / diagonal[i];
                new Span<T>(c + i * n, (int)i).Clear();
            }
            Reflectors.Apply(c, tau, m, n, 0, result, r);
        }
    }
}
