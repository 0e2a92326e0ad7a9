namespace Nabla.Tests.Errors;

/// <summary>What the graph does not allow: leaves' gradients change only if the whole backward succeeds.</summary>
[Collection(ErrorCollection.Name)]
public sealed class AutogradErrors
{
    private const string Twice = "Trying to backward through the graph a second time (or directly access saved tensors after they have " +
        "already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). " +
        "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after " +
            "calling backward.";
    private const string NoGraph = "element 0 of tensors does not require grad and does not have a grad_fn";
    private const string Flags = "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in " +
        "a subgraph that doesn't require differentiation use var_no_grad = var.detach().";
    private const string Modified = "one of the variables needed for gradient computation has been modified by an inplace operation: ";

    public static readonly ErrorTable Table = new()
    {
        { "G01", Kinds.Graph, "grad can be implicitly created only for scalar outputs", s => Backward(s.Keep(s.Leaf(3) * 2)), "[3]",
            "Sum()" },
        { "G01 grad", Kinds.Graph, "grad can be implicitly created only for scalar outputs", s =>
            { Tensor x = s.Leaf(3); return Autograd.Grad(x * 2, x); } },
        { "G02", Kinds.Graph, NoGraph, s => Backward(s.F()), "requiresGrad" },
        { "G02 unrecorded", Kinds.Graph, NoGraph, s => { Tensor x = s.Leaf(),
            y; using (Autograd.NoGrad()) y = x * 2; return Backward(s.Keep(y)); } },
        { "G02 detached", Kinds.Graph, NoGraph, s => Backward(s.Keep((s.Leaf() * 2).Detach())) },
        { "G03", Kinds.Shape, "Mismatch in shape: grad_output[0] has a shape of torch.Size([4]) and output[0] has a shape of " +
            "torch.Size([3]).", s => Backward(s.Leaf(3) * 2, s.F(4)) },
        { "G04", "tensor([2., 2., 2.])", s => { Tensor x = s.Leaf(3); (x * 2).Backward(Tensor.Ones(3, DType.Float64)); return x.Grad; } },
        { "G05", Kinds.Graph, Twice, s =>
            { Tensor x = s.Leaf(3), y = s.Keep((x * x).Sum()); y.Backward(); s.Ready(); return Backward(y); }, "MulBackward0",
            "retainGraph" },
        { "G05 grad", Kinds.Graph, Twice, s => { Tensor x = s.Leaf(3),
            y = s.Keep(x.Exp().Sum()); _ = Autograd.Grad(y, x); s.Ready(); return Autograd.Grad(y, x); } },
        { "G06", "tensor([2., 2., 2.])", s => { Tensor x = s.Leaf(3), y = (x + 1).Sum(); y.Backward(); y.Backward(); return x.Grad; } },
        { "G07", "None", s => { Tensor y = s.Leaf(3) * 2; y.Sum().Backward(); return y.Grad; } },
        { "G08", Kinds.Graph, Flags, s => s.Keep(s.Leaf(3) * 2).RequiresGrad = false, "detach" },
        { "G08 method", Kinds.Graph, Flags, s => s.Keep(s.Leaf(3) * 2).RequiresGrad_(false) },
        { "G09", Kinds.Graph, "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if " +
            "this is the desired behavior.",
            s => Autograd.Grad(s.Leaf(3).Sum(), s.Leaf(3)) },
        { "G09 allowed", "None", s => Autograd.Grad(s.Leaf(3).Sum(), [s.Leaf(3)], allowUnused: true) },
        { "G09 zeros", "tensor([0., 0., 0.], requires_grad=True)", s =>
            Autograd.Grad(s.Leaf(3).Sum(), [s.Leaf(3)], materializeGrads: true) },
        { "G09 both", Kinds.Argument, "Expected allow_unused to be True or not passed when materialize_grads=True, but got: " +
            "allow_unused=False.",
            s => Autograd.Grad(s.Leaf(3).Sum(), [s.Leaf(3)], allowUnused: false, materializeGrads: true) },
        { "G10", Kinds.Graph, "One of the differentiated Tensors does not require grad", s => Autograd.Grad(s.Leaf(3).Sum(), s.F(3)),
            "input 0" },
        { "G10 none", Kinds.Argument, "grad requires non-empty inputs.", s => Autograd.Grad(s.Leaf(3).Sum(), Array.Empty<Tensor>()) },
        { "G10 backward", Kinds.Graph, "can't retain_grad on Tensor that has requires_grad=False", s =>
            Backward(s.Leaf(3).Sum(), inputs: [s.F(3)]) },
        { "G10 no inputs", Kinds.Graph, "`inputs` argument to `backward()` cannot be empty.", s => Backward(s.Leaf(3).Sum(), inputs: []) },
        { "G13", Kinds.Graph, "Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal " +
            "tensor and use it in autograd.",
            s => s.Leaf(3) * Inferred() },
        { "G13 matmul", Kinds.Graph, "Inference tensors cannot be saved for backward.", s => s.Leaf(3).Dot(Inferred()) },
        { "G13 write", Kinds.Graph, "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to " +
            "get a normal tensor before doing " +
            "inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.", _ => Inferred().Add_(1) },
        { "G13 require", Kinds.Graph, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.", _ =>
            Inferred().RequiresGrad_() },
        { "G13 version", Kinds.Graph, "Inference tensors do not track version counter.", _ => Inferred().Version },
        { "G14", Kinds.Shape, "attempting to assign a gradient of size '[4]' to a tensor of size '[3]'. Please ensure that the gradient " +
            "and the tensor are the same size",
            s => s.Leaf(3).Grad = s.F(4) },
        { "G14 dtype", Kinds.DType, "attempting to assign a gradient with dtype 'double' to a tensor with dtype 'float'. Please ensure " +
            "that the gradient and the tensor have the same dtype",
            s => s.Leaf(3).Grad = s.Of(DType.Float64, 3) },
        { "G14 itself", Kinds.Argument, "can't assign Variable as its own grad", s => { Tensor x = s.Leaf(3); return x.Grad = x; } },
        { "G14 null", "None", s => s.Leaf(3).Grad = null },
        { "G retain", Kinds.Graph, "can't retain_grad on Tensor that has requires_grad=False", s => s.F(3).RetainGrad() },
        { "G detach view", Kinds.Graph, "Can't detach views in-place. Use detach() instead.", s =>
            s.Keep((s.Leaf(3) * 2).View(3)).Detach_() },
        { "G list", Kinds.Graph, "got 2 tensors and 1 gradients", s => { Autograd.Backward([s.Leaf(), s.Leaf()], [s.F()]); return null; } },
        { "G25", Kinds.Graph, Twice, s => { Tensor e = s.Leaf(3).Exp(), u = e.Sum(),
            v = (e * 2).Sum(); u.Backward(); s.Ready(); return Backward(v); } },
        { "G26", Kinds.Graph, Modified + "[torch.FloatTensor [3]] is at version 1; expected version 0 instead.", s =>
            { Tensor w = s.Leaf(3), a = (w * w).Sum(),
                b = (w * w).Sum(); a.Backward(); using (Autograd.NoGrad()) w.Sub_(w.Grad! * 0.1); s.Ready(); return Backward(b); } },
        { "P3 partial", Kinds.Graph, Modified, s =>
            { Tensor x = s.Leaf(3), y = s.Leaf(3), e = x.Exp(),
                z = s.Keep((e * 1).Sum() + (y * y).Sum() + (y + x).Sum()); e.Add_(1); s.Ready(); return Backward(z); } },
        { "P3 accumulated", Kinds.Graph, Modified, s =>
            { Tensor x = s.Leaf(3), e; (x * 3).Sum().Backward(); e = x.Exp(); Tensor z = e.Sum()
                + (x * 5).Sum(); e.Add_(1); s.Ready(); return Backward(z); } },
    };

    private static object? Backward(Tensor y, Tensor? gradient = null, IReadOnlyList<Tensor>? inputs = null)
    {
        y.Backward(gradient, inputs: inputs);
        return y;
    }

    private static Tensor Inferred()
    {
        using GradScope mode = Autograd.InferenceMode();
        return Tensor.Ones(3);
    }

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);

    /// <summary>G15: a scope ends with its block whatever happens, once only, and in order.</summary>
    [Fact]
    public void Scopes_restore_the_mode()
    {
        Assert.Throws<ShapeException>(() => { using (Autograd.NoGrad()) _ = Tensor.Zeros(2) + Tensor.Zeros(3); });
        Assert.True(Autograd.IsGradEnabled);
        GradScope outer = Autograd.NoGrad(), inner = Autograd.EnableGrad();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        Assert.True(Autograd.IsGradEnabled);
        inner.Dispose();
        Assert.False(Autograd.IsGradEnabled);
        outer.Dispose();
        outer.Dispose();
        Assert.True(Autograd.IsGradEnabled);
    }

    /// <summary>G16: the mode follows the logical flow.</summary>
    [Fact]
    public async Task Scopes_follow_the_flow()
    {
        using (Autograd.NoGrad())
        {
            await Task.Yield();
            Assert.False(Autograd.IsGradEnabled);
            Assert.False(await Task.Run(static () => Autograd.IsGradEnabled, TestContext.Current.CancellationToken));
        }
        Assert.True(Autograd.IsGradEnabled);
    }

    /// <summary>G17: depth costs memory only, not stack.</summary>
    [Fact]
    public void A_chain_of_a_million_operations_needs_no_stack()
    {
        float slope = 0;
        Thread thread = new(() =>
        {
            Tensor x = Tensor.Ones(1).RequiresGrad_(), y = x;
            for (int i = 0; i < 1_000_000; i++) y = y + 1;
            y.Backward();
            slope = x.Grad!.Item<float>();
        }, 256 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal(1, slope);
    }

    /// <summary>G18 and G19: every node runs once, however many ways lead to it.</summary>
    [Fact]
    public void Fan_in_and_diamonds_are_linear()
    {
        Tensor x = Tensor.Ones(1).RequiresGrad_(), sum = Tensor.Zeros(1);
        for (int i = 0; i < 100_000; i++) sum = sum + x;
        sum.Backward();
        Assert.Equal(100_000, x.Grad!.Item());
        Tensor y = x.Detach().Double().RequiresGrad_(), z = y;
        for (int i = 0; i < 60; i++) z = z + z;
        z.Backward();
        Assert.Equal(Math.Pow(2, 60), y.Grad!.Item());
    }

    /// <summary>G24: a gradient that is a view of something else is not written into.</summary>
    [Fact]
    public void An_expanded_gradient_is_replaced_not_written_to()
    {
        Tensor x = Tensor.Ones(3).RequiresGrad_(), one = Tensor.Ones(1);
        x.Grad = one.Expand(3);
        (x * 2).Sum().Backward();
        Assert.Equal("tensor([3., 3., 3.])", x.Grad.ToString());
        Assert.Equal("tensor([1.])", one.ToString());
    }
}
