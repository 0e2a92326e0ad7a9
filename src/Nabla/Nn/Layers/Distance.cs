namespace Nabla.Nn;

/// <summary>The p-norm of x1 - x2 + ε along the last dimension.</summary>
/// <param name="p">The norm.</param>
/// <param name="eps">ε.</param>
/// <param name="keepDim">Keep the last dimension with size 1.</param>
public class PairwiseDistance(double p = 2, double eps = 1e-6, bool keepDim = false) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x, Tensor y) => Functional.PairwiseDistance(x, y, p, eps, keepDim);
}

/// <summary>The cosine of the angle between x1 and x2 along a dimension.</summary>
/// <param name="dim">The dimension.</param>
/// <param name="eps">The least norm.</param>
public class CosineSimilarity(int dim = 1, double eps = 1e-8) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x, Tensor y) => Functional.CosineSimilarity(x, y, dim, eps);
}
