namespace Nabla;

internal static partial class Ops
{
    /// <summary>One value everywhere</summary>
    public readonly record struct Fill(Scalar Value, string Node) : IMap<Fill>
    {
        static bool IOperation<Fill>.TakesComplex => true;
        static string IOperation<Fill>.NodeName(Fill op) => op.Node;
        static Saves IMap<Fill>.Saves => Saves.None;
        static DType IMap<Fill>.ComputeType(DType x) => x;
        static void IMap<Fill>.Run(Fill op, Tensor x, Tensor y) => Kernels.Fill.Run(y, op.Value);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }

    /// <summary>y at the shape of x</summary>
    public readonly record struct FillWith(string Node) : IZip<FillWith>
    {
        static bool IOperation<FillWith>.TakesComplex => true;
        static string IOperation<FillWith>.NodeName(FillWith op) => op.Node;
        static Saves IZip<FillWith>.ForX => Saves.None;
        static Saves IZip<FillWith>.ForY => Saves.None;
        static DType IZip<FillWith>.ComputeType(DType promoted) => promoted;
        static void IZip<FillWith>.Run(FillWith op, Tensor x, Tensor y, Tensor z) => Kernels.Copy.Run(y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d;
    }
}

public sealed partial class Tensor
{
    /// <summary>One value everywhere, in this tensor's shape and dtype; no gradient flows through it.</summary>
    public Tensor Fill(Scalar value) => MapOp.Apply(new Ops.Fill(value, "FillBackward0"), this);
    /// <summary>The value of a 0-d tensor everywhere, in this tensor's shape and dtype; the value receives the sum of the
    /// gradient.</summary>
    /// <exception cref="ShapeException">The value is not 0-d.</exception>
    public Tensor Fill(Tensor value) => ZipOp.Apply(new Ops.FillWith("FillBackward1"), this, OneValue(value));
    /// <summary>Writes one value into every element; the gradient of what was there before is 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dtype cannot hold the value.</exception>
    public Tensor Fill_(Scalar value)
    {
        if (!dtype.CanHold(value)) Throw.ValueOverflow(value.ToString(), dtype);
        return MapOp.InPlace(new Ops.Fill(value, "FillBackward2"), this);
    }

    /// <summary>Writes the value of a 0-d tensor into every element.</summary>
    /// <exception cref="ShapeException">The value is not 0-d.</exception>
    public Tensor Fill_(Tensor value) => ZipOp.InPlace(new Ops.FillWith("FillBackward3"), this, OneValue(value));
    /// <summary>Writes 0 into every element; the gradient of what was there before is 0.</summary>
    public Tensor Zero_() => MapOp.InPlace(new Ops.Fill(0, "ZeroBackward0"), this);

    private Tensor OneValue(Tensor value)
    {
        if (value.Rank != 0)
            Throw.Shapes($"fill only supports 0-dimension value tensor but got tensor with {value.Rank} dimensions: its shape is " +
                $"{value.Shape}.");
        return value.To(dtype);
    }

    /// <summary>This tensor as bool: whether each element is not zero.</summary>
    public Tensor Bool() => To(DType.Bool);
    /// <summary>This tensor as uint8.</summary>
    public Tensor Byte() => To(DType.UInt8);
    /// <summary>This tensor as int8.</summary>
    public Tensor Char() => To(DType.Int8);
    /// <summary>This tensor as int16.</summary>
    public Tensor Short() => To(DType.Int16);
    /// <summary>This tensor as int32.</summary>
    public Tensor Int() => To(DType.Int32);
    /// <summary>This tensor as int64.</summary>
    public Tensor Long() => To(DType.Int64);
    /// <summary>This tensor as float16.</summary>
    public Tensor Half() => To(DType.Float16);
    /// <summary>This tensor as bfloat16.</summary>
    public Tensor BFloat16() => To(DType.BFloat16);
    /// <summary>This tensor as float32.</summary>
    public Tensor Float() => To(DType.Float32);
    /// <summary>This tensor as float64.</summary>
    public Tensor Double() => To(DType.Float64);
    /// <summary>This tensor as complex64.</summary>
    public Tensor CFloat() => To(DType.Complex64);
    /// <summary>This tensor as complex128.</summary>
    public Tensor CDouble() => To(DType.Complex128);

    /// <summary>This tensor in the dtype of another.</summary>
    public Tensor To(Tensor other, bool copy = false) => To(other.dtype, copy);
}
