namespace Nabla;

/// <summary>
/// Window functions of signal processing, as in torch.signal.windows. A symmetric window has its last value equal to its first; a
/// periodic one (<c>sym: false</c>) is one period of a symmetric one that is longer by one. Computed in float64 and rounded once.
/// </summary>
public static class SignalWindows
{
    private static readonly double[] BlackmanWeights = [0.42, 0.5, 0.08], NuttallWeights = [0.3635819, 0.4891775, 0.1365995, 0.0106411];

    /// <summary>The Bartlett window: 1 - |k|, a triangle that is zero at its ends.</summary>
    /// <param name="m">How many values.</param>
    /// <param name="sym">Symmetric; else periodic.</param>
    /// <param name="dtype">A floating-point type; <see cref="Tensor.DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public static Tensor Bartlett(long m, bool sym = true, DType? dtype = null, bool requiresGrad = false)
    {
        double step = 2.0 / (sym ? m - 1 : m);
        return Make("bartlett", m, dtype, requiresGrad, i => m == 1 ? 1 : 1 - Math.Abs(-1 + i * step));
    }

    /// <summary>The Blackman window: 0.42 - 0.5·cos k + 0.08·cos 2k.</summary>
    /// <inheritdoc cref="Bartlett"/>
    public static Tensor Blackman(long m, bool sym = true, DType? dtype = null, bool requiresGrad = false) =>
        Cosines("blackman", m, BlackmanWeights, sym, dtype, requiresGrad);

    /// <summary>The cosine window: sin(π(i + 1/2) / m).</summary>
    /// <inheritdoc cref="Bartlett"/>
    public static Tensor Cosine(long m, bool sym = true, DType? dtype = null, bool requiresGrad = false)
    {
        double step = Math.PI / (!sym && m > 1 ? m + 1 : m);
        return Make("cosine", m, dtype, requiresGrad, i => Math.Sin((0.5 + i) * step));
    }

    /// <summary>The exponential window: exp(-|i - center| / tau).</summary>
    /// <param name="m">How many values.</param>
    /// <param name="center">Where the largest value is; the middle by default, and for symmetric windows always.</param>
    /// <param name="tau">After how many values it falls to 1/e.</param>
    /// <param name="sym">Symmetric; else periodic.</param>
    /// <param name="dtype">A floating-point type; <see cref="Tensor.DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or tau is not positive.</exception>
    /// <exception cref="ArgumentException">A center is given for a symmetric window.</exception>
    public static Tensor Exponential(long m, double? center = null, double tau = 1, bool sym = true, DType? dtype = null,
        bool requiresGrad = false)
    {
        if (!(tau > 0)) Throw.Range(nameof(tau), tau, $"Tau must be positive, got: {tau} instead.");
        if (sym && center is not null) throw new ArgumentException("Center must be None for symmetric windows", nameof(center));
        double middle = center ?? (!sym && m > 1 ? m : m - 1) / 2.0;
        return Make("exponential", m, dtype, requiresGrad, i => Math.Exp(-Math.Abs((i - middle) / tau)));
    }

    /// <summary>The Gaussian window: exp(-((i - middle) / std)² / 2).</summary>
    /// <param name="m">How many values.</param>
    /// <param name="std">The standard deviation, in values.</param>
    /// <param name="sym">Symmetric; else periodic.</param>
    /// <param name="dtype">A floating-point type; <see cref="Tensor.DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or the standard deviation is not positive.</exception>
    public static Tensor Gaussian(long m, double std = 1, bool sym = true, DType? dtype = null, bool requiresGrad = false)
    {
        if (!(std > 0)) Throw.Range(nameof(std), std, $"Standard deviation must be positive, got: {std} instead.");
        double middle = (!sym && m > 1 ? m : m - 1) / 2.0;
        return Make("gaussian", m, dtype, requiresGrad, i => Math.Exp(-0.5 * Math.Pow((i - middle) / std, 2)));
    }

    /// <summary>A sum of cosines: Σⱼ (-1)ʲ·aⱼ·cos(j·k), k from 0 to 2π.</summary>
    /// <param name="m">How many values.</param>
    /// <param name="a">The weights.</param>
    /// <param name="sym">Symmetric; else periodic.</param>
    /// <param name="dtype">A floating-point type; <see cref="Tensor.DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="ArgumentException">There are no weights.</exception>
    public static Tensor GeneralCosine(long m, ReadOnlySpan<double> a, bool sym = true, DType? dtype = null, bool requiresGrad = false)
    {
        if (a.Length == 0) throw new ArgumentException("Coefficients cannot be empty", nameof(a));
        return Cosines("general_cosine", m, a.ToArray(), sym, dtype, requiresGrad);
    }

    /// <summary>The general Hamming window: α - (1 - α)·cos k.</summary>
    /// <param name="m">How many values.</param>
    /// <param name="alpha">α.</param>
    /// <param name="sym">Symmetric; else periodic.</param>
    /// <param name="dtype">A floating-point type; <see cref="Tensor.DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public static Tensor GeneralHamming(long m, double alpha = 0.54, bool sym = true, DType? dtype = null, bool requiresGrad = false) =>
        Cosines("general_hamming", m, [alpha, 1 - alpha], sym, dtype, requiresGrad);

    /// <summary>The Hamming window: 0.54 - 0.46·cos k.</summary>
    /// <inheritdoc cref="Bartlett"/>
    public static Tensor Hamming(long m, bool sym = true, DType? dtype = null, bool requiresGrad = false) =>
        Cosines("hamming", m, [0.54, 1 - 0.54], sym, dtype, requiresGrad);

    /// <summary>The Hann window: (1 - cos k) / 2.</summary>
    /// <inheritdoc cref="Bartlett"/>
    public static Tensor Hann(long m, bool sym = true, DType? dtype = null, bool requiresGrad = false) =>
        Cosines("hann", m, [0.5, 0.5], sym, dtype, requiresGrad);

    /// <summary>The Kaiser window: I₀(β·√(1 - k²)) / I₀(β), k from -1 to 1.</summary>
    /// <param name="m">How many values.</param>
    /// <param name="beta">β: the larger, the narrower.</param>
    /// <param name="sym">Symmetric; else periodic.</param>
    /// <param name="dtype">A floating-point type; <see cref="Tensor.DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length or β is negative.</exception>
    public static Tensor Kaiser(long m, double beta = 12, bool sym = true, DType? dtype = null, bool requiresGrad = false)
    {
        if (!(beta >= 0)) Throw.Range(nameof(beta), beta, $"beta must be non-negative, got: {beta} instead.");
        double step = 2.0 / (sym ? m - 1 : m);
        return Make("kaiser", m, dtype, requiresGrad, i =>
        {
            double k = Math.Min(1, -1 + i * step), x = beta * Math.Sqrt(Math.Max(0, (1 - k) * (1 + k)));
            return m == 1 ? 1 : BesselI0(x, beta) / BesselI0(beta, beta);
        });
    }

    /// <summary>The Nuttall window: four cosines with minimal side lobes (A. Nuttall, IEEE Trans. ASSP 29(1), 1981).</summary>
    /// <inheritdoc cref="Bartlett"/>
    public static Tensor Nuttall(long m, bool sym = true, DType? dtype = null, bool requiresGrad = false) =>
        Cosines("nuttall", m, NuttallWeights, sym, dtype, requiresGrad);

    private static Tensor Cosines(string name, long m, double[] a, bool sym, DType? dtype, bool requiresGrad)
    {
        double step = 2 * Math.PI / (sym ? m - 1 : m);
        return Make(name, m, dtype, requiresGrad, i =>
        {
            if (m == 1) return 1;
            double sum = 0;
            for (int j = 0; j < a.Length; j++) sum += (j % 2 == 0 ? a[j] : -a[j]) * Math.Cos(j * i * step);
            return sum;
        });
    }

    /// <summary>exp(-scale)·I₀(x) by its power series, all of whose terms are positive; the scale keeps it finite.</summary>
    private static double BesselI0(double x, double scale)
    {
        double term = 1, sum = 1, q = x * x / 4, logarithm = -scale;
        for (int k = 1; term > sum * 1e-17; k++)
        {
            term *= q / ((double)k * k);
            sum += term;
            if (sum < 1e200) continue;
            (term, sum, logarithm) = (term * 1e-200, sum * 1e-200, logarithm + 200 * Math.Log(10));
        }
        return sum * Math.Exp(logarithm);
    }

    private static Tensor Make(string name, long m, DType? dtype, bool requiresGrad, Func<long, double> value)
    {
        if (m < 0) Throw.Range(nameof(m), m, $"{name} requires non-negative window length, got M={m}");
        DType type = dtype ?? Tensor.DefaultDType;
        if (!type.IsFloatingPoint()) Throw.Types($"{name} expects floating point dtypes, got: {type.Name()}");
        double[] values = new double[m];
        for (int i = 0; i < values.Length; i++) values[i] = value(i);
        Tensor window = Tensor.From(values).To(type);
        return requiresGrad ? window.RequiresGrad_() : window;
    }
}
