using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Tensors without elements, and tensors without dimensions.</summary>
[Collection(ErrorCollection.Name)]
public sealed class EmptyAndScalar
{
    private const string Whole = "Expected reduction dim to be specified for input.numel() == 0.";

    public static readonly ErrorTable Table = new()
    {
        { "E01 max", Kinds.State, "max(): " + Whole, s => s.F(0).Max() },
        { "E01 min", Kinds.State, "min(): " + Whole, s => s.F(0).Min() },
        { "E01 argmax", Kinds.State, "argmax(): " + Whole, s => s.F(0).ArgMax() },
        { "E01 amax", Kinds.State, "amax(): Expected reduction dim to be specified for input.numel() == 0. Specify the " +
            "reduction dim with the 'dim' argument.", s => s.F(0).AMax() },
        { "E02 argmax", Kinds.State, "argmax(): Expected reduction dim 0 to have non-zero size.", s => s.F(0, 2).ArgMax(0) },
        { "E02 max", Kinds.State, "max(): Expected reduction dim 0 to have non-zero size.", s => s.F(0, 2).Max(0) },
        { "E02 amax", Kinds.State, "amax(): Expected reduction dim 0 to have non-zero size.", s => s.F(0, 2).AMax(0) },
        { "E02 median", Kinds.State, "median(): Expected reduction dim 0 to have non-zero size.", s => s.F(0, 2).Median(0) },
        { "E02 mode", Kinds.State, "mode(): Expected reduction dim 0 to have non-zero size.", s => s.F(0).Mode() },
        { "E02 kth", Kinds.State, "kthvalue(): Expected reduction dim 0 to have non-zero size.", s => s.F(0).KthValue(1) },
        { "E02 quantile", Kinds.State, "quantile() input tensor must be non-empty", s => s.F(0).Quantile(0.5) },
        { "E02 aminmax", Kinds.State, "aminmax(): cannot compute aminmax over an empty dimension as the operation has no " +
            "identity.", s => s.F(0).AMinMax() },
        { "E03", "tensor(0.); tensor(1.); tensor(nan); tensor(nan); tensor(nan)", s =>
            (s.F(0).Sum(), s.F(0).Prod(), s.F(0).Mean(), s.F(0).Std(), s.F(1).Var()) },
        { "E04 softmax", "[2, 0]", s => s.F(2, 0).Softmax(1).Shape },
        { "E04 logsumexp", "tensor(-inf)", s => s.F(0).LogSumExp(0) },
        { "E05", "tensor([[0., 0.],\n        [0., 0.]])", s => s.F(2, 0).MatMul(s.F(0, 2)) },
        { "E05 gradients", "[2, 0]; [0, 2]", s => Gradients(s.Leaf(2, 0), s.Leaf(0, 2), (x, y) => x.MatMul(y)).Select(g => g.Shape) },
        { "E05 no rows", "[0, 3]; tensor([[0., 0., 0.],\n        [0., 0., 0.]])", s =>
            Gradients(s.Leaf(0, 2), s.Leaf(2, 3), (x, y) => x.MatMul(y)) is [{ } g, { } h] ? (new Shape([g.Size(0), h.Size(1)]), h)
            : default },
        { "E06 linear", "[0, 2]; tensor([[0., 0., 0.],\n        [0., 0., 0.]])", s =>
            { Tensor w = s.Leaf(2, 3), y = F.Linear(s.F(0, 3), w); y.Sum().Backward(); return (y.Shape, w.Grad); } },
        { "E07", "tensor(nan)", s => F.CrossEntropy(s.F(0, 3), s.Of(DType.Int64, 0)) },
        { "E07 ignored", "tensor(nan)", s => F.CrossEntropy(s.F(2, 3), s.L(-100, -100)) },
        { "E08", "[2, 3]", s => Tensor.Cat([s.F(0), s.F(2, 3)]).Shape },
        { "E08 other", Kinds.Shape, "Sizes of tensors must match except in dimension 0. Expected size 1 but got size 3 for tensor " +
            "number 1 in the list.", s => Tensor.Cat([s.F(0, 1), s.F(2, 3)]) },
        { "E09 backward", "tensor(1.)", s => { Tensor x = s.Leaf(); (x * x).Backward(); return x.Grad; } },
        { "E09 broadcast", "tensor([1., 2.])", s => s.F() + s.F(2) },
        { "E09 dims", "tensor(0.5000); tensor(0.5000); tensor(0)", s => (s.F().Sum(0), s.F().CumSum(-1), s.F().ArgMax(0)) },
        { "E09 sort", "tensor(0.5000); tensor(0)", s => s.F().Sort() },
        { "E09 topk", "tensor(0.5000); tensor(0)", s => s.F().TopK(1) },
        { "E09 max", "tensor(0.5000); tensor(0)", s => s.F().Max(0) },
        { "E09 squeeze", "tensor(0.5000)", s => s.F().Squeeze(0) },
        { "E09 transpose", "tensor(0.5000)", s => s.F().Transpose(0, -1) },
        { "E09 flatten", "tensor([0.5000])", s => s.F().Flatten() },
        { "E11 empty", "tensor([], size=(2, 0))", s => s.F(2, 0) },
        { "E12 sort", "tensor([]); tensor([], dtype=torch.int64)", s => s.F(0).Sort() },
        { "E12 cumsum", "tensor([])", s => s.F(0).CumSum(0) },
        { "E12 median", "tensor(nan)", s => s.F(0).Median() },
        { "E12 unique", "tensor([])", s => s.F(0).Unique() },
        { "E12 nonzero", "[0, 1]", s => s.F(0).Nonzero().Shape },
        { "E12 topk", "tensor([]); tensor([], dtype=torch.int64)", s => s.F(0).TopK(0) },
        { "E13 empty operands", "tensor([], size=(0, 3)); tensor([], size=(0, 3))", s => (s.F(0, 3) + s.F(3), s.F(0, 3).Exp()) },
        { "E13 in place", "tensor([], size=(0, 3))", s => Tensor.Zeros(0, 3).Add_(1).Exp_() },
        { "E13 gather", "tensor([])", s => s.F(3)[Tensor.Zeros(0, DType.Int64)] },
        { "E13 index of nothing", Kinds.Range, "index is out of bounds for dimension with size 0", s => s.F(0)[s.L(0)], "0" },
        { "E13 embedding of nothing", Kinds.Range, "index out of range in self", s => F.Embedding(s.L(0), s.F(0, 2)) },
        { "E13 element", Kinds.Range, "index 0 is out of bounds for dimension 0 with size 0", s => s.F(0)[0] },
    };

    private static Tensor[] Gradients(Tensor x, Tensor y, Func<Tensor, Tensor, Tensor> f)
    {
        f(x, y).Sum().Backward();
        return [x.Grad!, y.Grad!];
    }

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);
}
