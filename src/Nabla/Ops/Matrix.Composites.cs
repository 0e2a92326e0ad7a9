using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The sum of a matrix's diagonal.</summary>
    public readonly record struct Trace : ILinear<Trace>
    {
        public Tensor Forward(Tensor x)
        {
            Layout l = x.layout;
            long n = Math.Min(l.shape[^2], l.shape[^1]);
            Tensor diagonal = x.Raw(new Layout([.. l.shape[..^2], n], [.. l.strides[..^2], l.strides[^2] + l.strides[^1]], l.Offset));
            return Kernels.Reduce.Sum(diagonal, new Dims([-1]), false);
        }

        public Tensor Transpose(Tensor g, TensorSpec x)
        {
            Tensor eye = Tensor.Eye(x.Layout.shape[^2], x.Layout.shape[^1], x.DType);
            return g.Unsqueeze(-1).Unsqueeze(-1) * eye;
        }
    }

    /// <summary>The cross product along a dimension of size 3, counted from the end.</summary>
    public readonly record struct LinalgCross(int Dim) : IBilinear<LinalgCross>
    {
        static bool IBilinear<LinalgCross>.Broadcasts => true;

        public Tensor Forward(Tensor x, Tensor y)
        {
            Tensor z = Tensor.Allocate(new Layout(Kernels.Broadcast.Shape(x.layout.shape, y.layout.shape, "linalg.cross")), x.dtype);
            for (int i = 0; i < 3; i++)
            {
                int j = (i + 1) % 3, k = (i + 2) % 3;
                Tensor plus = ZipOp.Compute(new Mul(), At(x, j), At(y, k)), minus = ZipOp.Compute(new Mul(), At(x, k), At(y, j));
                Kernels.Copy.Run(ZipOp.Compute(new Sub(), plus, minus), At(z, i));
            }
            return z;
        }

        private Tensor At(Tensor x, long index) => new Slice(Dim, index, 1, 1).Forward(x);

        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(this, y, g).SumTo(x.Shape);
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => BilinearOp.Apply(this, g, x).SumTo(y.Shape);
    }
}

public sealed partial class Tensor
{
    /// <summary>The sum of a matrix's diagonal, a 0-d tensor; integers are summed in int64.</summary>
    /// <exception cref="ShapeException">This is not a matrix.</exception>
    public Tensor Trace()
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Trace();
        }
        if (Rank != 2) Throw.Shapes($"trace: expected a matrix, but got tensor with dim {Rank}: its shape is {Shape}.");
        return LinearOp.Apply(new Ops.Trace(), dtype.IsDifferentiable() ? this : To(DType.Int64));
    }

    /// <summary>The cross product along a dimension of size 3, broadcast.</summary>
    /// <param name="other">The second factor.</param>
    /// <param name="dim">The dimension; by default the first one of size 3.</param>
    /// <exception cref="ShapeException">The dimension does not have size 3.</exception>
    public Tensor Cross(Tensor other, int? dim = null)
    {
        if (dim is { } given) return LinAlg.Cross(this, other, given);
        int first = Array.IndexOf(layout.shape, 3);
        if (first < 0) Throw.Shapes($"no dimension of size 3 in input: cross got {Shape} and {other.Shape}.");
        return LinAlg.Cross(this, other, first - Rank);
    }

    /// <summary>Products summed over the last <paramref name="dims"/> dimensions of this and the first of the other tensor.</summary>
    /// <param name="other">The second factor.</param>
    /// <param name="dims">How many dimensions; 0 gives the outer product.</param>
    /// <exception cref="ShapeException">The number is negative or too large, or sizes differ.</exception>
    public Tensor TensorDot(Tensor other, int dims = 2)
    {
        if (dims < 0) Throw.Shapes($"tensordot expects dims >= 0, but got dims={dims}");
        if (dims > Math.Min(Rank, other.Rank)) Throw.Shapes($"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}");
        int[] a = new int[dims], b = new int[dims];
        for (int i = 0; i < dims; i++) (a[i], b[i]) = (i - dims, i);
        return TensorDot(other, new Dims(a), new Dims(b));
    }

    /// <summary>
    /// Products summed over pairs of dimensions, as one matrix product; the remaining dimensions of both follow each other.
    /// </summary>
    /// <param name="other">The second factor.</param>
    /// <param name="dims">Dimensions of this tensor.</param>
    /// <param name="otherDims">The dimensions of the other tensor they are paired with.</param>
    /// <exception cref="ShapeException">The lists differ in length, repeat a dimension, or sizes differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ.</exception>
    public Tensor TensorDot(Tensor other, Dims dims, Dims otherDims)
    {
        if (dims.Count != otherDims.Count) Throw.Shapes($"both dimension lists should have same length: got {dims} and {otherDims}.");
        if (dtype != other.dtype)
            Throw.Types($"both inputs should have same dtype: tensordot got {dtype.ScalarName()} and {other.dtype.ScalarName()}; " +
                "convert one of them with To(...).");
        Dims a = dims.FromEnd(Rank), b = otherDims.FromEnd(other.Rank);
        Tensor x = this, y = other;
        List<int> sumX = [], sumY = [];
        long inner = 1;
        for (int i = 0; i < a.Count; i++)
        {
            long p = layout.shape[^-a[i]], q = other.layout.shape[^-b[i]];
            if (p != q && p != 1 && q != 1)
                Throw.Shapes($"contracted dimensions need to match, but first has size {p} in dim {dims[i]} and second has size {q} in " +
                    $"dim {otherDims[i]}");
            if (q == 1 && p != 1) sumX.Add(a[i]);
            if (p == 1 && q != 1) sumY.Add(b[i]);
            inner *= p == 1 || q == 1 ? 1 : p;
        }
        if (sumX.Count > 0) x = x.Sum(new Dims([.. sumX]), true, dtype);
        if (sumY.Count > 0) y = y.Sum(new Dims([.. sumY]), true, dtype);
        (int[] freeX, long rows) = Free(x, a);
        (int[] freeY, long columns) = Free(y, b);
        x = x.Permute(new Dims([.. freeX, .. a.Values])).Reshape(new Shape([rows, inner]));
        y = y.Permute(new Dims([.. b.Values, .. freeY])).Reshape(new Shape([inner, columns]));
        long[] shape = [.. freeX.Select(d => layout.shape[^-d]), .. freeY.Select(d => other.layout.shape[^-d])];
        return x.Mm(y).Reshape(new Shape(shape));
    }

    private static (int[] Dims, long Size) Free(Tensor x, Dims summed)
    {
        List<int> free = [];
        long size = 1;
        for (int d = -x.Rank; d < 0; d++)
        {
            if (summed.Contains(d)) continue;
            free.Add(d);
            size *= x.layout.shape[^-d];
        }
        return ([.. free], size);
    }

    /// <summary>The Kronecker product: every element of this tensor times the whole other one, in blocks.</summary>
    public Tensor Kron(Tensor other)
    {
        int rank = Math.Max(Rank, other.Rank);
        long[] x = new long[2 * rank], y = new long[2 * rank], z = new long[rank];
        for (int d = 1; d <= rank; d++)
        {
            long p = d <= Rank ? layout.shape[^d] : 1, q = d <= other.Rank ? other.layout.shape[^d] : 1;
            (x[^(2 * d)], x[^(2 * d - 1)]) = (p, 1);
            (y[^(2 * d)], y[^(2 * d - 1)]) = (1, q);
            z[^d] = p * q;
        }
        return Ops.UnsafeView.Of(Reshape(new Shape(x)) * other.Reshape(new Shape(y)), z);
    }

    /// <summary>The n-th power of a square matrix, or of each of a batch; see <see cref="LinAlg.MatrixPower"/>.</summary>
    public Tensor MatrixPower(int n) => LinAlg.MatrixPower(this, n);

    /// <summary>The product of matrices, in the order of multiplication that takes the fewest operations.</summary>
    public static Tensor ChainMatMul(params Tensor[] matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        for (int i = 0; i < matrices.Length; i++)
            if (matrices[i].Rank != 2) Throw.Shapes($"Tensor {i} must be a matrix: chain_matmul got {matrices[i].Shape}.");
        return matrices.Length == 1 ? matrices[0] : LinAlg.MultiDot(matrices);
    }
}
