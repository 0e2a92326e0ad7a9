namespace Nabla.Testing;

/// <summary>
/// Checks derivatives against central finite differences: (f(x + ε·e) - f(x - ε·e)) / 2ε for every element e of every input, as
/// <c>torch.autograd.gradcheck</c> does, with its options and defaults. Inputs should be float64 or complex128: at lower precision
/// differences say nothing. Complex inputs are moved in their real and imaginary parts, and both parts of complex results are checked.
/// </summary>
public static class GradCheck
{
    /// <summary>Checks the derivative of a function of one tensor; see the other overload.</summary>
    /// <param name="f">The function: deterministic, and without writes into its input.</param>
    /// <param name="input">Its argument, which requires a gradient; of float64 or complex128.</param>
    /// <param name="eps">ε, the step of the differences.</param>
    /// <param name="atol">The absolute part of the tolerance: |analytical - numerical| ≤ atol + rtol·|numerical|.</param>
    /// <param name="rtol">The relative part.</param>
    /// <param name="raiseException">False: return false instead of throwing.</param>
    /// <param name="nondetTol">How far two backward passes with the same gradient may differ.</param>
    /// <param name="checkUndefinedGrad">A missing gradient of a result, and a missing tangent, must act as one of zeros.</param>
    /// <param name="checkGradDtypes">Gradients and tangents must have the dtype of their tensors.</param>
    /// <param name="checkBatchedGrad">A batch of gradients must give what its members give one by one.</param>
    /// <param name="checkBatchedForwardGrad">A batch of tangents must give what its members give one by one.</param>
    /// <param name="checkForwardAd">Check forward mode, too.</param>
    /// <param name="checkBackwardAd">Check backward.</param>
    /// <param name="fastMode">Compare uᵀJv for one direction v and one u per result instead of every element.</param>
    /// <returns>True if everything agrees.</returns>
    /// <exception cref="GradCheckException">Something does not, and <paramref name="raiseException"/> is true.</exception>
    /// <exception cref="ArgumentException">The input requires no gradient or overlaps itself, or the options contradict each
    /// other.</exception>
    public static bool Run(Func<Tensor, Tensor> f, Tensor input, double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3,
        bool raiseException = true, double nondetTol = 0, bool checkUndefinedGrad = true, bool checkGradDtypes = false,
        bool checkBatchedGrad = false, bool checkBatchedForwardGrad = false, bool checkForwardAd = false, bool checkBackwardAd = true,
        bool fastMode = false)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(input);
        return Run(x => [f(x[0])], [input], eps, atol, rtol, raiseException, nondetTol, checkUndefinedGrad, checkGradDtypes,
            checkBatchedGrad, checkBatchedForwardGrad, checkForwardAd, checkBackwardAd, fastMode);
    }

    /// <summary>
    /// Checks the derivatives of a function with respect to every input that requires a gradient. Results that require no gradient must
    /// not depend on such an input. Two backward passes must agree, a gradient of zeros must give zeros, and a missing one must act as
    /// zeros; options add more.
    /// </summary>
    /// <param name="f">The function: deterministic, and without writes into its inputs.</param>
    /// <param name="inputs">Its arguments, at least one of which requires a gradient; of float64 or complex128.</param>
    /// <param name="eps">ε, the step of the differences.</param>
    /// <param name="atol">The absolute part of the tolerance: |analytical - numerical| ≤ atol + rtol·|numerical|.</param>
    /// <param name="rtol">The relative part.</param>
    /// <param name="raiseException">False: return false instead of throwing.</param>
    /// <param name="nondetTol">How far two backward passes with the same gradient may differ.</param>
    /// <param name="checkUndefinedGrad">Where a result has no gradient, which a rule sees as null, the gradients of inputs must be those
    /// for a gradient of zeros; with <paramref name="checkForwardAd"/>, likewise for the tangents of inputs.</param>
    /// <param name="checkGradDtypes">Gradients must have the dtype of their inputs, and tangents that of their results. Backward itself
    /// brings a rule's gradient into its input's dtype, so that only forward mode shows a rule's dtype.</param>
    /// <param name="checkBatchedGrad">Backward of a batch of gradients, as <see cref="Autograd"/> runs it with isGradsBatched, must give
    /// what its members give
    /// one by one.</param>
    /// <param name="checkBatchedForwardGrad">Forward mode with a batch of tangents must give what its members give one by one.</param>
    /// <param name="checkForwardAd">Check forward mode, too.</param>
    /// <param name="checkBackwardAd">Check backward.</param>
    /// <param name="fastMode">Compare uᵀJv for one direction v in all inputs and one u per result instead of every element of J: two
    /// evaluations of f in all. Only after a mismatch is every element computed, so that the report can name one.</param>
    /// <returns>True if everything agrees.</returns>
    /// <exception cref="GradCheckException">Something does not, and <paramref name="raiseException"/> is true. The message names the
    /// result, the input, the elements, and both values.</exception>
    /// <exception cref="ArgumentException">No input requires a gradient, an input overlaps itself in memory, or the options contradict
    /// each other.</exception>
    public static bool Run(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs, double eps = 1e-6, double atol = 1e-5,
        double rtol = 1e-3, bool raiseException = true, double nondetTol = 0, bool checkUndefinedGrad = true, bool checkGradDtypes = false,
        bool checkBatchedGrad = false, bool checkBatchedForwardGrad = false, bool checkForwardAd = false, bool checkBackwardAd = true,
        bool fastMode = false)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(inputs);
        Checker checker = new(f, inputs, new(eps, atol, rtol, nondetTol, checkUndefinedGrad, checkGradDtypes, checkBatchedGrad,
            checkBatchedForwardGrad, checkForwardAd, checkBackwardAd, fastMode));
        try
        {
            checker.Run();
            return true;
        }
        catch (GradCheckException) when (!raiseException) { return false; }
    }
}
