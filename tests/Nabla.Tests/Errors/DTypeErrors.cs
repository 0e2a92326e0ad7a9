using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Dtypes that do not fit, and conversions that lose what cannot be lost silently.</summary>
[Collection(ErrorCollection.Name)]
public sealed class DTypeErrors
{
    public static readonly ErrorTable Table = new()
    {
        { "D01 mm", Kinds.DType, "expected m1 and m2 to have the same dtype, but got: float != double", s =>
            s.F(2, 2).Mm(s.Of(DType.Float64, 2, 2)) },
        { "D01 matmul", Kinds.DType, "expected m1 and m2 to have the same dtype, but got: float != long int", s =>
            s.F(2, 2).MatMul(s.Of(DType.Int64, 2, 2)) },
        { "D01 dot", Kinds.DType, "dot : expected both vectors to have same dtype, but found Float and Double", s =>
            s.F(2).Dot(s.Of(DType.Float64, 2)) },
        { "D01 linear", Kinds.DType, "expected m1 and m2 to have the same dtype, but got: float != double", s =>
            F.Linear(s.F(2, 2), s.Of(DType.Float64, 2, 2)) },
        { "D02", "torch.float32", s => "torch." + (s.Of(DType.Int32, 2) + s.F(2)).DType.Name() },
        { "D03 number", Kinds.DType, "result type Float can't be cast to the desired output type Int", s => s.Of(DType.Int32, 2).Add_(1.5),
            "Add" },
        { "D03 tensor", Kinds.DType, "result type Float can't be cast to the desired output type Int", s =>
            s.Of(DType.Int32, 2).Add_(s.F(2)) },
        { "D03 bool", Kinds.DType, "result type Long can't be cast to the desired output type Bool", s => s.Of(DType.Bool, 2).Add_(1) },
        { "D03 div", Kinds.DType, "result type Float can't be cast to the desired output type Int", s => s.Of(DType.Int32, 2).Div_(2) },
        { "D03 sqrt", Kinds.DType, "result type Float can't be cast to the desired output type Int", s => s.Of(DType.Int32, 2).Sqrt_() },
        { "D03 copysign", Kinds.DType, "result type Float can't be cast to the desired output type Long", s =>
            s.Of(DType.Int64, 2).CopySign_(1) },
        { "D04 set", Kinds.DType, "only Tensors of floating point dtype can require gradients", s => s.Of(DType.Int64, 2).RequiresGrad_() },
        { "D04 zeros", Kinds.DType, "Only Tensors of floating point and complex dtype can require gradients", _ =>
            Tensor.Zeros(2, DType.Int64, requiresGrad: true) },
        { "D04 literal", Kinds.DType, "Only Tensors of floating point and complex dtype can require gradients", _ =>
            Tensor.Of([1], requiresGrad: true) },
        { "D05 mean", Kinds.DType, "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. " +
            "Got: Long", s => s.Of(DType.Int64, 2).Mean() },
        { "D05 mean bool", Kinds.DType, "mean(): could not infer output dtype. Input dtype must be either a floating point or complex " +
            "dtype. Got: Bool", s => s.Of(DType.Bool, 2).Mean(0) },
        { "D05 softmax", Kinds.DType, "\"softmax_lastdim_kernel_impl\" not implemented for 'Long'", s => s.Of(DType.Int64, 2).Softmax(0),
            "To(DType.Float32)" },
        { "D05 log softmax", Kinds.DType, "\"log_softmax_lastdim_kernel_impl\" not implemented for 'Long'", s =>
            s.Of(DType.Int64, 2).LogSoftmax(0) },
        { "D05 var", Kinds.DType, "std and var only support floating point and complex dtypes", s => s.Of(DType.Int64, 2).Var() },
        { "D05 std", Kinds.DType, "std and var only support floating point and complex dtypes", s => s.Of(DType.Int64, 2).Std() },
        { "D05 norm", Kinds.DType, "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long", s =>
            s.Of(DType.Int64, 2).Norm() },
        { "D06 index", Kinds.DType, "tensors used as indices must be long, int, byte or bool tensors", s => s.F(3)[s.F(2)] },
        { "D06 int32", "tensor([1.5000, 2.5000])", s => s.F(3)[Tensor.From([1, 2])] },
        { "D06 select", Kinds.DType, "index_select(): Expected dtype int32 or int64 for index", s =>
            s.F(3).IndexSelect(0, s.F(2)) },
        { "D06 gather", Kinds.DType, "gather(): Expected dtype int64 for index", s => s.F(3).Gather(0, s.F(2)) },
        { "D06 take", Kinds.DType, "take(): Expected a long tensor for index, but got Float", s => s.F(3).Take(s.F(2)) },
        { "D06 scatter", Kinds.DType, "scatter(): Expected dtype int64 for index", s =>
            s.F(3).Scatter_(0, s.F(2), 1.0) },
        { "D06 index add", Kinds.DType, "index_add_(): Expected dtype int32/int64 for index but got: Float",
            s => s.F(3).IndexAdd_(0, s.F(2), s.F(2)), "float32" },
        { "D06 index copy", Kinds.DType, "index_copy_(): Expected a long tensor for index, but got Float", s =>
            s.F(3).IndexCopy_(0, s.F(2), s.F(2)) },
        { "D06 index fill", Kinds.DType, "index_fill_(): Expected dtype int64 for index.", s => s.F(3).IndexFill_(0, s.F(2), 1) },
        { "D06 index reduce", Kinds.DType, "index_reduce_(): Expected dtype int32/int64 for index but got: Float", s =>
            s.F(3).IndexReduce(0, s.F(2), s.F(2), "prod") },
        { "D06 put", Kinds.DType, "put_(): Expected a long tensor for index, but got Float", s => s.F(3).Put_(s.F(1), s.F(1)) },
        { "D06 along dim", Kinds.DType, "torch.take_along_dim(): dtype of indices should be Long but got Float", s =>
            s.F(3).TakeAlongDim(s.F(1), 0) },
        { "D06 repeat interleave", Kinds.DType, "\"repeat_interleave_cpu\" not implemented for 'Float'", s =>
            s.F(2).RepeatInterleave(s.F(2)) },
        { "D06 masked fill", Kinds.DType, "masked_fill_ only supports boolean masks, but got mask with dtype float", s =>
            s.F(3).MaskedFill_(s.F(3), 1) },
        { "D06 masked select", Kinds.DType, "masked_select: expected BoolTensor for mask", s => s.F(3).MaskedSelect(s.F(3)) },
        { "D06 where", Kinds.DType, "where expected condition to be a boolean tensor, but got a tensor with dtype Float", s =>
            Tensor.Where(s.F(3), s.F(3), s.F(3)) },
        { "D07", "tensor([1.5000, 0.5000])", s => s.F(3).Gather(0, Tensor.From([1, 0])) },
        { "D08", Kinds.DType, "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; " +
            "but got torch.FloatTensor instead (while checking arguments for embedding)", s => F.Embedding(s.F(2), s.F(3, 3)) },
        { "D08 int32", "tensor([[1.5000, 2.5000]])".Replace("1.5000, 2.5000", "2.5000, 3.5000"), s =>
            F.Embedding(Tensor.From([1]), s.F(3, 2)) },
        { "D09 full", Kinds.Range, "value cannot be converted to type int8_t without overflow", _ => Tensor.Full(2, 300, DType.Int8),
            "300" },
        { "D09 literal", Kinds.Range, "value cannot be converted to type int8 without overflow", _ => Tensor.Of([300], DType.Int8), "300" },
        { "D09 fill", Kinds.Range, "value cannot be converted to type int8_t without overflow", s => s.Of(DType.Int8, 2).Fill_(300),
            "300" },
        { "D09 masked fill", Kinds.Range, "value cannot be converted to type int8_t without overflow", s =>
            s.Of(DType.Int8, 2).MaskedFill_(s.Of(DType.Bool, 2), 300) },
        { "D09 float", Kinds.Range, "value cannot be converted to type int without overflow", _ => Tensor.Full(2, 1e20, DType.Int32),
            "1E+20" },
        { "D09 item", Kinds.Range, "value cannot be converted to type int without overflow", s => (int)s.L(1L << 40), "1099511627776" },
        { "D10", "tensor([45, 45], dtype=torch.uint8)", _ => Tensor.Ones(2, DType.UInt8) + 300 },
        { "D11", "tensor([          0,  2147483647,  2147483647, -2147483648], dtype=torch.int32)", _ =>
            Tensor.From([float.NaN, float.PositiveInfinity, 1e20f, -1e20f]).To(DType.Int32) },
        { "D12 array", Kinds.DType, "ToArray: the tensor is float32, not Double; convert it first with To(...).",
            s => s.F(2).ToArray<double>(), "ToArray", "float32", "To(" },
        { "D12 item", Kinds.DType, "Item: the tensor is float32, not Int32; convert it first with To(...).",
            s => s.F(1).Item<int>(), "Item", "float32" },
        { "D12 span", Kinds.DType, "AsSpan: the tensor is float32, not Double; convert it first with To(...).",
            s => s.F(1).AsSpan<double>().Length, "AsSpan", "float32" },
        { "D12 type", Kinds.DType, "A tensor cannot hold System.Char; use bool, byte, sbyte, short, int, long, Half, BFloat16, " +
            "float or double.", _ => Tensor.From(new char[2]), "Char" },
        { "D12 type of item", Kinds.DType, "A tensor cannot hold System.Char; use bool, byte, sbyte, short, int, long, Half, " +
            "BFloat16, float or double.", s => s.F(1).Item<char>(), "Char" },
        { "D12 array of objects", Kinds.DType, "A tensor cannot hold System.String; convert the array first.",
            _ => Tensor.From((Array)new string[2, 2]), "String" },
        { "D14 zeros", Kinds.Range, "Unknown dtype", _ => Tensor.Zeros(2, (DType)99) },
        { "D14 to", Kinds.Range, "Unknown dtype", s => s.F(2).To((DType)99) },
        { "D14 like", Kinds.Range, "Unknown dtype", s => Tensor.ZerosLike(s.F(2), (DType)99) },
        { "D14 sum", Kinds.Range, "Unknown dtype", s => s.F(2).Sum((DType)99) },
        { "D14 softmax", Kinds.Range, "Unknown dtype", s => s.F(2).Softmax(0, (DType)99) },
        { "D14 default", Kinds.Range, "Unknown dtype", _ => Tensor.DefaultDType = (DType)99 },
        { "D14 default integer", Kinds.DType, "only floating-point types are supported as the default type", _ =>
            Tensor.DefaultDType = DType.Int64 },
        { "D neg", Kinds.DType, "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use " +
            "the `~` or `logical_not()` operator instead.", s => -s.Of(DType.Bool, 2) },
        { "D sub", Kinds.DType, "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or " +
            "`logical_xor()` operator instead.", s => s.Of(DType.Bool, 2) - s.Of(DType.Bool, 2) },
        { "D sub one", Kinds.DType, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a " +
            "mask, use the `~` or `logical_not()` operator instead.", s => s.F(2) - s.Of(DType.Bool, 2) },
        { "D sub in place", Kinds.DType, "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or " +
            "`logical_xor()` operator instead.", s => s.Of(DType.Bool, 2).Sub_(s.Of(DType.Bool, 2)) },
        { "D rsub", Kinds.DType, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a " +
            "mask, use the `~` or `logical_not()` operator instead.", s => 1 - s.Of(DType.Bool, 2) },
        { "D and", Kinds.DType, "\"bitwise_and_cpu\" not implemented for 'Float'", s => s.F(2) & s.F(2) },
        { "D or", Kinds.DType, "\"bitwise_or_cpu\" not implemented for 'Float'", s => s.F(2) | s.F(2) },
        { "D xor", Kinds.DType, "\"bitwise_xor_cpu\" not implemented for 'Float'", s => s.L(2) ^ s.F(1) },
        { "D not", Kinds.DType, "\"bitwise_not_cpu\" not implemented for 'Float'", s => s.F(2).BitwiseNot() },
        { "D shift", Kinds.DType, "\"lshift_cpu\" not implemented for 'Float'", s => s.F(2).BitwiseLeftShift(1) },
        { "D gcd", Kinds.DType, "\"gcd_cpu\" not implemented for 'Float'", s => s.F(2).Gcd(s.F(2)) },
        { "D scatter", Kinds.DType, "scatter(): Expected self.dtype to be equal to src.dtype", s =>
            s.F(3).Scatter_(0, s.L(0), s.Of(DType.Float64, 1)) },
        { "D index add", Kinds.DType, "index_add_(): self (Float) and source (Double) must have the same scalar type",
            s => s.F(3).IndexAdd_(0, s.L(0), s.Of(DType.Float64, 1)) },
        { "D index copy", Kinds.DType, "index_copy_(): self and source expected to have the same dtype, but got (self) Float " +
            "and (source) Double", s => s.F(3).IndexCopy_(0, s.L(0), s.Of(DType.Float64, 1)),
            "self and source expected to have the same dtype, but got (self) Float and (source) Double" },
        { "D put", Kinds.DType, "put_(): self and source expected to have the same dtype, but got self.dtype = Float and source.dtype = " +
            "Double", s => s.F(3).Put_(s.L(0), s.Of(DType.Float64, 1)) },
        { "D index reduce", Kinds.DType, "index_reduce_(): self (Float) and source (Double) must have the same scalar type", s =>
            s.F(3).IndexReduce(0, s.L(0), s.Of(DType.Float64, 1), "prod") },
        { "D masked scatter", Kinds.DType, "masked_scatter_ only supports boolean masks, but got mask with dtype Float", s =>
            s.F(3).MaskedScatter(s.F(3), s.F(3)) },
        { "D index put", Kinds.DType, "Index put requires the source and destination dtypes match, got Float for the destination and " +
            "Double for the source.", s => s.F(3).IndexPut_([s.L(0)], s.Of(DType.Float64, 1)) },
        { "D lerp", Kinds.DType, "expected dtype float for `end` but got dtype double", s => s.F(3).Lerp(s.Of(DType.Float64, 3), 0.5) },
        { "D quantile", Kinds.DType, "quantile() input tensor must be either float or double dtype", s =>
            s.Of(DType.Int64, 3).Quantile(0.5) },
        { "D bincount", Kinds.DType, "\"bincount_cpu\" not implemented for 'Float'", s => s.F(3).BinCount() },
        { "D heaviside", Kinds.DType, "heaviside is not yet implemented for tensors with different dtypes.", s =>
            s.F(2).Heaviside(s.Of(DType.Float64, 2)) },
        { "D isclose", Kinds.DType, "Float did not match Double", s => s.F(2).IsClose(s.Of(DType.Float64, 2)) },
        { "D uniform", Kinds.DType, "\"check_uniform_bounds\" not implemented for 'Long'", s => s.Of(DType.Int64, 2).Uniform_() },
    };

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);
}
