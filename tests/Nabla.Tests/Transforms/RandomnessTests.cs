namespace Nabla.Tests.Transforms;

/// <summary>Random operations inside vmap: numbers are PyTorch's, which draws with the batch in front.</summary>
public sealed class RandomnessTests
{
    private const string Words = "vmap: called random operation while in randomness error mode. Please either use the 'same' or " +
        "'different' randomness flags on vmap or perform the randomness operation out of vmap";

    private static readonly Tensor Half = Tensor.Full([2, 3], 0.5, DType.Float32);

    private static Tensor Seeded(Func<Tensor> draw)
    {
        Tensor.ManualSeed(7);
        return draw();
    }

    public static TheoryData<string> Draws => [.. All.Keys];

    /// <summary>For each operation, what is drawn for one item, for a batch of two, and once for both.</summary>
    private static readonly Dictionary<string, (Func<Tensor, Tensor> One, Func<Tensor> Different, Func<Tensor>? Same)> All = new()
    {
        ["rand"] = (_ => Tensor.Rand([3]), () => Tensor.Rand([2, 3]), () => Tensor.Rand([3])),
        ["randn"] = (_ => Tensor.Randn([17]), () => Tensor.Randn([2, 17]), () => Tensor.Randn([17])),
        ["rand_like"] = (x => Tensor.RandLike(x), () => Tensor.Rand([2, 3]), () => Tensor.Rand([3])),
        ["randint"] = (_ => Tensor.RandInt(9, [4]), () => Tensor.RandInt(9, [2, 4]), () => Tensor.RandInt(9, [4])),
        ["randperm"] = (_ => Tensor.RandPerm(5), () => Tensor.Stack([Tensor.RandPerm(5), Tensor.RandPerm(5)]), () => Tensor.RandPerm(5)),
        ["normal"] = (x => Tensor.Normal(x, 2), () => Tensor.Normal(Half, 2), null),
        ["normal tensors"] = (x => Tensor.Normal(x, x), () => Tensor.Normal(Half, Half), null),
        ["bernoulli"] = (x => Tensor.Bernoulli(x), () => Tensor.Bernoulli(Half), null),
        ["bernoulli p"] = (x => Tensor.Bernoulli(x, 0.3), () => Tensor.Bernoulli(Half, 0.3), () => Tensor.Bernoulli(Half[0], 0.3)),
        ["multinomial"] = (x => x.Multinomial(2), () => Half.Multinomial(2), null),
        ["uniform_"] = (x => x.Clone().Uniform_(), () => Tensor.Rand([2, 3]), () => Tensor.Rand([3])),
        ["bernoulli_ p"] = (x => x.Clone().Bernoulli_(x), () => Tensor.Bernoulli(Half), null),
        ["dropout"] = (x => Functional.Dropout(x), () => Functional.Dropout(Half), () => Functional.Dropout(Half[0])),
        ["alpha_dropout"] = (x => Functional.AlphaDropout(x, training: true), () => Functional.AlphaDropout(Half, training: true),
            () => Functional.AlphaDropout(Half[0], training: true)),
    };

    [Theory, Trait("Row", "1.14 vmap"), MemberData(nameof(Draws))]
    public void Random_operations_obey_the_flag(string name)
    {
        (Func<Tensor, Tensor> one, Func<Tensor> different, Func<Tensor>? same) = All[name];
        Same.Fails<InvalidOperationException>(Words, () => Func.Vmap(one)(Half));
        Tensor expected = Seeded(different), actual = Seeded(() => Func.Vmap(one, randomness: "different")(Half));
        Same.Tensors(expected, actual);
        if (same is null)
        {
            Same.Fails<InvalidOperationException>("Vmap does not currently support same randomness with a batched tensor input.",
                () => Func.Vmap(one, randomness: "same")(Half));
            return;
        }
        expected = Seeded(same);
        if (expected.Shape.ToArray() is var shape && name.Contains("dropout", StringComparison.Ordinal))
            Assert.Equal(new Shape([3]), new Shape(shape));
        actual = Seeded(() => Func.Vmap(one, randomness: "same")(Half));
        for (int i = 0; i < 2; i++) Same.Tensors(expected, actual[i]);
        actual = Seeded(() => Func.Vmap(one, randomness: "same", chunkSize: 1)(Half));
        for (int i = 0; i < 2; i++) Same.Tensors(expected, actual[i]);
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Nested_vmaps_decide_from_the_inside()
    {
        Tensor x = Tensor.Zeros([2, 3], DType.Float32);
        Func<Tensor, Tensor> draw = _ => Tensor.Rand([4]);
        Tensor both = Seeded(() => Func.Vmap(Func.Vmap(draw, randomness: "different"), randomness: "different")(x));
        Same.Tensors(Seeded(() => Tensor.Rand([2, 3, 4])), both);
        Tensor outer = Seeded(() => Func.Vmap(Func.Vmap(draw, randomness: "same"), randomness: "different")(x));
        Same.Tensors(Seeded(() => Tensor.Rand([2, 4])), outer[.., 2]);
        Tensor inner = Seeded(() => Func.Vmap(Func.Vmap(draw, randomness: "different"), randomness: "same")(x));
        Same.Tensors(Seeded(() => Tensor.Rand([3, 4])), inner[1]);
        Same.Fails<InvalidOperationException>(Words, () => Func.Vmap(Func.Vmap(draw, randomness: "same"))(x));
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Random_writes()
    {
        Same.Fails<InvalidOperationException>("vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will " +
            "appear like same randomness.", () => Func.Vmap(a => Tensor.Zeros([3]).Uniform_() + a, randomness: "different")(Half));
        Tensor same = Seeded(() => Func.Vmap(a => Tensor.Zeros([3]).Uniform_() + 0 * a, randomness: "same")(Half));
        Same.Tensors(Seeded(() => Tensor.Rand([3])), same[1]);
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Gradients_pass_through_dropout_inside_vmap()
    {
        Tensor mask = Seeded(() => Functional.Dropout(Tensor.Ones([2, 3])));
        Tensor g = Seeded(() => Func.Vmap(Func.Grad(x => Functional.Dropout(x).Sum()), randomness: "different")(Tensor.Ones([2, 3])));
        Same.Tensors(mask, g);
    }
}
