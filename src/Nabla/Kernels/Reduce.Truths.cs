using System.Numerics.Tensors;

namespace Nabla.Kernels;

internal static partial class Reduce
{
    /// <summary>How many elements of a bool tensor are true: int64.</summary>
    internal static Tensor Truths(Tensor x, Dims dims, bool keepDim)
    {
        Tensor y = Tensor.Allocate(Shape(x.layout, dims, keepDim), DType.Int64);
        Fill.Run(y, 0);
        if (x.layout.Count == 0) return y;
        if (!TryBox(x.layout, dims, out Box box))
        {
            x = Rows(x, dims);
            box = new(x.layout.shape[0], x.layout.shape[1], 1);
        }
        if (box.Inner > 1)
        {
            long tiles = (box.Inner + Tile - 1) / Tile;
            Parallel.Sweep(box.Outer * tiles, Math.Max(1, Chunk / (box.N * Math.Min(box.Inner, Tile))), new TruthColumns(x, y, box, tiles));
        }
        else if (box.N >= 2 * Chunk && box.Outer < 8)
        {
            for (long i = 0; i < box.Outer; i++)
            {
                long[] parts = new long[Parallel.Chunks(box.N, Chunk)];
                Parallel.Sweep(box.N, Chunk, new TruthChunks(x, x.layout.Offset + i * box.N, parts));
                foreach (long part in parts) y.storage.At<long>(i) += part;
            }
        }
        else Parallel.Sweep(box.Outer, Math.Max(1, Chunk / box.N), new TruthRows(x, y, box.N));
        return y;
    }

    private readonly struct TruthChunks(Tensor x, long at, long[] parts) : IRange
    {
        public void Run(long from, long to) => parts[from / Chunk] = Masks.Ones(ref x.storage.At<byte>(at + from), (nint)(to - from));
    }

    private readonly struct TruthRows(Tensor x, Tensor y, long n) : IRange
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
                y.storage.At<long>(i) = Masks.Ones(ref x.storage.At<byte>(x.layout.Offset + i * n), (nint)n);
        }
    }

    private readonly struct TruthColumns(Tensor x, Tensor y, Box box, long tiles) : IRange
    {
        public void Run(long from, long to)
        {
            Span<byte> part = stackalloc byte[Tile];
            for (long unit = from; unit < to; unit++)
            {
                (long outer, long tile) = Math.DivRem(unit, tiles);
                long at = x.layout.Offset + outer * box.N * box.Inner + tile * Tile;
                int width = (int)Math.Min(Tile, box.Inner - tile * Tile);
                Span<byte> sums = part[..width];
                Span<long> total = y.storage.Span<long>(outer * box.Inner + tile * Tile, width);
                // Bytes hold sums of up to 255 ones.
                for (long first = 0; first < box.N; first += byte.MaxValue)
                {
                    sums.Clear();
                    for (long i = first; i < Math.Min(box.N, first + byte.MaxValue); i++)
                        TensorPrimitives.Add<byte>(sums, x.storage.Span<byte>(at + i * box.Inner, width), sums);
                    for (int j = 0; j < width; j++) total[j] += sums[j];
                }
            }
        }
    }
}
