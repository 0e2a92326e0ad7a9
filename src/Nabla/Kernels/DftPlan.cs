using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// How to transform n numbers: Stockham's self-sorting passes for the factors of n (van Loan, Computational Frameworks for the Fast Fourier
/// Transform, 1992, section 1.7), Bluestein's convolution where a prime factor is large. Real and imaginary parts are apart; several
/// sequences lie side by side, so that the innermost loop is over sequences and positions alike.
/// </summary>
internal sealed class DftPlan<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int LargestFactor = 31;

    private static readonly ConcurrentDictionary<int, DftPlan<T>> Plans = new();

    private readonly int n;
    private readonly int[] factors;

    /// <summary>cos and sin of -2πk/n.</summary>
    private readonly T[] cos, sin;

    private readonly DftPlan<T>? convolution;

    /// <summary>The chirp e^(-iπk²/n), and the transform of its conjugate, for Bluestein's method.</summary>
    private readonly T[] chirpCos = [], chirpSin = [], kernelRe = [], kernelIm = [];

    internal static DftPlan<T> Of(int n)
    {
        if (Plans.TryGetValue(n, out DftPlan<T>? plan)) return plan;
        plan = new(n);
        // A plan of a large size is as large as its data; a few dozen small ones are worth keeping.
        if (n <= 1 << 16 && Plans.Count < 256) Plans.TryAdd(n, plan);
        return plan;
    }

    private DftPlan(int n)
    {
        this.n = n;
        factors = Factors(n);
        (cos, sin) = (new T[n], new T[n]);
        for (int k = 0; k < n; k++) (cos[k], sin[k]) = Root(k, n);
        if (factors.Length == 0 || factors[^1] <= LargestFactor) return;
        int m = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * n - 1));
        convolution = Of(m);
        (chirpCos, chirpSin, kernelRe, kernelIm) = (new T[n], new T[n], new T[m], new T[m]);
        for (int k = 0; k < n; k++)
        {
            (chirpCos[k], chirpSin[k]) = Root((long)k * k % (2L * n), 2L * n);
            int mirrored = (m - k) % m;
            (kernelRe[k], kernelIm[k]) = (kernelRe[mirrored], kernelIm[mirrored]) = (chirpCos[k], -chirpSin[k]);
        }
        T[] re = new T[m], im = new T[m];
        convolution.Run(ref kernelRe, ref kernelIm, ref re, ref im, 1);
    }

    /// <summary>e^(-2πik/n), from an angle of at most π/4, so that large n lose nothing.</summary>
    private static (T Cos, T Sin) Root(long k, long n)
    {
        long eighth = 8 * k / n;
        long quarter = (eighth + 1) / 2;
        // -2πk/n = -quarter·π/2 - rest
        (double s, double c) = Math.SinCos(2 * Math.PI * (k - quarter * n / 4.0) / n);
        (c, s) = (quarter % 4) switch
        {
            0 => (c, s),
            1 => (-s, c),
            2 => (-c, -s),
            _ => (s, -c),
        };
        return (T.CreateTruncating(c), T.CreateTruncating(-s));
    }

    private static int[] Factors(int n)
    {
        List<int> found = [];
        while (n % 4 == 0) { found.Add(4); n /= 4; }
        for (int p = 2; p <= n; p++)
        {
            if ((long)p * p > n) p = n;
            while (n > 1 && n % p == 0) { found.Add(p); n /= p; }
        }
        found.Sort();
        return [.. found];
    }

    /// <summary>The elements of scratch each array needs for w sequences.</summary>
    internal int Room(int w) => (convolution?.n ?? n) * w;

    /// <summary>
    /// y[q] = Σ x[p] e^(-2πipq/n) for w sequences, element p of sequence s at p·w + s. The arrays have <see cref="Room"/>; the result is in
    /// re and im, which may have changed places with the others.
    /// </summary>
    internal void Run(ref T[] re, ref T[] im, ref T[] re2, ref T[] im2, int w)
    {
        if (convolution is not null)
        {
            Bluestein(ref re, ref im, ref re2, ref im2, w);
            return;
        }
        int l = 1;
        foreach (int r in factors)
        {
            int m = n / (l * r) * w;
            switch (r)
            {
                case 2: Pass2(re, im, re2, im2, l, m); break;
                case 4: Pass4(re, im, re2, im2, l, m); break;
                default: Pass(re, im, re2, im2, l, r, m); break;
            }
            (re, re2, im, im2) = (re2, re, im2, im);
            l *= r;
        }
    }

    private void Pass2(T[] xr, T[] xi, T[] yr, T[] yi, int l, int m)
    {
        for (int j = 0; j < l; j++)
        {
            (T c, T s) = (cos[j * (n / (2 * l))], sin[j * (n / (2 * l))]);
            int a = 2 * j * m, b = a + m, u = j * m, v = (l + j) * m;
            int k = 0;
            if (Vector<T>.Count <= m)
            {
                Vector<T> vc = new(c), vs = new(s);
                for (; k <= m - Vector<T>.Count; k += Vector<T>.Count)
                {
                    Vector<T> br = At(xr, b + k), bi = At(xi, b + k), ar = At(xr, a + k), ai = At(xi, a + k);
                    Vector<T> tr = br * vc - bi * vs, ti = br * vs + bi * vc;
                    Put(yr, u + k, ar + tr);
                    Put(yi, u + k, ai + ti);
                    Put(yr, v + k, ar - tr);
                    Put(yi, v + k, ai - ti);
                }
            }
            for (; k < m; k++)
            {
                T tr = xr[b + k] * c - xi[b + k] * s, ti = xr[b + k] * s + xi[b + k] * c;
                (yr[u + k], yi[u + k]) = (xr[a + k] + tr, xi[a + k] + ti);
                (yr[v + k], yi[v + k]) = (xr[a + k] - tr, xi[a + k] - ti);
            }
        }
    }

    private void Pass4(T[] xr, T[] xi, T[] yr, T[] yi, int l, int m)
    {
        int step = n / (4 * l);
        for (int j = 0; j < l; j++)
        {
            (T c1, T s1) = (cos[j * step], sin[j * step]);
            (T c2, T s2) = (cos[2 * j * step], sin[2 * j * step]);
            (T c3, T s3) = (cos[3 * j * step], sin[3 * j * step]);
            int a = 4 * j * m, u = j * m, lm = l * m;
            int k = 0;
            if (Vector<T>.Count <= m)
            {
                Vector<T> w1 = new(c1), z1 = new(s1), w2 = new(c2), z2 = new(s2), w3 = new(c3), z3 = new(s3);
                for (; k <= m - Vector<T>.Count; k += Vector<T>.Count)
                {
                    int i = a + k, o = u + k;
                    Vector<T> pr = At(xr, i + m), pi = At(xi, i + m), br = pr * w1 - pi * z1, bi = pr * z1 + pi * w1;
                    (pr, pi) = (At(xr, i + 2 * m), At(xi, i + 2 * m));
                    Vector<T> cr = pr * w2 - pi * z2, ci = pr * z2 + pi * w2;
                    (pr, pi) = (At(xr, i + 3 * m), At(xi, i + 3 * m));
                    Vector<T> dr = pr * w3 - pi * z3, di = pr * z3 + pi * w3;
                    Vector<T> er = At(xr, i) + cr, ei = At(xi, i) + ci, fr = At(xr, i) - cr, fi = At(xi, i) - ci;
                    Vector<T> gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
                    Put(yr, o, er + gr);
                    Put(yi, o, ei + gi);
                    Put(yr, o + lm, fr + hi);
                    Put(yi, o + lm, fi - hr);
                    Put(yr, o + 2 * lm, er - gr);
                    Put(yi, o + 2 * lm, ei - gi);
                    Put(yr, o + 3 * lm, fr - hi);
                    Put(yi, o + 3 * lm, fi + hr);
                }
            }
            for (; k < m; k++)
            {
                int i = a + k, o = u + k;
                (T br, T bi) = Product(xr[i + m], xi[i + m], c1, s1);
                (T cr, T ci) = Product(xr[i + 2 * m], xi[i + 2 * m], c2, s2);
                (T dr, T di) = Product(xr[i + 3 * m], xi[i + 3 * m], c3, s3);
                T er = xr[i] + cr, ei = xi[i] + ci, fr = xr[i] - cr, fi = xi[i] - ci;
                T gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
                (yr[o], yi[o]) = (er + gr, ei + gi);
                (yr[o + lm], yi[o + lm]) = (fr + hi, fi - hr);
                (yr[o + 2 * lm], yi[o + 2 * lm]) = (er - gr, ei - gi);
                (yr[o + 3 * lm], yi[o + 3 * lm]) = (fr - hi, fi + hr);
            }
        }
    }

    /// <summary>Any factor r: r² products for each group of r.</summary>
    private void Pass(T[] xr, T[] xi, T[] yr, T[] yi, int l, int r, int m)
    {
        int step = n / (r * l), whole = n / r;
        for (int j = 0; j < l; j++)
            for (int q = 0; q < r; q++)
            {
                int o = (q * l + j) * m;
                xr.AsSpan(j * r * m, m).CopyTo(yr.AsSpan(o, m));
                xi.AsSpan(j * r * m, m).CopyTo(yi.AsSpan(o, m));
                for (int p = 1; p < r; p++)
                {
                    int root = (int)(((long)p * j * step + (long)p * q % r * whole) % n);
                    Accumulate(xr, xi, (j * r + p) * m, cos[root], sin[root], yr, yi, o, m);
                }
            }
    }

    private static void Accumulate(T[] xr, T[] xi, int i, T c, T s, T[] yr, T[] yi, int o, int m)
    {
        int k = 0;
        if (Vector<T>.Count <= m)
        {
            Vector<T> vc = new(c), vs = new(s);
            for (; k <= m - Vector<T>.Count; k += Vector<T>.Count)
            {
                Vector<T> a = At(xr, i + k), b = At(xi, i + k);
                Put(yr, o + k, At(yr, o + k) + (a * vc - b * vs));
                Put(yi, o + k, At(yi, o + k) + (a * vs + b * vc));
            }
        }
        for (; k < m; k++)
        {
            (T re, T im) = Product(xr[i + k], xi[i + k], c, s);
            yr[o + k] += re;
            yi[o + k] += im;
        }
    }

    /// <summary>The transform as a convolution with a chirp: pq = (p² + q² - (q - p)²) / 2 (Bluestein 1970).</summary>
    private void Bluestein(ref T[] re, ref T[] im, ref T[] re2, ref T[] im2, int w)
    {
        int m = convolution!.n;
        Chirp(re, im, chirpCos, chirpSin, n, w);
        re.AsSpan(n * w, (m - n) * w).Clear();
        im.AsSpan(n * w, (m - n) * w).Clear();
        convolution.Run(ref re, ref im, ref re2, ref im2, w);
        Chirp(re, im, kernelRe, kernelIm, m, w);
        // The inverse transform is the transform with parts exchanged.
        convolution.Run(ref im, ref re, ref im2, ref re2, w);
        T scale = T.One / T.CreateTruncating(m);
        foreach (ref T v in re.AsSpan(0, n * w)) v *= scale;
        foreach (ref T v in im.AsSpan(0, n * w)) v *= scale;
        Chirp(re, im, chirpCos, chirpSin, n, w);
    }

    private static void Chirp(T[] re, T[] im, T[] c, T[] s, int n, int w)
    {
        for (int k = 0; k < n; k++)
            for (int i = k * w; i < (k + 1) * w; i++) (re[i], im[i]) = Product(re[i], im[i], c[k], s[k]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (T Re, T Im) Product(T re, T im, T c, T s) => (re * c - im * s, re * s + im * c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> At(T[] x, int i) => new(x, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T[] x, int i, Vector<T> v) => v.CopyTo(x, i);
}
