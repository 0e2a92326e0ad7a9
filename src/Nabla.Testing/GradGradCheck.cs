namespace Nabla.Testing;

/// <summary>Checks second derivatives: <see cref="GradCheck"/> of the function that maps inputs and gradients of results to gradients of
/// inputs, as <c>torch.autograd.gradgradcheck</c> does.</summary>
public static class GradGradCheck
{
    /// <summary>Checks the second derivative of a function of one tensor; see the other overload.</summary>
    /// <param name="f">The function.</param>
    /// <param name="input">Its argument, which requires a gradient.</param>
    /// <param name="eps">The step of the differences.</param>
    /// <param name="atol">The absolute part of the tolerance.</param>
    /// <param name="rtol">The relative part.</param>
    /// <param name="genNonContigGradOutputs">The gradient that is made up has strides that are not contiguous.</param>
    /// <param name="raiseException">False: return false instead of throwing.</param>
    /// <param name="nondetTol">How far two backward passes with the same gradient may differ.</param>
    /// <param name="checkUndefinedGrad">A missing gradient must act as one of zeros.</param>
    /// <param name="checkGradDtypes">Gradients must have the dtype of their tensors.</param>
    /// <param name="checkBatchedGrad">A batch of gradients must give what its members give one by one.</param>
    /// <param name="checkFwdOverRev">Check forward mode through backward.</param>
    /// <param name="checkRevOverRev">Check backward through backward.</param>
    /// <param name="fastMode">One direction instead of every element.</param>
    /// <returns>True if everything agrees.</returns>
    /// <exception cref="GradCheckException">Something does not, and <paramref name="raiseException"/> is true.</exception>
    /// <exception cref="ArgumentException">The input requires no gradient, or the options contradict each other.</exception>
    public static bool Run(Func<Tensor, Tensor> f, Tensor input, double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3,
        bool genNonContigGradOutputs = false, bool raiseException = true, double nondetTol = 0, bool checkUndefinedGrad = true,
        bool checkGradDtypes = false, bool checkBatchedGrad = false, bool checkFwdOverRev = false, bool checkRevOverRev = true,
        bool fastMode = false)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(input);
        return Run(x => [f(x[0])], [input], null, eps, atol, rtol, genNonContigGradOutputs, raiseException, nondetTol, checkUndefinedGrad,
            checkGradDtypes, checkBatchedGrad, checkFwdOverRev, checkRevOverRev, fastMode);
    }

    /// <summary>Checks the gradients' own gradients, with respect to inputs and to the gradients that go into backward.</summary>
    /// <param name="f">The function.</param>
    /// <param name="inputs">Its arguments.</param>
    /// <param name="gradOutputs">One gradient per differentiable result; some are made up by default.</param>
    /// <param name="eps">The step of the differences.</param>
    /// <param name="atol">The absolute part of the tolerance.</param>
    /// <param name="rtol">The relative part.</param>
    /// <param name="genNonContigGradOutputs">The gradients that are made up have strides that are not contiguous.</param>
    /// <param name="raiseException">False: return false instead of throwing.</param>
    /// <param name="nondetTol">How far two backward passes with the same gradient may differ.</param>
    /// <param name="checkUndefinedGrad">A missing gradient must act as one of zeros; needs <paramref name="checkRevOverRev"/>.</param>
    /// <param name="checkGradDtypes">Gradients must have the dtype of their tensors.</param>
    /// <param name="checkBatchedGrad">A batch of gradients must give what its members give one by one; needs
    /// <paramref name="checkRevOverRev"/>.</param>
    /// <param name="checkFwdOverRev">Check forward mode through backward.</param>
    /// <param name="checkRevOverRev">Check backward through backward.</param>
    /// <param name="fastMode">One direction instead of every element.</param>
    /// <returns>True if everything agrees.</returns>
    /// <exception cref="GradCheckException">Something does not, and <paramref name="raiseException"/> is true.</exception>
    /// <exception cref="ArgumentException">No input requires a gradient, or the options contradict each other.</exception>
    public static bool Run(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor>? gradOutputs = null,
        double eps = 1e-6, double atol = 1e-5, double rtol = 1e-3, bool genNonContigGradOutputs = false, bool raiseException = true,
        double nondetTol = 0, bool checkUndefinedGrad = true, bool checkGradDtypes = false, bool checkBatchedGrad = false,
        bool checkFwdOverRev = false, bool checkRevOverRev = true, bool fastMode = false)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(inputs);
        CheckOptions.Demand(checkFwdOverRev || checkRevOverRev, "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be " +
            "True: pass checkFwdOverRev: true or leave checkRevOverRev true.");
        CheckOptions.Demand(!checkUndefinedGrad || checkRevOverRev, "Setting check_undefined_grad=True requires check_rev_over_rev to be " +
            "True: pass checkUndefinedGrad: false.");
        CheckOptions.Demand(!checkBatchedGrad || checkRevOverRev, "Setting check_batched_grad=True requires check_rev_over_rev to be " +
            "True: pass checkBatchedGrad: false.");
        Tensor[] seeds = gradOutputs is not null ? [.. gradOutputs] : Seeds(f, inputs, genNonContigGradOutputs);
        int[] wanted = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].RequiresGrad)];
        return GradCheck.Run(Gradient, [.. inputs, .. seeds], eps, atol, rtol, raiseException, nondetTol, checkUndefinedGrad,
            checkGradDtypes, checkBatchedGrad, checkForwardAd: checkFwdOverRev, checkBackwardAd: checkRevOverRev, fastMode: fastMode);

        Tensor[] Gradient(Tensor[] x)
        {
            Tensor[] outputs = [.. f(x[..inputs.Count]).Where(static y => y.RequiresGrad)];
            Tensor?[] gradients = Autograd.Grad(outputs, [.. wanted.Select(i => x[i])], x[inputs.Count..], createGraph: true,
                allowUnused: true);
            return [.. gradients.OfType<Tensor>().Where(static g => g.RequiresGrad)];
        }
    }

    private static Tensor[] Seeds(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs, bool strided)
    {
        Directions directions = new(17);
        Tensor[] outputs = [.. f([.. inputs]).Where(static y => y.RequiresGrad)];
        if (outputs.Length == 0) throw new GradCheckException("No result requires a gradient, so there is no second derivative to check.");
        return [.. outputs.Select(y => (strided ? Strided(directions.Like(y.Detach())) : directions.Like(y.Detach())).RequiresGrad_())];
    }

    /// <summary>The same values, every second element of memory; one element is contiguous whatever its strides.</summary>
    private static Tensor Strided(Tensor x) => Tensor.Stack([x, x], -1).Detach().Select(-1, 0);
}
