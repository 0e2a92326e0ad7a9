using Nabla.Amp;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Tests.Optim;

/// <summary>Clipping, vectors of parameters, scaling of losses, averages of models.</summary>
public sealed class GradientHelpersTests
{
    private static void Fails<T>(string message, Action action) where T : Exception =>
        Assert.StartsWith(message, Assert.ThrowsAny<T>(action).Message);

    private static Tensor Leaf(params ReadOnlySpan<double> values) => Tensor.From(values, requiresGrad: true);

    [Fact]
    public void NormsThatAreNotFiniteAreAnErrorOnRequest()
    {
        Tensor p = Leaf(1, 2);
        p.Grad = Tensor.From([double.NaN, 1]);
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => Utils.ClipGradNorm_(p, 1, errorIfNonfinite: true));
        Assert.StartsWith("The total norm of order 2.0 for gradients from `parameters` is non-finite, so it cannot be clipped.", e.Message);
        Assert.Equal([double.NaN, 1], p.Grad.ToArray<double>());
        Utils.ClipGradNorm_(p, 1);
        Assert.Equal([double.NaN, double.NaN], p.Grad.ToArray<double>());
        Assert.Equal(0, Utils.GetTotalNorm([]).Item());
    }

    [Fact]
    public void ValuesAreClipped()
    {
        Tensor p = Leaf(1, 2, 3);
        p.Grad = Tensor.From([-5.0, 0.5, 5]);
        Utils.ClipGradValue_([p, Leaf(1)], 2);
        Assert.Equal([-2, 0.5, 2], p.Grad.ToArray<double>());
    }

    [Fact]
    public void ParametersGoToAVectorAndBack()
    {
        Tensor a = Tensor.Ones([2, 2], DType.Float64, requiresGrad: true), b = Leaf(5);
        Tensor vector = Utils.ParametersToVector([a, b]);
        Assert.Equal([1.0, 1, 1, 1, 5], vector.Detach().ToArray<double>());
        Assert.True(vector.RequiresGrad);
        Utils.VectorToParameters(vector.Detach() * 2, [a, b]);
        Assert.Equal((8.0, 10.0), (a.Sum().Item(), b.Item()));
        Assert.Throws<ShapeException>(() => Utils.VectorToParameters(Tensor.Ones([4]), [a, b]));
        Assert.Equal((8.0, 10.0), (a.Sum().Item(), b.Item()));
    }

    [Fact]
    public void LossesAreScaledAndBadStepsLeftOut()
    {
        Tensor p = Leaf(1, 2);
        SGD o = new([p], lr: 0.5);
        GradScaler scaler = new(initScale: 8, growthInterval: 2);
        for (int i = 0; i < 4; i++)
        {
            o.ZeroGrad();
            scaler.Scale((p * (i == 2 ? double.PositiveInfinity : 1)).Sum()).Backward();
            scaler.Unscale_(o);
            if (i == 0) Assert.Equal([1.0, 1], p.Grad!.ToArray<double>());
            Assert.Equal(i != 2, scaler.Step(o));
            scaler.Update();
            Assert.Equal(((double[])[8, 16, 8, 8])[i], scaler.GetScale());
        }
        Assert.Equal([-0.5, 0.5], p.ToArray<double>());
        Assert.Equal("{'scale': 8.0, 'growth_factor': 2.0, 'backoff_factor': 0.5, 'growth_interval': 2, '_growth_tracker': 1}",
            StateValue.Repr(scaler.StateDict()));
        GradScaler other = new();
        other.LoadStateDict(scaler.StateDict());
        Assert.Equal((8.0, 2), (other.GetScale(), other.GrowthInterval));
    }

    [Fact]
    public void TheScalersOrderIsChecked()
    {
        Tensor p = Leaf(1);
        SGD o = new([p]);
        GradScaler scaler = new();
        Fails<InvalidOperationException>("Attempted step but _scale is None.", () => scaler.Step(o));
        scaler.Scale(p.Sum()).Backward();
        Fails<InvalidOperationException>("No inf checks were recorded prior to update", scaler.Update);
        scaler.Unscale_(o);
        Fails<InvalidOperationException>("unscale_() has already been called", () => scaler.Unscale_(o));
        scaler.Step(o);
        Fails<InvalidOperationException>("step() has already been called", () => scaler.Step(o));
        Fails<InvalidOperationException>("unscale_() is being called after step().", () => scaler.Unscale_(o));
        scaler.Update();
        o.ZeroGrad();
        Fails<InvalidOperationException>("No inf checks were recorded for this optimizer", () => scaler.Step(o));
        Fails<ArgumentException>("The growth factor must be > 1.0.", () => _ = new GradScaler(growthFactor: 1));
        Fails<ArgumentException>("The source state dict is empty", () => scaler.LoadStateDict(new Dictionary<string, object?>()));
        Tensor half = Tensor.Ones([2], DType.Float16, requiresGrad: true);
        half.Grad = Tensor.OnesLike(half);
        Fails<DTypeException>("Attempting to unscale FP16 gradients.", () => scaler.Step(new SGD([half])));
        GradScaler off = new(enabled: false);
        Assert.Same(p, off.Scale(p));
        Assert.Equal(1, off.GetScale());
        Assert.Empty(off.StateDict());
    }

    private sealed class Line : Module<Tensor, Tensor>
    {
        internal readonly Tensor Weight = Parameter.Of(Tensor.From([2.0]));
        [Buffer] internal readonly Tensor Seen = Tensor.From([0.0]);

        protected override Tensor Forward(Tensor x) => x * Weight;
    }

    [Fact]
    public void ModelsAreAveraged()
    {
        Line line = new();
        AveragedModel<Tensor, Tensor> mean = new(line), ema = new(line, multiAvgFn: SwaUtils.GetEmaMultiAvgFn(0.5)),
            emaToo = new(line, SwaUtils.GetEmaAvgFn(0.5), useBuffers: true);
        for (int i = 1; i <= 3; i++)
        {
            using (Autograd.NoGrad())
            {
                line.Weight.Fill_(i);
                line.Seen.Fill_(i);
            }
            mean.UpdateParameters(line);
            ema.UpdateParameters(line);
            emaToo.UpdateParameters(line);
        }
        Assert.Equal(["n_averaged", "module.weight", "module.seen"], mean.StateDict().Keys);
        Assert.Equal(2, mean.Call(Tensor.From([1.0])).Item());
        Assert.Equal(2.25, ema.Call(Tensor.From([1.0])).Item());
        Assert.Equal((3, 3.0), (mean.NAveraged, ((Line)mean.Module).Seen.Item()));
        Assert.Equal((2.25, 2.25), (emaToo.Call(Tensor.From([1.0])).Item(), ((Line)emaToo.Module).Seen.Item()));
        Assert.Equal(3, line.Weight.Item());
        Fails<ArgumentException>("Invalid decay value 2.0 provided.", () => _ = SwaUtils.GetEmaAvgFn(2));
        Assert.Throws<ArgumentException>(() =>
            new AveragedModel<Tensor, Tensor>(line, SwaUtils.GetSwaAvgFn(), SwaUtils.GetSwaMultiAvgFn()));
    }
}
