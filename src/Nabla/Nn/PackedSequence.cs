using System.Runtime.CompilerServices;

namespace Nabla.Nn;

/// <summary>Sequences of different lengths without padding, step by step: what
/// <see cref="Utils.PackPaddedSequence(Tensor, IReadOnlyList{long}, bool, bool)"/> and <see cref="Utils.PackSequence"/> make and recurrent
/// layers take.</summary>
/// <param name="Data">The values, (sum of lengths, ...): those of the first step, then those of the second, and so on.</param>
/// <param name="BatchSizes">How many sequences have each step, int64.</param>
/// <param name="SortedIndices">The sequences' numbers, from long to short; null if they were given in this order.</param>
/// <param name="UnsortedIndices">The places of the sequences in this order; null likewise.</param>
public sealed record PackedSequence(Tensor Data, Tensor BatchSizes, Tensor? SortedIndices = null, Tensor? UnsortedIndices = null)
    : ITree<PackedSequence>
{
    /// <inheritdoc/>
    public PackedSequence Map(Func<Tensor, Tensor> f) => this with
    {
        Data = f(Data),
        BatchSizes = f(BatchSizes),
        SortedIndices = SortedIndices is null ? null : f(SortedIndices),
        UnsortedIndices = UnsortedIndices is null ? null : f(UnsortedIndices),
    };

    /// <summary>The same sequences with values of another type.</summary>
    public PackedSequence To(DType dtype) => Data.DType == dtype ? this : this with { Data = Data.To(dtype) };
}

public static partial class Utils
{
    /// <summary>Packs padded sequences.</summary>
    /// <param name="input">(L, N, ...), or (N, L, ...) if batch first.</param>
    /// <param name="lengths">Each sequence's length.</param>
    /// <param name="batchFirst">Whether the sequences are the first dimension.</param>
    /// <param name="enforceSorted">Fail if the lengths increase. Otherwise the sequences are sorted.</param>
    /// <exception cref="ShapeException">There is nothing to pack, or not a length for each sequence.</exception>
    /// <exception cref="ArgumentException">A length is not positive, longer than the input, or longer than the one before.</exception>
    [OverloadResolutionPriority(1)]
    public static PackedSequence PackPaddedSequence(Tensor input, IReadOnlyList<long> lengths, bool batchFirst = false,
        bool enforceSorted = true)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(lengths);
        if (input.NDim < 2) Throw.Shapes($"input must have a dimension of steps and one of sequences, but it has shape {input.Shape}.");
        if (input.NumElements == 0) Throw.Shapes("Cannot pack empty tensors.");
        long items = input.Size(batchFirst ? 0 : 1), steps = input.Size(batchFirst ? 1 : 0);
        if (lengths.Count != items)
            Throw.Shapes($"Expected `len(lengths)` to be equal to batch_size, but got {lengths.Count} (batch_size={items})");
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        if (!enforceSorted) order = [.. order.OrderByDescending(i => lengths[i])];
        for (int i = 0; i < order.Length; i++)
        {
            long length = lengths[order[i]];
            if (length <= 0) throw new ArgumentException("Length of all samples has to be greater than 0, but found an element in " +
                $"'lengths' that is <= 0: {length}", nameof(lengths));
            if (length > steps) throw new ArgumentException($"Lengths cannot exceed the input's {steps} steps, but found {length}.",
                nameof(lengths));
            if (i > 0 && length > lengths[order[i - 1]]) throw new ArgumentException("`lengths` array must be sorted in decreasing order " +
                "when `enforce_sorted` is True. You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to " +
                "sidestep this requirement if you do not need ONNX exportability.", nameof(lengths));
        }
        List<long> places = [], sizes = [];
        for (long t = 0; t < lengths[order[0]]; t++)
        {
            int n = 0;
            for (; n < order.Length && lengths[order[n]] > t; n++) places.Add(batchFirst ? order[n] * steps + t : t * items + order[n]);
            sizes.Add(n);
        }
        Tensor data = input.Flatten(0, 1).IndexSelect(0, Tensor.From<long>([.. places]));
        Tensor? sorted = enforceSorted ? null : Tensor.From<long>([.. order.Select(static i => (long)i)]);
        return new(data, Tensor.From<long>([.. sizes]), sorted, InvertPermutation(sorted));
    }

    /// <inheritdoc cref="PackPaddedSequence(Tensor, IReadOnlyList{long}, bool, bool)"/>
    public static PackedSequence PackPaddedSequence(Tensor input, Tensor lengths, bool batchFirst = false, bool enforceSorted = true)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        return PackPaddedSequence(input, lengths.To(DType.Int64).ToArray<long>(), batchFirst, enforceSorted);
    }

    /// <summary>Pads packed sequences to the length of the longest.</summary>
    /// <param name="sequence">The sequences.</param>
    /// <param name="batchFirst">Whether the result's first dimension is that of the sequences.</param>
    /// <param name="paddingValue">What stands behind the shorter ones.</param>
    /// <param name="totalLength">Pad to this length instead.</param>
    /// <returns>(L, N, ...), or (N, L, ...) if batch first, and the lengths, int64.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The total length is less than that of the longest sequence.</exception>
    public static (Tensor Output, Tensor Lengths) PadPackedSequence(PackedSequence sequence, bool batchFirst = false,
        double paddingValue = 0, long? totalLength = null)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        long[] sizes = sequence.BatchSizes.ToArray<long>();
        long steps = totalLength ?? sizes.Length;
        if (steps < sizes.Length) Throw.Range(nameof(totalLength), totalLength, "Expected total_length to be at least the length of the " +
            $"longest sequence in input, but got total_length={totalLength} and max sequence length being {sizes.Length}");
        long items = sizes.Length == 0 ? 0 : sizes[0];
        long[] order = sequence.SortedIndices?.ToArray<long>() ?? [], lengths = new long[items];
        List<long> places = [];
        for (int t = 0; t < sizes.Length; t++)
            for (long n = 0; n < sizes[t]; n++)
            {
                long item = order.Length == 0 ? n : order[n];
                places.Add(batchFirst ? item * steps + t : t * items + item);
                lengths[item]++;
            }
        Tensor data = sequence.Data;
        long[] rest = [.. data.Shape.Skip(1)];
        Tensor y = Tensor.Full([items * steps, .. rest], paddingValue, data.DType)
            .IndexCopy(0, Tensor.From<long>([.. places]), data);
        return (y.Reshape(batchFirst ? [items, steps, .. rest] : [steps, items, .. rest]), Tensor.From<long>(lengths));
    }

    /// <summary>Joins sequences of different lengths in one tensor.</summary>
    /// <param name="sequences">(L_i, ...) each, alike in the other dimensions.</param>
    /// <param name="batchFirst">Whether the result's first dimension is that of the sequences.</param>
    /// <param name="paddingValue">What fills the shorter ones.</param>
    /// <param name="paddingSide">"right": behind them, or "left": before them.</param>
    /// <returns>(L, N, ...), or (N, L, ...) if batch first.</returns>
    /// <exception cref="ShapeException">The sequences differ in other dimensions.</exception>
    /// <exception cref="ArgumentException">There are no sequences, or no such side.</exception>
    public static Tensor PadSequence(IReadOnlyList<Tensor> sequences, bool batchFirst = false, double paddingValue = 0,
        string paddingSide = "right")
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (sequences.Count == 0) throw new ArgumentException("received an empty list of sequences", nameof(sequences));
        if (paddingSide is not ("left" or "right")) throw new ArgumentException("Expected padding_side to be one of left or right, but " +
            $"got {paddingSide}.", nameof(paddingSide));
        Tensor first = sequences[0];
        foreach (Tensor s in sequences)
        {
            if (s.NDim == 0) Throw.Shapes("a sequence must have a dimension of steps, but one is a 0-d tensor.");
            if (s.NDim != first.NDim || !s.Shape.Skip(1).SequenceEqual(first.Shape.Skip(1)))
                Throw.Shapes($"sequences must be alike in all dimensions but the first, but have shapes {first.Shape} and {s.Shape}.");
        }
        long steps = sequences.Max(static s => s.Size(0));
        Tensor[] padded = [.. sequences.Select(s =>
        {
            if (s.Size(0) == steps) return s;
            Tensor more = Tensor.Full([steps - s.Size(0), .. s.Shape.Skip(1)], paddingValue, s.DType);
            return Tensor.Cat(paddingSide == "right" ? [s, more] : [more, s]);
        })];
        return Tensor.Stack(padded, batchFirst ? 0 : 1);
    }

    /// <summary>The sequences in a padded tensor, without padding.</summary>
    /// <param name="paddedSequences">(L, N, ...), or (N, L, ...) if batch first.</param>
    /// <param name="lengths">Each sequence's length.</param>
    /// <param name="batchFirst">Whether the sequences are the first dimension.</param>
    public static Tensor[] UnpadSequence(Tensor paddedSequences, Tensor lengths, bool batchFirst = false)
    {
        ArgumentNullException.ThrowIfNull(paddedSequences);
        ArgumentNullException.ThrowIfNull(lengths);
        if (paddedSequences.NDim < 2)
            Throw.Shapes($"padded sequences must have a dimension of steps and one of sequences, but have shape {paddedSequences.Shape}.");
        long steps = paddedSequences.Size(batchFirst ? 1 : 0);
        return [.. paddedSequences.Unbind(batchFirst ? 0 : 1).Zip(lengths.To(DType.Int64).ToArray<long>(),
            (s, length) => s.Narrow(0, 0, Math.Clamp(length, 0, steps)).Clone())];
    }

    /// <summary>Packs sequences of different lengths.</summary>
    /// <param name="sequences">(L_i, ...) each, alike in the other dimensions.</param>
    /// <param name="enforceSorted">Fail if the lengths increase. Otherwise the sequences are sorted.</param>
    /// <inheritdoc cref="PackPaddedSequence(Tensor, IReadOnlyList{long}, bool, bool)" path="/exception"/>
    public static PackedSequence PackSequence(IReadOnlyList<Tensor> sequences, bool enforceSorted = true)
    {
        Tensor padded = PadSequence(sequences);
        return PackPaddedSequence(padded, [.. sequences.Select(static s => s.Size(0))], enforceSorted: enforceSorted);
    }

    /// <summary>The sequences in a packed one.</summary>
    public static Tensor[] UnpackSequence(PackedSequence packedSequences)
    {
        (Tensor y, Tensor lengths) = PadPackedSequence(packedSequences, batchFirst: true);
        return UnpadSequence(y, lengths, batchFirst: true);
    }

    /// <summary>The permutation that undoes one; null for null.</summary>
    public static Tensor? InvertPermutation(Tensor? permutation)
    {
        if (permutation is null) return null;
        long[] p = permutation.To(DType.Int64).ToArray<long>(), inverse = new long[p.Length];
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] < 0 || p[i] >= p.Length)
                Throw.Range(nameof(permutation), p[i], $"index {p[i]} is out of bounds for dimension 0 with size {p.Length}");
            inverse[p[i]] = i;
        }
        return Tensor.From<long>(inverse);
    }
}
