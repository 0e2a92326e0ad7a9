using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Singular value decompositions: Householder reduction to bidiagonal form, then the QR iteration of <see cref="Bidiagonal"/>. G. Golub
/// and C. Reinsch, "Singular value decomposition and least squares solutions", Numerische Mathematik 14, 1970.
/// </summary>
internal static unsafe class Svd
{
    /// <summary>The factors of a batch of matrices: descending singular values and, if asked for, U and Vᵀ.</summary>
    /// <returns>Them, and the first matrix of the batch that failed with its error code, or -1. Code -4: not finite.</returns>
    internal static (Tensor? U, Tensor S, Tensor? Vh, long Failed, long Code) Run(Tensor a, bool vectors, bool full)
    {
        if (a.dtype.IsComplex()) return Hermitian.SingularValues(a, vectors, full);
        a = Copy.Contiguous(a);
        long[] batch = a.layout.shape[..^2];
        long m = a.layout.shape[^2], n = a.layout.shape[^1], k = Math.Min(m, n);
        Tensor s = Tensor.Allocate(new Layout([.. batch, k]), a.dtype);
        Tensor? u = vectors ? Tensor.Allocate(new Layout([.. batch, m, full ? m : k]), a.dtype) : null;
        Tensor? vh = vectors ? Tensor.Allocate(new Layout([.. batch, full ? n : k, n]), a.dtype) : null;
        (long failed, long code) = a.dtype == DType.Float32 ? Run<float>(a, u, s, vh) : Run<double>(a, u, s, vh);
        return (u, s, vh, failed, code);
    }

    private static (long Failed, long Code) Run<T>(Tensor a, Tensor? u, Tensor s, Tensor? vh) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long m = a.layout.shape[^2], n = a.layout.shape[^1], k = Math.Min(m, n), count = Rows.Matrices(a);
        if (k == 0)
        {
            if (u is not null) Units<T>(u);
            if (vh is not null) Units<T>(vh);
            return (-1, 0);
        }
        long[] codes = new long[count];
        Span<T> spanU = u is null ? default : u.storage.Span<T>(0, u.layout.Count);
        Span<T> spanV = vh is null ? default : vh.storage.Span<T>(0, vh.layout.Count);
        fixed (T* pa = a.storage.Span<T>(a.layout.Offset, a.layout.Count), ps = s.storage.Span<T>(0, s.layout.Count))
        fixed (T* pu = spanU, pv = spanV)
        {
            Rows.Each(count, 16.0 * m * n * k, new Job<T>(pa, pu, ps, pv, m, n, u is null ? 0 : u.layout.shape[^1],
                vh is null ? 0 : vh.layout.shape[^2], codes));
        }
        long failed = Array.FindIndex(codes, static c => c != 0);
        return (failed, failed < 0 ? 0 : codes[failed]);
    }

    /// <summary>The unit matrices that stand for the vectors of a matrix without elements.</summary>
    private static void Units<T>(Tensor x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = x.layout.shape[^1];
        if (x.layout.Count == 0) return;
        fixed (T* p = x.storage.Span<T>(0, x.layout.Count))
        {
            for (long i = 0; i < x.layout.Count; i += n * n) Strips.Identity(p + i, n);
        }
    }

    private readonly struct Job<T>(T* a, T* u, T* s, T* vh, long m, long n, long left, long right, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            // Everything is done on a tall matrix: a wide one is transposed.
            bool wide = m < n;
            long rows = Math.Max(m, n), k = Math.Min(m, n), columns = wide ? right : left;
            Tall<T> tall = new(rows, k, u == null ? 0 : columns);
            T[] memory = GC.AllocateUninitializedArray<T>(checked((int)tall.Room));
            int[] order = new int[k];
            fixed (T* scratch = memory)
            {
                for (long i = from; i < to; i++)
                {
                    T* x = a + i * m * n;
                    if (wide) Strips.Transpose(x, m, n, scratch, m);
                    else new Span<T>(x, (int)(m * n)).CopyTo(new Span<T>(scratch, (int)(m * n)));
                    codes[i] = tall.Factor(scratch, s + i * k, order, out T* q, out T* v);
                    if (u == null || codes[i] != 0) continue;
                    T* first = u + i * m * left, second = vh + i * right * n;
                    if (wide)
                    {
                        new Span<T>(v, (int)(k * k)).CopyTo(new Span<T>(first, (int)(k * k)));
                        Strips.Transpose(q, rows, columns, second, rows);
                    }
                    else
                    {
                        new Span<T>(q, (int)(rows * columns)).CopyTo(new Span<T>(first, (int)(rows * columns)));
                        Strips.Transpose(v, k, k, second, k);
                    }
                }
            }
        }
    }

    /// <summary>The work on one matrix of m rows and n ≤ m columns: A = U diag(s) Vᵀ, of U the first <paramref name="columns"/>.</summary>
    private readonly struct Tall<T>(long m, long n, long columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        /// <summary>The matrix, then U, V, both sets of reflectors, both sets of rotated vectors, and six vectors.</summary>
        internal long Room => m * n + 6 * n + 2 * m + (columns == 0 ? 0 : m * columns + n * n + m * n + n * n + 2 * n * n);

        internal long Factor(T* a, T* s, int[] order, out T* u, out T* v)
        {
            T* d = a + m * n, e = d + n, tauLeft = e + n, tauRight = tauLeft + n, work = tauRight + n, end = work + 2 * n + 2 * m;
            bool vectors = columns > 0;
            u = end;
            v = u + m * columns;
            T* left = v + n * n, right = left + m * n, ut = right + n * n, vt = ut + n * n;
            T largest = Strips.Largest(a, m * n);
            if (!T.IsFinite(largest)) return -4;
            T scale = Strips.Scaling(largest);
            if (scale != T.One) Strips.Scale(scale, a, m * n);
            Bidiagonalise(a, d, e, tauLeft, tauRight, vectors ? left : null, vectors ? right : null, work);
            if (vectors)
            {
                Strips.Identity(ut, n);
                Strips.Identity(vt, n);
            }
            long code = Bidiagonal.Iterate(d, e, vectors ? ut : null, vectors ? vt : null, n);
            if (code != 0) return code;
            for (int i = 0; i < n; i++)
            {
                order[i] = i;
                if (T.IsNegative(d[i]))
                {
                    d[i] = -d[i];
                    if (vectors) Strips.Scale(-T.One, vt + i * n, n);
                }
            }
            Sort(d, order);
            for (long i = 0; i < n; i++) s[i] = d[i] / scale;
            if (!vectors) return 0;
            new Span<T>(u, (int)(m * columns)).Clear();
            for (long j = 0; j < n; j++)
            {
                T* x = ut + order[j] * n, y = vt + order[j] * n;
                for (long i = 0; i < n; i++) (u[i * columns + j], v[i * n + j]) = (x[i], y[i]);
            }
            for (long j = n; j < columns; j++) u[j * columns + j] = T.One;
            Reflectors.Apply(left, tauLeft, n, m, 0, u, columns);
            Reflectors.Apply(right, tauRight, n - 1, n, 1, v, n);
            return 0;
        }

        /// <summary>Descending; equal values stay in their order.</summary>
        private void Sort(T* d, int[] order)
        {
            Span<T> values = new(d, (int)n);
            bool sorted = true;
            for (int i = 1; i < values.Length; i++) sorted &= values[i - 1] >= values[i];
            if (sorted) return;
            values.Sort(order.AsSpan(), static (x, y) => y.CompareTo(x));
        }

        private void Bidiagonalise(T* a, T* d, T* e, T* tauLeft, T* tauRight, T* left, T* right, T* work)
        {
            T* w = work, product = w + n, column = product + n;
            for (long k = 0; k < n; k++)
            {
                T* x = left == null ? column : left + k * m;
                if (left != null) new Span<T>(x, (int)k).Clear();
                for (long i = k; i < m; i++) x[i] = a[i * n + k];
                (tauLeft[k], d[k]) = Strips.Reflector(x + k, m - k);
                long rest = n - k - 1;
                if (rest == 0)
                {
                    e[k] = T.Zero;
                    break;
                }
                // w = τ vᵀ A, by columns; then row k, which gives the reflector from the right; then the remaining rows, both at once.
                Parallel.For(rest, Math.Max(64, 131072 / (m - k)), new Sums<T>(a + k + 1, n, k, m, x, tauLeft[k], w + k + 1));
                T* row = a + k * n + k + 1;
                Rows.Add(-T.One, w + k + 1, row, rest);
                (tauRight[k], e[k]) = Strips.Reflector(row, rest);
                if (right != null)
                {
                    new Span<T>(right + k * n, (int)(k + 1)).Clear();
                    new Span<T>(row, (int)rest).CopyTo(new Span<T>(right + k * n + k + 1, (int)rest));
                }
                Parallel.For(m - k - 1, Math.Max(1, 65536 / rest), new Update<T>(a + k + 1, n, k, rest, x, w + k + 1, tauRight[k], row));
            }
        }
    }

    private readonly struct Sums<T>(T* a, long n, long k, long m, T* x, T tau, T* w) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            new Span<T>(w + from, (int)(to - from)).Clear();
            if (tau == T.Zero) return;
            for (long i = k; i < m; i++) Rows.Add(tau * x[i], a + i * n + from, w + from, to - from);
        }
    }

    private readonly struct Update<T>(T* a, long n, long k, long rest, T* x, T* w, T tau, T* u) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            for (long i = k + 1 + from; i < k + 1 + to; i++)
            {
                T* row = a + i * n;
                T dot = Strips.SubtractDot(x[i], w, T.Zero, w, row, u, rest);
                if (tau != T.Zero) Rows.Add(-tau * dot, u, row, rest);
            }
        }
    }
}
