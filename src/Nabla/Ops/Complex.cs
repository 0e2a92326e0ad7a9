using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Real and imaginary parts as a last dimension of size 2: a view</summary>
    public readonly record struct ViewAsReal : ILinear<ViewAsReal>
    {
        static bool IOperation<ViewAsReal>.TakesComplex => true;
        public Tensor Forward(Tensor x) => Kernels.Pairs.Of(x);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new ViewAsComplex(), g);
    }

    /// <summary>A last dimension of size 2 as real and imaginary parts: a view where memory allows it</summary>
    public readonly record struct ViewAsComplex : ILinear<ViewAsComplex>
    {
        public Tensor Forward(Tensor x) => Kernels.Pairs.Join(x);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new ViewAsReal(), g);
    }

    /// <summary>The complex conjugate, linear in the real and imaginary parts</summary>
    public readonly record struct Conj : ILinear<Conj>
    {
        static bool IOperation<Conj>.TakesComplex => true;

        public Tensor Forward(Tensor x)
        {
            Tensor y = Tensor.Allocate(x.layout.Fresh, x.dtype);
            ComplexKernels.Map<ConjugateMap>(x, y);
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => g.Conj();
    }

    /// <summary>x + iy for real x and y of one shape</summary>
    public readonly record struct Complex : IOp<Complex>
    {
        static bool IOp<Complex>.SavesInput(Complex op, int i) => false;
        static bool IOp<Complex>.SavesOutput(Complex op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor z = Tensor.Allocate(new Layout(x[0].layout.shape), x[0].dtype.ToComplex());
            ComplexKernels.Join(x[0], x[1], z);
            return [z];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            if (into.Needs(0)) into[0] = d.Real;
            if (into.Needs(1)) into[1] = d.Imag;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [Tensor.Complex(t[0] ?? Tensor.ZerosLike(x[0]), t[1] ?? Tensor.ZerosLike(x[1]))];
    }

    /// <summary>|x| of a complex number; the gradient at 0 is 0.</summary>
    public readonly record struct Modulus : IOp<Modulus>
    {
        static string IOperation<Modulus>.NodeName(Modulus op) => "AbsBackward0";
        static bool IOperation<Modulus>.TakesComplex => true;
        static bool IOp<Modulus>.SavesOutput(Modulus op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = Tensor.Allocate(x[0].layout.Fresh, x[0].dtype.Part());
            ComplexKernels.ToReal<HypotZip>(x[0], y);
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0] is { } d ? d * x[0].Sgn() : null;

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? (d * x[0].Sgn().Conj()).Real : null];
    }

    /// <summary>x / |x| of a complex number, or 0.</summary>
    public readonly record struct Phase : IOp<Phase>
    {
        static string IOperation<Phase>.NodeName(Phase op) => "SgnBackward0";
        static bool IOperation<Phase>.TakesComplex => true;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = Tensor.Allocate(x[0].layout.Fresh, x[0].dtype);
            ComplexKernels.Planar<SignPlanes>(x[0], y);
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0] is { } d ? Across(d, x[0], y[0]) : null;

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Across(d, x[0], y[0]) : null];

        /// <summary>The part of d across x, by |x|: a symmetric map, and 0 where x is 0.</summary>
        private static Tensor Across(Tensor d, Tensor x, Tensor y)
        {
            Tensor size = x.Abs(), zero = size == 0;
            return Tensor.Where(zero, 0.0, (d - y * (d * y.Conj()).Real) / Tensor.Where(zero, 1.0, size));
        }
    }
}

/// <summary>
/// What operations mean for complex numbers, in terms of real and imaginary parts. The gradient of a real loss L with respect to
/// z = x + iy is then ∂L/∂x + i ∂L/∂y by itself: PyTorch's convention.
/// </summary>
internal static partial class Complexes
{
    internal static Tensor Unsupported<TOp>(DType dtype)
    {
        Throw.NotImplementedFor(typeof(TOp).Name.ToLowerInvariant() + "_cpu", dtype);
        return null!;
    }

    internal static Tensor Zip<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        DType promoted = Promotion.Result(x, y);
        return TOp.OnComplex(op, x.To(promoted), y.To(promoted));
    }

    /// <summary>A real linear map on each part.</summary>
    internal static Tensor Linear<TOp>(TOp op, Tensor x) where TOp : struct, ILinear<TOp>
    {
        if (!TOp.Differentiable) return Unsupported<TOp>(x.dtype);
        return Tensor.Complex(Nabla.LinearOp.Apply(op, x.Real), Nabla.LinearOp.Apply(op, x.Imag));
    }

    /// <summary>(a + ib, c + id) ↦ B(a, c) - B(b, d) + i (B(a, d) + B(b, c)); the second operand may be an index.</summary>
    internal static Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IBilinear<TOp>
    {
        Tensor ac = Nabla.BilinearOp.Apply(op, Re(x), Re(y));
        Tensor? bd = x.dtype.IsComplex() && y.dtype.IsComplex() ? Nabla.BilinearOp.Apply(op, x.Imag, y.Imag) : null;
        Tensor? ad = y.dtype.IsComplex() ? Nabla.BilinearOp.Apply(op, Re(x), y.Imag) : null;
        Tensor? bc = x.dtype.IsComplex() ? Nabla.BilinearOp.Apply(op, x.Imag, Re(y)) : null;
        return Tensor.Complex(bd is null ? ac : ac - bd, ad is null ? bc! : bc is null ? ad : ad + bc);

        static Tensor Re(Tensor t) => t.dtype.IsComplex() ? t.Real : t;
    }

    /// <summary>Pairs in the last dimension as complex numbers, copied where memory does not hold them side by side.</summary>
    internal static Tensor Join(Tensor pairs) => Nabla.LinearOp.Apply(new Ops.ViewAsComplex(), pairs);

    /// <summary>A map that treats both parts alike.</summary>
    internal static Tensor Parts<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp> => Join(MapOp.Apply(op, x.ViewAsReal()));

    /// <summary>A zip that treats both parts alike.</summary>
    internal static Tensor Parts<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp> =>
        Join(Nabla.ZipOp.Apply(op, x.ViewAsReal(), y.ViewAsReal()));

    /// <summary>The angle, whose gradient at 0 is 0.</summary>
    internal static Tensor Angle(Tensor x)
    {
        Tensor zero = x == 0;
        Tensor there = Tensor.Where(zero, 0.0, x.Imag).Atan2(Tensor.Where(zero, 1.0, x.Real));
        return Tensor.Where(zero, x.Imag.Detach().Atan2(x.Real.Detach()), there);
    }

    /// <summary>e^(y log x); 0^y is 0, 0⁰ is 1.</summary>
    internal static Tensor Power(Tensor x, Tensor y)
    {
        Tensor zero = x == 0, one = Tensor.OnesLike(x);
        Tensor power = (y * Tensor.Where(zero, one, x).Log()).Exp();
        return Tensor.Where(zero, Tensor.Where(y == 0, one, Tensor.ZerosLike(x)), power);
    }

    internal static void ForbidWrite(Tensor x) => Throw.Graph(
        $"A view of a complex tensor as {x.dtype.Name()} or the other way round is written to, or its base was, inside a forward-mode " +
        "transform. Work on a Clone(), or use an out-of-place operation.");
}

public sealed partial class Tensor
{
    /// <summary>Whether the dtype is complex64 or complex128.</summary>
    public bool IsComplex => dtype.IsComplex();

    /// <summary>The real parts: a view of the same memory. A real tensor is its own real part.</summary>
    public Tensor Real => dtype.IsComplex() ? ViewAsReal().Select(-1, 0) : this;

    /// <summary>The imaginary parts: a view of the same memory.</summary>
    /// <exception cref="DTypeException">The tensor is real.</exception>
    public Tensor Imag
    {
        get
        {
            if (!dtype.IsComplex()) Throw.Types("imag is not implemented for tensors with non-complex dtypes.");
            return ViewAsReal().Select(-1, 1);
        }
    }

    /// <summary>The real and imaginary parts as a last dimension of size 2: a view of the same memory.</summary>
    /// <exception cref="DTypeException">The tensor is real.</exception>
    public Tensor ViewAsReal()
    {
        if (!dtype.IsComplex()) Throw.Types("view_as_real is only supported for complex tensors");
        return LinearOp.Apply(new Ops.ViewAsReal(), this);
    }

    /// <summary>A last dimension of size 2 as the real and imaginary parts of complex numbers: a view of the same memory.</summary>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    /// <exception cref="ShapeException">The last dimension's size is not 2, or memory does not hold pairs.</exception>
    public Tensor ViewAsComplex()
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).ViewAsComplex();
        }
        if (dtype is not (DType.Float32 or DType.Float64))
            Throw.Types($"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: " +
                $"{dtype.ScalarName()}");
        if (Rank == 0) Throw.Shapes("Input tensor must have one or more dimensions");
        if (layout.shape[^1] != 2) Throw.Shapes($"Tensor must have a last dimension of size 2, but its shape is {Shape}.");
        if (wrap is null)
        {
            if (layout.strides[^1] != 1) Throw.Shapes("Tensor must have a last dimension with stride 1; use Contiguous() first.");
            for (int d = 0; d < Rank - 1; d++)
                if (layout.strides[d] % 2 != 0)
                    Throw.Shapes($"Tensor must have a stride divisible by 2 for all but last dimension; use Contiguous() first.");
            if (layout.Offset % 2 != 0) Throw.Shapes("Tensor must have a storage_offset divisible by 2; use Clone() first.");
        }
        return LinearOp.Apply(new Ops.ViewAsComplex(), this);
    }

    /// <summary>real + i·imag, broadcast.</summary>
    /// <param name="real">The real parts: float32 (or a 16-bit type) or float64.</param>
    /// <param name="imag">The imaginary parts, of the same dtype.</param>
    /// <exception cref="DTypeException">The dtypes differ or are not floating point.</exception>
    public static Tensor Complex(Tensor real, Tensor imag)
    {
        CheckParts(real, imag);
        if (real.dtype is DType.Float16 or DType.BFloat16) (real, imag) = (real.To(DType.Float32), imag.To(DType.Float32));
        return Op.Apply(new Ops.Complex(), BroadcastTensors(real, imag))[0];
    }

    /// <summary>abs · (cos angle + i sin angle), broadcast.</summary>
    /// <param name="abs">Distances from 0: float32 or float64.</param>
    /// <param name="angle">Angles in radians, of the same dtype.</param>
    /// <exception cref="DTypeException">The dtypes differ or are not floating point.</exception>
    public static Tensor Polar(Tensor abs, Tensor angle)
    {
        using AutocastCall call = Autocast.Raise(ref abs, ref angle);
        CheckParts(abs, angle);
        return Complex(abs * angle.Cos(), abs * angle.Sin());
    }

    private static void CheckParts(Tensor a, Tensor b)
    {
        if (!a.dtype.IsFloatingPoint() || !b.dtype.IsFloatingPoint())
            Throw.Types($"Expected both inputs to be Half, Float or Double tensors but got {a.dtype.ScalarName()} and " +
                $"{b.dtype.ScalarName()}");
        if (a.dtype != b.dtype)
            Throw.Types($"Expected object of scalar type {a.dtype.ScalarName()} but got scalar type {b.dtype.ScalarName()} for second " +
                "argument");
    }

    /// <summary>The complex conjugate, a new tensor; a real tensor itself. (PyTorch defers the work; the values are the same.)</summary>
    public Tensor Conj() => dtype.IsComplex() ? LinearOp.Apply(new Ops.Conj(), this) : this;

    /// <summary>The complex conjugate; a copy of a real tensor.</summary>
    public Tensor ConjPhysical() => dtype.IsComplex() ? Conj() : Clone();

    /// <summary>Conjugates in place; a real tensor stays as it is.</summary>
    public Tensor ConjPhysical_() => dtype.IsComplex() ? Become(Conj()) : Become(Clone());

    /// <summary>This tensor: conjugation is never deferred.</summary>
    public Tensor ResolveConj() => this;

    /// <summary>This tensor: negation is never deferred.</summary>
    public Tensor ResolveNeg() => this;

    /// <summary>The conjugate transpose of the last two dimensions.</summary>
    public Tensor Adjoint() => Transpose(-2, -1).Conj();
}
