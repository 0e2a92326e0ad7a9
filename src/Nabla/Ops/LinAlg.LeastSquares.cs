using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The least squares solution X = A⁺ B, the rank of A and its singular values.</summary>
    /// <param name="Factor">By QR, which takes full rank for granted and gives neither rank nor singular values.</param>
    /// <param name="Bound">Singular values up to this times the largest one count as zero.</param>
    public readonly record struct LinalgLstsq(bool Factor, double Bound) : IOp<LinalgLstsq>
    {
        static Tensor[] IOp<LinalgLstsq>.OnComplex(LinalgLstsq op, ReadOnlySpan<Tensor> x)
        {
            Tensor[] y = Op.Apply(op, LinAlg.Parted(x[0]), Tensor.Cat([x[1].Real, x[1].Imag], -2));
            long n = x[0].Size(-1);
            Tensor solution = Tensor.Complex(y[0].Narrow(-2, 0, n), y[0].Narrow(-2, n, n));
            // Ranks and singular values count twice.
            return op.Factor ? [solution] : [solution, y[1].FloorDivide(2), y[2].Slice(-1, 0, null, 2)];
        }

        static bool IOp<LinalgLstsq>.SavesOutput(LinalgLstsq op, int i) => false;
        static bool IOp<LinalgLstsq>.DifferentiableOutput(LinalgLstsq op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            if (Factor)
            {
                (Tensor solution, long failed, long code) = Kernels.LeastSquares.Run(x[0], x[1]);
                if (failed >= 0)
                    Throw.Numerics($"torch.linalg.lstsq: {LinAlg.Element(x[0], failed)}The least squares solution could not be computed " +
                        $"because the input matrix does not have full rank (error code: {code}). Use another driver.");
                return [solution];
            }
            using GradScope mode = Autograd.NoGrad();
            (Tensor u, Tensor s, Tensor vh) = LinAlg.Svd(x[0], false);
            Tensor largest = s.layout.shape[^1] == 0 ? s : s.Narrow(-1, 0, 1), counts = s.Gt(largest * Bound);
            Tensor inner = u.Transpose(-2, -1).MatMul(x[1]) * Tensor.Where(counts, s.Reciprocal(), 0.0).Unsqueeze(-1);
            return [vh.Transpose(-2, -1).MatMul(inner), counts.Sum(-1), s];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor inverse = Inverse(x[0]);
            if (into.Needs(0)) into[0] = LinalgPinv.Pull(x[0], inverse, g[0]!.MatMul(x[1].Transpose(-2, -1)));
            if (into.Needs(1)) into[1] = inverse.Transpose(-2, -1).MatMul(g[0]!);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor inverse = Inverse(x[0]);
            Tensor? a = t[0] is { } da ? LinalgPinv.Push(x[0], inverse, da).MatMul(x[1]) : null;
            Tensor? b = t[1] is { } db ? inverse.MatMul(db) : null;
            Tensor? sum = a is null ? b : b is null ? a : a + b;
            return Factor ? [sum] : [sum, null, null];
        }

        private Tensor Inverse(Tensor a) => Factor ? LinAlg.Pinv(a) : LinAlg.Pinv(a, 0, Bound);
    }
}

public static partial class LinAlg
{
    /// <summary>The solution X of least ‖A X - B‖, column by column, and of least norm where there are several.</summary>
    /// <param name="a">A [..., m, n], float32 or float64 or complex.</param>
    /// <param name="b">B [..., m, r], or vectors [..., m]; its batch is broadcast with that of A.</param>
    /// <param name="rcond">Singular values up to this times the largest one count as zero; max(m, n) times the dtype's ε by
    /// default.</param>
    /// <param name="driver">
    /// "gels" takes full rank for granted and uses a QR factorisation; "gelsy" (the default), "gelsd" and "gelss" use singular
    /// values and differ in what they return.
    /// </param>
    /// <returns>
    /// Solution [..., n, r] or [..., n]; Residuals [..., r], the sums of squares, if m > n, every matrix has rank n, and the driver is not
    /// "gelsy"; Rank, int64 [...], unless the driver is "gels"; SingularValues [..., min(m, n)] for "gelsd" and "gelss". What is not given
    /// has shape [0].
    /// </returns>
    /// <exception cref="ShapeException">Sizes or ranks do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are integers or 16-bit types.</exception>
    /// <exception cref="ArgumentException">There is no such driver.</exception>
    /// <exception cref="LinAlgException">A matrix has no full rank with "gels", or it has a NaN or ∞ with the others.</exception>
    public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) LstSq(
        Tensor a, Tensor b, double? rcond = null, string? driver = null)
    {
        using AutocastCall call = Autocast.Raise(ref a, ref b);
        bool vector = CheckLstSq(a, b, driver ??= "gelsy");
        Tensor right = b.Rank < a.Rank ? b.Unsqueeze(-1) : b;
        if (right.layout.shape[^2] != a.layout.shape[^2])
            Throw.Shapes($"torch.linalg.lstsq: input.size(-2) should match other.size(-2): they are {a.Shape} and {b.Shape}.");
        long[] batch = Kernels.Broadcast.Shape(a.layout.shape.AsSpan(0, a.Rank - 2), right.layout.shape.AsSpan(0, right.Rank - 2),
            "linalg.lstsq");
        long[] own = a.layout.shape[..^2];
        a = a.Expand([.. batch, .. a.layout.shape[^2..]]);
        right = right.Expand([.. batch, .. right.layout.shape[^2..]]);
        long m = a.layout.shape[^2], n = a.layout.shape[^1];
        double bound = rcond ?? (a.dtype.Part() == DType.Float32 ? 1.1920928955078125e-7 : 2.220446049250313e-16) * Math.Max(m, n);
        Tensor[] y = Op.Apply(new Ops.LinalgLstsq(driver == "gels", bound), a, right);
        Tensor solution = y[0], none = Tensor.Zeros([0], a.dtype.Part()), residuals = none;
        if (m > n && driver != "gelsy" && (driver == "gels" || AllAre(y[1], n)))
            residuals = Squared(a.MatMul(solution) - right).Sum(-2);
        return (vector ? solution.Squeeze(-1) : solution, residuals, driver == "gels" ? Tensor.Zeros([0], DType.Int64) : Once(y[1], own),
            driver is "gelsd" or "gelss" ? Once(y[2], own) : none);
    }

    private static Tensor Squared(Tensor x) => x.IsComplex ? x.Real.Square() + x.Imag.Square() : x.Square();

    /// <summary>What belongs to A alone, without the repetition by B's batch.</summary>
    private static Tensor Once(Tensor x, long[] own)
    {
        for (int d = 0; d < own.Length; d++)
            if (own[d] == 1 && x.layout.shape[d] > 1) x = x.Narrow(d, 0, 1);
        return x;
    }

    private static bool CheckLstSq(Tensor a, Tensor b, string driver)
    {
        if (a.Rank < 2) Throw.Shapes($"torch.linalg.lstsq: input must have at least 2 dimensions. Its shape is {a.Shape}.");
        if (b.Rank < 1) Throw.Shapes("torch.linalg.lstsq: other must have at least 1 dimension.");
        if (a.dtype != b.dtype)
            Throw.Types("torch.linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype " +
                $"{a.dtype.ScalarName()} and other's dtype {b.dtype.ScalarName()}");
        if (a.Rank - b.Rank is not (0 or 1))
            Throw.Shapes("torch.linalg.lstsq: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1: " +
                $"the shapes are {a.Shape} and {b.Shape}.");
        bool vector = b.Rank == 1 || (b.Rank == a.Rank - 1 && b.layout.shape.AsSpan().SequenceEqual(a.layout.shape.AsSpan(0, a.Rank - 1)));
        if (a.layout.shape[^2] != b.layout.shape[vector ? ^1 : ^2])
            Throw.Shapes($"torch.linalg.lstsq: input.size(-2) should match other.size({(vector ? -1 : -2)}): they are {a.Shape} and " +
                $"{b.Shape}.");
        if (driver is not ("gels" or "gelsy" or "gelsd" or "gelss"))
            throw new ArgumentException("torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), " +
                $"but it is {driver}", nameof(driver));
        if (a.dtype.Part() is not (DType.Float32 or DType.Float64)) NotFloating(a);
        return vector;
    }

    /// <summary>Whether all ranks are n; under a transform, those of the whole batch.</summary>
    private static bool AllAre(Tensor ranks, long n)
    {
        while (ranks.wrap is { } wrap) ranks = wrap.Below;
        foreach (long rank in Kernels.Copy.Contiguous(ranks).ToArray<long>())
            if (rank != n) return false;
        return true;
    }
}
