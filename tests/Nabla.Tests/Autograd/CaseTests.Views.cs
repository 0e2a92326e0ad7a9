using System.Numerics;
using Nabla.Testing;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

public sealed partial class CaseTests
{
    public static TheoryData<string> Writes => [.. Written.Keys];

    private static readonly Dictionary<string, Func<Tensor, Tensor, Tensor>> Written = new()
    {
        ["base, through a view"] = static (a, b) => { Tensor x = a.Clone(); x.Narrow(0, 0, 2).Mul_(b); return x; },
        ["the view itself"] = static (a, b) => { Tensor x = a.Clone(), v = x.Narrow(0, 1, 2); v.Mul_(b); return v * v; },
        ["a view of a view"] = static (a, b) => { Tensor x = a.Clone(); x[..3].Narrow(0, 1, 2).Mul_(b); return x * x; },
        ["two views that overlap"] = static (a, b) => { Tensor x = a.Clone(); x[..2].Mul_(b); x[1..3].Add_(b); return x * x; },
        ["a view taken before"] = static (a, b) => { Tensor x = a.Clone(), v = x[2..]; x[1..3].Mul_(b); return v * v; },
        ["the base after a view"] = static (a, b) => { Tensor x = a.Clone(), v = x[1..3]; x.Mul_(2); v.Mul_(b); return x * v.Sum(); },
        ["not contiguous"] = static (a, b) =>
        {
            Tensor x = a.Clone().View([2, 2]).T;
            x[0].Mul_(b);
            x.View([2, 2, 1]).Select(0, 1).Sub_(b.Unsqueeze(1));
            return x * x;
        },
        ["transposed in place, by parts"] = static (a, b) =>
        {
            Tensor x = a.Clone().View([2, 2]);
            x.Diagonal().Mul_(b);
            x.T[1].Add_(b.Sin());
            return x.Exp();
        },
    };

    [Theory, MemberData(nameof(Writes))]
    [Trait("Row", "1.5.6")]
    public void Writes_through_views_of_views_agree_with_differences(string name)
    {
        Func<Tensor, Tensor, Tensor> run = Written[name];
        Tensor[] inputs = [Leaf(1, 2, 3, 4), Leaf(0.5, 1.5)];
        Assert.True(GradCheck.Run(x => [run(x[0], x[1])], inputs));
        Assert.True(GradGradCheck.Run(x => [run(x[0], x[1])], inputs));
    }

    [Fact, Trait("Row", "1.5.6")]
    public void Nodes_of_writes_into_views_run_with_the_rest()
    {
        static Tensor One(Tensor x, Tensor y)
        {
            Tensor result = x.Clone().View([-1]);
            return result.Add_(y);
        }

        static Tensor Two(Tensor x, Tensor y)
        {
            Tensor result = x.Clone().View([-1]), b = result * 2;
            result.Add_(y);
            return result + b;
        }

        foreach ((Func<Tensor, Tensor, Tensor> run, double dx) in new (Func<Tensor, Tensor, Tensor>, double)[] { (One, 1), (Two, 3) })
        {
            Tensor x = Leaf(1, 2), y = Leaf(3, 4);
            Assert.Equal([1, 1], Values(Autograd.Grad(run(x, y).Sum(), y)));
            Assert.Equal([dx, dx], Values(Autograd.Grad(run(x, y).Sum(), x)));
            run(x, y).Sum().Backward(inputs: [y]);
            Assert.Null(x.Grad);
            Assert.Equal([1, 1], Values(y.Grad));
        }
    }

    [Fact, Trait("Row", "1.5.6")]
    public void A_write_through_a_view_of_another_dtype_is_refused()
    {
        Tensor a = Tensor.From([new Complex(1, 2)]).RequiresGrad_(), z = a.Clone();
        foreach (Tensor view in (Tensor[])[z.ViewAsReal(), z.Real, z.Imag])
            Assert.Contains("is a view and is being modified inplace", Assert.Throws<AutogradException>(() => view.Mul_(2)).Message,
                StringComparison.Ordinal);
        Assert.Equal(new Complex(1, 2), z.Detach().Item<Complex>());
        z.Detach().Real.Mul_(2);
        Assert.Equal(new Complex(2, 2), z.Detach().Item<Complex>());
    }

    [Fact, Trait("Row", "1.4.5"), Trait("Row", "1.5.6")]
    public void A_later_scope_without_recording_changes_nothing()
    {
        Tensor a = Leaf(1, 2), x = a.Clone(), v = x[..1];
        v.Mul_(3);
        using (Autograd.NoGrad())
        {
            // A view asked for its history here gets the one that it has.
            Assert.Equal(2, v.Size(0) + 1);
            Assert.NotNull(v.GradFn);
        }
        v.Sum().Backward();
        Assert.Equal([3, 0], Values(a.Grad));
    }

    [Fact, Trait("Row", "1.3.10")]
    public void A_view_that_is_written_to_and_not_used_gives_zeros()
    {
        Tensor a = Leaf(1), b = Leaf(3), c = Tensor.Cat([a * 1, a * 2]), v = c[..1];
        v.Mul_(b);
        c[1].Backward();
        Assert.Equal([2], Values(a.Grad));
        Assert.Equal([0], Values(b.Grad));
    }

    [Fact, Trait("Row", "1.3.12")]
    public void A_copy_into_another_dtype_passes_the_gradient_back()
    {
        Tensor a = Leaf(1.5, 2.5), t = Tensor.Zeros([2], DType.Float32);
        t.Copy_(a);
        (t * Tensor.From([2f, 3f])).Sum().Backward();
        Assert.Equal(DType.Float64, a.Grad!.DType);
        Assert.Equal([2, 3], Values(a.Grad));
    }

    [Fact, Trait("Row", "1.5.17")]
    public void Saved_values_may_be_written_to_through_any_view()
    {
        using SavedTensorScope scope = Autograd.AllowMutationOnSaved();
        // The base is saved and a view is written to.
        Tensor a = Leaf(2, 3), b = a.Clone(), y = (b * b).Sum();
        b[..1].Mul_(10);
        y.Backward();
        Assert.Equal([4, 6], Values(a.Grad));
        // A view is saved and the base is written to.
        a = Leaf(2, 3);
        b = a.Clone();
        y = b[1..].Square().Sum();
        b.Zero_();
        y.Backward();
        Assert.Equal([0, 6], Values(a.Grad));
        // The same tensor saved by several nodes, before and after writes.
        a = Leaf(2, 3);
        b = a.Clone();
        y = (b * b).Sum() + b.Sin().Sum();
        b.Mul_(2);
        Tensor z = (b * b).Sum();
        b.Mul_(5);
        (y + z).Backward();
        Assert.Equal([4 + Math.Cos(2) + 16, 6 + Math.Cos(3) + 24], Values(a.Grad), static (p, q) => Math.Abs(p - q) < 1e-12);
        // What was saved and is no longer needed may be anything.
        a = Leaf(2, 3);
        b = a.Clone();
        _ = (b * b).Sum();
        b.Mul_(7);
        b.Sum().Backward();
        Assert.Equal([7, 7], Values(a.Grad));
    }
}
