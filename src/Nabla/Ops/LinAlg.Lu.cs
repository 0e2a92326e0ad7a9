using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>L and U in one matrix, the pivots, and where U has its first zero. An error instead if Check is a name.</summary>
    public readonly record struct LinalgLuFactorEx(string? Check) : IOp<LinalgLuFactorEx>
    {
        static bool IOp<LinalgLuFactorEx>.SavesInput(LinalgLuFactorEx op, int i) => false;
        static bool IOp<LinalgLuFactorEx>.SavesOutput(LinalgLuFactorEx op, int i) => i < 2;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor lu, Tensor pivots, Tensor info) = Kernels.Lu.Factor(x[0]);
            if (Check is { } name)
                SolverChecks.Info(info, name, static i => $"U[{i},{i}] is zero and using it on lu_solve would result in a division by " +
                    "zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or " +
                    "linalg.lu_factor_ex(A, pivot)");
            return [lu, pivots, info];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            LuParts of = new(y[0]);
            (Tensor corner, Tensor? right, Tensor? low) = of.Split(g[0]!);
            Tensor l = corner.Tril(-1), u = corner.Triu();
            // What lies beyond the square is L₂ = B₂ U⁻¹ or U₂ = L⁻¹ B₂, which reach back into the square.
            if (low is not null)
            {
                low = LinAlg.SolveTriangular(of.U.Transpose(-2, -1), low, upper: false, left: false);
                u = u - of.Low!.Transpose(-2, -1).MatMul(low);
            }
            if (right is not null)
            {
                right = LinAlg.SolveTriangular(of.L.Transpose(-2, -1), right, upper: true, unitriangular: true);
                l = l - right.MatMul(of.Right!.Transpose(-2, -1));
            }
            Tensor b = of.L.Transpose(-2, -1).MatMul(l).Tril(-1) + u.MatMul(of.U.Transpose(-2, -1)).Triu();
            b = LinAlg.SolveTriangular(of.U.Transpose(-2, -1), b, upper: false, left: false);
            b = LinAlg.SolveTriangular(of.L.Transpose(-2, -1), b, upper: true, unitriangular: true);
            into[0] = BilinearOp.Apply(new SwapRows(true, "lu_unpack"), LuParts.Join(b, right, low), y[1]);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            LuParts of = new(y[0]);
            (Tensor b, Tensor? right, Tensor? low) = of.Split(BilinearOp.Apply(new SwapRows(false, "lu_unpack"), t[0]!, y[1]));
            Tensor inner = LinAlg.SolveTriangular(of.U, LinAlg.SolveTriangular(of.L, b, upper: false, unitriangular: true), upper: true,
                left: false);
            Tensor l = of.L.MatMul(inner.Tril(-1)), u = inner.Triu().MatMul(of.U);
            if (low is not null) low = LinAlg.SolveTriangular(of.U, low - of.Low!.MatMul(u), upper: true, left: false);
            if (right is not null) right = LinAlg.SolveTriangular(of.L, right - l.MatMul(of.Right!), upper: false, unitriangular: true);
            return [LuParts.Join(l + u, right, low), null, null];
        }
    }

    /// <summary>The square part of packed factors as L and U, and what lies to its right or below it.</summary>
    private readonly struct LuParts
    {
        internal readonly Tensor L, U;
        internal readonly Tensor? Right, Low;
        private readonly long size;

        internal LuParts(Tensor lu)
        {
            size = Math.Min(lu.Size(-2), lu.Size(-1));
            (Tensor corner, Right, Low) = Split(lu);
            L = corner.Tril(-1) + Tensor.Eye(size, dtype: lu.DType);
            U = corner.Triu();
        }

        internal (Tensor Corner, Tensor? Right, Tensor? Low) Split(Tensor x) => (x.Slice(-2, 0, size).Slice(-1, 0, size),
            x.Size(-1) > size ? x.Slice(-1, size) : null, x.Size(-2) > size ? x.Slice(-2, size) : null);

        internal static Tensor Join(Tensor corner, Tensor? right, Tensor? low) =>
            right is not null ? Tensor.Cat([corner, right], -1) : low is not null ? Tensor.Cat([corner, low], -2) : corner;
    }

    /// <summary>Rows exchanged as pivots say, from the first or (reverse) the last pivot on. Operands: matrices, pivots.</summary>
    public readonly record struct SwapRows(bool Reverse, string User) : IBilinear<SwapRows>
    {
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Lu.Exchanged(x, y, Reverse, User);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(this with { Reverse = !Reverse }, g, y);
        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }
}

public static partial class LinAlg
{
    /// <summary>
    /// The LU factorization with partial pivoting, A = P L U, packed: U on and above the diagonal, L below it without its ones.
    /// </summary>
    /// <param name="a">A, of shape [..., m, n]. float32 or float64.</param>
    /// <param name="pivot">Only true: a factorization without pivoting is not stable.</param>
    /// <returns>The packed factors, of A's shape, and the pivots [..., min(m, n)], int32: row i was exchanged with row pivots[i], counted
    /// from 1.</returns>
    /// <exception cref="LinAlgException">U has a zero on its diagonal.</exception>
    /// <exception cref="ShapeException">A has fewer than 2 dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static (Tensor LU, Tensor Pivots) LuFactor(Tensor a, bool pivot = true)
    {
        Tensor[] y = LuFactor(a, pivot, "torch.lu_factor", "torch.linalg.lu_factor");
        return (y[0], y[1]);
    }

    /// <summary>As <see cref="LuFactor(Tensor, bool)"/>, with a number instead of an error where U has a zero on its diagonal.</summary>
    /// <param name="a">A, of shape [..., m, n].</param>
    /// <param name="pivot">Only true.</param>
    /// <param name="checkErrors">Throw as <see cref="LuFactor(Tensor, bool)"/> does.</param>
    /// <returns>The packed factors, the pivots, and info, int32: where U has its first zero, from 1, or 0.</returns>
    public static (Tensor LU, Tensor Pivots, Tensor Info) LuFactorEx(Tensor a, bool pivot = true, bool checkErrors = false)
    {
        Tensor[] y = LuFactor(a, pivot, "torch.lu_factor", checkErrors ? "torch.linalg.lu_factor_ex" : null);
        return (y[0], y[1], y[2]);
    }

    private static Tensor[] LuFactor(Tensor a, bool pivot, string op, string? check)
    {
        if (a.Rank < 2) Throw.Shapes($"{op}: Expected tensor with 2 or more dimensions. Got size: {a.Shape} instead");
        if (!pivot)
            throw new ArgumentException("linalg.lu_factor: LU without pivoting is not implemented on the CPU: pass pivot: true.",
                nameof(pivot));
        SolverChecks.Kernel(a, "lu_cpu");
        return Op.Apply(new Ops.LinalgLuFactorEx(check), a);
    }

    /// <summary>The LU factorization with partial pivoting: A = P L U.</summary>
    /// <param name="a">A, of shape [..., m, n]. float32 or float64.</param>
    /// <param name="pivot">Only true: a factorization without pivoting is not stable.</param>
    /// <returns>With k = min(m, n): the permutation P [..., m, m], L [..., m, k] with ones on its diagonal, U [..., k, n].</returns>
    /// <exception cref="ShapeException">A has fewer than 2 dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static (Tensor P, Tensor L, Tensor U) Lu(Tensor a, bool pivot = true)
    {
        Tensor[] y = LuFactor(a, pivot, "linalg.lu", null);
        return Tensor.LuUnpack(y[0], y[1]);
    }

    /// <summary>X with A X = B from A's LU factorization; Aᵀ X = B if adjoint, X A = B if not left.</summary>
    /// <param name="lu">The packed factors of <see cref="LuFactor(Tensor, bool)"/>, [..., n, n].</param>
    /// <param name="pivots">Their pivots, [..., n], int32.</param>
    /// <param name="b">B, of shape [..., n, k] ([..., k, n] if not left); batches broadcast.</param>
    /// <param name="left">Solve A X = B; else X A = B.</param>
    /// <param name="adjoint">Solve with Aᵀ.</param>
    /// <returns>X, of B's shape. A zero on U's diagonal gives infinities and NaN.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64; the pivots are not int32.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A pivot is not a row of A.</exception>
    public static Tensor LuSolve(Tensor lu, Tensor pivots, Tensor b, bool left = true, bool adjoint = false)
    {
        const string op = "linalg.lu_solve";
        SolverChecks.Float(lu, "torch." + op, "linalg.lu_solve_cpu");
        SolverChecks.SameType(lu, b, op, "LU");
        if (pivots.dtype != DType.Int32)
            Throw.Types($"{op}: pivots should be a Tensor of scalar type torch.int32, but they are {pivots.dtype.Name()}.");
        SolverChecks.Square(lu, "torch." + op);
        SolverChecks.Matrix(b, op, "B");
        SolverChecks.Fit(lu, b, left, op);
        if (pivots.Rank == 0 || pivots.layout.shape[^1] != lu.layout.shape[^1])
            Throw.Shapes($"{op}: Number of pivots per batch should be same as the dimension of the matrix: the pivots have shape " +
                $"{pivots.Shape}, LU has shape {lu.Shape}.");
        if (!pivots.layout.shape.AsSpan(0, pivots.Rank - 1).SequenceEqual(lu.layout.shape.AsSpan(0, lu.Rank - 2)))
            Throw.Shapes($"{op}: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape {pivots.Shape} instead");
        long[] batch = SolverChecks.Batch(lu, b, op);
        (lu, pivots, b) = (SolverChecks.Expand(lu, batch), SolverChecks.Expand(pivots, batch, 1), SolverChecks.Expand(b, batch));
        if (!left) return LuSolved(lu, pivots, b.Transpose(-2, -1), !adjoint).Transpose(-2, -1);
        return LuSolved(lu, pivots, b, adjoint);
    }

    private static Tensor LuSolved(Tensor lu, Tensor pivots, Tensor b, bool adjoint)
    {
        Ops.SwapRows swap = new(adjoint, "lu_solve");
        if (!adjoint)
        {
            Tensor y = SolveTriangular(lu, BilinearOp.Apply(swap, b, pivots), upper: false, unitriangular: true);
            return SolveTriangular(lu, y, upper: true);
        }
        Tensor turned = lu.Transpose(-2, -1), z = SolveTriangular(turned, b, upper: false);
        return BilinearOp.Apply(swap, SolveTriangular(turned, z, upper: true, unitriangular: true), pivots);
    }
}

public sealed partial class Tensor
{
    /// <summary>The packed LU factorization; see <see cref="LinAlg.LuFactorEx"/>, which also gives the infos.</summary>
    /// <param name="pivot">Only true: a factorization without pivoting is not stable.</param>
    /// <returns>The packed factors and the pivots; no error where U has a zero on its diagonal.</returns>
    public (Tensor LU, Tensor Pivots) Lu(bool pivot = true)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Lu(pivot);
        }
        (Tensor lu, Tensor pivots, _) = LinAlg.LuFactorEx(this, pivot);
        return (lu, pivots);
    }

    /// <summary>X with A X = b, this tensor being b, from A's LU factorization; see <see cref="LinAlg.LuSolve"/>.</summary>
    /// <param name="luData">The packed factors.</param>
    /// <param name="luPivots">Their pivots.</param>
    public Tensor LuSolve(Tensor luData, Tensor luPivots)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).LuSolve(call.Raise(luData), luPivots);
        }
        return LinAlg.LuSolve(luData, luPivots, this);
    }

    /// <summary>The matrices P, L and U of a packed factorization.</summary>
    /// <param name="luData">The packed factors of <see cref="LinAlg.LuFactor(Tensor, bool)"/>, [..., m, n].</param>
    /// <param name="luPivots">Their pivots, int32.</param>
    /// <param name="unpackData">Make L and U; else they are empty.</param>
    /// <param name="unpackPivots">Make P; else it is empty.</param>
    /// <returns>With k = min(m, n): the permutation P [..., m, m], L [..., m, k] with ones on its diagonal, U [..., k, n].</returns>
    /// <exception cref="ShapeException">The factors have fewer than 2 dimensions, or the pivots' shape does not fit.</exception>
    /// <exception cref="DTypeException">The pivots are not int32.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A pivot is not a row.</exception>
    public static (Tensor P, Tensor L, Tensor U) LuUnpack(Tensor luData, Tensor luPivots, bool unpackData = true, bool unpackPivots = true)
    {
        if (luData.Rank < 2)
            Throw.Shapes($"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {luData.Shape} instead");
        if (unpackPivots && luPivots.dtype != DType.Int32)
            Throw.Types("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype. " +
                "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor; got " +
                $"{Throw.Text(luPivots)}.");
        long m = luData.layout.shape[^2], n = luData.layout.shape[^1], k = Math.Min(m, n);
        Tensor p = Empty([0], luData.dtype), l = Empty([0], luData.dtype), u = Empty([0], luData.dtype);
        if (unpackData)
        {
            l = luData.Slice(-1, 0, k).Tril(-1) + Eye(m, k, luData.dtype);
            u = luData.Slice(-2, 0, k).Triu();
        }
        if (!unpackPivots) return (p, l, u);
        long[] batch = luData.layout.shape[..^2];
        if (luPivots.Rank == 0 || luPivots.layout.shape[^1] > m
            || Kernels.Broadcast.To(new Layout(luPivots.layout.shape[..^1]), batch) is null)
            Throw.Shapes($"torch.lu_unpack: LU_pivots of shape {luPivots.Shape} do not belong to LU_data of shape {luData.Shape}.");
        Tensor eye = Eye(m, dtype: luData.dtype).Expand(new Shape([.. batch, m, m]));
        p = Nabla.BilinearOp.Apply(new Ops.SwapRows(true, "lu_unpack"), eye, SolverChecks.Expand(luPivots, batch, 1));
        return (p, l, u);
    }
}
