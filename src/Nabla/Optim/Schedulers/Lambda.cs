namespace Nabla.Optim;

/// <summary>lr = base · f(epoch).</summary>
public sealed class LambdaLR : LRScheduler
{
    private readonly Func<long, double>[] lambdas;

    /// <summary>One function for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="lrLambda">The factor of an epoch.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    public LambdaLR(Optimizer optimizer, Func<long, double> lrLambda, long lastEpoch = -1)
        : this(optimizer, [.. (optimizer?.ParamGroups ?? []).Select(_ => lrLambda)], lastEpoch)
    { }

    /// <summary>A function per group.</summary>
    /// <inheritdoc cref="LambdaLR(Optimizer, Func{long, double}, long)"/>
    /// <exception cref="ArgumentException">There is another number of functions than of groups.</exception>
    public LambdaLR(Optimizer optimizer, IReadOnlyList<Func<long, double>> lrLambda, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        lambdas = Lambdas.Of(optimizer, lrLambda);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => BaseLrs.Select((lr, i) => lr * lambdas[i](LastEpoch));

    private protected override void Describe(StateFields f)
    {
        base.Describe(f);
        f.Constant("lr_lambdas", new List<object?>(new object?[lambdas.Length]));
    }
}

/// <summary>lr = former lr · f(epoch).</summary>
public sealed class MultiplicativeLR : LRScheduler
{
    private readonly Func<long, double>[] lambdas;

    /// <summary>One function for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="lrLambda">The factor of an epoch.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    public MultiplicativeLR(Optimizer optimizer, Func<long, double> lrLambda, long lastEpoch = -1)
        : this(optimizer, [.. (optimizer?.ParamGroups ?? []).Select(_ => lrLambda)], lastEpoch)
    { }

    /// <summary>A function per group.</summary>
    /// <inheritdoc cref="MultiplicativeLR(Optimizer, Func{long, double}, long)"/>
    /// <exception cref="ArgumentException">There is another number of functions than of groups.</exception>
    public MultiplicativeLR(Optimizer optimizer, IReadOnlyList<Func<long, double>> lrLambda, long lastEpoch = -1)
        : base(optimizer, lastEpoch)
    {
        lambdas = Lambdas.Of(optimizer, lrLambda);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() =>
        LastEpoch > 0 ? Lrs.Zip(lambdas, (lr, f) => lr * f(LastEpoch)) : Lrs;

    private protected override void Describe(StateFields f)
    {
        base.Describe(f);
        f.Constant("lr_lambdas", new List<object?>(new object?[lambdas.Length]));
    }
}

internal static class Lambdas
{
    internal static Func<long, double>[] Of(Optimizer optimizer, IReadOnlyList<Func<long, double>> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        if (functions.Count != optimizer.ParamGroups.Count)
            Throw.Argument("lrLambda", $"Expected {optimizer.ParamGroups.Count} lr_lambdas, but got {functions.Count}");
        foreach (Func<long, double> f in functions) ArgumentNullException.ThrowIfNull(f, "lrLambda");
        return [.. functions];
    }
}
