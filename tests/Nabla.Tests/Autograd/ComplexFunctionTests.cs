using System.Numerics;
using Nabla.Testing;

namespace Nabla.Tests.AutogradTests;

/// <summary>Functions of complex numbers against those of System.Numerics and against their derivatives by differences.</summary>
public sealed class ComplexFunctionTests
{
    private static readonly Complex[] Points = [new(0.3, 0.7), new(-1.6, 0.2), new(2.1, -1.3), new(-0.4, -2.2)];

    private static readonly Dictionary<string, (Func<Tensor, Tensor> Run, Func<Complex, Complex> Value)> Calls = new()
    {
        ["asin"] = (static z => z.Asin(), Complex.Asin),
        ["acos"] = (static z => z.Acos(), Complex.Acos),
        ["atan"] = (static z => z.Atan(), Complex.Atan),
        ["asinh"] = (static z => z.Asinh(), static z => Complex.Log(z + Complex.Sqrt(z * z + 1))),
        ["acosh"] = (static z => z.Acosh(), static z => Complex.Log(z + Complex.Sqrt(z + 1) * Complex.Sqrt(z - 1))),
        ["atanh"] = (static z => z.Atanh(), static z => (Complex.Log(1 + z) - Complex.Log(1 - z)) / 2),
        ["expm1"] = (static z => z.Expm1(), static z => Complex.Exp(z) - 1),
        ["log1p"] = (static z => z.Log1p(), static z => Complex.Log(1 + z)),
        ["sinc"] = (static z => z.Sinc(), static z => Complex.Sin(Math.PI * z) / (Math.PI * z)),
        ["sigmoid"] = (static z => z.Sigmoid(), static z => 1 / (1 + Complex.Exp(-z))),
        ["silu"] = (static z => Functional.Silu(z), static z => z / (1 + Complex.Exp(-z))),
        ["lerp"] = (static z => z.Lerp(z * z, 0.3), static z => z + 0.3 * (z * z - z)),
        ["lerp by a complex weight"] = (static z => z.Lerp(z * z, new Complex(0.3, 0.4)),
            static z => z + new Complex(0.3, 0.4) * (z * z - z)),
        ["logaddexp"] = (static z => z.LogAddExp(z * z), static z => Complex.Log(Complex.Exp(z) + Complex.Exp(z * z))),
        ["masked_fill"] = (static z => z.MaskedFill(Tensor.Of(false), 0.5), static z => z),
        ["index_put"] = (static z => (z * 2).IndexPut([Tensor.From<long>([0, 1, 2, 3])], z, accumulate: true), static z => 3 * z),
        ["scatter_add"] = (static z => z.ScatterAdd(0, Tensor.From<long>([0, 1, 2, 3]), z * z), static z => z + z * z),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Values_and_gradients_are_those_of_the_function(string name)
    {
        (Func<Tensor, Tensor> run, Func<Complex, Complex> value) = Calls[name];
        Tensor z = Tensor.From(Points).RequiresGrad_(), y = run(z);
        y.Backward(Tensor.OnesLike(y));
        Complex[] values = y.Detach().ToArray<Complex>(), gradients = z.Grad!.ToArray<Complex>();
        for (int i = 0; i < Points.Length; i++)
        {
            Complex expected = value(Points[i]), turns = (values[i] - expected) / (2 * Math.PI * Complex.ImaginaryOne);
            // A logarithm may be another branch's.
            if (name is "logaddexp") expected += Math.Round(turns.Real) * 2 * Math.PI * Complex.ImaginaryOne;
            Assert.True(Complex.Abs(values[i] - expected) < 1e-12, $"{name}({Points[i]}) is {values[i]}, not {expected}");
            const double Step = 1e-6;
            Complex slope = Complex.Conjugate((value(Points[i] + Step) - value(Points[i] - Step)) / (2 * Step));
            Assert.True(Complex.Abs(gradients[i] - slope) < 1e-7, $"{name}'({Points[i]}) is {gradients[i]}, not {slope}");
        }
    }

    private static readonly Dictionary<string, Func<Tensor, Tensor, Tensor>> Kernels = new()
    {
        ["product"] = static (x, y) => x * y,
        ["product with real numbers"] = static (x, y) => x * y.Real,
        ["broadcast product"] = static (x, y) => x.Unsqueeze(1) * y,
        ["product with a number"] = static (x, y) => x * 3 + y.Mul(new Complex(0.5, -2)),
        ["quotient"] = static (x, y) => x / y,
        ["number over y"] = static (x, y) => x + 2 / y,
        ["real over y"] = static (x, y) => x.Real / y,
        ["difference"] = static (x, y) => 2 - (x - y.Real) + (-y),
        ["modulus"] = static (x, y) => x.Abs() * y,
        ["phase"] = static (x, y) => x.Sgn() * y,
        ["exponential"] = static (x, y) => x.Exp() * y.Conj(),
        ["parts"] = static (x, y) => Tensor.Complex(x.Imag, y.Real * x.Real),
    };

    public static TheoryData<string> KernelNames => [.. Kernels.Keys];

    [Theory, MemberData(nameof(KernelNames))]
    public void Kernels_agree_with_differences_in_every_mode(string name)
    {
        Tensor[] z = [Tensor.From(Points).RequiresGrad_(), Tensor.From(Points).Flip(0).Mul(new Complex(0.4, 0.9)).Detach().RequiresGrad_()];
        Func<Tensor[], Tensor[]> f = x => [Kernels[name](x[0], x[1])];
        Assert.True(GradCheck.Run(f, z, checkForwardAd: true, checkBatchedGrad: true, checkBatchedForwardGrad: true));
        Assert.True(GradGradCheck.Run(f, z));
    }

    /// <summary>Strided, transposed, broadcast, short and long operands, against products and quotients of single numbers.</summary>
    [Theory, InlineData(1), InlineData(3), InlineData(7), InlineData(70), InlineData(20000)]
    public void Layouts_do_not_change_values(int n)
    {
        Tensor x = Tensor.Complex(Tensor.Randn([n, 3], DType.Float64), Tensor.Randn([n, 3], DType.Float64));
        Tensor y = Tensor.Complex(Tensor.Randn([3, n], DType.Float64), Tensor.Randn([3, n], DType.Float64)).T;
        foreach (DType dtype in new[] { DType.Complex64, DType.Complex128 })
        {
            double bound = dtype == DType.Complex64 ? 1e-6 : 1e-15;
            foreach ((Tensor a, Tensor b) in new[] { (x, x), (x, y), (y, x[..1]), (x[.., 1..2], y), (x, y[0, 0]), (x[..1].Squeeze(), y) })
            {
                Tensor p = a.To(dtype), q = b.To(dtype), expanded = Tensor.BroadcastTensors(p, q)[1];
                Complex[] left = Tensor.BroadcastTensors(p, q)[0].To(DType.Complex128).Contiguous().ToArray<Complex>(),
                    right = expanded.To(DType.Complex128).Contiguous().ToArray<Complex>(),
                    product = (p * q).To(DType.Complex128).Contiguous().ToArray<Complex>(),
                    quotient = (p / q).To(DType.Complex128).Contiguous().ToArray<Complex>(),
                    conjugate = (p + q).Conj().To(DType.Complex128).Contiguous().ToArray<Complex>();
                double[] length = (p + q).Abs().To(DType.Float64).Contiguous().ToArray<double>();
                for (int i = 0; i < left.Length; i++)
                {
                    Complex l = left[i], r = right[i];
                    Assert.True(Complex.Abs(product[i] - l * r) <= bound * Complex.Abs(l) * Complex.Abs(r));
                    Assert.True(Complex.Abs(quotient[i] - l / r) <= 4 * bound * Complex.Abs(l / r));
                    Assert.True(Complex.Abs(conjugate[i] - Complex.Conjugate(l + r)) <= bound * (Complex.Abs(l) + Complex.Abs(r)));
                    Assert.True(Math.Abs(length[i] - Complex.Abs(l + r)) <= bound * (Complex.Abs(l) + Complex.Abs(r)));
                }
            }
        }
    }

    [Fact]
    public void Lengths_and_quotients_do_not_overflow()
    {
        Tensor large = Tensor.From([new Complex(3e300, 4e300), new Complex(3e-300, 4e-300), new Complex(0, -5e-324)]);
        Assert.Equal([1, 1, 1], (large.Abs() / Tensor.From([5e300, 5e-300, 5e-324])).ToArray<double>(), Close);
        Assert.Equal([1, 1, 1], (large / large).Real.ToArray<double>());
        Tensor legs = Tensor.From([3e200, 3e-200, 0.0]);
        Assert.Equal([1, 1, 0], (legs.Hypot(Tensor.From([4e200, 4e-200, 0.0])) / Tensor.From([5e200, 5e-200, 1])).ToArray<double>(), Close);
        Assert.Equal(double.PositiveInfinity, Tensor.From([double.NegativeInfinity]).Hypot(Tensor.From([double.NaN])).Item<double>());
        Tensor single = Tensor.Complex(Tensor.From([3e37f, 3e-38f]), Tensor.From([4e37f, 4e-38f]));
        Assert.Equal([1, 1], (single / single).Real.ToArray<float>());

        static bool Close(double a, double b) => Math.Abs(a - b) < 1e-15;
    }

    [Fact]
    public void Products_run_over_a_dimension()
    {
        Tensor z = Tensor.From(Points).RequiresGrad_(), running = z.CumProd(0), whole = z.Prod(0);
        Complex product = 1;
        Complex[] expected = [.. Points.Select(p => product *= p)];
        Complex[] actual = running.Detach().ToArray<Complex>();
        for (int i = 0; i < expected.Length; i++) Assert.True(Complex.Abs(actual[i] - expected[i]) < 1e-12, $"{actual[i]}");
        whole.Backward(Tensor.OnesLike(whole));
        Assert.True(Complex.Abs(whole.Item<Complex>() - product) < 1e-12);
        Assert.True(Complex.Abs(z.Grad!.ToArray<Complex>()[2] - Complex.Conjugate(product / Points[2])) < 1e-12);
        Assert.Equal(Complex.One, Tensor.Zeros([0], DType.Complex128).Prod(0).Item<Complex>());
    }

    [Fact]
    public void The_variance_is_that_of_both_parts()
    {
        Tensor z = Tensor.From(Points);
        (Tensor variance, Tensor mean) = z.VarMean(0);
        Assert.Equal((z.Real.Var() + z.Imag.Var()).Item(), variance.Item(), 1e-14);
        Assert.Equal(z.Mean().Item<Complex>(), mean.Item<Complex>());
        Assert.Equal(Math.Sqrt(variance.Item()), z.Std().Item(), 1e-14);
    }

    [Fact]
    public void Sums_of_exponentials_and_affine_products_hold_for_complex_numbers()
    {
        Tensor z = Tensor.From(Points), matrix = z.Reshape([2, 2]);
        Complex sum = Points.Aggregate(Complex.Zero, static (s, p) => s + Complex.Exp(p));
        Assert.True(Complex.Abs(Complex.Exp(z.LogSumExp(0).Item<Complex>()) - sum) < 1e-12);
        Tensor expected = matrix * 0.5 + matrix.MatMul(matrix) * 2;
        Assert.True(matrix.AddMm(matrix, matrix, 0.5, 2).AllClose(expected));
        Tensor nan = Tensor.Full([2, 2], double.NaN, DType.Complex128);
        Assert.True(nan.AddMm(matrix, matrix, 0).AllClose(matrix.MatMul(matrix)));
    }

    [Fact]
    public void Systems_of_complex_equations_are_solved()
    {
        Tensor a = Tensor.From(Points).Reshape([2, 2]), b = Tensor.From([new Complex(1, -1), new Complex(0.5, 2)]).Reshape([2, 1]);
        Tensor inverse = LinAlg.Inv(a), x = LinAlg.Solve(a, b);
        Assert.True(a.MatMul(inverse).AllClose(Tensor.Eye(2, dtype: DType.Complex128)));
        Assert.True(a.MatMul(x).AllClose(b));
        Assert.True(LinAlg.Solve(a, b.Squeeze(-1)).AllClose(x.Squeeze(-1)));
        Assert.True(LinAlg.Solve(a, b.MT, left: false).MatMul(a).AllClose(b.MT));
        Assert.True(a.Triu().MatMul(LinAlg.SolveTriangular(a, b, upper: true)).AllClose(b));
        Assert.Throws<LinAlgException>(() => LinAlg.Inv(Tensor.Zeros([2, 2], DType.Complex128)));
    }
}
