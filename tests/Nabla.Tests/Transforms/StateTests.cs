namespace Nabla.Tests.Transforms;

public sealed class StateTests
{
    [Fact, Trait("Row", "1.14 stack_module_state")]
    public void Models_run_at_once()
    {
        Dictionary<string, Tensor>[] models = [.. Enumerable.Range(1, 3).Select(i => new Dictionary<string, Tensor>
        {
            ["w"] = (Same.Of(1, 2) * i).RequiresGrad_(),
            ["b"] = Same.Of(i)[0],
        })];
        Dictionary<string, Tensor> all = Func.StackState(models);
        Assert.True(all["w"] is { RequiresGrad: true, IsLeaf: true } && !all["b"].RequiresGrad);
        Tensor x = Same.Of(3, 4);
        Func<Dictionary<string, Tensor>, Tensor> model = p => p["w"].Dot(x) + p["b"];
        Tensor y = Func.Vmap(model)(all);
        Same.Values(y, 12, 24, 36);
        Same.Values(Autograd.Grad(y.Sum(), all["w"]), 3, 4, 3, 4, 3, 4);
        Same.Fails<ArgumentException>("stack_module_state: Expected at least one model, got 0.", () => Func.StackState([]));
        Same.Fails<ArgumentException>("stack_module_state: Expected all models to be of the same class.",
            () => Func.StackState([models[0], new Dictionary<string, Tensor> { ["w"] = x, ["c"] = x }]));
    }
}
