using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>X with A X = B or X A = B, A's packed factors, their pivots, and infos. An error instead of infos if Check is a
    /// name.</summary>
    public readonly record struct LinalgSolveEx(bool Left, string? Check) : IOp<LinalgSolveEx>
    {
        static bool IOp<LinalgSolveEx>.SavesInput(LinalgSolveEx op, int i) => i == 0;
        static bool IOp<LinalgSolveEx>.SavesOutput(LinalgSolveEx op, int i) => i < 3;
        static bool IOp<LinalgSolveEx>.DifferentiableOutput(LinalgSolveEx op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor lu, Tensor pivots, Tensor info) = Kernels.Lu.FactorOnce(x[0]);
            if (Check is { } name) SolverChecks.Info(info, name, static _ => "The solver failed because the input matrix is singular.");
            return [Kernels.Lu.Solve(lu, pivots, x[1], Left, false, "lu_solve"), lu, pivots, info];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            SolveFactored.Pull(new SolveFactored(Left, false), g[0]!, x[0], y[1], y[2], y[0], into);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [SolveFactored.Push(new SolveFactored(Left, false), t[0], t[1], x[0], y[1], y[2], y[0]), null, null, null];
    }

    /// <summary>
    /// X with op(A) X = B or X op(A) = B, op(A) being A or Aᵀ. Operands: A, B, A's packed factors, their pivots. The factors only serve to
    /// compute: derivatives are those by A.
    /// </summary>
    public readonly record struct SolveFactored(bool Left, bool Adjoint) : IOp<SolveFactored>
    {
        static bool IOp<SolveFactored>.SavesInput(SolveFactored op, int i) => i != 1;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Lu.Solve(x[2], x[3], x[1], Left, Adjoint, "lu_solve")];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            Pull(this, g[0]!, x[0], x[2], x[3], y[0], into);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            t[0] is null && t[1] is null ? [null] : [Push(this, t[0], t[1], x[0], x[2], x[3], y[0])];

        internal static void Pull(SolveFactored op, Tensor g, Tensor a, Tensor lu, Tensor pivots, Tensor x, Cotangents into)
        {
            Tensor b = Op.Apply(op with { Adjoint = !op.Adjoint }, a, g, lu, pivots)[0];
            if (into.Needs(1)) into[1] = b;
            if (!into.Needs(0)) return;
            Tensor turned = x.Transpose(-2, -1), outer = -(op.Left ? b.MatMul(turned) : turned.MatMul(b));
            into[0] = op.Adjoint ? outer.Transpose(-2, -1) : outer;
        }

        internal static Tensor Push(SolveFactored op, Tensor? da, Tensor? db, Tensor a, Tensor lu, Tensor pivots, Tensor x)
        {
            Tensor? b = db;
            if (da is not null)
            {
                Tensor turned = op.Adjoint ? da.Transpose(-2, -1) : da, change = op.Left ? turned.MatMul(x) : x.MatMul(turned);
                b = b is null ? -change : b - change;
            }
            return Op.Apply(op, a, b!, lu, pivots)[0];
        }
    }

    /// <summary>A⁻¹ and infos. An error instead of infos if Check is a name.</summary>
    public readonly record struct LinalgInvEx(string? Check) : IOp<LinalgInvEx>
    {
        static bool IOp<LinalgInvEx>.SavesInput(LinalgInvEx op, int i) => false;
        static bool IOp<LinalgInvEx>.SavesOutput(LinalgInvEx op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor lu, Tensor pivots, Tensor info) = Kernels.Lu.Factor(x[0]);
            if (Check is { } name)
                SolverChecks.Info(info, name, static i =>
                    $"The diagonal element {i} is zero, the inversion could not be completed because the input matrix is singular.");
            Tensor eye = Tensor.Eye(lu.layout.shape[^1], dtype: lu.dtype);
            return [Kernels.Lu.Solve(lu, pivots, new Expand(new Shape(lu.layout.shape)).Forward(eye), false, false, "lu_solve"), info];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor turned = y[0].Transpose(-2, -1);
            into[0] = -turned.MatMul(g[0]!.MatMul(turned));
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [-y[0].MatMul(t[0]!).MatMul(y[0]), null];
    }
}

public static partial class LinAlg
{
    /// <summary>The solution of systems of equations: X with A X = B, or X A = B, by LU factorization with partial pivoting.</summary>
    /// <param name="a">A, of shape [..., n, n]. float32 or float64.</param>
    /// <param name="b">B: a vector [n] or vectors [..., n] with A's batch dimensions, or matrices [..., n, k] ([..., k, n] if not left)
    /// whose batch dimensions broadcast with A's.</param>
    /// <param name="left">Solve A X = B; else X A = B.</param>
    /// <returns>X, of B's shape after broadcasting.</returns>
    /// <exception cref="LinAlgException">A matrix is singular.</exception>
    /// <exception cref="ShapeException">A is not square, or shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public static Tensor Solve(Tensor a, Tensor b, bool left = true)
    {
        using AutocastCall call = Autocast.Raise(ref a, ref b);
        return Solve(a, b, left, "torch.linalg.solve").Result;
    }

    /// <summary>As <see cref="Solve(Tensor, Tensor, bool)"/>, with a number instead of an error for a singular matrix.</summary>
    /// <param name="a">A, of shape [..., n, n].</param>
    /// <param name="b">B, as for <see cref="Solve(Tensor, Tensor, bool)"/>.</param>
    /// <param name="left">Solve A X = B; else X A = B.</param>
    /// <param name="checkErrors">Throw as <see cref="Solve(Tensor, Tensor, bool)"/> does.</param>
    /// <returns>X, and info, int32: where the factor U has its first zero, from 1, or 0.</returns>
    public static (Tensor Result, Tensor Info) SolveEx(Tensor a, Tensor b, bool left = true, bool checkErrors = false) =>
        Solve(a, b, left, checkErrors ? "torch.linalg.solve_ex" : null);

    private static (Tensor Result, Tensor Info) Solve(Tensor a, Tensor b, bool left, string? check)
    {
        const string op = "linalg.solve";
        if (!a.IsComplex) SolverChecks.Float(a, op, "lu_cpu");
        SolverChecks.Square(a, op);
        SolverChecks.SameType(a, b, op);
        bool vector = b.Rank == 1 || (b.Rank == a.Rank - 1 && b.layout.shape.AsSpan().SequenceEqual(a.layout.shape.AsSpan(0, a.Rank - 1)));
        if (vector) b = b.Unsqueeze(-1);
        SolverChecks.Matrix(b, op, "B");
        SolverChecks.Fit(a, b, left, op);
        if (a.IsComplex)
        {
            (Tensor x, Tensor where) = SolveComplex(a, b, left, check);
            return (vector ? x.Squeeze(-1) : x, where);
        }
        long[] batch = SolverChecks.Batch(a, b, op);
        Tensor[] y = Op.Apply(new Ops.LinalgSolveEx(left, check), SolverChecks.Expand(a, batch), SolverChecks.Expand(b, batch));
        Tensor info = y[3];
        for (int extra = batch.Length - (a.Rank - 2); extra > 0; extra--) info = info.Select(0, 0);
        return (vector ? y[0].Squeeze(-1) : y[0], info);
    }

    /// <summary>The inverse of a matrix. To solve a system, <see cref="Solve(Tensor, Tensor, bool)"/> is faster and more exact.</summary>
    /// <param name="a">A, of shape [..., n, n]. float32 or float64.</param>
    /// <exception cref="LinAlgException">A matrix is singular.</exception>
    /// <exception cref="ShapeException">A is not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static Tensor Inv(Tensor a)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        return Invert(a, "linalg.inv")[0];
    }

    /// <summary>As <see cref="Inv"/>, with a number instead of an error for a singular matrix.</summary>
    /// <param name="a">A, of shape [..., n, n].</param>
    /// <param name="checkErrors">Throw as <see cref="Inv"/> does.</param>
    /// <returns>A⁻¹, and info, int32: where the factor U has its first zero, from 1, or 0.</returns>
    public static (Tensor Inverse, Tensor Info) InvEx(Tensor a, bool checkErrors = false)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        Tensor[] y = Invert(a, checkErrors ? "linalg.inv_ex" : null);
        return (y[0], y[1]);
    }

    private static Tensor[] Invert(Tensor a, string? check)
    {
        SolverChecks.Square(a, "linalg.inv");
        if (a.IsComplex) return InvertComplex(a, check);
        SolverChecks.Float(a, "linalg.inv", null);
        return Op.Apply(new Ops.LinalgInvEx(check), a);
    }

    /// <summary>The inverse B of a tensor seen as a map: B · A is the identity under <see cref="Tensor.TensorDot(Tensor, int)"/>.</summary>
    /// <param name="a">A tensor whose first <paramref name="ind"/> dimensions have as many elements as the others.</param>
    /// <param name="ind">How many dimensions the map leads to.</param>
    /// <returns>A tensor of shape a.Shape[ind..], a.Shape[..ind].</returns>
    /// <exception cref="LinAlgException">The map has no inverse.</exception>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ind"/> is not positive, or more than the dimensions.</exception>
    public static Tensor TensorInv(Tensor a, int ind = 2)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        if (ind <= 0) Throw.Range(nameof(ind), ind, $"Expected a strictly positive integer for 'ind', but got {ind}");
        if (ind > a.Rank)
            Throw.Range(nameof(ind), ind, $"ArrayRef: invalid slice, N = {ind}; size = {a.Rank}: linalg.tensorinv has a tensor of " +
                $"{a.Rank} dimensions.");
        long[] to = a.layout.shape[..ind], from = a.layout.shape[ind..];
        long m = Layout.Elements(to), n = Layout.Elements(from);
        if (m != n)
            Throw.Shapes($"Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got {n} != {m}");
        return Inv(a.Reshape([m, n])).Reshape(new Shape([.. from, .. to]));
    }

    /// <summary>X with TensorDot(A, X, X.NDim) = B: a system of equations among tensors.</summary>
    /// <param name="a">A; its first B.NDim dimensions have as many elements as the others.</param>
    /// <param name="b">B.</param>
    /// <param name="dims">Dimensions of A that are moved to the end first; none by default.</param>
    /// <returns>X, of shape A.Shape[B.NDim..].</returns>
    /// <exception cref="LinAlgException">The map has no inverse.</exception>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public static Tensor TensorSolve(Tensor a, Tensor b, Dims? dims = null)
    {
        using AutocastCall call = Autocast.Raise(ref a, ref b);
        if (dims is { Count: > 0 } moved)
        {
            int[] to = new int[moved.Count];
            for (int i = 0; i < to.Length; i++) to[i] = i - to.Length;
            a = a.MoveDim(moved, new Dims(to));
        }
        long[] shape = a.layout.shape[Math.Min(b.Rank, a.Rank)..];
        long m = Layout.Elements(a.layout.shape.AsSpan(0, Math.Min(b.Rank, a.Rank))), n = Layout.Elements(shape);
        if (m != n)
            Throw.Shapes("Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but " +
                $"got {n} != {m}");
        if (b.NumElements != n)
            Throw.Shapes($"linalg.tensorsolve: other of shape {b.Shape} has {b.NumElements} elements, but self of shape {a.Shape} " +
                $"needs {n}.");
        return Solve(a.Reshape([m, n]), b.Reshape([-1])).Reshape(new Shape(shape));
    }

    /// <summary>Vandermonde matrices: row i is 1, x[i], x[i]², … .</summary>
    /// <param name="x">The points [..., n]; integers become int64.</param>
    /// <param name="n">The number of columns; by default as many as points.</param>
    /// <returns>Matrices [..., n, N].</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 columns.</exception>
    /// <exception cref="DTypeException">The points are bool, float16 or bfloat16.</exception>
    public static Tensor Vander(Tensor x, long? n = null)
    {
        if (x.dtype is DType.Bool or DType.Float16 or DType.BFloat16)
            Throw.Types($"linalg.vander supports floating point, complex, and integer tensors, but got {x.dtype.ScalarName()}");
        if (x.dtype.IsInteger()) x = x.To(DType.Int64);
        if (x.Rank == 0) x = x.Unsqueeze(-1);
        long columns = n ?? x.layout.shape[^1];
        if (columns <= 1) Throw.Range(nameof(n), columns, $"N must be greater than 1. linalg.vander: {columns} columns were asked for.");
        Tensor powers = x.Unsqueeze(-1).Expand(new Shape([.. x.layout.shape, columns - 1])).CumProd(-1);
        return Tensor.Cat([Tensor.Ones(new Shape([.. x.layout.shape, 1]), x.dtype), powers], -1);
    }
}

public sealed partial class Tensor
{
    /// <summary>The inverse of a matrix; see <see cref="LinAlg.Inv"/>.</summary>
    public Tensor Inverse() => LinAlg.Inv(this);
}
