using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Shapes that do not fit.</summary>
[Collection(ErrorCollection.Name)]
public sealed class ShapeErrors
{
    public static readonly ErrorTable Table = new()
    {
        { "S01 mm", Kinds.Shape, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", s => s.F(2, 3).Mm(s.F(2, 3)), "Transpose" },
        { "S01 matmul", Kinds.Shape, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", s => s.F(2, 3).MatMul(s.F(2, 3)),
            "Transpose" },
        { "S01 batched", Kinds.Shape, "Expected size for first two dimensions of batch2 tensor to be: [2, 3] but got: [2, 2].", s =>
            s.F(2, 2, 3).MatMul(s.F(2, 2, 3)) },
        { "S01 vectors", Kinds.Shape, "inconsistent tensor size, expected tensor [3] and src [4] to have the same number of elements, " +
            "but got 3 and 4 elements respectively", s => s.F(3).MatMul(s.F(4)) },
        { "S01 vector", Kinds.Shape, "size mismatch, got input (2), mat (2x3), vec (4)", s => s.F(2, 3).MatMul(s.F(4)) },
        { "S02", Kinds.Shape, "both arguments to matmul need to be at least 1D, but they are 0D and 2D", s => s.F().MatMul(s.F(2, 3)) },
        { "S03 batch", Kinds.Shape, "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [3, 4].", s =>
            s.F(2, 3, 4).Bmm(s.F(3, 4, 5)) },
        { "S03 inner", Kinds.Shape, "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 5].", s =>
            s.F(2, 3, 4).Bmm(s.F(2, 5, 5)) },
        { "S04 bmm", Kinds.Shape, "batch1 must be a 3D tensor", s => s.F(2, 3).Bmm(s.F(3, 4)), "[2, 3]" },
        { "S04 mm", Kinds.Shape, "self must be a matrix", s => s.F(3).Mm(s.F(3, 4)), "[3]" },
        { "S04 mv", Kinds.Shape, "size mismatch, got input (2), mat (2x3), vec (4)", s => s.F(2, 3).Mv(s.F(4)) },
        { "S05", Kinds.Shape, "inconsistent tensor size, expected tensor [3] and src [4] to have the same number of elements, but got 3 " +
            "and 4 elements respectively", s => s.F(3).Dot(s.F(4)) },
        { "S05 rank", Kinds.Shape, "1D tensors expected, but got 2D and 1D tensors", s => s.F(3, 1).Dot(s.F(3)) },
        { "S06 add", Kinds.Shape, "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1", s =>
            s.F(2, 3) + s.F(2, 4), "[2, 3]", "[2, 4]" },
        { "S06 recorded", Kinds.Shape, "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1", s =>
            s.Leaf(2, 3) * s.Leaf(2, 4) },
        { "S06 maximum", Kinds.Shape, "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1", s =>
            s.F(2, 3).Maximum(s.F(4)) },
        { "S06 compare", Kinds.Shape, "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1", s =>
            s.F(2, 3) < s.F(4) },
        { "S06 where", Kinds.Shape, "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0", s =>
            s.F(3).Where(s.Of(DType.Bool, 2), s.F(3)) },
        { "S07 add", Kinds.Shape, "output with shape [3] doesn't match the broadcast shape [2, 3]", s => s.F(3).Add_(s.F(2, 3)), "Add" },
        { "S07 lerp", Kinds.Shape, "output with shape [3] doesn't match the broadcast shape [2, 3]", s => s.F(3).Lerp_(s.F(2, 3), 0.5) },
        { "S07 addcmul", Kinds.Shape, "output with shape [3] doesn't match the broadcast shape [2, 3]", s =>
            s.F(3).AddCMul_(s.F(2, 3), s.F(3)) },
        { "S07 copy", Kinds.Shape, "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
            s => s.F(2, 3).Copy_(s.F(4)) },
        { "S07 copy larger", Kinds.Shape, "output with shape [3] doesn't match the broadcast shape [2, 3]", s =>
            s.F(3).Copy_(s.F(2, 3)) },
        { "S07 assign", Kinds.Shape, "The expanded size of the tensor (3) must match the existing size (4) at non-singleton dimension " +
            "1.  Target sizes: [2, 3].  Tensor sizes: [4]", s => s.F(2, 3)[0..2] = s.F(4) },
        { "S07 assign larger", Kinds.Shape, "expand(torch.FloatTensor{[2, 3]}, size=[3]): the number of sizes provided (1) must be " +
            "greater or equal to the number of dimensions in the tensor (2)", s => s.F(3)[0..3] = s.F(2, 3) },
        { "S07 assign indices", Kinds.Shape, "shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of " +
            "shape [2]", s => s.F(3)[s.L(0, 1)] = s.F(3) },
        { "S07 clamp", Kinds.Shape, "The size of tensor a (0) must match the size of tensor b (3) at non-singleton dimension 2", s =>
            s.F(0).Clamp_(s.F(0), s.F(1, 2, 3)) },
        { "S08 view", Kinds.Shape, "shape '[4, 2]' is invalid for input of size 6", s => s.F(6).View([4, 2]) },
        { "S08 reshape", Kinds.Shape, "shape '[4, 2]' is invalid for input of size 6", s => s.F(6).Reshape([4, 2]) },
        { "S08 infer", Kinds.Shape, "shape '[4, -1]' is invalid for input of size 6", s => s.F(6).Reshape([4, -1]) },
        { "S08 overflow", Kinds.Shape, "shape '[4294967296, 4294967296, 6]' is invalid for input of size 6", s =>
            s.F(6).Reshape([1L << 32, 1L << 32, 6]) },
        { "S09", Kinds.Shape, "only one dimension can be inferred", s => s.F(6).View([-1, -1]) },
        { "S10", Kinds.Range, "invalid shape dimension -2", s => s.F(6).View([-2, 3]) },
        { "S11", Kinds.State, "view size is not compatible with input tensor's size and stride (at least one dimension spans across two " +
            "contiguous subspaces). Use .reshape(...) instead.", s => s.F(2, 3).Transpose(0, 1).View(6), "Contiguous" },
        { "S12", Kinds.Shape, "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be " +
            "any value and is ambiguous", s => s.F(0, 2).Reshape([-1, 0]) },
        { "S13", Kinds.Shape, "The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 1.  " +
            "Target sizes: [2, 4].  Tensor sizes: [3]", s => s.F(3).Expand([2, 4]) },
        { "S13 leading", Kinds.Range, "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension 0", s =>
            s.F(3).Expand([-1, 3]) },
        { "S13 rank", Kinds.Shape, "expand(torch.FloatTensor{[2, 3]}, size=[3]): the number of sizes provided (1) must be greater or " +
            "equal to the number of dimensions in the tensor (2)", s => s.F(2, 3).Expand(3) },
        { "S13 negative", Kinds.Range, "The expanded size of the tensor (-2) isn't allowed in a leading, non-existing dimension " +
            "0", s => s.F(3).Expand([-2, 3]), "-2" },
        { "S14 cat", Kinds.Argument, "torch.cat(): expected a non-empty list of Tensors", _ => Tensor.Cat([]) },
        { "S14 stack", Kinds.Argument, "stack expects a non-empty TensorList", _ => Tensor.Stack([]) },
        { "S15", Kinds.Shape, "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number 1 in " +
            "the list.", s => Tensor.Cat([s.F(2, 3), s.F(2, 4)]) },
        { "S15 rank", Kinds.Shape, "Tensors must have same number of dimensions: got 2 and 1", s => Tensor.Cat([s.F(2, 3), s.F(2)]) },
        { "S16", Kinds.Shape, "zero-dimensional tensor (at position 0) cannot be concatenated", s => Tensor.Cat([s.F(), s.F()]), "Stack" },
        { "S17", Kinds.Shape, "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1", s =>
            Tensor.Stack([s.F(2), s.F(3)]) },
        { "S18 zero", Kinds.Range, "split_size can only be 0 if dimension size is 0, but got dimension size of 4", s => s.F(4).Split(0) },
        { "S18 sum", Kinds.Shape, "split_with_sizes expects split_sizes to sum exactly to 4 (input tensor's size at dimension 0), but " +
            "got split_sizes=[1, 2]", s => s.F(4).Split([1L, 2L]) },
        { "S18 negative", Kinds.Range, "split expects split_size be non-negative, but got split_size=-1", s => s.F(4).Split(-1) },
        { "S18 entries", Kinds.Range, "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=[5, -1]",
            s => s.F(4).Split([5L, -1L]) },
        { "S19", Kinds.Range, "chunk expects `chunks` to be greater than 0, got: 0", s => s.F(4).Chunk(0) },
        { "S20", Kinds.Range, "start (2) + length (5) exceeds dimension size (3).", s => s.F(2, 3).Narrow(1, 2, 5) },
        { "S20 negative", Kinds.Range, "narrow(): length must be non-negative.", s => s.F(2, 3).Narrow(1, 0, -1) },
        { "S20 start", Kinds.Range, "start out of range (expected to be in range of [-3, 3], but got 4)", s => s.F(2, 3).Narrow(1, 4, 0) },
        { "S20 overflow", Kinds.Range, "start (2) + length (9223372036854775807) exceeds dimension size (3).", s =>
            s.F(2, 3).Narrow(1, 2, long.MaxValue) },
        { "S21 duplicates", Kinds.Shape, "permute(): duplicate dims are not allowed.", s => s.F(2, 3).Permute([0, 0]) },
        { "S21 both ends", Kinds.Shape, "permute(): duplicate dims are not allowed.", s => s.F(2, 3).Permute([0, -2]) },
        { "S21 count", Kinds.Shape, "permute: number of dimensions in the tensor input does not match the length of the desired " +
            "ordering of dimensions i.e. input.dim() = 2 is not equal to len(dims) = 1", s => s.F(2, 3).Permute(0) },
        { "S21 range", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 5)", s =>
            s.F(2, 3).Permute([0, 5]) },
        { "S22 sum", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 5)", s => s.F(2, 3).Sum(5) },
        { "S22 extreme", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got -2147483648)", s =>
            s.F(2, 3).Sum(int.MinValue) },
        { "S22 unsqueeze", Kinds.Range, "Dimension out of range (expected to be in range of [-3, 2], but got 5)", s =>
            s.F(2, 3).Unsqueeze(5) },
        { "S22 unsqueeze last", Kinds.Range, "Dimension out of range (expected to be in range of [-3, 2], but got 2147483647)", s =>
            s.F(2, 3).Unsqueeze(int.MaxValue) },
        { "S22 squeeze", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 5)", s => s.F(2, 3).Squeeze(5) },
        { "S22 softmax", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 2)", s => s.F(2, 3).Softmax(2) },
        { "S22 transpose", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 2)", s =>
            s.F(2, 3).Transpose(0, 2) },
        { "S22 scalar", Kinds.Range, "Dimension out of range (expected to be in range of [-1, 0], but got 1)", s => s.F().Sum(1) },
        { "S22 size", Kinds.Range, "Dimension specified as 0 but tensor has no dimensions", s => s.F().Size(0) },
        { "S22 cumsum", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got -3)", s => s.F(2, 3).CumSum(-3) },
        { "S22 sort", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 2)", s => s.F(2, 3).Sort(2) },
        { "S22 cat", Kinds.Range, "Dimension out of range (expected to be in range of [-2, 1], but got 2)", s =>
            Tensor.Cat([s.F(2, 3), s.F(2, 3)], 2) },
        { "S22 stack", Kinds.Range, "Dimension out of range (expected to be in range of [-3, 2], but got 3)", s =>
            Tensor.Stack([s.F(2, 3), s.F(2, 3)], 3) },
        { "S23", Kinds.Shape, "dim 0 appears multiple times in the list of dims", s => s.F(2, 3).Sum([0, 0]) },
        { "S23 both ends", Kinds.Shape, "dim 0 appears multiple times in the list of dims", s => s.F(2, 3).Sum([0, -2]) },
        { "S24", Kinds.Range, "setStorage: sizes [10], strides [1], storage offset 0, and itemsize 4 requiring a storage size of 40 are " +
            "out of bounds for storage of size 24", s => s.F(6).AsStrided(10, 1) },
        { "S24 negative", Kinds.Range, "as_strided: Negative strides are not supported at the moment, got strides: [-1]", s =>
            s.F(6).AsStrided(2, -1) },
        { "S24 offset", Kinds.Range, "Tensor: invalid storage offset -1", s => s.F(6).AsStrided(2, 1, -1) },
        { "S24 lengths", Kinds.Shape, "mismatch in length of strides and shape", s => s.F(6).AsStrided(2, [1, 2]) },
        { "S24 overflow", Kinds.Shape, "Storage size calculation overflowed with sizes=[4] and strides=[4611686018427387904]", s =>
            s.F(6).AsStrided(4, 1L << 62) },
        { "S25 unknown", Kinds.Argument, "einsum(): output subscript k does not appear in the equation for any input operand", s =>
            Tensor.Einsum("ij->k", s.F(2, 3)) },
        { "S25 repeated", Kinds.Argument, "einsum(): output subscript i appears more than once in the output", s =>
            Tensor.Einsum("ij->ii", s.F(2, 3)) },
        { "S25 sizes", Kinds.Shape, "einsum(): subscript j has size 4 for operand 1 which does not broadcast with previously seen size 3",
            s => Tensor.Einsum("ij,jk", s.F(2, 3), s.F(4, 5)) },
        { "S25 operands", Kinds.Argument, "einsum(): fewer operands were provided than specified in the equation", s =>
            Tensor.Einsum("ij,jk", s.F(2, 3)) },
        { "S25 letter", Kinds.Argument, "einsum(): invalid subscript given at index 1 in the equation string, subscripts must be in " +
            "[a-zA-Z]", s => Tensor.Einsum("i$->i", s.F(2, 3)) },
        { "S25 rank", Kinds.Shape, "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) " +
            "for operand 0 and no ellipsis was given", s => Tensor.Einsum("ijk", s.F(2, 3)) },
        { "S25 dot", Kinds.Argument, "einsum(): found '.' for operand 0 that is not part of any ellipsis", s =>
            Tensor.Einsum("i.j", s.F(2, 3)) },
        { "S25 two ellipses", Kinds.Argument, "einsum(): found '.' for operand 0 for which an ellipsis was already found", s =>
            Tensor.Einsum("...i...", s.F(2, 3)) },
        { "S25 two arrows", Kinds.Argument, "einsum(): invalid subscript given at index 5 in the equation string, subscripts must be in " +
            "[a-zA-Z]", s => Tensor.Einsum("ij->i->j", s.F(2, 3)) },
        { "S25 many letters", Kinds.Shape, "einsum(): the number of subscripts in the equation (53) does not match the number of " +
            "dimensions (2) for operand 0 and no ellipsis was given", s => Tensor.Einsum(new string('a', 53), s.F(2, 3)) },
        { "S25 repeated operand", Kinds.Shape, "einsum(): subscript i is repeated for operand 0 but the sizes don't match, 3 != 2", s =>
            Tensor.Einsum("ii", s.F(2, 3)) },
        { "S25 more operands", Kinds.Argument, "einsum(): more operands were provided than specified in the equation", s =>
            Tensor.Einsum("ij,jk->ik", s.F(2, 3), s.F(3, 4), s.F(2)) },
        { "S25 output dot", Kinds.Argument, "einsum(): found '.' for output that is not part of any ellipsis (...)", s =>
            Tensor.Einsum("...->..", s.F(2)) },
        { "S25 output ellipses", Kinds.Argument, "einsum(): found '.' for output but an ellipsis (...) was already found", s =>
            Tensor.Einsum("i->......", s.F(2)) },
        { "S26", Kinds.Shape, "expected sequence of length 2 at dim 1 (got 1)", _ => Tensor.Of([[1.0, 2.0], [3.0]]) },
        { "S26 number", Kinds.Shape, "expected sequence of length 2 at dim 1 (got a number)", _ => Tensor.Of([[1.0, 2.0], 3.0]) },
        { "S26 list", Kinds.Shape, "expected a number at dim 1 (got a list of 1)", _ => Tensor.Of([1.0, [2.0]]) },
        { "S27", Kinds.Range, "A tensor has at most 64 dimensions, but got 65", _ =>
            Tensor.Zeros(new Shape(Enumerable.Repeat(1L, 65).ToArray())) },
        { "S27 view", Kinds.Range, "A tensor has at most 64 dimensions, but got 65", s =>
            s.F(1).View(new Shape(Enumerable.Repeat(1L, 65).ToArray())) },
        { "S27 unsqueeze", Kinds.Range, "A tensor has at most 64 dimensions, but got 65", s =>
            s.F([.. Enumerable.Repeat(1L, 64)]).Unsqueeze(0) },
        { "S32 linear", Kinds.Shape, "mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)", s => F.Linear(s.F(4, 5), s.F(2, 3)) },
        { "S39 mse", Kinds.Shape, "Using a target size (torch.Size([2])) that is different to the input size (torch.Size([2, " +
            "1])). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            s => F.MseLoss(s.F(2, 1), s.F(2)), "[2, 1]", "[2]", "allowBroadcast" },
        { "S39 l1", Kinds.Shape, "Using a target size (torch.Size([3])) that is different to the input size (torch.Size([2, " +
            "1])). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            s => F.L1Loss(s.F(2, 1), s.F(3)), "[2, 1]", "[3]" },
        { "S39 huber", Kinds.Shape, "Using a target size (torch.Size([2])) that is different to the input size (torch.Size([2, " +
            "1])). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            s => F.HuberLoss(s.F(2, 1), s.F(2)), "[2, 1]", "[2]" },
        { "S39 smooth", Kinds.Shape, "Using a target size (torch.Size([2])) that is different to the input size (torch.Size([2, " +
            "1])). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            s => F.SmoothL1Loss(s.F(2, 1), s.F(2)), "[2, 1]", "[2]" },
        { "S39 bce", Kinds.Shape, "Using a target size (torch.Size([2])) that is different to the input size (torch.Size([2, " +
            "1])) is deprecated. Please ensure they have the same size.", s =>
            F.BinaryCrossEntropy(s.F(2, 1), s.F(2)) },
        { "S39 logits", Kinds.Shape, "Target size (torch.Size([2])) must be the same as input size (torch.Size([2, 1]))", s =>
            F.BinaryCrossEntropyWithLogits(s.F(2, 1), s.F(2)) },
        { "S40 batch", Kinds.Shape, "Expected input batch_size (2) to match target batch_size (1).", s =>
            F.CrossEntropy(s.F(2, 3), s.L(0)) },
        { "S40 dtype", Kinds.DType, "expected scalar type Long but found Float", s => F.CrossEntropy(s.F(2, 3), s.F(2)) },
        { "S40 nll", Kinds.Shape, "Expected input batch_size (2) to match target batch_size (3).", s =>
            F.NllLoss(s.F(2, 3), s.L(0, 0, 0)) },
        { "S40 weight", Kinds.Shape, "weight tensor should be defined either for all 3 classes or no classes but got weight tensor of " +
            "shape: [2]", s => F.CrossEntropy(s.F(2, 3), s.L(0, 1), s.F(2)) },
        { "S42 array", Kinds.Null, "Value cannot be null. (Parameter 'values')", _ => Tensor.From((float[])null!), "values" },
        { "S42 shape", Kinds.Null, "Value cannot be null. (Parameter 'sizes')", s => s.F(2).Reshape((long[])null!) },
        { "S42 dims", Kinds.Null, "Value cannot be null. (Parameter 'dims')", s => s.F(2).Permute((int[])null!) },
        { "S42 tensor", Kinds.Null, "Value cannot be null. (Parameter 'y')", s => s.F(2).Add((Tensor)null!) },
        { "S unflatten", Kinds.Shape, "unflatten: Provided sizes [4, 2] don't multiply up to the size of dim 0 (6) in the input tensor",
            s => s.F(6).Unflatten(0, [4, 2]) },
        { "S diag", Kinds.Shape, "diag(): Supports 1D or 2D tensors. Got 3D", s => s.F(2, 2, 2).Diag() },
        { "S diagonal", Kinds.Shape, "diagonal dimensions cannot be identical 0, 0", s => s.F(2, 2).Diagonal(0, 0, 0) },
        { "S tril", Kinds.Shape, "tril: input tensor must have at least 2 dimensions", s => s.F(2).Tril() },
        { "S trace", Kinds.Shape, "trace: expected a matrix, but got tensor with dim 1", s => s.F(2).Trace() },
        { "S repeat", Kinds.Shape, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor", s =>
            s.F(2, 2).Repeat(2) },
        { "S repeat negative", Kinds.Range, "Trying to create tensor with negative dimension -4: [-4]", s => s.F(2).Repeat(-2) },
        { "S flip", Kinds.Shape, "dim 0 appears multiple times in the list of dims", s => s.F(2, 2).Flip([0, 0]) },
        { "S roll", Kinds.Shape, "shifts and dimensions must align. shifts: 2, dims:1", s => s.F(2, 2).Roll([1, 2], 0) },
        { "S rot90", Kinds.Shape, "expected total dims >= 2, but got total dims = 1", s => s.F(2).Rot90() },
        { "S rot90 same", Kinds.Shape, "expected rotation dims to be different, but got dim0 = 0 and dim1 = 0",
            s => s.F(2, 2).Rot90(1, [0, 0]) },
        { "S unfold", Kinds.Range, "maximum size for tensor at dimension 0 is 4 but size is 5", s => s.F(4).Unfold(0, 5, 1) },
        { "S unfold step", Kinds.Range, "step is 0 but must be > 0", s => s.F(4).Unfold(0, 2, 0) },
        { "S movedim", Kinds.Shape, "movedim: repeated dim in `source` ([0, 0])", s => s.F(2, 2).MoveDim([0, 0], [0, 1]) },
        { "S rot90 both ends", Kinds.Shape, "expected rotation dims to be different, but got dim0 = 0 and dim1 = -2", s =>
            s.F(2, 2).Rot90(1, [0, -2]) },
        { "S repeat negative matrix", Kinds.Range, "Trying to create tensor with negative dimension -6: [4, -6]", s =>
            s.F(2, 3).Repeat([2, -2]) },
        { "S tensordot lists", Kinds.Shape, "both dimension lists should have same length", s =>
            s.F(2, 3).TensorDot(s.F(2, 3), [1, 0], 0) },
        { "S movedim destination", Kinds.Shape, "movedim: repeated dim in `destination` ([0, 0])", s => s.F(2, 2).MoveDim([0, 1], [0, 0]) },
        { "S movedim count", Kinds.Shape, "movedim: Invalid source or destination dims: source ([0] dims) should contain the same " +
            "number of dims as destination ([0, 1] dims)", s => s.F(2, 2).MoveDim(0, [0, 1]) },
        { "S tensordot", Kinds.Shape, "contracted dimensions need to match, but first has size 3 in dim -1 and second has size " +
            "2 in dim 0", s => s.F(2, 3).TensorDot(s.F(2, 3), 1) },
        { "S addmm", Kinds.Shape, "The expanded size of the tensor (4) must match the existing size (3) at non-singleton " +
            "dimension 1.  Target sizes: [2, 4].  Tensor sizes: [3, 3]", s => s.F(3, 3).AddMm(s.F(2, 3), s.F(3, 4)) },
        { "S addmm rank", Kinds.Shape, "mat1 must be a matrix, got 1-D tensor", s => s.F(3, 3).AddMm(s.F(3), s.F(3, 4)) },
        { "S outer", Kinds.Shape, "outer: Expected 1-D argument self, but got 2-D", s => s.F(3, 3).Outer(s.F(2)) },
        { "S inner", Kinds.Shape, "inner() the last dimension must match on both input tensors but got shapes [3, 3] and [2]", s =>
            s.F(3, 3).Inner(s.F(2)) },
        { "S matrix power", Kinds.Shape, "linalg.matrix_power: A must be batches of square matrices, but they are 2 by 3 matrices", s =>
            LinAlg.MatrixPower(s.F(2, 3), 2) },
        { "S flatten", Kinds.Shape, "flatten() has invalid args: start_dim cannot come after end_dim", s => s.F(2, 3, 4).Flatten(2, 1) },
        { "S hsplit", Kinds.Range, "torch.hsplit attempted to split along dimension 0, but the size of the dimension 4 is not divisible " +
            "by the split_size 3!", s => s.F(4).HSplit(3) },
        { "S vsplit", Kinds.Argument, "torch.vsplit requires a tensor with at least 2 dimension, but got a tensor with 1 dimensions!", s =>
            s.F(4).VSplit(2) },
        { "S dsplit", Kinds.Argument, "torch.dsplit requires a tensor with at least 3 dimension, but got a tensor with 2 dimensions!", s =>
            s.F(4, 4).DSplit(2) },
        { "S tensor split", Kinds.Range, "number of sections must be larger than 0, got 0", s => s.F(4).TensorSplit(0) },
        { "S unbind", Kinds.Argument, "Dimension specified as 0 but tensor has no dimensions", s => s.F().Unbind() },
        { "S prelu", Kinds.Shape, "Mismatch of parameter numbers and input channel size. Found parameter numbers = 4 and channel size = " +
            "3.", s => s.F(2, 3).PRelu(s.F(4)) },
        { "S glu", Kinds.Shape, "Halving dimension must be even, but dimension 1 is size 3", s => F.Glu(s.F(2, 3)) },
        { "S embedding", Kinds.Shape, "'weight' must be 2-D", s => F.Embedding(s.L(0, 0), s.F(2)) },
        { "S masked fill", Kinds.Shape, "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s).",
            s => s.F(2).MaskedFill_(s.Of(DType.Bool, 2), s.F(2)) },
        { "S masked scatter", Kinds.Shape, "Number of elements of source < number of ones in mask", s =>
            s.F(4).MaskedScatter_(s.Of(DType.Bool, 4), s.F(2)) },
    };

    public static TheoryData<string> Rows => Table.Errors;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);
}
