using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Eigenvalues and eigenvectors of symmetric matrices: Householder reduction to tridiagonal form, then the implicit QL iteration with
/// Wilkinson's shift. B. Parlett, The Symmetric Eigenvalue Problem, SIAM 1998; R. Martin and J. Wilkinson, Numerische Mathematik 12, 1968.
/// </summary>
internal static unsafe class Eigh
{
    private const int MostIterations = 60;

    /// <summary>Ascending eigenvalues and, if asked for, eigenvectors as columns, of a batch of square matrices; one triangle is
    /// read.</summary>
    /// <returns>Them, and the first matrix of the batch that failed with its error code, or -1.</returns>
    internal static (Tensor Values, Tensor? Vectors, long Failed, long Code) Run(Tensor a, bool upper, bool vectors)
    {
        if (a.dtype.IsComplex()) return Hermitian.Eigenvalues(a, upper, vectors);
        a = Copy.Contiguous(a);
        Tensor w = Tensor.Allocate(new Layout(a.layout.shape[..^1]), a.dtype);
        Tensor? v = vectors ? Tensor.Allocate(new Layout(a.layout.shape), a.dtype) : null;
        (long failed, long code) = a.dtype == DType.Float32 ? Run<float>(a, w, v, upper) : Run<double>(a, w, v, upper);
        return (w, v, failed, code);
    }

    private static (long Failed, long Code) Run<T>(Tensor a, Tensor w, Tensor? v, bool upper) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = a.layout.shape[^1], count = n == 0 ? 0 : w.layout.Count / n;
        long[] codes = new long[count];
        fixed (T* pa = a.storage.Span<T>(a.layout.Offset, a.layout.Count), pw = w.storage.Span<T>(0, w.layout.Count))
        fixed (T* pv = v is null ? default : v.storage.Span<T>(0, v.layout.Count))
        {
            Rows.Each(count, 8.0 * n * n * n, new Job<T>(pa, pw, pv, n, upper, codes));
        }
        long failed = Array.FindIndex(codes, static c => c != 0);
        return (failed, failed < 0 ? 0 : codes[failed]);
    }

    private readonly struct Job<T>(T* a, T* w, T* v, long n, bool upper, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            bool vectors = v != null;
            // The matrix, the reflectors, and six vectors; the matrix's room later holds the tridiagonal matrix's eigenvectors.
            T[] memory = GC.AllocateUninitializedArray<T>(checked((int)((vectors ? 2 : 1) * n * n + 6 * n)));
            int[] order = new int[n];
            fixed (T* scratch = memory)
            {
                for (long i = from; i < to; i++)
                    codes[i] = One(a + i * n * n, w + i * n, vectors ? v + i * n * n : null, n, upper, scratch, order);
            }
        }
    }

    private static long One<T>(T* a, T* w, T* v, long n, bool upper, T* scratch, int[] order) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* x = scratch, d = x + n * n, e = d + n, tau = e + n, work = tau + n, reflectors = v == null ? null : work + 3 * n;
        T largest = Symmetrise(a, x, n, upper);
        if (!T.IsFinite(largest)) return Math.Max(1, n - 1);
        T scale = Strips.Scaling(largest);
        if (scale != T.One) Strips.Scale(scale, x, n * n);
        Tridiagonalise(x, d, e, tau, work, reflectors, n);
        if (v != null) Strips.Identity(x, n);
        long code = Iterate(d, e, v == null ? null : x, n);
        if (code != 0) return code;
        for (int i = 0; i < n; i++) order[i] = i;
        new Span<T>(d, (int)n).Sort(order.AsSpan());
        for (long i = 0; i < n; i++) w[i] = d[i] / scale;
        if (v == null) return 0;
        for (long j = 0; j < n; j++)
        {
            T* row = x + order[j] * n;
            for (long i = 0; i < n; i++) v[i * n + j] = row[i];
        }
        Reflectors.Apply(reflectors, tau, n - 1, n, 1, v, n);
        return 0;
    }

    /// <summary>Copies one triangle into both; the largest element of it.</summary>
    private static T Symmetrise<T>(T* a, T* x, long n, bool upper) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T largest = T.Zero;
        for (long i = 0; i < n; i++)
        {
            for (long j = 0; j <= i; j++)
            {
                T value = upper ? a[j * n + i] : a[i * n + j];
                x[i * n + j] = x[j * n + i] = value;
                largest = T.Max(largest, T.Abs(value));
            }
        }
        return largest;
    }

    /// <summary>
    /// A = Q (tridiagonal) Qᵀ. A step's change of the remaining matrix, A - v wᵀ - w vᵀ, is made together with the next step's product of
    /// that matrix and a vector, so that each step goes through the memory once.
    /// </summary>
    private static void Tridiagonalise<T>(T* a, T* d, T* e, T* tau, T* work, T* reflectors, long n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* v = work, w = work + n, own = work + 2 * n;
        new Span<T>(work, (int)(3 * n)).Clear();
        for (long k = 0; k < n - 1; k++)
        {
            // Row k is up to date but for the last step's change.
            T* row = a + k * n;
            for (long j = k; j < n; j++) row[j] -= v[k] * w[j] + w[k] * v[j];
            d[k] = row[k];
            (tau[k], e[k]) = Strips.Reflector(row + k + 1, n - k - 1);
            T* u = row + k + 1;
            if (reflectors != null)
            {
                new Span<T>(reflectors + k * n, (int)(k + 1)).Clear();
                new Span<T>(u, (int)(n - k - 1)).CopyTo(new Span<T>(reflectors + k * n + k + 1, (int)(n - k - 1)));
            }
            long length = n - k - 1;
            Parallel.For(length, Math.Max(1, 65536 / length), new Step<T>(a, n, k, v, w, u, own));
            T half = tau[k] * tau[k] * Rows.Dot(own + k + 1, u, length) / T.CreateTruncating(2);
            for (long j = k + 1; j < n; j++)
            {
                v[j] = row[j];
                w[j] = tau[k] * own[j] - half * row[j];
            }
        }
        long last = n - 1;
        d[last] = a[last * n + last] - (v[last] * w[last] + w[last] * v[last]);
        e[last] = T.Zero;
    }

    /// <summary>Rows of A -= v wᵀ + w vᵀ; p = A u.</summary>
    private readonly struct Step<T>(T* a, long n, long k, T* v, T* w, T* u, T* p) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            for (long i = k + 1 + from; i < k + 1 + to; i++)
                p[i] = Strips.SubtractDot(v[i], w + k + 1, w[i], v + k + 1, a + i * n + k + 1, u, n - k - 1);
        }
    }

    /// <summary>The eigenvalues of a tridiagonal matrix in d; the rotations of rows go into z. 0, or how many did not converge.</summary>
    internal static long Iterate<T>(T* d, T* e, T* z, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T two = T.CreateTruncating(2);
        for (long l = 0; l < n; l++)
        {
            for (int iteration = 0; ; iteration++)
            {
                long m = l;
                while (m < n - 1 && T.Abs(e[m]) > Ulp<T>() * (T.Abs(d[m]) + T.Abs(d[m + 1]))) m++;
                if (m == l) break;
                if (iteration == MostIterations) return n - l;
                T g = (d[l + 1] - d[l]) / (two * e[l]), r = Strips.Length(g, T.One);
                g = d[m] - d[l] + e[l] / (g + T.CopySign(r, g));
                (T s, T c, T p) = (T.One, T.One, T.Zero);
                long i = m - 1;
                for (; i >= l; i--)
                {
                    T f = s * e[i], b = c * e[i];
                    r = Strips.Length(f, g);
                    e[i + 1] = r;
                    if (r == T.Zero)
                    {
                        d[i + 1] -= p;
                        e[m] = T.Zero;
                        break;
                    }
                    (s, c) = (f / r, g / r);
                    g = d[i + 1] - p;
                    r = (d[i] - g) * s + two * c * b;
                    p = s * r;
                    d[i + 1] = g + p;
                    g = c * r - b;
                    if (z != null) Strips.Rotate(z + i * n, z + (i + 1) * n, c, -s, n);
                }
                if (r == T.Zero && i >= l) continue;
                d[l] -= p;
                e[l] = g;
                e[m] = T.Zero;
            }
        }
        return 0;
    }

    /// <summary>Half the distance from 1 to the next number.</summary>
    internal static T Ulp<T>() where T : unmanaged, IFloatingPointIeee754<T> =>
        T.CreateTruncating(sizeof(T) == 4 ? 5.9604644775390625e-8 : 1.1102230246251565e-16);
}
