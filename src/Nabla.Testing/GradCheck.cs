namespace Nabla.Testing;

/// <summary>
/// Checks derivatives against central finite differences: (f(x + ε·e) - f(x - ε·e)) / 2ε for every element e of every input, as
/// <c>torch.autograd.gradcheck</c> does, with its defaults. Inputs should be float64: at lower precision differences say nothing.
/// </summary>
public static class GradCheck
{
    /// <summary>Checks the derivative of a function of one tensor; see the other overload.</summary>
    /// <inheritdoc cref="Run(Func{Tensor[], Tensor[]}, IReadOnlyList{Tensor}, double, double, double, bool, double, bool, bool, bool)"/>
    public static bool Run(Func<Tensor, Tensor> f, Tensor input, double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3,
        bool raiseException = true, double nondetTol = 0, bool checkForwardAd = false, bool checkBackwardAd = true,
            bool fastMode = false) =>
        Run(x => [f(x[0])], [input], eps, atol, rtol, raiseException, nondetTol, checkForwardAd, checkBackwardAd, fastMode);

    /// <summary>
    /// Checks the derivatives of a function with respect to every input that requires a gradient. Results that require no gradient must
    /// not depend on such an input.
    /// </summary>
    /// <param name="f">The function: deterministic, and without writes into its inputs.</param>
    /// <param name="inputs">Its arguments, at least one of which requires a gradient; of float64.</param>
    /// <param name="eps">ε, the step of the differences.</param>
    /// <param name="atol">The absolute part of the tolerance: |analytical - numerical| ≤ atol + rtol·|numerical|.</param>
    /// <param name="rtol">The relative part.</param>
    /// <param name="raiseException">False: return false instead of throwing.</param>
    /// <param name="nondetTol">How far two backward passes with the same gradient may differ.</param>
    /// <param name="checkForwardAd">Check forward mode, too.</param>
    /// <param name="checkBackwardAd">Check backward.</param>
    /// <param name="fastMode">Compare uᵀJv for one direction v in all inputs and one u per result instead of every element of J: two
    /// evaluations of f in all. A mismatch then names no element.</param>
    /// <returns>True if everything agrees.</returns>
    /// <exception cref="GradCheckException">Something does not, and <paramref name="raiseException"/> is true. The message names the
    /// result, the input, the elements, and both values.</exception>
    /// <exception cref="ArgumentException">No input requires a gradient.</exception>
    public static bool Run(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs, double eps = 1e-6, double atol = 1e-5,
        double rtol = 1e-3,
        bool raiseException = true, double nondetTol = 0, bool checkForwardAd = false, bool checkBackwardAd = true, bool fastMode = false)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(inputs);
        Checker checker = new(f, inputs, eps, atol, rtol, nondetTol);
        try
        {
            checker.Run(checkForwardAd, checkBackwardAd, fastMode);
            return true;
        }
        catch (GradCheckException) when (!raiseException) { return false; }
    }
}

/// <summary>Checks second derivatives: <see cref="GradCheck"/> of the function that maps inputs and gradients of results to gradients of
/// inputs.</summary>
public static class GradGradCheck
{
    /// <summary>Checks the second derivative of a function of one tensor; see the other overload.</summary>
    /// <inheritdoc
    /// cref="Run(Func{Tensor[], Tensor[]}, IReadOnlyList{Tensor}, IReadOnlyList{Tensor}, double, double, double, bool, double, bool)"/>
    public static bool Run(Func<Tensor, Tensor> f, Tensor input, double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3,
        bool raiseException = true, double nondetTol = 0, bool fastMode = false) =>
        Run(x => [f(x[0])], [input], null, eps, atol, rtol, raiseException, nondetTol, fastMode);

    /// <summary>Checks the gradients' own gradients, with respect to inputs and to the gradients that go into backward.</summary>
    /// <param name="f">The function.</param>
    /// <param name="inputs">Its arguments.</param>
    /// <param name="gradOutputs">One gradient per differentiable result; some are made up by default.</param>
    /// <param name="eps">The step of the differences.</param>
    /// <param name="atol">The absolute part of the tolerance.</param>
    /// <param name="rtol">The relative part.</param>
    /// <param name="raiseException">False: return false instead of throwing.</param>
    /// <param name="nondetTol">How far two backward passes with the same gradient may differ.</param>
    /// <param name="fastMode">One direction instead of every element.</param>
    /// <returns>True if everything agrees.</returns>
    /// <exception cref="GradCheckException">Something does not.</exception>
    public static bool Run(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor>? gradOutputs = null,
        double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3, bool raiseException = true, double nondetTol = 0, bool fastMode = false)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(inputs);
        Tensor[] seeds = gradOutputs is not null ? [.. gradOutputs] : Seeds(f, inputs);
        int[] wanted = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].RequiresGrad)];
        return GradCheck.Run(Gradient, [.. inputs, .. seeds], eps, atol, rtol, raiseException, nondetTol, fastMode: fastMode);

        Tensor[] Gradient(Tensor[] x)
        {
            Tensor[] outputs = [.. f(x[..inputs.Count]).Where(static y => y.RequiresGrad)];
            Tensor?[] gradients = Autograd.Grad(outputs, [.. wanted.Select(i => x[i])], x[inputs.Count..], createGraph: true,
                allowUnused: true);
            return [.. gradients.OfType<Tensor>().Where(static g => g.RequiresGrad)];
        }
    }

    private static Tensor[] Seeds(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs)
    {
        Directions directions = new(17);
        Tensor[] outputs = [.. f([.. inputs]).Where(static y => y.RequiresGrad)];
        if (outputs.Length == 0) throw new GradCheckException("No result requires a gradient, so there is no second derivative to check.");
        return [.. outputs.Select(y => directions.Like(y).RequiresGrad_())];
    }
}
