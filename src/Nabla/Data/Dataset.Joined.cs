namespace Nabla.Data;

/// <summary>Chosen samples of a data set, in a chosen order.</summary>
/// <typeparam name="T">A sample.</typeparam>
public sealed class Subset<T> : Dataset<T>
{
    /// <summary>The samples of a set at given indices.</summary>
    /// <param name="dataset">The whole set.</param>
    /// <param name="indices">Indices in the whole set; the list is not copied, and an index is checked when it is read.</param>
    public Subset(Dataset<T> dataset, IReadOnlyList<long> indices)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(indices);
        (Whole, Indices) = (dataset, indices);
    }

    /// <summary>The whole set.</summary>
    public Dataset<T> Whole { get; }

    /// <summary>The indices in the whole set.</summary>
    public IReadOnlyList<long> Indices { get; }

    /// <inheritdoc/>
    public override long Count => Indices.Count;

    /// <inheritdoc/>
    public override T this[long index] => Whole[Indices[(int)Dataset.At(index, Indices.Count)]];
}

/// <summary>Data sets one behind the other.</summary>
/// <typeparam name="T">A sample.</typeparam>
public sealed class ConcatDataset<T> : Dataset<T>
{
    readonly Dataset<T>[] datasets;
    readonly long[] ends;

    /// <summary>All samples of the first set, then those of the next.</summary>
    /// <param name="datasets">At least one set; their counts are taken now.</param>
    /// <exception cref="ArgumentException">There is no set.</exception>
    public ConcatDataset(params IEnumerable<Dataset<T>> datasets)
    {
        ArgumentNullException.ThrowIfNull(datasets);
        this.datasets = [.. datasets];
        if (this.datasets.Length == 0) DataErrors.Argument("datasets should not be an empty iterable", nameof(datasets));
        ends = new long[this.datasets.Length];
        long end = 0;
        for (int i = 0; i < ends.Length; i++) ends[i] = end = checked(end + this.datasets[i].Count);
    }

    /// <summary>The sets.</summary>
    public IReadOnlyList<Dataset<T>> Datasets => datasets;

    /// <summary>The number of samples in the first set, in the first two, and so on.</summary>
    public IReadOnlyList<long> CumulativeSizes => ends;

    /// <inheritdoc/>
    public override long Count => ends[^1];

    /// <inheritdoc/>
    public override T this[long index]
    {
        get
        {
            if (index < -Count)
                Throw.Range(nameof(index), index, $"absolute value of index should not exceed dataset length: {index} of {Count} samples.");
            long at = Dataset.At(index, Count);
            int part = Array.BinarySearch(ends, at + 1);
            if (part < 0) part = ~part;
            while (part > 0 && ends[part - 1] == ends[part]) part--; // an end may occur again where a set is empty
            return datasets[part][part == 0 ? at : at - ends[part - 1]];
        }
    }
}

/// <summary>Data sets side by side: sample i has sample i of each.</summary>
public static class StackDataset
{
    /// <summary>Pairs of the samples of two sets.</summary>
    /// <exception cref="ArgumentException">The sets have different counts.</exception>
    public static Dataset<(T1, T2)> Of<T1, T2>(Dataset<T1> first, Dataset<T2> second) =>
        Stacked([first, second], i => (first[i], second[i]));

    /// <summary>Triples of the samples of three sets.</summary>
    /// <exception cref="ArgumentException">The sets have different counts.</exception>
    public static Dataset<(T1, T2, T3)> Of<T1, T2, T3>(Dataset<T1> first, Dataset<T2> second, Dataset<T3> third) =>
        Stacked([first, second, third], i => (first[i], second[i], third[i]));

    /// <summary>Dictionaries with the samples of named sets.</summary>
    /// <exception cref="ArgumentException">There is no set, or the sets have different counts.</exception>
    public static Dataset<Dictionary<string, T>> Of<T>(IReadOnlyDictionary<string, Dataset<T>> datasets)
    {
        ArgumentNullException.ThrowIfNull(datasets);
        return Stacked([.. datasets.Values], i =>
        {
            var sample = new Dictionary<string, T>(datasets.Count);
            foreach (var (name, dataset) in datasets) sample.Add(name, dataset[i]);
            return sample;
        });
    }

    static FunctionDataset<T> Stacked<T>(ISized[] parts, Func<long, T> sample)
    {
        if (parts.Length == 0) DataErrors.Argument("At least one dataset should be passed", nameof(parts));
        foreach (ISized part in parts)
        {
            ArgumentNullException.ThrowIfNull(part);
            if (part.Count != parts[0].Count) DataErrors.Argument("Size mismatch between datasets: they have " +
                $"{string.Join(", ", parts.Select(static p => p.Count))} samples.", nameof(parts));
        }
        return new(parts[0], sample);
    }
}
