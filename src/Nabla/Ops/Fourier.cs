namespace Nabla;

internal static partial class Ops
{
    /// <summary>Scale · Σ x[p] e^(∓2πipq/n) along a dimension counted from the end: complex to complex</summary>
    public readonly record struct Dft(int Dim, bool Inverse, double Scale) : ILinear<Dft>
    {
        static bool IOperation<Dft>.TakesComplex => true;
        static string IOperation<Dft>.NodeName(Dft op) => "FftC2CBackward0";
        public Tensor Forward(Tensor x) => Kernels.Dft.Run(x, Dim, Inverse, Scale);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this with { Inverse = !Inverse }, g);
    }

    /// <summary>
    /// The first half of Scale · Σ x[p] e^(-2πipq/n) along a dimension counted from the end: real to complex. All elements but the first
    /// and that at n/2 come times Inner.
    /// </summary>
    public readonly record struct HalfDft(int Dim, double Scale, double Inner) : ILinear<HalfDft>
    {
        static string IOperation<HalfDft>.NodeName(HalfDft op) => "FftR2CBackward0";
        public Tensor Forward(Tensor x) => Kernels.Dft.Half(x, Dim, Scale, Inner);

        /// <summary>The real part of a sum over one half is the sum over both halves of half the elements.</summary>
        public Tensor Transpose(Tensor g, TensorSpec x) =>
            LinearOp.Apply(new RealDft(Dim, x.Shape[^-Dim], Scale, Inner / 2), g);
    }

    /// <summary>
    /// Scale · Σ x[q] e^(2πipq/n), n real numbers, of the first half of a Hermitian spectrum, of which all elements but the first and that
    /// at n/2 come times Inner: complex to real
    /// </summary>
    public readonly record struct RealDft(int Dim, long Length, double Scale, double Inner) : ILinear<RealDft>
    {
        static bool IOperation<RealDft>.TakesComplex => true;
        static string IOperation<RealDft>.NodeName(RealDft op) => "FftC2RBackward0";
        public Tensor Forward(Tensor x) => Kernels.Dft.FromHalf(x, Dim, Length, Scale, Inner);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new HalfDft(Dim, Scale, 2 * Inner), g);
    }
}

/// <summary>
/// Discrete Fourier transforms: <c>torch.fft</c>. Sizes of any kind are fast: factors up to 31 by Stockham's passes, larger primes by
/// Bluestein's method; real sequences of even size are complex ones of half of it. Normalisation <c>norm</c>: "backward" (the default)
/// divides the inverse transform by n, "forward" the forward one, "ortho" both by √n. Operands are float32, float64 or complex; integers
/// become <see cref="Tensor.DefaultDType"/>.
/// </summary>
public static partial class Fourier
{
    /// <summary>y[q] = Σ x[p] e^(-2πipq/n) along a dimension.</summary>
    /// <param name="input">x, real or complex.</param>
    /// <param name="n">The length: x is cut or continued with zeros; its size by default.</param>
    /// <param name="dim">The dimension; the last by default.</param>
    /// <param name="norm">"backward", "ortho" or "forward".</param>
    /// <returns>A complex tensor.</returns>
    /// <exception cref="ShapeException">The length is less than 1.</exception>
    /// <exception cref="DTypeException">The dtype is float16 or bfloat16.</exception>
    /// <exception cref="ArgumentException">The normalisation is none of the three.</exception>
    public static Tensor Fft(Tensor input, long? n = null, int dim = -1, string? norm = null) =>
        C2C(Complex(input), n, Along(input, dim), norm, inverse: false);

    /// <summary>y[q] = 1/n Σ x[p] e^(2πipq/n) along a dimension: the inverse of <see cref="Fft"/>.</summary>
    /// <inheritdoc cref="Fft"/>
    public static Tensor Ifft(Tensor input, long? n = null, int dim = -1, string? norm = null) =>
        C2C(Complex(input), n, Along(input, dim), norm, inverse: true);

    /// <summary>The first n/2 + 1 values of <see cref="Fft"/> of a real tensor; the others are their conjugates.</summary>
    /// <inheritdoc cref="Fft"/>
    public static Tensor Rfft(Tensor input, long? n = null, int dim = -1, string? norm = null) =>
        R2C(input, "rfft", n, Along(input, dim), norm, inverse: false);

    /// <summary>The inverse of <see cref="Rfft"/>: a real result from the first half of a Hermitian spectrum.</summary>
    /// <param name="input">The half spectrum.</param>
    /// <param name="n">The length of the result; 2 · (size - 1) by default.</param>
    /// <param name="dim">The dimension; the last by default.</param>
    /// <param name="norm">"backward", "ortho" or "forward".</param>
    /// <returns>A real tensor. The imaginary parts at frequency 0 and n/2 have no influence.</returns>
    /// <exception cref="ShapeException">The length is less than 1.</exception>
    public static Tensor Irfft(Tensor input, long? n = null, int dim = -1, string? norm = null) =>
        C2R(Complex(input), n, Along(input, dim), norm, inverse: true);

    /// <summary>The real transform of a signal whose values for negative times are the conjugates of those for positive ones; only those
    /// are given.</summary>
    /// <inheritdoc cref="Irfft"/>
    public static Tensor Hfft(Tensor input, long? n = null, int dim = -1, string? norm = null) =>
        C2R(Complex(input).Conj(), n, Along(input, dim), norm, inverse: false);

    /// <summary>The inverse of <see cref="Hfft"/>.</summary>
    /// <inheritdoc cref="Fft"/>
    public static Tensor Ihfft(Tensor input, long? n = null, int dim = -1, string? norm = null) =>
        R2C(input, "ihfft", n, Along(input, dim), norm, inverse: true).Conj();

    /// <summary><see cref="Fft"/> along several dimensions.</summary>
    /// <param name="input">x, real or complex.</param>
    /// <param name="s">The length in each dimension; -1 keeps its size.</param>
    /// <param name="dim">The dimensions; all, or the last ones if only lengths are given.</param>
    /// <param name="norm">"backward", "ortho" or "forward".</param>
    /// <exception cref="ShapeException">Dimensions repeat, or there are more lengths than dimensions, or a length is less than
    /// 1.</exception>
    public static Tensor Fftn(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        C2Cs(Complex(input), Plan(input, s, dim), norm, inverse: false);

    /// <summary>The inverse of <see cref="Fftn"/>.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Ifftn(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        C2Cs(Complex(input), Plan(input, s, dim), norm, inverse: true);

    /// <summary><see cref="Rfft"/> along the last of several dimensions, <see cref="Fft"/> along the others.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Rfftn(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null)
    {
        (int Dim, long? Size)[] plan = Plan(input, s, dim, "rfftn");
        if (input.DType.IsComplex()) Throw.Types($"rfftn expects a real-valued input tensor, but got {input.DType.ScalarName()}");
        return C2Cs(R2C(input, "rfftn", plan[^1].Size, plan[^1].Dim, norm, inverse: false), plan[..^1], norm, inverse: false);
    }

    /// <summary>The inverse of <see cref="Rfftn"/>.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Irfftn(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null)
    {
        (int Dim, long? Size)[] plan = Plan(input, s, dim, "irfftn");
        return C2R(C2Cs(Complex(input), plan[..^1], norm, inverse: true), plan[^1].Size, plan[^1].Dim, norm, inverse: true);
    }

    /// <summary><see cref="Hfft"/> along the last of several dimensions, <see cref="Fft"/> along the others.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Hfftn(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null)
    {
        (int Dim, long? Size)[] plan = Plan(input, s, dim, "hfftn");
        return C2R(C2Cs(Complex(input), plan[..^1], norm, inverse: false).Conj(), plan[^1].Size, plan[^1].Dim, norm, inverse: false);
    }

    /// <summary>The inverse of <see cref="Hfftn"/>.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Ihfftn(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null)
    {
        (int Dim, long? Size)[] plan = Plan(input, s, dim, "ihfftn");
        Tensor half = R2C(input, "ihfftn", plan[^1].Size, plan[^1].Dim, norm, inverse: true).Conj();
        return C2Cs(half, plan[..^1], norm, inverse: true);
    }

    /// <summary><see cref="Fftn"/> along two dimensions, by default the last.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Fft2(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        Fftn(input, s, dim ?? LastTwo, norm);

    /// <summary><see cref="Ifftn"/> along two dimensions, by default the last.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Ifft2(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        Ifftn(input, s, dim ?? LastTwo, norm);

    /// <summary><see cref="Rfftn"/> along two dimensions, by default the last.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Rfft2(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        Rfftn(input, s, dim ?? LastTwo, norm);

    /// <summary><see cref="Irfftn"/> along two dimensions, by default the last.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Irfft2(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        Irfftn(input, s, dim ?? LastTwo, norm);

    /// <summary><see cref="Hfftn"/> along two dimensions, by default the last.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Hfft2(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        Hfftn(input, s, dim ?? LastTwo, norm);

    /// <summary><see cref="Ihfftn"/> along two dimensions, by default the last.</summary>
    /// <inheritdoc cref="Fftn"/>
    public static Tensor Ihfft2(Tensor input, Shape? s = null, Dims? dim = null, string? norm = null) =>
        Ihfftn(input, s, dim ?? LastTwo, norm);

    /// <summary>The frequencies of <see cref="Fft"/>'s values, in cycles per unit of d: 0, 1, ..., -2, -1 over n·d.</summary>
    /// <param name="n">The length.</param>
    /// <param name="d">The distance of samples.</param>
    /// <param name="dtype">The dtype; <see cref="Tensor.DefaultDType"/> by default.</param>
    public static Tensor FftFreq(long n, double d = 1.0, DType? dtype = null)
    {
        Tensor k = Tensor.Arange(0, n);
        return Tensor.Where(k < (n + 1) / 2, k, k - n).To(dtype ?? Tensor.DefaultDType) * (1.0 / (n * d));
    }

    /// <summary>The frequencies of <see cref="Rfft"/>'s values, in cycles per unit of d: 0, 1, ..., n/2 over n·d.</summary>
    /// <inheritdoc cref="FftFreq"/>
    public static Tensor RfftFreq(long n, double d = 1.0, DType? dtype = null) =>
        Tensor.Arange(0, n / 2 + 1).To(dtype ?? Tensor.DefaultDType) * (1.0 / (n * d));

    /// <summary>Frequency 0 in the middle: every dimension rolled by half its size.</summary>
    /// <param name="input">The tensor.</param>
    /// <param name="dim">The dimensions; all by default.</param>
    public static Tensor FftShift(Tensor input, Dims? dim = null) => Shift(input, dim, 0);

    /// <summary>The inverse of <see cref="FftShift"/>.</summary>
    /// <inheritdoc cref="FftShift"/>
    public static Tensor IfftShift(Tensor input, Dims? dim = null) => Shift(input, dim, 1);
}
