using System.Collections;

namespace Nabla.Data;

/// <summary>
/// The order in which samples are read: indices (<c>Sampler&lt;long&gt;</c>) or batches of them (<c>Sampler&lt;long[]&gt;</c>). Every
/// enumeration is one epoch.
/// </summary>
/// <typeparam name="T">What is drawn.</typeparam>
public abstract class Sampler<T> : IEnumerable<T>, ISized
{
    /// <summary>How many indices, or batches, an epoch has.</summary>
    public abstract long Count { get; }

    /// <summary>The indices, or batches, of one epoch.</summary>
    public abstract IEnumerator<T> GetEnumerator();

    /// <summary>
    /// What the epoch begun last needs to run again with the same indices: nothing for an order that is always the same.
    /// </summary>
    public virtual OrderedDictionary<string, object?> StateDict() => [];

    /// <summary>Makes the next enumeration run as the one that <see cref="StateDict"/> told of.</summary>
    /// <exception cref="ArgumentException">The state is of another kind.</exception>
    public virtual void LoadStateDict(IDictionary state) { }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The indices 0, 1, 2, ... of a data set.</summary>
public sealed class SequentialSampler : Sampler<long>
{
    readonly ISized source;

    /// <summary>All indices of a data set, in order.</summary>
    public SequentialSampler(ISized dataSource)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        source = dataSource;
    }

    /// <summary>The indices from 0 to count - 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public SequentialSampler(long count) : this(new Sized(count)) { }

    /// <inheritdoc/>
    public override long Count => source.Count;

    /// <inheritdoc/>
    public override IEnumerator<long> GetEnumerator()
    {
        for (long i = 0, n = source.Count; i < n; i++) yield return i;
    }
}

/// <summary>A sampler that draws from a generator: the state in which an epoch began says its order.</summary>
public abstract class DrawingSampler : Sampler<long>
{
    byte[]? begun, again;

    private protected DrawingSampler(Generator? generator) => Generator = generator;

    /// <summary>The source given; null for <see cref="Generator.Default"/>.</summary>
    public Generator? Generator { get; }

    /// <summary>The source of an epoch that begins now: the one given, or that of <paramref name="otherwise"/>; in the state loaded, if
    /// one was.</summary>
    private protected Generator Begin(Func<Generator> otherwise)
    {
        Generator g;
        if (again is { } state)
        {
            g = Generator ?? new Generator { Flavor = Generator.Default.Flavor };
            g.SetState(state);
            again = null;
        }
        else g = Generator ?? otherwise();
        begun = g.GetState();
        return g;
    }

    /// <summary>The generator's state in which the epoch begun last started, under "generator".</summary>
    public override OrderedDictionary<string, object?> StateDict() =>
        new() { ["generator"] = (again ?? begun) is { } state ? Tensor.From(state) : null };

    /// <summary>
    /// Makes the next enumeration begin in the state given. A generator of the sampler's own is set to it; the default one is not
    /// touched.
    /// </summary>
    /// <exception cref="ArgumentException">The state has no "generator", or it is no generator's.</exception>
    public override void LoadStateDict(IDictionary state) => again = LoaderState.Bytes(state, "generator");
}

/// <summary>
/// All indices in random order, or indices drawn with replacement: PyTorch's <c>RandomSampler</c>, draw for draw.
/// <para>Without a generator every epoch draws a seed from <see cref="Generator.Default"/> when its first index is asked for, and
/// permutes with a generator of that seed. With replacement indices are drawn 32 at a time, when they are needed.</para>
/// </summary>
public sealed class RandomSampler : DrawingSampler
{
    readonly ISized source;
    readonly long? samples;

    /// <summary>Random indices of a data set.</summary>
    /// <param name="dataSource">The data set.</param>
    /// <param name="replacement">Whether an index may be drawn again before all have been.</param>
    /// <param name="numSamples">How many indices an epoch has; as many as samples by default. Without replacement more of them are
    /// further permutations.</param>
    /// <param name="generator">The source; by default <see cref="Generator.Default"/> gives each epoch a seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of samples is not positive.</exception>
    public RandomSampler(ISized dataSource, bool replacement = false, long? numSamples = null, Generator? generator = null)
        : base(generator)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        if (numSamples <= 0) Throw.Range(nameof(numSamples), numSamples,
            $"num_samples should be a positive integer value, but got num_samples={numSamples}");
        (source, samples, Replacement) = (dataSource, numSamples, replacement);
    }

    /// <summary>Random indices from 0 to count - 1.</summary>
    /// <inheritdoc cref="RandomSampler(ISized, bool, long?, Generator?)"/>
    /// <param name="count">How many indices there are.</param>
    /// <param name="replacement">Whether an index may be drawn again before all have been.</param>
    /// <param name="numSamples">How many indices an epoch has.</param>
    /// <param name="generator">The source.</param>
    public RandomSampler(long count, bool replacement = false, long? numSamples = null, Generator? generator = null)
        : this(new Sized(count), replacement, numSamples, generator) { }

    /// <summary>Whether an index may be drawn again before all have been.</summary>
    public bool Replacement { get; }

    /// <inheritdoc/>
    public override long Count => samples ?? source.Count;

    /// <inheritdoc/>
    public override IEnumerator<long> GetEnumerator()
    {
        long n = source.Count, left = Count;
        Generator g = Begin(static () => new Generator((ulong)Seed(null)) { Flavor = Generator.Default.Flavor });
        if (n == 0 && left > 0) Throw.State($"RandomSampler: the data set is empty, and num_samples={left} indices are asked for.");
        while (left > 0)
        {
            long[] chunk = Replacement ? new long[Math.Min(32, left)] : new long[n];
            if (Replacement) RandomKernels.Random(g, chunk.AsSpan(), 0, n);
            else RandomKernels.RandPerm(g, chunk.AsSpan());
            for (int i = 0; i < chunk.Length && left > 0; i++, left--) yield return chunk[i];
        }
        // PyTorch permutes once more for the last, unfinished round, even if that round has no sample.
        if (!Replacement && n > 0 && Count % n == 0) RandomKernels.RandPerm(g, new long[n].AsSpan());
    }

    /// <summary>PyTorch's <c>torch.empty((), dtype=torch.int64).random_()</c>.</summary>
    internal static long Seed(Generator? generator)
    {
        Span<long> seed = stackalloc long[1];
        RandomKernels.Random(generator ?? Generator.Default, seed);
        return seed[0];
    }
}

/// <summary>Given indices in random order: PyTorch's <c>SubsetRandomSampler</c>.</summary>
public sealed class SubsetRandomSampler : DrawingSampler
{
    readonly IReadOnlyList<long> indices;

    /// <summary>Random order of given indices.</summary>
    /// <param name="indices">The indices.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    public SubsetRandomSampler(IReadOnlyList<long> indices, Generator? generator = null) : base(generator)
    {
        ArgumentNullException.ThrowIfNull(indices);
        this.indices = indices;
    }

    /// <inheritdoc/>
    public override long Count => indices.Count;

    /// <inheritdoc/>
    public override IEnumerator<long> GetEnumerator()
    {
        long[] order = new long[indices.Count];
        RandomKernels.RandPerm(Begin(static () => Generator.Default), order.AsSpan());
        foreach (long i in order) yield return indices[(int)i];
    }
}
