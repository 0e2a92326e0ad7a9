using Nabla.Nn;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Random numbers in regions that run twice, and lists of layers.</summary>
[Collection("Memory")]
public sealed class CheckpointRandomTests
{
    [Fact]
    [Trait("Row", "1.11.4")]
    public void Random_numbers_repeat_and_the_stream_goes_on()
    {
        Tensor x = Tensor.Ones([100], dtype: DType.Float64, requiresGrad: true);
        Tensor.ManualSeed(3);
        Tensor y = Checkpoint.Run(static x => Functional.Dropout(x, 0.5), x);
        _ = Tensor.Rand(7);
        byte[] state = Generator.Default.GetState();
        y.Sum().Backward();
        Assert.Equal(Values(y), Values(x.Grad));
        Assert.Equal(state, Generator.Default.GetState());
    }

    [Fact]
    [Trait("Row", "1.11.4")]
    public void Without_the_state_numbers_differ_and_that_is_found_B()
    {
        Tensor x = Tensor.Ones([100], dtype: DType.Float64, requiresGrad: true);
        Tensor Drop(DeterminismCheck check) =>
            Checkpoint.Run(static x => Functional.Dropout(x, 0.5).Exp(), x, preserveRngState: false, determinismCheck: check);
        Tensor y = Drop(DeterminismCheck.Default);
        Refuses("torch.utils.checkpoint: Recomputed values for the following tensors have different values", () => y.Sum().Backward());
        y = Drop(DeterminismCheck.Metadata);
        y.Sum().Backward();
        Assert.NotEqual(Values(y), Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.11.4")]
    public void Other_generators_repeat_if_they_are_given()
    {
        Generator g = new(5);
        Tensor x = Tensor.Ones([100], dtype: DType.Float64, requiresGrad: true);
        Tensor y = Checkpoint.Run(x => Functional.Dropout(x, 0.5, generator: g), x, generators: [g]);
        byte[] state = g.GetState();
        y.Sum().Backward();
        Assert.Equal(Values(y), Values(x.Grad));
        Assert.Equal(state, g.GetState());
        y = Checkpoint.Run(x => Functional.Dropout(x, 0.5, generator: g), x);
        Refuses("torch.utils.checkpoint: Recomputed values", () => y.Sum().Backward());
    }

    [Fact]
    [Trait("Row", "1.11.4")]
    public void Threads_repeat_their_own_numbers_at_the_same_time()
    {
        // A recomputation draws from a copy: nobody else's numbers get into it. In the first run they would, as in PyTorch.
        object gate = new();
        System.Threading.Tasks.Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (int k = 0; k < 20; k++)
            {
                Tensor x = Tensor.Ones([50], dtype: DType.Float64, requiresGrad: true);
                Tensor y;
                lock (gate) y = Checkpoint.Run(static x => Functional.Dropout(x, 0.5), x);
                y.Sum().Backward();
                Assert.Equal(Values(y), Values(x.Grad));
            }
        });
    }

    [Fact]
    [Trait("Row", "1.11.4")]
    public void Random_numbers_repeat_inside_inner_regions_and_tasks()
    {
        Tensor x = Tensor.Ones([100], dtype: DType.Float64, requiresGrad: true);
        Tensor.ManualSeed(4);
        Tensor y = Checkpoint.Run(static x => Checkpoint.Run(static x => Functional.Dropout(x, 0.5), Functional.Dropout(x, 0.3)) *
            Task.Run(static () => Tensor.Rand([100], dtype: DType.Float64)).GetAwaiter().GetResult(), x);
        y.Sum().Backward();
        Assert.Equal(Values(y), Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.11.4")]
    public void Random_numbers_repeat_in_batched_backward()
    {
        Tensor x = Tensor.Ones([4], dtype: DType.Float64, requiresGrad: true);
        Tensor y = Checkpoint.Run(static x => Functional.Dropout(x, 0.5).Exp(), x);
        Tensor jacobian = Autograd.Grad(y, x, gradOutput: Tensor.Eye(4, dtype: DType.Float64), isGradsBatched: true);
        Assert.Equal(Values((y.Detach().Log() * y.Detach()).Diag()), Values(jacobian), static (p, q) => Math.Abs(p - q) < 1e-12);
        Assert.Equal(4, Func.JacRev(static x => Checkpoint.Run(static x => Functional.Dropout(x, 0.5).Exp(), x))(x.Detach()).Size(0));
        Tensor rows = Func.Vmap(Func.Grad(static x => Checkpoint.Run(static x => Functional.Dropout(x, 0.5).Exp().Sum(), x)),
            randomness: "different")(Tensor.Ones([3, 50], dtype: DType.Float64));
        Assert.NotEqual(Values(rows[0]), Values(rows[1]));
    }

    [Fact]
    [Trait("Row", "1.11.7")]
    public void Modules_run_in_segments()
    {
        Sequential model = new(new Linear(4, 4), new Linear(4, 4), new Linear(4, 4), new Linear(4, 1));
        Tensor x = Tensor.Randn(3, 4);
        model.Call(x).Sum().Backward();
        double[][] expected = [.. model.Parameters().Select(static p => Values(p.Grad))];
        model.ZeroGrad();
        Checkpoint.Sequential(model, 2, x).Sum().Backward();
        Assert.Equal(expected, model.Parameters().Select(static p => Values(p.Grad)));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 4)]
    [Trait("Row", "1.11.7")]
    public void A_list_of_layers_runs_in_segments(int segments, int again)
    {
        int calls = 0;
        Func<Tensor, Tensor>[] layers = [.. Enumerable.Range(0, 5).Select(i => (Func<Tensor, Tensor>)(x =>
        {
            calls++;
            return (x * (i + 1)).Sin();
        }))];
        Tensor x = Leaf(0.1);
        Tensor y = x;
        foreach (Func<Tensor, Tensor> f in layers) y = f(y);
        double[] expected = Values(Autograd.Grad(y, x));
        calls = 0;
        y = Checkpoint.Sequential(layers, segments, x);
        Assert.Equal(5, calls);
        y.Backward();
        Assert.Equal(5 + (segments == 3 ? 2 : again), calls);
        Assert.Equal(expected, Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.11.7")]
    public void A_list_of_layers_has_at_least_one_per_segment()
    {
        foreach (int segments in new[] { 0, -1, 2 })
            Assert.StartsWith("checkpoint_sequential: 1 functions cannot be divided into", Assert.Throws<ArgumentOutOfRangeException>(
                () => Checkpoint.Sequential([static x => x], segments, Leaf(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Depth_costs_no_stack()
    {
        Tensor x = Leaf(1);
        Tensor y = x;
        for (int i = 0; i < 20_000; i++) y = Checkpoint.Run(static x => x.Sin().Add(1), y);
        y.Backward();
        Assert.NotNull(x.Grad);
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Memory_is_really_lower()
    {
        Tensor[] weights = [.. Enumerable.Range(0, 16).Select(static _ => (Tensor.Ones([64, 64]) * 0.01).RequiresGrad_())];
        Tensor input = Tensor.Ones([1024, 64]);
        Func<Tensor, Tensor>[] layers = [.. weights.Select(w => (Func<Tensor, Tensor>)(x => x.MatMul(w).Tanh()))];
        void Step(int segments) => Checkpoint.Sequential(layers, segments, input).Sum().Backward();
        Step(1);
        Step(4);
        long all = Peak(1), some = Peak(4);
        // 16 layers of 256 KiB; with four segments, four borders and one segment of four.
        Assert.InRange(all, 16L << 18, 40L << 18);
        Assert.True(some < 0.75 * all, $"{some} with checkpoints, {all} without");

        long Peak(int segments)
        {
            MemoryUse use = TensorMemory.Measure(() => Step(segments));
            return use.Peak - use.Before;
        }
    }
}
