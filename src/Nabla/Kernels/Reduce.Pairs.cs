using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal static partial class Reduce
{
    private const int PairChunk = 1 << 14;

    /// <summary>The sum or mean of op(x, y) over the last dimensions: terms are made and summed in the first-level cache.</summary>
    internal static Tensor Pairs<TZip>(TZip op, Tensor x, Tensor y, int rank, bool mean) where TZip : struct, IFloatZip<TZip>
    {
        if (x.dtype.Accumulator() != x.dtype)
            return Copy.Cast(Pairs(op, Copy.Cast(x, DType.Float32), Copy.Cast(y, DType.Float32), rank, mean), x.dtype);
        Tensor z = Tensor.Allocate(rank == x.Rank ? Layout.Scalar : new Layout(x.layout.shape[..^rank]), x.dtype);
        (x, y) = (Copy.Contiguous(x), Copy.Contiguous(y));
        long n = Count(x.layout, Dims.All(rank));
        double[] parts = new double[Math.Max(1, Parallel.Chunks(n, PairChunk))];
        for (long i = 0; i < z.layout.Count; i++)
        {
            PairBody<TZip> body = new(op, x, y, i * n, parts);
            if (n <= PairChunk) body.Run(0, n);
            else Parallel.For(n, PairChunk, body);
            double total = 0;
            foreach (double part in parts) total += part;
            Set(z, i, mean ? total / n : total);
        }
        return z;
    }

    private readonly struct PairBody<TZip>(TZip op, Tensor x, Tensor y, long at, double[] parts) : IRange where TZip : struct,
        IFloatZip<TZip>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            double total = 0;
            for (long i = from; i < to; i += Map.Chunk)
            {
                int n = (int)Math.Min(Map.Chunk, to - i);
                total += x.dtype == DType.Float32 ? Terms<float>(at + i, n) : Terms<double>(at + i, n);
            }
            parts[from / PairChunk] = total;
        }

        private double Terms<T>(long i, int n) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        {
            Span<T> terms = stackalloc T[Map.Chunk];
            terms = terms[..n];
            op.Run(x.storage.Span<T>(x.layout.Offset + i, n), y.storage.Span<T>(y.layout.Offset + i, n), terms);
            return double.CreateTruncating(Neighbours<SumOf<T>, T, T>(ref terms[0], n));
        }
    }
}
