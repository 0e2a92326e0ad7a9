using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Views, writes in place, version counters and detaching.</summary>
public sealed class ViewTests
{
    private static Tensor Result(params double[] values) => Leaf(values) * 1;

    [Fact]
    [Trait("Row", "1.5.1"), Trait("Row", "1.5.12")]
    public void Views_and_detached_tensors_share_memory_and_version()
    {
        Tensor a = Plain(1, 2, 3), view = a.Slice(0, 1), detached = a.Detach();
        view.Add_(10);
        Assert.Equal([1.0, 12, 13], Values(a));
        Assert.Equal([1.0, 12, 13], Values(detached));
        Assert.Equal(1, a.Version);
        Assert.Equal(1, view.Version);
        Assert.Equal(1, detached.Version);
        Assert.Equal(0, a.Clone().Version);
    }

    [Fact]
    [Trait("Row", "1.5.4")]
    public void A_write_into_a_result_becomes_its_history()
    {
        Tensor a = Leaf(2, 3), y = a * 1;
        Node before = y.GradFn!;
        y.Mul_(y.Detach().Clone());
        Assert.NotSame(before, y.GradFn);
        Assert.Equal("MulBackward0", y.GradFn!.Name);
        y.Sum().Backward();
        Assert.Equal([2.0, 3.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.5.6")]
    public void A_write_into_a_view_reaches_its_base()
    {
        Tensor a = Leaf(1, 2, 3), y = a * 1, view = y.Slice(0, 1);
        view.Mul_(10);
        Assert.Equal("CopySlices", y.GradFn!.Name);
        Assert.Equal("AsStridedBackward0", view.GradFn!.Name);
        y.Sum().Backward();
        Assert.Equal([1.0, 10, 10], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.5.6")]
    public void A_write_into_the_base_reaches_its_views()
    {
        Tensor a = Leaf(1, 2, 3), y = a * 1, view = y.Slice(0, 1);
        y.Mul_(10);
        Assert.Equal("AsStridedBackward0", view.GradFn!.Name);
        view.Sum().Backward();
        Assert.Equal([0.0, 10, 10], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.5.6")]
    public void Views_of_views_have_one_base()
    {
        Tensor a = Tensor.Ones([2, 3, 4], DType.Float64, requiresGrad: true), y = a * 1;
        Tensor inner = y.Select(0, 1).Transpose(0, 1).Slice(0, 1, 3), other = y.View([24]);
        inner.Mul_(5);
        Assert.Same(y, inner.meta!.Base);
        other.Sum().Backward();
        double[] g = Values(a.Grad);
        Assert.Equal(6, g.Count(v => v == 5));
        Assert.Equal(18, g.Count(v => v == 1));
        Assert.Equal(5, g[12 + 1]);
    }

    [Fact]
    [Trait("Row", "1.5.5")]
    public void A_write_of_a_recorded_value_makes_a_plain_base_require_a_gradient()
    {
        Tensor a = Leaf(5), plain = Plain(1, 2, 3);
        plain.Slice(0, 1, 2).Add_(a);
        Assert.True(plain.RequiresGrad);
        Assert.Equal("CopySlices", plain.GradFn!.Name);
        (plain * Plain(1, 10, 100)).Sum().Backward();
        Assert.Equal([10.0], Values(a.Grad));
    }

    [Fact]
    public void Writes_of_two_values_into_parts_of_a_plain_tensor_add_up()
    {
        Tensor a = Leaf(5), b = Leaf(7), plain = Plain(1, 2, 3);
        plain.Select(0, 0).Add_(a.Select(0, 0));
        plain.Slice(0, 1, 3).Mul_(b);
        (plain * plain).Sum().Backward();
        Assert.Equal([2 * (1.0 + 5)], Values(a.Grad));
        Assert.Equal([2 * 7.0 * (4 + 9)], Values(b.Grad));
    }

    [Fact]
    public void A_view_taken_before_a_write_sees_the_new_history()
    {
        Tensor a = Leaf(1, 2), y = a * 1, early = y.Slice(0, 0, 1);
        y.Mul_(3);
        y.Mul_(5);
        early.Backward();
        Assert.Equal([15.0, 0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.5.3")]
    public void A_leaf_and_its_views_are_refused_before_anything_changes()
    {
        Tensor a = Leaf(1, 2);
        Refuses("a leaf Variable that requires grad is being used in an in-place operation.", () => a.Add_(1));
        Refuses("a view of a leaf Variable that requires grad is being used in an in-place operation.", () => a.Select(0, 0).Add_(1));
        Refuses("a leaf Variable that requires grad is being used in an in-place operation.", () => a.Mul_(Plain(2, 2)));
        Assert.Equal([1.0, 2.0], Values(a));
        Assert.Equal(0, a.Version);
    }

    [Fact]
    [Trait("Row", "1.5.7")]
    public void A_view_made_without_recording_is_not_written_to_with_it()
    {
        Tensor y = Result(1, 2), view;
        using (Autograd.NoGrad()) view = y.Slice(0, 1);
        Assert.True(view.RequiresGrad);
        Assert.Null(view.GradFn);
        Refuses("A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is " +
            "ambiguous " +
            "and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both inside the " +
            "no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).",
            () => view.Add_(1));
        using (Autograd.NoGrad()) view.Add_(1);
        Assert.Equal([1.0, 3.0], Values(y));
    }

    private const string Ambiguous = "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code " +
        "by moving both the view and the inplace either both inside the ";

    [Fact]
    public void A_view_made_without_recording_has_no_history_after_a_write_to_its_base()
    {
        Tensor y = Result(1, 2), view;
        using (Autograd.NoGrad()) view = y.Slice(0, 1);
        y.Add_(1);
        string text = "A view was created in no_grad mode and its base or another view of its base has been modified inplace with grad " +
            "mode enabled. " + Ambiguous + "no_grad block";
        Refuses(text, () => _ = view.GradFn);
        Refuses(text, () => _ = view * 2);
        Assert.Contains("grad_fn=<Invalid>", view.ToString());
    }

    [Fact]
    [Trait("Row", "1.5.7")]
    public void A_view_of_a_view_made_without_recording_is_not_written_to()
    {
        Tensor y = Result(1, 2), view;
        using (Autograd.NoGrad()) view = y.Slice(0, 1);
        Refuses("Output 0 of ViewBackward0 is a view of a view which was created in no_grad mode and is being modified inplace with " +
            "grad mode enabled. " + Ambiguous + "no_grad block", () => view.View([1]).Add_(1));
    }

    [Fact]
    [Trait("Row", "1.5.8")]
    public void A_view_made_in_inference_mode_is_a_normal_tensor_that_is_not_written_to()
    {
        Tensor y = Result(1, 2), plain = Plain(1, 2), view, plainView;
        using (Autograd.InferenceMode()) (view, plainView) = (y.Slice(0, 1), plain.Slice(0, 1));
        Assert.False(view.IsInference);
        Refuses("A view was created in inference mode and is being modified inplace in normal mode. " + Ambiguous + "inference_mode block",
            () => view.Add_(1));
        plainView.Add_(1);
        Assert.Equal([1.0, 3.0], Values(plain));
        Assert.Equal([1.0, 2.0], Values(y));
    }

    [Fact]
    public void One_of_several_views_has_no_history_after_a_write_to_its_base()
    {
        Tensor y = Result(1, 2, 3), part = Op.Apply(new Parts(), y)[0];
        y.Add_(1);
        Refuses("Output 0 of PartsBackward0 is a view and its base or another view of its base has been modified inplace. This view is " +
            "the " +
            "output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You " +
            "should replace the inplace operation by an out-of-place one.", () => _ = part.GradFn);
    }

    [Fact]
    [Trait("Row", "1.5.9")]
    public void One_of_several_views_is_not_written_to()
    {
        Tensor y = Result(1, 2, 3), part = Op.Apply(new Parts(), y)[1];
        Refuses("Output 1 of PartsBackward0 is a view and is being modified inplace. This view is the output of a function that returns " +
            "multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace " +
                "operation by an out-of-place one.", () => part.Add_(1));
        Assert.Equal([1.0, 2, 3], Values(y));
    }

    /// <summary>The first two elements, each as a view.</summary>
    private readonly record struct Parts : IOp<Parts>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [new Nabla.Ops.Select(-1, 0).Forward(x[0]),
            new Nabla.Ops.Select(-1, 1).Forward(x[0])];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            throw new NotSupportedException();

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => throw new NotSupportedException();
    }

    [Fact]
    [Trait("Row", "1.5.11")]
    public void An_expanded_tensor_is_not_written_to()
    {
        Tensor t = Plain(1).Expand([3]);
        Assert.StartsWith("unsupported operation: more than one element of the written-to tensor refers to a single memory location. " +
            "Please " +
            "clone() the tensor before performing the operation.", Assert.Throws<InvalidOperationException>(() => t.Add_(1)).Message);
    }

    [Fact]
    [Trait("Row", "1.5.2")]
    public void A_saved_value_that_was_written_to_is_noticed()
    {
        Tensor a = Leaf(2, 3), w = Plain(4, 5), y = (a * w).Sum();
        w.Add_(1);
        Refuses("one of the variables needed for gradient computation has been modified by an inplace operation: [torch.DoubleTensor " +
            "[2]] is at " +
            "version 1; expected version 0 instead.", () => y.Backward());
        Assert.Null(a.Grad);
    }

    [Fact]
    public void A_write_through_a_view_or_a_detached_tensor_is_noticed()
    {
        foreach (Func<Tensor, Tensor> alias in (Func<Tensor, Tensor>[])[t => t.Slice(0, 1), t => t.Detach(), t => t.Detach().View([2, 1])])
        {
            Tensor a = Leaf(2, 3), w = Plain(4, 5), y = (a * w).Sum();
            alias(w).Add_(1);
            Assert.Throws<AutogradException>(() => y.Backward());
        }
    }

    /// <summary>A leaf may itself be a view of a tensor that needs no gradient.</summary>
    [Fact]
    public void A_leaf_that_is_a_view_is_not_written_to()
    {
        Tensor a = Tensor.Arange(6.0).Reshape([2, 3]).RequiresGrad_();
        const string text = "a view of a leaf Variable that requires grad is being used in an in-place operation.";
        Refuses(text, () => a.Add_(1));
        Refuses(text, () => a[0] = 1.0);
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], a.ToArray<float>());
        (a * a).Sum().Backward();
        Assert.Equal([0f, 2f, 4f, 6f, 8f, 10f], a.Grad!.ToArray<float>());
    }

    [Fact]
    [Trait("Row", "1.5.2")]
    public void The_message_names_the_node_of_a_result()
    {
        Tensor a = Leaf(2, 3), b = a + 1, y = (b * b).Sum();
        b.Add_(1);
        string text = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.Contains("[torch.DoubleTensor [2]], which is output 0 of AddBackward0, is at version 1; expected version 0 instead.", text);
        Assert.Contains("MulBackward0", text);
    }

    [Fact]
    public void A_write_to_what_nobody_saved_is_fine()
    {
        Tensor a = Leaf(2), b = a + 1, y = b + 1;
        b.Add_(5);
        y.Backward();
        Assert.Equal([1.0], Values(a.Grad));
    }

    [Fact]
    public void A_result_that_its_own_rule_needs_is_kept_through_the_write()
    {
        Tensor a = Leaf(2), y = a * 1;
        y.Reciprocal_();
        y.Backward();
        Assert.Equal([-0.25], Values(a.Grad));
        Tensor b = Leaf(3), z = b * 1;
        z.Mul_(z);
        z.Backward();
        Assert.Equal([6.0], Values(b.Grad));
    }

    [Fact]
    [Trait("Row", "1.5.12")]
    public void Detach_gives_a_leaf_with_the_same_memory()
    {
        Tensor a = Leaf(1, 2), y = a * 2, d = y.Detach();
        Assert.True(d.IsLeaf);
        Assert.False(d.RequiresGrad);
        Assert.Same(y.storage, d.storage);
        d.Add_(1);
        Assert.Equal([3.0, 5.0], Values(y));
    }

    [Fact]
    [Trait("Row", "1.5.13")]
    public void Detach_in_place_drops_the_history_and_refuses_views()
    {
        Tensor a = Leaf(1, 2), y = a * 2;
        Assert.Same(y, y.Detach_());
        Assert.True(y.IsLeaf);
        Assert.False(y.RequiresGrad);
        Refuses("Can't detach views in-place. Use detach() instead.", () => (a * 2).Slice(0, 1).Detach_());
    }

    [Fact]
    public void A_failed_write_changes_nothing()
    {
        Tensor y = Result(1, 2);
        Node node = y.GradFn!;
        Assert.Throws<ShapeException>(() => y.Add_(Plain(1, 2, 3)));
        Assert.Throws<DTypeException>(() => Tensor.Zeros([2], DType.Int64).Add_(Plain(1, 2)));
        Assert.Equal([1.0, 2.0], Values(y));
        Assert.Equal(0, y.Version);
        Assert.Same(node, y.GradFn);
    }
}
