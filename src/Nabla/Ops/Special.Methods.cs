namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>The modified Bessel function I₀(x).</summary>
    public Tensor I0() => MapOp.Apply(new Ops.BesselI(0, false), this);
    /// <summary>x = I₀(x)</summary>
    public Tensor I0_() => MapOp.InPlace(new Ops.BesselI(0, false), this);

    /// <summary>x as mantissa · 2^exponent with |mantissa| in [1/2, 1); zeros and non-finite numbers are their own mantissa.</summary>
    /// <returns>The mantissa, through which gradients flow, and the exponent as int32.</returns>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public (Tensor Mantissa, Tensor Exponent) Frexp()
    {
        if (!dtype.IsFloatingPoint()) Throw.Types("torch.frexp() only supports floating-point dtypes");
        return (MapOp.Apply(new Ops.Frexp(false), this), MapOp.Apply(new Ops.Frexp(true), Detach()).To(DType.Int32));
    }

    /// <summary>The angle in the complex plane: π for negative numbers, else 0; NaN stays NaN. The gradient is 0.</summary>
    public Tensor Angle() => MapOp.Apply(new Ops.Angle(), this);

    /// <summary>The logarithm of the multivariate gamma function: p (p - 1) / 4 · ln π + Σᵢ ln Γ(x + (1 - i) / 2), i = 1 .. p.</summary>
    /// <param name="p">The number of dimensions, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is below 1.</exception>
    public Tensor MvLGamma(int p)
    {
        if (p < 1) Throw.Range(nameof(p), p, "p has to be greater than or equal to 1");
        Tensor x = dtype.IsFloatingPoint() ? this : To(DefaultDType);
        Tensor steps = Arange(0, p, dtype: x.dtype) * -0.5;
        return (x.Unsqueeze(-1) + steps).LGamma().Sum(-1) + (double)p * (p - 1) / 4 * Math.Log(Math.PI);
    }

    /// <summary>The lower regularised incomplete gamma function P(a, x), this tensor being a, broadcast. The derivative exists by x
    /// only.</summary>
    public Tensor IGamma(Tensor other) => ZipOp.Apply(new Ops.Igamma(false), FloatWith(other, "igamma_cpu"), other);
    /// <summary>The upper regularised incomplete gamma function Q(a, x) = 1 - P(a, x), this tensor being a, broadcast.</summary>
    public Tensor IGammaC(Tensor other) => ZipOp.Apply(new Ops.Igamma(true), FloatWith(other, "igammac_cpu"), other);
}

public static partial class Special
{
    /// <summary>e^(x²) erfc(x), without overflow for positive x.</summary>
    public static Tensor Erfcx(Tensor input) => MapOp.Apply(new Ops.SpecialErfcx(), Wide(input, "erfcx_cpu"));
    /// <summary>The normal distribution function Φ(x).</summary>
    public static Tensor Ndtr(Tensor input) => MapOp.Apply(new Ops.SpecialNdtr(), input);
    /// <summary>ln Φ(x), accurate in the tail.</summary>
    public static Tensor LogNdtr(Tensor input) => MapOp.Apply(new Ops.SpecialLogNdtr(), Wide(input, "log_ndtr_cpu"));
    /// <summary>The inverse of Φ on [0, 1]; ±inf at the ends, NaN outside.</summary>
    public static Tensor Ndtri(Tensor input) => MapOp.Apply(new Ops.SpecialNdtri(), Wide(input, "ndtri_cpu"));
    /// <summary>-x ln(x), 0 at 0 and -inf for negative x.</summary>
    public static Tensor Entr(Tensor input) => MapOp.Apply(new Ops.SpecialEntr(), input);

    /// <summary>x ln(1 + y), broadcast; 0 where x is 0 unless y is NaN.</summary>
    public static Tensor Xlog1py(Tensor input, Tensor other) => ZipOp.Apply(new Ops.SpecialXlog1Py(0), input, other);
    /// <summary>x ln(1 + y) for a plain number y.</summary>
    public static Tensor Xlog1py(Tensor input, Scalar other) => ZipOp.Apply(new Ops.SpecialXlog1Py(2), input, other);
    /// <summary>x ln(1 + y) for a plain number x.</summary>
    public static Tensor Xlog1py(Scalar input, Tensor other) => ZipOp.Apply(new Ops.SpecialXlog1Py(1), input, other);

    /// <summary>The Hurwitz zeta function Σ (k + q)^-s, broadcast, for s &gt; 1. The derivative exists by q only.</summary>
    public static Tensor Zeta(Tensor input, Tensor other) => ZipOp.Apply(new Ops.SpecialZeta(0), Wide(input, other, "zeta_cpu"), other);
    /// <summary>The Hurwitz zeta function for a plain number q.</summary>
    public static Tensor Zeta(Tensor input, Scalar other) => ZipOp.Apply(new Ops.SpecialZeta(2), Wide(input, "zeta_cpu"), other);
    /// <summary>The Hurwitz zeta function for a plain number s.</summary>
    public static Tensor Zeta(Scalar input, Tensor other) => ZipOp.Apply(new Ops.SpecialZeta(1), input, Wide(other, "zeta_cpu"));

    /// <summary>The Chebyshev polynomial of the first kind Tₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0.
    /// Without gradient.</summary>
    public static Tensor ChebyshevPolynomialT(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevT, false), Wide(input, n, "chebyshev_polynomial_t_cpu"), n);

    /// <summary>The Chebyshev polynomial of the second kind Uₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0.
    /// Without gradient.</summary>
    public static Tensor ChebyshevPolynomialU(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevU, false), Wide(input, n, "chebyshev_polynomial_u_cpu"), n);

    /// <summary>The Chebyshev polynomial of the third kind Vₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0.
    /// Without gradient.</summary>
    public static Tensor ChebyshevPolynomialV(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevV, false), Wide(input, n, "chebyshev_polynomial_v_cpu"), n);

    /// <summary>The Chebyshev polynomial of the fourth kind Wₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0.
    /// Without gradient.</summary>
    public static Tensor ChebyshevPolynomialW(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevW, false), Wide(input, n, "chebyshev_polynomial_w_cpu"), n);

    /// <summary>The shifted Chebyshev polynomial Tₙ(2x - 1), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor ShiftedChebyshevPolynomialT(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevT, true),
            Wide(input, n, "shifted_chebyshev_polynomial_t_cpu"), n);

    /// <summary>The shifted Chebyshev polynomial Uₙ(2x - 1), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor ShiftedChebyshevPolynomialU(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevU, true),
            Wide(input, n, "shifted_chebyshev_polynomial_u_cpu"), n);

    /// <summary>The shifted Chebyshev polynomial Vₙ(2x - 1), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor ShiftedChebyshevPolynomialV(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevV, true),
            Wide(input, n, "shifted_chebyshev_polynomial_v_cpu"), n);

    /// <summary>The shifted Chebyshev polynomial Wₙ(2x - 1), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor ShiftedChebyshevPolynomialW(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.ChebyshevW, true),
            Wide(input, n, "shifted_chebyshev_polynomial_w_cpu"), n);

    /// <summary>The physicists' Hermite polynomial Hₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor HermitePolynomialH(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.HermiteH, false), Wide(input, n, "hermite_polynomial_h_cpu"), n);

    /// <summary>The probabilists' Hermite polynomial Heₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor HermitePolynomialHe(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.HermiteHe, false), Wide(input, n, "hermite_polynomial_he_cpu"), n);

    /// <summary>The Laguerre polynomial Lₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor LaguerrePolynomialL(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.LaguerreL, false), Wide(input, n, "laguerre_polynomial_l_cpu"), n);

    /// <summary>The Legendre polynomial Pₙ(x), broadcast; the fraction of n is cut off, negative degrees give 0. Without
    /// gradient.</summary>
    public static Tensor LegendrePolynomialP(Tensor input, Tensor n) =>
        ZipOp.Apply(new Ops.SpecialPolynomial(Kernels.Polynomial.LegendreP, false), Wide(input, n, "legendre_polynomial_p_cpu"), n);
}
