namespace Nabla.Kernels;

/// <summary>Special functions of one double; what has a vector kernel goes through it, so both give the same bits.</summary>
internal static partial class ScalarMath
{
    public static double Erf(double x) => Map<ErfMap>(x);
    public static double Erfc(double x) => Map<ErfcMap>(x);
    public static double ErfInv(double x) => Map<ErfInvMap>(x);
    public static double ExpM1(double x) => Map<ExpM1Map>(x);
    public static double Log1P(double x) => Map<Log1PMap>(x);
    public static double Sigmoid(double x) => Map<SigmoidMap>(x);

    private static double Map<TOp>(double x) where TOp : struct, IVectorMap
    {
        VectorMap.Run<TOp, double>(new ReadOnlySpan<double>(in x), new Span<double>(ref x));
        return x;
    }

    /// <summary>log |Gamma(x)|.</summary>
    public static double Lgamma(double x) => Map<LgammaMap>(x);

    /// <summary>The logarithmic derivative of Gamma.</summary>
    public static double Digamma(double x) => Map<DigammaMap>(x);
}
