namespace Nabla;

/// <summary>PyTorch's torch.special. Those functions that are methods of <see cref="Tensor"/> too are here under PyTorch's names, so that
/// all can be found in one place.</summary>
public static partial class Special
{
    /// <summary>The derivative of ln Γ(x): <see cref="Tensor.Digamma"/>.</summary>
    public static Tensor Digamma(Tensor input) => input.Digamma();
    /// <summary>The derivative of ln Γ(x): <see cref="Tensor.Digamma"/>.</summary>
    public static Tensor Psi(Tensor input) => input.Digamma();
    /// <summary>Derivative number n of digamma: <see cref="Tensor.Polygamma"/>.</summary>
    public static Tensor Polygamma(int n, Tensor input) => input.Polygamma(n);
    /// <summary>ln |Γ(x)|: <see cref="Tensor.LGamma"/>.</summary>
    public static Tensor GammaLn(Tensor input) => input.LGamma();
    /// <summary>The logarithm of the multivariate gamma function: <see cref="Tensor.MvLGamma"/>.</summary>
    public static Tensor MultiGammaLn(Tensor input, int p) => input.MvLGamma(p);
    /// <summary>The lower regularised incomplete gamma function P(a, x), a being the first operand: <see cref="Tensor.IGamma"/>.</summary>
    public static Tensor GammaInc(Tensor input, Tensor other) => input.IGamma(other);
    /// <summary>The upper regularised incomplete gamma function Q(a, x), a being the first operand: <see cref="Tensor.IGammaC"/>.</summary>
    public static Tensor GammaIncC(Tensor input, Tensor other) => input.IGammaC(other);
    /// <summary>The error function: <see cref="Tensor.Erf"/>.</summary>
    public static Tensor Erf(Tensor input) => input.Erf();
    /// <summary>1 - erf(x): <see cref="Tensor.Erfc"/>.</summary>
    public static Tensor Erfc(Tensor input) => input.Erfc();
    /// <summary>The inverse of the error function: <see cref="Tensor.ErfInv"/>.</summary>
    public static Tensor ErfInv(Tensor input) => input.ErfInv();
    /// <summary>2^x: <see cref="Tensor.Exp2"/>.</summary>
    public static Tensor Exp2(Tensor input) => input.Exp2();
    /// <summary>e^x - 1: <see cref="Tensor.Expm1"/>.</summary>
    public static Tensor Expm1(Tensor input) => input.Expm1();
    /// <summary>ln(1 + x): <see cref="Tensor.Log1p"/>.</summary>
    public static Tensor Log1p(Tensor input) => input.Log1p();
    /// <summary>1 / (1 + e^-x): <see cref="Tensor.Sigmoid"/>.</summary>
    public static Tensor Expit(Tensor input) => input.Sigmoid();
    /// <summary>ln(x / (1 - x)): <see cref="Tensor.Logit"/>.</summary>
    /// <param name="input">The values.</param>
    /// <param name="eps">Bounds x to [eps, 1 - eps] first; by default x is not bounded.</param>
    public static Tensor Logit(Tensor input, double? eps = null) => input.Logit(eps);
    /// <summary>The modified Bessel function I₀(x): <see cref="Tensor.I0"/>.</summary>
    public static Tensor I0(Tensor input) => input.I0();
    /// <summary>sin(πx) / (πx): <see cref="Tensor.Sinc"/>.</summary>
    public static Tensor Sinc(Tensor input) => input.Sinc();
    /// <summary>The nearest integers, halves to even: <see cref="Tensor.Round"/>.</summary>
    /// <param name="input">The values.</param>
    /// <param name="decimals">The number of decimal places kept.</param>
    public static Tensor Round(Tensor input, int decimals = 0) => input.Round(decimals);
    /// <summary>x ln(y), broadcast: <see cref="Tensor.XLogY(Tensor)"/>.</summary>
    public static Tensor XLogY(Tensor input, Tensor other) => input.XLogY(other);
    /// <summary>x ln(y) for a plain number y: <see cref="Tensor.XLogY(Scalar)"/>.</summary>
    public static Tensor XLogY(Tensor input, Scalar other) => input.XLogY(other);
    /// <summary>x ln(y) for a plain number x: <see cref="Tensor.XLogY(Scalar, Tensor)"/>.</summary>
    public static Tensor XLogY(Scalar input, Tensor other) => Tensor.XLogY(input, other);
    /// <summary>ln Σ e^x over some dimensions: <see cref="Tensor.LogSumExp"/>.</summary>
    /// <param name="input">The values.</param>
    /// <param name="dim">The dimensions summed over.</param>
    /// <param name="keepDim">Whether they stay, with size 1.</param>
    public static Tensor LogSumExp(Tensor input, Dims dim, bool keepDim = false) => input.LogSumExp(dim, keepDim);
    /// <summary>e^x / Σ e^x along a dimension: <see cref="Tensor.Softmax"/>.</summary>
    /// <param name="input">The values.</param>
    /// <param name="dim">The dimension along which the results sum to 1.</param>
    /// <param name="dtype">The dtype to which the values are converted first.</param>
    public static Tensor Softmax(Tensor input, int dim, DType? dtype = null) => input.Softmax(dim, dtype);
    /// <summary>x - ln Σ e^x along a dimension: <see cref="Tensor.LogSoftmax"/>.</summary>
    /// <param name="input">The values.</param>
    /// <param name="dim">The dimension along which the exponentials of the results sum to 1.</param>
    /// <param name="dtype">The dtype to which the values are converted first.</param>
    public static Tensor LogSoftmax(Tensor input, int dim, DType? dtype = null) => input.LogSoftmax(dim, dtype);
}
