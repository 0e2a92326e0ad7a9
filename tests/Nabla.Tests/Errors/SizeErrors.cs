using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Sizes that overflow, and requests for more memory than there is.</summary>
[Collection(ErrorCollection.Name)]
public sealed class SizeErrors
{
    private const long Huge = 1L << 40;
    private const string Refused = "DefaultCPUAllocator: can't allocate memory: you tried to allocate ";
    private const string Overflow = "Storage size calculation overflowed with sizes=";

    public static readonly ErrorTable Table = new()
    {
        { "M01", Kinds.Range, "Trying to create tensor with negative dimension -1: [2, -1]", _ => Tensor.Zeros(2, -1) },
        { "M01 like array", Kinds.Range, "Trying to create tensor with negative dimension -1: [-1]", _ => Tensor.From(new float[2], -1) },
        { "M02", Kinds.Shape, Overflow + "[4611686018427387904, 4]", _ => Tensor.Zeros(1L << 62, 4) },
        { "M02 square", Kinds.Shape, Overflow + "[1099511627776, 1099511627776]", _ => Tensor.Empty(Huge, Huge) },
        { "M02 rand", Kinds.Shape, Overflow + "[1099511627776, 1099511627776]", _ => Tensor.Rand(Huge, Huge) },
        { "M03", Kinds.Shape, Overflow + "[2305843009213693952]", _ => Tensor.Zeros(1L << 61, DType.Float64) },
        { "M04", Kinds.Memory, Refused + "70368744177664 bytes", _ => Tensor.Zeros(1L << 44), "float32 [17592186044416]",
            "bytes are available" },
        { "M04 rand", Kinds.Memory, Refused + "70368744177664 bytes", _ => Tensor.Rand(1L << 44) },
        { "M04 recorded", Kinds.Memory, Refused + "4398046511104 bytes", s => s.Leaf(1).Expand(Huge).Exp() },
        { "M05", Kinds.Shape, "Stride calculation overflowed", _ => Tensor.Zeros(0, 1L << 62, 4) },
        { "M06 contiguous", Kinds.Memory, Refused + "4398046511104 bytes", s => s.F(1).Expand(Huge).Contiguous(),
            "float32 [1099511627776]" },
        { "M06 clone", Kinds.Memory, Refused + "4398046511104 bytes", s => s.F(1).Expand(Huge).Clone() },
        { "M06 to", Kinds.Memory, Refused + "8796093022208 bytes", s => s.F(1).Expand(Huge).To(DType.Float64), "float64" },
        { "M06 array", Kinds.Memory, Refused + "4398046511104 bytes", s => s.F(1).Expand(Huge).ToArray<float>() },
        { "M06 add", Kinds.Memory, Refused + "4398046511104 bytes", s => s.F(1).Expand(Huge) + 1 },
        { "M06 write", Kinds.State, "unsupported operation: more than one element of the written-to tensor refers to a single memory " +
            "location.", s => s.F(1).Expand(Huge).Zero_() },
        { "M06 reshape", Kinds.Memory, Refused, s => s.F(1, 2).Expand([Huge, 2]).Reshape(-1) },
        { "M06 sort", Kinds.Memory, Refused, s => s.F(1).Expand(Huge).Sort() },
        { "M06 cumsum", Kinds.Memory, Refused, s => s.F(1).Expand(Huge).CumSum(0) },
        { "M06 softmax", Kinds.Memory, Refused, s => s.F(1).Expand(Huge).Softmax(0) },
        { "M06 nonzero", Kinds.Memory, Refused, s => s.F(2, 1).Expand([2, 1L << 35])[TensorIndex.Ellipsis, null].Contiguous() },
        { "M06 matmul", Kinds.Memory, Refused, s => s.F(1, 2).Expand([Huge, 2]).MatMul(s.F(2, 3)) },
        { "M06 cat", Kinds.Memory, Refused, s => Tensor.Cat([s.F(1).Expand(Huge), s.F(2)]) },
        { "M06 index select", Kinds.Memory, Refused, s => s.F(1, 2).Expand([Huge, 2]).IndexSelect(1, s.L(0, 1)) },
        { "M06 int", Kinds.Memory, Refused + "4294967296 bytes", s => s.Of(DType.UInt8, 1).Expand(1L << 32).Contiguous(),
            "uint8 [4294967296]" },
        { "M07", Kinds.Memory, Refused + "70368744177664 bytes", s => s.F(1 << 20, 1) + s.F(1, 1 << 24), "[1048576, 16777216]" },
        { "M07 outer", Kinds.Memory, Refused, s => s.F(1 << 20).Outer(s.F(1 << 21)), "[1048576, 2097152]" },
        { "M08 float", Kinds.Memory, Refused + "8589934592 bytes", _ => Tensor.Zeros(1L << 31) },
        { "M08 byte", Kinds.Memory, Refused + "2147483648 bytes", _ => Tensor.Empty(1L << 31, DType.UInt8) },
        { "M09", Kinds.Memory, Refused + "4000000000000000000 bytes", _ => Tensor.Arange(0, 1e18), "[1000000000000000000]" },
        { "M09 step", Kinds.Range, "step must be nonzero", _ => Tensor.Arange(0, 5, (Scalar)0) },
        { "M09 sign", Kinds.Range, "upper bound and larger bound inconsistent with step sign", _ => Tensor.Arange(0, 5, -1) },
        { "M09 count", Kinds.Memory, Refused, _ => Tensor.Arange(0, long.MaxValue / 16) },
        { "M09 overflow", Kinds.Range, "invalid size, possible overflow?", _ => Tensor.Arange(long.MinValue, long.MaxValue) },
        { "M09 tiny step", Kinds.Range, "invalid size, possible overflow?", _ => Tensor.Arange(0, 1e300, 1e-300) },
        { "M10 nan", Kinds.Range, "unsupported range: 0 -> nan", _ => Tensor.Arange(0, double.NaN) },
        { "M10 inf", Kinds.Range, "unsupported range: 0 -> inf", _ => Tensor.Arange(0, double.PositiveInfinity) },
        { "M13 padding", Kinds.Shape, Overflow + "[5, 5]", s => F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), padding: long.MaxValue / 2) },
        { "M13 dilation", Kinds.Shape, "Calculated padded input size per channel: (5 x 5). Kernel size: ", s =>
            F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), dilation: long.MaxValue / 2) },
        { "M13 transposed", Kinds.Shape, Overflow + "[5, 5]", s =>
            F.ConvTranspose2d(s.F(1, 3, 5, 5), s.F(3, 4, 3, 3), stride: long.MaxValue / 2) },
        { "M13 pad", Kinds.Shape, Overflow + "[1, 5]", s => F.Pad(s.F(1, 5), (long[])[long.MaxValue / 2, long.MaxValue / 2, 0, 0]) },
        { "M13 adaptive", Kinds.Shape, Overflow + "[1, 3, 1099511627776, 1099511627776]", s =>
            F.AdaptiveAvgPool2d(s.F(1, 3, 5, 5), Huge) },
        { "M13 adaptive memory", Kinds.Memory, Refused, s => F.AdaptiveMaxPool1d(s.F(1, 3, 5), Huge) },
        { "M13 interpolate", Kinds.Shape, Overflow + "[1, 3, 1099511627776, 1099511627776]", s =>
            F.Interpolate(s.F(1, 3, 5, 5), (long[])[Huge, Huge]) },
        { "M13 interpolate memory", Kinds.Memory, Refused, s => F.Interpolate(s.F(1, 3, 5), (long[])[Huge]) },
        { "M13 unpool", Kinds.Shape, Overflow, s =>
            F.MaxUnpool2d(s.F(1, 3, 5, 5), Tensor.Zeros([1, 3, 5, 5], DType.Int64), long.MaxValue / 2) },
        { "M11 linspace", Kinds.Range, "number of steps must be non-negative", _ => Tensor.Linspace(0, 1, -1), "-1" },
        { "M11 linspace huge", Kinds.Memory, Refused, _ => Tensor.Linspace(0, 1, Huge) },
        { "M11 eye", Kinds.Range, "n must be greater or equal to 0, got -1", _ => Tensor.Eye(-1) },
        { "M11 eye columns", Kinds.Range, "m must be greater or equal to 0, got -1", _ => Tensor.Eye(2, -1) },
        { "M11 eye huge", Kinds.Memory, Refused, _ => Tensor.Eye(1 << 20) },
        { "M12 repeat", Kinds.Shape, Overflow, s => s.F(2).Repeat([Huge, Huge]) },
        { "M12 repeat product", Kinds.Shape, "Storage size calculation overflowed: [2] repeated 9223372036854775807 times does " +
            "not fit into 64 bits.", s => s.F(2).Repeat(long.MaxValue), "9223372036854775807" },
        { "M12 repeat memory", Kinds.Memory, Refused, s => s.F(2).Repeat(Huge) },
        { "M12 tile", Kinds.Memory, Refused, s => s.F(2).Tile(Huge) },
        { "M12 interleave negative", Kinds.Range, "Repeats must be non-negative", s => s.F(2).RepeatInterleave(-1) },
        { "M12 interleave", Kinds.Memory, Refused, s => s.F(2).RepeatInterleave(Huge) },
        { "M12 interleave sizes", Kinds.Shape, "repeats must have the same size as input along dim, but got repeats.size(0) = 3 and " +
            "input.size(0) = 2", s => s.F(2).RepeatInterleave(s.L(1, 2, 3)) },
        { "M12 interleave entries", Kinds.Range, "repeats can not be negative", s => s.F(2).RepeatInterleave(s.L(1, -2)) },
        { "M12 interleave sum", Kinds.Memory, Refused, s => s.F(2).RepeatInterleave(s.L(Huge, Huge)) },
        { "M12 interleave wraps", Kinds.Shape, "Storage size calculation overflowed: the repeats add up to " +
            "18446744073709551614, an overflow of 64 bits.", s => s.F(2).RepeatInterleave(s.L(long.MaxValue, long.MaxValue)), "overflow" },
        { "M12 one hot", Kinds.Memory, Refused + "8000000000000 bytes", s => F.OneHot(s.L(1), 1_000_000_000_000) },
        { "M12 one hot value", Kinds.Memory, Refused, s => F.OneHot(s.L(Huge)) },
        { "M12 bincount", Kinds.Memory, Refused, s => s.L(Huge).BinCount() },
        { "M12 bincount length", Kinds.Memory, Refused, s => s.L(1).BinCount(minLength: Huge) },
        { "M12 histc", Kinds.Memory, Refused, s => s.F(3).HistC(Huge) },
        { "M12 nonzero static", Kinds.Memory, Refused, s => s.F(3).NonzeroStatic(Huge) },
        { "M12 diag embed", Kinds.Memory, Refused, s => s.F(2).DiagEmbed(1L << 30) },
        { "M12 diag offset", Kinds.Shape, "Storage size calculation overflowed: the diagonal 9223372036854775807 of [2] does " +
            "not fit into 64 bits.", s => s.F(2).Diag(long.MaxValue), "9223372036854775807" },
        { "M12 randperm", Kinds.Memory, Refused, _ => Tensor.RandPerm(Huge) },
        { "M14", Kinds.Shape, Overflow, s => Tensor.Cat([s.F(1).Expand(long.MaxValue / 2), s.F(1).Expand(long.MaxValue / 2),
            s.F(1).Expand(4)]) },
        { "M14 stack", Kinds.Shape, Overflow, s => Tensor.Stack([s.F(1).Expand(long.MaxValue / 2), s.F(1).Expand(long.MaxValue / 2),
            s.F(1).Expand(long.MaxValue / 2)]) },
        { "M18", "tensor([])", _ => Tensor.Zeros(0) },
        { "M18 unsized", "[0, 1099511627776]", _ => Tensor.Zeros(0, Huge).Shape },
        { "M06 view", "[1099511627776]", s => s.F(1).Expand(Huge).Shape },
        { "M06 element", "tensor(0.5000)", s => s.F(1).Expand(Huge)[Huge - 1] },
    };

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);

    /// <summary>What physical memory cannot hold is refused before the operating system promises it.</summary>
    [Fact]
    public void Requests_above_the_available_memory_are_refused()
    {
        const int block = 1 << 27;
        List<Tensor> held = [];
        // Blocks that wait to be used again, and what earlier tests left to the collector, are room as well: they are dropped first, and
        // what remains of them cannot be more than was there, so that one block more than the limit has room for is always refused.
        StoragePool.Trim();
        StoragePool.MemoryLimit = GC.GetTotalMemory(true) + 4L * block;
        long room = StoragePool.MemoryLimit / block;
        try
        {
            InsufficientMemoryException e = Assert.Throws<InsufficientMemoryException>(() =>
            {
                for (long i = 0; i <= room; i++) held.Add(Tensor.Empty(block, DType.UInt8));
            });
            Assert.StartsWith(Refused + block, e.Message, StringComparison.Ordinal);
            Assert.InRange(held.Count, 2, room);
            held.Clear();
            Assert.Equal(block, Tensor.Empty(block, DType.UInt8).NumElements);
        }
        finally
        {
            StoragePool.MemoryLimit = 0;
        }
    }

    /// <summary>The largest array leaves no room for alignment. Nothing touches its pages.</summary>
    [Fact]
    public void The_largest_tensor_can_be_made()
    {
        if (StoragePool.Available(collect: true) < 2L * Array.MaxLength) return;
        Tensor x = Tensor.Empty([Array.MaxLength], DType.UInt8);
        Assert.Equal(Array.MaxLength, x.NumElements);
        x[^1] = 7;
        Assert.Equal(7, x[^1].Item());
    }
}
