using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Sums of 16-bit floats and of bools, widened block by block in the first-level cache.</summary>
internal static partial class Reduce
{
    private const int NarrowBlock = 2048;

    /// <summary>A sum of neighbouring elements in a wider type.</summary>
    private interface INarrowSum<T, TAcc> where T : unmanaged where TAcc : unmanaged
    {
        static abstract TAcc Sum(ReadOnlySpan<T> x);
        static abstract TAcc Join(TAcc a, TAcc b);
        static abstract void Store(Tensor y, long at, TAcc total);
    }

    /// <summary>In float32 over blocks, then in float64; rounded once.</summary>
    private readonly struct SumOfHalves<T> : INarrowSum<T, double> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static double Sum(ReadOnlySpan<T> x)
        {
            Span<float> wide = stackalloc float[NarrowBlock];
            double total = 0;
            for (int i = 0, n; i < x.Length; i += n)
            {
                n = Math.Min(NarrowBlock, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), wide);
                total += SumOfFloats(ref MemoryMarshal.GetReference(wide), n);
            }
            return total;
        }

        public static double Join(double a, double b) => a + b;
        public static void Store(Tensor y, long at, double total) => y.storage.At<T>(at) = Halves.FromSingle<T>((float)total);
    }

    /// <summary>The sum of 16-bit floats, rounded once.</summary>
    private static Tensor SumHalves<T>(Tensor x, Dims dims, bool keepDim) where T : unmanaged =>
        TryBox(x.layout, dims, out Box box) && box.Inner == 1 && x.layout.Count > 0
            ? NarrowRows<SumOfHalves<T>, T, double>(x, Tensor.Allocate(Shape(x.layout, dims, keepDim), x.dtype), box)
            : Copy.Cast(Sum(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);

    /// <summary>The sum of each row: rows, or fixed pieces of long ones, over threads; pieces are joined in order.</summary>
    private static Tensor NarrowRows<TSum, T, TAcc>(Tensor x, Tensor y, Box box)
        where TSum : struct, INarrowSum<T, TAcc> where T : unmanaged where TAcc : unmanaged
    {
        long piece = box.N >= 2 * Chunk && box.Outer < 8 ? LongChunk(box.N) : box.N, pieces = Parallel.Chunks(box.N, piece);
        TAcc[]? parts = pieces > 1 ? new TAcc[box.Outer * pieces] : null;
        Parallel.Sweep(box.Outer * pieces, Math.Max(1, Chunk / piece), new NarrowBody<TSum, T, TAcc>(x, y, box.N, piece, pieces, parts));
        for (long i = 0; i < box.Outer && parts is not null; i++)
        {
            TAcc total = parts[i * pieces];
            for (long k = 1; k < pieces; k++) total = TSum.Join(total, parts[i * pieces + k]);
            TSum.Store(y, i, total);
        }
        return y;
    }

    private readonly struct NarrowBody<TSum, T, TAcc>(Tensor x, Tensor y, long n, long piece, long pieces, TAcc[]? parts) : IRange
        where TSum : struct, INarrowSum<T, TAcc> where T : unmanaged where TAcc : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long unit = from; unit < to; unit++)
            {
                (long row, long k) = Math.DivRem(unit, pieces);
                TAcc sum = TSum.Sum(x.storage.Span<T>(x.layout.Offset + row * n + k * piece, Math.Min(piece, n - k * piece)));
                if (parts is null) TSum.Store(y, row, sum);
                else parts[unit] = sum;
            }
        }
    }
}
