namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>A 0-d tensor of the default dtype, whatever the number's type.</summary>
    /// <param name="value">The number.</param>
    /// <param name="dtype">The element type; <see cref="DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    public static Tensor ScalarTensor(Scalar value, DType? dtype = null, bool requiresGrad = false) =>
        Full(default, value, dtype ?? DefaultDType, requiresGrad);

    /// <summary>Zeros of this tensor's dtype.</summary>
    /// <param name="size">The sizes.</param>
    /// <param name="dtype">The element type; this tensor's by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    public Tensor NewZeros(Shape size, DType? dtype = null, bool requiresGrad = false) => Zeros(size, dtype ?? this.dtype, requiresGrad);

    /// <summary>Ones of this tensor's dtype.</summary>
    /// <inheritdoc cref="NewZeros"/>
    public Tensor NewOnes(Shape size, DType? dtype = null, bool requiresGrad = false) => Ones(size, dtype ?? this.dtype, requiresGrad);

    /// <summary>Unwritten memory of this tensor's dtype.</summary>
    /// <inheritdoc cref="NewZeros"/>
    public Tensor NewEmpty(Shape size, DType? dtype = null, bool requiresGrad = false) => Empty(size, dtype ?? this.dtype, requiresGrad);

    /// <summary>One value everywhere, of this tensor's dtype.</summary>
    /// <param name="size">The sizes.</param>
    /// <param name="fillValue">The value.</param>
    /// <param name="dtype">The element type; this tensor's by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The dtype is an integer one that cannot hold the value.</exception>
    public Tensor NewFull(Shape size, Scalar fillValue, DType? dtype = null, bool requiresGrad = false) =>
        Full(size, fillValue, dtype ?? this.dtype, requiresGrad);

    /// <summary>A tensor from a literal, of this tensor's dtype.</summary>
    /// <param name="data">Numbers, nested lists of numbers, or tensors to stack.</param>
    /// <param name="dtype">The element type; this tensor's by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    public Tensor NewTensor(TensorLiteral data, DType? dtype = null, bool requiresGrad = false) =>
        Of(data, dtype ?? this.dtype, requiresGrad);
}
