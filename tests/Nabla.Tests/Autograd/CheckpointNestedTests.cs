using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Regions in regions, backward inside a region, hooks around it, early stop (PyTorch's TestNestedCheckpoint).</summary>
public sealed class CheckpointNestedTests
{
    private static Tensor F(Tensor x) => x.Sin().Exp().Sin();

    /// <summary>Runs a backward in the region.</summary>
    private static Tensor G(Tensor x)
    {
        Tensor a = x.Sin().Exp().Sin(), b = x.Sin().Exp().Sin();
        Tensor ga = Autograd.Grad(a.Sum(), x), gb = Autograd.Grad(b.Sum(), x);
        return x.Sin() * ga * gb;
    }

    private static Func<Tensor, Tensor> C(Func<Tensor, Tensor> f, bool earlyStop = true) => x => Checkpoint.Run(f, x, earlyStop: earlyStop);

    private static Func<Tensor, Tensor> D(Func<Tensor, Tensor> f) => x =>
    {
        Tensor leaf = x.RequiresGrad ? x : x.Detach().RequiresGrad_();
        return Autograd.Grad(f(leaf).Sum(), leaf, createGraph: true);
    };

    private static void Same(Func<Tensor, Tensor> expected, params Func<Tensor, Tensor>[] actual)
    {
        foreach (Func<Tensor, Tensor> f in actual)
        {
            Tensor x = Leaf(0.3, 0.7), y = Leaf(0.3, 0.7);
            expected(x).Sum().Backward();
            f(y).Sum().Backward();
            Assert.Equal(Values(x.Grad), Values(y.Grad), (p, q) => Math.Abs(p - q) < 1e-10);
            Tensor z = Leaf(0.3, 0.7), inner = z * 1;
            f(inner).Sum().Backward();
            Assert.Equal(Values(x.Grad), Values(z.Grad), (p, q) => Math.Abs(p - q) < 1e-10);
        }
    }

    // test_nested_checkpoint
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "1.11.3")]
    public void Regions_nest_with_each_other_and_with_derivatives(bool early)
    {
        foreach (Func<Tensor, Tensor> f in new Func<Tensor, Tensor>[] { F, G })
        {
            Func<Tensor, Tensor> c(Func<Tensor, Tensor> f) => C(f, early);
            Same(f, c(f), c(c(f)), c(c(c(f))));
            Same(D(f), D(c(f)), c(D(f)), c(D(c(f))), D(c(c(f))), c(c(D(c(f)))));
            Same(D(D(f)), D(D(c(f))), c(D(c(D(c(f))))), D(c(D(f))), c(c(D(c(D(f))))));
        }
    }

    // test_nested_checkpoint_two_children
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "1.11.3")]
    public void A_region_holds_two(bool early)
    {
        Func<Tensor, Tensor> c(Func<Tensor, Tensor> f) => C(f, early);
        static Tensor H(Tensor x) => x.Sin().Sin().Exp();
        Same(x => H(F(x)), c(x => c(H)(c(F)(x))), c(x => H(c(F)(x))), c(c(x => c(H)(c(c(F))(x)))));
        Same(D(x => H(F(x))), D(c(x => c(H)(c(F)(x)))), c(D(c(x => c(H)(c(F)(x))))));
    }

    // test_nested_checkpoint_non_tensor_inputs_and_outputs
    [Fact]
    [Trait("Row", "1.11.3")]
    public void Inner_regions_take_and_give_what_is_no_tensor()
    {
        static (Tensor, string, int) K(Tensor x, string name, int n) =>
            Checkpoint.Run(static (x, name, n) => (x.Sin() * n, name + "!", n + 1), x, name, n);
        Tensor x = Leaf(0.3);
        (Tensor y, string text, int number) = Checkpoint.Run(K, x, "a", 2);
        Assert.Equal(("a!", 3), (text, number));
        y.Exp().Backward();
        Assert.Equal(Math.Exp(2 * Math.Sin(0.3)) * 2 * Math.Cos(0.3), x.Grad!.Item(), 1e-12);
    }

    // test_nested_checkpoint_same_graph
    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 5)]
    [Trait("Row", "1.11.3")]
    public void Regions_of_one_graph_recompute_once_each(bool early, int calls)
    {
        int count = 0;
        Tensor Inner(Tensor x)
        {
            count++;
            return x.Sin().Exp();
        }
        Tensor x = Leaf(0.3);
        Tensor y = Checkpoint.Run(x => C(Inner, early)(x).Sin(), x, earlyStop: early);
        Assert.Equal(1, count);
        y.Backward();
        // The outer region runs the inner one again to get at its own values, then the inner one runs for those it did not keep.
        Assert.Equal(3, count);
        Assert.True(count <= calls);
        Assert.Equal(Values(D(x => x.Sin().Exp().Sin())(x)), Values(x.Grad));
    }

    // test_nested_checkpoint_reentrant_backwards
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "1.11.3")]
    public void A_region_may_run_backward(bool early)
    {
        static Tensor Inner(Tensor x)
        {
            Tensor y = x.Sin(), z = y.Cos();
            Tensor g = Autograd.Grad(z, x, retainGraph: true);
            return g * z;
        }
        static Tensor Twice(Tensor x)
        {
            Tensor y = x.Sin(), z = y.Cos();
            Tensor g = Autograd.Grad(z.Sum(), x, retainGraph: true), h = Autograd.Grad(z.Sum(), x);
            return x.Cos() * g * h;
        }
        Same(Twice, C(Twice, early), C(C(Twice, early), early));
        Same(x => Inner(x.Sum()), C(x => Inner(x.Sum()), early));
    }

    // test_nested_checkpoint_set_early_stop
    [Fact]
    [Trait("Row", "1.11.5")]
    public void The_second_run_ends_early_unless_it_is_told_not_to()
    {
        int counter = 0;
        Tensor Fn(Tensor x)
        {
            Tensor y = x.Sin().Cos();
            counter++;
            return y.Clone();
        }
        Tensor x = Leaf(0.3);
        Checkpoint.Run(Fn, x).Backward();
        Assert.Equal(1, counter);
        Tensor y;
        using (Checkpoint.SetEarlyStop(false)) y = Checkpoint.Run(Fn, x);
        y.Backward();
        Assert.Equal(3, counter);
        using (Checkpoint.SetEarlyStop(false)) y = Checkpoint.Run(Fn, x, earlyStop: true);
        y.Backward();
        Assert.Equal(4, counter);
        // test_nested_checkpoint_set_early_stop_no_recompution_needed: nothing is saved, so nothing runs again
        Checkpoint.Run(x =>
        {
            counter++;
            return x.Clone() + 1;
        }, x).Backward();
        Assert.Equal(5, counter);
    }

    /// <summary>3x, whose rule reads x; notes each time it is computed.</summary>
    private readonly record struct Last(List<string> Log) : IOp<Last>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Log.Add("last");
            return [x[0].Detach() * 3];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0]! * 3 * (x[0] / x[0]);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => throw new NotSupportedException();

        static bool IOp<Last>.SavesOutput(Last op, int i) => false;
    }

    // test_nested_checkpoint_set_early_stop_no_recompution_needed
    [Theory]
    [InlineData(DeterminismCheck.Default)]
    [InlineData(DeterminismCheck.None)]
    [Trait("Row", "1.11.5")]
    public void The_operation_that_saved_last_is_not_computed_again(DeterminismCheck check)
    {
        List<string> log = [];
        Tensor x = Leaf(0.3);
        Checkpoint.Run(x => Op.Apply(new Last(log), x)[0], x, determinismCheck: check).Backward();
        Assert.Single(log);
        Checkpoint.Run(x => Op.Apply(new Last(log), x.Sin())[0] + 1, x, determinismCheck: check).Backward();
        Assert.Equal(2, log.Count);
        Checkpoint.Run(x => Checkpoint.Run(x => Op.Apply(new Last(log), x.Exp())[0], x.Sin(), determinismCheck: check), x,
            determinismCheck: check).Backward();
        // Once in the first run; the outer run stops before it since only the inner region needs more; the inner one, too.
        Assert.Equal(3, log.Count);
        Assert.Equal(3 + 3 * Math.Cos(0.3) + 3 * Math.Exp(Math.Sin(0.3)) * Math.Cos(0.3), x.Grad!.Item(), 1e-12);
        Checkpoint.Run(x => Op.Apply(new Last(log), x)[0], x, earlyStop: false).Backward();
        Assert.Equal(5, log.Count);
    }

    [Fact]
    [Trait("Row", "1.11.5")]
    public void A_function_that_swallows_the_early_end_does_no_harm()
    {
        Tensor x = Leaf(0.3);
        Tensor y = Checkpoint.Run(static x =>
        {
            Tensor y = x;
            for (int i = 0; i < 3; i++)
            {
                try { y = y.Sin(); }
                catch (Exception e) when (e is not InvalidCastException) { y = y.Cos(); }
            }
            return y;
        }, x);
        y.Backward();
        Assert.Equal(Math.Cos(Math.Sin(Math.Sin(0.3))) * Math.Cos(Math.Sin(0.3)) * Math.Cos(0.3), x.Grad!.Item(), 1e-12);
    }

    [Fact, Trait("Row", "1.7.3"), Trait("Row", "1.11.3")]
    public void Inputs_kept_in_a_smaller_dtype_are_recomputed_from_what_was_kept()
    {
        Tensor x = Tensor.From([0.1f, 0.7f, 1.3f]).RequiresGrad_(), kept = x.Detach().To(DType.BFloat16).To(DType.Float32);
        using (Autograd.SaveAs(DType.BFloat16)) Checkpoint.Run(t => t.Exp().Sin(), x).Sum().Backward();
        Assert.NotEqual(x.ToArray<float>(), kept.ToArray<float>());
        Assert.Equal((kept.Exp().Cos() * kept.Exp()).ToArray<float>(), x.Grad!.ToArray<float>());
    }

    // test_save_on_cpu_and_checkpoint
    [Fact]
    [Trait("Row", "1.7.3")]
    [Trait("Row", "1.11.3")]
    public void Hooks_around_a_region_see_its_inputs_and_those_inside_their_own()
    {
        List<string> log = [];
        Tensor x = Leaf(0.3), b = x * 1, y;
        using (Autograd.SavedTensorHooks(t => { log.Add("pack outside"); return t; }, t => { log.Add("unpack outside"); return t; }))
            y = Checkpoint.Run(x =>
            {
                Tensor y = x.Sin();
                using (Autograd.SavedTensorHooks(t => { log.Add("pack inside"); return (t, 1); },
                    t => { log.Add("unpack inside"); return t.t; }))
                    y = y.Exp();
                return y.Sin();
            }, b);
        Assert.Equal(["pack outside", "pack inside"], log);
        y.Backward();
        Assert.Equal(["pack outside", "pack inside", "unpack outside", "pack inside", "unpack inside"], log);
        Assert.Equal(Values(D(F)(x)), Values(x.Grad));
        using (Autograd.SaveAs(DType.Float32)) y = Checkpoint.Run(F, b, determinismCheck: DeterminismCheck.Metadata);
        y.Backward();
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Two_threads_may_run_backward_through_one_region()
    {
        for (int k = 0; k < 20; k++)
        {
            Tensor x = Leaf(0.3, 0.7);
            Tensor y = Checkpoint.Run(static x => Checkpoint.Run(F, x.Exp()).Sin(), x).Sum();
            double[] expected = Values(Autograd.Grad(y, x, retainGraph: true));
            System.Threading.Tasks.Parallel.For(0, 8, _ => Assert.Equal(expected, Values(Autograd.Grad(y, x, retainGraph: true))));
        }
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void A_run_that_uses_a_part_lets_the_rest_go()
    {
        Tensor x = Leaf(0.3), z = Leaf(0.5);
        (Tensor a, Tensor b) = Checkpoint.Run(static (x, z) => (F(x), F(z)), x, z);
        a.Backward(retainGraph: true);
        (a + b).Backward();
        double slope = Values(D(F)(x))[0];
        Assert.Equal(2 * slope, x.Grad!.Item(), 1e-12);
        Assert.Equal(Values(D(F)(z)), Values(z.Grad));
    }
}
