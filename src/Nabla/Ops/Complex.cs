using Nabla.Amp;

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

    internal static Tensor Product(Tensor x, Tensor y)
    {
        (Tensor a, Tensor b, Tensor c, Tensor d) = (x.Real, x.Imag, y.Real, y.Imag);
        return Tensor.Complex(a * c - b * d, a * d + b * c);
    }

    /// <summary>x / y, both scaled by the larger part of y, so that squares neither overflow nor vanish.</summary>
    internal static Tensor Quotient(Tensor x, Tensor y)
    {
        Tensor scale = y.ViewAsReal().Detach().Abs().AMax(-1);
        scale = Tensor.Where((scale == 0) | ~scale.IsFinite(), 1.0, scale);
        (Tensor a, Tensor b, Tensor c, Tensor d) = (x.Real / scale, x.Imag / scale, y.Real / scale, y.Imag / scale);
        Tensor n = c * c + d * d;
        return Tensor.Complex((a * c + b * d) / n, (b * c - a * d) / n);
    }

    /// <summary>|x|, whose gradient at 0 is 0.</summary>
    internal static Tensor Modulus(Tensor x) => LinAlg.VectorNorm(x.ViewAsReal(), 2, -1);

    /// <summary>x / |x|, or 0.</summary>
    internal static Tensor Sgn(Tensor x)
    {
        Tensor r = x.Abs().Unsqueeze(-1), zero = r == 0;
        return Join(Tensor.Where(zero, 0.0, x.ViewAsReal() / Tensor.Where(zero, 1.0, r)));
    }

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
        Tensor[] parts = BroadcastTensors(real, imag);
        return Complexes.Join(Stack(parts, -1));
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
    public Tensor Conj() => dtype.IsComplex() ? Complex(Real, -Imag) : this;

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
