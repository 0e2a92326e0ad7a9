using Nabla.Testing;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>That each option of the checker of derivatives finds an operation that is wrong in just that way.</summary>
public sealed class GradCheckOptionTests
{
    /// <summary>2x and 3x; without a gradient of the second the rule fails, or adds something, where the other is not a unit: the
    /// Jacobian alone does not show it.</summary>
    private readonly record struct Gate(string Kind) : IOp<Gate>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [x[0].Detach() * 2, x[0].Detach() * 3];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor d = (g[0] ?? Tensor.ZerosLike(x[0])) * 2 + (g[1] ?? Tensor.ZerosLike(x[0])) * 3;
            if (g[1] is null && g[0]!.Sum().Item<double>() is not (0 or 1 or 3))
                d = Kind == "fails" ? d * g[1]! : d + 1;
            into[0] = d;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [t[0]! * 2, t[0]! * 3];
    }

    /// <summary>x + y; without one of the tangents the rule fails, or takes it for ones where the other is not a unit.</summary>
    private readonly record struct Sum(string Kind) : IOp<Sum>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [x[0].Detach() + x[1].Detach()];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            (into[0], into[1]) = (g[0], g[0]);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor d = t[0] is null ? t[1]! : t[1] is null ? t[0]! : t[0]! + t[1]!;
            if (t[0] is not null && t[1] is not null) return [d];
            if (d.Abs().Sum().Item<double>() <= 1.01) return [d];
            return [Kind == "fails" ? throw new InvalidOperationException("no tangent") : d + 1];
        }
    }

    /// <summary>x², with a rule that is wrong in the way that the kind says.</summary>
    private readonly record struct Odd(string Kind) : IOp<Odd>
    {
        private static int calls;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [x[0].Detach() * x[0].Detach()];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (Kind == "reads") _ = g[0]!.ToArray<double>();
            Tensor d = g[0]! * x[0] * 2;
            into[0] = Kind == "chance" ? d + g[0]! * (1e-8 * (Interlocked.Increment(ref calls) % 7)) : Kind == "double" ? d * 2
                : Kind == "float32" ? d.To(DType.Float32) : d;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (Kind == "reads") _ = t[0]!.ToArray<double>();
            Tensor d = t[0]! * x[0] * 2;
            return [Kind == "dtype" ? d.To(DType.Float32) : Kind == "wrong" ? d * 1.5 : d];
        }

        internal static Func<Tensor, Tensor> Of(string kind) => x => Op.Apply(new Odd(kind), x)[0];
    }

    private static Tensor X => Leaf(1, 2, 3);

    private static void Finds(string message, Func<bool> check) =>
        Assert.StartsWith(message, Assert.Throws<GradCheckException>(() => check()).Message, StringComparison.Ordinal);

    private static void Refuses(string message, Func<bool> check) =>
        Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(() => check()).Message, StringComparison.Ordinal);

    [Theory, InlineData(false), InlineData(true)]
    [Trait("Row", "1.10 mismatch")]
    public void Correct_operations_pass_every_check(bool fast)
    {
        Assert.True(GradCheck.Run((Tensor[] x) => [x[0] * x[1].Exp(), x[0].Sum() + x[1], x[1] > 0], [Leaf(1, 2), Leaf(3, 4)],
            checkGradDtypes: true, checkBatchedGrad: true, checkBatchedForwardGrad: true, checkForwardAd: true, fastMode: fast));
        Assert.True(GradGradCheck.Run((Tensor[] x) => [x[0] * x[1].Exp(), x[0].Sin()], [Leaf(1, 2), Leaf(0.3, 0.4)],
            genNonContigGradOutputs: true, checkGradDtypes: true, checkBatchedGrad: true, checkFwdOverRev: true, fastMode: fast));
        Assert.True(GradGradCheck.Run(static x => x * x * x, X, checkUndefinedGrad: false, checkFwdOverRev: true, checkRevOverRev: false,
            fastMode: fast));
    }

    [Fact, Trait("Row", "1.10 others [src]")]
    public void A_rule_that_does_not_take_absent_gradients_as_zeros_is_found()
    {
        static bool Check(string kind, bool undefined = true, bool raise = true) => GradCheck.Run((Tensor[] x) =>
            Op.Apply(new Gate(kind), x), [X], checkUndefinedGrad: undefined, raiseException: raise);
        Assert.True(Check("offset", undefined: false));
        Assert.True(Check("fails", undefined: false));
        Finds("Expected backward function to handle undefined output grads.", () => Check("offset"));
        Finds("Expected backward function to handle undefined output grads.", () => Check("fails"));
        Assert.False(Check("offset", raise: false));
    }

    [Fact, Trait("Row", "1.10 others [src]")]
    public void Absent_tangents_are_zeros()
    {
        bool Check(string kind, bool undefined) => GradCheck.Run((Tensor[] x) => Op.Apply(new Sum(kind), x), [Leaf(1, 2), Leaf(3, 4)],
            checkForwardAd: true, checkUndefinedGrad: undefined);
        Assert.True(Check("offset", false));
        Finds("Mismatch in tangent values for output with index: 0", () => Check("offset", true));
        Finds("Mismatch in tangent values: input 0 has an undefined tangent value", () => Check("fails", true));
    }

    [Fact, Trait("Row", "1.10 others [src]")]
    public void Dtypes_of_gradients_and_tangents_are_checked()
    {
        // The engine brings a rule's gradient into its input's dtype, as PyTorch's does.
        Assert.True(GradCheck.Run(Odd.Of("float32"), X, checkGradDtypes: true));
        Assert.True(GradCheck.Run(Odd.Of("dtype"), Leaf(1, 2, 4), checkForwardAd: true));
        Finds("Forward AD gradient has dtype mismatch.", () =>
            GradCheck.Run(Odd.Of("dtype"), X, checkGradDtypes: true, checkForwardAd: true));
    }

    [Fact, Trait("Row", "1.10 others [src]")]
    public void A_rule_that_cannot_be_batched_is_found()
    {
        Assert.True(GradCheck.Run(Odd.Of("reads"), X, checkForwardAd: true));
        Finds("While computing batched gradients, got: ", () => GradCheck.Run(Odd.Of("reads"), X, checkBatchedGrad: true));
        Finds("While computing batched gradients, got: ", () => GradCheck.Run(Odd.Of("reads"), X, checkForwardAd: true,
            checkBatchedForwardGrad: true));
        Assert.Contains("gradcheck or gradgradcheck failed while testing batched gradient computation.",
            Assert.Throws<GradCheckException>(() => GradCheck.Run(Odd.Of("reads"), X, checkBatchedGrad: true)).Message);
    }

    [Fact, Trait("Row", "1.10 others [src]")]
    public void A_result_of_another_shape_is_found()
    {
        int calls = 0;
        Finds("Expected `func` to return outputs with the same shape when inputs are perturbed on index 0 by 1E-06, but got: shapes " +
            "torch.Size([3]) and torch.Size([6])", () => GradCheck.Run(x => calls++ == 0 ? x : Tensor.Cat([x, x]), X));
    }

    [Fact, Trait("Row", "1.10 nondeterminism [src]")]
    public void Chance_in_a_rule_is_found()
    {
        Finds("Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different values, " +
            "although analytical gradient matches numerical gradient.", () => GradCheck.Run(Odd.Of("chance"), X));
        Assert.True(GradCheck.Run(Odd.Of("chance"), X, nondetTol: 1e-6));
    }

    [Fact, Trait("Row", "1.10 forward AD [src]")]
    public void A_wrong_tangent_is_reported_with_both_jacobians()
    {
        string text = Assert.Throws<GradCheckException>(() => GradCheck.Run(Odd.Of("wrong"), Leaf(1, 2), checkForwardAd: true,
            checkBackwardAd: false)).Message;
        Assert.StartsWith("Jacobian computed with forward mode mismatch for output 0 with respect to input " +
            "0,\nnumerical:tensor([[2.0000, " +
            "0.0000],\n        [0.0000, 4.0000]], dtype=torch.float64)\nanalytical:tensor([[3., 0.],\n        [0., 6.]], " +
            "dtype=torch.float64)\n", text);
        Assert.True(GradCheck.Run(Odd.Of("double"), X, checkForwardAd: true, checkBackwardAd: false));
    }

    [Fact, Trait("Row", "1.10 mismatch")]
    public void Fast_mode_names_the_element_too()
    {
        string text = Assert.Throws<GradCheckException>(() => GradCheck.Run((Tensor[] x) => [x[0] * 1, Odd.Of("double")(x[1])],
            [Leaf(1), Leaf(5, 7)], fastMode: true)).Message;
        Assert.StartsWith("Jacobian mismatch for output 1 with respect to input 1,\nnumerical:", text);
        Assert.Contains("The max per-element difference (slow mode) is: 1", text);
        Assert.Contains("d output[0] / d input[0] is 20 by backward and ", text);
    }

    [Fact, Trait("Row", "1.10 neither mode")]
    public void Options_that_contradict_each_other_are_refused()
    {
        Refuses("Expected at least one of check_forward_ad or check_backward_ad to be True", () =>
            GradCheck.Run(static x => x, X, checkBackwardAd: false));
        Refuses("Setting check_batched_grad=True requires check_backward_ad to be True", () =>
            GradCheck.Run(static x => x, X, checkBackwardAd: false, checkForwardAd: true, checkBatchedGrad: true));
        Refuses("Setting check_batched_forward_grad=True requires check_forward_ad to be True", () =>
            GradCheck.Run(static x => x, X, checkBatchedForwardGrad: true));
        Refuses("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True", () =>
            GradGradCheck.Run(static x => x, X, checkRevOverRev: false));
        Refuses("Setting check_undefined_grad=True requires check_rev_over_rev to be True", () =>
            GradGradCheck.Run(static x => x, X, checkRevOverRev: false, checkFwdOverRev: true));
        Refuses("Setting check_batched_grad=True requires check_rev_over_rev to be True", () => GradGradCheck.Run(static x => x, X,
            checkRevOverRev: false, checkFwdOverRev: true, checkUndefinedGrad: false, checkBatchedGrad: true));
    }

    [Fact, Trait("Row", "1.10 overlapping input")]
    public void An_input_that_overlaps_itself_is_refused() => Refuses("The 0th input has a dimension with stride 0. gradcheck only " +
        "supports inputs that are non-overlapping", () => GradCheck.Run(static x => x * x, Leaf(1).Expand(3)));

    [Fact, Trait("Row", "1.10 float32 input")]
    public void A_report_says_that_float32_is_not_enough() => Assert.Contains("Input #0 requires gradient and is not a double precision " +
        "floating point or complex. This check will likely fail", Assert.Throws<GradCheckException>(() =>
            GradCheck.Run(static x => x.Exp(), Tensor.From([1f, 2f], requiresGrad: true))).Message);

    [Fact, Trait("Row", "1.10 mismatch")]
    public void Complex_arguments_and_results_are_checked_part_by_part()
    {
        Tensor z = Tensor.Complex(Plain(1, 2), Plain(-0.5, 3)).RequiresGrad_();
        Assert.True(GradCheck.Run(static z => z * z, z, checkForwardAd: true));
        Assert.True(GradCheck.Run(static z => z.Abs(), z, checkForwardAd: true, fastMode: true));
        Assert.True(GradGradCheck.Run(static z => z * z * z, z));
        Assert.True(GradCheck.Run(static x => Tensor.Complex(x, x * x), X));
        Finds("While considering the imaginary part of complex outputs only, Jacobian mismatch for output 0 with respect to input 0,", () =>
            GradCheck.Run(static x => Tensor.Complex(x, Odd.Of("double")(x)), X));
        Finds("While considering the real part of complex inputs only, Jacobian computed with forward mode mismatch for output 0", () =>
            GradCheck.Run(static z => Odd.Of("wrong")(z.Real), z, checkForwardAd: true));
    }
}
