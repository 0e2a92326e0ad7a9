using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// The real Schur form of a Hessenberg matrix by the QR iteration with double shift: J. Francis, "The QR transformation", The Computer
/// Journal 4, 1961. Deflation by M. Ahues and F. Tisseur (LAPACK Working Note 122); steps and shifts follow LAPACK's lahqr.
/// </summary>
internal static unsafe class Schur
{
    private const int Exceptional = 10;

    /// <summary>H becomes quasi-triangular, its 2 by 2 blocks with equal diagonals; the transformations go into the rows of zt, which
    /// may be null; then only eigenvalues are computed.</summary>
    /// <returns>0, or how many eigenvalues are missing.</returns>
    internal static long Iterate<T>(T* h, long n, T* wr, T* wi, T* zt) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T ulp = Eigh.Ulp<T>() * (T.One + T.One);
        T small = T.CreateTruncating(sizeof(T) == 4 ? 1.1754943508222875e-38 : 2.2250738585072014e-308) * (T.CreateTruncating(n) / ulp);
        long most = 30 * Math.Max(10, n);
        T* v = stackalloc T[3];
        for (long i = n - 1; i >= 0;)
        {
            long l = 0;
            bool converged = false;
            for (long iteration = 0, sinceDeflation = 1; iteration <= most; iteration++, sinceDeflation++)
            {
                l = Start(h, n, l, i, ulp, small);
                if (l > 0) h[l * n + l - 1] = T.Zero;
                if (converged = l >= i - 1) break;
                (long from, long to) = zt == null ? (l, i) : (0, n - 1);
                (T r1, T i1, T r2, T i2) = Shifts(h, n, l, i, sinceDeflation);
                long m = First(h, n, l, i, ulp, (r1, i1, r2, i2), v);
                for (long k = m; k < i; k++)
                {
                    int count = (int)Math.Min(3, i - k + 1);
                    if (k > m)
                        for (int j = 0; j < count; j++) v[j] = h[(k + j) * n + k - 1];
                    (T tau, T beta) = Strips.Reflector(v, count);
                    if (k > m)
                    {
                        h[k * n + k - 1] = beta;
                        for (int j = 1; j < count; j++) h[(k + j) * n + k - 1] = T.Zero;
                    }
                    else if (m > l) h[k * n + k - 1] *= T.One - tau;
                    Reflect(h + k * n + k, n, v, tau, count, to - k + 1);
                    for (long j = from; j <= Math.Min(k + 3, i); j++) ReflectRow(h + j * n + k, v, tau, count);
                    if (zt != null) Reflect(zt + k * n, n, v, tau, count, n);
                }
            }
            if (!converged) return i + 1;
            if (l == i) (wr[i], wi[i]) = (h[i * n + i], T.Zero);
            else Standardise(h, n, i, wr, wi, zt);
            i = l - 1;
        }
        return 0;
    }

    /// <summary>Where the block that ends at i begins: behind the last subdiagonal element that is negligible.</summary>
    private static long Start<T>(T* h, long n, long l, long i, T ulp, T small) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = i; k > l; k--)
        {
            T below = T.Abs(h[k * n + k - 1]);
            if (below <= small) return k;
            T here = h[k * n + k], before = h[(k - 1) * n + k - 1], test = T.Abs(before) + T.Abs(here);
            if (test == T.Zero)
            {
                if (k >= 2) test += T.Abs(h[(k - 1) * n + k - 2]);
                if (k + 1 < n) test += T.Abs(h[(k + 1) * n + k]);
            }
            if (below > ulp * test) continue;
            T above = T.Abs(h[(k - 1) * n + k]), gap = T.Abs(before - here);
            T ab = T.Max(below, above), ba = T.Min(below, above), aa = T.Max(T.Abs(here), gap), bb = T.Min(T.Abs(here), gap), s = aa + ab;
            if (ba * (ab / s) <= T.Max(small, ulp * (bb * (aa / s)))) return k;
        }
        return l;
    }

    /// <summary>The two shifts: the eigenvalues of the last 2 by 2 block, and now and then others, should the iteration stall.</summary>
    private static (T R1, T I1, T R2, T I2) Shifts<T>(T* h, long n, long l, long i, long since)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T h11 = h[(i - 1) * n + i - 1], h21 = h[i * n + i - 1], h12 = h[(i - 1) * n + i], h22 = h[i * n + i];
        if (since % Exceptional == 0)
        {
            bool last = since % (2 * Exceptional) == 0;
            long k = last ? i - 2 : l;
            T size = T.Abs(h[(k + 1) * n + k]) + T.Abs(h[(k + 2) * n + k + 1]);
            h11 = h22 = T.CreateTruncating(0.75) * size + (last ? h[i * n + i] : h[l * n + l]);
            (h12, h21) = (T.CreateTruncating(-0.4375) * size, size);
        }
        T s = T.Abs(h11) + T.Abs(h12) + T.Abs(h21) + T.Abs(h22);
        if (s == T.Zero) return default;
        (h11, h12, h21, h22) = (h11 / s, h12 / s, h21 / s, h22 / s);
        T middle = (h11 + h22) / (T.One + T.One), determinant = (h11 - middle) * (h22 - middle) - h12 * h21;
        T root = T.Sqrt(T.Abs(determinant));
        if (determinant >= T.Zero) return (middle * s, root * s, middle * s, -root * s);
        T first = middle + root, second = middle - root;
        T near = (T.Abs(first - h22) <= T.Abs(second - h22) ? first : second) * s;
        return (near, T.Zero, near, T.Zero);
    }

    /// <summary>The row where a step begins, and the first column of the shifted product there in v.</summary>
    private static long First<T>(T* h, long n, long l, long i, T ulp, (T R1, T I1, T R2, T I2) shift, T* v)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long m = i - 2; ; m--)
        {
            T a = h[m * n + m], b = h[m * n + m + 1], c = h[(m + 1) * n + m], d = h[(m + 1) * n + m + 1];
            T s = T.Abs(a - shift.R2) + T.Abs(shift.I2) + T.Abs(c), below = c / s;
            v[0] = below * b + (a - shift.R1) * ((a - shift.R2) / s) - shift.I1 * (shift.I2 / s);
            v[1] = below * (a + d - shift.R1 - shift.R2);
            v[2] = below * h[(m + 2) * n + m + 1];
            s = T.Abs(v[0]) + T.Abs(v[1]) + T.Abs(v[2]);
            for (int j = 0; j < 3; j++) v[j] /= s;
            if (m == l) return m;
            T size = T.Abs(h[(m - 1) * n + m - 1]) + T.Abs(a) + T.Abs(d);
            if (T.Abs(h[m * n + m - 1]) * (T.Abs(v[1]) + T.Abs(v[2])) <= ulp * T.Abs(v[0]) * size) return m;
        }
    }

    /// <summary>Two or three rows, reflected.</summary>
    private static void Reflect<T>(T* x, long stride, T* v, T tau, int count, long length) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* y = x + stride, z = count == 3 ? y + stride : y;
        T v1 = v[1], v2 = count == 3 ? v[2] : T.Zero, t1 = tau * v1, t2 = tau * v2;
        long i = 0;
        Vector<T> vectorTau = new(tau), a1 = new(v1), a2 = new(v2), b1 = new(t1), b2 = new(t2);
        for (; i + Vector<T>.Count <= length; i += Vector<T>.Count)
        {
            Vector<T> p = Vector.Load(x + i), q = Vector.Load(y + i), r = Vector.Load(z + i), sum = p + a1 * q + a2 * r;
            (p - vectorTau * sum).Store(x + i);
            if (count == 3) (r - b2 * sum).Store(z + i);
            (q - b1 * sum).Store(y + i);
        }
        for (; i < length; i++)
        {
            T sum = x[i] + v1 * y[i] + v2 * z[i];
            x[i] -= tau * sum;
            y[i] -= t1 * sum;
            if (count == 3) z[i] -= t2 * sum;
        }
    }

    private static void ReflectRow<T>(T* x, T* v, T tau, int count) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T sum = x[0] + v[1] * x[1];
        if (count == 3) sum += v[2] * x[2];
        sum *= tau;
        x[0] -= sum;
        x[1] -= v[1] * sum;
        if (count == 3) x[2] -= v[2] * sum;
    }

    /// <summary>Rotates the block of rows i - 1 and i to standard form, and the rest of these rows and columns.</summary>
    private static void Standardise<T>(T* h, long n, long i, T* wr, T* wi, T* zt) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* x = h + (i - 1) * n, y = h + i * n;
        (T cos, T sin) = Block(ref x[i - 1], ref x[i], ref y[i - 1], ref y[i]);
        (wr[i - 1], wr[i]) = (x[i - 1], y[i]);
        T imaginary = y[i - 1] == T.Zero ? T.Zero : T.Sqrt(T.Abs(x[i])) * T.Sqrt(T.Abs(y[i - 1]));
        (wi[i - 1], wi[i]) = (imaginary, imaginary == T.Zero ? T.Zero : -imaginary);
        if (zt == null) return;
        Strips.Rotate(x + i + 1, y + i + 1, cos, sin, n - i - 1);
        for (long k = 0; k < i - 1; k++)
        {
            T p = h[k * n + i - 1], q = h[k * n + i];
            (h[k * n + i - 1], h[k * n + i]) = (cos * p + sin * q, cos * q - sin * p);
        }
        Strips.Rotate(zt + (i - 1) * n, zt + i * n, cos, sin, n);
    }

    /// <summary>The rotation that makes [a b; c d] triangular or gives it equal diagonals with b c &lt; 0; LAPACK's lanv2.</summary>
    private static (T Cos, T Sin) Block<T>(ref T a, ref T b, ref T c, ref T d) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T half = T.CreateTruncating(0.5), limit = T.CreateTruncating(8) * Eigh.Ulp<T>();
        if (c == T.Zero) return (T.One, T.Zero);
        if (b == T.Zero)
        {
            (a, b, c, d) = (d, -c, T.Zero, a);
            return (T.Zero, T.One);
        }
        T difference = a - d;
        if (difference == T.Zero && T.IsNegative(b) != T.IsNegative(c)) return (T.One, T.Zero);
        T p = half * difference, most = T.Max(T.Abs(b), T.Abs(c));
        T least = T.Min(T.Abs(b), T.Abs(c)) * T.CopySign(T.One, b) * T.CopySign(T.One, c);
        T scale = T.Max(T.Abs(p), most), z = p / scale * p + most / scale * least, length, cos, sin;
        if (z >= limit)
        {
            z = p + T.CopySign(T.Sqrt(scale) * T.Sqrt(z), p);
            (a, d) = (d + z, d - most / z * least);
            length = Strips.Length(c, z);
            (cos, sin) = (z / length, c / length);
            (b, c) = (b - c, T.Zero);
            return (cos, sin);
        }
        // Complex, or real and nearly equal: first equal diagonals.
        T sigma = b + c;
        length = Strips.Length(sigma, difference);
        cos = T.Sqrt(half * (T.One + T.Abs(sigma) / length));
        sin = -(p / (length * cos)) * T.CopySign(T.One, sigma);
        (T aa, T bb, T cc, T dd) = (a * cos + b * sin, b * cos - a * sin, c * cos + d * sin, d * cos - c * sin);
        (a, b, c, d) = (aa * cos + cc * sin, bb * cos + dd * sin, cc * cos - aa * sin, dd * cos - bb * sin);
        T middle = half * (a + d);
        a = d = middle;
        if (c == T.Zero) return (cos, sin);
        if (b == T.Zero)
        {
            (b, c) = (-c, T.Zero);
            return (-sin, cos);
        }
        if (T.IsNegative(b) != T.IsNegative(c)) return (cos, sin);
        T rootB = T.Sqrt(T.Abs(b)), rootC = T.Sqrt(T.Abs(c)), factor = T.One / T.Sqrt(T.Abs(b + c));
        p = T.CopySign(rootB * rootC, c);
        (a, d, b, c) = (middle + p, middle - p, b - c, T.Zero);
        (T cos1, T sin1) = (rootB * factor, rootC * factor);
        return (cos * cos1 - sin * sin1, cos * sin1 + sin * cos1);
    }
}
