using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Short loops over rows of matrices, on whole vectors; the order of every sum depends on the length only.</summary>
internal static unsafe class Strips
{
    /// <summary>x *= a.</summary>
    internal static void Scale<T>(T a, T* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long i = 0; i < n; i++) x[i] *= a;
    }

    /// <summary>z -= a x + b y; the inner product of the new z and v.</summary>
    internal static T SubtractDot<T>(T a, T* x, T b, T* y, T* z, T* v, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long i = 0;
        Vector<T> va = new(a), vb = new(b), total = Vector<T>.Zero;
        for (; i + Vector<T>.Count <= n; i += Vector<T>.Count)
        {
            Vector<T> w = Vector.Load(z + i) - (va * Vector.Load(x + i) + vb * Vector.Load(y + i));
            w.Store(z + i);
            total += w * Vector.Load(v + i);
        }
        T sum = Vector.Sum(total);
        for (; i < n; i++)
        {
            z[i] -= a * x[i] + b * y[i];
            sum += z[i] * v[i];
        }
        return sum;
    }

    /// <summary>The plane rotation (x, y) → (c x + s y, c y - s x).</summary>
    internal static void Rotate<T>(T* x, T* y, T c, T s, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long i = 0;
        Vector<T> vc = new(c), vs = new(s);
        for (; i + Vector<T>.Count <= n; i += Vector<T>.Count)
        {
            Vector<T> p = Vector.Load(x + i), q = Vector.Load(y + i);
            (vc * p + vs * q).Store(x + i);
            (vc * q - vs * p).Store(y + i);
        }
        for (; i < n; i++)
        {
            T p = x[i], q = y[i];
            x[i] = c * p + s * q;
            y[i] = c * q - s * p;
        }
    }

    /// <summary>The largest |x[i]|; NaN or ∞ if there is one.</summary>
    internal static T Largest<T>(T* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T most = T.Zero;
        for (long i = 0; i < n; i++) most = T.Max(most, T.Abs(x[i]));
        return most;
    }

    /// <summary>yᵀ = x: x has <paramref name="rows"/> rows of <paramref name="columns"/> elements.</summary>
    internal static void Transpose<T>(T* x, long rows, long columns, T* y, long stride) where T : unmanaged
    {
        const long Tile = 16;
        for (long i0 = 0; i0 < rows; i0 += Tile)
        {
            for (long j0 = 0; j0 < columns; j0 += Tile)
            {
                long i1 = Math.Min(rows, i0 + Tile), j1 = Math.Min(columns, j0 + Tile);
                for (long i = i0; i < i1; i++)
                    for (long j = j0; j < j1; j++) y[j * stride + i] = x[i * columns + j];
            }
        }
    }

    /// <summary>The unit matrix.</summary>
    internal static void Identity<T>(T* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        new Span<T>(x, checked((int)(n * n))).Clear();
        for (long i = 0; i < n; i++) x[i * n + i] = T.One;
    }

    /// <summary>A power of two by which to multiply a matrix whose largest element is this, so that squares neither overflow nor
    /// vanish; 1 for a matrix of ordinary size.</summary>
    internal static T Scaling<T>(T largest) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int limit = sizeof(T) == 4 ? 30 : 300;
        if (largest == T.Zero || !T.IsFinite(largest)) return T.One;
        int exponent = T.ILogB(largest);
        // Twice the smallest exponent still has a finite reciprocal.
        int most = sizeof(T) == 4 ? 125 : 1021;
        return Math.Abs(exponent) <= limit ? T.One : T.ScaleB(T.One, Math.Clamp(-exponent, -most, most));
    }

    /// <summary>c and s of the rotation that takes (f, g) to (r, 0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (T C, T S, T R) Givens<T>(T f, T g) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (g == T.Zero) return (T.One, T.Zero, f);
        if (f == T.Zero) return (T.Zero, T.One, g);
        T r = T.CopySign(Length(f, g), f);
        return (f / r, g / r, r);
    }

    /// <summary>√(f² + g²) without overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Length<T>(T f, T g) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T square = f * f + g * g;
        T low = sizeof(T) == 4 ? T.CreateTruncating(1e-28) : T.CreateTruncating(1e-280);
        T high = sizeof(T) == 4 ? T.CreateTruncating(1e28) : T.CreateTruncating(1e280);
        return square > low && square < high ? T.Sqrt(square) : T.Hypot(f, g);
    }

    /// <summary>
    /// The reflector I - τ v vᵀ that takes x to (β, 0, ..): overwrites x by v, whose first element is 1. τ = 0 if x has that form.
    /// </summary>
    internal static (T Tau, T Beta) Reflector<T>(T* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T alpha = x[0], square = Rows.Dot(x + 1, x + 1, n - 1);
        x[0] = T.One;
        if (square == T.Zero)
        {
            new Span<T>(x + 1, (int)(n - 1)).Clear();
            return (T.Zero, alpha);
        }
        T beta = -T.CopySign(T.Sqrt(alpha * alpha + square), alpha);
        Scale(T.One / (alpha - beta), x + 1, n - 1);
        return ((beta - alpha) / beta, beta);
    }
}
