using System.Diagnostics.CodeAnalysis;

namespace Nabla.Data;

/// <summary>Data loaders with their types inferred: <c>DataLoader.Of(data, batchSize: 32, shuffle: true)</c>.</summary>
public static class DataLoader
{
    /// <summary>Batches of the type of a sample: tensors, and structures of tensors.</summary>
    /// <inheritdoc cref="DataLoader{T, TBatch}(Dataset{T}, long?, bool, IEnumerable{long}?, IEnumerable{long[]}?, int,
    /// Func{IReadOnlyList{T}, TBatch}?, bool, TimeSpan, Action{WorkerInfo}?, Generator?, int?, bool)"/>
    public static DataLoader<T, T> Of<[DynamicallyAccessedMembers(Collate.Needs)] T>(Dataset<T> dataset, long? batchSize = 1,
        bool shuffle = false, IEnumerable<long>? sampler = null, IEnumerable<long[]>? batchSampler = null, int numWorkers = 0,
        bool dropLast = false, TimeSpan timeout = default, Action<WorkerInfo>? workerInitFn = null, Generator? generator = null,
        int? prefetchFactor = null, bool persistentWorkers = false) =>
        new(dataset, batchSize, shuffle, sampler, batchSampler, numWorkers, null, dropLast, timeout, workerInitFn, generator,
            prefetchFactor, persistentWorkers);

    /// <summary>Batches made by a function.</summary>
    /// <inheritdoc cref="DataLoader{T, TBatch}(Dataset{T}, long?, bool, IEnumerable{long}?, IEnumerable{long[]}?, int,
    /// Func{IReadOnlyList{T}, TBatch}?, bool, TimeSpan, Action{WorkerInfo}?, Generator?, int?, bool)"/>
    public static DataLoader<T, TBatch> Of<T, [DynamicallyAccessedMembers(Collate.Needs)] TBatch>(Dataset<T> dataset,
        Func<IReadOnlyList<T>, TBatch> collateFn, long? batchSize = 1, bool shuffle = false, IEnumerable<long>? sampler = null,
        IEnumerable<long[]>? batchSampler = null, int numWorkers = 0, bool dropLast = false, TimeSpan timeout = default,
        Action<WorkerInfo>? workerInitFn = null, Generator? generator = null, int? prefetchFactor = null, bool persistentWorkers = false) =>
        new(dataset, batchSize, shuffle, sampler, batchSampler, numWorkers, collateFn, dropLast, timeout, workerInitFn, generator,
            prefetchFactor, persistentWorkers);

    /// <summary>Batches, of the type of a sample, of samples that come one after the other.</summary>
    /// <inheritdoc cref="DataLoader{T, TBatch}(IterableDataset{T}, long?, int, Func{IReadOnlyList{T}, TBatch}?, bool, TimeSpan,
    /// Action{WorkerInfo}?, Generator?, int?, bool)"/>
    public static DataLoader<T, T> Of<[DynamicallyAccessedMembers(Collate.Needs)] T>(IterableDataset<T> dataset, long? batchSize = 1,
        int numWorkers = 0, bool dropLast = false, TimeSpan timeout = default, Action<WorkerInfo>? workerInitFn = null,
        Generator? generator = null, int? prefetchFactor = null, bool persistentWorkers = false) =>
        new(dataset, batchSize, numWorkers, null, dropLast, timeout, workerInitFn, generator, prefetchFactor, persistentWorkers);

    /// <summary>Batches, made by a function, of samples that come one after the other.</summary>
    /// <inheritdoc cref="DataLoader{T, TBatch}(IterableDataset{T}, long?, int, Func{IReadOnlyList{T}, TBatch}?, bool, TimeSpan,
    /// Action{WorkerInfo}?, Generator?, int?, bool)"/>
    public static DataLoader<T, TBatch> Of<T, [DynamicallyAccessedMembers(Collate.Needs)] TBatch>(IterableDataset<T> dataset,
        Func<IReadOnlyList<T>, TBatch> collateFn, long? batchSize = 1, int numWorkers = 0, bool dropLast = false,
        TimeSpan timeout = default, Action<WorkerInfo>? workerInitFn = null, Generator? generator = null, int? prefetchFactor = null,
        bool persistentWorkers = false) =>
        new(dataset, batchSize, numWorkers, collateFn, dropLast, timeout, workerInitFn, generator, prefetchFactor, persistentWorkers);
}
