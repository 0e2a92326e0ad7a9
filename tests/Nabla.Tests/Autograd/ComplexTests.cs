using System.Numerics;

namespace Nabla.Tests.AutogradTests;

/// <summary>Gradients of functions of complex numbers are the direction of steepest ascent, with PyTorch's scaling.</summary>
public sealed class ComplexTests
{
    private static readonly Complex I = Complex.ImaginaryOne, Z = new(1, 2);

    private static readonly Dictionary<string, (Func<Tensor, Tensor> Run, Complex At, Complex? Seed, Complex Gradient)> Calls = new()
    {
        ["|z|"] = (static z => z.Abs(), Z, null, Z / Complex.Abs(Z)),
        ["|z| at 0"] = (static z => z.Abs(), 0, null, 0),
        ["z z*"] = (static z => (z * z.Conj()).Real, Z, null, 2 * Z),
        ["Re z"] = (static z => z.Real, Z, null, 1),
        ["Im z"] = (static z => z.Imag, Z, null, I),
        ["angle"] = (static z => z.Angle(), Z, null, new Complex(-0.4, 0.2)),
        ["angle at 0"] = (static z => z.Angle(), 0, null, 0),
        ["Re z^2"] = (static z => (z * z).Real, Z, null, new Complex(2, -4)),
        ["Re z*"] = (static z => z.Conj().Real, Z, null, 1),
        ["sgn at 0"] = (static z => z.Sgn(), 0, Complex.One, 0),
        ["sgn"] = (static z => z.Sgn(), Z, 1 + I, new Complex(0.4, -0.2) / Complex.Abs(Z)),
        ["holomorphic: z^2"] = (static z => z * z, Z, Complex.One, new Complex(2, -4)),
        ["conjugate"] = (static z => z.Conj(), Z, 1 + I, 1 - I),
        ["as real numbers"] = (static z => z.ViewAsReal().Sum(), Z, null, 1 + I),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory, MemberData(nameof(Names))]
    [Trait("Row", "1.16")]
    public void The_gradient_is_the_conjugate_derivative(string name)
    {
        (Func<Tensor, Tensor> run, Complex at, Complex? seed, Complex expected) = Calls[name];
        Tensor z = Tensor.From([at]).RequiresGrad_(), y = run(z);
        y.Backward(seed is { } s ? Tensor.From([s]).To(y.DType) : y.NDim == 0 ? null : Tensor.OnesLike(y));
        Complex actual = z.Grad!.Item<Complex>();
        Assert.True(Complex.Abs(actual - expected) < 1e-12, $"{name}: {actual}, not {expected}");
    }

    [Fact, Trait("Row", "1.16")]
    public void A_real_leaf_gets_the_real_part()
    {
        Tensor x = Tensor.From([2.0], requiresGrad: true);
        x.Mul((Scalar)I).Backward(Tensor.From([Complex.One]));
        Assert.Equal([0], Make.Values(x.Grad));

        x = Tensor.From([3.0], requiresGrad: true);
        Tensor.Complex(x, x * 2).Abs().Sum().Backward();
        Assert.Equal(Math.Sqrt(5), x.Grad!.Item<double>(), 1e-12);
    }

    [Fact, Trait("Row", "1.16"), Trait("Row", "1.2.1")]
    public void A_complex_result_needs_an_explicit_gradient() =>
        Assert.StartsWith("grad can be implicitly created only for real scalar outputs but got torch.complex128",
            Assert.Throws<DTypeException>(static () => Tensor.From([Z]).RequiresGrad_().Square().Sum().Backward()).Message,
                StringComparison.Ordinal);

    [Fact, Trait("Row", "1.16")]
    public void A_real_tensor_copied_or_converted_to_a_complex_one_gets_a_real_gradient()
    {
        Tensor x = Make.Leaf(1, 2), into = Tensor.Zeros([2], DType.Complex128);
        into.Copy_(x).Sum().Abs().Backward();
        Assert.Equal(DType.Float64, x.Grad!.DType);
        Assert.Equal([1, 1], Make.Values(x.Grad));

        x = Make.Leaf(1, 2);
        x.To(DType.Complex128).Sum().Abs().Backward();
        Assert.Equal([1, 1], Make.Values(x.Grad));
    }

    [Fact, Trait("Row", "1.16")]
    public void A_negative_real_base_has_a_complex_power()
    {
        Tensor exponent = Tensor.From([new Complex(0.5, 0.1), new Complex(0.5, -0.1)]).RequiresGrad_();
        Tensor y = Make.Plain(-1, -1).Pow(exponent);
        y.Sum().Abs().Backward();
        Complex[] values = y.Detach().ToArray<Complex>(), gradients = exponent.Grad!.ToArray<Complex>();
        Assert.True(Complex.Abs(values[0] - 0.7304026910486456 * I) < 1e-12 && Complex.Abs(values[1] - 1.3691077706248469 * I) < 1e-12);
        // d|w|/dw is i on the imaginary axis; dw/de is w log(-1) = iπ w.
        Assert.True(Complex.Abs(gradients[0] + Math.PI * values[0].Imaginary * I) < 1e-10, $"{gradients[0]}");
        Assert.True(Complex.Abs(gradients[1] + Math.PI * values[1].Imaginary * I) < 1e-10, $"{gradients[1]}");
    }

    [Fact, Trait("Row", "1.16")]
    public void Real_and_imaginary_parts_are_views()
    {
        Tensor z = Tensor.From([Z, 2 * Z]).RequiresGrad_() * 1;
        Assert.Equal([1, 2], Make.Values(z.Real));
        z.ViewAsReal().Sum().Backward();
        Assert.True(ReferenceEquals(z.ViewAsReal().storage, z.storage));
        Assert.True(ReferenceEquals(z.Detach().Imag.storage, z.storage));
    }
}
