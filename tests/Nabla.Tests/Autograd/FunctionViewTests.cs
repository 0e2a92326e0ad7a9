using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Inputs that users' functions return as they are, and views that they make.</summary>
public sealed class FunctionViewTests
{
    private const string CustomView = " This view was created inside a custom Function (or because an input was returned as-is) and the " +
        "autograd logic to handle view+inplace would override the custom backward associated with the custom Function, leading to " +
        "incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function.";

    [Fact, Trait("Row", "1.8.9"), Trait("Row", "1.5.10")]
    public void An_input_returned_as_it_is_becomes_a_view_that_is_not_written_to()
    {
        Tensor leaf = Leaf(3);
        Tensor y = new Amplify(5).Apply(leaf);
        Assert.NotSame(leaf, y);
        Assert.Same(leaf, y.meta!.Base);
        Assert.Same(leaf.storage, y.storage);
        Refuses("Output 0 of AmplifyBackward is a view and is being modified inplace." + CustomView, () => y.Mul_(2));
        y.Backward();
        Assert.Equal(5.0, leaf.Grad!.Item());

        Tensor x = leaf * 1, z = new Amplify(5).Apply(x), part = z.View([1, 1]);
        Refuses("Output 0 of AmplifyBackward is a view and is being modified inplace." + CustomView, () => z.Mul_(2));
        Assert.Contains("This view was created inside a custom Function", Assert.Throws<AutogradException>(() => part.Mul_(2)).Message);
        x.Mul_(2);
        Refuses("Output 0 of AmplifyBackward is a view and its base or another view of its base has been modified inplace." + CustomView,
            () => _ = z.GradFn);
    }

    [Fact, Trait("Row", "1.8.9"), Trait("Row", "1.5.10")]
    public void Views_made_inside_are_not_written_to()
    {
        Tensor leaf = Leaf(1, 2), x = leaf * 1;
        Tensor y = Function.Of<Tensor, Tensor>(a => a[..1], (a, b, g) => Tensor.Cat([g, g], 0)).Apply(x);
        Refuses("Output 0 of LambdaBackward is a view and is being modified inplace." + CustomView, () => y.Mul_(2));
        y.Clone().Mul_(2).Sum().Backward();
        Assert.Equal([2.0, 2.0], Values(leaf.Grad));

        (Tensor a, Tensor b) = Function.Of<Tensor, (Tensor, Tensor)>((ctx, t) => (t, t + 1), (ctx, g) => g.Item1).Apply(x);
        Refuses("Output 0 of LambdaBackward is a view and is being modified inplace. This view is the output of a function that returns " +
            "multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace " +
            "operation by an out-of-place one.", () => a.Mul_(2));
        b.Mul_(2);

        // Of what was made inside, also after a write to it there.
        Tensor c = Function.Of<Tensor, Tensor>(t =>
        {
            Tensor part = t.Clone()[..1];
            part.Add_(2);
            return part;
        }, (t, u, g) => Tensor.Cat([g, g], 0)).Apply(leaf);
        Assert.Equal("LambdaBackward", c.GradFn!.Name);
        Assert.Contains("This view was created inside a custom Function", Assert.Throws<AutogradException>(() => c.Add_(1)).Message);
    }

    [Fact, Trait("Row", "1.8.9")]
    public void A_view_made_where_nothing_is_recorded_is_as_any_other()
    {
        Tensor leaf = Leaf(1, 2), made, plain;
        using (Autograd.NoGrad())
        {
            made = Function.Of<Tensor, Tensor>(t => t[..], (t, u, g) => g).Apply(leaf);
            plain = leaf[..];
        }
        Assert.Equal(plain.RequiresGrad, made.RequiresGrad);
        Assert.Equal(Assert.Throws<AutogradException>(() => plain.Zero_()).Message,
            Assert.Throws<AutogradException>(() => made.Zero_()).Message);
    }

    [Fact, Trait("Row", "1.8.9")]
    public void Where_nothing_is_recorded_an_input_is_not_returned_itself_either()
    {
        Tensor x = Leaf(3), y;
        using (Autograd.NoGrad()) y = new Amplify(2).Apply(x);
        Assert.NotSame(x, y);
        Assert.Null(y.GradFn);
        Tensor plain = Plain(1), z = new Amplify(2).Apply(plain);
        Assert.NotSame(plain, z);
        Assert.False(z.RequiresGrad);
        // The function's result is the node's, even if its forward recorded something.
        Tensor w = Function.Of<Tensor, Tensor>(a =>
        {
            using (Autograd.EnableGrad()) return a * 2;
        }, (a, b, g) => g * 100).Apply(x);
        w.Backward();
        Assert.Equal(100.0, x.Grad!.Item());
    }
}
