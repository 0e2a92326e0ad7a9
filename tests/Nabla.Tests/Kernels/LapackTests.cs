namespace Nabla.Tests.Kernels;

/// <summary>Factorizations of matrices that are large enough to be cut into blocks, by what they must satisfy.</summary>
public sealed class LapackTests
{
    public static TheoryData<int, int, DType> Sizes()
    {
        TheoryData<int, int, DType> all = [];
        foreach ((int m, int n) in new[] { (15, 15), (16, 16), (17, 17), (33, 33), (100, 100), (263, 263), (300, 70), (70, 300), (40, 1) })
        {
            all.Add(m, n, DType.Float64);
            all.Add(m, n, DType.Float32);
        }
        return all;
    }

    private static Tensor Matrix(int m, int n, DType type) => Tensor.Randn([m, n], type, generator: new Generator(7));

    private static void Near(Tensor expected, Tensor actual, string what)
    {
        double largest = (double)(expected - actual).Abs().Max(), scale = 1 + (double)expected.Abs().Max();
        double limit = (expected.DType == DType.Float32 ? 1e-4 : 1e-12) * scale;
        Assert.True(largest <= limit, $"{what} is off by {largest}, at most {limit} is allowed");
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Lu_multiplies_to_the_matrix(int m, int n, DType type)
    {
        Tensor a = Matrix(m, n, type);
        (Tensor p, Tensor l, Tensor u) = LinAlg.Lu(a);
        Near(a, p.MatMul(l).MatMul(u), "P L U");
        Assert.True((double)l.Abs().Max() <= 1, "a factor of L is above 1: a pivot is not the largest of its column");
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Qr_multiplies_to_the_matrix(int m, int n, DType type)
    {
        Tensor a = Matrix(m, n, type);
        foreach (string mode in new[] { "reduced", "complete" })
        {
            (Tensor q, Tensor r) = LinAlg.Qr(a, mode);
            Near(a, q.MatMul(r), "Q R");
            Near(Tensor.Eye(q.Size(-1), dtype: type), q.MT.MatMul(q), "Qᵀ Q");
        }
        (Tensor packed, Tensor tau) = a.Geqrf();
        Tensor other = Matrix(m, 5, type), whole = LinAlg.Qr(a, "complete").Q;
        Near(whole.MatMul(other), packed.Ormqr(tau, other), "Q C");
        if (m >= n) Near(LinAlg.Qr(a).Q, LinAlg.HouseholderProduct(packed, tau), "the product of reflections");
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Cholesky_multiplies_to_the_matrix(int m, int n, DType type)
    {
        Tensor x = Matrix(m, n, type), a = x.MatMul(x.MT) / n + Tensor.Eye(m, dtype: type);
        Tensor l = LinAlg.Cholesky(a), u = LinAlg.Cholesky(a, upper: true), b = Matrix(m, 3, type);
        Near(a, l.MatMul(l.MT), "L Lᵀ");
        Near(l, u.MT, "Uᵀ");
        Near(b, a.MatMul(b.CholeskySolve(l)), "A X");
        Near(Tensor.Eye(m, dtype: type), a.MatMul(u.CholeskyInverse(upper: true)), "A A⁻¹");
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Solutions_solve(int m, int n, DType type)
    {
        Tensor a = Matrix(m, m, type) / Math.Sqrt(m) + 3 * Tensor.Eye(m, dtype: type), b = Matrix(m, n, type), c = b.MT;
        Near(b, a.MatMul(LinAlg.Solve(a, b)), "A X");
        Near(c, LinAlg.Solve(a, c, left: false).MatMul(a), "X A");
        (Tensor lu, Tensor pivots) = LinAlg.LuFactor(a);
        Near(b, a.MT.MatMul(LinAlg.LuSolve(lu, pivots, b, adjoint: true)), "Aᵀ X");
        Near(c, LinAlg.LuSolve(lu, pivots, c, left: false, adjoint: true).MatMul(a.MT), "X Aᵀ");
        Near(b, a.Triu().MatMul(LinAlg.SolveTriangular(a, b, upper: true)), "U X");
        Near(c, LinAlg.SolveTriangular(a, c, upper: false, left: false).MatMul(a.Tril()), "X L");
        Near(Tensor.Eye(m, dtype: type), a.MatMul(LinAlg.Inv(a)), "A A⁻¹");
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Ldl_solves_indefinite_systems(int m, int n, DType type)
    {
        Tensor x = Matrix(m, m, type), a = (x + x.MT) / Math.Sqrt(m) + 0.3 * Tensor.Eye(m, dtype: type), b = Matrix(m, n, type);
        (Tensor ld, Tensor pivots) = LinAlg.LdlFactor(a.Tril());
        Tensor solution = LinAlg.LdlSolve(ld, pivots, b), error = (a.MatMul(solution) - b).Abs().Max();
        double limit = (type == DType.Float32 ? 1e-4 : 1e-11) * (1 + (double)solution.Abs().Max()) * (1 + (double)a.Abs().Max());
        Assert.True((double)error <= limit, $"A X is off by {(double)error}, at most {limit} is allowed");
    }

    [Fact]
    public void Where_a_factorization_fails_is_found_in_any_block()
    {
        for (int k = 0; k < 100; k += 9)
        {
            Tensor a = Tensor.Eye(100, dtype: DType.Float64);
            a[k, k] = -1;
            Assert.Equal(k + 1, (long)LinAlg.CholeskyEx(a).Info);
            a[k, k] = 0;
            Assert.Equal(k + 1, (long)LinAlg.LuFactorEx(a).Info);
            Assert.Equal(k + 1, (long)LinAlg.LdlFactorEx(a).Info);
        }
    }

    [Fact]
    public void Reflections_of_very_large_and_very_small_columns_are_scaled()
    {
        foreach (double scale in new[] { 1e300, 1e-300, 1e-320 })
        {
            Tensor a = Matrix(5, 3, DType.Float64) * scale;
            (Tensor q, Tensor r) = LinAlg.Qr(a);
            Near(Tensor.Eye(3, dtype: DType.Float64), q.MT.MatMul(q), "Qᵀ Q");
            double error = (double)(a / scale - q.MatMul(r / scale)).Abs().Max();
            Assert.True(error < (scale < 1e-310 ? 1e-2 : 1e-12), $"Q R is off by {error}");
        }
    }
}
