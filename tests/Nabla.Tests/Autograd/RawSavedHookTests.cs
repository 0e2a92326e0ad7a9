using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Hooks of one saved tensor. Figures and messages are PyTorch's.</summary>
[Trait("Row", "1.7.2")]
public sealed class RawSavedHookTests
{
    private const string Taken =
        "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is allowed at a time.";

    private const string None = "Calling register_hooks on a saved tensor with value None is forbidden";

    private const string Freed = "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the " +
        "graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the " +
        "graph a second time or if you need to access saved variables after calling backward.";

    private const string Modified = "one of the variables needed for gradient computation has been modified by an inplace operation";

    private static SavedTensor Raw(Tensor y, string name) => y.GradFn!.RawSaved[name];

    private static void Same(SavedTensor saved) => saved.RegisterHooks(t => t, t => t);

    [Fact]
    public void Packs_at_once_and_unpacks_at_each_use()
    {
        List<string> log = [];
        Tensor a = Leaf(2, 3), y = a * a;
        Raw(y, "self").RegisterHooks(
            t =>
            {
                log.Add("pack");
                Assert.False(t.RequiresGrad || Autograd.IsGradEnabled);
                return (2 * t).ToArray<double>();
            },
            data =>
            {
                log.Add("unpack");
                Assert.False(Autograd.IsGradEnabled);
                return Plain(data) / 2;
            });
        Assert.Equal(["pack"], log);
        Tensor back = y.GradFn!.Saved["self"];
        Assert.Equal(["pack", "unpack"], log);
        Assert.Equal([2.0, 3.0], Values(back));
        Assert.True(back.RequiresGrad);
        y.Sum().Backward(retainGraph: true);
        y.Sum().Backward();
        Assert.Equal(["pack", "unpack", "unpack", "unpack"], log);
        Assert.Equal([8.0, 12.0], Values(a.Grad));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_unpacked_stands_at_the_place_of_the_tensor(bool leaf)
    {
        Tensor start = Leaf(2, 3), a = leaf ? start : 1 + start, y = a * a;
        Raw(y, "self").RegisterHooks(t => 2 * t, t => t);
        Assert.Equal(Values(2 * a), Values(y.GradFn!.Saved["self"]));
        Assert.Same(a.GradFn, y.GradFn!.Saved["self"].GradFn);
        y.Sum().Backward();
        // One operand comes back twice as large, the other as it was.
        Assert.Equal(Values(3 * a), Values(start.Grad));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hooked_tensor_differentiates_twice(bool leaf)
    {
        Tensor start = Leaf(2, 3), a = leaf ? start : 1 + start, y = a.Pow(3);
        Raw(y, "self").RegisterHooks(t => t.Clone(), t => t);
        Tensor g = Autograd.Grad(y.Sum(), a, createGraph: true);
        Assert.Equal(Values(6 * a), Values(Autograd.Grad(g.Sum(), start)));
    }

    [Fact]
    public void A_result_finds_its_node_again()
    {
        Tensor a = Leaf(0.5), y = a.Exp();
        Raw(y, "result").RegisterHooks(t => t.Clone(), t => t);
        Assert.Equal(Values(y), Values(y.GradFn!.Saved["result"]));
        Assert.Same(y.GradFn, y.GradFn!.Saved["result"].GradFn);
        Tensor g = Autograd.Grad(y, a, createGraph: true);
        Assert.Equal([Math.Exp(0.5)], Values(Autograd.Grad(g, a)));
    }

    [Fact]
    public void Every_kind_of_node_takes_hooks()
    {
        Tensor a = Leaf(1, 2, 3).View([1, 3]), w = Leaf(1, 1, 1).View([3, 1]), b = Leaf(4, 5, 6).View([1, 3]);
        Twice(a.Tanh(), "result");
        Twice(a.Sin(), "self");
        Twice(a / b, "self");
        Twice(a / b, "other");
        Twice(a.MatMul(w), "self");
        Twice(a.MatMul(w), "mat2");
        Twice(a.Softmax(-1), "result");
        Twice(Function.Of<Tensor, Tensor>(
            (ctx, x) =>
            {
                ctx.SaveForBackward(x);
                return x * 2;
            },
            (ctx, g) => g * ctx.SavedTensors[0]).Apply(a), "saved0");

        static void Twice(Tensor y, string name)
        {
            SavedTensor saved = Raw(y, name);
            Assert.Equal((name, y.GradFn!), (saved.Name, saved.Node));
            double[] before = Values(y.GradFn!.Saved[name]);
            saved.RegisterHooks(t => t * 4, t => t / 2);
            Assert.Equal([.. before.Select(v => 2 * v)], Values(y.GradFn!.Saved[name]));
            Refuses(Taken, () => Same(saved));
            y.Sum().Backward();
            Refuses(Freed, () => Same(saved));
        }
    }

    [Fact]
    public void A_write_through_a_view_takes_hooks()
    {
        Tensor a = Leaf(0.5, 2), x = a.Clone();
        x[0].Exp_();
        Assert.Equal("CopySlices", x.GradFn!.Name);
        Raw(x, "result").RegisterHooks(t => t * 2, t => t);
        x.Sum().Backward();
        Assert.Equal([2 * Math.Exp(0.5), 1.0], Values(a.Grad));
    }

    [Fact]
    public void Only_one_pair_of_hooks_is_allowed()
    {
        Tensor a = Leaf(3), y = a * a;
        Same(Raw(y, "self"));
        Refuses(Taken, () => Same(Raw(y, "self")));
        Same(Raw(y, "other"));
        using (Autograd.SavedTensorHooks(t => t, t => t)) y = a * a;
        Refuses(Taken, () => Same(Raw(y, "self")));
        using (Autograd.AllowMutationOnSaved()) y = a * a;
        Refuses(Taken, () => Same(Raw(y, "self")));
        y = Checkpoint.Run(t => t * t, a);
        Refuses(Taken, () => Same(Raw(y, "self")));
    }

    [Fact]
    public void What_was_not_saved_or_has_been_freed_takes_none()
    {
        Tensor a = Leaf(3), y = a * Plain(5);
        Refuses(None, () => Same(Raw(y, "self")));
        y.Backward();
        Refuses(None, () => Same(Raw(y, "self")));
        Refuses(Freed, () => Same(Raw(y, "other")));
    }

    [Fact]
    public void Scopes_that_forbid_hooks_and_plain_numbers_do_not_matter()
    {
        Tensor a = Leaf(3), y;
        using (Autograd.DisableSavedTensorHooks("no"))
        {
            y = a * 2;
            Raw(y, "other").RegisterHooks(t => t * 2, t => t);
        }
        y.Backward();
        Assert.Equal([4.0], Values(a.Grad));
        // A plain number costs nothing and is never freed.
        y = a * 2;
        y.Backward();
        Raw(y, "other").RegisterHooks(t => t * 3, t => t);
        y.Backward();
        Assert.Equal([12.0], Values(a.Grad));
    }

    [Fact]
    public void Writes_after_the_hooks_are_not_seen()
    {
        Tensor a = Leaf(3), b = a.Clone(), y = b * b;
        foreach (SavedTensor saved in y.GradFn!.RawSaved.Values)
            if (saved.Name != "result") saved.RegisterHooks(t => t.Clone(), t => t);
        b.Mul_(2);
        y.Backward();
        Assert.Equal([6.0], Values(a.Grad));
    }

    [Fact]
    public void Writes_before_the_hooks_are_B()
    {
        // PyTorch packs the new value, and the gradient is wrong.
        Tensor b = Leaf(3).Clone(), y = b * b;
        b.Mul_(2);
        Refuses(Modified, () => Same(Raw(y, "self")));
    }

    [Fact]
    public void A_pack_hook_must_not_write()
    {
        Tensor y = Leaf(3).Clone().Square();
        Refuses("A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not be modified by " +
            "in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to perform in-place " +
            "operations on the input to a pack hook.", () => Raw(y, "self").RegisterHooks(t => t.Mul_(2), t => t / 2));
        Refuses(Modified, () => y.Backward());
    }

    [Fact]
    public void After_a_failed_hook_the_tensor_is_kept_as_before_B()
    {
        // PyTorch keeps hooks without a value.
        Tensor a = Leaf(3), y = a.Square();
        Assert.Throws<TimeoutException>(() => Raw(y, "self").RegisterHooks<Tensor>(_ => throw new TimeoutException(), t => t));
        Assert.Same(a, y.GradFn!.Saved["self"]);
        Same(Raw(y, "self"));
        y.Backward();
        Assert.Equal([6.0], Values(a.Grad));
        Assert.Throws<ArgumentNullException>(() => Raw(y, "self").RegisterHooks<Tensor>(null!, t => t));
        Assert.Throws<ArgumentNullException>(() => Raw(y, "self").RegisterHooks<Tensor>(t => t, null!));
    }

    [Fact]
    public void What_is_unpacked_must_be_the_tensor()
    {
        Tensor a = Leaf(3);
        Use<Tensor>(t => t, _ => null!, "null");
        Use<Tensor>(t => t, t => t.Unsqueeze(0), "float64 [1, 1]");
        Use<Tensor>(t => t, t => t.To(DType.Float32), "float32 [1]");
        Assert.Null(a.Grad);

        void Use<T>(Func<Tensor, T> pack, Func<T, Tensor> unpack, string got)
        {
            Tensor y = a.Square();
            Raw(y, "self").RegisterHooks(pack, unpack);
            string message = "Output of saved tensor unpack_hook expected to be a Tensor but got result of type " + got;
            Refuses(message, () => _ = y.GradFn!.Saved["self"]);
            Refuses(message, () => y.Backward());
        }
    }

    [Fact]
    public void What_pack_returned_is_disposed_with_the_graph()
    {
        Tensor a = Leaf(3), y = a.Square();
        MemoryStream stream = new();
        Raw(y, "self").RegisterHooks(
            t =>
            {
                stream.Write(BitConverter.GetBytes(t.Item()));
                return stream;
            },
            s => Plain(BitConverter.ToDouble(s.ToArray())));
        y.Backward();
        Assert.False(stream.CanRead);
        Assert.Equal([6.0], Values(a.Grad));
    }

    [Fact]
    public void Places_are_named_whether_saved_or_not()
    {
        Node node = (Leaf(3) * Plain(5)).GradFn!;
        Assert.Contains("self", node.RawSaved.Keys);
        Assert.Equal(["other"], node.Saved.Keys);
        Assert.Equal("self of <MulBackward0>", node.RawSaved["self"].ToString());
        Assert.Empty((Leaf(3) + 0).View([1]).GradFn!.RawSaved);
    }
}
