using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Systems of equations with triangular matrices. The matrix is halved again and again, so that nearly all work is matrix products:
/// F. Gustavson, "Recursion leads to automatic variable blocking for dense linear-algebra algorithms", IBM J. Res. Dev. 41(6), 1997.
/// </summary>
internal static unsafe class Triangular
{
    private const long Base = 16, Chunk = 128;

    /// <summary>X with A X = B, or X A = B; of A only one triangle is read, without its diagonal if that is taken as ones.</summary>
    internal static Tensor Solve(Tensor a, Tensor b, bool upper, bool left, bool unit)
    {
        if (!left) return Rows.Turned(Solve(Rows.Turned(a), Rows.Turned(b), !upper, true, unit));
        Tensor x = Rows.Copied(b);
        InPlace(a, x, upper, unit);
        return x;
    }

    /// <summary>X = A⁻¹ X for row-major X.</summary>
    internal static void InPlace(Tensor a, Tensor x, bool upper, bool unit)
    {
        if (x.layout.Count == 0) return;
        if (x.dtype == DType.Float32) Run<float>(a, x, upper, unit);
        else Run<double>(a, x, upper, unit);
    }

    private static void Run<T>(Tensor a, Tensor x, bool upper, bool unit) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = x.layout.shape[^2], r = x.layout.shape[^1];
        Rows.Each(Rows.Matrices(x), (double)n * n * r, new Task<T>(a, x, upper, unit));
    }

    private readonly struct Task<T>(Tensor a, Tensor x, bool upper, bool unit) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long n = x.layout.shape[^2], r = x.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                fixed (T* p = &a.storage.At<T>(Rows.Start(a.layout, i)), q = &x.storage.At<T>(Rows.Start(x.layout, i)))
                    Left(n, r, new Matrix<T>(p, a.layout.strides[^2], a.layout.strides[^1]), upper, unit, q, r);
            }
        }
    }

    /// <summary>X = A⁻¹ X; X has n rows of r values each, <paramref name="stride"/> apart.</summary>
    internal static void Left<T>(long n, long r, Matrix<T> a, bool upper, bool unit, T* x, long stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Columns are independent of each other.
        if (r >= 2 * Chunk && n > Base) Parallel.For(Parallel.Chunks(r, Chunk), 1, new Columns<T>(n, r, a, upper, unit, x, stride));
        else Halve(n, r, a, upper, unit, x, stride);
    }

    private readonly struct Columns<T>(long n, long r, Matrix<T> a, bool upper, bool unit, T* x, long stride) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            for (long c = from; c < to; c++) Halve(n, Math.Min(Chunk, r - c * Chunk), a, upper, unit, x + c * Chunk, stride);
        }
    }

    private static void Halve<T>(long n, long r, Matrix<T> a, bool upper, bool unit, T* x, long stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= Base)
        {
            Direct(n, r, a, upper, unit, x, stride);
            return;
        }
        long first = (n / 2 + Base - 1) / Base * Base, second = n - first;
        Matrix<T> low = a.At(first, first);
        T* y = x + first * stride;
        if (upper)
        {
            Halve(second, r, low, upper, unit, y, stride);
            Subtract(first, r, second, a.At(0, first), y, x, stride);
            Halve(first, r, a, upper, unit, x, stride);
        }
        else
        {
            Halve(first, r, a, upper, unit, x, stride);
            Subtract(second, r, first, a.At(first, 0), x, y, stride);
            Halve(second, r, low, upper, unit, y, stride);
        }
    }

    /// <summary>Z -= A · Y.</summary>
    private static void Subtract<T>(long m, long r, long k, Matrix<T> a, T* y, T* z, long stride)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        Rows.Product(m, r, k, a.Data, a.Row, a.Col, Rows.Negative(y, stride, k, r), r, 1, z, stride);

    private static void Direct<T>(long n, long r, Matrix<T> a, bool upper, bool unit, T* x, long stride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long step = 0; step < n; step++)
        {
            long i = upper ? n - 1 - step : step;
            T* row = x + i * stride;
            for (long k = 0; k < step; k++)
            {
                long j = upper ? n - 1 - k : k;
                Rows.Add(-a.Data[i * a.Row + j * a.Col], x + j * stride, row, r);
            }
            if (!unit) Rows.Divide(row, a.Data[i * (a.Row + a.Col)], r);
        }
    }

    /// <summary>X = X L⁻ᵀ for lower triangular L[n, n] and X[m, n], both row-major.</summary>
    internal static void RightOfLower<T>(long m, long n, T* l, long lRow, T* x, long xRow) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (m >= 2 * Chunk && n > Base) Parallel.For(Parallel.Chunks(m, Chunk), 1, new Strips<T>(m, n, l, lRow, x, xRow));
        else HalveRight(m, n, l, lRow, x, xRow);
    }

    private readonly struct Strips<T>(long m, long n, T* l, long lRow, T* x, long xRow) : IRange where T : unmanaged,
        IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            for (long s = from; s < to; s++) HalveRight(Math.Min(Chunk, m - s * Chunk), n, l, lRow, x + s * Chunk * xRow, xRow);
        }
    }

    private static void HalveRight<T>(long m, long n, T* l, long lRow, T* x, long xRow) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= Base)
        {
            DirectRight(m, n, l, lRow, x, xRow);
            return;
        }
        long first = (n / 2 + Base - 1) / Base * Base;
        HalveRight(m, first, l, lRow, x, xRow);
        T* negative = Rows.Negative(x, xRow, m, first);
        Rows.Product(m, n - first, first, negative, first, 1, l + first * lRow, 1, lRow, x + first, xRow);
        HalveRight(m, n - first, l + first * lRow + first, lRow, x + first, xRow);
    }

    /// <summary>As many rows at once as a vector has lanes, turned so that each vector holds one column of them.</summary>
    private static void DirectRight<T>(long m, long n, T* l, long lRow, T* x, long xRow) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int w = Vector<T>.Count;
        T* columns = stackalloc T[(int)Base * w];
        new Span<T>(columns, (int)Base * w).Clear();
        for (long r = 0; r < m; r += w)
        {
            nint rows = (nint)Math.Min(w, m - r);
            ref T first = ref x[r * xRow];
            TransposeTiles.Run(ref first, (nint)xRow, ref *columns, w, (nint)n, rows);
            for (long j = 0; j < n; j++)
            {
                T* factors = l + j * lRow;
                Vector<T> even = Vector.Load(columns + j * w), odd = Vector<T>.Zero;
                long k = 0;
                for (; k < j - 1; k += 2)
                {
                    even -= Vector.Load(columns + k * w) * new Vector<T>(factors[k]);
                    odd -= Vector.Load(columns + (k + 1) * w) * new Vector<T>(factors[k + 1]);
                }
                if (k < j) even -= Vector.Load(columns + k * w) * new Vector<T>(factors[k]);
                ((even + odd) / new Vector<T>(factors[j])).Store(columns + j * w);
            }
            TransposeTiles.Run(ref *columns, w, ref first, (nint)xRow, rows, (nint)n);
        }
    }
}
