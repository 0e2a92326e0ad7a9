namespace Nabla.Tests.Nn;

public sealed class ActivationTests
{
    private static readonly double[] Slopes =
        [0.18320425623050082, 1, 0.18201952367745117, 0.30460270029533865, 0.26181008970587527];

    private static readonly float[] Values = [-0.38450586f, 2, -1.1037272f];

    /// <summary>The figures are PyTorch's for this seed.</summary>
    [Fact]
    public void Slopes_of_rrelu_are_drawn_for_elements_that_are_not_positive()
    {
        Generator generator = new(7);
        Tensor x = Tensor.From([-1.0, 2, -3, 0, -5], requiresGrad: true);
        Functional.RRelu(x, training: true, generator: generator).Sum().Backward();
        Assert.Equal(Slopes, x.Grad!.ToArray<double>(), static (a, b) => Math.Abs(a - b) < 1e-12);
        float[] y = Functional.RRelu(Tensor.From([-1f, 2, -3]), 0.2, 0.4, training: true, generator: generator).ToArray<float>();
        Assert.Equal(Values, y, static (a, b) => Math.Abs(a - b) < 1e-6f);
    }
}
