namespace Nabla.Tests.Kernels;

/// <summary>
/// Decompositions by what defines them: factors multiply to the matrix, vectors are orthonormal, values are in order. Sizes lie on both
/// sides of the blocks; special matrices are those on which such iterations fail.
/// </summary>
[Collection("Threads")]
public sealed class SpectralTests : IDisposable
{
    private readonly int before = Threads.Count;

    public void Dispose() => Threads.Count = before;

    public static TheoryData<long> Sizes => [1, 2, 3, 4, 5, 8, 17, 31, 32, 33, 63, 65, 100, 150];

    public static TheoryData<long, long> Rectangles => new()
    {
        { 1, 4 }, { 4, 1 }, { 3, 2 }, { 2, 3 }, { 40, 7 }, { 7, 40 }, { 100, 33 }, { 33, 100 }, { 65, 64 }, { 300, 5 }, { 130, 129 },
    };

    public static TheoryData<string> Special =>
    [
        "zero", "unit", "ones", "rank one", "huge", "tiny", "graded", "reversed", "hilbert", "wilkinson", "cyclic", "jordan", "skew",
        "triangular",
    ];

    [Theory, MemberData(nameof(Sizes))]
    public void Symmetric_matrices_of_every_size(long n)
    {
        foreach (DType dtype in (DType[])[DType.Float64, DType.Float32]) CheckEigh(Square(n, dtype));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void General_matrices_of_every_size(long n)
    {
        foreach (DType dtype in (DType[])[DType.Float64, DType.Float32]) CheckEig(Square(n, dtype));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Singular_values_of_every_size(long n)
    {
        foreach (DType dtype in (DType[])[DType.Float64, DType.Float32]) CheckSvd(Square(n, dtype));
    }

    [Theory, MemberData(nameof(Rectangles))]
    public void Singular_values_of_every_shape(long m, long n)
    {
        foreach (DType dtype in (DType[])[DType.Float64, DType.Float32]) CheckSvd(Normal(dtype, m, n));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(8), InlineData(40)]
    public void Complex_matrices(long n)
    {
        foreach (DType dtype in (DType[])[DType.Float64, DType.Float32])
        {
            foreach ((long rows, long columns) in ((long, long)[])[(n, n), (n, n + 3), (n + 3, n)])
            {
                Tensor parts = Normal(dtype, 2, rows, columns), a = Tensor.Complex(parts[0], parts[1]);
                double bound = Bound(parts[0]) * 2;
                foreach (bool full in (bool[])[true, false])
                {
                    (Tensor u, Tensor s, Tensor vh) = LinAlg.Svd(a, full);
                    Small((u.Narrow(1, 0, n) * s).MatMul(vh.Narrow(0, 0, n)) - a, bound * Largest(s), "the factors do not give the matrix");
                    Small(u.Adjoint().MatMul(u) - Tensor.Eye(u.Size(1), dtype: dtype), bound, "U is not unitary");
                    Small(vh.MatMul(vh.Adjoint()) - Tensor.Eye(vh.Size(0), dtype: dtype), bound, "V is not unitary");
                }
                if (rows != columns) continue;
                Tensor h = a + a.Adjoint();
                (Tensor w, Tensor v) = LinAlg.Eigh(h);
                Small((v * w).MatMul(v.Adjoint()) - h, bound * Largest(w), "the factors do not give the Hermitian matrix");
                Small(v.Adjoint().MatMul(v) - Tensor.Eye(n, dtype: dtype), bound, "eigenvectors are not orthonormal");
                (Tensor l, Tensor x) = LinAlg.Eig(a);
                Small(a.MatMul(x) - x * l, bound * Largest(w), "A V differs from V Λ");
                Small((x.Conj() * x).Real.Sum(0) - 1, bound, "eigenvectors are not of norm 1");
            }
        }

        static void Small(Tensor x, double bound, string otherwise) =>
            Assert.True(Largest(x.IsComplex ? x.ViewAsReal() : x) <= bound, otherwise);
    }

    [Theory, MemberData(nameof(Special))]
    public void Special_matrices(string kind)
    {
        Tensor a = SpecialMatrix(kind);
        CheckEigh(a);
        CheckEig(a);
        CheckSvd(a);
    }

    [Fact]
    public void Small_singular_values_keep_their_digits()
    {
        // Over 60 powers of ten.
        double[] d = new double[16];
        for (int i = 0; i < d.Length; i++) d[i] = Math.Pow(10, -4 * i);
        Tensor s = LinAlg.SvdVals(Tensor.From(d, [16]).Diag());
        for (int i = 0; i < d.Length; i++) Assert.True(Math.Abs(s[i].Item() - d[i]) <= 1e-13 * d[i], $"value {i} is {s[i].Item()}");
    }

    [Fact]
    public void Eigenvalues_that_can_be_read_off_are_exact()
    {
        // Of a defective matrix rounding alone would move them by 1e-3.
        Tensor jordan = SpecialMatrix("jordan").Transpose(0, 1), values = LinAlg.EigVals(jordan);
        Assert.True(values.Real.ToArray<double>().All(static v => v == 2));
        Assert.True(values.Imag.ToArray<double>().All(static v => v == 0));
    }

    [Fact]
    public void Vectors_are_normal_and_conjugates_are_neighbours()
    {
        (Tensor l, Tensor v) = LinAlg.Eig(Square(30, DType.Float64));
        double[] im = l.Imag.ToArray<double>();
        Tensor square = v.Real.Square() + v.Imag.Square();
        Assert.True(Largest(square.Sum(0) - 1) < 1e-13);
        for (int j = 0; j < im.Length; j++)
        {
            long most = (long)square[.., j].ArgMax();
            Assert.Equal(0, v.Imag[most, j].Item());
            if (im[j] > 0) Assert.Equal(-im[j], im[++j]);
        }
    }

    [Theory, InlineData(3), InlineData(40), InlineData(300)]
    [Trait("Row", "4.14")]
    public void The_number_of_threads_changes_no_bit(long n)
    {
        Tensor a = n < 10 ? Normal(DType.Float64, 500, n, n) : Square(n, DType.Float64);
        byte[][] Results()
        {
            (Tensor w, Tensor q) = LinAlg.Eigh(a);
            (Tensor u, Tensor s, Tensor vh) = LinAlg.Svd(a);
            (Tensor l, Tensor v) = LinAlg.Eig(a);
            return [.. new[] { w, q, u, s, vh, l, v, LinAlg.MatrixExp(a), LinAlg.LstSq(a, a, driver: "gels").Solution }.Select(Bits)];
        }
        Threads.Count = 1;
        byte[][] one = Results();
        foreach (int threads in (int[])[2, 5])
        {
            Threads.Count = threads;
            byte[][] many = Results();
            for (int i = 0; i < one.Length; i++) Assert.True(one[i].AsSpan().SequenceEqual(many[i]), $"result {i}, {threads} threads");
        }
    }

    [Theory, InlineData(1e-20), InlineData(1e-6), InlineData(0.01), InlineData(0.2), InlineData(1), InlineData(4), InlineData(30)]
    public void Exponentials_agree_with_those_of_eigenvalues(double scale)
    {
        Tensor a = Square(12, DType.Float64) * scale, s = (a + a.Transpose(0, 1)) / 12;
        (Tensor w, Tensor v) = LinAlg.Eigh(s);
        Tensor expected = (v * w.Exp()).MatMul(v.Transpose(0, 1));
        double size = Largest(expected) * Math.Max(1, scale);
        Assert.True(Largest(LinAlg.MatrixExp(s) - expected) <= 1e-12 * size);
        Assert.True(Largest(LinAlg.MatrixExp(s.To(DType.Float32)).To(DType.Float64) - expected) <= 1e-4 * size);
    }

    [Theory, InlineData(40, 12, 3), InlineData(12, 40, 3), InlineData(20, 20, 1), InlineData(100, 65, 70)]
    public void Least_squares_by_factors_and_by_singular_values_agree(long m, long n, long r)
    {
        Tensor a = Normal(DType.Float64, m, n), b = Normal(DType.Float64, r, m).Transpose(0, 1);
        Tensor x = LinAlg.LstSq(a, b, driver: "gels").Solution, y = LinAlg.LstSq(a, b, driver: "gelsd").Solution;
        Assert.True(Largest(x - y) <= 1e-10 * Largest(y));
        Assert.True(Largest(a.Transpose(0, 1).MatMul(a.MatMul(x) - b)) <= 1e-10 * Largest(b) * m);
    }

    private static void CheckEigh(Tensor a)
    {
        Tensor s = a / 2 + a.Transpose(0, 1) / 2;
        double bound = Bound(a);
        foreach (string uplo in (string[])["L", "U"])
        {
            (Tensor w, Tensor v) = LinAlg.Eigh(uplo == "L" ? s.Tril() : s.Triu(), uplo);
            Assert.True(Relative((v * w).MatMul(v.Transpose(0, 1)) - s, a) <= bound, "the factors do not give the matrix");
            Orthonormal(v, bound);
            Assert.True(w.Diff().Lt(0).Sum().Item() == 0, "eigenvalues do not ascend");
            Assert.True(Relative(LinAlg.EigValsH(s, uplo) - w, a) <= bound, "values alone differ from values with vectors");
        }
    }

    private static void CheckEig(Tensor a)
    {
        double bound = Bound(a);
        (Tensor l, Tensor v) = LinAlg.Eig(a);
        (Tensor lr, Tensor li, Tensor vr, Tensor vi) = (l.Real, l.Imag, v.Real, v.Imag);
        Assert.True(Relative(a.MatMul(vr) - (vr * lr - vi * li), a) <= bound, "A V differs from V Λ, real part");
        Assert.True(Relative(a.MatMul(vi) - (vr * li + vi * lr), a) <= bound, "A V differs from V Λ, imaginary part");
        Assert.True(Relative(lr.Sum() - a.Trace(), a) <= bound, "the sum of the eigenvalues is not the trace");
    }

    private static void CheckSvd(Tensor a)
    {
        double bound = Bound(a);
        long k = Math.Min(a.Size(0), a.Size(1));
        foreach (bool full in (bool[])[true, false])
        {
            (Tensor u, Tensor s, Tensor vh) = LinAlg.Svd(a, full);
            Assert.True(Relative((u.Narrow(1, 0, k) * s).MatMul(vh.Narrow(0, 0, k)) - a, a) <= bound, "the factors do not give the matrix");
            Orthonormal(u, bound);
            Orthonormal(vh.Transpose(0, 1), bound);
            Assert.True(s.Diff().Gt(0).Sum().Item() == 0 && s.Lt(0).Sum().Item() == 0, "singular values do not descend to 0");
            Assert.True(Relative(LinAlg.SvdVals(a) - s, a) <= bound, "values alone differ from values with vectors");
        }
    }

    private static void Orthonormal(Tensor v, double bound) =>
        Assert.True(Largest(v.Transpose(0, 1).MatMul(v) - Tensor.Eye(v.Size(1), dtype: v.DType)) <= bound, "vectors are not orthonormal");

    private static double Bound(Tensor a) => (a.DType == DType.Float32 ? 1.2e-7 : 2.2e-16) * 20 * Math.Sqrt(Math.Max(a.Size(0), a.Size(1)));

    private static double Relative(Tensor difference, Tensor a) => Largest(difference) / Math.Max(Largest(LinAlg.SvdVals(a)), 1e-300);

    private static double Largest(Tensor x) => Conformance.Comparison.Doubles(x).Select(Math.Abs).DefaultIfEmpty(0).Max();

    private static byte[] Bits(Tensor x)
    {
        Tensor real = x.IsComplex ? x.ViewAsReal() : x;
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<double>(real.Contiguous().ToArray<double>()).ToArray();
    }

    private static Tensor Normal(DType dtype, params long[] shape) =>
        Tensor.Randn(new Shape(shape), DType.Float64, generator: new Generator(17)).To(dtype);

    private static Tensor Square(long n, DType dtype) => Normal(dtype, n, n);

    private static Tensor SpecialMatrix(string kind)
    {
        const int n = 24;
        Tensor r = Square(n, DType.Float64), graded = Make(static (i, j) => Math.Pow(10, -0.4 * (i + j))) * r;
        return kind switch
        {
            "zero" => r * 0,
            "unit" => Tensor.Eye(n, dtype: DType.Float64),
            "ones" => r * 0 + 1,
            "rank one" => r.Narrow(1, 0, 1).MatMul(r.Narrow(0, 0, 1)),
            "huge" => r * 1e290,
            "tiny" => r * 1e-290,
            "graded" => graded,
            "reversed" => graded.Flip([0, 1]),
            "hilbert" => Make(static (i, j) => 1.0 / (i + j + 1)),
            "wilkinson" => Make(static (i, j) => i == j ? Math.Abs(i - n / 2) : Math.Abs(i - j) == 1 ? 1 : 0),
            "cyclic" => Make(static (i, j) => j == (i + 1) % n ? 1 : 0),
            "jordan" => Make(static (i, j) => i == j ? 2 : j == i + 1 ? 1 : 0),
            "skew" => r - r.Transpose(0, 1),
            _ => r.Tril(),
        };

        static Tensor Make(Func<int, int, double> value) =>
            Tensor.From(Enumerable.Range(0, n * n).Select(k => value(k / n, k % n)).ToArray(), [n, n]);
    }
}
