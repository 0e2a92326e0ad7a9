namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>For the compiler's collection expressions: the tensors along dimension 0.</summary>
    public IEnumerator<TensorLiteral> GetEnumerator()
    {
        for (long i = 0; i < Size(0); i++) yield return Select(0, i);
    }

    /// <summary>A 0-d tensor of the default dtype or int64, the type of a literal.</summary>
    public static implicit operator Tensor(double value) => Exactly(value);
    /// <inheritdoc cref="op_Implicit(double)"/>
    public static implicit operator Tensor(float value) => Number(value);
    /// <inheritdoc cref="op_Implicit(double)"/>
    public static implicit operator Tensor(int value) => Number(value);
    /// <inheritdoc cref="op_Implicit(double)"/>
    public static implicit operator Tensor(long value) => Number(value);
    /// <inheritdoc cref="op_Implicit(double)"/>
    public static implicit operator Tensor(bool value) => Number(value);

    /// <summary>A 0-d tensor. That this conversion exists also makes overloads for <see cref="Scalar"/> win over those for
    /// tensors.</summary>
    public static implicit operator Tensor(Scalar value) => Number(value);

    /// <summary>The value of a tensor of one element, as a double.</summary>
    /// <exception cref="InvalidOperationException">The tensor has no or several elements, or is batched by vmap.</exception>
    /// <exception cref="DTypeException">The tensor is complex: use <c>Item&lt;Complex&gt;()</c>, <see cref="Real"/> or
    /// <see cref="Imag"/>.</exception>
    public double Item()
    {
        if (dtype.IsComplex()) Throw.Types($"Item: the tensor is {dtype.Name()}, and a double holds a real number; use " +
            "Item<Complex>(), or Item() of Real or Imag.");
        return OneScalar().ToDouble();
    }

    /// <summary>The value of a tensor of one element, as its own type.</summary>
    /// <exception cref="InvalidOperationException">The tensor has no or several elements, or is batched by vmap.</exception>
    /// <exception cref="DTypeException">The tensor holds another type.</exception>
    public T Item<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(System.Numerics.Complex) && dtype == DType.Complex64) return To(DType.Complex128).Item<T>();
        CheckType<T>("Item");
        RequireOne();
        return storage.At<T>(layout.Offset);
    }

    internal Scalar OneScalar()
    {
        RequireOne();
        long at = layout.Offset;
        return dtype switch
        {
            DType.Bool => storage.At<byte>(at) != 0,
            DType.UInt8 => storage.At<byte>(at),
            DType.Int8 => storage.At<sbyte>(at),
            DType.Int16 => storage.At<short>(at),
            DType.Int32 => storage.At<int>(at),
            DType.Int64 => storage.At<long>(at),
            DType.Float16 => storage.At<Half>(at),
            DType.BFloat16 => (float)storage.At<BFloat16>(at),
            DType.Float32 => storage.At<float>(at),
            DType.Complex64 => new System.Numerics.Complex(storage.At<float>(2 * at), storage.At<float>(2 * at + 1)),
            DType.Complex128 => storage.At<System.Numerics.Complex>(at),
            _ => storage.At<double>(at),
        };
    }

    private void RequireOne()
    {
        ThrowIfBatched();
        if (layout.Count != 1) Throw.State($"a Tensor with {layout.Count} elements cannot be converted to Scalar: its shape is {Shape}.");
    }

    /// <summary>Fails where there is no one value: inside vmap a tensor stands for many, in a trace for all that may come.</summary>
    /// <param name="message">Why; by default that a value is read.</param>
    internal void ThrowIfBatched(string? message = null) => wrap?.BeforeRead(message);

    private void CheckType<T>(string op)
    {
        if (TypeOf<T>() != dtype) Throw.Types($"{op}: the tensor is {dtype.Name()}, not {typeof(T).Name}; convert it first with To(...).");
    }

    /// <summary>The value of a tensor of one element.</summary>
    public static explicit operator double(Tensor x) => x.Item();
    /// <summary>The value of a tensor of one element.</summary>
    public static explicit operator float(Tensor x) => (float)x.Item();
    /// <summary>The value of a tensor of one element; a fraction is cut off.</summary>
    public static explicit operator long(Tensor x) => x.OneScalar().ToInt64();
    /// <summary>The value of a tensor of one element; a fraction is cut off.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tensor holds integers, and the value does not fit.</exception>
    public static explicit operator int(Tensor x)
    {
        Scalar value = x.OneScalar();
        if (!value.IsFloatingPoint && !DType.Int32.CanHold(value)) Throw.ValueOverflow(value.ToString(), DType.Int32);
        return (int)Math.Clamp(value.ToInt64(), int.MinValue, int.MaxValue);
    }
    /// <summary>Whether the one element is not zero.</summary>
    /// <exception cref="InvalidOperationException">The tensor has no or several elements.</exception>
    public static explicit operator bool(Tensor x)
    {
        x.ThrowIfBatched(Batch.CannotBranch);
        if (x.layout.Count != 1)
            Throw.State($"Boolean value of Tensor with {(x.layout.Count == 0 ? "no values" : "more than one value")} is ambiguous: its " +
                $"shape is {x.Shape}; use Any() or All().");
        return !x.OneScalar().IsZero;
    }

    /// <summary>A copy of the values in row-major order.</summary>
    /// <typeparam name="T">The CLR type of the dtype.</typeparam>
    /// <exception cref="DTypeException">The tensor holds another type; there is no silent conversion.</exception>
    public T[] ToArray<T>() where T : unmanaged
    {
        CheckType<T>("ToArray");
        ThrowIfBatched();
        Tensor x = Kernels.Copy.Contiguous(this);
        return x.storage.Span<T>(x.layout.Offset, x.layout.Count).ToArray();
    }

    /// <summary>A copy of a matrix as an array of two dimensions, which <see cref="From(Array, bool)"/> turns back: entry [i, j] is
    /// x[i, j].</summary>
    /// <typeparam name="T">The CLR type of the dtype.</typeparam>
    /// <exception cref="ShapeException">The tensor does not have two dimensions.</exception>
    /// <exception cref="DTypeException">The tensor holds another type; there is no silent conversion.</exception>
    public T[,] ToArray2D<T>() where T : unmanaged
    {
        if (Rank != 2) Throw.Shapes($"ToArray2D: the tensor has shape {Shape}, not two dimensions: select or reshape first.");
        ReadOnlySpan<T> values = ToArray<T>();
        T[,] array = new T[Size(0), Size(1)];
        for (int i = 0, at = 0; i < array.GetLength(0); i++)
            for (int j = 0; j < array.GetLength(1); j++) array[i, j] = values[at++];
        return array;
    }

    /// <summary>The values as a read-only span over the tensor's own memory.</summary>
    /// <exception cref="DTypeException">The tensor holds another type.</exception>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous.</exception>
    public ReadOnlySpan<T> AsSpan<T>() where T : unmanaged
    {
        CheckType<T>("AsSpan");
        ThrowIfBatched();
        if (!layout.IsContiguous) Throw.State("AsSpan needs contiguous memory, and this tensor has strides " +
            $"{Nabla.Shape.Format(layout.strides)}: use Contiguous() first.");
        return storage.Span<T>(layout.Offset, layout.Count);
    }

    /// <summary>The values as a span over the tensor's own memory, to be written to. Counts as an in-place write.</summary>
    /// <exception cref="DTypeException">The tensor holds another type.</exception>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous.</exception>
    /// <exception cref="AutogradException">The tensor requires a gradient while recording is on.</exception>
    public Span<T> AsWritableSpan<T>() where T : unmanaged
    {
        _ = AsSpan<T>();
        if (Views.Check(this, false, "AsWritableSpan"))
            Throw.Graph("Can't write to the memory of a Tensor that requires grad. Use tensor.Detach() or NoGrad instead.");
        storage.Version++;
        return storage.Span<T>(layout.Offset, layout.Count);
    }

    /// <summary>The tensor as a read-only tensor span of System.Numerics.Tensors, strides included, over its own memory.</summary>
    /// <exception cref="DTypeException">The tensor holds another type.</exception>
    public System.Numerics.Tensors.ReadOnlyTensorSpan<T> AsTensorSpan<T>() where T : unmanaged
    {
        CheckType<T>("AsTensorSpan");
        ThrowIfBatched();
        nint[] lengths = Array.ConvertAll(layout.shape, static s => (nint)s);
        nint[] strides = new nint[lengths.Length];
        for (int i = 0; i < strides.Length; i++) strides[i] = lengths[i] == 1 ? 0 : (nint)layout.strides[i];
        ReadOnlySpan<T> memory = layout.Count == 0 ? [] : storage.Span<T>(layout.Offset, layout.End - layout.Offset);
        return new(memory, lengths, strides);
    }

    /// <summary>A tensor with a copy of a tensor span's values.</summary>
    public static Tensor FromTensorSpan<T>(scoped in System.Numerics.Tensors.ReadOnlyTensorSpan<T> values,
        bool requiresGrad = false) where T : unmanaged
    {
        long[] shape = new long[values.Rank];
        for (int i = 0; i < shape.Length; i++) shape[i] = values.Lengths[i];
        Tensor t = Allocate(new Layout(shape), TypeOf<T>());
        values.FlattenTo(t.Span<T>());
        return Leaf(t, requiresGrad);
    }
}
