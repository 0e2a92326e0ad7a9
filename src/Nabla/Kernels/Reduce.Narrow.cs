using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Sums of 16-bit floats, widened block by block in the first-level cache: in float32 over blocks, then in float64; rounded
/// once.</summary>
internal static partial class Reduce
{
    private const int NarrowBlock = 2048;

    private static Tensor SumHalves<T>(Tensor x, Dims dims, bool keepDim) where T : unmanaged =>
        TryBox(x.layout, dims, out Box box) && box.Inner == 1 && x.layout.Count > 0
            ? SumNarrowRows<T>(x, Tensor.Allocate(Shape(x.layout, dims, keepDim), x.dtype), box)
            : Copy.Cast(Sum(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);

    /// <summary>The sum of each row: rows, or fixed pieces of long ones, over threads; pieces are joined in order.</summary>
    private static Tensor SumNarrowRows<T>(Tensor x, Tensor y, Box box) where T : unmanaged
    {
        long piece = box.N >= 2 * Chunk && box.Outer < 8 ? LongChunk(box.N) : box.N, pieces = Parallel.Chunks(box.N, piece);
        double[]? parts = pieces > 1 ? new double[box.Outer * pieces] : null;
        Parallel.Sweep(box.Outer * pieces, Math.Max(1, Chunk / piece), new NarrowBody<T>(x, y, box.N, piece, pieces, parts));
        for (long i = 0; i < box.Outer && parts is not null; i++)
        {
            double total = 0;
            for (long k = 0; k < pieces; k++) total += parts[i * pieces + k];
            y.storage.At<T>(i) = Halves.FromSingle<T>((float)total);
        }
        return y;
    }

    private readonly struct NarrowBody<T>(Tensor x, Tensor y, long n, long piece, long pieces, double[]? parts) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<float> wide = stackalloc float[(int)Math.Min(NarrowBlock, piece)];
            for (long unit = from; unit < to; unit++)
            {
                (long row, long k) = Math.DivRem(unit, pieces);
                double sum = SumOf(x.storage.Span<T>(x.layout.Offset + row * n + k * piece, Math.Min(piece, n - k * piece)), wide);
                if (parts is null) y.storage.At<T>(row) = Halves.FromSingle<T>((float)sum);
                else parts[unit] = sum;
            }
        }

        private static double SumOf(ReadOnlySpan<T> x, Span<float> wide)
        {
            double total = 0;
            for (int i = 0, n; i < x.Length; i += n)
            {
                n = Math.Min(NarrowBlock, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), wide);
                total += SumOfFloats(ref MemoryMarshal.GetReference(wide), n);
            }
            return total;
        }
    }
}
