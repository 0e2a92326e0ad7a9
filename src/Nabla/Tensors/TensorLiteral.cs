using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// An element of a tensor literal: a number, a tensor, or a nested list of those. <c>Tensor x = [[1f, 2f], [3f, 4f]];</c>
/// Numbers follow PyTorch: a fraction of any CLR type makes <see cref="Tensor.DefaultDType"/>, integers make int64, bools bool.
/// </summary>
[CollectionBuilder(typeof(TensorLiteral), nameof(Create))]
public readonly struct TensorLiteral
{
    private readonly Scalar number;
    private readonly object? node;   // null: a number; Tensor; TensorLiteral[]

    private TensorLiteral(Scalar number) => this.number = number;

    private TensorLiteral(object node) => this.node = node;

    /// <summary>A nested list.</summary>
    public static TensorLiteral Create(ReadOnlySpan<TensorLiteral> items) => new((object)items.ToArray());

    /// <summary>The tensor that a list of items makes.</summary>
    /// <exception cref="ShapeException">Nested lists have different lengths.</exception>
    public static Tensor ToTensor(ReadOnlySpan<TensorLiteral> items) => Create(items).ToTensor(null);

    /// <summary>A fraction.</summary>
    public static implicit operator TensorLiteral(double value) => new((Scalar)value);
    /// <summary>A fraction.</summary>
    public static implicit operator TensorLiteral(float value) => new((Scalar)value);
    /// <summary>A complex number.</summary>
    public static implicit operator TensorLiteral(System.Numerics.Complex value) => new((Scalar)value);
    /// <summary>An integer.</summary>
    public static implicit operator TensorLiteral(int value) => new((Scalar)value);
    /// <summary>An integer.</summary>
    public static implicit operator TensorLiteral(long value) => new((Scalar)value);
    /// <summary>A bool.</summary>
    public static implicit operator TensorLiteral(bool value) => new((Scalar)value);
    /// <summary>A tensor, which is stacked with its neighbours.</summary>
    public static implicit operator TensorLiteral(Tensor value) => new((object)value);

    /// <summary>For the compiler's collection expressions only: a literal cannot be enumerated.</summary>
    public IEnumerator<TensorLiteral> GetEnumerator() => throw new NotSupportedException("A tensor literal cannot be enumerated.");

    internal Tensor ToTensor(DType? dtype)
    {
        if (node is null) return Tensor.FromScalars([number], [], dtype ?? number.DType);
        if (HasTensor) return Stack(dtype);
        List<long> shape = [];
        Measure(shape, 0);
        int category = -1;
        List<Scalar> values = [];
        Collect(shape, 0, values, ref category);
        DType type = dtype ?? category switch
        {
            0 => DType.Bool,
            1 => DType.Int64,
            3 => Tensor.DefaultDType.ToComplex(),
            _ => Tensor.DefaultDType,
        };
        return Tensor.FromScalars(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values), [.. shape], type);
    }

    private bool HasTensor => node is Tensor || (node is TensorLiteral[] items && Array.Exists(items, static i => i.HasTensor));

    private Tensor Stack(DType? dtype)
    {
        if (node is Tensor t) return dtype is { } d ? t.To(d) : t;
        if (node is not TensorLiteral[] items) return ToTensor(dtype);
        return Tensor.Stack(Array.ConvertAll(items, i => i.HasTensor ? i.Stack(dtype) : i.ToTensor(dtype)));
    }

    private void Measure(List<long> shape, int depth)
    {
        if (node is not TensorLiteral[] items) return;
        if (depth > 64) Throw.Shapes("A tensor has at most 64 dimensions; the literal nests deeper.");
        shape.Add(items.Length);
        if (items.Length > 0) items[0].Measure(shape, depth + 1);
    }

    private void Collect(List<long> shape, int depth, List<Scalar> values, ref int category)
    {
        if (node is not TensorLiteral[] items)
        {
            if (depth != shape.Count) Throw.Shapes($"expected sequence of length {shape[depth]} at dim {depth} (got a number): the " +
                "literal is ragged.");
            category = Math.Max(category, number.Category);
            values.Add(number);
            return;
        }
        if (depth >= shape.Count) Throw.Shapes($"expected a number at dim {depth} (got a list of {items.Length}): the literal is ragged.");
        if (items.Length != shape[depth]) Throw.Shapes($"expected sequence of length {shape[depth]} at dim {depth} (got " +
            $"{items.Length}): the literal is ragged.");
        foreach (TensorLiteral item in items) item.Collect(shape, depth + 1, values, ref category);
    }
}
