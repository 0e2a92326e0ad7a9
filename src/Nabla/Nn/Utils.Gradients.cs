using Nabla.Optim;

namespace Nabla.Nn;

/// <summary>Helpers for parameters and their gradients: <c>torch.nn.utils</c>.</summary>
public static partial class Utils
{
    /// <summary>The norm of all tensors together, as of one vector.</summary>
    /// <param name="tensors">The tensors; a 0-d zero if there are none.</param>
    /// <param name="normType">The order of the norm, which may be infinity.</param>
    /// <param name="errorIfNonfinite">Fail if the norm is infinite or NaN.</param>
    /// <exception cref="InvalidOperationException">The norm is not finite, and that is an error.</exception>
    public static Tensor GetTotalNorm(IEnumerable<Tensor> tensors, double normType = 2.0, bool errorIfNonfinite = false)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        using GradScope scope = Autograd.NoGrad();
        Tensor[] norms = [.. tensors.Select(t => LinAlg.VectorNorm(t, normType))];
        if (norms.Length == 0) return Tensor.Zeros([]);
        Tensor total = LinAlg.VectorNorm(Tensor.Stack(norms), normType);
        if (errorIfNonfinite && !double.IsFinite(total.Item()))
            Throw.State($"The total norm of order {StateValue.Repr(normType)} for gradients from `parameters` is non-finite, so it " +
                $"cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set " +
                $"`error_if_nonfinite=False`. The norm is {StateValue.Repr(total.Item())}; no gradient was changed.");
        return total;
    }

    /// <summary>Scales all gradients by the same factor, in place, so that their norm together is at most
    /// <paramref name="maxNorm"/>.</summary>
    /// <param name="parameters">Parameters; those without gradient do not count.</param>
    /// <param name="maxNorm">The largest norm.</param>
    /// <param name="normType">The order of the norm, which may be infinity.</param>
    /// <param name="errorIfNonfinite">Fail if the norm is infinite or NaN.</param>
    /// <returns>The norm before.</returns>
    /// <exception cref="InvalidOperationException">The norm is not finite, and that is an error.</exception>
    public static Tensor ClipGradNorm_(IEnumerable<Tensor> parameters, double maxNorm, double normType = 2.0, bool errorIfNonfinite = false)
    {
        List<Tensor> grads = Grads(parameters);
        Tensor total = GetTotalNorm(grads, normType, errorIfNonfinite);
        Scale(grads, maxNorm, total);
        return total;
    }

    /// <summary>Scales the gradient of one parameter.</summary>
    /// <inheritdoc cref="ClipGradNorm_(IEnumerable{Tensor}, double, double, bool)"/>
    public static Tensor ClipGradNorm_(Tensor parameters, double maxNorm, double normType = 2.0, bool errorIfNonfinite = false) =>
        ClipGradNorm_((Tensor[])[parameters], maxNorm, normType, errorIfNonfinite);

    /// <summary>Scales all gradients by a norm that is known: <see cref="GetTotalNorm"/> of them, or of more.</summary>
    /// <param name="parameters">Parameters; those without gradient do not count.</param>
    /// <param name="maxNorm">The largest norm.</param>
    /// <param name="totalNorm">The norm.</param>
    public static void ClipGradsWithNorm_(IEnumerable<Tensor> parameters, double maxNorm, Tensor totalNorm)
    {
        ArgumentNullException.ThrowIfNull(totalNorm);
        Scale(Grads(parameters), maxNorm, totalNorm);
    }

    /// <summary>Limits every element of every gradient to [-clipValue, clipValue], in place.</summary>
    /// <param name="parameters">Parameters; those without gradient do not count.</param>
    /// <param name="clipValue">The largest magnitude.</param>
    public static void ClipGradValue_(IEnumerable<Tensor> parameters, double clipValue)
    {
        List<Tensor> grads = Grads(parameters);
        using GradScope scope = Autograd.NoGrad();
        foreach (Tensor g in grads) g.Clamp_(min: -clipValue, max: clipValue);
    }

    /// <summary>Limits every element of one parameter's gradient.</summary>
    /// <inheritdoc cref="ClipGradValue_(IEnumerable{Tensor}, double)"/>
    public static void ClipGradValue_(Tensor parameters, double clipValue) => ClipGradValue_((Tensor[])[parameters], clipValue);

    private static List<Tensor> Grads(IEnumerable<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        List<Tensor> grads = [];
        foreach (Tensor p in parameters)
            if (p.meta?.Grad is { } g) grads.Add(g);
        return grads;
    }

    private static void Scale(List<Tensor> grads, double maxNorm, Tensor total)
    {
        using GradScope scope = Autograd.NoGrad();
        // Multiplied by 1 where there is nothing to clip, as in PyTorch: NaN stays NaN.
        Tensor factor = ((total.Detach() + 1e-6).Reciprocal() * maxNorm).Clamp(max: 1.0);
        foreach (Tensor g in grads) g.Mul_(factor);
    }

    /// <summary>All parameters in one vector, recorded.</summary>
    /// <param name="parameters">The parameters.</param>
    public static Tensor ParametersToVector(IEnumerable<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return Tensor.Cat([.. parameters.Select(static p => p.Reshape([-1]))]);
    }

    /// <summary>Writes a vector into parameters, one after the other.</summary>
    /// <param name="vec">At least as many numbers as the parameters have.</param>
    /// <param name="parameters">The parameters.</param>
    /// <exception cref="ShapeException">The vector is too short, or no vector. Nothing was changed.</exception>
    public static void VectorToParameters(Tensor vec, IEnumerable<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(vec);
        ArgumentNullException.ThrowIfNull(parameters);
        Tensor[] all = [.. parameters];
        long needed = all.Sum(static p => p.NumElements);
        if (vec.NDim != 1 || vec.NumElements < needed)
            Throw.Shapes($"shape '{new Shape([needed])}' is invalid for input of size {vec.NumElements}: the parameters have {needed} " +
                $"elements together, and the vector has the shape {vec.Shape}. Nothing was changed.");
        using GradScope scope = Autograd.NoGrad();
        long at = 0;
        foreach (Tensor p in all)
        {
            p.Copy_(vec.Narrow(0, at, p.NumElements).View(p.Shape));
            at += p.NumElements;
        }
    }
}
