namespace Nabla.Tests.AutogradTests;

/// <summary>The sum of the operands, passed on as it is; notes when its backward runs, and throws there if asked to.</summary>
internal readonly record struct Probe(string Id, List<string> Log, Exception? Failure = null) : IOp<Probe>
{
    public Tensor[] Forward(ReadOnlySpan<Tensor> x)
    {
        Tensor y = x[0].Detach().Clone();
        for (int i = 1; i < x.Length; i++) y.Add_(x[i].Detach());
        return [y];
    }

    public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
    {
        lock (Log) Log.Add(Id);
        if (Failure is not null) throw Failure;
        for (int i = 0; i < x.Length; i++)
            if (into.Needs(i)) into[i] = g[0];
    }

    public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => throw new NotSupportedException();

    internal static Tensor Apply(string id, List<string> log, params Tensor[] x) => Op.Apply(new Probe(id, log), x)[0];
}

/// <summary>Two results of one node: 2x and 3x.</summary>
internal readonly record struct Pair : IOp<Pair>
{
    public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [x[0].Detach() * 2, x[0].Detach() * 3];

    public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
    {
        Tensor? a = g[0] is null ? null : g[0]! * 2, b = g[1] is null ? null : g[1]! * 3;
        into[0] = a is null ? b : b is null ? a : a + b;
    }

    public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => throw new NotSupportedException();
}

/// <summary>Short forms for the tests of automatic differentiation.</summary>
internal static class Make
{
    internal static Tensor Leaf(params double[] values) => Tensor.From(values, requiresGrad: true);

    internal static Tensor Plain(params double[] values) => Tensor.From(values);

    internal static double[] Values(Tensor? t)
    {
        Assert.NotNull(t);
        return Conformance.Comparison.Doubles(t);
    }

    /// <summary>Fails unless the call throws an <see cref="AutogradException"/> whose message starts like this.</summary>
    internal static void Refuses(string message, Action call) =>
        Assert.StartsWith(message, Assert.Throws<AutogradException>(call).Message, StringComparison.Ordinal);
}
