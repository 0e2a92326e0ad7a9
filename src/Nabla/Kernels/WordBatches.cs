using System.Buffers;

namespace Nabla.Kernels;

/// <summary>What becomes of a generator's words, in place; <see cref="WordBatches.Block"/> at a time, or the last ones.</summary>
internal interface IWords
{
    void Run(Span<float> words);
}

/// <summary>What becomes of pairs of a generator's words, one value of each.</summary>
internal interface IPairs<T>
{
    void Run(ReadOnlySpan<ulong> pairs, Span<T> values);
}

/// <summary>Long random fills: while one thread draws the words of a batch, others transform those of the one before.</summary>
internal static class WordBatches
{
    internal const int Block = 16;
    private const int Batch = 1 << 17, Piece = 1 << 13;

    /// <summary>Draws as many words as there are values, in order, and transforms them. The caller holds the generator's lock.</summary>
    internal static unsafe void Run<TWords>(Generator g, Span<float> values, TWords words) where TWords : struct, IWords
    {
        if (values.Length < 2 * Batch)
        {
            for (int at = 0; at < values.Length; at += Piece / 8)
            {
                Span<float> part = values.Slice(at, Math.Min(Piece / 8, values.Length - at));
                g.Fill(Narrow.Reinterpret<float, uint>(part));
                words.Run(part);
            }
            return;
        }
        fixed (float* first = values)
        {
            g.Fill(new Span<uint>(first, Batch));
            for (int at = 0; at < values.Length; at += Batch)
            {
                int here = Math.Min(Batch, values.Length - at), next = Math.Min(Batch, values.Length - at - here);
                Parallel.For(1 + (here + Piece - 1) / Piece, 1, new Body<TWords>(g, first + at, here, next, words));
            }
        }
    }

    /// <summary>Chunk 0 draws the next batch, the others transform pieces of this one.</summary>
    private readonly unsafe struct Body<TWords>(Generator g, float* batch, int here, int next, TWords words) : IRange
        where TWords : struct, IWords
    {
        public void Run(long from, long to)
        {
            for (int i = (int)from; i < to; i++)
            {
                if (i == 0) g.Fill(new Span<uint>(batch + here, next));
                else words.Run(new Span<float>(batch + (i - 1) * Piece, Math.Min(Piece, here - (i - 1) * Piece)));
            }
        }
    }

    private const int Pairs = 1 << 16, PairPiece = 1 << 11;

    /// <summary>Draws two words for each value, in order, and makes the values of them. The caller holds the generator's lock.</summary>
    internal static unsafe void Run<T, TPairs>(Generator g, Span<T> values, TPairs pairs) where T : unmanaged where TPairs : struct, IPairs<T>
    {
        ulong[] words = ArrayPool<ulong>.Shared.Rent(Math.Min(values.Length, Pairs));
        fixed (T* first = values)
        fixed (ulong* word = words)
        {
            for (int at = 0; at < values.Length; at += Pairs)
            {
                int n = Math.Min(Pairs, values.Length - at);
                g.Fill(new Span<uint>(word, 2 * n));
                Parallel.For(n, PairPiece, new PairBody<T, TPairs>(word, first + at, pairs));
            }
        }
        ArrayPool<ulong>.Shared.Return(words);
    }

    private readonly unsafe struct PairBody<T, TPairs>(ulong* words, T* values, TPairs pairs) : IRange
        where T : unmanaged where TPairs : struct, IPairs<T>
    {
        public void Run(long from, long to) =>
            pairs.Run(new ReadOnlySpan<ulong>(words + from, (int)(to - from)), new Span<T>(values + from, (int)(to - from)));
    }
}
