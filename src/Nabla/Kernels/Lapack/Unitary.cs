using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Reductions of complex matrices to real tridiagonal and bidiagonal form by unitary reflectors H = I - τ v vᴴ, after which the real
/// iterations serve: as LAPACK's hetrd and gebrd do it, column by column.
/// </summary>
internal static unsafe class Unitary
{
    /// <summary>The reflector whose Hᴴ takes x to (β, 0, ..) with a real β: overwrites x by v, whose first element is 1.</summary>
    private static (Complex<T> Tau, T Beta) Reflector<T>(Complex<T>* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Complex<T> alpha = x[0];
        T square = T.Zero;
        for (long i = 1; i < n; i++) square += x[i].Square;
        x[0] = new(T.One, T.Zero);
        if (square == T.Zero && alpha.Im == T.Zero) return (default, alpha.Re);
        T beta = -T.CopySign(T.Sqrt(square + alpha.Square), alpha.Re);
        Complex<T> factor = new Complex<T>(T.One, T.Zero) / (alpha - new Complex<T>(beta, T.Zero));
        for (long i = 1; i < n; i++) x[i] *= factor;
        return (new((beta - alpha.Re) / beta, -alpha.Im / beta), beta);
    }

    /// <summary>C = H₀ H₁ .. C; the vectors are rows, vⱼ beginning at j + shift.</summary>
    internal static void Apply<T>(Complex<T>* v, Complex<T>* tau, long count, long m, long shift, Complex<T>* c, long n, Complex<T>* work)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = count - 1; k >= 0; k--) Reflect(v + k * m, tau[k], k + shift, m, c, n, 0, n, work);
    }

    /// <summary>Rows from <paramref name="first"/> on of C -= τ v (vᴴ C), in some columns.</summary>
    private static void Reflect<T>(
        Complex<T>* v, Complex<T> tau, long first, long m, Complex<T>* c, long stride, long from, long to, Complex<T>* work)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long j = from; j < to; j++) work[j] = default;
        for (long i = first; i < m; i++)
        {
            Complex<T> factor = v[i].Conj;
            for (long j = from; j < to; j++) work[j] += factor * c[i * stride + j];
        }
        for (long i = first; i < m; i++)
        {
            Complex<T> factor = tau * v[i];
            for (long j = from; j < to; j++) c[i * stride + j] -= factor * work[j];
        }
    }

    /// <summary>A = Q T Qᴴ for a Hermitian A, of which both triangles are there.</summary>
    internal static void Tridiagonalise<T>(Complex<T>* a, long n, T* d, T* e, Complex<T>* v, Complex<T>* tau, Complex<T>* work)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T half = T.CreateTruncating(0.5);
        for (long k = 0; k < n - 1; k++)
        {
            Complex<T>* x = v + k * n;
            d[k] = a[k * n + k].Re;
            for (long i = 0; i < n; i++) x[i] = i > k ? a[i * n + k] : default;
            (tau[k], e[k]) = Reflector(x + k + 1, n - k - 1);
            if (tau[k] == default) continue;
            Complex<T> inner = default;
            for (long i = k + 1; i < n; i++)
            {
                Complex<T> sum = default;
                for (long j = k + 1; j < n; j++) sum += a[i * n + j] * x[j];
                work[i] = tau[k] * sum;
                inner += x[i].Conj * work[i];
            }
            Complex<T> factor = half * (tau[k].Conj * inner);
            for (long i = k + 1; i < n; i++) work[i] -= factor * x[i];
            for (long i = k + 1; i < n; i++)
                for (long j = k + 1; j < n; j++) a[i * n + j] -= x[i] * work[j].Conj + work[i] * x[j].Conj;
        }
        d[n - 1] = a[n * n - 1].Re;
        e[n - 1] = T.Zero;
    }

    /// <summary>A = Q H Qᴴ with a Hessenberg matrix H, in place of A.</summary>
    internal static void Reduce<T>(Complex<T>* a, long n, Complex<T>* v, Complex<T>* tau, Complex<T>* work)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = 0; k < n - 1; k++)
        {
            Complex<T>* x = v + k * n;
            for (long i = 0; i < n; i++) x[i] = i > k ? a[i * n + k] : default;
            (tau[k], T beta) = Reflector(x + k + 1, n - k - 1);
            for (long i = k + 1; i < n; i++) a[i * n + k] = i == k + 1 ? new(beta, T.Zero) : default;
            Reflect(x, tau[k].Conj, k + 1, n, a, n, k + 1, n, work);
            for (long i = 0; i < n; i++)
            {
                Complex<T> sum = default;
                for (long j = k + 1; j < n; j++) sum += a[i * n + j] * x[j];
                sum *= tau[k];
                for (long j = k + 1; j < n; j++) a[i * n + j] -= sum * x[j].Conj;
            }
        }
    }

    /// <summary>A = Q B Pᴴ for m rows and n ≤ m columns.</summary>
    internal static void Bidiagonalise<T>(
        Complex<T>* a, long m, long n, T* d, T* e, Complex<T>* left, Complex<T>* tauLeft, Complex<T>* right, Complex<T>* tauRight,
        Complex<T>* work) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = 0; k < n; k++)
        {
            Complex<T>* x = left + k * m;
            for (long i = 0; i < m; i++) x[i] = i >= k ? a[i * n + k] : default;
            (tauLeft[k], d[k]) = Reflector(x + k, m - k);
            e[k] = T.Zero;
            if (k == n - 1) return;
            Reflect(x, tauLeft[k].Conj, k, m, a, n, k + 1, n, work);
            Complex<T>* y = right + k * n;
            for (long j = 0; j < n; j++) y[j] = j > k ? a[k * n + j].Conj : default;
            (tauRight[k], e[k]) = Reflector(y + k + 1, n - k - 1);
            for (long i = k + 1; i < m; i++)
            {
                Complex<T> sum = default;
                for (long j = k + 1; j < n; j++) sum += a[i * n + j] * y[j];
                sum *= tauRight[k];
                for (long j = k + 1; j < n; j++) a[i * n + j] -= sum * y[j].Conj;
            }
        }
    }
}
