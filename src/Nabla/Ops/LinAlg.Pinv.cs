using System.Runtime.CompilerServices;
using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// The pseudoinverse; operands are the matrices and, for each of them, the absolute and relative bound below which a singular value
    /// counts as zero.
    /// </summary>
    /// <remarks>Derivatives where the rank is constant: G. Golub and V. Pereyra, SIAM J. Numer. Anal. 10(2), 1973.</remarks>
    public readonly record struct LinalgPinv(bool Hermitian) : IOp<LinalgPinv>
    {
        static bool IOperation<LinalgPinv>.TakesComplex => true;
        static bool IOp<LinalgPinv>.SavesInput(LinalgPinv op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            using GradScope mode = Autograd.NoGrad();
            Tensor a = x[0], atol = x[1].Unsqueeze(-1), rtol = x[2].Unsqueeze(-1);
            if (a.layout.Count == 0)
                return [Tensor.Allocate(new Layout([.. a.layout.shape[..^2], a.layout.shape[^1], a.layout.shape[^2]]), a.dtype)];
            Tensor left, s, right;
            if (Hermitian)
            {
                (s, left) = LinAlg.Eigh(a);
                right = left.Adjoint();
            }
            else
            {
                (Tensor u, s, Tensor vh) = LinAlg.Svd(a, false);
                (left, right) = (vh.Adjoint(), u.Adjoint());
            }
            Tensor size = s.Abs(), counts = size.Gt(atol.Maximum(rtol * size.AMax(-1, true)));
            return [(left * Tensor.Where(counts, s.Reciprocal(), 0.0).Unsqueeze(-2)).MatMul(right)];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Pull(x[0], y[0], g[0]!);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Push(x[0], y[0], d) : null];

        /// <summary>From the gradient of the pseudoinverse p to that of a.</summary>
        internal static Tensor Pull(Tensor a, Tensor p, Tensor g)
        {
            Tensor pt = p.Adjoint(), gt = g.Adjoint();
            if (a.layout.shape[^2] <= a.layout.shape[^1])
            {
                Tensor k = gt.MatMul(p), kpt = k.MatMul(pt);
                return kpt - p.MatMul(k).Adjoint() - a.MatMul(p).MatMul(kpt) + pt.MatMul(p).MatMul(gt - k.MatMul(a));
            }
            Tensor h = p.MatMul(gt), pth = pt.MatMul(h);
            return pth - h.MatMul(p).Adjoint() + (gt - a.MatMul(h)).MatMul(p).MatMul(pt) - pth.MatMul(p).MatMul(a);
        }

        /// <summary>From the tangent of a to that of the pseudoinverse p.</summary>
        internal static Tensor Push(Tensor a, Tensor p, Tensor d)
        {
            Tensor pt = p.Adjoint(), dt = d.Adjoint();
            // (I - p a) dᵀ pᵀ p + p pᵀ dᵀ (I - a p) - p d p.
            Tensor left = dt.MatMul(pt).MatMul(p), right = p.MatMul(pt).MatMul(dt);
            return left - p.MatMul(a.MatMul(left)) + right - right.MatMul(a).MatMul(p) - p.MatMul(d).MatMul(p);
        }
    }
}

public static partial class LinAlg
{
    /// <summary>The Moore-Penrose pseudoinverse A⁺ = V diag(1/σ) Uᵀ over the singular values above max(atol, rtol · σ₁).</summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64 or complex.</param>
    /// <param name="atol">The absolute bound; 0 by default.</param>
    /// <param name="rtol">The relative bound; max(m, n) times the dtype's ε by default, or 0 if an absolute one above 0 is
    /// given.</param>
    /// <param name="hermitian">The matrices are symmetric; then eigenvalues serve, and only the lower triangle is read.</param>
    /// <returns>Matrices [..., n, m].</returns>
    /// <remarks>Its derivatives hold while the rank does not change.</remarks>
    /// <exception cref="ShapeException">These are no matrices, or they are not square though symmetric.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Pinv(Tensor a, double? atol = null, double? rtol = null, bool hermitian = false) =>
        Pinv(a, Bound(atol), Bound(rtol), hermitian);

    /// <summary>The pseudoinverse with bounds for each matrix; see <see cref="Pinv(Tensor, double?, double?, bool)"/>.</summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64 or complex.</param>
    /// <param name="atol">Absolute bounds, broadcast with the batch; null is 0.</param>
    /// <param name="rtol">Relative bounds, broadcast with the batch; null is the default.</param>
    /// <param name="hermitian">The matrices are symmetric.</param>
    /// <returns>Matrices [..., n, m].</returns>
    /// <exception cref="ShapeException">No matrices, not square though symmetric, or bounds that do not broadcast.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    public static Tensor Pinv(Tensor a, Tensor? atol, Tensor? rtol = null, bool hermitian = false)
    {
        if (a.Rank < 2 || a.dtype.Part() is not (DType.Float32 or DType.Float64))
        {
            string message = $"linalg.pinv({a.dtype.ScalarName()}{{{a.Shape}}}): expected a tensor with 2 or more dimensions of float, " +
                "double, cfloat or cdouble types";
            if (a.Rank < 2) Throw.Shapes(message);
            Throw.Types(message);
        }
        if (hermitian) SolverChecks.Square(a, "linalg.eigh");
        (atol, rtol) = Bounds(a, atol, rtol);
        long[] batch = Kernels.Broadcast.Shape(a.layout.shape.AsSpan(0, a.Rank - 2), atol.layout.shape, "linalg.pinv");
        batch = Kernels.Broadcast.Shape(batch, rtol.layout.shape, "linalg.pinv");
        if (!batch.AsSpan().SequenceEqual(a.layout.shape.AsSpan(0, a.Rank - 2))) a = a.Expand([.. batch, .. a.layout.shape[^2..]]);
        return Op.Apply(new Ops.LinalgPinv(hermitian), a, atol.Expand(batch), rtol.Expand(batch))[0];
    }

    /// <summary>
    /// The rank of matrices: how many singular values, or absolute eigenvalues, are above max(atol, rtol · σ₁).
    /// </summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64 or complex.</param>
    /// <param name="atol">The absolute bound; 0 by default.</param>
    /// <param name="rtol">The relative bound; max(m, n) times the dtype's ε by default, or 0 if an absolute one above 0 is
    /// given.</param>
    /// <param name="hermitian">The matrices are symmetric; then only the lower triangle is read.</param>
    /// <returns>int64 [...].</returns>
    /// <exception cref="ShapeException">These are no matrices, or they are not square though symmetric.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor MatrixRank(Tensor a, double? atol = null, double? rtol = null, bool hermitian = false)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        return MatrixRank(a, Bound(atol), Bound(rtol), hermitian);
    }

    /// <summary>The rank with bounds for each matrix; see <see cref="MatrixRank(Tensor, double?, double?, bool)"/>.</summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64 or complex.</param>
    /// <param name="atol">Absolute bounds, broadcast with the batch; null is 0.</param>
    /// <param name="rtol">Relative bounds, broadcast with the batch; null is the default.</param>
    /// <param name="hermitian">The matrices are symmetric.</param>
    /// <returns>int64, of the batch's shape broadcast with the bounds.</returns>
    /// <exception cref="ShapeException">No matrices, not square though symmetric, or bounds that do not broadcast.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    public static Tensor MatrixRank(Tensor a, Tensor? atol, Tensor? rtol = null, bool hermitian = false)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        (atol, rtol) = (call.Raise(atol), call.Raise(rtol));
        if (a.Rank < 2)
            Throw.Shapes("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions. Its shape is " +
                $"{a.Shape}.");
        if (a.dtype.Part() is not (DType.Float32 or DType.Float64)) NotFloating(a);
        if (hermitian) SolverChecks.Square(a, "linalg.eigh");
        using GradScope mode = Autograd.NoGrad();
        (atol, rtol) = Bounds(a, atol, rtol);
        Tensor s = hermitian ? EigValsH(a.Detach()).Abs() : SvdVals(a.Detach());
        Tensor bound = s.layout.shape[^1] == 0 ? rtol.Unsqueeze(-1) : rtol.Unsqueeze(-1) * s.AMax(-1, true);
        return s.Gt(atol.Unsqueeze(-1).Maximum(bound)).Sum(-1);
    }

    private static Tensor? Bound(double? value) => value is { } v ? Tensor.Of(v) : null;

    /// <summary>The bounds, with the defaults for those that are not given.</summary>
    private static (Tensor Absolute, Tensor Relative) Bounds(Tensor a, Tensor? atol, Tensor? rtol)
    {
        double epsilon = a.dtype.Part() == DType.Float32 ? 1.1920928955078125e-7 : 2.220446049250313e-16;
        Tensor standard = Tensor.Full([], epsilon * Math.Max(a.layout.shape[^1], a.layout.shape[^2]), DType.Float64);
        rtol ??= atol is null ? standard : Tensor.Where(atol.Gt(0), Tensor.Zeros([], DType.Float64), standard);
        return ((atol ?? Tensor.Zeros([], DType.Float64)).Detach(), rtol.Detach());
    }

    private static void NotFloating(Tensor a) => Throw.Types(
        $"This function doesn't handle types other than float and double: the tensor is {a.dtype.ScalarName()}; convert it first.");
}

public sealed partial class Tensor
{
    /// <summary>The pseudoinverse of matrices [..., m, n]; see <see cref="LinAlg.Pinv(Tensor, double?, double?, bool)"/>.</summary>
    /// <param name="rcond">Singular values up to this times the largest one count as zero.</param>
    /// <exception cref="ShapeException">These are no matrices.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    public Tensor Pinverse(double rcond = 1e-15)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Pinverse(rcond);
        }
        return LinAlg.Pinv(this, 0, rcond);
    }
}
