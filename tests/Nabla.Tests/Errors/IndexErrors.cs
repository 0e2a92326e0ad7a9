using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Indices out of bounds: every one is looked at before anything is written.</summary>
[Collection(ErrorCollection.Name)]
public sealed class IndexErrors
{
    private const long Far = 1L << 32;

    public static readonly ErrorTable Table = new()
    {
        { "I01", Kinds.Range, "index 2 is out of bounds for dimension 0 with size 2", s => s.F(2)[2] },
        { "I01 negative", Kinds.Range, "index -3 is out of bounds for dimension 0 with size 2", s => s.F(2)[-3] },
        { "I01 second", Kinds.Range, "index 3 is out of bounds for dimension 1 with size 3", s => s.F(2, 3)[0, 3], "with size 3" },
        { "I01 third", Kinds.Range, "index 9 is out of bounds for dimension 2 with size 4", s => s.F(2, 3, 4)[0, 1, 9] },
        { "I01 new axis", Kinds.Range, "index 7 is out of bounds for dimension 2 with size 3", s =>
            s.F(2, 3, 4)[TensorIndex.NewAxis, 0, 7] },
        { "I01 select", Kinds.Range, "select(): index 3 out of range for tensor of size [2, 3] at dimension 1", s =>
            s.F(2, 3).Select(1, 3) },
        { "I01 assign", Kinds.Range, "index 2 is out of bounds for dimension 0 with size 2", s => s.F(2)[2] = s.F() },
        { "I02 scalar", Kinds.Argument, "invalid index of a 0-dim tensor.", s => s.F()[0] },
        { "I02 many", Kinds.Argument, "too many indices for tensor of dimension 2", s => s.F(2, 3)[0, 0, 0], "3" },
        { "I03 zero", Kinds.Range, "slice step cannot be zero", s => s.F(2)[(.., 0)] },
        { "I03 negative", Kinds.Range, "step must be greater than zero", s => s.F(2)[(.., -1)], "Flip" },
        { "I03 slice", Kinds.Range, "slice step must be positive", s => s.F(2).Slice(0, 0, 2, -1) },
        { "I04 clamps", "tensor([])", s => s.F(2)[TensorIndex.Slice(5, 9)] },
        { "I04 method clamps", "tensor([])", s => s.F(2).Slice(0, 5, 9) },
        { "I04 range", Kinds.Range, "the range 5..9 is out of bounds for dimension 0 with size 2", s => s.F(2)[5..9] },
        { "I05", Kinds.Range, "index ^0 is out of bounds for dimension 0 with size 2", s => s.F(2)[^0] },
        { "I06", Kinds.Range, "index 2 is out of bounds for dimension 0 with size 2", s => s.F(2)[s.L(0, 2)] },
        { "I06 second", Kinds.Range, "index 3 is out of bounds for dimension 1 with size 3", s => s.F(2, 3)[s.L(0, 1), s.L(0, 3)] },
        { "I06 rest", Kinds.Range, "index -4 is out of bounds for dimension 1 with size 3", s => s.F(2, 3)[.., s.L(-4)], "with size 3" },
        { "I06 shapes", Kinds.Shape, "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]", s =>
            s.F(2, 3)[s.L(0, 1), s.L(0, 1, 2)] },
        { "I07", Kinds.Shape, "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3] at index 0", s =>
            s.F(2, 3)[s.Of(DType.Bool, 3)] },
        { "I08 gather", Kinds.Range, "index 3 is out of bounds for dimension 1 with size 3", s =>
            s.F(2, 3).Gather(1, s.L(3).View([1, 1])) },
        { "I08 gather negative", Kinds.Range, "index -1 is out of bounds for dimension 1 with size 3", s =>
            s.F(2, 3).Gather(1, s.L(-1).View([1, 1])) },
        { "I08 scatter", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s => s.F(3).Scatter_(0, s.L(0, 3), 5.0) },
        { "I08 scatter tensor", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).Scatter_(0, s.L(0, 3), s.F(2)) },
        { "I08 scatter add", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).ScatterAdd_(0, s.L(0, 3), s.F(2)) },
        { "I08 scatter reduce", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).ScatterReduce_(0, s.L(0, 3), s.F(2), "sum") },
        { "I08 index select", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s => s.F(3).IndexSelect(0, s.L(3)) },
        { "I08 index add", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).IndexAdd_(0, s.L(0, 3), s.F(2)), "element 1" },
        { "I08 index copy", Kinds.Range, "index_copy_(): index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).IndexCopy_(0, s.L(0, 3), s.F(2)) },
        { "I08 index fill", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).IndexFill_(0, s.L(0, 3), 1.0) },
        { "I08 index put", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s =>
            s.F(3).IndexPut_([s.L(0, 3)], s.F(2)) },
        { "I08 assign", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s => s.F(3)[s.L(0, 3)] = s.F(2) },
        { "I08 take", Kinds.Range, "out of range: tried to access index 3 on a tensor of 3 elements.", s => s.F(3).Take(s.L(3)) },
        { "I08 put", Kinds.Range, "out of range: tried to access index 3 on a tensor of 3 elements.", s => s.F(3).Put_(s.L(0, 3), s.F(2)) },
        { "I08 along dim", Kinds.Range, "index 3 is out of bounds for dimension 0 with size 3", s => s.F(3).TakeAlongDim(s.L(3), 0) },
        { "I08 unravel", Kinds.Range, "index 5 is out of bounds for a shape of 4 elements.", s => s.L(5).UnravelIndex([2, 2]), "5" },
        { "I09 gather", Kinds.Shape, "Index tensor must have the same number of dimensions as input tensor", s =>
            s.F(2, 3).Gather(1, s.L(1)) },
        { "I09 scatter", Kinds.Shape, "Index tensor must have the same number of dimensions as self tensor",
            s => s.F(2, 3).Scatter_(1, s.L(1), 1.0) },
        { "I09 size", Kinds.Shape, "Size does not match at dimension 1 expected index [1, 4] to be no larger than self [2, 3] apart " +
            "from dimension 0", s => s.F(2, 3).Gather(0, s.Of(DType.Int64, 1, 4)) },
        { "I09 vector", Kinds.Shape, "index_select(): Index is supposed to be a vector", s =>
            s.F(3).IndexSelect(0, s.Of(DType.Int64, 1, 2)) },
        { "I09 source", Kinds.Shape, "index_add_(): Number of indices (2) should be equal to source.size(dim): (3), for dim: 0",
            s => s.F(3).IndexAdd_(0, s.L(0, 0), s.F(3)),
            "Number of indices (2) should be equal to source.size(dim)" },
        { "I09 scatter size", Kinds.Shape, "Expected index [5] to be no larger than self [3] apart from dimension 0 and to be " +
            "no larger size than src [3]", s => s.F(3).Scatter_(0, s.L(0, 0, 0, 0, 0), s.F(3)), "index [5] to be no larger than",
            "src [3]" },
        { "I09 scatter value size", Kinds.Shape, "Expected index [3, 1] to be no larger than self [2, 3] apart from dimension 1", s =>
            s.F(2, 3).Scatter(1, s.L(0, 0, 0).View([3, 1]), 1.0) },
        { "I09 copy source", Kinds.Shape, "index_copy_(): Number of indices (2) should be equal to source.size(dim) (3)", s =>
            s.F(3).IndexCopy(0, s.L(0, 0), s.F(3)) },
        { "I09 slices", Kinds.Shape, "source tensor shape must match self tensor shape, excluding the specified dimension. Got " +
            "self.shape = [3, 3] source.shape = [2, 4]", s => s.F(3, 3).IndexAdd(0, s.L(0, 0), s.F(2, 4)) },
        { "I09 copy slices", Kinds.Shape, "index_copy_(): Source/destination tensor must have same slice shapes.", s =>
            s.F(3, 3).IndexCopy(0, s.L(0, 0), s.F(2, 4)) },
        { "I09 add vector", Kinds.Shape, "index_add_(): Index is supposed to be a vector, but got dim: 2 with type: Long and size: [1, 2]",
            s => s.F(3).IndexAdd(0, s.Of(DType.Int64, 1, 2), s.F(2)) },
        { "I09 copy vector", Kinds.Shape, "index_copy_(): Index should have dimension 1 or 0 (got 2)", s =>
            s.F(3).IndexCopy(0, s.Of(DType.Int64, 1, 2), s.F(2)) },
        { "I09 fill vector", Kinds.Shape, "Index has to be a vector/scalar", s => s.F(3).IndexFill(0, s.Of(DType.Int64, 1, 2), 1) },
        { "I09 put", Kinds.Shape, "put_(): Expected source and index to have the same number of elements, but got source.numel() = 2, " +
            "index.numel() = 1", s => s.F(3).Put_(s.L(0), s.F(2)) },
        { "I10", Kinds.Range, "index out of range in self", s => F.Embedding(s.L(0, 10), s.F(3, 2)), "10", "3" },
        { "I10 negative", Kinds.Range, "index out of range in self", s => F.Embedding(s.L(-1), s.F(3, 2)), "-1" },
        { "I10 renorm", Kinds.Range, "index out of range in self", s => F.Embedding(s.L(0, 10), s.F(3, 2), maxNorm: 0.1) },
        { "I11", Kinds.Range, "Class values must be non-negative.", s => F.OneHot(s.L(-1)) },
        { "I11 large", Kinds.Range, "Class values must be smaller than num_classes.",
            s => F.OneHot(s.L(5), 3), "smaller than num_classes" },
        { "I11 dtype", Kinds.DType, "one_hot is only applicable to index tensor of type LongTensor.", s => F.OneHot(s.F(2)) },
        { "I12", Kinds.Range, "Target 3 is out of bounds.", s => F.CrossEntropy(s.F(2, 3), s.L(0, 3)), "3" },
        { "I12 negative", Kinds.Range, "Target -1 is out of bounds.", s => F.NllLoss(s.F(2, 3), s.L(0, -1)) },
        { "I13", "tensor([0.5000, 3.0000, 2.5000])", s => s.F(3).Scatter(0, s.L(1, 1), s.V(2, 3)) },
        { "I14", "tensor([])", s => s.F(2).MaskedSelect(Tensor.Of([false, false])) },
        { "I15", Kinds.State, "a Tensor with 6 elements cannot be converted to Scalar", s => s.F(6).Item() },
        { "I15 none", Kinds.State, "a Tensor with 0 elements cannot be converted to Scalar", s => s.F(0).Item<float>() },
        { "I16", Kinds.State, "Boolean value of Tensor with more than one value is ambiguous", s => (bool)s.F(6) },
        { "I16 none", Kinds.State, "Boolean value of Tensor with no values is ambiguous", s => (bool)s.F(0) },
        { "I17", Kinds.Range, "selected index k out of range", s => s.F(3).TopK(4), "4", "3" },
        { "I17 negative", Kinds.Range, "selected index k out of range", s => s.F(3).TopK(-1), "-1" },
        { "I17 kth", Kinds.Range, "kthvalue(): selected number k out of range for dimension 0", s => s.F(3).KthValue(0) },
        { "I17 kth large", Kinds.Range, "kthvalue(): selected number k out of range for dimension 0", s => s.F(3).KthValue(4) },
        { "I18 index", Kinds.Range, "index 4294967296 is out of bounds for dimension 0 with size 2", s => s.F(2)[Far] },
        { "I18 tensor", Kinds.Range, "index 4294967296 is out of bounds for dimension 0 with size 2", s => s.F(2)[s.L(Far)] },
        { "I18 gather", Kinds.Range, "index 4294967296 is out of bounds for dimension 0 with size 2", s => s.F(2).Gather(0, s.L(Far)) },
        { "I18 select", Kinds.Range, "index 4294967296 is out of bounds for dimension 0 with size 2", s =>
            s.F(2).IndexSelect(0, s.L(Far)) },
        { "I18 embedding", Kinds.Range, "index out of range in self", s => F.Embedding(s.L(Far), s.F(2, 2)), "4294967296" },
        { "I18 target", Kinds.Range, "Target 4294967296 is out of bounds.", s => F.NllLoss(s.F(1, 3), s.L(Far)) },
        { "I18 least", Kinds.Range, "index -9223372036854775808 is out of bounds for dimension 0 with size 2", s =>
            s.F(2)[s.L(long.MinValue)] },
        { "I18 extreme", Kinds.Range, "index -9223372036854775808 is out of bounds for dimension 0 with size 2", s =>
            s.F(2)[long.MinValue] },
        { "I18 slice", "tensor([0.5000, 1.5000])", s => s.F(2).Slice(0, long.MinValue, long.MaxValue, long.MaxValue - 1)[..] is { } t
            ? Tensor.Cat([t, s.F(2)[1..]]) : null },
        { "I reduce", Kinds.Argument, "reduce argument must be either sum, prod, mean, amax or amin, got foo", s =>
            s.F(2).ScatterReduce_(0, s.L(0), s.F(1), "foo") },
        { "I scatter reduce", Kinds.Argument, "reduce argument must be either add or multiply.", s =>
            s.F(2).Scatter(0, s.L(0), s.F(1), "foo") },
    };

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);
}
