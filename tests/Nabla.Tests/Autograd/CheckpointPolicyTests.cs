using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Regions that keep some results (PyTorch's TestSelectiveActivationCheckpoint).</summary>
public sealed class CheckpointPolicyTests
{
    /// <summary>e to the x and its half; notes each time it is computed.</summary>
    private readonly record struct Costly(List<string> Log) : IOp<Costly>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Log.Add("costly");
            return [x[0].Detach().Exp(), x[0].Detach().Exp() / 2];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor? a = g[0] is null ? null : g[0]! * y[0], b = g[1] is null ? null : g[1]! * y[1];
            into[0] = a is null ? b : b is null ? a : a + b;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => throw new NotSupportedException();
    }

    private readonly List<string> log = [];

    private Tensor Fn(Tensor x)
    {
        Tensor[] y = Op.Apply(new Costly(log), x.Sin());
        return (y[0] * y[1]).Sum();
    }

    private static double Slope(double x) => Math.Exp(2 * Math.Sin(x)) * Math.Cos(x);

    // test_flops_and_mem, test_function_with_more_than_one_output
    [Fact]
    [Trait("Row", "1.11.6")]
    public void Kept_results_are_not_computed_again()
    {
        foreach ((Func<CheckpointContexts>? contexts, int times) in new (Func<CheckpointContexts>?, int)[]
        {
            (null, 2),
            (static () => Checkpoint.Selective("costly"), 1),
            (static () => Checkpoint.Selective("costly", "sin"), 1),
            (static () => Checkpoint.Selective("sin"), 2),
            (static () => Checkpoint.Selective(), 2),
            (static () => Checkpoint.Selective(static _ => CheckpointPolicy.PreferSave), 1),
            (static () => Checkpoint.Selective(static _ => CheckpointPolicy.MustRecompute), 2),
            (static () => Checkpoint.Selective(static op => op.Name == "costly" ? CheckpointPolicy.MustSave
                : CheckpointPolicy.PreferRecompute), 1),
        })
        {
            log.Clear();
            Tensor x = Leaf(0.3, 0.7);
            Checkpoint.Run(Fn, x, contextFn: contexts).Backward();
            Assert.Equal(times, log.Count);
            Assert.Equal([Slope(0.3), Slope(0.7)], Values(x.Grad), (p, q) => Math.Abs(p - q) < 1e-12);
        }
    }

    [Fact]
    [Trait("Row", "1.11.6")]
    public void Views_products_and_writes_pass_through_a_cache()
    {
        static Tensor Region(Tensor x, Tensor w)
        {
            Tensor y = x.MatMul(w).T.Reshape([2, -1]).Tanh();
            y = y.Reshape([-1]).Clone();
            y.Mul_(2);
            (Tensor values, _) = y.View([2, -1]).Max(1);
            return y.Unsqueeze(0).Softmax(1).Sum() * values.Sum();
        }
        Tensor.ManualSeed(2);
        Tensor x = Tensor.Randn([2, 2], dtype: DType.Float64).RequiresGrad_();
        Tensor w = Tensor.Randn([2, 2], dtype: DType.Float64).RequiresGrad_();
        Region(x, w).Backward();
        (double[] gx, double[] gw) = (Values(x.Grad), Values(w.Grad));
        List<Func<CheckpointOperation, CheckpointPolicy>> policies = [static _ => CheckpointPolicy.PreferRecompute,
            static op => op.Name == "mm" ? CheckpointPolicy.MustSave : CheckpointPolicy.MustRecompute,
            static op => op.Name is "t" or "max" or "tanh" or "view" ? CheckpointPolicy.MustSave : CheckpointPolicy.MustRecompute];
        foreach (Func<CheckpointOperation, CheckpointPolicy> policy in policies)
        {
            (x.Grad, w.Grad) = (null, null);
            Checkpoint.Run(Region, x, w, contextFn: () => Checkpoint.Selective(policy)).Backward();
            Assert.Equal(gx, Values(x.Grad));
            Assert.Equal(gw, Values(w.Grad));
        }
    }

    // test_policy_with_state
    [Fact]
    [Trait("Row", "1.11.6")]
    public void A_policy_is_asked_both_times()
    {
        List<(string, string, bool)> asked = [];
        Tensor x = Leaf(0.3, 0.7);
        Tensor y = Checkpoint.Run(static x => (x.Sin() * 2).Exp(), x, contextFn: () => Checkpoint.Selective(op =>
        {
            asked.Add((op.Name, string.Join(';', op.Operands.Select(static o => o.Shape.ToString())), op.IsRecompute));
            return CheckpointPolicy.PreferRecompute;
        }));
        (string, string, bool)[] first = [("sin", "[2]", false), ("mul", "[2];[]", false), ("exp", "[2]", false)];
        Assert.Equal(first, asked);
        y.Sum().Backward();
        Assert.Equal([.. first, .. first.Select(static a => (a.Item1, a.Item2, true))], asked);
    }

    // test_version_counter
    [Fact]
    [Trait("Row", "1.11.6")]
    public void A_kept_result_must_not_be_written_to()
    {
        static Tensor Region(Tensor x) => x.Sin().Mul_(2).Cos();
        Tensor x = Leaf(0.3);
        Tensor y = Checkpoint.Run(Region, x, contextFn: static () => Checkpoint.Selective("sin"));
        Refuses("Tensor cached during selective activation checkpoint has been mutated", () => y.Backward());
        y = Checkpoint.Run(Region, x, determinismCheck: DeterminismCheck.Metadata, contextFn: static () => Checkpoint.Selective(
            static op => op.Name == "sin" ? CheckpointPolicy.MustSave : CheckpointPolicy.PreferRecompute, allowCacheEntryMutation: true));
        y.Backward();
    }

    // test_can_only_trigger_recompute_once
    [Fact]
    [Trait("Row", "1.11.6")]
    public void A_region_with_a_cache_runs_backward_once()
    {
        Tensor x = Leaf(0.3);
        Tensor y = Checkpoint.Run(Fn, x, contextFn: static () => Checkpoint.Selective("costly"));
        y.Backward(retainGraph: true);
        Refuses("Trying to backward an extra time. You are only allowed to backward once on any region computed under selective " +
            "activation checkpoint", () => y.Backward());
        bool again = false;
        y = Checkpoint.Run(Fn, x, contextFn: () => Checkpoint.Selective(_ => again ? CheckpointPolicy.MustSave
            : CheckpointPolicy.PreferRecompute));
        again = true;
        Refuses("sin encountered during backward, but not found in storage", () => y.Backward());
    }

    [Fact]
    [Trait("Row", "1.11.6")]
    public void Results_that_a_run_left_are_not_the_next_ones()
    {
        // Nothing needs the last product: the region's second run ends before it, and a third would find its result for the first one's.
        Tensor a = Leaf(1, 2, 3, 4), b = Leaf(5, 6, 7, 8), x = Leaf(1, 0, 2, 1);
        static Tensor Square(Tensor t) => t.Reshape([2, 2]);
        Tensor y = Checkpoint.Run((Tensor t) => Square(t).MatMul(Square(a)).MatMul(Square(b)), x, contextFn: static () =>
            Checkpoint.Selective("mm")).Sum();
        y.Backward(retainGraph: true);
        Refuses("Trying to backward an extra time.", () => y.Backward());
    }

    // test_bad_inputs
    [Fact]
    [Trait("Row", "1.11.6")]
    public void Bad_names_are_refused()
    {
        Assert.StartsWith("Expected op in `op_list` to be an OpOverload but got: MatMul.", Assert.Throws<ArgumentException>(
            static () => Checkpoint.Selective("MatMul")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(static () => Checkpoint.Selective(""));
        Assert.Throws<ArgumentNullException>(static () => Checkpoint.Selective((Func<CheckpointOperation, CheckpointPolicy>)null!));
        // test_nested: names are nodes' names
        Assert.Equal("log_softmax", SelectiveCache.Name("LogSoftmaxBackward0"));
        Assert.Equal("squeeze", SelectiveCache.Name("SqueezeBackward4"));
    }

    [Fact]
    [Trait("Row", "1.11.6")]
    public void Caches_nest()
    {
        static Tensor Inner(Tensor x, List<string> log)
        {
            Tensor[] y = Op.Apply(new Costly(log), x.Sin());
            return y[0] * y[1];
        }
        foreach ((string[] outer, string[] inner, int times) in new (string[], string[], int)[]
            { ([], [], 3), (["costly"], [], 2), ([], ["costly"], 2), (["costly"], ["costly"], 1) })
        {
            log.Clear();
            Tensor x = Leaf(0.3);
            Tensor y = Checkpoint.Run(x => Checkpoint.Run(x => Inner(x, log), x, contextFn: () => Checkpoint.Selective(inner)).Exp(), x,
                contextFn: () => Checkpoint.Selective(outer));
            y.Backward();
            Assert.Equal(times, log.Count);
            double z = Math.Exp(2 * Math.Sin(0.3)) / 2;
            Assert.Equal(Math.Exp(z) * 2 * z * Math.Cos(0.3), x.Grad!.Item(), 1e-12);
        }
    }

    // test_output_already_has_autograd_meta
    [Fact]
    [Trait("Row", "1.11.6")]
    public void Views_of_integers_pass()
    {
        Tensor n = Tensor.From(new long[] { 1, 2, 3 }), x = Leaf(1, 2, 3);
        (Tensor view, Tensor y) = Checkpoint.Run(static (n, x) => (n.View([-1, 1]), x.Sin().Cos()), n, x,
            contextFn: static () => Checkpoint.Selective("view", "sin"));
        Assert.Equal(new Shape([3, 1]), view.Shape);
        y.Sum().Backward();
        Assert.Equal([.. new[] { 1.0, 2, 3 }.Select(static v => -Math.Sin(Math.Sin(v)) * Math.Cos(v))], Values(x.Grad),
            static (p, q) => Math.Abs(p - q) < 1e-12);
    }

    // test_storage_lifetime
    [Fact]
    [Trait("Row", "1.11.6")]
    public void Kept_results_die_with_backward()
    {
        List<WeakReference> kept = [];
        Tensor x = Leaf(0.3);
        Tensor y = Run(x, kept);
        Collect();
        Assert.True(kept[0].IsAlive);
        y.Backward();
        Collect();
        Assert.False(kept[0].IsAlive);
        GC.KeepAlive(y);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static Tensor Run(Tensor x, List<WeakReference> kept) => Checkpoint.Run(x =>
    {
        Tensor y = x.Sin();
        kept.Add(new(y.storage));
        return y.Cos().Exp();
    }, x, contextFn: static () => Checkpoint.Selective("sin"));

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    // test_function_with_non_tensor_output
    [Fact]
    [Trait("Row", "1.11.6")]
    public void Results_that_are_no_tensors_pass()
    {
        Tensor x = Leaf(0.3);
        (Tensor y, int n) = Checkpoint.Run(x => (Fn(x), 3), x, contextFn: static () => Checkpoint.Selective("costly"));
        Assert.Equal(3, n);
        y.Backward();
        Assert.Equal(Slope(0.3), x.Grad!.Item(), 1e-12);
    }
}
