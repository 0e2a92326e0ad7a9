namespace Nabla.Registry;

internal static class SpecialRows
{
    // Two parameters and two saved values make the node 12 bytes larger than the ceiling.
    private static readonly (string, string)[] Larger = [("allocation", "the node holds two parameters and two saved values")];

    private static readonly (double, double, string) Coarse =
        (1e-7, 1e-6, "PyTorch's own values are wrong by up to 8.4e-7 between 4 and 9");

    private static readonly (string, string)[] First =
        [.. Larger, ("saves", "one struct serves both orders, and only the rules of the others read the result")];

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        ElementRows.Unary("i0", static x => x.I0(), static x => x.I0_(), In.Real, "BesselI") with { Except = First },
        S("i0e", Special.I0e, In.NonZero, "BesselI") with { Except = Larger },
        S("i1", Special.I1, In.NonZero, "BesselI") with { Except = Larger },
        S("i1e", Special.I1e, In.NonZero, "BesselI") with { Except = Larger },
        Wide("airy_ai", Special.AiryAi, static s => In.Between(-12, 6, s), "AiryAi") with
        {
            Tolerance = (1e-7, 3e-6, "PyTorch's own values are wrong by up to 2.8e-6 between -3.2 and -2.1"),
        },
        Wide("bessel_j0", Special.BesselJ0, static s => In.Between(-30, 30, s), "Bessel") with { Tolerance = Coarse },
        Wide("bessel_j1", Special.BesselJ1, static s => In.Between(-30, 30, s), "Bessel") with { Tolerance = Coarse },
        Wide("bessel_y0", Special.BesselY0, static s => In.Between(0.3, 30, s), "Bessel") with { Tolerance = Coarse },
        Wide("bessel_y1", Special.BesselY1, static s => In.Between(0.5, 30, s), "Bessel") with { Tolerance = Coarse },
        Wide("modified_bessel_i0", Special.ModifiedBesselI0, In.Real, "BesselI") with { Except = First },
        Wide("modified_bessel_i1", Special.ModifiedBesselI1, In.NonZero, "BesselI") with { Except = Larger },
        Wide("modified_bessel_k0", Special.ModifiedBesselK0, In.Positive, "BesselK"),
        Wide("modified_bessel_k1", Special.ModifiedBesselK1, In.Positive, "BesselK"),
        Wide("scaled_modified_bessel_k0", Special.ScaledModifiedBesselK0, static s => In.Between(0.4, 30, s), "BesselK"),
        Wide("scaled_modified_bessel_k1", Special.ScaledModifiedBesselK1, static s => In.Between(0.4, 30, s), "BesselK"),
        Wide("spherical_bessel_j0", Special.SphericalBesselJ0, static s => In.Between(-9, 9, s), "SphericalBesselJ"),
        S("erfcx", Special.Erfcx, In.Real, "SpecialErfcx"),
        S("ndtr", Special.Ndtr, In.Real, "SpecialNdtr"),
        S("log_ndtr", Special.LogNdtr, In.Real, "SpecialLogNdtr"),
        S("ndtri", Special.Ndtri, static s => In.Between(0.05, 0.95, s), "SpecialNdtri"),
        S("entr", Special.Entr, In.Positive, "SpecialEntr"),
        ElementRows.Unary("angle", static x => x.Angle(), null, In.NonZero),
        ElementRows.Unary("frexp", static x => x.Frexp(), null, In.NonZero) with { Except = [("allocation", "there are two results")] },
        new("mvlgamma", static c => c.T(0, "input").MvLGamma(c.Int(1, "p")))
        {
            Samples = static () => [new([In.Between(2.5, 4, 2, 3), 3L]), new([In.Between(2.5, 4), 1L]),
                new([In.Between(2.5, 4, 0, 2), 5L])],
            Covers = ["Lgamma"],
        },
        ElementRows.Binary("igamma", static (x, y) => x.IGamma(y), null, static s => In.Positive(s).Detach(), In.Positive) with
            { Except = [("allocation", "the kernel is scalar and captures a parameter")] },
        ElementRows.Binary("igammac", static (x, y) => x.IGammaC(y), null, static s => In.Positive(s).Detach(), In.Positive, "Igamma") with
            { Except = [("allocation", "the kernel is scalar and captures a parameter")] },
        ElementRows.Binary("special.xlog1py", Special.Xlog1py, Special.Xlog1py, null, null, In.Real, In.Positive, "SpecialXlog1Py"),
        ElementRows.Binary("special.zeta", Special.Zeta, Special.Zeta, null, null, static s => In.Between(1.5, 4, s).Detach(), In.Positive,
            "SpecialZeta") with
        {
            Samples = static () => ElementRows.Pairs(static s => In.Between(1.5, 4, s).Detach(), In.Positive),
        },
        new("special.polygamma", static c => c.T(1, "input").Polygamma(c.Int(0, "n"))) { Samples = static () =>
            [new([1L, In.Positive(2, 3)]), new([1L, In.Positive()]), new([2L, In.Positive(0, 2)])] },
        P("chebyshev_polynomial_t", Special.ChebyshevPolynomialT),
        P("chebyshev_polynomial_u", Special.ChebyshevPolynomialU),
        P("chebyshev_polynomial_v", Special.ChebyshevPolynomialV),
        P("chebyshev_polynomial_w", Special.ChebyshevPolynomialW),
        P("shifted_chebyshev_polynomial_t", Special.ShiftedChebyshevPolynomialT),
        P("shifted_chebyshev_polynomial_u", Special.ShiftedChebyshevPolynomialU),
        P("shifted_chebyshev_polynomial_v", Special.ShiftedChebyshevPolynomialV),
        P("shifted_chebyshev_polynomial_w", Special.ShiftedChebyshevPolynomialW),
        P("hermite_polynomial_h", Special.HermitePolynomialH),
        P("hermite_polynomial_he", Special.HermitePolynomialHe),
        P("laguerre_polynomial_l", Special.LaguerrePolynomialL),
        P("legendre_polynomial_p", Special.LegendrePolynomialP),
    ];

    private static OpRow S(string name, Func<Tensor, Tensor> run, Func<long[], Tensor> input, params string[] covers) =>
        ElementRows.Unary("special." + name, run, null, input, covers);

    // Functions that have no half precision.
    private static OpRow Wide(string name, Func<Tensor, Tensor> run, Func<long[], Tensor> input, string covers) =>
        S(name, run, input, covers) with
        {
            Errors =
            [
                (() => run(In.Positive(2).To(DType.Float16)), typeof(DTypeException), $"\"{name}_cpu\" not implemented for 'Half'"),
                (() => run(In.Positive(2).To(DType.BFloat16)), typeof(DTypeException), $"\"{name}_cpu\" not implemented for 'BFloat16'"),
            ],
        };

    private static OpRow P(string name, Func<Tensor, Tensor, Tensor> run) => ElementRows.Binary("special." + name, run, null,
        static s => In.Unit(s).Detach(), static s => In.Between(0, 6, s).Detach(), "SpecialPolynomial");
}
