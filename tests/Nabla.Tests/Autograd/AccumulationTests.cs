using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>How gradients arrive in leaves, and whose memory they lie in.</summary>
public sealed class AccumulationTests
{
    [Fact]
    [Trait("Row", "1.3.4")]
    public void Later_gradients_are_added_in_place()
    {
        Tensor a = Leaf(1, 2);
        (a * 2).Sum().Backward();
        Tensor g = a.Grad!;
        int version = g.Version;
        (a * 3).Sum().Backward();
        Assert.Same(g, a.Grad);
        Assert.Equal([5.0, 5.0], Values(g));
        Assert.True(g.Version > version);
    }

    [Fact]
    [Trait("Row", "1.3.4")]
    public void With_createGraph_the_sum_is_a_new_tensor()
    {
        Tensor a = Leaf(2);
        (a * a).Backward();
        Tensor g = a.Grad!;
        (a * a).Backward(createGraph: true);
        Assert.NotSame(g, a.Grad);
        Assert.Equal([4.0], Values(g));
        Assert.Equal([8.0], Values(a.Grad));
        Assert.NotNull(a.Grad!.GradFn);
    }

    [Fact]
    [Trait("Row", "1.3.3")]
    public void A_users_seed_is_never_taken_over()
    {
        foreach (Func<Tensor, Tensor> f in (Func<Tensor, Tensor>[])[x => x, x => x.Clone(), x => x + 0, x => x.View([2, 1]).View([2])])
        {
            Tensor a = Leaf(1, 2), seed = Plain(3, 4);
            f(a).Backward(seed);
            a.Grad!.Add_(100);
            Assert.Equal([3.0, 4.0], Values(seed));
        }
    }

    [Fact]
    [Trait("Row", "1.3.3")]
    public void Leaves_never_share_a_gradients_memory()
    {
        Tensor a = Leaf(1, 2), b = Leaf(3, 4), c = Leaf(5, 6);
        ((a + b + c) * 2).Sum().Backward();
        a.Grad!.Add_(100);
        b.Grad!.Add_(1000);
        Assert.Equal([2.0, 2.0], Values(c.Grad));
        Assert.Equal([1002.0, 1002.0], Values(b.Grad));
        Assert.Equal([102.0, 102.0], Values(a.Grad));
    }

    [Fact]
    public void A_leaf_and_a_retained_result_never_share_memory()
    {
        Tensor a = Leaf(1, 2), y = (a + 0).RetainGrad(), z = (y + 0).RetainGrad();
        (z * 3).Sum().Backward();
        a.Grad!.Add_(100);
        y.Grad!.Add_(1000);
        Assert.Equal([103.0, 103.0], Values(a.Grad));
        Assert.Equal([1003.0, 1003.0], Values(y.Grad));
        Assert.Equal([3.0, 3.0], Values(z.Grad));
    }

    [Fact]
    public void A_gradient_returned_by_Grad_is_not_changed_by_later_runs()
    {
        Tensor a = Leaf(1, 2), b = a * 2, y = (b * 3).Sum() + (b * 4).Sum();
        Tensor?[] g = Autograd.Grad(y, [b, a], retainGraph: true);
        for (int i = 0; i < 50; i++) y.Backward(retainGraph: true);
        Assert.Equal([7.0, 7.0], Values(g[0]));
        Assert.Equal([14.0, 14.0], Values(g[1]));
    }

    [Fact]
    [Trait("Row", "1.3.2"), Trait("Row", "1.3.17")]
    [Trait("Row", "4.16")]
    public void Recycled_memory_is_never_seen_again()
    {
        // Large enough for pooled memory: intermediate gradients go back to the pool while others are alive.
        Tensor a = Tensor.Ones([5000], DType.Float64, requiresGrad: true), b = Tensor.Ones([5000], DType.Float64, requiresGrad: true);
        for (int i = 1; i <= 5; i++)
        {
            Tensor shared = a * 2, y = (shared + b).Clone() + shared * b
                + shared.View([50, 100]).Transpose(0, 1).Clone().Transpose(0, 1).Reshape([5000]);
            y.Sum().Backward();
            Assert.All(Values(a.Grad), v => Assert.Equal(6.0 * i, v));
            Assert.All(Values(b.Grad), v => Assert.Equal(3.0 * i, v));
        }
    }

    [Fact]
    [Trait("Row", "1.3.3")]
    public void An_expanded_gradient_is_stored_in_full()
    {
        Tensor a = Leaf(1, 2, 3);
        a.Sum().Backward();
        Assert.True(a.Grad!.IsContiguous);
        a.Grad.Select(0, 0).Add_(1);
        Assert.Equal([2.0, 1.0, 1.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.3.5")]
    public void A_gradient_lies_in_memory_as_its_dense_leaf_does()
    {
        Tensor a = Tensor.Ones([2, 3], DType.Float64).Transpose(0, 1).Detach().RequiresGrad_();
        (a * 2).Sum().Backward();
        Assert.Equal(a.Strides.ToArray(), a.Grad!.Strides.ToArray());
        (a * 2).Contiguous().Sum().Backward();
        Assert.Equal(a.Strides.ToArray(), a.Grad!.Strides.ToArray());
        Assert.All(Values(a.Grad), v => Assert.Equal(4.0, v));
    }

    [Fact]
    [Trait("Row", "1.3.11"), Trait("Row", "1.3.12")]
    public void The_gradients_dtype_and_shape_are_the_leafs()
    {
        Tensor a = Tensor.Ones([3, 1], DType.Float32, requiresGrad: true), b = Tensor.Ones([2], DType.Float64);
        (a * b).Sum().Backward();
        Assert.Equal(DType.Float32, a.Grad!.DType);
        Assert.Equal(new Shape([3, 1]), a.Grad.Shape);
        Tensor e = Tensor.Zeros([4, 0], DType.Float64), f = Tensor.Zeros([4, 1], DType.Float64, requiresGrad: true);
        (e + f).Sum().Backward();
        Assert.Equal([0.0, 0, 0, 0], Values(f.Grad));
    }

    [Fact]
    [Trait("Row", "1.3.7")]
    public void Grad_can_be_assigned_what_fits()
    {
        Tensor a = Leaf(1, 2);
        a.Grad = Plain(1, 1);
        (a * 2).Sum().Backward();
        Assert.Equal([3.0, 3.0], Values(a.Grad));
        a.Grad = null;
        Assert.Null(a.Grad);
        Assert.StartsWith("attempting to assign a gradient of size '[3]' to a tensor of size '[2]'. Please ensure that the gradient and " +
            "the tensor are the same size", Assert.Throws<ShapeException>(() => a.Grad = Plain(1, 2, 3)).Message);
        Assert.StartsWith("attempting to assign a gradient with dtype 'float' to a tensor with dtype 'double'. Please ensure that the " +
            "gradient and the tensor have the same dtype", Assert.Throws<DTypeException>(() => a.Grad = Tensor.Zeros([2])).Message);
        Assert.StartsWith("can't assign Variable as its own grad", Assert.Throws<ArgumentException>(() => a.Grad = a).Message);
    }

    [Fact]
    [Trait("Row", "1.3.9")]
    public void A_result_keeps_its_gradient_only_on_request()
    {
        Tensor a = Leaf(2), y = a * 3, z = (a * 5).RetainGrad();
        (y * z).Backward();
        Assert.Null(y.Grad);
        Assert.Equal([6.0], Values(z.Grad));
        Assert.True(z.RetainsGrad);
        a.RetainGrad();
        Assert.False(a.RetainsGrad);
        Refuses("can't retain_grad on Tensor that has requires_grad=False", () => Plain(1).RetainGrad());
    }

    [Fact]
    [Trait("Row", "1.3.9"), Trait("Row", "1.5.4")]
    public void A_retained_gradient_accumulates_and_follows_writes_in_place()
    {
        Tensor a = Leaf(2), y = (a * 3).RetainGrad();
        (y * 2).Backward(retainGraph: true);
        (y * 2).Backward(retainGraph: true);
        Assert.Equal([4.0], Values(y.Grad));
        Tensor z = (a * 3).RetainGrad();
        z.Mul_(5);
        (z * 7).Backward();
        // The gradient of the new value, not of the old.
        Assert.Equal([7.0], Values(z.Grad));
    }
}
