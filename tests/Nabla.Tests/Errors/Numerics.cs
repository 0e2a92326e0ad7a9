using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Values at the edge of what numbers can say.</summary>
[Collection(ErrorCollection.Name)]
public sealed class Numerics
{
    private const float Inf = float.PositiveInfinity, NaN = float.NaN;

    public static readonly ErrorTable Table = new()
    {
        { "N01", "tensor([nan]); tensor([-inf]); tensor([nan]); tensor([inf]); tensor([nan])", s =>
            (s.V(-1).Log(), s.V(0).Log(), s.V(-1).Sqrt(), 1 / s.V(0), s.V(0) / s.V(0)) },
        { "N02 floor", Kinds.Zero, "ZeroDivisionError", s => s.L(1, 1).FloorDivide(s.L(1, 0)) },
        { "N02 remainder", Kinds.Zero, "ZeroDivisionError", s => s.L(1) % s.L(0) },
        { "N02 trunc", Kinds.Zero, "ZeroDivisionError", s => s.L(1).Div(s.L(0), "trunc") },
        { "N02 fmod", Kinds.Zero, "ZeroDivisionError", s => s.L(1).FMod(s.L(0)) },
        { "N02 number", Kinds.Zero, "ZeroDivisionError", s => s.L(1).FloorDivide(0) },
        { "N02 in place", Kinds.Zero, "ZeroDivisionError", s => s.L(1, 1).FloorDivide_(s.L(1, 0)) },
        { "N02 remainder in place", Kinds.Zero, "ZeroDivisionError", s => s.L(5, 5).Remainder_(s.L(3, 0)) },
        { "N02 byte", Kinds.Zero, "ZeroDivisionError", s => s.Of(DType.UInt8, 3).FloorDivide_(s.Of(DType.UInt8, 3)) },
        { "N02 strided", Kinds.Zero, "ZeroDivisionError", s =>
            s.Of(DType.Int32, 3, 3).Transpose(0, 1).FloorDivide_(s.Of(DType.Int32, 3, 3)) },
        { "N03", "tensor([-9223372036854775808]); tensor([0]); tensor([0])", s =>
            (s.L(long.MinValue).FloorDivide(s.L(-1)), s.L(long.MinValue) % s.L(-1), s.L(long.MinValue).FMod(-1)) },
        { "N03 int", "tensor([-2147483648], dtype=torch.int32); tensor([0], dtype=torch.int32)", _ =>
            (Tensor.From([int.MinValue]).FloorDivide(-1), Tensor.From([int.MinValue]) % -1) },
        { "N04", Kinds.Argument, "Integers to negative integer powers are not allowed.", s => s.L(2).Pow(-1) },
        { "N04 in place", Kinds.Argument, "Integers to negative integer powers are not allowed.", s => s.L(2).Pow_(-1) },
        { "N05", "tensor([-2147483648], dtype=torch.int32)", _ => Tensor.From([int.MaxValue]) + 1 },
        { "N05 abs", "tensor([-9223372036854775808]); tensor([-9223372036854775808])", s =>
            (s.L(long.MinValue).Abs(), -s.L(long.MinValue)) },
        { "N06", "tensor([nan, nan])", s => s.V(-Inf, -Inf).Softmax(0) },
        { "N07", "tensor(-inf); tensor(1.0000e+30); tensor([-0.6931, -0.6931])", s =>
            (s.V(-Inf, -Inf).LogSumExp(0), s.V(1e30f, 1e30f).LogSumExp(0), s.V(1e30f, 1e30f).LogSoftmax(0)) },
        { "N08 max", "tensor(nan); tensor(1); tensor(nan); tensor(1); tensor(nan)", s =>
            (s.V(1, NaN, 0).Max(), s.V(1, NaN, 0).ArgMax(), s.V(1, NaN, 0).Min(), s.V(1, NaN, 0).ArgMin(), s.V(1, NaN, 0).AMax()) },
        { "N08 sort", "tensor([0., 1., nan]); tensor([2, 0, 1])", s => s.V(1, NaN, 0).Sort() },
        { "N08 clamp", "tensor([1., nan, 0.]); tensor([1., nan, 0.]); tensor([1., nan, 0.])", s =>
            (s.V(1, NaN, 0).Clamp(0, 1), s.V(1, NaN, 0).Relu(), s.V(1, NaN, 0).Maximum(s.V(0, 0, 0))) },
        { "N08 unique", "tensor([0., 1., nan])", s => s.V(1, NaN, 0).Unique() },
        { "N08 topk", "tensor([nan]); tensor([1])", s => s.V(1, NaN, 0).TopK(1) },
        { "N08 median", "tensor(nan)", s => s.V(1, NaN, 0).Median() },
        { "N09", "tensor([1.])", s => s.V(1.5f).Clamp(2, 1) },
        { "N10 negative", Kinds.Argument, "probability tensor contains either `inf`, `nan` or element < 0", s =>
            s.V(-1, 2).Multinomial(1) },
        { "N10 zero", Kinds.Argument, "invalid multinomial distribution (sum of probabilities <= 0)", s => s.V(0, 0).Multinomial(1) },
        { "N10 nan", Kinds.Argument, "probability tensor contains either `inf`, `nan` or element < 0", s => s.V(NaN, 1).Multinomial(1) },
        { "N10 many", Kinds.Range, "cannot sample n_sample > prob_dist.size(-1) samples without replacement", s =>
            s.V(1, 1).Multinomial(3) },
        { "N11 dropout", Kinds.Range, "dropout probability has to be between 0 and 1, but got 1.5", s => F.Dropout(s.F(3), 1.5) },
        { "N11 dropout nan", Kinds.Range, "dropout probability has to be between 0 and 1, but got nan", s =>
            F.Dropout(s.F(3), double.NaN) },
        { "N11 dropout all", "tensor([0., 0.])", s => F.Dropout(s.F(2), 1.0) },
        { "N11 bernoulli", Kinds.Range, "Expected p_in >= 0 && p_in <= 1 to be true, but got false", s => Tensor.Bernoulli(s.V(2)) },
        { "N11 bernoulli in place", Kinds.Range, "bernoulli_ expects p to be in [0, 1], but got p=1.5", s => s.F(2).Bernoulli_(1.5) },
        { "N11 normal", Kinds.Range, "normal expects std >= 0.0, but found std -1", _ => Tensor.Normal(0, -1, 2) },
        { "N11 normal in place", Kinds.Range, "normal expects std >= 0.0, but found std -1", s => s.F(2).Normal_(0, -1) },
        { "N11 randint", Kinds.Range, "random_ expects 'from' to be less than 'to', but got from=3 >= to=3", _ => Tensor.RandInt(3, 3, 2) },
        { "N11 random", Kinds.Range, "random_ expects 'from' to be less than 'to', but got from=3 >= to=3", s => s.F(2).Random_(3, 3) },
        { "N11 uniform", Kinds.Range, "uniform_ expects to return a [from, to) range, but found from=2 > to=1", s =>
            s.F(2).Uniform_(2, 1) },
        { "N11 exponential", Kinds.Range, "exponential_ expects lambda > 0.0, but found lambda=-1", s => s.F(2).Exponential_(-1) },
        { "N11 geometric", Kinds.Range, "geometric_ expects p to be in (0, 1), but got p=1.5", s => s.F(2).Geometric_(1.5) },
        { "N11 randperm", Kinds.Range, "Trying to create tensor with negative dimension -1: [-1]", _ => Tensor.RandPerm(-1) },
        { "N11 leaf", Kinds.Graph, "a leaf Variable that requires grad is being used in an in-place operation.", s => s.Leaf(2).Normal_() },
        { "N12 sqrt", "tensor([inf])", s => Slope(s.V(0), x => x.Sqrt()) },
        { "N12 norm", "tensor([0., 0.])", s => Slope(s.V(0, 0), x => x.Norm()) },
        { "N12 abs", "tensor([0.]); tensor([0.]); tensor([0.])", s =>
            (Slope(s.V(0), x => x.Abs()), Slope(s.V(0), x => x.Relu()), Slope(s.V(0), x => x.Pow(0))) },
        { "N12 clamp", "tensor([1., 1.])", s => Slope(s.V(0, 1), x => x.Clamp(0, 1)) },
        { "N12 prod", "tensor([2., 0.]); tensor([0., 0.])", s => (Slope(s.V(0, 2), x => x.Prod()), Slope(s.V(0, 0), x => x.Prod())) },
        { "N12b", "tensor([0.5000, 0.5000]); tensor([0.5000, 0.5000]); tensor([1., 0.]); tensor([0.5000])", s =>
            (Slope(s.V(1, 1), x => x.Max()), Slope(s.V(1, 1), x => x.AMax()), Slope(s.V(1, 1), x => x.Max(0).Values),
                Slope(s.V(1), x => x.Maximum(Tensor.Ones(1)))) },
        { "N13", "tensor([nan])", s => Slope(s.V(0), x => Tensor.Where(x > 0, x.Log(), 0.0)) },
        { "N14", "tensor([inf], dtype=torch.float16); tensor([1.0078]); tensor([1.])", s =>
            (s.V(60000).Half() * 2, s.V(1 + 3f / 512).BFloat16().Float(), s.V(1 + 1f / 256).BFloat16().Float()) },
        { "N15", Kinds.Range, "all elements of input should be between 0 and 1", s => F.BinaryCrossEntropy(s.V(1.5f), s.V(1)), "1.5" },
        { "N15 nan", Kinds.Range, "all elements of input should be between 0 and 1", s => F.BinaryCrossEntropy(s.V(NaN), s.V(1)) },
        { "N18", "tensor([1.4013e-45])", s => s.V(float.Epsilon) * 1 },
        { "N19", "tensor([-0.]); tensor([2147483648])", s =>
            (s.V(-0f).Clone(), Tensor.From([(long)BitConverter.SingleToUInt32Bits(s.V(-0f).View(1).Contiguous().Item<float>())])) },
        { "N22", "tensor([False]); tensor([False]); tensor([True]); tensor([True]); tensor([False]); tensor([False]); tensor([True])", s =>
            (s.V(NaN) == s.V(NaN), s.V(NaN).IsClose(s.V(NaN)), s.V(NaN).IsClose(s.V(NaN), equalNan: true), s.V(Inf).IsClose(s.V(Inf)),
                s.V(Inf).IsClose(s.V(-Inf)), s.V(NaN) < 1, s.V(NaN) != 1) },
        { "N clamp", Kinds.Argument, "torch.clamp: At least one of 'min' or 'max' must not be None", s =>
            s.F(2).Clamp((Scalar?)null, null) },
        { "N rounding", Kinds.Argument, "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'up'", s =>
            s.F(2).Div(s.F(2), "up") },
        { "N tolerance", Kinds.Range, "rtol must be greater than or equal to zero, but got -1", s => s.F(2).IsClose(s.F(2), rtol: -1) },
        { "N huber", Kinds.Range, "huber_loss does not support non-positive values for delta.", s =>
            F.HuberLoss(s.F(2), s.F(2), delta: 0) },
        { "N smooth", Kinds.Range, "smooth_l1_loss does not support negative values for beta.", s =>
            F.SmoothL1Loss(s.F(2), s.F(2), beta: -1) },
        { "N smoothing", Kinds.Range, "label_smoothing must be between 0.0 and 1.0. Got: 1.5", s =>
            F.CrossEntropy(s.F(2, 3), s.L(0, 1), labelSmoothing: 1.5) },
        { "N reduction", Kinds.Range, "9 is not a valid value for reduction", s => F.MseLoss(s.F(2), s.F(2), (Reduction)9), "9" },
        { "N quantile", Kinds.Range, "quantile() q must be in the range [0, 1] but got 1.5", s => s.F(3).Quantile(1.5) },
        { "N interpolation", Kinds.Range, "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got " +
            "foo", s => s.F(3).Quantile(0.5, interpolation: "foo") },
        { "N polygamma", Kinds.Range, "polygamma(n, x) does not support negative n.", s => s.F(2).Polygamma(-1) },
        { "N bins", Kinds.Range, "torch.histogram(): bins must be > 0, but got 0 for dimension 0", s => s.F(3).HistC(0) },
        { "N bin bounds", Kinds.Range, "torch.histc: max must be larger than min", s => s.F(3).HistC(4, 3, 1) },
        { "N bincount", Kinds.Range, "bincount only supports 1-d non-negative integral inputs.", s => s.L(-1).BinCount() },
        { "N diff", Kinds.Range, "order must be non-negative but got -1", s => s.F(3).Diff(-1) },
        { "N approximate", Kinds.Argument, "approximate argument must be either none or tanh.", s => F.Gelu(s.F(2), "foo") },
    };

    private static Tensor Slope(Tensor at, Func<Tensor, Tensor> f)
    {
        Tensor x = at.Clone().RequiresGrad_();
        f(x).Sum().Backward();
        return x.Grad!;
    }

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);
}
