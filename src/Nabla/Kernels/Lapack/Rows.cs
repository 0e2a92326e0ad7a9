using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>What the factorizations share: loops over a row of a matrix, scratch memory, and the loop over a batch of matrices.</summary>
internal static unsafe class Rows
{
    private const int Alignment = 64;

    [ThreadStatic]
    private static byte[]? scratch;

    /// <summary>At least <paramref name="count"/> values of this thread's scratch memory, not cleared, valid until the next call.</summary>
    internal static T* Scratch<T>(long count) where T : unmanaged
    {
        long bytes = count * sizeof(T) + Alignment;
        if (scratch is null || scratch.Length < bytes)
        {
            long rounded = Math.Max(4096, (long)BitOperations.RoundUpToPowerOf2((ulong)bytes));
            scratch = GC.AllocateUninitializedArray<byte>(checked((int)Math.Min(rounded, Math.Max(bytes, Array.MaxLength))), pinned: true);
        }
        nuint address = (nuint)Unsafe.AsPointer(ref scratch[0]);
        return (T*)((address + Alignment - 1) & ~(nuint)(Alignment - 1));
    }

    /// <summary>y += a · x.</summary>
    internal static void Add<T>(T a, T* x, T* y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long i = 0;
        if (n >= Vector<T>.Count)
        {
            Vector<T> factor = new(a);
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
                Vector.Store(Vector.Load(y + i) + factor * Vector.Load(x + i), y + i);
        }
        for (; i < n; i++) y[i] += a * x[i];
    }

    /// <summary>Σ x · y.</summary>
    internal static T Dot<T>(T* x, T* y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long i = 0, w = Vector<T>.Count;
        T sum = T.Zero;
        if (n >= w)
        {
            Vector<T> even = Vector<T>.Zero, odd = Vector<T>.Zero;
            for (; i <= n - 2 * w; i += 2 * w)
            {
                even += Vector.Load(x + i) * Vector.Load(y + i);
                odd += Vector.Load(x + i + w) * Vector.Load(y + i + w);
            }
            for (; i <= n - w; i += w) even += Vector.Load(x + i) * Vector.Load(y + i);
            sum = Vector.Sum(even + odd);
        }
        for (; i < n; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>x /= a.</summary>
    internal static void Divide<T>(T* x, T a, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long i = 0;
        Vector<T> divisor = new(a);
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) Vector.Store(Vector.Load(x + i) / divisor, x + i);
        for (; i < n; i++) x[i] /= a;
    }

    /// <summary>Exchanges x and y.</summary>
    internal static void Swap<T>(T* x, T* y, long n) where T : unmanaged
    {
        long i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> v = Vector.Load(x + i);
            Vector.Store(Vector.Load(y + i), x + i);
            Vector.Store(v, y + i);
        }
        for (; i < n; i++) (x[i], y[i]) = (y[i], x[i]);
    }

    /// <summary>-X, row by row, in this thread's scratch memory.</summary>
    internal static T* Negative<T>(T* x, long stride, long rows, long columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* y = Scratch<T>(rows * columns);
        for (long r = 0; r < rows; r++)
        {
            T* from = x + r * stride, to = y + r * columns;
            long i = 0;
            for (; i <= columns - Vector<T>.Count; i += Vector<T>.Count) Vector.Store(-Vector.Load(from + i), to + i);
            for (; i < columns; i++) to[i] = -from[i];
        }
        return y;
    }

    /// <summary>C[m, n] += A[m, k] · B[k, n]; C is row-major.</summary>
    internal static void Product<T>(long m, long n, long k, T* a, long aRow, long aCol, T* b, long bRow, long bCol, T* c, long cRow)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (m > 0 && n > 0 && k > 0) Gemm.Multiply(new Product<T>(m, n, k, new(a, aRow, aCol), new(b, bRow, bCol), new(c, cRow, 1), true));
    }

    /// <summary>The number of matrices in a batch.</summary>
    internal static long Matrices(Tensor x)
    {
        long n = 1;
        for (int d = 0; d < x.Rank - 2; d++) n *= x.layout.shape[d];
        return n;
    }

    /// <summary>The position in memory where matrix <paramref name="i"/> of a batch begins.</summary>
    internal static long Start(Layout x, long i)
    {
        long at = x.Offset;
        for (int d = x.Rank - 3; d >= 0; d--)
        {
            (i, long k) = Math.DivRem(i, x.shape[d]);
            at += k * x.strides[d];
        }
        return at;
    }

    /// <summary>A row-major copy of a batch of matrices.</summary>
    internal static Tensor Copied(Tensor x)
    {
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
        Copy.Run(x, y);
        return y;
    }

    /// <summary>The same memory with the last two dimensions exchanged.</summary>
    internal static Tensor Turned(Tensor x)
    {
        long[] shape = [.. x.layout.shape], strides = [.. x.layout.strides];
        (shape[^2], shape[^1]) = (shape[^1], shape[^2]);
        (strides[^2], strides[^1]) = (strides[^1], strides[^2]);
        return x.Raw(new Layout(shape, strides, x.layout.Offset));
    }

    /// <summary>Runs a task per matrix: few large ones one after the other with all threads inside each, others side by side.</summary>
    /// <param name="count">How many.</param>
    /// <param name="work">About how many multiplications each takes.</param>
    /// <param name="task">The task.</param>
    internal static void Each<TTask>(long count, double work, TTask task) where TTask : struct, IRange
    {
        if (count < 8 && work >= GemmGrid.Serial) task.Run(0, count);
        else Parallel.For(count, Math.Max(1, (long)(GemmGrid.Serial / 16 / Math.Max(work, 16))), task);
    }
}
