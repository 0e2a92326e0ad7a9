namespace Nabla.Tests.AutogradTests;

/// <summary>Users' functions that draw random numbers. They seed the generator of the process, so that nothing runs beside them.</summary>
[Collection("Global")]
public sealed class FunctionRandomTests
{
    private sealed class OwnNoise : Function<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => x + Tensor.RandLike(x);
        protected override (Tensor Output, VmapDims OutDims) Vmap(VmapInfo info, IReadOnlyList<int?> inDims, Tensor x) =>
            (x + Tensor.RandLike(x), 0);
    }

    [Theory, Trait("Row", "1.8.13"), InlineData(true), InlineData(false)]
    public void Random_numbers_in_a_forward_are_the_batchs(bool generated)
    {
        Tensor x = Tensor.Zeros([3, 2, 5], DType.Float64);
        Function<Tensor, Tensor> f = generated ? Function.Of(a => a + Tensor.RandLike(a), (a, b, g) => g) : new OwnNoise();
        Func<Tensor, Tensor> apply = f.Apply;
        if (generated)
        {
            Assert.Contains("random operation while in randomness error mode",
                Assert.Throws<InvalidOperationException>(() => Func.Vmap(apply)(x)).Message);
            Tensor same = Func.Vmap(apply, randomness: "same")(x);
            Assert.True(same[0].Equal(same[1]));
            Tensor mixed = Func.Vmap(Func.Vmap(apply, randomness: "same"), randomness: "different")(x);
            Assert.True(mixed[0, 0].Equal(mixed[0, 1]) && !mixed[0, 0].Equal(mixed[1, 0]));
        }
        Tensor.ManualSeed(0);
        Tensor expected = Tensor.RandLike(x);
        foreach (Func<Tensor, Tensor> g in (Func<Tensor, Tensor>[])[Func.Vmap(apply, randomness: "different"),
            Func.Vmap(Func.Vmap(apply, randomness: "different"), randomness: "different")])
        {
            Tensor.ManualSeed(0);
            Tensor y = g(x);
            Assert.Equal(x.Shape, y.Shape);
            Assert.True(y.Equal(expected));
        }
    }
}
