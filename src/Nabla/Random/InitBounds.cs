namespace Nabla;

/// <summary>
/// The bounds and deviations of PyTorch's initialisers, evaluated in PyTorch's order of operations so that no weight differs in a bit.
/// </summary>
static class InitBounds
{
    /// <summary>The gain for a leaky ReLU of the given slope: sqrt(2/(1 + slope^2)).</summary>
    internal static double LeakyReluGain(double slope) => Math.Sqrt(2.0 / (1 + slope * slope));

    /// <summary>The deviation of kaiming_normal_: gain/sqrt(fan).</summary>
    internal static double KaimingNormal(double gain, long fan) => gain / Math.Sqrt(fan);

    /// <summary>The bound of kaiming_uniform_: sqrt(3) gain/sqrt(fan).</summary>
    internal static double KaimingUniform(double gain, long fan) => Math.Sqrt(3.0) * KaimingNormal(gain, fan);

    /// <summary>The bound of the weights of Linear and of the convolutions: kaiming_uniform_ with a = sqrt(5).</summary>
    internal static double Weight(long fanIn) => KaimingUniform(LeakyReluGain(Math.Sqrt(5)), fanIn);

    /// <summary>The bound of their biases, of Bilinear (fanIn = in1) and of the recurrent layers (fanIn = hidden): 1/sqrt(fanIn).</summary>
    internal static double Reciprocal(long fanIn) => 1 / Math.Sqrt(fanIn);

    /// <summary>The deviation of xavier_normal_: gain sqrt(2/(fanIn + fanOut)).</summary>
    internal static double XavierNormal(double gain, long fanIn, long fanOut) => gain * Math.Sqrt(2.0 / (fanIn + fanOut));

    /// <summary>The bound of xavier_uniform_: sqrt(3) times that.</summary>
    internal static double XavierUniform(double gain, long fanIn, long fanOut) => Math.Sqrt(3.0) * XavierNormal(gain, fanIn, fanOut);
}
