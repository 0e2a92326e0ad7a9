using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Q and R; only R in the mode "r".</summary>
    public readonly record struct LinalgQr(string Mode) : IOp<LinalgQr>
    {
        static bool IOp<LinalgQr>.SavesInput(LinalgQr op, int i) => false;
        static bool IOp<LinalgQr>.SavesOutput(LinalgQr op, int i) => op.Mode != "r";

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor q, Tensor r) = Kernels.Qr.Decompose(x[0], Mode);
            return Mode == "r" ? [r] : [q, r];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Check(y);
            Tensor q = y[0], r = y[1], turned = q.Transpose(-2, -1);
            long k = q.Size(-1);
            // Of a wide matrix, R₂ = Qᵀ A₂ reaches back into the square part Q R₁ = A₁.
            Tensor? right = r.Size(-1) > k && g[1] is { } all ? all.Slice(-1, k) : null;
            Tensor? square = r.Size(-1) > k ? g[1]?.Slice(-1, 0, k) : g[1];
            Tensor first = r.Size(-1) > k ? r.Slice(-1, 0, k) : r;
            Tensor? inner = square?.MatMul(first.Transpose(-2, -1));
            if (g[0] is { } d) inner = inner is null ? -turned.MatMul(d) : inner - turned.MatMul(d);
            if (right is not null) inner = inner! - r.Slice(-1, k).MatMul(right.Transpose(-2, -1));
            Tensor upper = inner!.Triu();
            Tensor a = q.MatMul(upper + upper.Triu(1).Transpose(-2, -1));
            if (g[0] is { } direct) a = a + direct;
            if (right is not null) a = a + q.MatMul(r.Slice(-1, k)).MatMul(right.Transpose(-2, -1));
            a = LinAlg.SolveTriangular(first.Transpose(-2, -1), a, upper: false, left: false);
            if (r.Size(-1) > k) a = Tensor.Cat([a, right is null ? Tensor.ZerosLike(a.MatMul(r.Slice(-1, k))) : q.MatMul(right)], -1);
            into[0] = a;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Check(y);
            Tensor q = y[0], r = y[1], turned = q.Transpose(-2, -1), d = t[0]!;
            long k = q.Size(-1);
            bool wide = r.Size(-1) > k;
            Tensor first = wide ? r.Slice(-1, 0, k) : r;
            Tensor outer = LinAlg.SolveTriangular(first, wide ? d.Slice(-1, 0, k) : d, upper: true, left: false);
            Tensor inner = turned.MatMul(outer), low = inner.Tril(-1), skew = low - low.Transpose(-2, -1);
            Tensor dq = outer - q.MatMul(inner - skew), dr = (inner - skew).MatMul(first);
            if (wide) dr = Tensor.Cat([dr, turned.MatMul(d.Slice(-1, k) - dq.MatMul(r.Slice(-1, k)))], -1);
            return [dq, dr];
        }

        private void Check(ReadOnlySpan<Tensor> y)
        {
            if (Mode == "r")
                Throw.Graph("The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, " +
                    "mode='reduced') if you are going to differentiate through linalg.qr.");
            if (Mode == "complete" && y[1].Size(-2) > y[1].Size(-1))
                Throw.Graph("The QR decomposition is not differentiable when mode='complete' and nrows > ncols. Use mode 'reduced'.");
        }
    }

    /// <summary>The first operand, in a graph with the others, on which it does not depend: their gradients are undefined.</summary>
    public readonly record struct Independent : IOp<Independent>
    {
        static bool IOp<Independent>.SavesInput(Independent op, int i) => false;
        static bool IOp<Independent>.SavesOutput(Independent op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Rows.Copied(x[0])];
        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) => into[0] = g[0];
        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [t[0]];
    }

    /// <summary>R with the vectors of the reflections below it, and their factors; without derivatives, as in PyTorch.</summary>
    public readonly record struct Geqrf : IOp<Geqrf>
    {
        static bool IOp<Geqrf>.SavesInput(Geqrf op, int i) => false;
        static bool IOp<Geqrf>.SavesOutput(Geqrf op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor a, Tensor tau) = Kernels.Qr.Factor(x[0]);
            return [a, tau];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) => Refuse();

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Refuse();
            return [];
        }

        private static void Refuse() => Throw.Graph("the derivative for 'geqrf' is not implemented. Use LinAlg.Qr, which has one.");
    }
}

public static partial class LinAlg
{
    /// <summary>
    /// The QR factorization A = Q R by Householder reflections: Q has orthonormal columns, R is upper triangular. R's diagonal may be
    /// negative, as in LAPACK.
    /// </summary>
    /// <param name="a">A, of shape [..., m, n]. float32 or float64.</param>
    /// <param name="mode">With k = min(m, n): "reduced" gives Q [..., m, k] and R [..., k, n]; "complete" Q [..., m, m] and R [..., m, n];
    /// "r" only R, and an empty Q.</param>
    /// <remarks>There is a gradient unless the mode is "r", or "complete" with m > n; it exists where the first k columns of A are
    /// independent.</remarks>
    /// <exception cref="ShapeException">A has fewer than 2 dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    /// <exception cref="ArgumentException">There is no such mode.</exception>
    public static (Tensor Q, Tensor R) Qr(Tensor a, string mode = "reduced")
    {
        using AutocastCall call = Autocast.Raise(ref a);
        SolverChecks.Matrix(a, "linalg.qr");
        SolverChecks.Float(a, "linalg.qr", "geqrf_cpu");
        if (mode is not ("reduced" or "complete" or "r"))
            throw new ArgumentException(
                $"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'", nameof(mode));
        Tensor[] y = Op.Apply(new Ops.LinalgQr(mode), a);
        return mode == "r" ? (Tensor.Empty([0], a.dtype), y[0]) : (y[0], y[1]);
    }

    /// <summary>The first n columns of the product of reflections H₀ H₁ …, Hᵢ = I - τᵢ v vᵀ: the Q of <see cref="Tensor.Geqrf"/>.</summary>
    /// <param name="input">Matrices [..., m, n], m ≥ n; column i holds v below its element i, which is 1, with zeros before.</param>
    /// <param name="tau">The factors [..., k], k ≤ n.</param>
    /// <remarks>The product is I - V T Vᵀ with T = (I + diag(τ) striu(Vᵀ V))⁻¹ diag(τ): T. Joffrain et al., "Accumulating Householder
    /// transformations, revisited", ACM TOMS 32(2), 2006.</remarks>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public static Tensor HouseholderProduct(Tensor input, Tensor tau)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref tau);
        const string op = "torch.linalg.householder_product";
        if (input.Rank < 2) Throw.Shapes($"{op}: input must have at least 2 dimensions.");
        (long m, long n) = (input.layout.shape[^2], input.layout.shape[^1]);
        if (m < n) Throw.Shapes($"{op}: input.shape[-2] must be greater than or equal to input.shape[-1]: its shape is {input.Shape}.");
        CheckTau(input, tau, op, "input.shape[-1] must be greater than or equal to tau.shape[-1]");
        if (tau.dtype != input.dtype)
            Throw.Types($"{op}: tau dtype {tau.dtype.ScalarName()} does not match input dtype {input.dtype.ScalarName()}");
        SolverChecks.Kernel(input, "orgqr_cpu");
        Tensor eye = Tensor.Eye(m, n, input.dtype);
        if (tau.NumElements == 0) return Op.Apply(new Ops.Independent(), eye.Expand(input.Shape), input, tau)[0];
        (Tensor v, Tensor t) = Reflections(input, tau);
        return eye - v.MatMul(t.MatMul(v.Slice(-2, 0, n).Transpose(-2, -1)));
    }

    internal static void CheckTau(Tensor input, Tensor tau, string op, string fewer)
    {
        if (tau.Rank == 0) Throw.DimOutOfRange(-1, 0);
        if (tau.layout.shape[^1] > input.layout.shape[^1]) Throw.Shapes($"{op}: {fewer}: got {tau.Shape} and {input.Shape}.");
        if (tau.Rank != input.Rank - 1)
            Throw.Shapes($"{op}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.Rank} and input.ndim " +
                $"is equal to {input.Rank}");
        if (!tau.layout.shape.AsSpan(0, tau.Rank - 1).SequenceEqual(input.layout.shape.AsSpan(0, input.Rank - 2)))
            Throw.Shapes($"{op}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got " +
                $"{Shape.Format(tau.layout.shape.AsSpan(0, tau.Rank - 1))}");
    }

    /// <summary>V and T of the product I - V T Vᵀ.</summary>
    internal static (Tensor V, Tensor T) Reflections(Tensor input, Tensor tau)
    {
        long k = tau.layout.shape[^1];
        Tensor v = input.Slice(-1, 0, k).Tril(-1) + Tensor.Eye(input.layout.shape[^2], k, input.dtype);
        Tensor above = tau.Unsqueeze(-1) * v.Transpose(-2, -1).MatMul(v).Triu(1);
        return (v, SolveTriangular(above, tau.DiagEmbed(), upper: true, unitriangular: true));
    }
}

public sealed partial class Tensor
{
    /// <summary>The QR factorization; see <see cref="LinAlg.Qr"/>, which replaces this.</summary>
    /// <param name="some">True for the mode "reduced", false for "complete".</param>
    public (Tensor Q, Tensor R) Qr(bool some = true) => LinAlg.Qr(this, some ? "reduced" : "complete");

    /// <summary>The QR factorization as LAPACK leaves it: R on and above the diagonal, the vectors of the reflections below.</summary>
    /// <returns>A matrix of this one's shape, and the reflections' factors τ [..., min(m, n)]. They have no gradient; see
    /// <see cref="LinAlg.Qr"/>, and <see cref="LinAlg.HouseholderProduct"/> for Q.</returns>
    /// <exception cref="ShapeException">The tensor has fewer than 2 dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public (Tensor A, Tensor Tau) Geqrf()
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Geqrf();
        }
        if (Rank < 2) Throw.Shapes($"torch.geqrf: input must have at least 2 dimensions. It has shape {Shape}.");
        SolverChecks.Kernel(this, "geqrf_cpu");
        Tensor[] y = Op.Apply(new Ops.Geqrf(), this);
        return (y[0], y[1]);
    }

    /// <summary>The product of Q, given by the reflections of <see cref="Geqrf"/> in this tensor, and another matrix: Q C, Qᵀ C, C Q or
    /// C Qᵀ. Q has all its m columns.</summary>
    /// <param name="tau">The factors [..., k]; this tensor has shape [..., m, n], n ≥ k.</param>
    /// <param name="other">C, of shape [..., m, p] ([..., p, m] if not left).</param>
    /// <param name="left">Q stands on the left.</param>
    /// <param name="transpose">Multiply with Qᵀ.</param>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public Tensor Ormqr(Tensor tau, Tensor other, bool left = true, bool transpose = false)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Ormqr(call.Raise(tau), call.Raise(other), left, transpose);
        }
        const string op = "torch.ormqr";
        if (Rank < 2) Throw.Shapes($"{op}: input must have at least 2 dimensions.");
        if (other.Rank < 2) Throw.Shapes($"{op}: other must have at least 2 dimensions.");
        if (other.layout.shape[left ? ^2 : ^1] != layout.shape[^2])
            Throw.Shapes($"{op}: other.shape[{(left ? -2 : -1)}] must be equal to input.shape[-2]: got {other.Shape} and {Shape}.");
        if (tau.Rank > 0 && tau.layout.shape[^1] > layout.shape[^2])
            Throw.Shapes($"{op}: other.shape[{(left ? -2 : -1)}] must be greater than or equal to tau.shape[-1]: got {other.Shape} and " +
                $"{tau.Shape}.");
        LinAlg.CheckTau(this, tau, op, "tau.shape[-1] must be less than or equal to input.shape[-1]");
        if (other.Rank != Rank)
            Throw.Shapes($"{op}: Expected other to have the same number of dimensions as input, but got other.ndim equal to {other.Rank} " +
                $"and input.ndim is equal to {Rank}");
        if (!other.layout.shape.AsSpan(0, Rank - 2).SequenceEqual(layout.shape.AsSpan(0, Rank - 2)))
            Throw.Shapes($"{op}: Expected batch dimensions of other to be equal to input.shape[:-2], but got " +
                $"{Nabla.Shape.Format(other.layout.shape.AsSpan(0, Rank - 2))}");
        foreach ((Tensor x, string name) in new[] { (tau, "tau"), (other, "other") })
            if (x.dtype != dtype)
                Throw.Types($"{op}: Expected input and {name} to have the same dtype, but input has dtype{dtype.ScalarName()} and {name} " +
                    $"has dtype {x.dtype.ScalarName()}");
        SolverChecks.Kernel(this, "ormqr_cpu");
        if (tau.NumElements == 0) return Op.Apply(new Ops.Independent(), other, this, tau)[0];
        (Tensor v, Tensor t) = LinAlg.Reflections(this, tau);
        if (transpose) t = t.Transpose(-2, -1);
        Tensor turned = v.Transpose(-2, -1);
        return left ? other - v.MatMul(t.MatMul(turned.MatMul(other))) : other - other.MatMul(v).MatMul(t).MatMul(turned);
    }
}
