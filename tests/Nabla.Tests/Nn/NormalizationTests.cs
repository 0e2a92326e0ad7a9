using Nabla.Nn;
using F = Nabla.Functional;

namespace Nabla.Tests.Nn;

/// <summary>What the rows of the registry do not say: names of nodes, running statistics, mixed dtypes, bytes, masked rows.</summary>
public sealed class NormalizationTests
{
    private static Tensor X(params long[] shape) => Registry.In.Real(shape);

    [Fact]
    public void Nodes_have_PyTorchs_names()
    {
        Assert.Equal("NativeLayerNormBackward0", F.LayerNorm(X(2, 3), [3]).GradFn!.Name);
        Assert.Equal("NativeBatchNormBackward0", F.BatchNorm(X(2, 3), null, null, training: true).GradFn!.Name);
        Assert.Equal("NativeGroupNormBackward0", F.GroupNorm(X(2, 4, 2), 2).GradFn!.Name);
        Assert.Equal("ReflectionPad1DBackward0", F.Pad(X(1, 1, 3), [1, 1], "reflect").GradFn!.Name);
        Assert.Equal("UpsampleBilinear2DBackward0", F.Interpolate(X(1, 1, 3, 3), 5, mode: "bilinear").GradFn!.Name);
        Assert.Equal("GridSampler2DBackward0", F.GridSample(X(1, 1, 3, 3), X(1, 2, 2, 2)).GradFn!.Name);
        Assert.Equal("PixelShuffleBackward0", F.PixelShuffle(X(1, 4, 2, 2), 2).GradFn!.Name);
        Tensor label = Tensor.From([1L], [1, 1]);
        Assert.Equal("CtcLossBackward0", F.CtcLoss(X(3, 1, 4), label, [3], [1], reduction: Reduction.None).GradFn!.Name);
    }

    [Fact]
    public void Running_statistics_move_by_momentum_towards_mean_and_unbiased_variance()
    {
        Tensor x = Tensor.From([1.0, 2, 3, 6], [4, 1]), mean = Tensor.From([10.0]), var = Tensor.From([1.0]);
        F.BatchNorm(x, mean, var, training: true, momentum: 0.25);
        Assert.Equal(0.75 * 10 + 0.25 * 3, mean.Item(), 12);
        Assert.Equal(0.75 + 0.25 * 14 / 3, var.Item(), 12);
        Assert.Equal((1, 1), (mean.Version, var.Version));
        F.BatchNorm(x, mean, var);
        Assert.Equal((1, 1), (mean.Version, var.Version));
    }

    [Fact]
    public void A_failed_call_leaves_running_statistics_alone()
    {
        Tensor mean = Tensor.Zeros([3], DType.Float64), var = Tensor.Ones([3], DType.Float64);
        Assert.Throws<ShapeException>(() => F.BatchNorm(X(2, 3), mean, var, X(4), training: true));
        Assert.Equal((0, 0), (mean.Version, var.Version));
    }

    [Fact]
    public void Half_precision_takes_parameters_in_single()
    {
        Tensor x = X(3, 4).Detach().To(DType.BFloat16).RequiresGrad_(), w = Tensor.Ones([4], DType.Float32, requiresGrad: true);
        Tensor y = F.LayerNorm(x, [4], w);
        Assert.Equal(DType.BFloat16, y.DType);
        y.Sum().Backward();
        Assert.Equal((DType.BFloat16, DType.Float32), (x.Grad!.DType, w.Grad!.DType));
        Assert.Throws<DTypeException>(() => F.LayerNorm(X(3, 4), [4], w));
    }

    [Fact]
    public void Bytes_are_interpolated_in_fixed_point()
    {
        // PyTorch 2.6: interpolate(arange(16) * 7, size=(6, 5)) of bytes.
        Tensor x = (Tensor.Arange(16) * 7).To(DType.UInt8).Reshape([1, 1, 4, 4]);
        byte[] linear = [0, 5, 11, 16, 21, 14, 19, 25, 30, 35, 33, 38, 44, 49, 54,
            51, 56, 62, 67, 72, 70, 75, 81, 86, 91, 84, 89, 95, 100, 105];
        byte[] cubic = [0, 2, 9, 15, 19, 11, 15, 22, 28, 32, 34, 38, 45, 51, 55,
            50, 54, 61, 67, 71, 73, 77, 84, 90, 94, 86, 90, 97, 103, 107];
        Assert.Equal(linear, F.Interpolate(x, (6, 5), mode: "bilinear").ToArray<byte>());
        Assert.Equal(cubic, F.Interpolate(x, (6, 5), mode: "bicubic").ToArray<byte>());
    }

    [Fact]
    public void A_row_without_any_position_is_zero_and_has_no_gradient()
    {
        Tensor q = X(2, 4), mask = Tensor.Of([[true, false], [false, false]]);
        Tensor y = F.ScaledDotProductAttention(q, X(2, 4), X(2, 4), mask);
        y.Sum().Backward();
        Assert.All(y.Detach().Select(0, 1).ToArray<double>(), static v => Assert.Equal(0, v));
        Assert.All(q.Grad!.ToArray<double>(), static v => Assert.True(double.IsFinite(v)));
    }

    /// <summary>The numbers are PyTorch's of a process on its own.</summary>
    [Fact]
    public void SyncBatchNormOfOneProcessIsBatchNorm()
    {
        SyncBatchNorm norm = new(3);
        Assert.Equal("SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", norm.ToString());
        Assert.Equal(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"], norm.StateDict().Keys);
        Tensor x = Tensor.Arange(12, dtype: DType.Float32).Reshape([4, 3]).Sin();
        double[] expected = [-0.2743036150932312, 1.120512843132019, 0.9579653143882751, 0.29116711020469666, -1.1405284404754639,
            -0.9781715273857117, -1.3939272165298462, 0.8595269918441772, 1.0409365892410278, 1.3770636320114136, -0.8395113945007324,
            -1.0207303762435913];
        ModuleGolden.Close(expected, norm.Call(x), 2e-6, "output");
        ModuleGolden.Close([0.9083027839660645, 0.9666216373443604, 1.0241420269012451], norm.RunningVar!, 1e-6, "variance");
        Assert.Equal(1, norm.NumBatchesTracked!.Item());
        Assert.Equal((Shape)(2, 3, 2, 2), norm.Call(Tensor.Rand([2, 3, 2, 2])).Shape);
        Assert.StartsWith("expected at least 2D input (got 1D input)", Assert.Throws<ShapeException>(() =>
            norm.Call(Tensor.Ones(3))).Message);
        Assert.StartsWith("SyncBatchNorm number of input channels should be non-zero", Assert.Throws<ShapeException>(() =>
            norm.Call(Tensor.Ones(2, 0, 3))).Message);
    }
}
