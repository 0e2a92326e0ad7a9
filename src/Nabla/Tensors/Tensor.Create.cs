using System.Runtime.CompilerServices;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>A tensor from a literal: <c>Tensor.Of([[1.0, 2.0], [3.0, 4.0]], requiresGrad: true)</c>.</summary>
    /// <param name="data">Numbers, nested lists of numbers, or tensors to stack.</param>
    /// <param name="dtype">The element type; by default bool, int64 or <see cref="DefaultDType"/>, whichever holds all numbers.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ShapeException">Nested lists have different lengths.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Of(TensorLiteral data, DType? dtype = null, bool requiresGrad = false) => Leaf(data.ToTensor(dtype), requiresGrad);

    /// <summary>A 0-d tensor of the number's own dtype: bool, int64 or <see cref="DefaultDType"/>.</summary>
    internal static Tensor Number(Scalar value) => Full(default, value, value.DType);

    /// <summary>A tensor with a copy of an array's values; its dtype is the array's element type.</summary>
    /// <typeparam name="T">bool, byte, sbyte, short, int, long, Half, BFloat16, float, double or System.Numerics.Complex.</typeparam>
    /// <param name="values">The values, in row-major order.</param>
    /// <param name="shape">The shape; one dimension by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ShapeException">The shape has another number of elements.</exception>
    /// <exception cref="DTypeException">Tensors cannot hold <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, Shape? shape = null, bool requiresGrad = false) where T : unmanaged
    {
        Layout layout = new(shape is { } s ? s.ToArray() : [values.Length]);
        if (layout.Count != values.Length)
            Throw.Shapes($"shape '{Nabla.Shape.Format(layout.shape)}' is invalid for input of size {values.Length}.");
        Tensor t = Allocate(layout, TypeOf<T>());
        values.CopyTo(t.Span<T>());
        return Leaf(t, requiresGrad);
    }

    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, Nabla.Shape?, bool)"/>
    public static Tensor From<T>(T[] values, Shape? shape = null, bool requiresGrad = false) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        return From((ReadOnlySpan<T>)values, shape, requiresGrad);
    }

    /// <summary>A tensor with a copy of a rectangular array of any rank: <c>Tensor.From(new float[2, 3])</c>.</summary>
    /// <exception cref="DTypeException">Tensors cannot hold the array's element type.</exception>
    public static Tensor From(Array values, bool requiresGrad = false)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Leaf(FromArray(values), requiresGrad);
    }

    private static Tensor FromArray(Array values)
    {
        long[] shape = new long[values.Rank];
        for (int i = 0; i < shape.Length; i++) shape[i] = values.GetLongLength(i);
        return Type.GetTypeCode(values.GetType().GetElementType()) switch
        {
            TypeCode.Boolean => Blit<bool>(values, shape),
            TypeCode.Byte => Blit<byte>(values, shape),
            TypeCode.SByte => Blit<sbyte>(values, shape),
            TypeCode.Int16 => Blit<short>(values, shape),
            TypeCode.Int32 => Blit<int>(values, shape),
            TypeCode.Int64 => Blit<long>(values, shape),
            TypeCode.Single => Blit<float>(values, shape),
            TypeCode.Double => Blit<double>(values, shape),
            _ when values is Half[] or Half[,] => Blit<Half>(values, shape),
            _ => throw new DTypeException($"A tensor cannot hold {values.GetType().GetElementType()}; convert the array first."),
        };
    }

    private static Tensor Blit<T>(Array values, long[] shape) where T : unmanaged
    {
        Tensor t = Allocate(new Layout(shape), TypeOf<T>());
        ReadOnlySpan<T> source = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(
            ref Unsafe.As<byte, T>(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(values)), values.Length);
        source.CopyTo(t.Span<T>());
        return t;
    }

    private static DType TypeOf<T>()
    {
        if (DTypeOf<T>.Value is { } dtype) return dtype;
        throw new DTypeException($"A tensor cannot hold {typeof(T)}; use bool, byte, sbyte, short, int, long, Half, BFloat16, float or " +
            "double.");
    }

    /// <summary>Zeros.</summary>
    /// <param name="shape">The sizes: <c>[2, 3]</c> or <c>(2, 3)</c>.</param>
    /// <param name="dtype">The element type; <see cref="DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    [OverloadResolutionPriority(1)]
    public static Tensor Zeros(Shape shape, DType? dtype = null, bool requiresGrad = false) =>
        Full(shape, 0.0, dtype ?? DefaultDType, requiresGrad);

    /// <summary>Zeros of the default dtype: <c>Tensor.Zeros(2, 3)</c>.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Zeros(params ReadOnlySpan<long> shape) => Zeros(Shape.Create(shape));

    /// <summary>The same for languages without span parameters.</summary>
    public static Tensor Zeros(params long[] shape) => Zeros((Shape)shape);

    /// <summary>Ones.</summary>
    /// <inheritdoc cref="Zeros(Nabla.Shape, DType?, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Ones(Shape shape, DType? dtype = null, bool requiresGrad = false) =>
        Full(shape, 1.0, dtype ?? DefaultDType, requiresGrad);

    /// <summary>Ones of the default dtype: <c>Tensor.Ones(2, 3)</c>.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Ones(params ReadOnlySpan<long> shape) => Ones(Shape.Create(shape));

    /// <summary>The same for languages without span parameters.</summary>
    public static Tensor Ones(params long[] shape) => Ones((Shape)shape);

    /// <summary>Memory that has not been written to: its values are unspecified.</summary>
    /// <inheritdoc cref="Zeros(Nabla.Shape, DType?, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Empty(Shape shape, DType? dtype = null, bool requiresGrad = false) =>
        Leaf(Allocate(new Layout(shape.ToArray()), Defined(dtype ?? DefaultDType)), requiresGrad);

    /// <summary>Unwritten memory of the default dtype: <c>Tensor.Empty(2, 3)</c>.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Empty(params ReadOnlySpan<long> shape) => Empty(Shape.Create(shape));

    /// <summary>The same for languages without span parameters.</summary>
    public static Tensor Empty(params long[] shape) => Empty((Shape)shape);

    /// <summary>One value everywhere.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="fillValue">The value.</param>
    /// <param name="dtype">The element type; by default that of the value: bool, int64 or <see cref="DefaultDType"/>.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The dtype is an integer one that cannot hold the value.</exception>
    public static Tensor Full(Shape shape, Scalar fillValue, DType? dtype = null, bool requiresGrad = false)
    {
        Tensor t = Allocate(new Layout(shape.ToArray()), Defined(dtype ?? fillValue.DType));
        Kernels.Fill.Run(t, Fitting(fillValue, t.dtype));
        return Leaf(t, requiresGrad);
    }

    /// <summary>Zeros of a tensor's shape, dtype and order of dimensions in memory.</summary>
    public static Tensor ZerosLike(Tensor input, DType? dtype = null, bool requiresGrad = false) => FullLike(input, 0, dtype, requiresGrad);

    /// <summary>Ones of a tensor's shape, dtype and order of dimensions in memory.</summary>
    public static Tensor OnesLike(Tensor input, DType? dtype = null, bool requiresGrad = false) => FullLike(input, 1, dtype, requiresGrad);

    /// <summary>One value everywhere, of a tensor's shape, dtype and order of dimensions in memory.</summary>
    public static Tensor FullLike(Tensor input, Scalar fillValue, DType? dtype = null, bool requiresGrad = false)
    {
        Tensor t = Allocate(input.layout.Fresh, Defined(dtype ?? input.dtype));
        Kernels.Fill.Run(t, Fitting(fillValue, t.dtype));
        return Leaf(t, requiresGrad);
    }

    /// <summary>Unwritten memory of a tensor's shape, dtype and order of dimensions in memory.</summary>
    public static Tensor EmptyLike(Tensor input, DType? dtype = null, bool requiresGrad = false) =>
        Leaf(Allocate(input.layout.Fresh, Defined(dtype ?? input.dtype)), requiresGrad);

    /// <summary>The identity matrix of n rows and <paramref name="m"/> columns (n by default).</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public static Tensor Eye(long n, long? m = null, DType? dtype = null, bool requiresGrad = false)
    {
        if (n < 0) Throw.Range(nameof(n), n, $"n must be greater or equal to 0, got {n}");
        if (m < 0) Throw.Range(nameof(m), m, $"m must be greater or equal to 0, got {m}");
        Tensor t = Zeros([n, m ?? n], dtype);
        Kernels.Fill.Run(t.Raw(new Layout([Math.Min(n, m ?? n)], [(m ?? n) + 1], 0)), 1);
        return Leaf(t, requiresGrad);
    }

    internal static Tensor FromScalars(ReadOnlySpan<Scalar> values, long[] shape, DType dtype)
    {
        Tensor t = Allocate(new Layout(shape), Defined(dtype));
        if (dtype.IsComplex())
        {
            System.Numerics.Complex[] numbers = new System.Numerics.Complex[values.Length];
            for (int i = 0; i < numbers.Length; i++) numbers[i] = values[i].ToComplex();
            Kernels.Copy.Run(From(numbers, shape), t);
        }
        else if (dtype.IsFloatingPoint())
        {
            double[] wide = new double[values.Length];
            for (int i = 0; i < wide.Length; i++) wide[i] = values[i].ToDouble();
            Fill(t, i => wide[i]);
        }
        else
        {
            long[] wide = new long[values.Length];
            for (int i = 0; i < wide.Length; i++)
                wide[i] = dtype == DType.Bool ? (values[i].IsZero ? 0 : 1) : Checked(values[i].ToInt64(), dtype);
            Fill(t, i => wide[i]);
        }
        return t;
    }

    /// <summary>The number, if an integer of that dtype can hold it.</summary>
    private static Scalar Fitting(Scalar value, DType dtype)
    {
        if (!dtype.CanHold(value)) Throw.ValueOverflow(value.ToString(), dtype);
        return value;
    }

    private static long Checked(long value, DType dtype)
    {
        if (!dtype.CanHold(value) || (dtype == DType.UInt8 && value < 0))
            Throw.Range(nameof(value), value, $"value cannot be converted to type {dtype.Name()} without overflow: {value} does not fit.");
        return value;
    }

    private static void Fill<T>(Tensor t, Func<long, T> value) where T : unmanaged
    {
        // In pieces, so that a narrow dtype does not need eight times its memory for a moment.
        const int piece = 1 << 14;
        Tensor wide = Allocate(new Layout([Math.Min(t.layout.Count, piece)]), TypeOf<T>());
        for (long done = 0; done < t.layout.Count; done += piece)
        {
            int n = (int)Math.Min(t.layout.Count - done, piece);
            Span<T> values = wide.Span<T>();
            for (int i = 0; i < n; i++) values[i] = value(done + i);
            Kernels.Copy.Run(wide.Raw(new Layout([n])), t.Raw(new Layout([n], [1], done)));
        }
    }

    private static DType Defined(DType dtype)
    {
        if (!dtype.IsDefined()) Throw.Range(nameof(dtype), dtype, "Unknown dtype.");
        return dtype;
    }

    private static Tensor Leaf(Tensor t, bool requiresGrad)
    {
        if (OpTrace.On) OpTrace.Created(t);
        if (!requiresGrad) return t;
        if (!t.dtype.IsDifferentiable())
            Throw.Types($"Only Tensors of floating point and complex dtype can require gradients: this one would be {Throw.Text(t)}.");
        t.flags |= Flags.LeafRequiresGrad;
        return t;
    }
}
