using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Eigenvalues and eigenvectors of general complex matrices: Hessenberg form by unitary reflectors, the QR iteration with Wilkinson's
/// shift, and substitution in the triangle. J. Wilkinson, The Algebraic Eigenvalue Problem, 1965, chapter 8.
/// </summary>
internal static unsafe class ComplexEig
{
    private const int MostIterations = 60, Exceptional = 10;

    internal static (long Failed, long Code) Run<T>(Tensor a, Tensor[] parts) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = a.layout.shape[^1];
        long[] codes = new long[Rows.Matrices(a)];
        fixed (Complex<T>* pa = a.storage.Span<Complex<T>>(a.layout.Offset, a.layout.Count))
        fixed (T* wr = parts[0].storage.Span<T>(0, parts[0].layout.Count), wi = parts[1].storage.Span<T>(0, parts[1].layout.Count))
        fixed (T* vr = parts.Length < 4 ? default : parts[2].storage.Span<T>(0, a.layout.Count))
        fixed (T* vi = parts.Length < 4 ? default : parts[3].storage.Span<T>(0, a.layout.Count))
        {
            Rows.Each(codes.Length, 100.0 * n * n * n, new Job<T>(pa, wr, wi, vr, vi, n, codes));
        }
        long failed = Array.FindIndex(codes, static c => c != 0);
        return (failed, failed < 0 ? 0 : codes[failed]);
    }

    private readonly struct Job<T>(Complex<T>* a, T* wr, T* wi, T* vr, T* vi, long n, long[] codes) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            Complex<T>[] memory = new Complex<T>[checked((int)(3 * n * n + 4 * n))];
            fixed (Complex<T>* scratch = memory)
            {
                for (long i = from; i < to; i++)
                {
                    long at = i * n * n;
                    codes[i] = One(a + at, wr + i * n, wi + i * n, vr == null ? null : vr + at, vi == null ? null : vi + at, scratch);
                }
            }
        }

        private long One(Complex<T>* matrix, T* real, T* imaginary, T* left, T* right, Complex<T>* scratch)
        {
            Complex<T>* h = scratch, z = h + n * n, reflectors = z + n * n, tau = reflectors + n * n, work = tau + n, x = work + 2 * n;
            new Span<Complex<T>>(matrix, (int)(n * n)).CopyTo(new Span<Complex<T>>(h, (int)(n * n)));
            T largest = Strips.Largest((T*)h, 2 * n * n);
            if (!T.IsFinite(largest)) return -4;
            T factor = Strips.Scaling(largest);
            if (factor != T.One) Strips.Scale(factor, (T*)h, 2 * n * n);
            Unitary.Reduce(h, n, reflectors, tau, work);
            new Span<Complex<T>>(z, (int)(n * n)).Clear();
            for (long i = 0; i < n; i++) z[i * n + i] = new(T.One, T.Zero);
            Unitary.Apply(reflectors, tau, n - 1, n, 1, z, n, work);
            long code = Iterate(h, z, work);
            if (code != 0) return code;
            for (long j = 0; j < n; j++)
            {
                Complex<T> value = h[j * n + j];
                (real[j], imaginary[j]) = (value.Re / factor, value.Im / factor);
                if (left == null) continue;
                Triangle(h, j, x);
                Column(z, x, j, work, left, right);
            }
            return 0;
        }

        /// <summary>H becomes triangular; Z takes the rotations.</summary>
        private long Iterate(Complex<T>* h, Complex<T>* z, Complex<T>* turns)
        {
            T ulp = Eigh.Ulp<T>();
            for (long i = n - 1; i > 0;)
            {
                long l = i;
                for (int iteration = 1; ; iteration++)
                {
                    for (l = i; l > 0; l--)
                    {
                        if (h[l * n + l - 1].Size > ulp * (h[l * n + l].Size + h[(l - 1) * n + l - 1].Size)) continue;
                        h[l * n + l - 1] = default;
                        break;
                    }
                    if (l == i) break;
                    if (iteration > MostIterations) return i + 1;
                    Step(h, z, l, i, Shift(h, i, iteration), turns);
                }
                i = l - 1;
            }
            return 0;
        }

        /// <summary>The eigenvalue of the last 2 by 2 block next to its last element; now and then another number.</summary>
        private Complex<T> Shift(Complex<T>* h, long i, int iteration)
        {
            Complex<T> b = h[(i - 1) * n + i], c = h[i * n + i - 1], d = h[i * n + i];
            if (iteration % Exceptional == 0) return d + new Complex<T>(c.Size, T.Zero);
            Complex<T> half = T.CreateTruncating(0.5) * (h[(i - 1) * n + i - 1] - d), root = (half * half + b * c).Root();
            Complex<T> plus = half + root, minus = half - root, denominator = plus.Square >= minus.Square ? plus : minus;
            return denominator == default ? d : d - b * c / denominator;
        }

        private void Step(Complex<T>* h, Complex<T>* z, long l, long i, Complex<T> shift, Complex<T>* turns)
        {
            for (long k = l; k <= i; k++) h[k * n + k] -= shift;
            for (long k = l; k < i; k++)
            {
                Complex<T>* up = h + k * n, down = up + n;
                T length = Strips.Length(Strips.Length(up[k].Re, up[k].Im), Strips.Length(down[k].Re, down[k].Im));
                Complex<T> c = new(T.One, T.Zero), s = default;
                if (length != T.Zero) (c, s) = (new(up[k].Re / length, up[k].Im / length), new(down[k].Re / length, down[k].Im / length));
                (turns[2 * (k - l)], turns[2 * (k - l) + 1]) = (c, s);
                for (long j = k; j < n; j++)
                {
                    Complex<T> p = up[j], q = down[j];
                    (up[j], down[j]) = (c.Conj * p + s.Conj * q, c * q - s * p);
                }
                down[k] = default;
            }
            for (long k = l; k < i; k++)
            {
                (Complex<T> c, Complex<T> s) = (turns[2 * (k - l)], turns[2 * (k - l) + 1]);
                for (long r = 0; r <= k + 1; r++) Turn(h + r * n + k, c, s);
                for (long r = 0; r < n; r++) Turn(z + r * n + k, c, s);
            }
            for (long k = l; k <= i; k++) h[k * n + k] += shift;
        }

        private static void Turn(Complex<T>* x, Complex<T> c, Complex<T> s)
        {
            Complex<T> p = x[0], q = x[1];
            (x[0], x[1]) = (p * c + q * s, q * c.Conj - p * s.Conj);
        }

        /// <summary>The triangle's eigenvector j.</summary>
        private void Triangle(Complex<T>* h, long j, Complex<T>* x)
        {
            Complex<T> value = h[j * n + j];
            T small = T.Max(Eigh.Ulp<T>() * value.Size, T.CreateTruncating(sizeof(T) == 4 ? 1e-30 : 1e-290));
            T most = T.CreateTruncating(sizeof(T) == 4 ? 1e15 : 1e100);
            x[j] = new(T.One, T.Zero);
            for (long i = j - 1; i >= 0; i--)
            {
                Complex<T> sum = default, d = h[i * n + i] - value;
                for (long k = i + 1; k <= j; k++) sum -= h[i * n + k] * x[k];
                if (d.Size < small) d = new(small, T.Zero);
                x[i] = sum / d;
                if (x[i].Size > most) Strips.Scale(T.One / x[i].Size, (T*)(x + i), 2 * (j - i + 1));
            }
        }

        /// <summary>Z x as column j, of norm 1 with its largest element real.</summary>
        private void Column(Complex<T>* z, Complex<T>* x, long j, Complex<T>* y, T* real, T* imaginary)
        {
            for (long i = 0; i < n; i++)
            {
                y[i] = default;
                for (long k = 0; k <= j; k++) y[i] += z[i * n + k] * x[k];
            }
            Strips.Scale(T.One / Strips.Largest((T*)y, 2 * n), (T*)y, 2 * n);
            long most = 0;
            T norm = T.Zero;
            for (long i = 0; i < n; i++)
            {
                norm += y[i].Square;
                if (y[i].Square > y[most].Square) most = i;
            }
            Complex<T> turn = T.One / (T.Sqrt(norm) * T.Sqrt(y[most].Square)) * y[most].Conj;
            for (long i = 0; i < n; i++)
            {
                Complex<T> value = y[i] * turn;
                (real[i * n + j], imaginary[i * n + j]) = (value.Re, i == most ? T.Zero : value.Im);
            }
        }
    }
}
