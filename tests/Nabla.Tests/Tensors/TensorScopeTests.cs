using System.Runtime.CompilerServices;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Tests.TensorTests;

/// <summary>Memory that returns: at the end of a scope, from gradients nobody has seen, and from what the collector finds.</summary>
[Collection("Memory")]
public sealed class TensorScopeTests
{
    private const int Large = 1 << 15;

    [Fact]
    public void A_scope_ends_large_tensors_made_inside_and_no_others()
    {
        Tensor before = Tensor.Ones([Large]), large, view, small, kept;
        using (TensorScope scope = Tensor.Scope())
        {
            large = before + 1;
            view = large.View([2, Large / 2]);
            small = large.Narrow(0, 0, 4).Clone();
            kept = scope.Keep(before * 3);
        }
        Assert.Equal(1.0, before.Mean().Item());
        Assert.Equal(3.0, kept.Mean().Item());
        Assert.Equal(2.0, small.Mean().Item());
        AutogradException e = Assert.Throws<AutogradException>(() => large.Sum());
        Assert.StartsWith("The memory of this tensor was given back when its TensorScope ended.", e.Message, StringComparison.Ordinal);
        Assert.Throws<AutogradException>(() => view[0, 0].Item());
        Assert.Throws<AutogradException>(() => large.Add_(1));
        Assert.Throws<AutogradException>(() => $"{large}");
    }

    [Fact]
    public void Scopes_nest_and_what_is_kept_belongs_to_the_outer_one()
    {
        Tensor inner, kept, outside;
        using (TensorScope outer = Tensor.Scope())
        {
            using (TensorScope scope = Tensor.Scope())
            {
                inner = Tensor.Ones([Large]);
                (kept, outside) = scope.Keep((inner * 2, inner * 4));
            }
            Assert.Throws<AutogradException>(() => inner.Sum());
            Assert.Equal(2.0, kept.Mean().Item());
            outer.Keep(outside);
        }
        Assert.Throws<AutogradException>(() => kept.Sum());
        Assert.Equal(4.0, outside.Mean().Item());
    }

    [Fact]
    public void A_scope_that_ends_on_another_thread_ends_and_its_threads_next_tensors_are_free()
    {
        TensorScope scope = Tensor.Scope();
        Tensor x = Tensor.Ones([Large]);
        Thread other = new(scope.Dispose);
        other.Start();
        other.Join();
        Assert.Throws<AutogradException>(() => x.Sum());
        Assert.Equal(1.0, Tensor.Ones([Large]).Mean().Item());
        Assert.Null(TensorScope.Current);
        scope.Dispose();
    }

    [Theory]
    [InlineData("SGD"), InlineData("Adam"), InlineData("AdamW"), InlineData("RMSprop"), InlineData("Rprop"), InlineData("LBFGS"), InlineData("Muon")]
    public void Training_inside_scopes_gives_the_same_weights(string name)
    {
        Assert.Equal(Train(name, scoped: false), Train(name, scoped: true));
    }

    private static float[] Train(string name, bool scoped)
    {
        Tensor.ManualSeed(3);
        Linear model = new(200, 150);
        Tensor x = Tensor.Randn([150, 200]), y = Tensor.Randn([150, 150]);
        Optimizer optimizer = name switch
        {
            "SGD" => new SGD(model.Parameters(), 0.1, momentum: 0.9),
            "Adam" => new Adam(model.Parameters(), 0.01, amsgrad: true),
            "AdamW" => new AdamW(model.Parameters(), 0.01),
            "RMSprop" => new RMSprop(model.Parameters(), 0.001, momentum: 0.9, centered: true),
            "Rprop" => new Rprop(model.Parameters()),
            "LBFGS" => new LBFGS(model.Parameters(), 0.1, maxIter: 4),
            _ => new Muon([model.Weight]),
        };
        for (int i = 0; i < 4; i++)
        {
            using TensorScope? scope = scoped ? Tensor.Scope() : null;
            optimizer.Step(() =>
            {
                optimizer.ZeroGrad();
                Tensor loss = Functional.MseLoss(model.Call(x), y);
                loss.Backward();
                return loss;
            });
        }
        return model.Weight.Detach().ToArray<float>();
    }

    [Fact]
    public void A_gradient_that_somebody_has_seen_keeps_its_memory()
    {
        Tensor w = Tensor.Ones([Large], requiresGrad: true);
        (w * 2).Sum().Backward();
        Tensor seen = w.Grad!;
        new SGD([w], 0.1).ZeroGrad();
        Assert.Null(w.Grad);
        Assert.Equal(2.0, seen.Mean().Item());
        (w * 3).Sum().Backward();
        w.RegisterPostAccumulateGradHook(t => seen = t.Grad!);
        (w * 3).Sum().Backward();
        new SGD([w], 0.1).ZeroGrad();
        Assert.Equal(6.0, seen.Mean().Item());
    }

    /// <summary>Whatever shows a gradient to code outside the library keeps its memory from the engine.</summary>
    [Fact]
    public void A_gradient_that_a_hook_has_kept_keeps_its_memory()
    {
        List<Tensor> seen = [];
        Linear model = new(256, 256), last = new(256, 256);
        model.RegisterFullBackwardHook((_, gi, go) =>
        {
            seen.AddRange([gi[0]!, go[0]!]);
            return null;
        });
        last.RegisterFullBackwardPreHook((_, go) =>
        {
            Tensor twice = go[0]! * 2;
            seen.AddRange([go[0]!, twice]);
            return [twice];
        });
        Tensor x = Tensor.Randn([256, 256], requiresGrad: true), y = last.Call(model.Call(x)).Exp();
        y.GradFn!.RegisterHook((gi, go) =>
        {
            seen.AddRange([gi[0]!, go[0]!]);
            return null;
        });
        y.GradFn!.RegisterPrehook(go =>
        {
            seen.Add(go[0]!);
            return null;
        });
        y.RegisterHook(g => Seen(g * 3));
        (y * 2).Sum().Backward();
        for (int i = 0; i < 4; i++) _ = Tensor.Zeros([256, 256]);
        foreach (Tensor g in seen) Assert.True(g.Abs().Sum().Item() > 0);

        Tensor Seen(Tensor g)
        {
            seen.Add(g);
            return g;
        }
    }

    [Fact]
    public void A_gradient_that_nobody_has_seen_returns_its_memory()
    {
        Tensor w = Tensor.Ones([Large], requiresGrad: true);
        SGD optimizer = new([w], 0.1);
        (w * 2).Sum().Backward();
        optimizer.Step();
        long live = TensorMemory.LiveBytes;
        optimizer.ZeroGrad();
        Assert.True(TensorMemory.LiveBytes <= live - 4 * Large);
    }

    /// <summary>A kernel works on a span of memory whose tensor nobody can reach any more: it must not change hands meanwhile.</summary>
    [Fact]
    public void Memory_stays_as_long_as_a_span_of_it_is_in_use()
    {
        Span<float> span = Fill(7);
        for (int i = 0; i < 4; i++)
        {
            TensorMemory.Collect();
            _ = Fill(i);
        }
        foreach (float value in span) Assert.Equal(7, value);
    }

    [Fact]
    public void Memory_that_the_collector_finds_is_handed_out_again()
    {
        for (int i = 0; i < 3; i++)
        {
            Drop();
            long held = StoragePool.HeldBytes;
            TensorMemory.Collect();
            if (StoragePool.HeldBytes > held) return;
        }
        Assert.Fail("No block came back.");
    }

    [Fact]
    public void A_loop_that_disposes_nothing_stays_at_a_flat_level()
    {
        Tensor x = Tensor.Ones([1 << 20]);
        long live = TensorMemory.Collect();
        long most = 0;
        for (int i = 0; i < 400; i++)
        {
            _ = x + i;
            most = Math.Max(most, TensorMemory.LiveBytes);
        }
        // 1.6 GB were made.
        Assert.True(most - live < 400L << 20, $"{most} {live}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Span<float> Fill(float value) => Tensor.Full([Large], value).Span<float>();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop() => _ = Tensor.Ones([Large]);
}
