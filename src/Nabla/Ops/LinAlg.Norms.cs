using System.Globalization;
using System.Runtime.CompilerServices;
using Nabla.Amp;

namespace Nabla;

public static partial class LinAlg
{
    /// <summary>
    /// A norm of matrices: 1 and -1 are the largest and smallest sum of |a| in a column, ±∞ in a row, 2 and -2 the largest and smallest
    /// singular value.
    /// </summary>
    /// <param name="a">Matrices, floating point; float32 or float64 for ±2.</param>
    /// <param name="ord">±1, ±2 or ±∞.</param>
    /// <param name="dim">The dimensions of rows and of columns; the last two by default.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first; it must not be narrower.</param>
    /// <exception cref="ArgumentException">The order is another one.</exception>
    /// <exception cref="ShapeException">There are not two different dimensions, or an extreme is sought among no values.</exception>
    /// <exception cref="DTypeException">A dtype does not fit.</exception>
    public static Tensor MatrixNorm(Tensor a, double ord, Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        double size = Math.Abs(ord);
        if (size is not (1 or 2 or double.PositiveInfinity)) NotSupported(Text(ord));
        (int rows, int columns) = CheckMatrixNorm(a, dim, dtype, low: size != 2);
        if (size == 2) return Restored(Extreme(SvdVals(Matrices(a, rows, columns, dtype)), ord > 0, -1, false), rows, columns, keepDim);
        (int first, int second) = double.IsInfinity(ord) ? (columns, rows) : (rows, columns);
        // Counted from the end, the second dimension moves only if the first one was behind it.
        Tensor sums = a.VectorNorm("matrix_norm", 1, first, keepDim, dtype);
        return Extreme(sums, ord > 0, !keepDim && first > second ? second + 1 : second, keepDim);
    }

    /// <summary>The Frobenius or the nuclear norm of matrices: the root of Σ a², or the sum of the singular values.</summary>
    /// <param name="a">Matrices, floating point; float32 or float64 for the nuclear norm.</param>
    /// <param name="ord">"fro" or "nuc".</param>
    /// <param name="dim">The dimensions of rows and of columns; the last two by default.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first; it must not be narrower.</param>
    /// <exception cref="ArgumentException">The order is another one.</exception>
    /// <exception cref="ShapeException">There are not two different dimensions.</exception>
    /// <exception cref="DTypeException">A dtype does not fit.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor MatrixNorm(Tensor a, string ord = "fro", Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        if (ord is not ("fro" or "nuc")) NotSupported(ord);
        (int rows, int columns) = CheckMatrixNorm(a, dim, dtype, low: ord == "fro");
        return ord == "fro"
            ? a.VectorNorm("matrix_norm", 2, new Dims([rows, columns]), keepDim, dtype)
            : Restored(SvdVals(Matrices(a, rows, columns, dtype)).Sum(-1), rows, columns, keepDim);
    }

    /// <summary>
    /// A vector norm or a matrix norm: a matrix norm if an order is given and there are two dimensions, else the vector norm over the
    /// given dimensions, or over all elements.
    /// </summary>
    /// <param name="x">A floating-point tensor.</param>
    /// <param name="ord">The order; none is 2 of a vector. See <see cref="VectorNorm"/> and
    /// <see cref="MatrixNorm(Tensor, double, Dims, bool, DType?)"/>.</param>
    /// <param name="dim">One or two dimensions; without them and with an order the tensor must be a vector or a matrix.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first; it must not be narrower.</param>
    /// <exception cref="ArgumentException">A matrix has no norm of this order.</exception>
    /// <exception cref="ShapeException">The number of dimensions is another one, or an extreme is sought among no values.</exception>
    /// <exception cref="DTypeException">A dtype does not fit.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Norm(Tensor x, double? ord = null, Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        CheckNorm(x, ord is not null, dim);
        if (ord is { } p && (dim.Count == 2 || (dim.Count == 0 && x.Rank == 2)))
            return MatrixNorm(x, p, dim.Count == 2 ? dim : new Dims([0, 1]), keepDim, dtype);
        CheckNormTypes("linalg.vector_norm", x, dtype);
        return x.VectorNorm("norm", ord ?? 2, dim, keepDim, dtype);
    }

    /// <summary>The Frobenius or the nuclear norm of matrices; see
    /// <see cref="MatrixNorm(Tensor, string, Dims, bool, DType?)"/>.</summary>
    /// <param name="x">A floating-point tensor.</param>
    /// <param name="ord">"fro" or "nuc".</param>
    /// <param name="dim">The two dimensions of the matrices; without them the tensor must be a matrix.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first; it must not be narrower.</param>
    /// <exception cref="ArgumentException">The order is another one.</exception>
    /// <exception cref="ShapeException">There are not two different dimensions.</exception>
    /// <exception cref="DTypeException">A dtype does not fit.</exception>
    public static Tensor Norm(Tensor x, string ord, Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        CheckNorm(x, true, dim);
        return MatrixNorm(x, ord, dim.Count > 0 ? dim : new Dims([0, 1]), keepDim, dtype);
    }

    /// <summary>
    /// The condition number of matrices: ‖A‖ · ‖A⁻¹‖, for the orders 2 and -2 the quotient of the extreme singular values, also of
    /// matrices that are not square. ∞ or NaN if a matrix is singular, 0 if it has no elements.
    /// </summary>
    /// <param name="a">Matrices [..., n, n], for ±2 [..., m, n]; float32 or float64.</param>
    /// <param name="ord">±1, ±2 or ±∞; 2 by default.</param>
    /// <returns>A tensor [...].</returns>
    /// <exception cref="ArgumentException">The order is another one.</exception>
    /// <exception cref="ShapeException">These are no matrices, or they are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Cond(Tensor a, double? ord = null)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        double p = ord ?? 2;
        CheckCond(a, Text(p), Math.Abs(p) is 1 or 2 or double.PositiveInfinity, square: Math.Abs(p) != 2);
        if (a.layout.Count == 0) return Tensor.Zeros([.. a.layout.shape[..^2]], a.dtype.Part());
        if (Math.Abs(p) != 2) return ByInverse(a, x => MatrixNorm(x, p));
        Tensor s = SvdVals(a), most = s.Select(-1, 0), least = s.Select(-1, s.layout.shape[^1] - 1);
        return p > 0 ? most / least : least / most;
    }

    /// <summary>The condition number of square matrices by the Frobenius or the nuclear norm: ‖A‖ · ‖A⁻¹‖.</summary>
    /// <param name="a">Matrices [..., n, n], float32 or float64.</param>
    /// <param name="ord">"fro" or "nuc".</param>
    /// <returns>A tensor [...].</returns>
    /// <exception cref="ArgumentException">The order is another one.</exception>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static Tensor Cond(Tensor a, string ord)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        CheckCond(a, ord, ord is "fro" or "nuc", square: true);
        if (a.layout.Count == 0) return Tensor.Zeros([.. a.layout.shape[..^2]], a.dtype.Part());
        if (ord == "fro") return ByInverse(a, static x => MatrixNorm(x));
        Tensor s = SvdVals(a);
        return s.Sum(-1) * s.Reciprocal().Sum(-1);
    }

    private static Tensor ByInverse(Tensor a, Func<Tensor, Tensor> norm)
    {
        (Tensor inverse, Tensor info) = InvEx(a);
        return Tensor.Where(info.Gt(0), double.PositiveInfinity, norm(a) * norm(inverse));
    }

    private static void CheckCond(Tensor a, string ord, bool known, bool square)
    {
        if (a.Rank < 2) Throw.Shapes($"linalg.cond: The input tensor must have at least 2 dimensions. Its shape is {a.Shape}.");
        if (!known) throw new ArgumentException($"linalg.cond got an invalid norm type: {ord}", nameof(ord));
        if (square) SolverChecks.Square(a, $"linalg.cond(ord={ord})");
        if (!a.IsComplex) SolverChecks.Float(a, "linalg.svd", "linalg_svd_cpu");
    }

    private static void CheckNorm(Tensor x, bool ordered, Dims dim)
    {
        if (dim.Count > 2) Throw.Shapes($"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {dim}");
        if (dim.Count == 0 && ordered && x.Rank is not (1 or 2))
            Throw.Shapes($"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {x.Rank}D.");
    }

    private static (int Rows, int Columns) CheckMatrixNorm(Tensor a, Dims dim, DType? dtype, bool low)
    {
        SolverChecks.Matrix(a, "linalg.matrix_norm");
        if (dim.Count is not (0 or 2)) Throw.Shapes($"linalg.matrix_norm: dim must be a 2-tuple. Got {string.Join(' ', dim.Values)}");
        (int rows, int columns) = dim.Count == 0 ? (-2, -1) : (Dims.FromEnd(dim[0], a.Rank), Dims.FromEnd(dim[1], a.Rank));
        if (rows == columns) Throw.Shapes($"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})");
        if (!low && !a.IsComplex) SolverChecks.Float(a, "linalg.matrix_norm", null);
        CheckNormTypes("linalg.matrix_norm", a, dtype);
        return (rows, columns);
    }

    private static void CheckNormTypes(string op, Tensor x, DType? dtype)
    {
        CheckFloating(op, x);
        if (dtype is not { } type) return;
        if (!type.IsDifferentiable()) Throw.Types($"{op}: dtype should be floating point or complex, but got {type.ScalarName()}");
        if (Promotion.Promote(x.dtype, type) != type)
            Throw.Types($"{op}: the dtype of the input ({x.dtype.ScalarName()}) should be convertible without narrowing to the specified " +
                $"dtype ({type.ScalarName()})");
    }

    private static void CheckFloating(string op, Tensor a)
    {
        if (!a.dtype.IsDifferentiable())
            Throw.Types($"{op}: Expected a floating point or complex tensor as input. Got {a.dtype.ScalarName()}. Convert it first.");
    }

    private static void NotSupported(string ord) =>
        throw new ArgumentException($"linalg.matrix_norm: Order {ord} not supported.", nameof(ord));

    private static string Text(double ord) =>
        double.IsInfinity(ord) ? ord > 0 ? "inf" : "-inf" : ord.ToString(CultureInfo.InvariantCulture);

    private static Tensor Extreme(Tensor x, bool largest, int dim, bool keepDim) => largest ? x.AMax(dim, keepDim) : x.AMin(dim, keepDim);

    private static Tensor Matrices(Tensor a, int rows, int columns, DType? dtype) =>
        (dtype is { } type ? a.To(type) : a).MoveDim(new Dims([rows, columns]), new Dims([-2, -1]));

    /// <summary>Puts dimensions of size 1 back where the matrices were.</summary>
    private static Tensor Restored(Tensor x, int rows, int columns, bool keepDim) =>
        keepDim ? x.Unsqueeze(Math.Max(rows, columns)).Unsqueeze(Math.Min(rows, columns)) : x;
}

public sealed partial class Tensor
{
    /// <summary>
    /// The Frobenius norm of all elements or of those over some dimensions, or the nuclear norm of matrices: the sum of their singular
    /// values.
    /// </summary>
    /// <param name="p">"fro" or "nuc".</param>
    /// <param name="dim">The dimensions, two for the nuclear norm; all by default.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="ArgumentException">The order is another one.</exception>
    /// <exception cref="ShapeException">There are not two different dimensions for the nuclear norm.</exception>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Norm(string p, Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        if (p == "fro") return VectorNorm("norm", 2, dim, keepDim, dtype);
        return LinAlg.MatrixNorm(this, p, dim.Count > 0 ? dim : new Dims([.. Enumerable.Range(0, Rank)]), keepDim, dtype);
    }
}
