namespace Nabla.Tests.AutogradTests;

/// <summary>x³, saved as whoever asks for it needs it.</summary>
internal sealed class Cube : Function<Tensor, Tensor>
{
    protected override bool GenerateVmapRule => true;
    protected override Tensor Forward(Tensor x) => x * x * x;

    protected override void SetupContext(FunctionContext ctx, Tensor x, Tensor y)
    {
        ctx.SaveForBackward(x);
        ctx.SaveForForward(x);
    }

    protected override Tensor Backward(FunctionContext ctx, Tensor g) => g * 3 * ctx.SavedTensors[0].Square();
    protected override Tensor Jvp(FunctionContext ctx, Tensor t) => t * 3 * ctx.SavedTensors[0].Square();
}

/// <summary>x·y·k with the number among the arguments; all in one forward.</summary>
internal sealed class ScaledProduct : Function<(Tensor X, Tensor Y, double K), Tensor>
{
    protected override bool GenerateVmapRule => true;

    protected override Tensor Forward(FunctionContext ctx, (Tensor X, Tensor Y, double K) input)
    {
        ctx.SaveForBackward(input.X, input.Y);
        ctx.Set(input.K);
        return input.X * input.Y * input.K;
    }

    protected override (Tensor X, Tensor Y, double K) Backward(FunctionContext ctx, Tensor g)
    {
        (Tensor x, Tensor y, double k) = (ctx.SavedTensors[0], ctx.SavedTensors[1], ctx.Get<double>());
        return (ctx.NeedsInputGrad[0] ? g * y * k : None, ctx.NeedsInputGrad[1] ? g * x * k : None, 0);
    }

    protected override Tensor Jvp(FunctionContext ctx, (Tensor X, Tensor Y, double K) t) =>
        (t.X * ctx.SavedTensors[1] + ctx.SavedTensors[0] * t.Y) * ctx.Get<double>();
}

/// <summary>x² + w ; the rule for a batch is its own.</summary>
internal sealed class OwnBatch(List<string>? log = null) : Function<(Tensor X, Tensor W), Tensor>
{
    protected override Tensor Forward((Tensor X, Tensor W) input) => input.X * input.X + input.W;

    protected override void SetupContext(FunctionContext ctx, (Tensor X, Tensor W) input, Tensor output) => ctx.SaveForBackward(input.X);

    protected override (Tensor X, Tensor W) Backward(FunctionContext ctx, Tensor g) => (2 * g * ctx.SavedTensors[0], g);

    protected override Tensor Jvp(FunctionContext ctx, (Tensor X, Tensor W) t) => 2 * t.X * ctx.SavedTensors[0] + t.W;

    protected override (Tensor Output, VmapDims OutDims) Vmap(VmapInfo info, IReadOnlyList<int?> inDims, (Tensor X, Tensor W) input)
    {
        log?.Add($"{info.BatchSize} {info.Randomness} {string.Join(",", inDims.Select(d => d?.ToString() ?? "none"))}");
        return (Apply(input), 0);
    }
}

/// <summary>Multiplies by a number in place.</summary>
internal sealed class Times_(double k) : Function<Tensor, Tensor>
{
    protected override bool GenerateVmapRule => true;
    protected override Tensor Forward(Tensor x) => x.Mul_(k);
    protected override void SetupContext(FunctionContext ctx, Tensor x, Tensor y) => ctx.MarkDirty(x);
    protected override Tensor Backward(FunctionContext ctx, Tensor g) => g * k;
    protected override Tensor Jvp(FunctionContext ctx, Tensor t) => t.Mul_(k);
}

/// <summary>An identity whose gradient is multiplied by a number: what it does tells whether it is in the graph.</summary>
internal sealed class Amplify(double k) : Function<Tensor, Tensor>
{
    protected override bool GenerateVmapRule => true;
    protected override Tensor Forward(Tensor x) => x;
    protected override Tensor Backward(FunctionContext ctx, Tensor g) => g * k;
    protected override Tensor Jvp(FunctionContext ctx, Tensor t) => t.View(t.Shape);
}
