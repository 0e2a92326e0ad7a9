using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Bitwise and.</summary>
    public readonly record struct BitwiseAnd : IBitZip<BitwiseAnd>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T> =>
            TensorPrimitives.BitwiseAnd(x, y, z);
    }

    /// <summary>Bitwise or.</summary>
    public readonly record struct BitwiseOr : IBitZip<BitwiseOr>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T> =>
            TensorPrimitives.BitwiseOr(x, y, z);
    }

    /// <summary>Bitwise exclusive or.</summary>
    public readonly record struct BitwiseXor : IBitZip<BitwiseXor>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T> =>
            TensorPrimitives.Xor(x, y, z);
    }

    /// <summary>Bitwise not: the other bits.</summary>
    public readonly record struct BitwiseNot : INumberMap<BitwiseNot>
    {
        static bool IOperation<BitwiseNot>.Differentiable => false;

        // ~x = -x - 1 in two's complement, and 255 - x for bytes, which wraps to the same.
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T>
        {
            for (int i = 0; i < x.Length; i++) y[i] = unchecked(T.Zero - x[i] - T.One);
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => throw new InvalidOperationException("A bit operation has no derivative.");
    }

    /// <summary>x · 2^y; 0 where y is not in [0, bits)</summary>
    public readonly record struct BitwiseLeftShift : IBitZip<BitwiseLeftShift>
    {
        static DType IZip<BitwiseLeftShift>.ComputeType(DType promoted) => Gcd.IntegersOnly(promoted, "lshift_cpu");

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T>
        {
            int bits = Bits<T>();
            for (int i = 0; i < z.Length; i++)
            {
                int n = int.CreateSaturating(y[i]);
                z[i] = n >= 0 && n < bits ? x[i] << n : T.Zero;
            }
        }
    }

    /// <summary>⌊x / 2^y⌋; all sign bits where y is not in [0, bits)</summary>
    public readonly record struct BitwiseRightShift : IBitZip<BitwiseRightShift>
    {
        static DType IZip<BitwiseRightShift>.ComputeType(DType promoted) => Gcd.IntegersOnly(promoted, "rshift_cpu");

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T>
        {
            int bits = Bits<T>();
            for (int i = 0; i < z.Length; i++)
            {
                int n = int.CreateSaturating(y[i]);
                z[i] = n >= 0 && n < bits ? x[i] >> n : T.IsNegative(x[i]) ? T.Zero - T.One : T.Zero;
            }
        }
    }

    private static int Bits<T>() where T : unmanaged, IBinaryInteger<T> => T.Zero.GetByteCount() * 8;
}

public sealed partial class Tensor
{
    /// <summary>Bitwise and; logical for bools, broadcast.</summary>
    /// <exception cref="DTypeException">An operand is floating point.</exception>
    public Tensor BitwiseAnd(Tensor other) => ZipOp.Apply(new Ops.BitwiseAnd(), this, other);
    /// <summary>Bitwise and; logical for bools.</summary>
    public Tensor BitwiseAnd(Scalar other) => ZipOp.Apply(new Ops.BitwiseAnd(), this, other);
    /// <summary>Bitwise and; logical for bools, in place.</summary>
    public Tensor BitwiseAnd_(Tensor other) => ZipOp.InPlace(new Ops.BitwiseAnd(), this, other);
    /// <summary>Bitwise and; logical for bools, in place.</summary>
    public Tensor BitwiseAnd_(Scalar other) => ZipOp.InPlace(new Ops.BitwiseAnd(), this, other);

    /// <summary>Bitwise or; logical for bools, broadcast.</summary>
    /// <exception cref="DTypeException">An operand is floating point.</exception>
    public Tensor BitwiseOr(Tensor other) => ZipOp.Apply(new Ops.BitwiseOr(), this, other);
    /// <summary>Bitwise or; logical for bools.</summary>
    public Tensor BitwiseOr(Scalar other) => ZipOp.Apply(new Ops.BitwiseOr(), this, other);
    /// <summary>Bitwise or; logical for bools, in place.</summary>
    public Tensor BitwiseOr_(Tensor other) => ZipOp.InPlace(new Ops.BitwiseOr(), this, other);
    /// <summary>Bitwise or; logical for bools, in place.</summary>
    public Tensor BitwiseOr_(Scalar other) => ZipOp.InPlace(new Ops.BitwiseOr(), this, other);

    /// <summary>Bitwise exclusive or; logical for bools, broadcast.</summary>
    /// <exception cref="DTypeException">An operand is floating point.</exception>
    public Tensor BitwiseXor(Tensor other) => ZipOp.Apply(new Ops.BitwiseXor(), this, other);
    /// <summary>Bitwise exclusive or; logical for bools.</summary>
    public Tensor BitwiseXor(Scalar other) => ZipOp.Apply(new Ops.BitwiseXor(), this, other);
    /// <summary>Bitwise exclusive or; logical for bools, in place.</summary>
    public Tensor BitwiseXor_(Tensor other) => ZipOp.InPlace(new Ops.BitwiseXor(), this, other);
    /// <summary>Bitwise exclusive or; logical for bools, in place.</summary>
    public Tensor BitwiseXor_(Scalar other) => ZipOp.InPlace(new Ops.BitwiseXor(), this, other);

    /// <summary>Bitwise not; logical not for bools.</summary>
    /// <exception cref="DTypeException">The tensor is floating point.</exception>
    public Tensor BitwiseNot()
    {
        if (dtype.IsFloatingPoint()) Throw.NotImplementedFor("bitwise_not_cpu", dtype);
        return dtype == DType.Bool ? LogicalNot() : MapOp.Apply(new Ops.BitwiseNot(), this);
    }

    /// <summary>Bitwise not in place; logical not for bools.</summary>
    public Tensor BitwiseNot_() => Become(BitwiseNot());

    /// <summary>x · 2^y in integers, broadcast: bits shifted out are lost, and shifts of the whole width or more, or negative ones, give
    /// 0.</summary>
    /// <exception cref="DTypeException">An operand is not an integer.</exception>
    public Tensor BitwiseLeftShift(Tensor other) => ZipOp.Apply(new Ops.BitwiseLeftShift(), this, other);
    /// <inheritdoc cref="BitwiseLeftShift(Tensor)"/>
    public Tensor BitwiseLeftShift(Scalar other) => ZipOp.Apply(new Ops.BitwiseLeftShift(), this, other);
    /// <summary>x = x · 2^y</summary>
    public Tensor BitwiseLeftShift_(Tensor other) => ZipOp.InPlace(new Ops.BitwiseLeftShift(), this, other);
    /// <summary>x = x · 2^y</summary>
    public Tensor BitwiseLeftShift_(Scalar other) => ZipOp.InPlace(new Ops.BitwiseLeftShift(), this, other);

    /// <summary>⌊x / 2^y⌋ in integers, broadcast; shifts of the whole width or more, or negative ones, give 0, or -1 for negative
    /// x.</summary>
    /// <exception cref="DTypeException">An operand is not an integer.</exception>
    public Tensor BitwiseRightShift(Tensor other) => ZipOp.Apply(new Ops.BitwiseRightShift(), this, other);
    /// <inheritdoc cref="BitwiseRightShift(Tensor)"/>
    public Tensor BitwiseRightShift(Scalar other) => ZipOp.Apply(new Ops.BitwiseRightShift(), this, other);
    /// <summary>x = ⌊x / 2^y⌋</summary>
    public Tensor BitwiseRightShift_(Tensor other) => ZipOp.InPlace(new Ops.BitwiseRightShift(), this, other);
    /// <summary>x = ⌊x / 2^y⌋</summary>
    public Tensor BitwiseRightShift_(Scalar other) => ZipOp.InPlace(new Ops.BitwiseRightShift(), this, other);
}
