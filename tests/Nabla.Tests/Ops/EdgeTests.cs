namespace Nabla.Tests.Ops;

/// <summary>Calls at the edges of what operations take, with the values that PyTorch 2.6 gives.</summary>
public sealed class EdgeTests
{
    private static Tensor Doubles(params double[] values) => Tensor.From(values).RequiresGrad_();

    [Fact]
    public void Logarithms_of_whole_numbers_are_as_exact_as_the_result()
    {
        Tensor whole = Tensor.From<long>([3, 2]);
        Tensor power = Doubles(0.75, -0.5), factor = Doubles(0.75, -0.5), shifted = Doubles(0.75, -0.5);
        whole.Pow(power).Sum().Backward();
        factor.XLogY(whole).Sum().Backward();
        Special.Xlog1py(shifted, whole).Sum().Backward();
        Assert.Equal(Math.Pow(3, 0.75) * Math.Log(3), power.Grad![0].Item(), 1e-15);
        Assert.Equal(Math.Log(3), factor.Grad![0].Item(), 1e-15);
        Assert.Equal(Math.Log(4), shifted.Grad![0].Item(), 1e-15);
    }

    [Fact]
    public void The_factor_of_a_complex_sum_keeps_its_digits()
    {
        Tensor one = Tensor.Complex(Doubles(1).Detach(), Doubles(0).Detach());
        Assert.Equal(1.1, one.Add(one, 0.1).Real.Item(), 1e-15);
        Assert.Equal(0.9, one.Sub(one, 0.1).Real.Item(), 1e-15);
        Assert.Equal(1.1, one.AddCMul(one, one, 0.1).Real.Item(), 1e-15);
    }

    [Fact]
    public void An_empty_index_gives_the_values_a_gradient_of_zeros()
    {
        Tensor x = Doubles(1, 2, 3), values = Tensor.Ones([2], DType.Float64, requiresGrad: true);
        x.ScatterAdd(0, Tensor.Zeros([0], DType.Int64), values).Sum().Backward();
        Assert.Equal([1.0, 1, 1], x.Grad!.ToArray<double>());
        Assert.Equal([0.0, 0], values.Grad!.ToArray<double>());
    }

    [Fact]
    public void A_polynomial_of_a_degree_beyond_all_integers_ends() =>
        Assert.Equal(0.0, Special.LaguerrePolynomialL(Doubles(0.5).Detach(), Doubles(1e20).Detach()).Item());

    [Theory]
    [InlineData(1e5, 1e5, 0.5004205221103651, 0.4995794778896348)]
    [InlineData(1e5, 1.003e5, 0.8286363112512075, 0.17136368874879243)]
    [InlineData(1e5, 0.98e5, 9.69083515816044e-11, 0.9999999999030916)]
    [InlineData(1e6, 1.001e6, 0.8413447863683402, 0.15865521363165971)]
    [InlineData(1e20, 1e20, 0.500000000013298, 0.4999999999867019)]
    public void The_incomplete_gamma_functions_keep_their_digits_for_large_arguments(double a, double x, double lower, double upper)
    {
        Tensor first = Doubles(a).Detach(), second = Doubles(x).Detach();
        Assert.Equal(1.0, Special.GammaInc(first, second).Item() / lower, 1e-12);
        Assert.Equal(1.0, Special.GammaIncC(first, second).Item() / upper, 1e-12);
    }

    [Fact]
    public void Airys_function_stays_bounded_far_out() =>
        Assert.InRange(Special.AiryAi(Doubles(-1e20).Detach()).Item(), -1e-5, 1e-5);

    [Fact]
    public void The_gradient_of_binary_cross_entropy_at_a_certain_mistake_is_limited_as_in_single_precision()
    {
        Tensor p = Doubles(1, 0);
        Functional.BinaryCrossEntropy(p, Tensor.From([0.0, 1.0]), reduction: Reduction.Sum).Backward();
        Assert.Equal([1 / (double)1e-12f, -1 / (double)1e-12f], p.Grad!.ToArray<double>());
    }

    [Fact]
    public void Ignored_targets_receive_no_gradient_even_if_none_counts()
    {
        foreach (Tensor? weight in (Tensor?[])[null, Tensor.From([0.5, 1.0, 2.0])])
        {
            Tensor x = Tensor.From([0.1, 0.2, 0.3], [1, 3], requiresGrad: true);
            Tensor loss = Functional.CrossEntropy(x, Tensor.From<long>([1]), weight, ignoreIndex: 1, labelSmoothing: 0.2);
            loss.Backward();
            Assert.Equal(double.NaN, loss.Item());
            Assert.Equal([0.0, 0, 0], x.Grad!.ToArray<double>());
        }
    }

    [Fact]
    public void A_bag_scales_its_padding_row_too()
    {
        Tensor weight = Tensor.From([3.0, 4.0, 0.3, 0.4], [2, 2]);
        Tensor y = Functional.EmbeddingBag(Tensor.From<long>([0, 1], [1, 2]), weight, mode: "sum", paddingIdx: 0, maxNorm: 1.0);
        Assert.Equal([0.3, 0.4], y.ToArray<double>());
        Assert.Equal(1.0, weight[0].Norm().Item(), 1e-6);
    }
}
