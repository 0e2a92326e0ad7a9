namespace Nabla.Nn;

/// <summary>
/// A layer that learns the size of its input from the first call, or from a state dict, and is then what <see cref="Made"/> says. Before,
/// it has no parameters: make optimizers after the first call.
/// </summary>
/// <typeparam name="TModule">What it becomes.</typeparam>
public abstract class LazyLayer<TModule> : Module<Tensor, Tensor> where TModule : Module<Tensor, Tensor>
{
    private readonly Func<long, TModule> make;
    private TModule? made;

    private protected LazyLayer(Func<long, TModule> make) => this.make = make;

    /// <summary>The layer it has become, or null. Its parameters are this one's own.</summary>
    public TModule? Made => made;

    /// <summary>The number of features or channels of an input.</summary>
    private protected abstract long SizeOf(Tensor input);

    /// <summary>The same of a saved layer, or null if its tensors do not tell.</summary>
    private protected abstract long? SizeOf(Func<string, Tensor?> saved);

    internal override IEnumerable<Slot> Slots() =>
        made is null ? base.Slots() : made.Slots().Concat(base.Slots().Where(s => !ReferenceEquals(s.Value, made)));

    private protected override bool TakeSize(Func<string, Tensor?> given)
    {
        if (made is not null || SizeOf(given) is not { } size) return false;
        made = make(size);
        return true;
    }

    private protected override void ForgetSize() => made = null;

    private protected override string? Awaited => made is null ? "weight" : null;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        made ??= make(SizeOf(x));
        made.SetTraining(Training);
        return made.Call(x);
    }

    private protected override string TypeName => made is null ? base.TypeName : made.GetType().Name;

    /// <inheritdoc/>
    protected override string ExtraRepr => made is null ? "" : made.Arguments;
}

/// <summary>A <see cref="Linear"/> of as many features as the first input has.</summary>
/// <param name="outFeatures">The size of the last dimension of the output.</param>
/// <param name="bias">Whether to add a learned vector.</param>
/// <param name="dtype">The type of the parameters; null for the default type.</param>
public class LazyLinear(long outFeatures, bool bias = true, DType? dtype = null)
    : LazyLayer<Linear>(n => new Linear(n, outFeatures, bias, dtype))
{
    private protected override long SizeOf(Tensor input) => input.Size(-1);

    private protected override long? SizeOf(Func<string, Tensor?> saved) => saved("weight") is { NDim: 2 } w ? w.Size(1) : null;
}

/// <summary>What the lazy convolutions share.</summary>
public abstract class LazyConvBase<TModule> : LazyLayer<TModule> where TModule : ConvBase
{
    private readonly int n;
    private readonly long groups;

    private protected LazyConvBase(int n, long groups, Func<long, TModule> make) : base(make) => (this.n, this.groups) = (n, groups);

    private protected override long SizeOf(Tensor input)
    {
        if (input.NDim != n + 1 && input.NDim != n + 2)
            Throw.Shapes($"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {GetType().Name}, but got input of size: " +
                $"{input.Shape}");
        return input.Size(input.NDim - n - 1);
    }

    private protected override long? SizeOf(Func<string, Tensor?> saved) => saved("weight") is not { } w || w.NDim != n + 2 ? null
        : typeof(TModule).IsSubclassOf(typeof(ConvTransposeBase)) ? w.Size(0) : w.Size(1) * groups;
}

/// <summary>What the lazy normalisations share.</summary>
public abstract class LazyNormBase<TModule> : LazyLayer<TModule> where TModule : NormBase
{
    private readonly int unbatched;

    // A normalisation may have no tensors at all.
    private protected override string? Awaited => null;

    private protected LazyNormBase(int unbatched, Func<long, TModule> make) : base(make) => this.unbatched = unbatched;

    private protected override long SizeOf(Tensor input)
    {
        if (input.NDim < 2) Throw.Shapes($"Expected an input of at least two dimensions for {GetType().Name}, but got {input.Shape}.");
        return input.Size(input.NDim == unbatched ? 0 : 1);
    }

    private protected override long? SizeOf(Func<string, Tensor?> saved) =>
        (saved("weight") ?? saved("running_mean")) is { NDim: 1 } t ? t.Size(0) : null;
}
