namespace Nabla.Testing;

/// <summary>What is checked, and how exactly; see <see cref="GradCheck"/>.</summary>
internal readonly record struct CheckOptions(double Eps, double Atol, double Rtol, double NondetTol, bool UndefinedGrad, bool GradDtypes,
    bool BatchedGrad, bool BatchedForwardGrad, bool Forward, bool Backward, bool Fast)
{
    internal void Validate()
    {
        Demand(Forward || Backward, "Expected at least one of check_forward_ad or check_backward_ad to be True: pass checkForwardAd: " +
            "true or leave checkBackwardAd true.");
        Demand(!BatchedGrad || Backward, "Setting check_batched_grad=True requires check_backward_ad to be True: leave checkBackwardAd " +
            "true.");
        Demand(!BatchedForwardGrad || Forward, "Setting check_batched_forward_grad=True requires check_forward_ad to be True: pass " +
            "checkForwardAd: true.");
    }

    internal static void Demand(bool condition, string message)
    {
        if (!condition) throw new ArgumentException(message);
    }

    internal bool Close(double actual, double expected) => actual.Equals(expected)
        || Math.Abs(actual - expected) <= Atol + Rtol * Math.Abs(expected);
}
