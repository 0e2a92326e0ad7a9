using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Stockham's passes for the factors of n, over sequences that lie side by side and fill registers.</summary>
internal sealed unsafe class DftPasses<T>(int n, int[] factors, T[] cos, T[] sin) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The factors of n: fours, and primes.</summary>
    internal static int[] Factors(int n)
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

    internal void Run(ref DftBuffers<T> b, int w)
    {
        fixed (T* c = cos, s = sin)
        {
            long l = 1;
            foreach (int r in factors)
            {
                long m = n / (l * r) * w;
                switch (r)
                {
                    case 2: Pass2(b, l, m, c, s); break;
                    case 4: Pass4(b, l, m, c, s); break;
                    default: Pass(b, l, r, m, c, s); break;
                }
                b.Turn();
                l *= r;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pass2(in DftBuffers<T> b, long l, long m, T* c, T* s)
    {
        long lm = l * m;
        for (long j = 0; j < l; j++)
        {
            T* xr = b.Re + 2 * j * m, xi = b.Im + 2 * j * m, yr = b.Re2 + j * m, yi = b.Im2 + j * m;
            Vector<T> vc = new(c[j * (n / (2 * l))]), vs = new(s[j * (n / (2 * l))]);
            for (long k = 0; k < m; k += Vector<T>.Count)
            {
                // The last register overlaps the one before.
                long i = Math.Min(k, m - Vector<T>.Count);
                (Vector<T> tr, Vector<T> ti) = (At(xr + i + m), At(xi + i + m));
                if (j > 0) DftMath.Rotate(ref tr, ref ti, vc, vs);
                Vector<T> ar = At(xr + i), ai = At(xi + i);
                (ar + tr).Store(yr + i);
                (ai + ti).Store(yi + i);
                (ar - tr).Store(yr + i + lm);
                (ai - ti).Store(yi + i + lm);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pass4(in DftBuffers<T> b, long l, long m, T* c, T* s)
    {
        long step = n / (4 * l), lm = l * m;
        for (long j = 0; j < l; j++)
        {
            T* xr = b.Re + 4 * j * m, xi = b.Im + 4 * j * m, yr = b.Re2 + j * m, yi = b.Im2 + j * m;
            Vector<T> c1 = new(c[j * step]), s1 = new(s[j * step]), c2 = new(c[2 * j * step]), s2 = new(s[2 * j * step]);
            Vector<T> c3 = new(c[3 * j * step]), s3 = new(s[3 * j * step]);
            for (long k = 0; k < m; k += Vector<T>.Count)
            {
                long i = Math.Min(k, m - Vector<T>.Count);
                Vector<T> ar = At(xr + i), ai = At(xi + i), br = At(xr + i + m), bi = At(xi + i + m);
                Vector<T> cr = At(xr + i + 2 * m), ci = At(xi + i + 2 * m), dr = At(xr + i + 3 * m), di = At(xi + i + 3 * m);
                if (j > 0)
                {
                    DftMath.Rotate(ref br, ref bi, c1, s1);
                    DftMath.Rotate(ref cr, ref ci, c2, s2);
                    DftMath.Rotate(ref dr, ref di, c3, s3);
                }
                Vector<T> er = ar + cr, ei = ai + ci, fr = ar - cr, fi = ai - ci;
                Vector<T> gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
                (er + gr).Store(yr + i);
                (ei + gi).Store(yi + i);
                (fr + hi).Store(yr + i + lm);
                (fi - hr).Store(yi + i + lm);
                (er - gr).Store(yr + i + 2 * lm);
                (ei - gi).Store(yi + i + 2 * lm);
                (fr - hi).Store(yr + i + 3 * lm);
                (fi + hr).Store(yi + i + 3 * lm);
            }
        }
    }

    /// <summary>
    /// Any odd factor r. Elements p and r - p meet opposite roots, so that their sums and differences are multiplied instead of them, and
    /// results q and r - q differ in signs only.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pass(in DftBuffers<T> b, long l, int r, long m, T* c, T* s)
    {
        long step = n / (r * l), whole = n / r, lm = l * m;
        int half = r / 2;
        Vector<T>* sums = stackalloc Vector<T>[4 * half];
        Vector<T>* sumsIm = sums + half, differences = sums + 2 * half, differencesIm = sums + 3 * half;
        for (long j = 0; j < l; j++)
        {
            T* xr = b.Re + r * j * m, xi = b.Im + r * j * m, yr = b.Re2 + j * m, yi = b.Im2 + j * m;
            for (long k = 0; k < m; k += Vector<T>.Count)
            {
                long i = Math.Min(k, m - Vector<T>.Count);
                Vector<T> ar = At(xr + i), ai = At(xi + i), allRe = ar, allIm = ai;
                for (int p = 1; p <= half; p++)
                {
                    long at = i + p * m, other = i + (r - p) * m;
                    Vector<T> pr = At(xr + at), pi = At(xi + at), qr = At(xr + other), qi = At(xi + other);
                    if (j > 0)
                    {
                        DftMath.Rotate(ref pr, ref pi, new(c[p * j * step]), new(s[p * j * step]));
                        DftMath.Rotate(ref qr, ref qi, new(c[(r - p) * j * step]), new(s[(r - p) * j * step]));
                    }
                    sums[p - 1] = pr + qr;
                    sumsIm[p - 1] = pi + qi;
                    differences[p - 1] = pr - qr;
                    differencesIm[p - 1] = pi - qi;
                    allRe += pr + qr;
                    allIm += pi + qi;
                }
                allRe.Store(yr + i);
                allIm.Store(yi + i);
                for (int q = 1; q <= half; q++)
                {
                    Vector<T> er = ar, ei = ai, fr = default, fi = default;
                    for (int p = 0, root = q; p < half; p++)
                    {
                        Vector<T> vc = new(c[root * whole]), vs = new(s[root * whole]);
                        er = DftMath.MultiplyAdd(vc, sums[p], er);
                        ei = DftMath.MultiplyAdd(vc, sumsIm[p], ei);
                        fr = DftMath.MultiplyAdd(vs, differencesIm[p], fr);
                        fi = DftMath.MultiplyAdd(vs, differences[p], fi);
                        root += q;
                        if (root >= r) root -= r;
                    }
                    (er - fr).Store(yr + i + q * lm);
                    (ei + fi).Store(yi + i + q * lm);
                    (er + fr).Store(yr + i + (r - q) * lm);
                    (ei - fi).Store(yi + i + (r - q) * lm);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> At(T* x) => Vector.Load(x);
}
