using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>How tensors are kept for backward.</summary>
public sealed class SavedHookTests
{
    [Fact]
    [Trait("Row", "1.7.1")]
    public void Every_save_packs_once_and_every_use_unpacks()
    {
        Tensor a = Leaf(2, 3), y;
        int packs = 0, unpacks = 0;
        using (Autograd.SavedTensorHooks(t => { packs++; Assert.False(t.RequiresGrad); return t; }, t => { unpacks++; return t; }))
            y = (a * a * 2).Sum();
        Assert.Equal((2, 0), (packs, unpacks));
        Tensor g = Autograd.Grad(y, a, createGraph: true);
        Assert.Equal((2, 2), (packs, unpacks));
        Assert.Equal([8.0, 12.0], Values(g));
        Assert.Equal([4.0, 4.0], Values(Autograd.Grad(g.Sum(), a)));
        y.Backward();
        Assert.Equal((2, 4), (packs, unpacks));
        _ = (a * a).Sum();
        Assert.Equal(2, packs);
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void What_is_unpacked_is_used_in_place_of_the_value()
    {
        Tensor a = Leaf(5), y;
        using (Autograd.SavedTensorHooks(t => t * 2, t => t * 3)) y = a * a;
        y.Backward();
        // As PyTorch: both operands come back six times as large.
        Assert.Equal([60.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void Results_are_packed_and_differentiate_twice()
    {
        Tensor a = Leaf(0.5), y;
        using (Autograd.SavedTensorHooks(t => t.Clone(), t => t)) y = a.Exp().Tanh();
        Tensor g = Autograd.Grad(y, a, createGraph: true);
        Tensor h = Autograd.Grad(g, a);
        double e = Math.Exp(0.5), t = Math.Tanh(e), first = (1 - t * t) * e;
        Assert.Equal(first, g.Item(), 12);
        Assert.Equal(first - 2 * t * (1 - t * t) * e * e, h.Item(), 12);
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void Nested_pairs_compose_from_the_inside_out_B()
    {
        // PyTorch ignores the outer pair.
        List<string> log = [];
        Tensor a = Leaf(3), y;
        using (Autograd.SavedTensorHooks(t => { log.Add("pack outer"); return t.Item(); },
            v => { log.Add("unpack outer"); return Plain(v); }))
        using (Autograd.SavedTensorHooks(t => { log.Add("pack inner"); return t * 2; }, t => { log.Add("unpack inner"); return t / 2; }))
            y = a.Square();
        y.Backward();
        Assert.Equal(["pack inner", "pack outer", "unpack outer", "unpack inner"], log);
        Assert.Equal([6.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void Plain_numbers_are_not_packed_and_versions_are_not_checked()
    {
        int packs = 0;
        Tensor a = Leaf(3), w = Plain(5), y;
        using (Autograd.SavedTensorHooks(t => { packs++; return t.Clone(); }, t => t))
        {
            _ = a * 2;
            Assert.Equal(0, packs);
            y = a * w;
        }
        w.Mul_(100);
        y.Backward();
        Assert.Equal([5.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void Hooks_hold_for_their_thread()
    {
        int packs = 0;
        using (Autograd.SavedTensorHooks(t => { packs++; return t; }, t => t))
        {
            Thread other = new(() => (Leaf(1) * Leaf(2)).Backward());
            other.Start();
            other.Join();
            Assert.Equal(0, packs);
            _ = Leaf(1).Exp();
        }
        Assert.Equal(1, packs);
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void Bad_hooks_are_named()
    {
        Tensor a = Leaf(3), y;
        using (Autograd.SavedTensorHooks<object?>(t => null, _ => null!)) y = a.Exp();
        Refuses("Output of saved tensor unpack_hook expected to be a Tensor but got result of type ", () => y.Backward());
        using (Autograd.SavedTensorHooks(t => t, t => t.Unsqueeze(0))) y = a.Exp();
        Refuses("Output of saved tensor unpack_hook expected to be a Tensor but got result of type float64 [1, 1]", () => y.Backward());
        using (Autograd.SavedTensorHooks(t => t.Mul_(2), t => t))
            Refuses("A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not be " +
                "modified by in-place operations as this can lead to unexpected side-effects.", () => a.Sin());
        Assert.Null(a.Grad);
    }

    [Fact]
    [Trait("Row", "1.7.1")]
    public void Scopes_close_in_order()
    {
        SavedTensorScope outer = Autograd.SaveAs(DType.Float32), inner = Autograd.SaveAs(DType.BFloat16);
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
    }

    [Fact]
    [Trait("Row", "1.7.4")]
    public void Hooks_can_be_forbidden_with_a_message()
    {
        using (Autograd.DisableSavedTensorHooks("not here"))
        {
            Refuses("not here", () => Autograd.SavedTensorHooks(t => t, t => t));
            using (Autograd.DisableSavedTensorHooks("nor here")) Refuses("nor here", () => Autograd.SaveAs(DType.Float32));
            Refuses("not here", () => Autograd.SaveAs(DType.Float32));
        }
        Autograd.SavedTensorHooks(t => t, t => t).Dispose();
    }

    [Fact]
    [Trait("Row", "1.7.3")]
    public void Values_can_be_kept_in_a_smaller_dtype()
    {
        Tensor a = Leaf(1.0 + 1e-10, 3), y;
        using (Autograd.SaveAs(DType.Float32)) y = (a * a).Sum();
        y.Backward();
        Assert.Equal([2.0, 6.0], Values(a.Grad));
        Assert.Throws<DTypeException>(() => Autograd.SaveAs(DType.Int64));
    }

    [Fact]
    [Trait("Row", "1.7.5")]
    public void Values_can_wait_in_files_that_go_with_the_graph()
    {
        string folder = Directory.CreateTempSubdirectory("nabla-saved-").FullName;
        try
        {
            Tensor a = Tensor.Arange(1000, dtype: DType.Float64).RequiresGrad_(), y;
            using (Autograd.SaveOnDisk(folder)) y = a.View([10, 100]).Transpose(0, 1).Sin().Sum();
            Assert.Single(Directory.GetFiles(folder));
            Assert.Equal(8000, new FileInfo(Directory.GetFiles(folder)[0]).Length);
            y.Backward(retainGraph: true);
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => Math.Cos(i)), Values(a.Grad), (p, q) => Math.Abs(p - q) < 1e-12);
            y.Backward();
            Assert.Empty(Directory.GetFiles(folder));
            Assert.Throws<DirectoryNotFoundException>(() => Autograd.SaveOnDisk(Path.Combine(folder, "no")));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    [Trait("Row", "1.5.17")]
    public void Saved_values_may_be_written_to_inside_a_scope()
    {
        Tensor a = Leaf(2, 3);
        using (Autograd.AllowMutationOnSaved())
        {
            Tensor b = a.Clone(), y = (b * b).Sum(), e = b.Exp(), z = e.Sum();
            b.Mul_(100);
            e.Zero_();
            e.Add_(1);
            Autograd.Backward([y, z]);
            Assert.Equal([4 + Math.Exp(2), 6 + Math.Exp(3)], Values(a.Grad));
        }
    }

    [Fact]
    [Trait("Row", "1.5.17")]
    public void Saved_values_written_to_differentiate_twice()
    {
        Tensor a = Leaf(2);
        using (Autograd.AllowMutationOnSaved())
        {
            Tensor b = a.Clone(), y = b * b * b;
            b.Mul_(100);
            Tensor g = Autograd.Grad(y, a, createGraph: true);
            Assert.Equal([12.0], Values(g));
            Assert.Equal([12.0], Values(Autograd.Grad(g, a)));
        }
    }

    [Fact]
    [Trait("Row", "1.5.17")]
    public void The_scope_must_last_until_backward_and_does_not_nest()
    {
        Tensor a = Leaf(2), y;
        using (Autograd.AllowMutationOnSaved())
        {
            Refuses("allow_mutation_on_saved_tensors contexts cannot be nested", () => Autograd.AllowMutationOnSaved());
            y = a * a;
        }
        Refuses("Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally " +
            "recorded.", () => y.Backward());
    }
}
