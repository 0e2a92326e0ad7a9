using Nabla.Testing;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>That the checker of derivatives finds what is wrong and says where.</summary>
public sealed class GradCheckTests
{
    /// <summary>x², with a derivative that is wrong by a factor at one element, depends on nothing, or is not linear in the
    /// gradient.</summary>
    private readonly record struct Wrong(int Kind) : IOp<Wrong>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [x[0].Detach() * x[0].Detach()];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) => into[0] = Kind switch
        {
            0 => g[0]! * x[0] * Plain(2, 2, 3),
            1 => g[0]! * x[0] * 2 + 1e-7,
            _ => g[0]! * x[0] * 2,
        };

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0]! * x[0] * (Kind == 3 ? 5 : 2)];
    }

    private static Tensor Apply(int kind, Tensor x) => Op.Apply(new Wrong(kind), x)[0];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Right_derivatives_pass(bool fast)
    {
        Assert.True(GradCheck.Run(x => x * x * x, Leaf(1, 2, 3), fastMode: fast, checkForwardAd: true));
        Assert.True(GradGradCheck.Run(x => x * x * x, Leaf(1, 2, 3), fastMode: fast));
        Assert.True(GradCheck.Run((Tensor[] x) => [x[0] / x[1], (x[0] > 0), x[1].Detach().Floor()], [Leaf(1, 2), Leaf(3.5, 4.5)],
            fastMode: fast));
    }

    [Fact, Trait("Row", "1.10 mismatch")]
    public void A_wrong_element_is_named_with_both_values()
    {
        string text = Assert.Throws<GradCheckException>(() => GradCheck.Run(x => Apply(0, x), Leaf(1, 2, 3))).Message;
        Assert.StartsWith("Jacobian mismatch for output 0 with respect to input 0", text);
        Assert.Contains("d output[2] / d input[2] is 9 by backward and 6.0000", text);
    }

    [Fact]
    public void Fast_mode_finds_it_too() =>
        Assert.Throws<GradCheckException>(() => GradCheck.Run(x => Apply(0, x), Leaf(1, 2, 3), fastMode: true));

    [Fact]
    public void On_request_the_answer_is_false() => Assert.False(GradCheck.Run(x => Apply(0, x), Leaf(1, 2, 3), raiseException: false));

    [Fact, Trait("Row", "1.10 others [src]")]
    public void A_gradient_that_ignores_its_seed_is_found() => Assert.StartsWith("backward not multiplied by grad_output",
        Assert.Throws<GradCheckException>(() => GradCheck.Run(x => Apply(1, x), Leaf(1, 2, 3))).Message);

    [Fact, Trait("Row", "1.10 forward AD [src]")]
    public void A_wrong_tangent_is_found()
    {
        Assert.True(GradCheck.Run(x => Apply(3, x), Leaf(1, 2, 3)));
        Assert.Contains("forward mode", Assert.Throws<GradCheckException>(() =>
            GradCheck.Run(x => Apply(3, x), Leaf(1, 2, 3), checkForwardAd: true)).Message);
    }

    [Fact, Trait("Row", "1.10 others [src]")]
    public void A_dependence_that_is_not_recorded_is_found() => Assert.StartsWith("Numerical gradient for function expected to be zero",
        Assert.Throws<GradCheckException>(() => GradCheck.Run(x => x.Detach() * 2, Leaf(1, 2))).Message);

    [Fact]
    public void Chance_is_found()
    {
        int calls = 0;
        Assert.Throws<GradCheckException>(() => GradCheck.Run(x => x * (1 + 0.1 * calls++), Leaf(1, 2)));
    }

    [Fact, Trait("Row", "1.10 no input requires grad")]
    public void Without_a_differentiable_input_there_is_nothing_to_check() =>
        Assert.StartsWith("gradcheck expects at least one input tensor to require gradient",
        Assert.Throws<ArgumentException>(() => GradCheck.Run(x => x * 2, Plain(1))).Message);
}
