using System.Collections;

namespace Nabla.Data;

/// <summary>What has a length: a data set or a sampler.</summary>
public interface ISized
{
    /// <summary>How many samples there are.</summary>
    long Count { get; }
}

/// <summary>
/// Samples that can be read in any order, by their index: PyTorch's map-style <c>torch.utils.data.Dataset</c>. A derived class gives
/// <see cref="Count"/> and <see cref="this[long]"/>; a <see cref="DataLoader{T, TBatch}"/> with workers reads from several threads at
/// once.
/// </summary>
/// <typeparam name="T">A sample: a tensor, a tuple such as <c>(Tensor, long)</c>, a record, a dictionary.</typeparam>
public abstract class Dataset<T> : IEnumerable<T>, ISized
{
    /// <summary>How many samples there are; the same at every call of an epoch.</summary>
    public abstract long Count { get; }

    /// <summary>The sample at an index from 0 to <see cref="Count"/> - 1. The library's own sets also count negative ones from the
    /// end.</summary>
    public abstract T this[long index] { get; }

    /// <summary>The samples at the given indices, in their order: <c>data.Subset([4, 2, 0])</c>.</summary>
    /// <param name="indices">Indices in this set; one may occur more than once.</param>
    public Subset<T> Subset(IReadOnlyList<long> indices) => new(this, indices);

    /// <summary>A set whose samples are f of this one's, computed whenever they are read.</summary>
    /// <param name="f">Called on the thread that reads: with workers on theirs.</param>
    public Dataset<TOut> Map<TOut>(Func<T, TOut> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new FunctionDataset<TOut>(this, i => f(this[i]));
    }

    /// <summary><see cref="Map"/> under LINQ's name: <c>from sample in data select f(sample)</c>.</summary>
    public Dataset<TOut> Select<TOut>(Func<T, TOut> selector) => Map(selector);

    /// <summary>
    /// Disjoint random parts of given lengths: PyTorch's <c>random_split</c>. One permutation of all indices is drawn and cut into
    /// parts.
    /// </summary>
    /// <param name="lengths">The lengths, in sum <see cref="Count"/>.</param>
    /// <param name="generator">The source of the permutation; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentException">The lengths are negative or have another sum.</exception>
    public Subset<T>[] RandomSplit(IReadOnlyList<long> lengths, Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        long sum = 0, count = Count;
        foreach (long length in lengths)
        {
            if (length < 0) Throw.Range(nameof(lengths), length, $"RandomSplit: the length {length} is negative.");
            sum = checked(sum + length);
        }
        if (sum != count) DataErrors.Argument("Sum of input lengths does not equal the length of the input dataset! The lengths " +
            $"[{string.Join(", ", lengths)}] sum up to {sum}, and the data set has {count} samples.", nameof(lengths));
        long[] order = Tensor.RandPerm(count, generator: generator).ToArray<long>();
        var parts = new Subset<T>[lengths.Count];
        int at = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = new(this, order[at..(at + (int)lengths[i])]);
            at += (int)lengths[i];
        }
        return parts;
    }

    /// <summary>
    /// Disjoint random parts of given shares: part i gets floor(share_i * Count) samples, and what remains goes to the parts in turn,
    /// one sample each, from the first on; as in PyTorch's <c>random_split</c>.
    /// </summary>
    /// <param name="fractions">Shares in [0, 1], in sum 1.</param>
    /// <param name="generator">The source of the permutation; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentException">A share is not in [0, 1], or their sum is not 1.</exception>
    public Subset<T>[] RandomSplit(IReadOnlyList<double> fractions, Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(fractions);
        for (int i = 0; i < fractions.Count; i++)
            if (!(fractions[i] is >= 0 and <= 1))
                Throw.Range(nameof(fractions), fractions[i], $"Fraction at index {i} is not between 0 and 1.");
        double sum = Dataset.Sum(fractions);
        if (!(sum <= 1 && sum >= 1 - 1e-9)) DataErrors.Argument("Sum of input lengths does not equal the length of the input dataset! " +
            FormattableString.Invariant($"The fractions sum up to {sum}, not to 1."), nameof(fractions));
        long count = Count, rest = count;
        long[] lengths = new long[fractions.Count];
        for (int i = 0; i < lengths.Length; i++) rest -= lengths[i] = (long)Math.Floor(count * fractions[i]);
        for (int i = 0; i < rest; i++) lengths[i % lengths.Length]++;
        return RandomSplit(lengths, generator);
    }

    /// <summary>The samples of one set behind those of another.</summary>
    public static ConcatDataset<T> operator +(Dataset<T> left, Dataset<T> right) => new(left, right);

    /// <summary>All samples, in order.</summary>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Data sets made of lists, functions and other sets.</summary>
public static class Dataset
{
    /// <summary>The items of a list as samples; the list is not copied.</summary>
    public static Dataset<T> Of<T>(IReadOnlyList<T> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return new ListDataset<T>(samples);
    }

    /// <summary>Samples computed from their index whenever they are read.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="sample">The sample at an index; with workers called on several threads.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static Dataset<T> Of<T>(long count, Func<long, T> sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return new FunctionDataset<T>(new Sized(count), sample);
    }

    /// <summary>An index counted from the start, checked.</summary>
    internal static long At(long index, long count)
    {
        if (index < -count || index >= count)
            Throw.Range(nameof(index), index, $"index {index} is out of bounds for dimension 0 with size {count}: the data set has " +
                $"{count} samples.");
        return index < 0 ? index + count : index;
    }

    /// <summary>A sum with A. Neumaier's compensation, as Python's own.</summary>
    internal static double Sum(IReadOnlyList<double> values)
    {
        double sum = 0, lost = 0;
        foreach (double x in values)
        {
            double t = sum + x;
            lost += Math.Abs(sum) >= Math.Abs(x) ? sum - t + x : x - t + sum;
            sum = t;
        }
        return sum + lost;
    }
}

/// <summary>A length alone.</summary>
internal sealed class Sized : ISized
{
    internal Sized(long count)
    {
        if (count < 0) Throw.Range(nameof(count), count, $"A data set has at least 0 samples, but got count={count}.");
        Count = count;
    }

    public long Count { get; }
}

internal sealed class ListDataset<T>(IReadOnlyList<T> samples) : Dataset<T>
{
    public override long Count => samples.Count;
    public override T this[long index] => samples[(int)Dataset.At(index, samples.Count)];
}

internal sealed class FunctionDataset<T>(ISized size, Func<long, T> sample) : Dataset<T>
{
    public override long Count => size.Count;
    public override T this[long index] => sample(Dataset.At(index, Count));
}
