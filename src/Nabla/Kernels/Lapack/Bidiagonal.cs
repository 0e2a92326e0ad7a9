using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Singular values of upper bidiagonal matrices, all to high relative accuracy: the QR iteration with implicit shift, and without shift
/// where a shift would cost digits. J. Demmel and W. Kahan, "Accurate singular values of bidiagonal matrices", SIAM J. Sci. Stat.
/// Comput. 11(5), 1990; the order of work follows LAPACK's bdsqr.
/// </summary>
internal static unsafe class Bidiagonal
{
    private const int MostSweeps = 6;

    /// <summary>Diagonalises; rotations go into the rows of ut and vt, which may be null. Values in d have any sign and order.</summary>
    /// <returns>0, or the number of elements beside the diagonal that did not converge.</returns>
    internal static long Iterate<T>(T* d, T* e, T* ut, T* vt, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n < 2) return 0;
        return new Sweeper<T>(d, e, ut, vt, n).Run();
    }

    private struct Sweeper<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly T* d, e, ut, vt;
        private readonly long n;
        private readonly T eps, tolerance, threshold;

        internal Sweeper(T* d, T* e, T* ut, T* vt, long n)
        {
            this.d = d;
            this.e = e;
            this.ut = ut;
            this.vt = vt;
            this.n = n;
            eps = Eigh.Ulp<T>();
            tolerance = eps * T.CreateTruncating(Math.Clamp(Math.Pow(double.CreateTruncating(eps), -0.125), 10, 100));
            T least = T.Abs(d[0]), mu = least;
            for (long i = 1; i < n && least != T.Zero; i++)
            {
                mu = T.Abs(d[i]) * (mu / (mu + T.Abs(e[i - 1])));
                least = T.Min(least, mu);
            }
            T tiny = T.CreateTruncating(sizeof(T) == 4 ? 1.1754943508222875e-38 : 2.2250738585072014e-308);
            T floor = T.CreateTruncating(MostSweeps) * T.CreateTruncating(n) * (T.CreateTruncating(n) * tiny);
            threshold = T.Max(tolerance * (least / T.Sqrt(T.CreateTruncating(n))), floor);
        }

        internal long Run()
        {
            long most = Math.Max(MostSweeps * n * n, 60), done = 0, m = n - 1, oldFirst = -1, oldLast = -1;
            bool down = true;
            while (m > 0)
            {
                if (done > most) return Remaining();
                long first = FindBlock(m, out T largest);
                if (first == m)
                {
                    m--;
                    continue;
                }
                if (first == m - 1)
                {
                    Two(first);
                    m -= 2;
                    continue;
                }
                if (first > oldLast || m < oldFirst) down = T.Abs(d[first]) >= T.Abs(d[m]);
                if (down ? ConvergedDown(first, m, out T least) : ConvergedUp(first, m, out least)) continue;
                (oldFirst, oldLast) = (first, m);
                T shift = Shift(first, m, down, least, largest);
                done += m - first;
                if (shift == T.Zero && down) ZeroDown(first, m);
                else if (shift == T.Zero) ZeroUp(first, m);
                else if (down) ShiftedDown(first, m, shift);
                else ShiftedUp(first, m, shift);
                long edge = down ? m - 1 : first;
                if (T.Abs(e[edge]) <= threshold) e[edge] = T.Zero;
            }
            return 0;
        }

        private readonly long Remaining()
        {
            long count = 0;
            for (long i = 0; i < n - 1; i++)
                if (e[i] != T.Zero) count++;
            return Math.Max(1, count);
        }

        /// <summary>Where the block that ends at m begins; its largest element.</summary>
        private readonly long FindBlock(long m, out T largest)
        {
            largest = T.Abs(d[m]);
            for (long i = m - 1; i >= 0; i--)
            {
                T off = T.Abs(e[i]);
                if (off <= threshold)
                {
                    e[i] = T.Zero;
                    return i + 1;
                }
                largest = T.Max(largest, T.Max(T.Abs(d[i]), off));
            }
            return 0;
        }

        private readonly bool ConvergedDown(long first, long m, out T least)
        {
            least = T.Zero;
            if (T.Abs(e[m - 1]) <= tolerance * T.Abs(d[m]))
            {
                e[m - 1] = T.Zero;
                return true;
            }
            T mu = least = T.Abs(d[first]);
            for (long i = first; i < m; i++)
            {
                if (T.Abs(e[i]) <= tolerance * mu)
                {
                    e[i] = T.Zero;
                    return true;
                }
                mu = T.Abs(d[i + 1]) * (mu / (mu + T.Abs(e[i])));
                least = T.Min(least, mu);
            }
            return false;
        }

        private readonly bool ConvergedUp(long first, long m, out T least)
        {
            least = T.Zero;
            if (T.Abs(e[first]) <= tolerance * T.Abs(d[first]))
            {
                e[first] = T.Zero;
                return true;
            }
            T mu = least = T.Abs(d[m]);
            for (long i = m - 1; i >= first; i--)
            {
                if (T.Abs(e[i]) <= tolerance * mu)
                {
                    e[i] = T.Zero;
                    return true;
                }
                mu = T.Abs(d[i]) * (mu / (mu + T.Abs(e[i])));
                least = T.Min(least, mu);
            }
            return false;
        }

        private readonly T Shift(long first, long m, bool down, T least, T largest)
        {
            if (T.CreateTruncating(n) * tolerance * (least / largest) <= T.Max(eps, T.CreateTruncating(0.01) * tolerance)) return T.Zero;
            T start = T.Abs(down ? d[first] : d[m]);
            T shift = down ? Smaller(d[m - 1], e[m - 1], d[m]) : Smaller(d[first], e[first], d[first + 1]);
            if (start > T.Zero && shift / start * (shift / start) < eps) return T.Zero;
            return shift;
        }

        private readonly void ZeroDown(long first, long m)
        {
            (T c, T oldC, T oldS, T s) = (T.One, T.One, T.Zero, T.Zero);
            for (long i = first; i < m; i++)
            {
                (c, s, T r) = Strips.Givens(d[i] * c, e[i]);
                if (i > first) e[i - 1] = oldS * r;
                (oldC, oldS, d[i]) = Strips.Givens(oldC * r, d[i + 1] * s);
                Rotate(i, c, s, oldC, oldS);
            }
            T h = d[m] * c;
            d[m] = h * oldC;
            e[m - 1] = h * oldS;
        }

        private readonly void ZeroUp(long first, long m)
        {
            (T c, T oldC, T oldS, T s) = (T.One, T.One, T.Zero, T.Zero);
            for (long i = m; i > first; i--)
            {
                (c, s, T r) = Strips.Givens(d[i] * c, e[i - 1]);
                if (i < m) e[i] = oldS * r;
                (oldC, oldS, d[i]) = Strips.Givens(oldC * r, d[i - 1] * s);
                Rotate(i - 1, oldC, -oldS, c, -s);
            }
            T h = d[first] * c;
            d[first] = h * oldC;
            e[first] = h * oldS;
        }

        private readonly void ShiftedDown(long first, long m, T shift)
        {
            T f = (T.Abs(d[first]) - shift) * (T.CopySign(T.One, d[first]) + shift / d[first]), g = e[first];
            for (long i = first; i < m; i++)
            {
                (T cr, T sr, T r) = Strips.Givens(f, g);
                if (i > first) e[i - 1] = r;
                f = cr * d[i] + sr * e[i];
                e[i] = cr * e[i] - sr * d[i];
                g = sr * d[i + 1];
                d[i + 1] = cr * d[i + 1];
                (T cl, T sl, d[i]) = Strips.Givens(f, g);
                f = cl * e[i] + sl * d[i + 1];
                d[i + 1] = cl * d[i + 1] - sl * e[i];
                if (i < m - 1)
                {
                    g = sl * e[i + 1];
                    e[i + 1] = cl * e[i + 1];
                }
                Rotate(i, cr, sr, cl, sl);
            }
            e[m - 1] = f;
        }

        private readonly void ShiftedUp(long first, long m, T shift)
        {
            T f = (T.Abs(d[m]) - shift) * (T.CopySign(T.One, d[m]) + shift / d[m]), g = e[m - 1];
            for (long i = m; i > first; i--)
            {
                (T cr, T sr, T r) = Strips.Givens(f, g);
                if (i < m) e[i] = r;
                f = cr * d[i] + sr * e[i - 1];
                e[i - 1] = cr * e[i - 1] - sr * d[i];
                g = sr * d[i - 1];
                d[i - 1] = cr * d[i - 1];
                (T cl, T sl, d[i]) = Strips.Givens(f, g);
                f = cl * e[i - 1] + sl * d[i - 1];
                d[i - 1] = cl * d[i - 1] - sl * e[i - 1];
                if (i > first + 1)
                {
                    g = sl * e[i - 2];
                    e[i - 2] = cl * e[i - 2];
                }
                Rotate(i - 1, cl, -sl, cr, -sr);
            }
            e[first] = f;
        }

        /// <summary>Rows i and i + 1: of vt by the first pair, of ut by the second.</summary>
        private readonly void Rotate(long i, T cv, T sv, T cu, T su)
        {
            if (ut == null) return;
            Strips.Rotate(vt + i * n, vt + (i + 1) * n, cv, sv, n);
            Strips.Rotate(ut + i * n, ut + (i + 1) * n, cu, su, n);
        }

        /// <summary>Diagonalises the block of rows i and i + 1.</summary>
        private readonly void Two(long i)
        {
            (T least, T largest, T sr, T cr, T sl, T cl) = Decompose(d[i], e[i], d[i + 1]);
            (d[i], e[i], d[i + 1]) = (largest, T.Zero, least);
            Rotate(i, cr, sr, cl, sl);
        }

        /// <summary>The smaller singular value of [f g; 0 h]; LAPACK's las2.</summary>
        private static T Smaller(T f, T g, T h)
        {
            T fa = T.Abs(f), ga = T.Abs(g), ha = T.Abs(h), low = T.Min(fa, ha), high = T.Max(fa, ha), two = T.One + T.One;
            if (low == T.Zero) return T.Zero;
            T sum = T.One + low / high, difference = (high - low) / high;
            if (ga < high)
            {
                T square = ga / high * (ga / high);
                return low * (two / (T.Sqrt(sum * sum + square) + T.Sqrt(difference * difference + square)));
            }
            T ratio = high / ga;
            if (ratio == T.Zero) return low * high / ga;
            (sum, difference) = (sum * ratio, difference * ratio);
            return two * (low * (T.One / (T.Sqrt(T.One + sum * sum) + T.Sqrt(T.One + difference * difference))) * ratio);
        }

        /// <summary>[cl sl; -sl cl] [f g; 0 h] [cr -sr; sr cr] = diag(largest, least); LAPACK's lasv2.</summary>
        private readonly (T Least, T Largest, T SinR, T CosR, T SinL, T CosL) Decompose(T f, T g, T h)
        {
            bool swap = T.Abs(h) > T.Abs(f);
            (T ft, T ht) = swap ? (h, f) : (f, h);
            T fa = T.Abs(ft), ha = T.Abs(ht), ga = T.Abs(g), two = T.One + T.One;
            T least = ha, largest = fa, cl = T.One, cr = T.One, sl = T.Zero, sr = T.Zero;
            bool outer = ga > fa;
            if (outer && fa / ga < eps)
            {
                largest = ga;
                least = ha > T.One ? fa / (ga / ha) : fa / ga * ha;
                (cl, sl, sr, cr) = (T.One, ht / g, T.One, ft / g);
            }
            else if (ga != T.Zero)
            {
                T delta = fa - ha, l = delta == fa ? T.One : delta / fa, m = g / ft, t = two - l, mm = m * m;
                T s = T.Sqrt(t * t + mm), r = l == T.Zero ? T.Abs(m) : T.Sqrt(l * l + mm), a = (s + r) / two;
                (least, largest) = (ha / a, fa * a);
                if (mm != T.Zero) t = (m / (s + t) + m / (r + l)) * (T.One + a);
                else t = l == T.Zero ? T.CopySign(two, ft) * T.CopySign(T.One, g) : g / T.CopySign(delta, ft) + m / t;
                l = T.Sqrt(t * t + two * two);
                (cr, sr) = (two / l, t / l);
                (cl, sl) = ((cr + sr * m) / a, ht / ft * sr / a);
            }
            if (swap) (cl, sl, cr, sr) = (sr, cr, sl, cl);
            T sign = outer ? T.CopySign(T.One, sr) * T.CopySign(T.One, cl) * T.CopySign(T.One, g)
                : swap ? T.CopySign(T.One, sr) * T.CopySign(T.One, sl) * T.CopySign(T.One, h)
                : T.CopySign(T.One, cr) * T.CopySign(T.One, cl) * T.CopySign(T.One, f);
            return (T.CopySign(least, sign * T.CopySign(T.One, f) * T.CopySign(T.One, h)), T.CopySign(largest, sign), sr, cr, sl, cl);
        }
    }
}
