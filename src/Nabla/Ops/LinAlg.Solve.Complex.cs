namespace Nabla;

/// <summary>Complex systems as real ones of twice the size: the map z ↦ A z of pairs (x, y) is [[Re A, -Im A], [Im A, Re A]].</summary>
public static partial class LinAlg
{
    private static Tensor AsReal(Tensor a) =>
        Tensor.Cat([Tensor.Cat([a.Real, -a.Imag], -1), Tensor.Cat([a.Imag, a.Real], -1)], -2);

    /// <summary>The complex matrix of n rows whose parts lie one below the other.</summary>
    private static Tensor FromReal(Tensor pairs, long n) => Tensor.Complex(pairs.Narrow(-2, 0, n), pairs.Narrow(-2, n, n));

    private static (Tensor Result, Tensor Info) SolveComplex(Tensor a, Tensor b, bool left, string? check)
    {
        long n = a.Size(-1);
        if (!left) (a, b) = (a.MT, b.MT);
        (Tensor pairs, Tensor info) = Solve(AsReal(a), Tensor.Cat([b.Real, b.Imag], -2), true, check);
        Tensor x = FromReal(pairs, n);
        return (left ? x : x.MT, info.ClampMax(n));
    }

    private static Tensor[] InvertComplex(Tensor a, string? check)
    {
        long n = a.Size(-1);
        Tensor[] y = Op.Apply(new Ops.LinalgInvEx(check), AsReal(a));
        return [FromReal(y[0].Narrow(-1, 0, n), n), y[1].ClampMax(n)];
    }

    /// <summary>By elimination: a complex triangular matrix, seen as a real one, is not triangular.</summary>
    private static Tensor SolveTriangularComplex(Tensor a, Tensor b, bool upper, bool left, bool unitriangular)
    {
        int diagonal = unitriangular ? upper ? 1 : -1 : 0;
        a = upper ? a.Triu(diagonal) : a.Tril(diagonal);
        if (unitriangular) a = a + Tensor.Eye(a.Size(-1), dtype: a.DType);
        return Solve(a, b, left, "torch.linalg.solve_triangular").Result;
    }
}
