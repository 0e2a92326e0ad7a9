using System.Collections;

namespace Nabla.Data;

/// <summary>Data whose epochs can be asked about and given up.</summary>
internal interface IEpochs
{
    /// <summary>Whether a state was loaded from which no epoch has gone on yet.</summary>
    bool IsLoaded { get; }

    /// <summary>Whether the epoch under way has given its last batch, as far as that can be known without asking for another.</summary>
    bool AllDelivered { get; }

    /// <summary>Gives up the epoch under way, or the place loaded: the next enumeration begins an epoch.</summary>
    void Leave();
}

public sealed partial class DataLoader<T, TBatch> : IEpochs
{
    LoaderEpoch<T, TBatch>? latest;
    long epochs, resumeAt = -1, baseSeed;
    bool seeded;

    /// <summary>How many epochs were begun.</summary>
    public long Epoch => epochs;

    /// <summary>
    /// The place in the data, to go on from there: the number of the epoch, how many of its batches were delivered, its base seed, and the
    /// generator's state in which its order was drawn. Of a few kilobytes whatever the data set's size.
    /// <para>The state of <see cref="Generator.Default"/> is not part of it: save that too (<see cref="Generator.GetState"/>), as for
    /// everything else that draws from it. What a data set draws in workers begins anew with their seeds.</para>
    /// </summary>
    /// <returns>"epoch", "in_epoch", "batches", "base_seed", "sampler" and "generator".</returns>
    public OrderedDictionary<string, object?> StateDict()
    {
        bool loaded = resumeAt >= 0, inside = loaded || latest is { Ended: false };
        return new()
        {
            ["epoch"] = epochs,
            ["in_epoch"] = inside,
            ["batches"] = loaded ? resumeAt : inside ? latest!.Delivered : 0L,
            ["base_seed"] = seeded ? baseSeed : null,
            ["sampler"] = loaded || latest is { Ended: false, Begun: true } ? Order?.StateDict() : null,
            ["generator"] = Generator is null ? null : Tensor.From(Generator.GetState()),
        };
    }

    /// <summary>
    /// Makes the next epoch go on where <see cref="StateDict"/> was taken: the same order, without the batches delivered before. Indexed
    /// samples are not read again; a stream is read from its start to the place.
    /// </summary>
    /// <param name="stateDict">What <see cref="StateDict"/> gave, for the same data set and options.</param>
    /// <exception cref="ArgumentException">An entry is missing or of another kind; nothing has changed then.</exception>
    public void LoadStateDict(IDictionary stateDict)
    {
        long epoch = LoaderState.Int64(stateDict, "epoch"), batches = LoaderState.Int64(stateDict, "batches");
        bool inside = LoaderState.Bool(stateDict, "in_epoch");
        if (epoch < 0 || batches < 0) Throw.Range(nameof(stateDict), Math.Min(epoch, batches), "LoadStateDict: a count is negative.");
        IDictionary? order = LoaderState.Dictionary(stateDict, "sampler");
        byte[]? generator = LoaderState.Bytes(stateDict, "generator");
        long? seed = stateDict["base_seed"] is null ? null : LoaderState.Int64(stateDict, "base_seed");
        if (inside && seed is null) DataErrors.Argument("LoadStateDict: in an epoch \"base_seed\" should be an integer, but got null.",
            nameof(stateDict));
        if (order is not null) Order?.LoadStateDict(order);
        if (generator is not null) Generator?.SetState(generator);
        (epochs, resumeAt, latest) = (epoch, inside ? batches : -1, null);
        (seeded, baseSeed) = (seed is not null, seed ?? 0);
    }

    bool IEpochs.IsLoaded => resumeAt >= 0;

    bool IEpochs.AllDelivered => latest is { } epoch && map is not null &&
        epoch.Delivered >= (batchSampler is null ? LoaderState.Known(sampler!) : LoaderState.Known(batchSampler));

    void IEpochs.Leave() => (latest, resumeAt) = (null, -1);

    DrawingOrder? Order => batchSampler is Sampler<long[]> batches ? new(batches.StateDict, batches.LoadStateDict)
        : sampler is Sampler<long> one ? new(one.StateDict, one.LoadStateDict) : null;

    LoaderEpoch<T, TBatch> Begin(CancellationToken token)
    {
        long skip = 0;
        if (resumeAt >= 0) (skip, resumeAt) = (resumeAt, -1);
        else
        {
            // PyTorch draws it when an iterator is made, and persistent workers keep theirs.
            if (!(seeded && PersistentWorkers)) baseSeed = RandomSampler.Seed(Generator);
            seeded = true;
            epochs++;
        }
        return latest = new(this, baseSeed, skip, token);
    }

    /// <summary>The state of whichever sampler there is.</summary>
    sealed record DrawingOrder(Func<OrderedDictionary<string, object?>> StateDict, Action<IDictionary> LoadStateDict);
}
