using System.Numerics;

namespace Nabla.Kernels;

/// <summary>Eigenvalues and singular values of complex matrices: <see cref="Unitary"/> reductions, then the real iterations.</summary>
internal static unsafe class Hermitian
{
    /// <summary>As <see cref="Eigh.Run"/>, for complex Hermitian matrices.</summary>
    internal static (Tensor Values, Tensor? Vectors, long Failed, long Code) Eigenvalues(Tensor a, bool upper, bool vectors)
    {
        a = Copy.Contiguous(a);
        bool single = a.dtype == DType.Complex64;
        Tensor w = Tensor.Allocate(new Layout(a.layout.shape[..^1]), single ? DType.Float32 : DType.Float64);
        Tensor v = Tensor.Allocate(new Layout(a.layout.shape), a.dtype);
        (long failed, long code) = single ? Eigenvalues<float>(a, w, v, upper) : Eigenvalues<double>(a, w, v, upper);
        return (w, vectors ? v : null, failed, code);
    }

    private static (long Failed, long Code) Eigenvalues<T>(Tensor a, Tensor w, Tensor v, bool upper)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (a.layout.Count == 0) return (-1, 0);
        long n = a.layout.shape[^1];
        long[] codes = new long[Rows.Matrices(a)];
        fixed (Complex<T>* pa = a.storage.Span<Complex<T>>(a.layout.Offset, a.layout.Count))
        fixed (Complex<T>* pv = v.storage.Span<Complex<T>>(0, v.layout.Count))
        fixed (T* pw = w.storage.Span<T>(0, w.layout.Count))
        {
            Rows.Each(codes.Length, 40.0 * n * n * n, new EigenJob<T>(pa, pw, pv, n, upper, codes));
        }
        return First(codes);
    }

    private static (long Failed, long Code) First(long[] codes)
    {
        long failed = Array.FindIndex(codes, static c => c != 0);
        return (failed, failed < 0 ? 0 : codes[failed]);
    }

    private readonly struct EigenJob<T>(Complex<T>* a, T* w, Complex<T>* v, long n, bool upper, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            Complex<T>[] memory = new Complex<T>[checked((int)(2 * n * n + 2 * n))];
            T[] reals = new T[checked((int)(n * n + 2 * n))];
            int[] order = new int[n];
            fixed (Complex<T>* scratch = memory)
            fixed (T* real = reals)
            {
                for (long i = from; i < to; i++) codes[i] = One(a + i * n * n, w + i * n, v + i * n * n, scratch, real, order);
            }
        }

        private long One(Complex<T>* a, T* w, Complex<T>* v, Complex<T>* scratch, T* z, int[] order)
        {
            Complex<T>* x = scratch, reflectors = x + n * n, tau = reflectors + n * n, work = tau + n;
            T* d = z + n * n, e = d + n;
            T largest = T.Zero;
            for (long i = 0; i < n; i++)
            {
                for (long j = 0; j <= i; j++)
                {
                    Complex<T> value = upper ? a[j * n + i].Conj : a[i * n + j];
                    if (i == j) value = new(value.Re, T.Zero);
                    (x[i * n + j], x[j * n + i]) = (value, value.Conj);
                    largest = T.Max(largest, value.Size);
                }
            }
            if (!T.IsFinite(largest)) return Math.Max(1, n - 1);
            T scale = Strips.Scaling(largest);
            if (scale != T.One) Strips.Scale(scale, (T*)x, 2 * n * n);
            Unitary.Tridiagonalise(x, n, d, e, reflectors, tau, work);
            Strips.Identity(z, n);
            long code = Eigh.Iterate(d, e, z, n);
            if (code != 0) return code;
            for (int i = 0; i < n; i++) order[i] = i;
            new Span<T>(d, (int)n).Sort(order.AsSpan());
            for (long j = 0; j < n; j++)
            {
                w[j] = d[j] / scale;
                for (long i = 0; i < n; i++) v[i * n + j] = new(z[order[j] * n + i], T.Zero);
            }
            Unitary.Apply(reflectors, tau, n - 1, n, 1, v, n, work);
            return 0;
        }
    }

    /// <summary>As <see cref="Svd.Run"/>, for complex matrices.</summary>
    internal static (Tensor? U, Tensor S, Tensor? Vh, long Failed, long Code) SingularValues(Tensor a, bool vectors, bool full)
    {
        a = Copy.Contiguous(a);
        bool single = a.dtype == DType.Complex64;
        long[] batch = a.layout.shape[..^2];
        long m = a.layout.shape[^2], n = a.layout.shape[^1], k = Math.Min(m, n);
        Tensor s = Tensor.Allocate(new Layout([.. batch, k]), single ? DType.Float32 : DType.Float64);
        Tensor u = Tensor.Allocate(new Layout([.. batch, m, full ? m : k]), a.dtype);
        Tensor vh = Tensor.Allocate(new Layout([.. batch, full ? n : k, n]), a.dtype);
        (long failed, long code) = single ? SingularValues<float>(a, u, s, vh) : SingularValues<double>(a, u, s, vh);
        return (vectors ? u : null, s, vectors ? vh : null, failed, code);
    }

    private static (long Failed, long Code) SingularValues<T>(Tensor a, Tensor u, Tensor s, Tensor vh)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long m = a.layout.shape[^2], n = a.layout.shape[^1], k = Math.Min(m, n);
        Span<Complex<T>> left = u.storage.Span<Complex<T>>(0, u.layout.Count), right = vh.storage.Span<Complex<T>>(0, vh.layout.Count);
        if (a.layout.Count == 0)
        {
            Units(left, u.layout.shape[^1]);
            Units(right, vh.layout.shape[^1]);
            return (-1, 0);
        }
        long[] codes = new long[Rows.Matrices(a)];
        fixed (Complex<T>* pa = a.storage.Span<Complex<T>>(a.layout.Offset, a.layout.Count), pu = left, pv = right)
        fixed (T* ps = s.storage.Span<T>(0, s.layout.Count))
        {
            Rows.Each(codes.Length, 60.0 * m * n * k,
                new SingularJob<T>(pa, pu, ps, pv, m, n, u.layout.shape[^1], vh.layout.shape[^2], codes));
        }
        return First(codes);
    }

    private static void Units<T>(Span<Complex<T>> x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        x.Clear();
        for (int i = 0; i < x.Length; i++)
            if (i % (n * n) % (n + 1) == 0) x[i] = new(T.One, T.Zero);
    }

    private readonly struct SingularJob<T>(
        Complex<T>* a, Complex<T>* u, T* s, Complex<T>* vh, long m, long n, long left, long right, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            // A wide matrix is adjoined: only tall ones are factored.
            bool wide = m < n;
            long rows = Math.Max(m, n), k = Math.Min(m, n), columns = wide ? right : left;
            Complex<T>[] memory = new Complex<T>[checked((int)(2 * rows * k + rows * columns + 2 * k * k + 3 * k + rows))];
            T[] reals = new T[checked((int)(2 * k * k + 2 * k))];
            int[] order = new int[k];
            fixed (Complex<T>* scratch = memory)
            fixed (T* real = reals)
            {
                Complex<T>* q = scratch + rows * k, v = q + rows * columns;
                for (long i = from; i < to; i++)
                {
                    Complex<T>* x = a + i * m * n;
                    if (wide) Adjoin(x, m, n, scratch);
                    else new Span<Complex<T>>(x, (int)(m * n)).CopyTo(new Span<Complex<T>>(scratch, (int)(m * n)));
                    codes[i] = Tall(scratch, rows, k, columns, q, v, s + i * k, v + k * k, real, order);
                    if (codes[i] != 0) continue;
                    Complex<T>* first = u + i * m * left, second = vh + i * right * n;
                    new Span<Complex<T>>(wide ? v : q, (int)(m * left)).CopyTo(new Span<Complex<T>>(first, (int)(m * left)));
                    if (wide) Adjoin(q, rows, columns, second);
                    else Adjoin(v, k, k, second);
                }
            }
        }

        private static void Adjoin(Complex<T>* x, long rows, long columns, Complex<T>* y)
        {
            for (long i = 0; i < rows; i++)
                for (long j = 0; j < columns; j++) y[j * rows + i] = x[i * columns + j].Conj;
        }

        private static long Tall(
            Complex<T>* x, long m, long n, long columns, Complex<T>* u, Complex<T>* v, T* s, Complex<T>* scratch, T* real, int[] order)
        {
            Complex<T>* left = scratch, right = left + m * n, tauLeft = right + n * n, tauRight = tauLeft + n, work = tauRight + n;
            T* ut = real, vt = ut + n * n, d = vt + n * n, e = d + n;
            T largest = Strips.Largest((T*)x, 2 * m * n);
            if (!T.IsFinite(largest)) return -4;
            T scale = Strips.Scaling(largest);
            if (scale != T.One) Strips.Scale(scale, (T*)x, 2 * m * n);
            Unitary.Bidiagonalise(x, m, n, d, e, left, tauLeft, right, tauRight, work);
            Strips.Identity(ut, n);
            Strips.Identity(vt, n);
            long code = Bidiagonal.Iterate(d, e, ut, vt, n);
            if (code != 0) return code;
            for (int i = 0; i < n; i++)
            {
                order[i] = i;
                if (!T.IsNegative(d[i])) continue;
                d[i] = -d[i];
                Strips.Scale(-T.One, vt + i * n, n);
            }
            new Span<T>(d, (int)n).Sort(order.AsSpan(), static (p, q) => q.CompareTo(p));
            new Span<Complex<T>>(u, (int)(m * columns)).Clear();
            for (long j = 0; j < n; j++)
            {
                s[j] = d[j] / scale;
                for (long i = 0; i < n; i++)
                    (u[i * columns + j], v[i * n + j]) = (new(ut[order[j] * n + i], T.Zero), new(vt[order[j] * n + i], T.Zero));
            }
            for (long j = n; j < columns; j++) u[j * columns + j] = new(T.One, T.Zero);
            Unitary.Apply(left, tauLeft, n, m, 0, u, columns, work);
            Unitary.Apply(right, tauRight, n - 1, n, 1, v, n, work);
            return 0;
        }
    }
}
