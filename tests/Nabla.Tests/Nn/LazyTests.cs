using Nabla.Nn;

namespace Nabla.Tests.Nn;

/// <summary>Layers that learn the size of their input from the first call, or from a state dict.</summary>
[Collection("Global")]
public sealed class LazyTests
{
    private static void Same(Func<Module<Tensor, Tensor>> lazy, Func<Module<Tensor, Tensor>> sized, params long[] shape)
    {
        Tensor x = Tensor.Linspace(-1, 1, shape.Aggregate(1L, static (a, b) => a * b)).View(shape);
        Tensor.ManualSeed(3);
        Module<Tensor, Tensor> a = lazy();
        Assert.Empty(a.Parameters());
        Assert.StartsWith("Lazy", a.ToString(), StringComparison.Ordinal);
        Tensor y = a.Call(x);
        Tensor.ManualSeed(3);
        Module<Tensor, Tensor> b = sized();
        Assert.Equal(b.Call(x).ToArray<float>(), y.ToArray<float>());
        Assert.Equal(b.ToString(), a.ToString());
        Assert.Equal(b.StateDict().Keys, a.StateDict().Keys);
        Assert.Equal(b.NamedParameters().Select(static p => p.Name), a.NamedParameters().Select(static p => p.Name));

        Module<Tensor, Tensor> loaded = lazy();
        loaded.LoadStateDict(b.StateDict());
        loaded.Eval();
        b.Eval();
        Assert.Equal(b.Call(x).ToArray<float>(), loaded.Call(x).ToArray<float>());
        Module<Tensor, Tensor> copy = loaded.Clone();
        foreach (Tensor p in copy.Parameters()) Init.Zeros_(p);
        Assert.Equal(b.Call(x).ToArray<float>(), loaded.Call(x).ToArray<float>());
        loaded.Double();
        Assert.All(loaded.Parameters(), static p => Assert.Equal(DType.Float64, p.DType));
    }

    [Fact]
    public void A_lazy_layer_becomes_the_sized_one()
    {
        Same(static () => new LazyLinear(4), static () => new Linear(3, 4), 2, 3);
        Same(static () => new LazyConv1d(4, 2, groups: 2), static () => new Conv1d(2, 4, 2, groups: 2), 1, 2, 5);
        Same(static () => new LazyConv2d(4, 2, stride: 2), static () => new Conv2d(3, 4, 2, 2), 3, 4, 4);
        Same(static () => new LazyConv3d(2, 2, bias: false), static () => new Conv3d(3, 2, 2, bias: false), 1, 3, 3, 3, 3);
        Same(static () => new LazyConvTranspose1d(4, 2), static () => new ConvTranspose1d(3, 4, 2), 1, 3, 5);
        Same(static () => new LazyConvTranspose2d(4, 2, groups: 2), static () => new ConvTranspose2d(2, 4, 2, groups: 2), 1, 2, 3, 3);
        Same(static () => new LazyConvTranspose3d(1, 2), static () => new ConvTranspose3d(2, 1, 2), 1, 2, 2, 2, 2);
        Same(static () => new LazyBatchNorm1d(), static () => new BatchNorm1d(3), 4, 3);
        Same(static () => new LazyBatchNorm2d(), static () => new BatchNorm2d(3), 2, 3, 2, 2);
        Same(static () => new LazyBatchNorm3d(), static () => new BatchNorm3d(3), 2, 3, 2, 2, 1);
        Same(static () => new LazyInstanceNorm1d(), static () => new InstanceNorm1d(3, affine: true, trackRunningStats: true), 3, 4);
        Same(static () => new LazyInstanceNorm2d(), static () => new InstanceNorm2d(3, affine: true, trackRunningStats: true), 2, 3, 2, 2);
        Same(static () => new LazyInstanceNorm3d(), static () => new InstanceNorm3d(3, affine: true, trackRunningStats: true),
            2, 3, 2, 2, 1);
    }

    [Fact]
    public void A_failed_load_leaves_it_without_a_size()
    {
        LazyLinear layer = new(4);
        Assert.Throws<StateDictException>(() => layer.LoadStateDict(new Linear(3, 5).StateDict()));
        Assert.Null(layer.Made);
        Assert.Throws<ShapeException>(() => new LazyConv2d(2, 3).Call(Tensor.Ones(2, 3)));
        Assert.Equal([2L, 4], layer.Call(Tensor.Ones(2, 7)).Shape.ToArray());
    }

    [Fact]
    public void A_state_dict_without_its_weight_is_refused()
    {
        Sequential model = new(new LazyLinear(4), new Linear(4, 1));
        Sequential other = new(new ReLU(), model[1]);
        StateDictException e = Assert.Throws<StateDictException>(() => model.LoadStateDict(other.StateDict()));
        Assert.Equal(["0.weight"], e.MissingKeys);
        StateDictMatch match = model.LoadStateDict(new Dictionary<string, Tensor> { ["2.weight"] = Tensor.Ones(1) }, strict: false);
        Assert.Equal("_IncompatibleKeys(missing_keys=['0.weight', '1.weight', '1.bias'], unexpected_keys=['2.weight'])", match.ToString());
        Assert.Equal("<All keys matched successfully>", model[1].LoadStateDict(model[1].StateDict()).ToString());
    }
}
