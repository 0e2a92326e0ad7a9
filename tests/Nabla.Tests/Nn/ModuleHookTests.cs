using Nabla.Nn;

namespace Nabla.Tests.Nn;

/// <summary>Functions around a module's call and in its backward.</summary>
public sealed class ModuleHookTests
{
    private static Linear Layer()
    {
        Linear layer = new(2, 2, dtype: DType.Float64);
        layer.LoadStateDict(new Dictionary<string, Tensor>
        {
            ["weight"] = Tensor.From([1.0, 2, 3, 4], [2, 2]),
            ["bias"] = Tensor.Zeros([2], DType.Float64),
        });
        return layer;
    }

    private static Tensor X(bool grad = true)
    {
        Tensor x = Tensor.From([1.0, -1], [1, 2]);
        return grad ? x.RequiresGrad_() : x;
    }

    [Fact, Trait("Row", "1.6.7")]
    public void Hooks_run_in_order_and_may_replace_what_passes()
    {
        Linear layer = Layer();
        List<string> log = [];
        layer.RegisterForwardPreHook((_, _) => log.Add("second"));
        layer.RegisterForwardPreHook((_, _) => log.Add("first"), prepend: true);
        HookHandle doubled = layer.RegisterForwardPreHook((_, x) => x * 2);
        layer.RegisterForwardHook((_, input, _) => log.Add($"after {((Tensor)input!).ToArray<double>()[0]}"));
        HookHandle plus = layer.RegisterForwardHook((_, _, y) => y + 10);
        Assert.Equal([8.0, 8], layer.Call(X()).ToArray<double>());
        Assert.Equal(["first", "second", "after 2"], log);
        doubled.Dispose();
        plus.Dispose();
        Assert.Equal([-1.0, -1], layer.Call(X()).ToArray<double>());
    }

    private sealed class Failing : Module<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => throw new InvalidOperationException("inside");
    }

    [Fact, Trait("Row", "1.6.7")]
    public void A_hook_may_ask_to_be_called_after_a_failure()
    {
        Failing module = new();
        List<string> log = [];
        module.RegisterForwardHook((_, _, _) => log.Add("no"));
        module.RegisterForwardHook((_, _, y) => log.Add($"yes {y is null}"), alwaysCall: true);
        Assert.Equal("inside", Assert.Throws<InvalidOperationException>(() => module.Call(X())).Message);
        Assert.Equal(["yes True"], log);
    }

    [Fact, Trait("Row", "1.6.7")]
    public void Backward_hooks_see_and_replace_gradients_of_inputs_and_outputs()
    {
        Linear layer = Layer();
        List<(double[]? In, double[]? Out)> log = [];
        layer.RegisterFullBackwardHook((_, gi, go) => log.Add((gi[0]?.ToArray<double>(), go[0]?.ToArray<double>())));
        layer.Call(X(grad: false)).Sum().Backward();
        Assert.Null(log[0].In);
        Assert.Equal([1.0, 1], log[0].Out!);

        Tensor x = X(), y = layer.Call(x);
        Assert.Equal("BackwardHookFunctionBackward", y.GradFn!.Name);
        (y * y).Sum().Backward();
        Assert.Equal([-8.0, -12], log[1].In!);
        Assert.Equal([-2.0, -2], log[1].Out!);
        Assert.Equal([-8.0, -12], x.Grad!.ToArray<double>());

        HookHandle ten = layer.RegisterFullBackwardHook((_, gi, _) => [gi[0]! * 10]);
        x.Grad = null;
        layer.Call(x).Square().Sum().Backward();
        Assert.Equal([-80.0, -120], x.Grad!.ToArray<double>());
        Assert.Equal([-3.0, 3, -3, 3], layer.Weight.Grad!.ToArray<double>());
        ten.Dispose();

        layer.RegisterFullBackwardPreHook((_, go) => [go[0]! * 2]);
        x.Grad = null;
        layer.ZeroGrad();
        layer.Call(x).Square().Sum().Backward();
        Assert.Equal([-16.0, -24], x.Grad!.ToArray<double>());
        Assert.Equal([-4.0, 4, -4, 4], layer.Weight.Grad!.ToArray<double>());

        x.Grad = null;
        Tensor g = Autograd.Grad(layer.Call(x).Pow(3).Sum(), [x], createGraph: true)[0]!;
        Assert.Equal([24.0, 36], g.ToArray<double>());
        g.Sum().Backward();
        Assert.Equal([-576.0, -816], x.Grad!.ToArray<double>());
    }

    [Fact, Trait("Row", "1.6.7")]
    [Trait("Row", "4.10")]
    public void In_place_operations_around_a_hooked_module_do_not_disturb_it()
    {
        Sequential plain = [Layer(), new ReLU(inPlace: true), Layer(), new LeakyReLU(0.1, inPlace: true)];
        Sequential hooked = (Sequential)plain.Clone();
        int calls = 0;
        foreach (Module m in hooked.Modules()) m.RegisterFullBackwardHook((_, _, _) => calls++);
        Tensor a = Tensor.From([1.0, 2, -1, 0.25], [2, 2]).RequiresGrad_(), b = a.Detach().RequiresGrad_();
        Tensor ya = plain.Call(a * 1), yb = hooked.Call(b * 1);
        ya.Mul_(2);
        yb.Mul_(2);
        ya.Square().Sum().Backward();
        yb.Square().Sum().Backward();
        Assert.Equal(ya.ToArray<double>(), yb.ToArray<double>());
        Assert.Equal(a.Grad!.ToArray<double>(), b.Grad!.ToArray<double>());
        Assert.Equal(plain.GetParameter("0.weight").Grad!.ToArray<double>(), hooked.GetParameter("0.weight").Grad!.ToArray<double>());
        Assert.Equal(5, calls);
    }

    [Fact, Trait("Row", "1.6.7")]
    public void Hooks_that_return_the_wrong_thing_are_told_so()
    {
        Linear layer = Layer();
        HookHandle h = layer.RegisterFullBackwardHook((_, gi, _) => [gi[0], gi[0]]);
        Assert.StartsWith("Backward hook returned an invalid number of grad_input, got 2, but expected 1",
            Assert.Throws<AutogradException>(() => layer.Call(X()).Sum().Backward()).Message, StringComparison.Ordinal);
        h.Dispose();
        h = layer.RegisterFullBackwardPreHook((_, _) => []);
        Assert.StartsWith("Backward pre hook returned an invalid number of grad_output, got 0, but expected 1",
            Assert.Throws<AutogradException>(() => layer.Call(X()).Sum().Backward()).Message, StringComparison.Ordinal);
        h.Dispose();
        h = layer.RegisterFullBackwardHook((_, _, go) => [go[0]]);
        Assert.StartsWith("Backward hook for Modules where no input requires gradient should always return None",
            Assert.Throws<AutogradException>(() => layer.Call(X(grad: false)).Sum().Backward()).Message, StringComparison.Ordinal);
        h.Dispose();
        layer.RegisterFullBackwardHook((_, _, _) => [Tensor.Zeros([3], DType.Float64)]);
        Assert.Throws<ShapeException>(() => layer.Call(X()).Sum().Backward());
    }

    private sealed class Two : Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        protected override (Tensor, Tensor) Forward(Tensor x, Tensor y) => (x * y, x + y);
    }

    [Fact, Trait("Row", "1.6.7")]
    public void Several_inputs_and_outputs_have_a_gradient_each()
    {
        Two module = new();
        IReadOnlyList<Tensor?> gi = [], go = [];
        module.RegisterFullBackwardHook((_, a, b) => (gi, go) = (a, b));
        Tensor x = X(), y = X(grad: false);
        module.Call(x, y).Item1.Sum().Backward();
        Assert.Equal([1.0, -1], gi[0]!.ToArray<double>());
        Assert.Null(gi[1]);
        Assert.Null(go[1]);
        Assert.Equal(2, go.Count);
    }

    [Fact, Trait("Row", "1.6.7")]
    public void A_second_derivative_does_not_call_the_hook_again()
    {
        MSELoss loss = new();
        int calls = 0;
        loss.RegisterFullBackwardHook((_, _, _) => calls++);
        Tensor x = Tensor.From([0.5]).RequiresGrad_();
        Tensor g = Autograd.Grad(loss.Call(x, Tensor.From([2.0])), x, createGraph: true);
        Assert.Equal(1, calls);
        Assert.Equal(2, Autograd.Grad(g, x).Item());
        Assert.Equal(1, calls);
    }

    [Fact, Trait("Row", "1.6.7"), Trait("Row", "1.6.8")]
    public void A_hook_that_keeps_a_gradient_with_its_graph_is_collected()
    {
        WeakReference reference = Cycle();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(reference.IsAlive);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Cycle()
    {
        Tanh module = new();
        List<Tensor?> kept = [];
        module.RegisterFullBackwardHook((_, _, go) => kept.AddRange(go));
        Tensor x = X();
        module.Call(x).Square().Sum().Backward(createGraph: true);
        Assert.NotEmpty(kept);
        return new WeakReference(kept[0]);
    }

    [Fact]
    public void Hooks_see_the_gradients_of_inputs_that_are_records()
    {
        MultiheadAttention attention = new(4, 2);
        Tensor x = Tensor.Ones([3, 1, 4], requiresGrad: true);
        IReadOnlyList<Tensor?> seen = [];
        attention.RegisterFullBackwardHook((_, inputs, _) => seen = inputs);
        attention.Call(new AttentionInput(x, x * 2, x * 3)).Output.Sum().Backward();
        Assert.Equal([3L, 1, 4], seen[0]!.Shape.ToArray());
        Assert.Equal(3, seen.Count);
        Tensor sum = seen[0]! + seen[1]! * 2 + seen[2]! * 3;
        Assert.True((sum - x.Grad!).Abs().Max().Item() < 1e-6);
    }
}
