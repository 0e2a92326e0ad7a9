using System.Numerics;

namespace Nabla;

/// <summary>The shape, strides and dtype of a tensor whose values are not needed.</summary>
/// <param name="Layout">Sizes and strides.</param>
/// <param name="DType">The element type.</param>
public readonly record struct TensorSpec(Layout Layout, DType DType)
{
    internal TensorSpec(Tensor x) : this(x.layout, x.dtype) { }

    /// <summary>The sizes.</summary>
    public Shape Shape => new(Layout.shape);
}

/// <summary>Which values a rule reads, so that they are kept for backward.</summary>
[Flags]
public enum Saves : byte
{
    /// <summary>None: only the gradient.</summary>
    None = 0,
    /// <summary>The first operand.</summary>
    X = 1,
    /// <summary>The second operand.</summary>
    Y = 2,
    /// <summary>The result.</summary>
    Result = 4,
}

/// <summary>
/// What all operations have. An operation is a <c>readonly record struct</c> of one of five kinds (<see cref="IMap{TSelf}"/>,
/// <see cref="IZip{TSelf}"/>, <see cref="ILinear{TSelf}"/>, <see cref="IBilinear{TSelf}"/>, <see cref="IOp{TSelf}"/>); its parameters are
/// the struct's fields; dimensions are counted from the end. The kind's driver derives the rest: recording, forward mode, batching.
/// </summary>
public interface IOperation<TSelf> where TSelf : struct, IOperation<TSelf>
{
    /// <summary>The name of the recorded node, as PyTorch has it.</summary>
    static virtual string NodeName(TSelf op) => typeof(TSelf).Name + "Backward0";

    /// <summary>This operation on a batch of <paramref name="n"/> at dimension 0. Only operations that hold a shape change.</summary>
    static virtual TSelf Lift(TSelf op, long n) => op;

    /// <summary>False if results never depend smoothly on operands: comparisons, indices. Nothing is recorded then.</summary>
    static virtual bool Differentiable => true;

    /// <summary>True if complex operands are taken as they are: values are only moved, or the operation knows both parts.</summary>
    static virtual bool TakesComplex => false;
}

/// <summary>
/// y = f(x), one value at a time. The Jacobian is diagonal, so one rule serves tangents and cotangents alike. State the kernel by
/// implementing <see cref="IFloatMap{TSelf}"/>, <see cref="INumberMap{TSelf}"/> or <see cref="ITest{TSelf}"/>.
/// </summary>
public interface IMap<TSelf> : IOperation<TSelf> where TSelf : struct, IMap<TSelf>
{
    /// <summary>What <see cref="Diff"/> reads.</summary>
    static virtual Saves Saves => Saves.X;

    /// <summary>f'(x) · d. An operand that was not saved is null.</summary>
    Tensor Diff(Tensor d, Tensor x, Tensor y);

    /// <summary>The dtype in which an operand of this dtype is computed.</summary>
    static abstract DType ComputeType(DType x);

    /// <summary>The dtype of the result, given the dtype of computation.</summary>
    static virtual DType ResultType(DType compute) => compute;

    /// <summary>Computes y from x; both have the shape and the computation's dtypes.</summary>
    static abstract void Run(TSelf op, Tensor x, Tensor y);

    /// <summary>The operation on a complex operand, in terms of real and imaginary parts; an error unless stated.</summary>
    static virtual Tensor OnComplex(TSelf op, Tensor x) => Complexes.Unsupported<TSelf>(x.dtype);
}

/// <summary>A map over floating-point numbers; integers are converted to the default dtype first.</summary>
public interface IFloatMap<TSelf> : IMap<TSelf> where TSelf : struct, IFloatMap<TSelf>
{
    /// <summary>y[i] = f(x[i]) over contiguous memory, for float and double; x and y may be the same memory.</summary>
    void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>;

    static DType IMap<TSelf>.ComputeType(DType x) => x.IsDifferentiable() ? x : Tensor.DefaultDType;

    static void IMap<TSelf>.Run(TSelf op, Tensor x, Tensor y) => Kernels.Map.Float(op, x, y);
}

/// <summary>A map over numbers of any dtype but bool, which keeps the dtype.</summary>
public interface INumberMap<TSelf> : IMap<TSelf> where TSelf : struct, INumberMap<TSelf>
{
    /// <summary>y[i] = f(x[i]) over contiguous memory; x and y may be the same memory.</summary>
    void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T>;

    static DType IMap<TSelf>.ComputeType(DType x)
    {
        if (x == DType.Bool) Throw.NotImplementedFor(Throw.Kernel(typeof(TSelf).Name), x);
        return x;
    }

    static void IMap<TSelf>.Run(TSelf op, Tensor x, Tensor y) => Kernels.Map.Number(op, x, y);
}

/// <summary>A predicate over numbers of any dtype; the result is bool.</summary>
public interface ITest<TSelf> : IMap<TSelf> where TSelf : struct, ITest<TSelf>
{
    /// <summary>y[i] = p(x[i]) over contiguous memory; a bool operand comes as bytes.</summary>
    void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T>;

    static bool IOperation<TSelf>.Differentiable => false;

    static DType IMap<TSelf>.ComputeType(DType x) => x;

    static DType IMap<TSelf>.ResultType(DType compute) => DType.Bool;

    static void IMap<TSelf>.Run(TSelf op, Tensor x, Tensor y) => Kernels.Map.Test(op, x, y);

    Tensor IMap<TSelf>.Diff(Tensor d, Tensor x, Tensor y) => throw new InvalidOperationException("A predicate has no derivative.");
}

/// <summary>
/// z = f(x, y), two values at a time, broadcast. The Jacobians are diagonal. State the kernel by implementing
/// <see cref="IFloatZip{TSelf}"/>, <see cref="INumberZip{TSelf}"/>, <see cref="IBitZip{TSelf}"/> or <see cref="ICompare{TSelf}"/>.
/// </summary>
public interface IZip<TSelf> : IOperation<TSelf> where TSelf : struct, IZip<TSelf>
{
    /// <summary>What <see cref="DiffX"/> reads.</summary>
    static virtual Saves ForX => Saves.X | Saves.Y;

    /// <summary>What <see cref="DiffY"/> reads.</summary>
    static virtual Saves ForY => Saves.X | Saves.Y;

    /// <summary>∂z/∂x · d. The driver sums over broadcast dimensions. An operand that was not saved is null.</summary>
    Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z);

    /// <summary>∂z/∂y · d.</summary>
    Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z);

    /// <summary>The result's tangent from those of the operands (null is zero): the sum of both rules, unless stated otherwise.</summary>
    static virtual Tensor? Tangent(TSelf op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z)
    {
        Tensor? a = s is null ? null : op.DiffX(s, x, y, z), b = t is null ? null : op.DiffY(t, x, y, z);
        return a is null ? b : b is null ? a : a + b;
    }

    /// <summary>The dtype in which operands are computed, given the dtype to which they promote.</summary>
    static abstract DType ComputeType(DType promoted);

    /// <summary>The dtype of the result, given the dtype of computation.</summary>
    static virtual DType ResultType(DType compute) => compute;

    /// <summary>Computes z; x and y have the computation's dtype and broadcast to z's shape.</summary>
    static abstract void Run(TSelf op, Tensor x, Tensor y, Tensor z);

    /// <summary>The operation on complex operands of one dtype, in terms of real and imaginary parts; an error unless stated.</summary>
    static virtual Tensor OnComplex(TSelf op, Tensor x, Tensor y) => Complexes.Unsupported<TSelf>(x.dtype);
}

/// <summary>A zip over floating-point numbers; integers are converted to the default dtype first.</summary>
public interface IFloatZip<TSelf> : IZip<TSelf> where TSelf : struct, IFloatZip<TSelf>
{
    /// <summary>z[i] = f(x[i], y[i]) over contiguous memory, for float and double; z may be x or y.</summary>
    void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>;

    static DType IZip<TSelf>.ComputeType(DType promoted) => promoted.IsDifferentiable() ? promoted : Tensor.DefaultDType;

    static void IZip<TSelf>.Run(TSelf op, Tensor x, Tensor y, Tensor z) => Kernels.Zip.Float(op, x, y, z);
}

/// <summary>A zip over numbers of any dtype, which keeps the promoted dtype. Bools are computed as bytes; a nonzero result is
/// true.</summary>
public interface INumberZip<TSelf> : IZip<TSelf> where TSelf : struct, INumberZip<TSelf>
{
    /// <summary>z[i] = f(x[i], y[i]) over contiguous memory; z may be x or y.</summary>
    void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>;

    static DType IZip<TSelf>.ComputeType(DType promoted) => promoted;

    static void IZip<TSelf>.Run(TSelf op, Tensor x, Tensor y, Tensor z) => Kernels.Zip.Number(op, x, y, z);
}

/// <summary>A zip over the bits of integers and bools.</summary>
public interface IBitZip<TSelf> : IZip<TSelf> where TSelf : struct, IBitZip<TSelf>
{
    /// <summary>z[i] = f(x[i], y[i]) over contiguous memory; bools come as bytes of 0 and 1.</summary>
    void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T>;

    static bool IOperation<TSelf>.Differentiable => false;

    static DType IZip<TSelf>.ComputeType(DType promoted)
    {
        if (promoted.IsFloatingPoint()) Throw.NotImplementedFor(Throw.Kernel(typeof(TSelf).Name), promoted);
        return promoted;
    }

    static void IZip<TSelf>.Run(TSelf op, Tensor x, Tensor y, Tensor z) => Kernels.Zip.Bits(op, x, y, z);

    Tensor IZip<TSelf>.DiffX(Tensor d, Tensor x, Tensor y, Tensor z) =>
        throw new InvalidOperationException("A bit operation has no derivative.");

    Tensor IZip<TSelf>.DiffY(Tensor d, Tensor x, Tensor y, Tensor z) =>
        throw new InvalidOperationException("A bit operation has no derivative.");
}

/// <summary>A comparison of numbers of any dtype; the result is bool.</summary>
public interface ICompare<TSelf> : IZip<TSelf> where TSelf : struct, ICompare<TSelf>
{
    /// <summary>z[i] = p(x[i], y[i]) over contiguous memory; bools come as bytes of 0 and 1.</summary>
    void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T>;

    static bool IOperation<TSelf>.Differentiable => false;

    static DType IZip<TSelf>.ComputeType(DType promoted) => promoted;

    static DType IZip<TSelf>.ResultType(DType compute) => DType.Bool;

    static void IZip<TSelf>.Run(TSelf op, Tensor x, Tensor y, Tensor z) => Kernels.Zip.Compare(op, x, y, z);

    Tensor IZip<TSelf>.DiffX(Tensor d, Tensor x, Tensor y, Tensor z) =>
        throw new InvalidOperationException("A comparison has no derivative.");

    Tensor IZip<TSelf>.DiffY(Tensor d, Tensor x, Tensor y, Tensor z) =>
        throw new InvalidOperationException("A comparison has no derivative.");
}

/// <summary>y = L x: linear in its operand. Tangents go through the operation itself, cotangents through its transpose. A complex
/// operand's parts are transformed one by one.</summary>
public interface ILinear<TSelf> : IOperation<TSelf> where TSelf : struct, ILinear<TSelf>
{
    /// <summary>L x. A result that shares the operand's memory is a view.</summary>
    Tensor Forward(Tensor x);

    /// <summary>Lᵀ g, of the shape of x.</summary>
    Tensor Transpose(Tensor g, TensorSpec x);
}

/// <summary>z = B(x, y): linear in each of two operands while the other is held. An index tensor as second operand has no
/// gradient.</summary>
public interface IBilinear<TSelf> : IOperation<TSelf> where TSelf : struct, IBilinear<TSelf>
{
    /// <summary>B(x, y).</summary>
    Tensor Forward(Tensor x, Tensor y);

    /// <summary>The transpose of B(·, y) applied to g, of the shape of x.</summary>
    Tensor TransposeX(Tensor g, Tensor y, TensorSpec x);

    /// <summary>The transpose of B(x, ·) applied to g, of the shape of y; null if y has no gradient.</summary>
    Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y);

    /// <summary>Operands are lifted to the same rank before batching, as broadcasting operations need it.</summary>
    static virtual bool Broadcasts => false;
}

/// <summary>Anything else: several operands, several results, rules stated in full.</summary>
public interface IOp<TSelf> : IOperation<TSelf> where TSelf : struct, IOp<TSelf>
{
    /// <summary>The results.</summary>
    Tensor[] Forward(ReadOnlySpan<Tensor> x);

    /// <summary>
    /// From the results' gradients (null where none arrived) to the operands': set <c>into[i]</c> where <c>into.Needs(i)</c>.
    /// An operand or result that is not saved is null.
    /// </summary>
    void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into);

    /// <summary>From the operands' tangents (null is zero) to the results'.</summary>
    Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y);

    /// <summary>Whether the rules read operand <paramref name="i"/>.</summary>
    static virtual bool SavesInput(TSelf op, int i) => true;

    /// <summary>Whether the rules read result <paramref name="i"/>.</summary>
    static virtual bool SavesOutput(TSelf op, int i) => true;

    /// <summary>Whether result <paramref name="i"/> has a gradient; results of integer dtype never do.</summary>
    static virtual bool DifferentiableOutput(TSelf op, int i) => true;

    /// <summary>The operation where an operand is complex, in terms of real and imaginary parts; an error unless stated.</summary>
    static virtual Tensor[] OnComplex(TSelf op, ReadOnlySpan<Tensor> x) => [Complexes.Unsupported<TSelf>(x[0].dtype)];
}

/// <summary>Where a rule of <see cref="IOp{TSelf}"/> puts the operands' gradients.</summary>
public readonly ref struct Cotangents
{
    private readonly Span<Tensor?> into;
    private readonly ReadOnlySpan<Edge> edges;

    internal Cotangents(Span<Tensor?> into, ReadOnlySpan<Edge> edges)
    {
        this.into = into;
        this.edges = edges;
    }

    /// <summary>True if operand <paramref name="i"/> needs a gradient.</summary>
    public bool Needs(int i) => edges[i].Node is not null;

    /// <summary>Sets the gradient of operand <paramref name="i"/>; null is zero.</summary>
    public Tensor? this[int i] { set => into[i] = value; }
}
