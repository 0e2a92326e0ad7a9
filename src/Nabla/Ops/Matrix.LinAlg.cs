using Nabla.Amp;

namespace Nabla;

/// <summary>Linear algebra, as in torch.linalg.</summary>
public static partial class LinAlg
{
    /// <summary>The matrix product with batches; the same as <see cref="Tensor.MatMul"/>.</summary>
    public static Tensor MatMul(Tensor input, Tensor other) => input.MatMul(other);

    /// <summary>The inner product of vectors along a dimension, broadcast: Σ x · y.</summary>
    /// <param name="x">The first vectors.</param>
    /// <param name="y">The second vectors.</param>
    /// <param name="dim">The dimension that runs through a vector; the last by default.</param>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor VecDot(Tensor x, Tensor y, int dim = -1)
    {
        using AutocastCall call = Autocast.Lower(ref x, ref y);
        DType type = Promotion.Result(x, y);
        return (x.Conj() * y).Sum(dim, false, type == DType.Bool ? DType.Int64 : type);
    }

    /// <summary>The cross product along a dimension of size 3, broadcast.</summary>
    /// <param name="input">The first factor.</param>
    /// <param name="other">The second factor, of the same rank.</param>
    /// <param name="dim">The dimension; the last by default.</param>
    /// <exception cref="ShapeException">The ranks differ, the dimension does not have size 3, or the rest does not broadcast.</exception>
    public static Tensor Cross(Tensor input, Tensor other, int dim = -1)
    {
        if (input.Rank != other.Rank)
            Throw.Shapes($"linalg.cross: inputs must have the same number of dimensions. Got {input.Shape} and {other.Shape}.");
        int d = Dims.FromEnd(dim, input.Rank);
        if (input.Rank == 0 || input.layout.shape[^-d] != 3 || other.layout.shape[^-d] != 3)
            Throw.Shapes($"linalg.cross: inputs dimension {dim} must have length 3. Got " +
                $"{(input.Rank == 0 ? 1 : input.layout.shape[^-d])} and {(other.Rank == 0 ? 1 : other.layout.shape[^-d])}");
        DType type = Promotion.Result(input, other);
        _ = Kernels.Broadcast.Shape(input.layout.shape, other.layout.shape, "linalg.cross");
        return BilinearOp.Apply(new Ops.LinalgCross(d), input.To(type), other.To(type));
    }

    /// <summary>The n-th power of a square matrix, or of each of a batch, by repeated squaring; n = 0 gives the identity, a negative n the
    /// power of the inverse.</summary>
    /// <param name="a">Matrices [..., m, m].</param>
    /// <param name="n">The exponent.</param>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="LinAlgException">The exponent is negative and a matrix is singular.</exception>
    public static Tensor MatrixPower(Tensor a, int n)
    {
        if (a.Rank < 2) Throw.Shapes("linalg.matrix_power: The input tensor A must have at least 2 dimensions.");
        if (a.layout.shape[^1] != a.layout.shape[^2])
            Throw.Shapes($"linalg.matrix_power: A must be batches of square matrices, but they are {a.layout.shape[^2]} by " +
                $"{a.layout.shape[^1]} matrices");
        if (n == -1) return Inv(a);
        uint steps = (uint)Math.Abs((long)n);
        if (n < 0) a = Inv(a);
        // Chosen, not made anew: the result stays part of the graph, with a zero gradient.
        if (n == 0) return Tensor.Where(Tensor.Zeros(default, DType.Bool), a, Tensor.Eye(a.layout.shape[^1], dtype: a.dtype));
        if (n == 1) return a.Clone();
        Tensor? result = null;
        for (Tensor square = a; ; square = square.MatMul(square))
        {
            if ((steps & 1) != 0) result = result is null ? square : result.MatMul(square);
            steps >>= 1;
            if (steps == 0) return result!;
        }
    }

    /// <summary>
    /// The product of two or more matrices, in the order of multiplication that takes the fewest operations. The first and the last may
    /// be vectors: a row and a column.
    /// </summary>
    /// <param name="tensors">The factors.</param>
    /// <exception cref="ShapeException">There are fewer than two, an inner one is not a matrix, or neighbours do not fit.</exception>
    /// <remarks>The order is found by dynamic programming: T. Cormen et al., Introduction to Algorithms, 15.2.</remarks>
    public static Tensor MultiDot(params Tensor[] tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        int n = tensors.Length;
        if (n < 2) Throw.Shapes($"multi_dot(): expected at least 2 tensors but got {n}");
        CheckMultiDot(tensors);
        bool row = tensors[0].Rank == 1, column = tensors[^1].Rank == 1;
        Tensor[] matrices = [.. tensors];
        if (row) matrices[0] = matrices[0].Unsqueeze(0);
        if (column) matrices[^1] = matrices[^1].Unsqueeze(-1);
        for (int i = 0; i < n - 1; i++)
        {
            if (matrices[i].layout.shape[1] != matrices[i + 1].layout.shape[0])
                Throw.Shapes($"multi_dot(): tensors {i} and {i + 1} with shapes {matrices[i].Shape} and {matrices[i + 1].Shape} cannot " +
                    "be multiplied");
        }
        Tensor product = Multiply(matrices, Splits(matrices), 0, n - 1);
        if (!row && !column) return product;
        long[] shape = row && column ? [] : row ? [product.layout.shape[1]] : [product.layout.shape[0]];
        return product.Reshape(new Shape(shape));
    }

    private static void CheckMultiDot(Tensor[] tensors)
    {
        if (tensors[0].Rank is < 1 or > 2) Throw.Shapes($"multi_dot(): the first tensor must be 1D or 2D but got {tensors[0].Rank}D");
        if (tensors[^1].Rank is < 1 or > 2) Throw.Shapes($"multi_dot(): the last tensor must be 1D or 2D but got {tensors[^1].Rank}D");
        for (int i = 1; i < tensors.Length; i++)
        {
            if (i < tensors.Length - 1 && tensors[i].Rank != 2) Throw.Shapes($"multi_dot(): tensor {i} must be 2D but got " +
                $"{tensors[i].Rank}D");
            if (tensors[i].dtype != tensors[0].dtype)
                Throw.Types($"multi_dot(): all tensors must have be the same dtype but tensor 0 is {tensors[0].dtype.ScalarName()} and " +
                    $"tensor {i} {tensors[i].dtype.ScalarName()}");
        }
    }

    /// <summary>For each range of factors, behind which one to cut.</summary>
    private static int[,] Splits(Tensor[] m)
    {
        int n = m.Length;
        int[,] split = new int[n, n];
        double[,] cost = new double[n, n];
        for (int length = 2; length <= n; length++)
        {
            for (int i = 0, j = length - 1; j < n; i++, j++)
            {
                cost[i, j] = double.PositiveInfinity;
                for (int k = i; k < j; k++)
                {
                    double c = cost[i, k] + cost[k + 1, j] + (double)m[i].layout.shape[0] * m[k].layout.shape[1] * m[j].layout.shape[1];
                    if (c >= cost[i, j]) continue;
                    (cost[i, j], split[i, j]) = (c, k);
                }
            }
        }
        return split;
    }

    private static Tensor Multiply(Tensor[] m, int[,] split, int i, int j) =>
        i == j ? m[i] : Multiply(m, split, i, split[i, j]).Mm(Multiply(m, split, split[i, j] + 1, j));
}
