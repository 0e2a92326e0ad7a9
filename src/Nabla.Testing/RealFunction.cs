namespace Nabla.Testing;

/// <summary>
/// A function of real tensors: complex arguments and results of the original stand here as real tensors whose last dimension holds real
/// and imaginary part. Their Jacobian is what the convention for complex gradients, ∂L/∂Re + i·∂L/∂Im, is about.
/// </summary>
internal sealed class RealFunction
{
    private readonly Func<Tensor[], Tensor[]> f;

    internal RealFunction(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs)
    {
        this.f = f;
        ComplexInput = [.. inputs.Select(static x => x.IsComplex && x.RequiresGrad)];
        Inputs = [.. inputs.Select(static x => x.IsComplex && x.RequiresGrad ? x.Detach().ViewAsReal().Clone().RequiresGrad_() : x)];
        Outputs = Call(Inputs);
    }

    internal Tensor[] Inputs { get; }

    /// <summary>The results for the unchanged inputs, with their graph.</summary>
    internal Tensor[] Outputs { get; }

    internal bool[] ComplexInput { get; }

    internal bool[] ComplexOutput { get; private set; } = [];

    internal Tensor[] Call(Tensor[] x)
    {
        Tensor[] y = f([.. x.Select((t, i) => ComplexInput[i] ? t.ViewAsComplex() : t)]);
        if (ComplexOutput.Length == 0) ComplexOutput = [.. y.Select(static t => t.IsComplex)];
        return [.. y.Select(static t => t.IsComplex ? t.ViewAsReal() : t)];
    }

    /// <summary>The tangents of all results; null for a result that has none. Inputs without a tangent are constant.</summary>
    internal Tensor?[] Tangents(Tensor?[] tangents)
    {
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor[] y = Call([.. Inputs.Select((x, i) => tangents[i] is { } t ? ForwardAD.MakeDual(x, t) : x)]);
        return [.. y.Select(static r => r.DType.IsFloatingPoint() ? ForwardAD.UnpackDual(r).Tangent : null)];
    }
}
