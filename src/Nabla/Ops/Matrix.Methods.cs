using Nabla.Amp;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>The product of two matrices: z[i, j] = Σₖ x[i, k] · y[k, j]. Transposed operands are not copied.</summary>
    /// <param name="mat2">y, of shape [k, n]; this tensor has shape [m, k].</param>
    /// <returns>A tensor of shape [m, n]. Integers wrap around; float16 and bfloat16 are summed in float32 and rounded once.</returns>
    /// <exception cref="ShapeException">An operand is not a matrix, or the inner sizes differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor Mm(Tensor mat2)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Lower(this).Mm(call.Lower(mat2));
        }
        if (Rank != 2) Throw.Shapes($"self must be a matrix: mm got {Shape}; use MatMul for other ranks.");
        if (mat2.Rank != 2) Throw.Shapes($"mat2 must be a matrix: mm got {mat2.Shape}; use MatMul for other ranks.");
        CheckMm(this, mat2);
        return BilinearOp.Apply(new Ops.Mm(), this, mat2);
    }

    private static void CheckMm(Tensor x, Tensor y)
    {
        if (x.layout.shape[1] != y.layout.shape[0])
            Throw.Shapes($"mat1 and mat2 shapes cannot be multiplied ({x.layout.shape[0]}x{x.layout.shape[1]} and " +
                $"{y.layout.shape[0]}x{y.layout.shape[1]}): " +
                $"the inner sizes {x.layout.shape[1]} and {y.layout.shape[0]} differ; transpose an operand, for example with " +
                    "Transpose(-2, -1).");
        if (x.dtype != y.dtype)
            Throw.Types($"expected m1 and m2 to have the same dtype, but got: {CName(x.dtype)} != {CName(y.dtype)}. Convert one of them " +
                "with To(...).");
        NoBool(x, "addmm_impl_cpu_");
    }

    private static string CName(DType dtype) => dtype switch
    {
        DType.Bool => "bool",
        DType.UInt8 => "unsigned char",
        DType.Int8 => "signed char",
        DType.Int16 => "short int",
        DType.Int32 => "int",
        DType.Int64 => "long int",
        DType.Float16 => "c10::Half",
        DType.BFloat16 => "c10::BFloat16",
        DType.Float32 => "float",
        _ => "double",
    };

    private static void NoBool(Tensor x, string kernel)
    {
        if (x.dtype == DType.Bool) Throw.NotImplementedFor(kernel, x.dtype);
    }

    private static void SameType(Tensor x, Tensor y)
    {
        if (x.dtype != y.dtype)
            Throw.Types($"expected scalar type {x.dtype.ScalarName()} but found {y.dtype.ScalarName()}. Convert one of them with To(...).");
    }

    /// <summary>The product of a matrix [m, k] and a vector [k]: z[i] = Σₖ x[i, k] · v[k].</summary>
    /// <exception cref="ShapeException">This is not a matrix, <paramref name="vec"/> is not a vector, or the sizes differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor Mv(Tensor vec)
    {
        CheckMv(this, vec, 1);
        return BilinearOp.Apply(new Ops.Mv(), this, vec);
    }

    private static void CheckMv(Tensor mat, Tensor vec, int inputRank)
    {
        if (mat.Rank != 2 || vec.Rank != 1)
            Throw.Shapes($"vector + matrix @ vector expected, got {inputRank}, {mat.Rank}, {vec.Rank}: the matrix has shape " +
                $"{mat.Shape}, the vector {vec.Shape}.");
        long m = mat.layout.shape[0], k = mat.layout.shape[1];
        if (k != vec.layout.shape[0])
            Throw.Shapes($"size mismatch, got input ({m}), mat ({m}x{k}), vec ({vec.layout.shape[0]}): a row has {k} elements, the " +
                $"vector {vec.layout.shape[0]}.");
        SameType(mat, vec);
        NoBool(mat, "addmv_impl_cpu");
    }

    /// <summary>The inner product of two vectors of one length: Σᵢ x[i] · y[i], a 0-d tensor.</summary>
    /// <exception cref="ShapeException">An operand is not a vector, or the lengths differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor Dot(Tensor other)
    {
        if (Rank != 1 || other.Rank != 1)
            Throw.Shapes($"1D tensors expected, but got {Rank}D and {other.Rank}D tensors: dot takes vectors; for matrices use MatMul.");
        if (dtype != other.dtype)
            Throw.Types($"dot : expected both vectors to have same dtype, but found {dtype.ScalarName()} and " +
                $"{other.dtype.ScalarName()}. Convert one of them with To(...).");
        long n = layout.shape[0], m = other.layout.shape[0];
        if (n != m)
            Throw.Shapes($"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but got " +
                $"{n} and {m} elements respectively");
        NoBool(this, "dot");
        return BilinearOp.Apply(new Ops.Dot(), this, other);
    }

    /// <summary>The inner product of two vectors, the first conjugated: for real numbers the same as <see cref="Dot"/>.</summary>
    /// <inheritdoc cref="Dot"/>
    public Tensor VDot(Tensor other) => Conj().Dot(other);

    /// <summary>The products of two equally long lists of matrices, [b, m, k] and [b, k, n], of shape [b, m, n].</summary>
    /// <exception cref="ShapeException">An operand does not have 3 dimensions, or sizes differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor Bmm(Tensor mat2)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Lower(this).Bmm(call.Lower(mat2));
        }
        CheckBmm(this, mat2);
        return BilinearOp.Apply(new Ops.Bmm(), this, mat2);
    }

    private static void CheckBmm(Tensor x, Tensor y)
    {
        if (x.Rank != 3) Throw.Shapes($"batch1 must be a 3D tensor: bmm got {x.Shape}; use MatMul for other ranks.");
        if (y.Rank != 3) Throw.Shapes($"batch2 must be a 3D tensor: bmm got {y.Shape}; use MatMul for other ranks.");
        BatchSizes(x.layout.shape[0], x.layout.shape[2], y.layout.shape[0], y.layout.shape[1], x, y);
        SameType(x, y);
        NoBool(x, "bmm");
    }

    private static void BatchSizes(long batch, long inner, long otherBatch, long otherInner, Tensor x, Tensor y)
    {
        if (batch != otherBatch || inner != otherInner)
            Throw.Shapes($"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {inner}] but got: [{otherBatch}, " +
                $"{otherInner}]. " +
                $"The operands have shapes {x.Shape} and {y.Shape}.");
    }

    /// <summary>
    /// The matrix product with batches: two vectors give their inner product, a matrix and a vector the product, and further leading
    /// dimensions broadcast. No operand is copied for broadcasting.
    /// </summary>
    /// <param name="other">y, of shape [..., k, n] or [k]; this tensor has shape [..., m, k] or [k].</param>
    /// <exception cref="ShapeException">An operand is 0-d, the inner sizes differ, or the leading dimensions do not broadcast.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor MatMul(Tensor other)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Lower(this).MatMul(call.Lower(other));
        }
        if (Rank == 0 || other.Rank == 0)
            Throw.Shapes($"both arguments to matmul need to be at least 1D, but they are {Rank}D and {other.Rank}D. For a product with " +
                "a number use *.");
        return (Rank, other.Rank) switch
        {
            (1, 1) => Dot(other),
            (2, 1) => Mv(other),
            (1, 2) => LinearOp.Apply(new Ops.Unrow(), Unsqueeze(0).Mm(other)),
            (2, 2) => Mm(other),
            (_, 1 or 2) when Folds(this, other) => Folded(other),
            _ => Batched(other),
        };
    }

    /// <summary>
    /// Leading dimensions become rows of one product where memory allows it, or where a batch would make a large gradient.
    /// </summary>
    private static bool Folds(Tensor x, Tensor y) => y.Rank == 1 || y.RequiresGrad || x.NumElements == 0
        || Kernels.Viewing.Reshape(x.layout, [x.NumElements / x.layout.shape[^1], x.layout.shape[^1]]) is not null;

    private Tensor Folded(Tensor y)
    {
        long k = layout.shape[^1], rows = 1;
        foreach (long s in layout.shape.AsSpan(0, Rank - 1)) rows *= s;
        Tensor x = Reshape(new Shape([rows, k]));
        return y.Rank == 1
            ? Ops.UnsafeView.Of(x.Mv(y), layout.shape[..^1])
            : Ops.UnsafeView.Of(x.Mm(y), [.. layout.shape[..^1], y.layout.shape[1]]);
    }

    private Tensor Batched(Tensor other)
    {
        Tensor x = Rank == 1 ? Unsqueeze(0) : this, y = other.Rank == 1 ? other.Unsqueeze(-1) : other;
        long[] batch = Kernels.Broadcast.Shape(x.layout.shape.AsSpan(0, x.Rank - 2), y.layout.shape.AsSpan(0, y.Rank - 2), "matmul");
        long count = new Shape(batch).NumElements;
        if (Rank == 1 || other.Rank == 1 ? y.layout.shape[^2] != x.layout.shape[^1] : false)
            Throw.Shapes($"size mismatch, got input ({count * y.layout.shape[^1]}), mat " +
                $"({count * y.layout.shape[^1]}x{y.layout.shape[^2]}), vec ({x.layout.shape[^1]}): " +
                $"matmul of {Shape} and {other.Shape}.");
        BatchSizes(count, x.layout.shape[^1], count, y.layout.shape[^2], this, other);
        SameType(x, y);
        NoBool(x, "bmm");
        x = x.Expand(new Shape([.. batch, .. x.layout.shape[^2..]]));
        y = y.Expand(new Shape([.. batch, .. y.layout.shape[^2..]]));
        Tensor z = BilinearOp.Apply(new Ops.Bmm(), x, y);
        long[] shape = Rank == 1 ? [.. batch, z.layout.shape[^1]] : other.Rank == 1 ? z.layout.shape[..^1] : z.layout.shape;
        return Ops.UnsafeView.Of(z, shape);
    }

    /// <summary>The matrix product, as <see cref="MatMul"/>; x.T() multiplied by a matrix reads x where it lies.</summary>
    /// <remarks>C# has no operator @; the reflected form <c>y.RMatMul(x)</c> is <c>x.MatMul(y)</c>.</remarks>
    public Tensor RMatMul(Tensor other) => other.MatMul(this);

    /// <summary>The outer product of two vectors: z[i, j] = x[i] · y[j].</summary>
    /// <exception cref="ShapeException">An operand is not a vector.</exception>
    public Tensor Outer(Tensor vec2)
    {
        if (Rank != 1) Throw.Shapes($"outer: Expected 1-D argument self, but got {Rank}-D: its shape is {Shape}.");
        if (vec2.Rank != 1) Throw.Shapes($"outer: Expected 1-D argument vec2, but got {vec2.Rank}-D: its shape is {vec2.Shape}.");
        return Unsqueeze(1) * vec2;
    }

    /// <summary>The outer product; another name of <see cref="Outer"/>.</summary>
    /// <inheritdoc cref="Outer"/>
    public Tensor Ger(Tensor vec2) => Outer(vec2);

    /// <summary>
    /// Products over the last dimension of both: z[..., ...] = Σₖ x[..., k] · y[..., k]; with a 0-d operand a plain product.
    /// </summary>
    /// <exception cref="ShapeException">The last sizes differ.</exception>
    public Tensor Inner(Tensor other)
    {
        if (Rank == 0 || other.Rank == 0) return Mul(other);
        if (layout.shape[^1] != other.layout.shape[^1])
            Throw.Shapes($"inner() the last dimension must match on both input tensors but got shapes {Shape} and {other.Shape}");
        return TensorDot(other, -1, -1);
    }
}
