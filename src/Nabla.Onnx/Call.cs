namespace Nabla.Onnx;

/// <summary>The same value in all traces.</summary>
internal sealed class ValueSet(TraceValue[] per)
{
    internal readonly TraceValue[] Per = per;

    /// <summary>The name in the graph, once it has one.</summary>
    internal string? Name;

    internal TraceValue First => Per[0];
    internal DType DType => First.DType;
    internal int Rank => First.Shape.Count;
    internal Dim this[int d] => new(Array.ConvertAll(Per, v => v.Shape[d < 0 ? d + v.Shape.Count : d]));
    internal Dim[] Shape => [.. Enumerable.Range(0, Rank).Select(d => this[d])];
}

/// <summary>The same operation in all traces, as the rule that translates it sees it.</summary>
internal abstract class Call(GraphBuilder graph, TraceCall[] per)
{
    private readonly TraceCall[] per = per;

    protected TraceCall[] Per => per;

    internal TraceCall First => per[0];

    /// <summary>How many operands it has.</summary>
    internal int Count => First.X.Length;

    /// <summary>An operand.</summary>
    internal ValueSet X(int i) => graph.SetOf(Array.ConvertAll(per, c => c.X[i]));

    /// <summary>A result.</summary>
    internal ValueSet Y(int i = 0) => graph.SetOf(Array.ConvertAll(per, c => c.Y[i]));

    /// <summary>The name of an operand.</summary>
    internal string this[int i] => graph.NameOf(X(i));

    /// <summary>The name of an operand, converted to a dtype.</summary>
    internal string As(int i, DType dtype) => graph.Cast(this[i], First.X[i].DType, dtype);

    /// <summary>Fails: the operation cannot be exported as it is used here.</summary>
    internal string Refuse(string why) => throw new NotSupportedException($"{First.Path}: the operation {First.Name} cannot be exported " +
        $"to ONNX: {why}");
}

/// <summary>A call of a known type.</summary>
internal sealed class Call<TOp>(GraphBuilder graph, TraceCall[] per) : Call(graph, per) where TOp : struct
{
    private TraceCall<TOp> At(int i) => (TraceCall<TOp>)Per[i];

    /// <summary>The dtype in which it computes.</summary>
    internal DType Compute => At(0).Compute;

    /// <summary>A parameter of the operation that must not depend on the input.</summary>
    internal T Get<T>(Func<TOp, T> read)
    {
        T first = read(At(0).Op);
        for (int i = 1; i < Per.Length; i++)
            if (!EqualityComparer<T>.Default.Equals(first, read(At(i).Op)))
                Refuse($"one of its parameters depends on the input's size: {first} and {read(At(i).Op)}.");
        return first;
    }

    /// <summary>A size or index that may depend on the input's size.</summary>
    internal Dim Size(Func<TOp, long> read) => new([.. Enumerable.Range(0, Per.Length).Select(i => read(At(i).Op))]);

    /// <summary>Sizes that may depend on the input's size.</summary>
    internal Dim[] Sizes(Func<TOp, IReadOnlyList<long>> read)
    {
        IReadOnlyList<long>[] lists = [.. Enumerable.Range(0, Per.Length).Select(i => read(At(i).Op))];
        if (Array.Exists(lists, l => l.Count != lists[0].Count)) Refuse("the number of its parameters depends on the input's size.");
        return [.. Enumerable.Range(0, lists[0].Count).Select(d => new Dim(Array.ConvertAll(lists, l => l[d])))];
    }

    /// <summary>Dimensions, which must not depend on the input's size, counted from the front of operand 0.</summary>
    internal long[] Axes(Func<TOp, Dims> read)
    {
        Dims dims = Get(read);
        return [.. dims.Select(d => (long)Axis(d))];
    }

    /// <summary>A dimension counted from the front of an operand.</summary>
    internal int Axis(int dim, int operand = 0) => dim < 0 ? dim + Math.Max(X(operand).Rank, 1) : dim;
}
