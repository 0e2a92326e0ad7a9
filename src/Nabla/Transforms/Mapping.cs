using System.Diagnostics.CodeAnalysis;

namespace Nabla;

/// <summary>One use of vmap: its arguments, checked, and how it runs a function.</summary>
internal sealed class Mapping
{
    private readonly string name;
    private readonly VmapDims inDims, outDims;
    private readonly Randomness randomness;
    private readonly int? chunkSize;

    internal Mapping(string name, VmapDims inDims, VmapDims outDims, string randomness, int? chunkSize)
    {
        (this.name, this.inDims, this.outDims, this.chunkSize) = (name, inDims, outDims, chunkSize);
        this.randomness = randomness switch
        {
            "error" => Randomness.Error,
            "different" => Randomness.Different,
            "same" => Randomness.Same,
            _ => throw new ArgumentException($"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}",
                nameof(randomness)),
        };
        if (chunkSize <= 0) Throw.Range(nameof(chunkSize), chunkSize, $"vmap: chunk_size should be None or greater than 0. (got " +
            $"{chunkSize})");
        if (inDims.IsNone)
            throw new ArgumentException($"vmap({name}, in_dims=None, ...)(<inputs>): expected `in_dims` to be int or a (potentially " +
                "nested) tuple matching the structure of inputs, got: null.", nameof(inDims));
    }

    /// <summary>Runs f on all slices of x; the arguments say which dimension each tensor of x has.</summary>
    internal TResult Run<[DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<Tensor[], TResult> f, Tensor[] x,
        ReadOnlySpan<(VmapDims Dims, object? Value)> arguments)
    {
        List<int?> dims = [];
        foreach ((VmapDims d, object? value) in arguments)
        {
            if (d.Resolve(value, dims)) continue;
            throw new ArgumentException($"vmap({name}, in_dims={inDims}, ...)(<inputs>): in_dims is not compatible with the structure of " +
                $"`inputs`. in_dims has structure {d} but inputs has structure {Tree.Describe(value)}.");
        }
        return Run(f, x, [.. dims]);
    }

    internal TResult Run<[DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<Tensor[], TResult> f, Tensor[] x, int?[] dims)
    {
        long n = Size(x, dims);
        Tensor[] front = new Tensor[x.Length];
        for (int i = 0; i < x.Length; i++) front[i] = dims[i] is { } d ? x[i].MoveDim(d, 0) : x[i];
        if (chunkSize is not { } chunk || chunk >= n) return Whole(f, front, dims, n);
        ReadOnlySpan<byte> state = randomness == Randomness.Same ? Generator.Default.GetState() : null;
        List<Tensor[]> parts = [];
        TResult? last = default;
        for (long at = 0; at < n; at += chunk)
        {
            if (randomness == Randomness.Same) Generator.Default.SetState(state);
            long size = Math.Min(chunk, n - at), start = at;
            Tensor[] slices = [.. front.Select((t, i) => dims[i] is null ? t : t.Narrow(0, start, size))];
            last = Whole(f, slices, dims, size);
            parts.Add(Tree.Leaves(last));
        }
        int?[] places = Places(last);
        Tensor[] joined = new Tensor[places.Length];
        for (int i = 0; i < joined.Length; i++)
            joined[i] = places[i] is { } d ? Tensor.Cat([.. parts.Select(p => p[i])], d) : parts[^1][i];
        return Tree.Build(last!, joined);
    }

    private long Size(Tensor[] x, int?[] dims)
    {
        long n = -1;
        for (int i = 0; i < x.Length; i++)
        {
            if (dims[i] is not { } d) continue;
            int rank = x[i].Rank;
            if (d < -rank || d >= rank)
                throw new ArgumentException($"vmap({name}, in_dims={inDims}, ...)(<inputs>): Got in_dim={d} for some input, but that " +
                    $"input is a Tensor of dimensionality {rank} so expected in_dim to satisfy -{rank} <= in_dim < {rank}.");
            long size = x[i].layout.shape[d < 0 ? d + rank : d];
            if (n >= 0 && size != n)
                Throw.Shapes("vmap: Expected all tensors to have the same size in the mapped dimension, got sizes " +
                    $"[{string.Join(", ", Sizes(x, dims))}] for the mapped dimension");
            n = size;
        }
        if (n < 0) throw new ArgumentException("vmap: Expected at least one Tensor to vmap over");
        return n;
    }

    private static IEnumerable<long> Sizes(Tensor[] x, int?[] dims) =>
        x.Where((_, i) => dims[i] is not null).Zip(dims.OfType<int>(), static (t, d) => t.Size(d));

    private TResult Whole<[DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<Tensor[], TResult> f, Tensor[] front, int?[] dims, long n)
    {
        Frame frame = Frame.Enter(Frame.Kind.Vmap);
        (frame.Size, frame.Randomness) = (n, randomness);
        try
        {
            Tensor[] wrapped = new Tensor[front.Length];
            for (int i = 0; i < front.Length; i++) wrapped[i] = dims[i] is null ? front[i] : Batch.New(frame, front[i]);
            TResult result = f(wrapped);
            int?[] places = Places(result);
            int next = 0;
            return Tree.Map(result, y => Open(y, frame, places[next++]));
        }
        finally { frame.Exit(); }
    }

    private Tensor Open(Tensor y, Frame frame, int? place)
    {
        while (y.wrap is Dual { Frame.Closed: true } ended) y = ended.Primal;
        if (place is { } d) return Batch.OpenOrExpand(y, frame).MoveDim(0, d);
        if (Batch.Open(y, frame.Level) is not null)
            throw new ArgumentException($"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None: the result " +
                "depends on the batch, so give it a dimension.");
        return y;
    }

    private int?[] Places<[DynamicallyAccessedMembers(Tree.Needs)] TResult>(TResult result)
    {
        if (!Tree.Holds<TResult>())
            throw new ArgumentException($"vmap({name}, ...): `{name}` must only return Tensors, got type {typeof(TResult)}. Did you mean " +
                "to set out_dims= to None for output?");
        List<int?> places = [];
        if (outDims.Resolve(result, places)) return [.. places];
        throw new ArgumentException($"vmap({name}, ..., out_dims={outDims})(<inputs>): out_dims is not compatible with the structure of " +
            $"`outputs`. out_dims has structure {outDims} but outputs has structure {Tree.Describe(result)}.");
    }
}
