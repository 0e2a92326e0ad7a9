using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Real and imaginary parts of sequences side by side, apart, and as much room again; both pairs may change places.</summary>
internal unsafe struct DftBuffers<T> where T : unmanaged
{
    internal T* Re, Im, Re2, Im2;

    internal DftBuffers(T* room, long each)
    {
        Re = room;
        Im = room + each;
        Re2 = room + 2 * each;
        Im2 = room + 3 * each;
    }

    internal void Turn()
    {
        T* re = Re, im = Im;
        Re = Re2;
        Im = Im2;
        Re2 = re;
        Im2 = im;
    }

    /// <summary>Parts exchanged, before and after a transform, make it the inverse one.</summary>
    internal void Conjugate()
    {
        T* re = Re, re2 = Re2;
        Re = Im;
        Re2 = Im2;
        Im = re;
        Im2 = re2;
    }
}

/// <summary>
/// How to transform n numbers: Stockham's self-sorting passes for the factors of n (van Loan, Computational Frameworks for the Fast Fourier
/// Transform, 1992, section 1.7), Bluestein's convolution where a prime factor is large. Real and imaginary parts are apart; what lies side
/// by side, other sequences or other positions, is what a register holds. So n is split into two factors where both fill registers: the
/// passes of the first have the positions of the second side by side, then the square is turned (Bailey's four steps).
/// </summary>
internal sealed unsafe class DftPlan<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int LargestFactor = 31;
    private const long MostBytes = 1 << 26;

    private static readonly ConcurrentDictionary<int, DftPlan<T>> Plans = new();
    private static long bytes;

    private readonly int n;

    /// <summary>cos and sin of -2πk/n; of a plan that is split, those of k = i j for i of the first and j of the second.</summary>
    private readonly T[] cos = [], sin = [];

    private readonly DftPasses<T>? passes;
    private readonly DftPlan<T>? first, second, convolution;

    /// <summary>The chirp e^(-iπk²/n), and the transform of its conjugate, for Bluestein's method.</summary>
    private readonly T[] chirpCos = [], chirpSin = [], kernelRe = [], kernelIm = [];

    /// <summary>Whether a single sequence fills registers.</summary>
    internal bool Alone => first is not null || convolution is { Alone: true };

    /// <summary>cos and sin of -2πk/(2n) up to k = n, for real sequences of twice the size.</summary>
    internal T[][] Halves
    {
        get
        {
            if (halves is null)
            {
                (T[] c, T[] s) = Roots(n + 1, 2L * n);
                halves = [c, s];
            }
            return halves;
        }
    }

    private T[][]? halves;

    internal static DftPlan<T> Of(int n, bool whole = false)
    {
        int key = whole ? -n : n;
        if (Plans.TryGetValue(key, out DftPlan<T>? plan)) return plan;
        plan = new(n, whole);
        long size = (2L * (plan.cos.Length + plan.chirpCos.Length + plan.kernelRe.Length + n) + 64) * sizeof(T);
        // What was asked for first stays: a program has few sizes.
        if (Interlocked.Add(ref bytes, size) <= MostBytes) Plans.TryAdd(key, plan);
        else Interlocked.Add(ref bytes, -size);
        return plan;
    }

    private DftPlan(int n, bool whole)
    {
        this.n = n;
        int[] factors = DftPasses<T>.Factors(n);
        if (factors.Length > 0 && factors[^1] > LargestFactor)
        {
            int m = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * n - 1));
            convolution = Of(m);
            (chirpCos, chirpSin, kernelRe, kernelIm) = (new T[n], new T[n], new T[m], new T[m]);
            for (int k = 0; k < n; k++)
            {
                (chirpCos[k], chirpSin[k]) = Root((long)k * k % (2L * n), 2L * n);
                int mirrored = (m - k) % m;
                (kernelRe[k], kernelIm[k]) = (kernelRe[mirrored], kernelIm[mirrored]) = (chirpCos[k], -chirpSin[k]);
            }
            TransformKernel(m);
            return;
        }
        if (!whole && Split(n) is > 0 and int one)
        {
            (first, second) = (Of(one, whole: true), Of(n / one, whole: true));
            (cos, sin) = (new T[n], new T[n]);
            for (int i = 0; i < one; i++)
                for (int j = 0; j < n / one; j++) (cos[i * (n / one) + j], sin[i * (n / one) + j]) = Root((long)i * j, n);
            return;
        }
        (cos, sin) = Roots(n, n);
        passes = new(n, factors, cos, sin);
    }

    private void TransformKernel(int m)
    {
        // A single sequence, or as many as a register holds, of which one is kept.
        int w = convolution!.Alone ? 1 : Vector<T>.Count;
        T[] room = GC.AllocateArray<T>(4 * m * w, pinned: true);
        fixed (T* p = room)
        {
            DftBuffers<T> b = new(p, (long)m * w);
            for (int k = 0; k < m; k++) (b.Re[k * w], b.Im[k * w]) = (kernelRe[k], kernelIm[k]);
            convolution.Run(ref b, w);
            for (int k = 0; k < m; k++) (kernelRe[k], kernelIm[k]) = (b.Re[k * w], b.Im[k * w]);
        }
    }

    /// <summary>The divisor of n nearest to its root of those that fill registers, as its counterpart does; whole registers if there are
    /// such.</summary>
    private static int Split(int n)
    {
        int v = Vector<T>.Count, found = 0;
        for (int d = v; (long)d * d <= n; d++)
        {
            if (n % d != 0) continue;
            bool even = d % v == 0 && n / d % v == 0;
            if (even || found == 0 || found % v != 0 || n / found % v != 0) found = d;
        }
        return found;
    }

    private static (T[], T[]) Roots(int count, long n)
    {
        T[] c = new T[count], s = new T[count];
        for (int k = 0; k < count; k++) (c[k], s[k]) = Root(k, n);
        return (c, s);
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

    /// <summary>The elements each of the four arrays needs for w sequences, one more than n for each at least.</summary>
    internal long Room(int w) => Math.Max(n + 1L, convolution?.n ?? 0) * w;

    /// <summary>
    /// y[q] = Σ x[p] e^(-2πipq/n) for w sequences, element p of sequence s at p·w + s, in the first two buffers. w is 1 if
    /// <see cref="Alone"/>, or a multiple of a register.
    /// </summary>
    internal void Run(ref DftBuffers<T> b, int w)
    {
        if (convolution is not null) Bluestein(ref b, w);
        else if (first is null) passes!.Run(ref b, w);
        else
        {
            first.Run(ref b, second!.n * w);
            Turn(b, w);
            b.Turn();
            second.Run(ref b, first.n * w);
        }
    }

    /// <summary>Multiplies element (i, j) of the square by its root and writes it to (j, i) of the other one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Turn(in DftBuffers<T> b, int w)
    {
        (int rows, int columns) = (first!.n, second!.n);
        fixed (T* c = cos, s = sin)
        {
            if (w == 1)
            {
                DftMath.Multiply(b.Re, b.Im, c, s, n);
                for (int at = 0; at < columns; at += 64)
                {
                    int count = Math.Min(64, columns - at);
                    TransposeTiles.Run(ref b.Re[at], columns, ref b.Re2[at * rows], rows, count, rows);
                    TransposeTiles.Run(ref b.Im[at], columns, ref b.Im2[at * rows], rows, count, rows);
                }
                return;
            }
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    long from = ((long)i * columns + j) * w, to = ((long)j * rows + i) * w;
                    DftMath.Multiply(b.Re + from, b.Im + from, c[i * columns + j], s[i * columns + j], b.Re2 + to, b.Im2 + to, w);
                }
            }
        }
    }

    /// <summary>The transform as a convolution with a chirp: pq = (p² + q² - (q - p)²) / 2 (Bluestein 1970).</summary>
    private void Bluestein(ref DftBuffers<T> b, int w)
    {
        int m = convolution!.n;
        Chirp(b, chirpCos, chirpSin, n, w);
        Clear(b.Re + (long)n * w, (long)(m - n) * w);
        Clear(b.Im + (long)n * w, (long)(m - n) * w);
        convolution.Run(ref b, w);
        Chirp(b, kernelRe, kernelIm, m, w);
        b.Conjugate();
        convolution.Run(ref b, w);
        b.Conjugate();
        T scale = T.One / T.CreateTruncating(m);
        DftMath.Scale(b.Re, scale, (long)n * w);
        DftMath.Scale(b.Im, scale, (long)n * w);
        Chirp(b, chirpCos, chirpSin, n, w);
    }

    private static void Clear(T* x, long n)
    {
        for (long i = 0; i < n; i += 1 << 20) new Span<T>(x + i, (int)Math.Min(1 << 20, n - i)).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chirp(in DftBuffers<T> b, T[] cos, T[] sin, int n, int w)
    {
        fixed (T* c = cos, s = sin)
        {
            if (w == 1) DftMath.Multiply(b.Re, b.Im, c, s, n);
            else
            {
                for (int k = 0; k < n; k++)
                {
                    long at = (long)k * w;
                    DftMath.Multiply(b.Re + at, b.Im + at, c[k], s[k], b.Re + at, b.Im + at, w);
                }
            }
        }
    }
}
