namespace Nabla.Registry;

internal static class SpecialRows
{
    // Two parameters and two saved values make the node 12 bytes larger than the ceiling.
    private static readonly (string, string)[] Larger = [("allocation", "the node holds two parameters and two saved values")];

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        ElementRows.Unary("i0", static x => x.I0(), static x => x.I0_(), In.Real, "BesselI") with
        {
            Except = [.. Larger, ("saves", "one struct serves all orders, and only the rules of the others read the result")],
        },
        S("i0e", Special.I0e, In.NonZero, "BesselI") with { Except = Larger },
        S("i1", Special.I1, In.NonZero, "BesselI") with { Except = Larger },
        S("i1e", Special.I1e, In.NonZero, "BesselI") with { Except = Larger },
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

    private static OpRow P(string name, Func<Tensor, Tensor, Tensor> run) => ElementRows.Binary("special." + name, run, null,
        static s => In.Unit(s).Detach(), static s => In.Between(0, 6, s).Detach(), "SpecialPolynomial");
}
