using Nabla.Amp;
using Nabla.Nn;

namespace Nabla.Tests.Amp;

/// <summary>Scopes of mixed precision: where they hold, what they convert, and how the graph sees it.</summary>
public sealed class AutocastTests
{
    private static Tensor Weight(ulong seed = 1) => Tensor.Randn([4, 4], DType.Float32, generator: new Generator(seed), requiresGrad: true);

    private static Tensor Input(ulong seed = 2) => Tensor.Randn([3, 4], DType.Float32, generator: new Generator(seed));

    [Fact]
    public void ScopesNestAndRestore()
    {
        Assert.False(Autocast.IsEnabled);
        Assert.Equal(DType.BFloat16, Autocast.DType);
        using (Autocast.Enable(DType.Float16))
        {
            Assert.True(Autocast.IsEnabled);
            Assert.Equal(DType.Float16, Input().MatMul(Weight()).DType);
            using (Autocast.Disable())
            {
                Assert.False(Autocast.IsEnabled);
                Assert.Equal(DType.Float16, Autocast.DType);
                Assert.Equal(DType.Float32, Input().MatMul(Weight()).DType);
                using (Autocast.Enable()) Assert.Equal(DType.BFloat16, Input().MatMul(Weight()).DType);
            }
            using (Autocast.Enable(enabled: false)) Assert.False(Autocast.IsEnabled);
            using (Autocast.Enable(DType.BFloat16, cacheEnabled: false)) Assert.False(Autocast.IsCacheEnabled);
            Assert.Equal(DType.Float16, Autocast.DType);
        }
        Assert.False(Autocast.IsEnabled);
        Assert.Equal(DType.Float32, Input().MatMul(Weight()).DType);
    }

    [Fact]
    public void ScopesCloseInOrder()
    {
        AutocastScope outer = Autocast.Enable(), inner = Autocast.Enable(DType.Float16);
        Assert.Contains("closed out of order", Assert.Throws<InvalidOperationException>(outer.Dispose).Message);
        Assert.Equal(DType.Float16, Autocast.DType);
        inner.Dispose();
        inner.Dispose();
        outer.Dispose();
        Assert.False(Autocast.IsEnabled);
    }

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    [InlineData(DType.Int64)]
    public void OtherDTypesAreRefused(DType dtype)
    {
        DTypeException e = Assert.Throws<DTypeException>(() => Autocast.Enable(dtype));
        Assert.StartsWith("In CPU autocast, but the target dtype is not supported", e.Message);
        Assert.False(Autocast.IsEnabled);
    }

    [Fact]
    public void ProductsAreThoseOfConvertedOperands()
    {
        Tensor x = Input(), w = Weight(), y;
        using (Autocast.Enable()) y = x.MatMul(w);
        Assert.True(y.Equal(x.To(DType.BFloat16).MatMul(w.To(DType.BFloat16))));
        Assert.Equal("MmBackward0", y.GradFn!.Name);
        Assert.Equal("ToCopyBackward0", y.GradFn.NextFunctions[1].Node!.Name);
        y.Sum().Backward();
        Assert.Equal(DType.Float32, w.Grad!.DType);
        Tensor expected = x.To(DType.BFloat16).T.MatMul(Tensor.Ones([3, 4], DType.BFloat16)).To(DType.Float32);
        Assert.True(w.Grad.Equal(expected));
    }

    [Fact]
    public void Float64AndIntegersStay()
    {
        using AutocastScope scope = Autocast.Enable();
        Assert.Equal(DType.Float64, Input().To(DType.Float64).MatMul(Weight().To(DType.Float64)).DType);
        Assert.Equal(DType.Int64, Tensor.Ones([2, 2], DType.Int64).MatMul(Tensor.Ones([2, 2], DType.Int64)).DType);
        Assert.Equal(DType.Complex64, Tensor.Ones([2, 2], DType.Complex64).MatMul(Tensor.Ones([2, 2], DType.Complex64)).DType);
        Assert.StartsWith("expected m1 and m2 to have the same dtype, but got: double != c10::BFloat16",
            Assert.Throws<DTypeException>(() => Input().To(DType.Float64).Mm(Weight())).Message);
    }

    [Fact]
    public void InPlaceMethodsConvertNothing()
    {
        Tensor sum = Tensor.Zeros([3, 4]), x = Input(), w = Weight().Detach();
        using (Autocast.Enable()) sum.AddMm_(x, w);
        Assert.Equal(DType.Float32, sum.DType);
        Assert.True(sum.Equal(x.Mm(w)));
    }

    [Fact]
    public void JoiningTakesTheWidest()
    {
        Tensor single = Tensor.Ones([2]), low = single.To(DType.BFloat16), half = single.To(DType.Float16);
        using AutocastScope scope = Autocast.Enable();
        Assert.Equal(DType.Float32, Tensor.Cat([low, single]).DType);
        Assert.Equal(DType.BFloat16, Tensor.Stack([low, low]).DType);
        Assert.Equal(DType.Float64, Tensor.Cat([low, single.To(DType.Float64)]).DType);
        Assert.Equal(DType.BFloat16, Tensor.Cat([low, single.To(DType.Int64)]).DType);
        Assert.Equal(DType.Float32, low.IndexCopy(0, Tensor.Of([0L, 1L]), single).DType);
        Assert.StartsWith("Unexpected floating ScalarType in at::autocast::prioritize",
            Assert.Throws<DTypeException>(() => Tensor.Cat([low, half])).Message);
    }

    [Fact]
    public void ParametersAreConvertedOncePerScope()
    {
        Tensor x = Input(), w = Weight();
        Node Cast(Tensor y) => y.GradFn!.NextFunctions[1].Node!;
        using (Autocast.Enable())
        {
            Node first = Cast(x.MatMul(w));
            using (Autocast.Enable()) Assert.Same(first, Cast(x.MatMul(w)));
            using (Autocast.Enable(DType.Float16)) Assert.NotSame(first, Cast(x.MatMul(w)));
            using (Autocast.Enable(cacheEnabled: false)) Assert.NotSame(first, Cast(x.MatMul(w)));
            Assert.Same(first, Cast(x.MatMul(w)));
            // Written to: the copy is out of date.
            using (Autograd.NoGrad()) w.Mul_(2);
            Tensor y = x.MatMul(w);
            Assert.NotSame(first, Cast(y));
            Assert.True(y.Equal(x.To(DType.BFloat16).MatMul(w.To(DType.BFloat16))));
        }
        Node one, two;
        using (Autocast.Enable()) one = Cast(x.MatMul(w));
        using (Autocast.Enable()) two = Cast(x.MatMul(w));
        Assert.NotSame(one, two);
    }

    [Fact]
    public void EvaluationFirstDoesNotCutParametersOff()
    {
        Tensor x = Input(), w = Weight();
        using AutocastScope scope = Autocast.Enable();
        using (Autograd.NoGrad()) Assert.False(x.MatMul(w).RequiresGrad);
        Tensor y = x.MatMul(w);
        y.Sum().Backward();
        Assert.NotNull(w.Grad);
        // Several backward runs through one converted copy.
        Tensor before = w.Grad!.Clone();
        x.MatMul(w).Sum().Backward();
        Assert.True(w.Grad.Equal(before * 2));
    }

    [Fact]
    public void BackwardComputesInRecordedDTypes()
    {
        Tensor w = Weight(), inside, outside;
        Tensor y = LinAlg.Inv(w).Sum() + Functional.Linear(Input(), w).Sum();
        using (Autocast.Enable()) inside = Autograd.Grad(y, w, retainGraph: true);
        outside = Autograd.Grad(y, w);
        Assert.True(inside.Equal(outside));
    }

    [Fact]
    public async Task TheScopeBelongsToTheFlow()
    {
        bool? stranger = null;
        using (ManualResetEventSlim go = new())
        {
            Thread thread = new(() =>
            {
                go.Wait();
                stranger = Autocast.IsEnabled;
            });
            thread.Start();
            using (Autocast.Enable(DType.Float16))
            {
                go.Set();
                thread.Join();
                Assert.False(stranger);
                DType inherited = await Task.Run(static () => Input().MatMul(Weight()).DType, TestContext.Current.CancellationToken);
                Assert.Equal(DType.Float16, inherited);
                await Task.Yield();
                Assert.True(Autocast.IsEnabled);
                DType[] all = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
                {
                    using AutocastScope own = i % 2 == 0 ? Autocast.Enable() : Autocast.Disable();
                    return Input().MatMul(Weight()).DType;
                })));
                Assert.Equal([DType.BFloat16, DType.Float32, DType.BFloat16, DType.Float32], all);
                Assert.Equal(DType.Float16, Autocast.DType);
            }
        }
        Assert.False(Autocast.IsEnabled);
    }

    [Fact]
    public void CheckpointsComputeAgainUnderTheirAutocast()
    {
        Tensor x = Input(), w = Weight(), v = Weight(3);
        Tensor Body(Tensor a) => Functional.Linear(Functional.Linear(a, w).Tanh(), v).Sin();
        Tensor plain, again;
        x.RequiresGrad = true;
        using (Autocast.Enable()) plain = Body(x).Sum();
        Tensor[] expected = Autograd.Grad([plain], [x, w, v])!;
        using (Autocast.Enable())
        {
            // The first pass through the region finds converted parameters, the second has to convert.
            Body(x);
            again = Checkpoint.Run(Body, x).Sum();
        }
        Tensor[] got = Autograd.Grad([again], [x, w, v])!;
        for (int i = 0; i < 3; i++) Assert.True(got[i].Equal(expected[i]));
    }

    [Fact]
    public void TransformsComputeUnderAutocast()
    {
        Tensor x = Input(), w = Weight().Detach();
        using AutocastScope scope = Autocast.Enable();
        Tensor all = Func.Vmap(a => Functional.Linear(a, w))(x);
        Assert.Equal(DType.BFloat16, all.DType);
        Assert.True(all.Equal(Functional.Linear(x, w)));
        Assert.Equal(DType.Float32, Func.Grad(a => Functional.MseLoss(Functional.Linear(x, a), x))(w).DType);
        (Tensor y, Tensor tangent) = Func.Jvp(a => a.MatMul(w), x, x);
        Assert.True(y.Equal(tangent));
    }

    [Fact]
    public void AModelOfAllKindsTrains()
    {
        Generator.Default.ManualSeed(5);
        Sequential model = new(new Conv2d(1, 4, 3), new BatchNorm2d(4), new ReLU(), new MaxPool2d(2), new Flatten(),
            new Nabla.Nn.Linear(36, 8), new LayerNorm(8), new Nabla.Nn.Linear(8, 3));
        Tensor x = Tensor.Randn([2, 1, 8, 8], DType.Float32), loss;
        using (Autocast.Enable()) loss = Functional.CrossEntropy(model.Call(x), Tensor.Of([0L, 2L]));
        Assert.Equal(DType.Float32, loss.DType);
        loss.Backward();
        Assert.All(model.Parameters(), static p =>
        {
            Assert.Equal(DType.Float32, p.DType);
            Assert.Equal(DType.Float32, p.Grad!.DType);
        });
    }

    [Theory]
    [InlineData(DType.BFloat16, 1.0 / 256)]
    [InlineData(DType.Float16, 1.0 / 2048)]
    public void ProductsAreSummedInFloat32(DType dtype, double half)
    {
        Generator g = new(7);
        Tensor x = Tensor.Rand([512, 512], DType.Float32, generator: g).To(dtype), y = Tensor.Rand([512, 512], DType.Float32, generator: g)
            .To(dtype);
        Tensor exact = x.To(DType.Float64).Mm(y.To(DType.Float64));
        double worst = ((x.Mm(y).To(DType.Float64) - exact) / exact).Abs().Max().Item();
        // One rounding; sums rounded at each of the 512 steps would be off by a hundred times as much.
        Assert.InRange(worst, 0, half * 1.01);
    }

    private sealed class Scaled(DType? inputs, bool backward) : Function<(Tensor X, Tensor W), Tensor>
    {
        internal DType Seen, SeenBackward;

        protected override DType? AutocastInputs => inputs;
        protected override bool AutocastBackward => backward;

        protected override Tensor Forward(FunctionContext ctx, (Tensor X, Tensor W) input)
        {
            ctx.SaveForBackward(input.X, input.W);
            Tensor y = input.X.MatMul(input.W);
            Seen = y.DType;
            return y;
        }

        protected override (Tensor X, Tensor W) Backward(FunctionContext ctx, Tensor g)
        {
            g = g.To(ctx.SavedTensors[0].DType);
            Tensor dw = ctx.SavedTensors[0].T.MatMul(g);
            SeenBackward = dw.DType;
            return (g.MatMul(ctx.SavedTensors[1].T), dw);
        }
    }

    [Theory]
    [InlineData(null, false, DType.BFloat16, DType.Float32)]
    [InlineData(null, true, DType.BFloat16, DType.BFloat16)]
    [InlineData(DType.Float32, true, DType.Float32, DType.Float32)]
    [InlineData(DType.Float16, false, DType.Float16, DType.Float16)]
    public void FunctionsChooseTheirPrecision(DType? inputs, bool backward, DType seen, DType seenBackward)
    {
        Scaled f = new(inputs, backward);
        Tensor w = Weight(), y;
        using (Autocast.Enable()) y = f.Apply((Input(), w));
        Assert.Equal(seen, f.Seen);
        Assert.False(Autocast.IsEnabled);
        y.Sum().Backward();
        Assert.False(Autocast.IsEnabled);
        Assert.Equal(seenBackward, f.SeenBackward);
        Assert.Equal(DType.Float32, w.Grad!.DType);
        f.Apply((Input(), w));
        Assert.Equal(DType.Float32, f.Seen);
    }
}
