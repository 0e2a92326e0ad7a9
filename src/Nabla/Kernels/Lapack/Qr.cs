using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// QR factorization by Householder reflections H = I - τ v vᵀ, as LAPACK's geqrf and orgqr: v begins with 1, and the diagonal of R has
/// the opposite sign of what it replaces. Blocks of reflections are applied as I - V T Vᵀ: R. Schreiber and C. Van Loan, "A
/// storage-efficient WY representation for products of Householder transformations", SIAM J. Sci. Stat. Comput. 10(1), 1989. Matrices are
/// held by columns.
/// </summary>
internal static unsafe class Qr
{
    private const long Block = 32;

    /// <summary>R on and above the diagonal with the vectors v below it (their ones left out), and the factors τ.</summary>
    internal static (Tensor A, Tensor Tau) Factor(Tensor a)
    {
        long[] shape = a.layout.shape;
        Tensor columns = Rows.Copied(Rows.Turned(a));
        Tensor tau = Tensor.Allocate(new Layout([.. shape[..^2], Math.Min(shape[^2], shape[^1])]), a.dtype);
        if (columns.layout.Count == 0) Fill.Run(tau, 0);
        else if (a.dtype == DType.Float32) Run(new FactorTask<float>(columns, tau), columns);
        else Run(new FactorTask<double>(columns, tau), columns);
        return (Rows.Turned(columns), tau);
    }

    /// <summary>Q and R. Q has as many columns as asked for, R as many rows; no Q if there are none.</summary>
    internal static (Tensor Q, Tensor R) Decompose(Tensor a, string mode)
    {
        (Tensor factors, Tensor tau) = Factor(a);
        long m = a.layout.shape[^2], k = tau.layout.shape[^1], rows = mode == "complete" ? m : k;
        Tensor r = Rows.Copied(new Ops.Slice(-2, 0, rows, 1).Forward(factors));
        Viewing.ClearTriangle(r, 0, above: false);
        if (mode == "r") return (Tensor.Allocate(new Layout([0]), a.dtype), r);
        Tensor q = Tensor.Allocate(new Layout([.. a.layout.shape[..^2], rows, m]), a.dtype);
        if (a.dtype == DType.Float32) Run(new FormTask<float>(Rows.Turned(factors), tau, q), q);
        else Run(new FormTask<double>(Rows.Turned(factors), tau, q), q);
        return (Rows.Turned(q), r);
    }

    private static void Run<TTask>(TTask task, Tensor columns) where TTask : struct, IRange
    {
        if (columns.layout.Count == 0) return;
        double m = columns.layout.shape[^1], n = columns.layout.shape[^2];
        Rows.Each(Rows.Matrices(columns), m * n * Math.Min(m, n), task);
    }

    private readonly struct FactorTask<T>(Tensor columns, Tensor tau) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long m = columns.layout.shape[^1], n = columns.layout.shape[^2], k = Math.Min(m, n);
            for (long i = from; i < to; i++)
            {
                fixed (T* a = &columns.storage.At<T>(i * m * n), t = &tau.storage.At<T>(i * k))
                    Factor(m, n, a, t);
            }
        }
    }

    private static void Factor<T>(long m, long n, T* a, T* tau) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long k = Math.Min(m, n);
        for (long from = 0; from < k; from += Block)
        {
            long width = Math.Min(Block, k - from), rest = n - from - width;
            T* panel = a + from * (m + 1);
            for (long j = 0; j < width; j++)
            {
                T* v = panel + j * (m + 1);
                long length = m - from - j;
                T factor = tau[from + j] = Reflect(v, length), first = v[0];
                v[0] = T.One;
                for (long c = j + 1; c < width; c++)
                {
                    T* column = panel + c * m + j;
                    Rows.Add(-factor * Rows.Dot(v, column, length), v, column, length);
                }
                v[0] = first;
            }
            if (rest > 0) Apply(m - from, width, panel, tau + from, panel + width * m, rest, m, transposed: true);
        }
    }

    /// <summary>Makes v, without its leading one, from x, and puts what becomes of x[0] there; the result is τ. LAPACK's larfg.</summary>
    private static T Reflect<T>(T* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T scale = T.Zero;
        for (long i = 1; i < n; i++) scale = T.MaxMagnitude(scale, x[i]);
        if (scale == T.Zero) return T.Zero;
        T squares = Rows.Dot(x, x, n), norm = T.Sqrt(squares);
        if (squares < T.CreateTruncating(1e-30) || squares > T.CreateTruncating(1e30))
        {
            scale = T.MaxMagnitude(scale, x[0]);
            if (!T.IsFinite(scale)) return T.NaN;
            // Squares neither overflow nor vanish once the largest element is about 1.
            int power = T.ILogB(scale);
            for (long i = 0; i < n; i++) x[i] = T.ScaleB(x[i], -power);
            T factor = Reflect(x, n);
            x[0] = T.ScaleB(x[0], power);
            return factor;
        }
        T alpha = x[0], beta = T.IsNegative(alpha) ? norm : -norm;
        Rows.Divide(x + 1, alpha - beta, n - 1);
        x[0] = beta;
        return (beta - alpha) / beta;
    }

    /// <summary>C = H C, or Hᵀ C, for H = I - V T Vᵀ of a panel of reflections; C has columns <paramref name="stride"/> apart.</summary>
    private static void Apply<T>(long m, long width, T* panel, T* tau, T* c, long columns, long stride, bool transposed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* v = Rows.Scratch<T>(width * (m + 2 * width + 2 * columns));
        T* gram = v + width * m, t = gram + width * width, w = t + width * width, tw = w + width * columns;
        for (long j = 0; j < width; j++)
        {
            T* to = v + j * m;
            new Span<T>(to, (int)j).Clear();
            to[j] = T.One;
            new ReadOnlySpan<T>(panel + j * stride + j + 1, (int)(m - j - 1)).CopyTo(new Span<T>(to + j + 1, (int)(m - j - 1)));
        }
        new Span<T>(gram, (int)(2 * width * width)).Clear();
        Rows.Product(width, width, m, v, m, 1, v, 1, m, gram, width);
        for (long j = 0; j < width; j++)
        {
            t[j * width + j] = tau[j];
            for (long i = 0; i < j; i++)
            {
                T sum = T.Zero;
                for (long k = i; k < j; k++) sum += t[i * width + k] * gram[k * width + j];
                t[i * width + j] = -tau[j] * sum;
            }
        }
        new Span<T>(w, checked((int)(2 * width * columns))).Clear();
        Rows.Product(width, columns, m, v, m, 1, c, 1, stride, w, columns);
        for (long i = 0; i < width * width; i++) t[i] = -t[i];
        Rows.Product(width, columns, width, t, transposed ? 1 : width, transposed ? width : 1, w, columns, 1, tw, columns);
        // Cᵀ += (T W)ᵀ Vᵀ, whose rows are C's columns.
        Rows.Product(columns, m, width, tw, 1, columns, v, m, 1, c, stride);
    }

    private readonly struct FormTask<T>(Tensor factors, Tensor tau, Tensor q) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long m = q.layout.shape[^1], n = q.layout.shape[^2], all = factors.layout.shape[^2], k = tau.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                fixed (T* to_ = &q.storage.At<T>(i * m * n))
                {
                    new Span<T>(to_, checked((int)(m * n))).Clear();
                    for (long j = 0; j < n; j++) to_[j * (m + 1)] = T.One;
                    if (k == 0) continue;
                    fixed (T* a = &factors.storage.At<T>(i * m * all), t = &tau.storage.At<T>(i * k)) Form(m, n, k, a, t, to_);
                }
            }
        }
    }

    /// <summary>Q = H₀ H₁ … applied to the identity that q holds, from the last panel on.</summary>
    private static void Form<T>(long m, long n, long k, T* a, T* tau, T* q) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long from = (k - 1) / Block * Block; from >= 0; from -= Block)
        {
            long width = Math.Min(Block, k - from), corner = from * (m + 1);
            Apply(m - from, width, a + corner, tau + from, q + corner, n - from, m, transposed: false);
        }
    }
}
