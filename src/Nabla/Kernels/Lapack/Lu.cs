using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// LU factorization with partial pivoting, P A = L U, and what is computed from it. Columns are halved again and again, so that nearly
/// all work is matrix products: S. Toledo, "Locality of reference in LU decomposition with partial pivoting", SIAM J. Matrix Anal. Appl.
/// 18(4), 1997. Pivots are LAPACK's: row i was exchanged with row pivots[i], counted from 1.
/// </summary>
internal static unsafe class Lu
{
    private const long Base = 16;

    /// <summary>L (below the diagonal, without its ones) and U, the pivots, and the first zero on U's diagonal, from 1 (0: none).</summary>
    internal static (Tensor LU, Tensor Pivots, Tensor Info) Factor(Tensor a)
    {
        long[] shape = a.layout.shape;
        Tensor lu = Rows.Copied(a);
        Tensor pivots = Tensor.Allocate(new Layout([.. shape[..^2], Math.Min(shape[^2], shape[^1])]), DType.Int32);
        Tensor info = Tensor.Allocate(new Layout(shape[..^2]), DType.Int32);
        if (lu.layout.Count == 0) Fill.Run(info, 0);
        else if (a.dtype == DType.Float32) Run<float>(lu, pivots, info);
        else Run<double>(lu, pivots, info);
        return (lu, pivots, info);
    }

    /// <summary>The same, but a matrix that is expanded along the batch is factored once.</summary>
    internal static (Tensor LU, Tensor Pivots, Tensor Info) FactorOnce(Tensor a)
    {
        long[] shape = a.layout.shape, once = [.. shape];
        for (int d = 0; d < shape.Length - 2; d++)
            if (shape[d] > 1 && a.layout.strides[d] == 0) once[d] = 1;
        (Tensor lu, Tensor pivots, Tensor info) = Factor(a.Raw(new Layout(once, a.layout.strides, a.layout.Offset)));
        if (once.AsSpan().SequenceEqual(shape)) return (lu, pivots, info);
        return (Spread(lu, shape), Spread(pivots, shape[..^1]), Spread(info, shape[..^2]));
    }

    private static Tensor Spread(Tensor x, long[] shape) => new Ops.Expand(new Shape(shape)).Forward(x);

    private static void Run<T>(Tensor lu, Tensor pivots, Tensor info) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long m = lu.layout.shape[^2], n = lu.layout.shape[^1];
        Rows.Each(info.layout.Count, (double)m * n * Math.Min(m, n), new Task<T>(lu, pivots, info));
    }

    private readonly struct Task<T>(Tensor lu, Tensor pivots, Tensor info) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long m = lu.layout.shape[^2], n = lu.layout.shape[^1], k = Math.Min(m, n);
            for (long i = from; i < to; i++)
            {
                fixed (T* a = &lu.storage.At<T>(i * m * n))
                fixed (int* p = &pivots.storage.At<int>(i * k))
                    info.storage.At<int>(i) = (int)Halve(m, n, a, n, p);
            }
        }
    }

    /// <summary>Factors in place; pivots count from the matrix's own first row.</summary>
    private static long Halve<T>(long m, long n, T* a, long stride, int* pivots) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long k = Math.Min(m, n);
        if (k <= Base) return Direct(m, n, a, stride, pivots);
        long first = (k / 2 + Base - 1) / Base * Base, rest = n - first;
        long info = Halve(m, first, a, stride, pivots);
        T* right = a + first, low = a + first * stride, corner = low + first;
        Exchange(right, stride, rest, pivots, first, false);
        Triangular.Left(first, rest, new Matrix<T>(a, stride, 1), false, true, right, stride);
        Rows.Product(m - first, rest, first, Rows.Negative(low, stride, m - first, first), first, 1, right, stride, 1, corner, stride);
        long later = Halve(m - first, rest, corner, stride, pivots + first);
        Exchange(low, stride, first, pivots + first, k - first, false);
        for (long i = first; i < k; i++) pivots[i] += (int)first;
        return info > 0 ? info : later > 0 ? later + first : 0;
    }

    private static long Direct<T>(long m, long n, T* a, long stride, int* pivots) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long info = 0;
        for (long j = 0; j < Math.Min(m, n); j++)
        {
            long at = j;
            T largest = T.Abs(a[j * stride + j]);
            for (long i = j + 1; i < m; i++)
            {
                T size = T.Abs(a[i * stride + j]);
                if (size > largest) (largest, at) = (size, i);
            }
            pivots[j] = (int)at + 1;
            T* row = a + j * stride;
            T pivot = a[at * stride + j];
            if (at != j) Rows.Swap(row, a + at * stride, n);
            if (pivot == T.Zero)
            {
                if (info == 0) info = j + 1;
                continue;
            }
            for (long i = j + 1; i < m; i++)
            {
                T* below = a + i * stride;
                T factor = below[j] / pivot;
                below[j] = factor;
                Rows.Add(-factor, row + j + 1, below + j + 1, n - j - 1);
            }
        }
        return info;
    }

    /// <summary>Exchanges rows as pivots say, from the first or (reverse) the last on.</summary>
    private static void Exchange<T>(T* x, long stride, long columns, int* pivots, long count, bool reverse) where T : unmanaged
    {
        for (long step = 0; step < count; step++)
        {
            long i = reverse ? count - 1 - step : step;
            if (pivots[i] - 1 != i) Rows.Swap(x + i * stride, x + (pivots[i] - 1) * stride, columns);
        }
    }

    /// <summary>P X, or Pᵀ X (reverse): the rows of X exchanged as the pivots say.</summary>
    /// <param name="x">Matrices.</param>
    /// <param name="pivots">int32, counted from 1.</param>
    /// <param name="reverse">In reverse order.</param>
    /// <param name="op">Whose words a wrong pivot is refused with.</param>
    /// <exception cref="ArgumentOutOfRangeException">A pivot is not a row of X.</exception>
    internal static Tensor Exchanged(Tensor x, Tensor pivots, bool reverse, string op)
    {
        pivots = Copy.Contiguous(pivots);
        CheckPivots(pivots, x.layout.shape[^2], op);
        Tensor y = Rows.Copied(x);
        if (y.layout.Count == 0 || pivots.layout.Count == 0) return y;
        if (x.dtype.ItemSize() == 8) Exchange<long>(y, pivots, reverse);
        else if (x.dtype.ItemSize() == 4) Exchange<int>(y, pivots, reverse);
        else if (x.dtype.ItemSize() == 2) Exchange<short>(y, pivots, reverse);
        else Exchange<byte>(y, pivots, reverse);
        return y;
    }

    private static void Exchange<T>(Tensor y, Tensor pivots, bool reverse) where T : unmanaged
    {
        long m = y.layout.shape[^2], n = y.layout.shape[^1], k = pivots.layout.shape[^1], batch = Rows.Matrices(y);
        for (long i = 0; i < batch; i++)
        {
            fixed (T* x = &y.storage.At<T>(i * m * n))
            fixed (int* p = &pivots.storage.At<int>(pivots.layout.Offset + i * k))
                Exchange(x, n, n, p, k, reverse);
        }
    }

    private static void CheckPivots(Tensor pivots, long rows, string op)
    {
        foreach (int p in pivots.Span<int>())
        {
            if (p >= 1 && p <= rows) continue;
            if (op == "lu_unpack")
                Throw.Range("pivots", p, "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive." +
                    $"Did you properly pass the result of lu_factor? A pivot is {p}, LU has {rows} rows.");
            string bound = p < 1 ? "greater or equal to 1" : "smaller or equal to LU.size(-2)";
            Throw.Range("pivots", p, $"Pivots given to {op} must all be {bound}. Did you properly pass the result of lu_factor? " +
                $"A pivot is {p}, LU has {rows} rows.");
        }
    }

    /// <summary>X with A X = B or X A = B, Aᵀ instead of A if adjoint, from A's factors.</summary>
    internal static Tensor Solve(Tensor lu, Tensor pivots, Tensor b, bool left, bool adjoint, string op)
    {
        if (!left) return Rows.Turned(Solve(lu, pivots, Rows.Turned(b), true, !adjoint, op));
        if (!adjoint)
        {
            Tensor x = Exchanged(b, pivots, false, op);
            Triangular.InPlace(lu, x, upper: false, unit: true);
            Triangular.InPlace(lu, x, upper: true, unit: false);
            return x;
        }
        Tensor turned = Rows.Turned(lu), y = Rows.Copied(b);
        Triangular.InPlace(turned, y, upper: false, unit: false);
        Triangular.InPlace(turned, y, upper: true, unit: true);
        return Exchanged(y, pivots, true, op);
    }

    /// <summary>The determinants from the factors; if wanted in two parts, the signs and log |det|.</summary>
    internal static (Tensor Det, Tensor LogAbs) Det(Tensor lu, Tensor pivots, bool log)
    {
        Layout batch = new(lu.layout.shape[..^2]);
        Tensor det = Tensor.Allocate(batch, lu.dtype), abs = log ? Tensor.Allocate(batch, lu.dtype) : det;
        if (lu.dtype == DType.Float32) Det<float>(lu, pivots, det, abs, log);
        else Det<double>(lu, pivots, det, abs, log);
        return (det, abs);
    }

    private static void Det<T>(Tensor lu, Tensor pivots, Tensor det, Tensor abs, bool log) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = lu.layout.shape[^1];
        for (long i = 0; i < det.layout.Count; i++)
        {
            long start = Rows.Start(lu.layout, i), step = lu.layout.strides[^2] + lu.layout.strides[^1];
            bool odd = false;
            T product = T.One, sum = T.Zero;
            for (long j = 0; j < n; j++)
            {
                odd ^= pivots.storage.At<int>(i * n + j) != j + 1;
                T u = lu.storage.At<T>(start + j * step);
                product *= !log ? u : T.IsNaN(u) ? u : T.CreateChecked(T.Sign(u));
                if (log) sum += T.Log(T.Abs(u));
            }
            det.storage.At<T>(i) = odd ? -product : product;
            if (log) abs.storage.At<T>(i) = sum;
        }
    }
}
