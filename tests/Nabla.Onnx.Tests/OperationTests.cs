namespace Nabla.Onnx.Tests;

/// <summary>A forward that is a function.</summary>
internal sealed class Lambda<TIn, TOut>(Func<TIn, TOut> f) : Module<TIn, TOut>
{
    protected override TOut Forward(TIn input) => f(input);
}

/// <summary>Operations of tensors as they stand in forwards: casts, views, writes, indexing, sizes.</summary>
public class OperationTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new()
    {
        ["arithmetic"] = static x => (2 - x) / (x.Square() + 1) - x * 0.5 + (3 / (x.Abs() + 1)) % 0.7,
        ["powers"] = static x => x.Abs().Pow(1.5) + x.Pow(2) + Tensor.Pow(2, x) + (x.Abs() + 0.1).Rsqrt() + x.Exp().Log1p() + x.Expm1(),
        ["logarithms"] = static x => (x.Abs() + 0.5).Log() + (x.Abs() + 0.5).Log2() + (x.Abs() + 0.5).Log10() + x.Exp2(),
        ["trigonometry"] = static x => x.Sin() + x.Cos() * x.Tanh() + x.Atan() + x.Sinh() + x.Clamp(-0.9, 0.9).Asin() + x.Asinh(),
        ["special"] = static x => x.Erf() + x.Erfc() + x.Sinc() + x.Sigmoid().Logit(),
        ["rounding"] = static x => x.Floor() + x.Ceil() * 2 + x.Trunc() * 3 + x.Round() * 4 + x.Frac() + x.Sign(),
        ["clamping"] = static x => x.Clamp(min: -0.5) + x.ClampMax(0.3) + x.Maximum(x * x) + x.Minimum(0.1 * x),
        ["comparisons"] = static x => ((x > 0) & (x < 1) | x.Eq(0)).To(DType.Float32) + (x >= 0.5).To(DType.Int64) + x.Ne(1).LogicalNot(),
        ["where"] = static x => Tensor.Where(x > 0, x, x.Exp() - 1) + x.MaskedFill(x < 0, -7),
        ["nan"] = static x => (x.Log()).NanToNum(1, 2, 3) + x.Log().IsNaN() + x.IsFinite(),
        ["casts"] = static x => (x * 3).To(DType.Int32).To(DType.Float64) / 2 + x.To(DType.Bool),
        ["int32 and int64"] = static x => (x * 5).To(DType.Int32) + Tensor.Arange(3) * 2,
        ["integer division"] = static x => (x * 5).To(DType.Int64).FloorDivide(2) + (x * 5).To(DType.Int64).Remainder(3),
        ["sums"] = static x => x.Sum(1, keepDim: true) + x.Mean() + x.Sum([0, 2]).Sum() + x.AMax(-1, keepDim: true)
            + x.Prod(2, keepDim: true),
        ["statistics"] = static x => x.Var(1, keepDim: true) + x.Std([1, 2], correction: 0, keepDim: true) + x.LogSumExp(-1, keepDim: true),
        ["variance of a dynamic dimension"] = static x => x.Var(0) + x.Std(0) + x.Mean(0),
        ["norms"] = static x => x.Norm(2, -1) + x.Norm(1, -1) + x.Norm(3, -1) + x.Norm(double.PositiveInfinity, -1),
        ["places"] = static x => x.ArgMax(1, keepDim: true) + x.ArgMin(1, keepDim: true) + x.ArgMax(),
        ["max with places"] = static x => x.Max(1).Values + x.Max(1).Indices,
        ["top k"] = static x => x.TopK(2, -1).Values.Sum(-1) + x.Sort(-1).Values.Select(-1, 0) + x.Median(-1).Values,
        ["any and all"] = static x => (x > 0).Any(1, keepDim: true) | (x < 5).All(1, keepDim: true),
        ["counts"] = static x => (x > 0).Sum(1, keepDim: true) + (x < 1).Sum() + x.CountNonzero(),
        ["one hot"] = static x => Functional.OneHot(x.ArgMax(1), 5).Sum(0) + Functional.OneHot(x.ArgMax(-1), 4).Sum(),
        ["running sums"] = static x => x.CumSum(1) + x.CumProd(2),
        ["softmax"] = static x => x.Softmax(1) + x.LogSoftmax(0),
        ["products"] = static x => x.MatMul(x.Transpose(1, 2)).MatMul(x),
        ["einsum"] = static x => Tensor.Einsum("bij,bkj->bik", x, x),
        ["outer product"] = static x => x[0, 0].Outer(x[0, 1]),
        ["distances"] = static x => x.CDist(x + 1),
        ["slices"] = static x => x[.., 1.., ..^1] * 2 + x[.., ..^1, 1..],
        ["the last ones"] = static x => x[-1] + x[^2..].Sum(0),
        ["every other"] = static x => x.Slice(2, 0, null, 2) + x.Slice(0, 1).Sum(),
        ["index by a tensor"] = static x => x[.., Tensor.Of([2, 0, 1, -1])],
        ["index select"] = static x => x.IndexSelect(1, Tensor.Of([1, 1])).Gather(2,
            Tensor.Of([[[0, 2], [1, 1]]]).Expand([x.Size(0), 2, 2])),
        ["indices of two dimensions"] = static x => x[.., Tensor.Of([0, 3]), Tensor.Of([2, 1])],
        ["split and join"] = static x => Tensor.Cat([.. x.Split(2, 1).Reverse()], 1) + Tensor.Stack(x.Unbind(1), 1)
            + x.Chunk(2, 1)[0].Sum(),
        ["repeated"] = static x => x.Repeat([1, 1, 2]).Roll(1, -1).Flip([1]),
        ["expanded"] = static x => x.Mean(1, keepDim: true).Expand(x.Shape) + x.Sum(0).ExpandAs(x),
        ["reshaped"] = static x => x.Reshape([x.Size(0) * x.Size(1), -1]).Transpose(0, 1).Reshape([3, x.Size(0), -1]).Permute([1, 2, 0]),
        ["flattened"] = static x => x.Flatten().Unsqueeze(0).Squeeze(0).View([x.Size(0), -1]),
        ["triangles"] = static x => x.Tril() + x.Triu(1) * 2 + x.Diagonal(0, 1, 2).Sum(),
        ["windows"] = static x => x.Unfold(1, 2, 1).Sum(-1),
        ["sizes"] = static x => x * x.Size(0) / Math.Sqrt(x.Size(0)) + 1.0 / x.Size(0),
        ["positions"] = static x => x + Tensor.Arange(x.Size(0)).Unsqueeze(-1).Unsqueeze(-1) + Tensor.Linspace(0, 1, 3),
        ["positions of floats"] = static x => x + Tensor.Arange(0.5, x.Size(0), 1).Reshape([-1, 1, 1]) * 0.1,
        ["created"] = static x => Tensor.Zeros([x.Size(0), 4, 1]) + Tensor.Full([x.Size(0), 1, 3], 2.5) + Tensor.OnesLike(x)
            + Tensor.Eye(x.Size(0)).Sum(),
        ["written"] = static x =>
        {
            Tensor y = x * 1;
            y[.., 0] = 5;
            y[.., 1..3] += 1;
            y[0] = y[1] * 2;
            y.Transpose(1, 2)[.., 1].Mul_(3);
            y.View(-1).Add_(0.5);
            y.Relu_();
            return y;
        },
        ["written every other"] = static x =>
        {
            Tensor y = Tensor.Zeros([x.Size(0), 4, 6]);
            y.Slice(2, 0, null, 2).Copy_(x.Sin());
            y.Slice(2, 1, null, 2).Copy_(x.Cos());
            return y;
        },
        ["written where"] = static x =>
        {
            Tensor y = x.Clone();
            y.MaskedFill_(y > 0.5, 0);
            y.Unsqueeze(0).Squeeze(0).Unbind(1)[2].Zero_();
            y.Detach().Permute([2, 0, 1])[0].Fill_(4);
            return y.Exp_();
        },
        ["scattered"] = static x => x.Scatter(1, Tensor.Zeros([x.Size(0), 1, 3], DType.Int64), x[.., ..1] * 2)
            .IndexAdd(1, Tensor.Of([1, 1]), x[.., ..2]).IndexFill(2, Tensor.Of([0]), 3),
        ["index put"] = static x => x.IndexPut([Tensor.Of([0, 1]), Tensor.Of([3, 2])], Tensor.Of([[1.0, 2.0, 3.0]])),
        ["random but unused"] = static x => x + x.DType.ItemSize(),
        ["a function of the user"] = static x => new Doubled().Apply(x) + 1,
        ["a gradient"] = static x =>
        {
            using GradScope on = Autograd.EnableGrad();
            Tensor y = x.Detach().RequiresGrad_();
            return Autograd.Grad(y.Pow(3).Sum(), y);
        },
        ["a checkpoint"] = static x => Checkpoint.Run(static (Tensor t) => t.Sin().Exp(), x),
        ["a jvp"] = static x => Func.Jvp(static (Tensor t) => t.Sin() * t, x, Tensor.OnesLike(x)).Tangent,
        ["a map over the batch"] = static x => Func.Vmap(static (Tensor row) => row.MatMul(row.TransposeMatrix()).Sum(0))(x),
    };

    private sealed class Doubled : Function<Tensor, Tensor>
    {
        protected override Tensor Forward(FunctionContext ctx, Tensor x) => x * 2;
        protected override Tensor Backward(FunctionContext ctx, Tensor g) => g * 2;
    }

    public static TheoryData<string> Names() => [.. Functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Computes_the_same(string name)
    {
        Tensor.ManualSeed(3);
        Tensor R(long n) => Tensor.Randn([n, 4, 3]);
        Check.Equal(new Lambda<Tensor, Tensor>(Functions[name]), null, R(3), R(2), R(6));
    }
}
