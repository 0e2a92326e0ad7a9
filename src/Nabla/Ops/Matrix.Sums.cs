using Nabla.Amp;

namespace Nabla;

// β·input + α·product, the input broadcast.
public sealed partial class Tensor
{
    /// <summary>β·input + α·(mat1 · mat2), where this tensor is the input and broadcasts to [m, n]. With β = 0 it is not read.</summary>
    /// <param name="mat1">A matrix [m, k].</param>
    /// <param name="mat2">A matrix [k, n].</param>
    /// <param name="beta">β; 1 by default.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="ShapeException">A factor is not a matrix, the inner sizes differ, or the input does not broadcast.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor AddMm(Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Lower(this).AddMm(call.Lower(mat1), call.Lower(mat2), beta, alpha);
        }
        if (mat1.Rank != 2) Throw.Shapes($"mat1 must be a matrix, got {mat1.Rank}-D tensor: addmm got {mat1.Shape}.");
        if (mat2.Rank != 2) Throw.Shapes($"mat2 must be a matrix, got {mat2.Rank}-D tensor: addmm got {mat2.Shape}.");
        CheckInput(mat1, mat2);
        CheckMm(mat1, mat2);
        return AddProduct<Ops.Mm>(mat1, mat2, [mat1.layout.shape[0], mat2.layout.shape[1]], beta, alpha);
    }

    /// <summary>x = β·x + α·(mat1 · mat2).</summary>
    /// <inheritdoc cref="AddMm"/>
    public Tensor AddMm_(Tensor mat1, Tensor mat2, Scalar? beta = null, Scalar? alpha = null)
    {
        using AutocastCall call = Autocast.Begin();
        return Become(AddMm(mat1, mat2, beta, alpha));
    }

    /// <summary>β·input + α·(mat · vec), where this tensor is the input and broadcasts to [m]. With β = 0 it is not read.</summary>
    /// <param name="mat">A matrix [m, k].</param>
    /// <param name="vec">A vector [k].</param>
    /// <param name="beta">β; 1 by default.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="ShapeException">The ranks are others, sizes differ, or the input does not broadcast.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor AddMv(Tensor mat, Tensor vec, Scalar? beta = null, Scalar? alpha = null)
    {
        CheckMv(mat, vec, Rank);
        SameType(this, mat);
        if (Rank > 1 || (Rank == 1 && layout.shape[0] != mat.layout.shape[0] && layout.shape[0] != 1))
            Throw.Shapes($"size mismatch, got input ({NumElements}), mat ({mat.layout.shape[0]}x{mat.layout.shape[1]}), vec " +
                $"({vec.layout.shape[0]}): the input has shape {Shape}.");
        return AddProduct<Ops.Mv>(mat, vec, [mat.layout.shape[0]], beta, alpha);
    }

    /// <summary>x = β·x + α·(mat · vec).</summary>
    /// <inheritdoc cref="AddMv"/>
    public Tensor AddMv_(Tensor mat, Tensor vec, Scalar? beta = null, Scalar? alpha = null) => Become(AddMv(mat, vec, beta, alpha));

    /// <summary>
    /// β·input + α·Σ_b batch1[b] · batch2[b], where this tensor is the input and broadcasts to [m, n]. With β = 0 it is not read.
    /// </summary>
    /// <param name="batch1">Matrices [b, m, k].</param>
    /// <param name="batch2">Matrices [b, k, n].</param>
    /// <param name="beta">β; 1 by default.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="ShapeException">A factor is not 3-d, sizes differ, or the input does not broadcast.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor AddBmm(Tensor batch1, Tensor batch2, Scalar? beta = null, Scalar? alpha = null)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Lower(this).AddBmm(call.Lower(batch1), call.Lower(batch2), beta, alpha);
        }
        if (batch1.Rank != 3) Throw.Shapes($"batch1 must be a 3D tensor: addbmm got {batch1.Shape}.");
        if (batch2.Rank != 3) Throw.Shapes($"batch2 must be a 3D tensor: addbmm got {batch2.Shape}.");
        long[] a = batch1.layout.shape, b = batch2.layout.shape;
        if (a[0] != b[0]) Throw.Shapes($"batch1 and batch2 must have same number of batches, got {a[0]} and {b[0]}");
        if (a[2] != b[1]) Throw.Shapes($"Incompatible matrix sizes for bmm ({a[1]}x{a[2]} and {b[1]}x{b[2]})");
        CheckInput(batch1, batch2);
        NoBool(batch1, "addbmm");
        return AddProduct<Ops.SumBmm>(batch1, batch2, [a[1], b[2]], beta, alpha);
    }

    /// <summary>x = β·x + α·Σ_b batch1[b] · batch2[b].</summary>
    /// <inheritdoc cref="AddBmm"/>
    public Tensor AddBmm_(Tensor batch1, Tensor batch2, Scalar? beta = null, Scalar? alpha = null)
    {
        using AutocastCall call = Autocast.Begin();
        return Become(AddBmm(batch1, batch2, beta, alpha));
    }

    /// <summary>
    /// β·input + α·(batch1[b] · batch2[b]) for every b; this tensor is the input and broadcasts to [b, m, n]. With β = 0 it is not read.
    /// </summary>
    /// <param name="batch1">Matrices [b, m, k].</param>
    /// <param name="batch2">Matrices [b, k, n].</param>
    /// <param name="beta">β; 1 by default.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="ShapeException">A factor is not 3-d, sizes differ, or the input does not broadcast.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are bool.</exception>
    public Tensor BAddBmm(Tensor batch1, Tensor batch2, Scalar? beta = null, Scalar? alpha = null)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Lower(this).BAddBmm(call.Lower(batch1), call.Lower(batch2), beta, alpha);
        }
        CheckBmm(batch1, batch2);
        CheckInput(batch1, batch2);
        return AddProduct<Ops.Bmm>(batch1, batch2, [batch1.layout.shape[0], batch1.layout.shape[1], batch2.layout.shape[2]], beta, alpha);
    }

    /// <summary>x = β·x + α·(batch1[b] · batch2[b]) for every b.</summary>
    /// <inheritdoc cref="BAddBmm"/>
    public Tensor BAddBmm_(Tensor batch1, Tensor batch2, Scalar? beta = null, Scalar? alpha = null)
    {
        using AutocastCall call = Autocast.Begin();
        return Become(BAddBmm(batch1, batch2, beta, alpha));
    }

    /// <summary>β·input + α·(vec1 ⊗ vec2), where this tensor is the input and broadcasts to [m, n]. With β = 0 it is not read.</summary>
    /// <param name="vec1">A vector [m].</param>
    /// <param name="vec2">A vector [n].</param>
    /// <param name="beta">β; 1 by default.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="ShapeException">A factor is not a vector, or the input does not broadcast.</exception>
    public Tensor Addr(Tensor vec1, Tensor vec2, Scalar? beta = null, Scalar? alpha = null)
    {
        if (vec1.Rank != 1) Throw.Shapes($"addr: Expected 1-D argument vec1, but got {vec1.Rank}-D");
        if (vec2.Rank != 1) Throw.Shapes($"addr: Expected 1-D argument vec2, but got {vec2.Rank}-D");
        DType type = Promotion.Promote(dtype, Promotion.Promote(vec1.dtype, vec2.dtype));
        if (type == DType.Bool)
        {
            Tensor both = vec1.Unsqueeze(1) & vec2.Unsqueeze(0);
            if (alpha is { IsZero: true }) both = ZerosLike(both);
            return beta is { IsZero: true } ? both : both | Expand(both.Shape);
        }
        NoBool(vec1, "addr");
        return To(type).AddProduct<Ops.Ger>(vec1.To(type), vec2.To(type), [vec1.layout.shape[0], vec2.layout.shape[0]], beta, alpha);
    }

    /// <summary>x = β·x + α·(vec1 ⊗ vec2).</summary>
    /// <inheritdoc cref="Addr"/>
    public Tensor Addr_(Tensor vec1, Tensor vec2, Scalar? beta = null, Scalar? alpha = null) => Become(Addr(vec1, vec2, beta, alpha));

    private void CheckInput(Tensor x, Tensor y)
    {
        if (x.dtype != y.dtype || dtype != x.dtype)
        {
            DType other = dtype != x.dtype ? x.dtype : y.dtype;
            Throw.Types($"self and mat2 must have the same dtype, but got {dtype.ScalarName()} and {other.ScalarName()}. Convert one of " +
                "them with To(...).");
        }
    }

    private Tensor AddProduct<TProduct>(Tensor x, Tensor y, long[] shape, Scalar? beta, Scalar? alpha)
        where TProduct : struct, Ops.IProduct<TProduct>
    {
        if (Kernels.Broadcast.To(layout, shape) is null)
        {
            _ = Expand(new Shape(shape));
            Throw.Shapes($"The input of shape {Shape} does not broadcast to the product's shape {Nabla.Shape.Format(shape)}.");
        }
        // Integers are scaled by whole numbers.
        if (!x.dtype.IsDifferentiable()) (beta, alpha) = (beta?.ToInt64(), alpha?.ToInt64());
        bool inside = wrap is not null || x.wrap is not null || y.wrap is not null;
        Saves keep = (inside || y.RequiresGrad ? Saves.X : Saves.None) | (inside || x.RequiresGrad ? Saves.Y : Saves.None);
        bool xColumns = x.Rank > 1 && Ops.Products.ByColumns(x.layout), yColumns = y.Rank > 1 && Ops.Products.ByColumns(y.layout);
        Ops.AddProduct<TProduct> op = new(beta ?? 1, alpha ?? 1, Shape, keep, xColumns, yColumns);
        return Op.Apply(op, this, x, y)[0];
    }
}
