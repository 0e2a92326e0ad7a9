using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Eigenvalues and eigenvectors of general matrices: balancing, Hessenberg form, real Schur form, and substitution in the triangle,
/// as in LAPACK's geev. G. Golub and C. Van Loan, Matrix Computations, 7.6.
/// </summary>
internal static unsafe class Eig
{
    /// <summary>
    /// Real and imaginary parts of the eigenvalues and, if asked for, of the eigenvectors of norm 1 as columns; the largest element of a
    /// complex one is real.
    /// </summary>
    /// <returns>Them, and the first matrix of the batch that failed with its error code, or -1.</returns>
    internal static (Tensor[] Parts, long Failed, long Code) Run(Tensor a, bool vectors)
    {
        a = Copy.Contiguous(a);
        DType type = a.dtype.Part();
        Layout values = new(a.layout.shape[..^1]);
        Tensor[] parts = vectors
            ? [Tensor.Allocate(values, type), Tensor.Allocate(values, type), Tensor.Allocate(new Layout(a.layout.shape), type),
                Tensor.Allocate(new Layout(a.layout.shape), type)]
            : [Tensor.Allocate(values, type), Tensor.Allocate(values, type)];
        if (a.layout.Count == 0) return (parts, -1, 0);
        (long failed, long code) = a.dtype switch
        {
            DType.Float32 => Run<float>(a, parts),
            DType.Float64 => Run<double>(a, parts),
            DType.Complex64 => ComplexEig.Run<float>(a, parts),
            _ => ComplexEig.Run<double>(a, parts),
        };
        return (parts, failed, code);
    }

    private static (long Failed, long Code) Run<T>(Tensor a, Tensor[] parts) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = a.layout.shape[^1];
        long[] codes = new long[a.layout.Count / (n * n)];
        fixed (T* pa = a.storage.Span<T>(a.layout.Offset, a.layout.Count))
        fixed (T* wr = parts[0].storage.Span<T>(0, parts[0].layout.Count), wi = parts[1].storage.Span<T>(0, parts[1].layout.Count))
        fixed (T* vr = parts.Length < 4 ? default : parts[2].storage.Span<T>(0, a.layout.Count))
        fixed (T* vi = parts.Length < 4 ? default : parts[3].storage.Span<T>(0, a.layout.Count))
        {
            Rows.Each(codes.Length, 25.0 * n * n * n, new Job<T>(pa, wr, wi, vr, vi, n, codes));
        }
        long failed = Array.FindIndex(codes, static c => c != 0);
        return (failed, failed < 0 ? 0 : codes[failed]);
    }

    private readonly struct Job<T>(T* a, T* wr, T* wi, T* vr, T* vi, long n, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            T[] memory = GC.AllocateUninitializedArray<T>(checked((int)(3 * n * n + 5 * n)));
            long[] exchanged = new long[n];
            fixed (T* scratch = memory)
            fixed (long* places = exchanged)
            {
                for (long i = from; i < to; i++)
                {
                    long at = i * n * n;
                    T* left = vr == null ? null : vr + at, right = vi == null ? null : vi + at;
                    codes[i] = One(a + at, wr + i * n, wi + i * n, left, right, scratch, places);
                }
            }
        }

        private long One(T* matrix, T* real, T* imaginary, T* left, T* right, T* scratch, long* exchanged)
        {
            long size = n * n;
            T* h = scratch, zt = h + size, other = zt + size;
            T* tau = other + size, work = tau + n, scale = work + n, x = scale + n, y = x + n;
            new Span<T>(matrix, (int)size).CopyTo(new Span<T>(h, (int)size));
            T largest = Strips.Largest(h, size);
            if (!T.IsFinite(largest)) return -4;
            T factor = Strips.Scaling(largest);
            if (factor != T.One) Strips.Scale(factor, h, size);
            (long low, long high) = Hessenberg.Balance(h, n, scale, exchanged);
            Hessenberg.Reduce(h, n, other, tau, work);
            if (left != null)
            {
                Strips.Identity(left, n);
                Reflectors.Apply(other, tau, n - 1, n, 1, left, n);
                Strips.Transpose(left, n, n, zt, n);
            }
            long code = Schur.Iterate(h, n, real, imaginary, left == null ? null : zt);
            if (code != 0) return code;
            if (left != null)
            {
                // Row j of the right factor is the triangle's vector j, or a pair's real and imaginary part.
                for (long j = n - 1; j >= 0; j--)
                {
                    new Span<T>(x, (int)n).Clear();
                    if (imaginary[j] == T.Zero)
                    {
                        Triangle(h, real[j], T.Zero, j, x, null);
                        new Span<T>(x, (int)n).CopyTo(new Span<T>(other + j * n, (int)n));
                        continue;
                    }
                    new Span<T>(y, (int)n).Clear();
                    Triangle(h, real[j], imaginary[j - 1], j, x, y);
                    new Span<T>(x, (int)n).CopyTo(new Span<T>(other + (j - 1) * n, (int)n));
                    new Span<T>(y, (int)n).CopyTo(new Span<T>(other + j * n, (int)n));
                    j--;
                }
                // Vectors as rows: (Z X)ᵀ = Xᵀ Zᵀ.
                Gemm.Run(n, n, n, new ReadOnlySpan<T>(other, (int)size), n, 1, new ReadOnlySpan<T>(zt, (int)size), n, 1,
                    new Span<T>(h, (int)size), n, 1, false);
                for (long j = 0; j < n; j++) Unbalance(h + j * n, scale, exchanged, low, high);
                Normalise(h, imaginary, left, right);
            }
            for (long j = 0; j < n; j++) (real[j], imaginary[j]) = (real[j] / factor, imaginary[j] / factor);
            return 0;
        }

        /// <summary>The quasi-triangle's eigenvector for λ = real + i·imaginary, whose block ends at j; y is null if λ is real.</summary>
        private void Triangle(T* h, T real, T imaginary, long j, T* x, T* y)
        {
            T ulp = Eigh.Ulp<T>() * (T.One + T.One), tiny = T.CreateTruncating(sizeof(T) == 4 ? 1e-30 : 1e-290);
            T small = T.Max(ulp * (T.Abs(real) + T.Abs(imaginary)), tiny);
            long i = j - 1;
            if (y == null) x[j] = T.One;
            else
            {
                T above = h[(j - 1) * n + j], below = h[j * n + j - 1];
                if (T.Abs(above) >= T.Abs(below)) (x[j - 1], y[j]) = (T.One, imaginary / above);
                else (x[j - 1], y[j]) = (-imaginary / below, T.One);
                i--;
            }
            for (; i >= 0; i--)
            {
                long first = i > 0 && h[i * n + i - 1] != T.Zero ? i - 1 : i, rest = j - i;
                T* row = h + i * n;
                Complex<T> b = new(-Rows.Dot(row + i + 1, x + i + 1, rest), y == null ? T.Zero : -Rows.Dot(row + i + 1, y + i + 1, rest));
                Complex<T> d = Floored(new(row[i] - real, -imaginary), small), result;
                if (first == i) result = b / d;
                else
                {
                    T* up = row - n;
                    Complex<T> e = new(-Rows.Dot(up + i + 1, x + i + 1, rest), y == null ? T.Zero : -Rows.Dot(up + i + 1, y + i + 1, rest));
                    Complex<T> c = new(up[i - 1] - real, -imaginary), other;
                    // [c up; row d] [other; result] = [e; b], by the larger pivot of the first column.
                    T p = up[i], q = row[i - 1];
                    if (T.Abs(q) > c.Size)
                    {
                        Complex<T> m = c / new Complex<T>(q, T.Zero);
                        result = (e - m * b) / Floored(new Complex<T>(p, T.Zero) - m * d, small);
                        other = (b - d * result) / new Complex<T>(q, T.Zero);
                    }
                    else
                    {
                        c = Floored(c, small);
                        Complex<T> m = new Complex<T>(q, T.Zero) / c;
                        result = (b - m * e) / Floored(d - m * new Complex<T>(p, T.Zero), small);
                        other = (e - new Complex<T>(p, T.Zero) * result) / c;
                    }
                    x[i - 1] = other.Re;
                    if (y != null) y[i - 1] = other.Im;
                }
                x[i] = result.Re;
                if (y != null) y[i] = result.Im;
                i = first;
                Shrink(x, y, i, j);
            }
        }

        /// <summary>Makes a vector smaller before it overflows.</summary>
        private static void Shrink(T* x, T* y, long i, long j)
        {
            T size = T.Abs(x[i]) + (y == null ? T.Zero : T.Abs(y[i])), most = T.CreateTruncating(sizeof(T) == 4 ? 1e15 : 1e100);
            if (size <= most) return;
            Strips.Scale(T.One / size, x + i, j - i + 1);
            if (y != null) Strips.Scale(T.One / size, y + i, j - i + 1);
        }

        private static Complex<T> Floored(Complex<T> d, T small) => d.Size < small ? new(small, T.Zero) : d;

        private void Unbalance(T* x, T* scale, long* exchanged, long low, long high)
        {
            for (long i = low; i <= high; i++) x[i] *= scale[i];
            for (long i = low - 1; i >= 0; i--) (x[i], x[exchanged[i]]) = (x[exchanged[i]], x[i]);
            for (long i = high + 1; i < n; i++) (x[i], x[exchanged[i]]) = (x[exchanged[i]], x[i]);
        }

        /// <summary>Rows become columns of norm 1; of a complex one, the element of the largest size becomes real.</summary>
        private void Normalise(T* rows, T* imaginary, T* real, T* imag)
        {
            for (long j = 0; j < n; j++)
            {
                T* x = rows + j * n, y = x + n;
                bool pair = imaginary[j] != T.Zero;
                T largest = Strips.Largest(x, pair ? 2 * n : n);
                T scale = T.One / largest;
                Strips.Scale(scale, x, pair ? 2 * n : n);
                scale = T.One / T.Sqrt(Rows.Dot(x, x, n) + (pair ? Rows.Dot(y, y, n) : T.Zero));
                Strips.Scale(scale, x, pair ? 2 * n : n);
                if (pair)
                {
                    long most = 0;
                    T size = -T.One;
                    for (long i = 0; i < n; i++)
                    {
                        T square = x[i] * x[i] + y[i] * y[i];
                        if (square > size) (most, size) = (i, square);
                    }
                    (T c, T s, _) = Strips.Givens(x[most], y[most]);
                    Strips.Rotate(x, y, c, s, n);
                    y[most] = T.Zero;
                }
                for (long i = 0; i < n; i++)
                {
                    real[i * n + j] = x[i];
                    imag[i * n + j] = pair ? y[i] : T.Zero;
                    if (pair) (real[i * n + j + 1], imag[i * n + j + 1]) = (x[i], -y[i]);
                }
                if (pair) j++;
            }
        }
    }
}
