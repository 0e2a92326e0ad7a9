using System.Collections;

namespace Nabla.Data;

/// <summary>
/// Samples that come one after the other, such as lines of a file: PyTorch's <c>IterableDataset</c>.
/// <para>A <see cref="DataLoader{T, TBatch}"/> with workers reads such a set with one of them, so that nothing is read twice. A set that
/// can be divided overrides <see cref="GetShare"/>; then every worker reads its share, and batches come from the workers in turn, as in
/// PyTorch.</para>
/// </summary>
/// <typeparam name="T">A sample.</typeparam>
public abstract class IterableDataset<T> : IEnumerable<T>
{
    /// <summary>All samples, from the first.</summary>
    public abstract IEnumerator<T> GetEnumerator();

    /// <summary>How many samples there are, or null if that is not known.</summary>
    public virtual long? Count => null;

    /// <summary>A worker's share of the samples, or null (the default) if the set cannot be divided.</summary>
    /// <param name="worker">The worker's number, from 0.</param>
    /// <param name="workers">How many there are.</param>
    public virtual IEnumerator<T>? GetShare(int worker, int workers) => null;

    /// <summary>A set whose samples are f of this one's.</summary>
    public IterableDataset<TOut> Map<TOut>(Func<T, TOut> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new MappedIterable<T, TOut>(this, f);
    }

    /// <summary><see cref="Map"/> under LINQ's name.</summary>
    public IterableDataset<TOut> Select<TOut>(Func<T, TOut> selector) => Map(selector);

    /// <summary>The samples of one set behind those of another.</summary>
    public static ChainDataset<T> operator +(IterableDataset<T> left, IterableDataset<T> right) => new(left, right);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Iterable data sets.</summary>
public static class IterableDataset
{
    /// <summary>The items of a sequence, which is enumerated anew in every epoch.</summary>
    public static IterableDataset<T> Of<T>(IEnumerable<T> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return new SequenceDataset<T>(samples);
    }
}

/// <summary>Iterable data sets one behind the other.</summary>
/// <typeparam name="T">A sample.</typeparam>
public sealed class ChainDataset<T> : IterableDataset<T>
{
    readonly IterableDataset<T>[] datasets;

    /// <summary>All samples of the first set, then those of the next.</summary>
    public ChainDataset(params IEnumerable<IterableDataset<T>> datasets)
    {
        ArgumentNullException.ThrowIfNull(datasets);
        this.datasets = [.. datasets];
    }

    /// <summary>The sum of the sets' counts, or null if one is not known.</summary>
    public override long? Count
    {
        get
        {
            long? sum = 0;
            foreach (var dataset in datasets) sum += dataset.Count;
            return sum;
        }
    }

    /// <inheritdoc/>
    public override IEnumerator<T> GetEnumerator()
    {
        foreach (var dataset in datasets)
            foreach (T sample in dataset)
                yield return sample;
    }
}

internal sealed class SequenceDataset<T>(IEnumerable<T> samples) : IterableDataset<T>
{
    public override long? Count => samples.TryGetNonEnumeratedCount(out int count) ? count : null;
    public override IEnumerator<T> GetEnumerator() => samples.GetEnumerator();
}

internal sealed class MappedIterable<T, TOut>(IterableDataset<T> source, Func<T, TOut> f) : IterableDataset<TOut>
{
    public override long? Count => source.Count;
    public override IEnumerator<TOut> GetEnumerator() => Mapped(source.GetEnumerator());
    public override IEnumerator<TOut>? GetShare(int worker, int workers) =>
        source.GetShare(worker, workers) is { } share ? Mapped(share) : null;

    IEnumerator<TOut> Mapped(IEnumerator<T> samples)
    {
        using (samples)
            while (samples.MoveNext())
                yield return f(samples.Current);
    }
}
