using Nabla.Registry;
using Nabla.Tests.Laws;

namespace Nabla.Tests.Transforms;

public sealed class ForwardTests
{
    private static readonly Tensor X = Same.Of(1, 2), V = Same.Of(10, 20);

    [Fact, Trait("Row", "1.12.1"), Trait("Row", "1.12.3")]
    [Trait("Row", "4.12")]
    public void Levels_nest_and_close_in_order()
    {
        Tensor y;
        using (DualLevel outer = ForwardAD.EnterDualLevel())
        {
            Assert.Equal(0, outer.Level);
            Tensor x1 = ForwardAD.MakeDual(X, V);
            using (DualLevel middle = ForwardAD.EnterDualLevel())
            using (DualLevel inner = ForwardAD.EnterDualLevel())
            {
                Assert.Equal(2, inner.Level);
                Tensor one = Tensor.OnesLike(X);
                y = ForwardAD.MakeDual(ForwardAD.MakeDual(x1, one, middle), one, inner).Pow(4);
                (Tensor p, Tensor? t) = ForwardAD.UnpackDual(y);
                Same.Values(p, 1, 16);
                Same.Values(t, 4, 32);
                Tensor second = ForwardAD.UnpackDual(t!, middle).Tangent!;
                Same.Values(second, 12, 48);
                Same.Values(ForwardAD.UnpackDual(second, outer).Tangent, 240, 960);
                Same.Values(ForwardAD.UnpackDual(y, outer).Primal, 1, 16);
                Same.Fails<AutogradException>("Trying to exit a forward AD level that was not the last one that was created. This is not " +
                    "supported.", () =>
                {
                    outer.Dispose();
                    return null;
                });
            }
            Same.Values(ForwardAD.UnpackDual(y).Tangent, 40, 640);
            outer.Dispose();
            outer.Dispose();
        }
        Assert.Null(ForwardAD.UnpackDual(y).Tangent);
        using DualLevel again = ForwardAD.EnterDualLevel();
        Assert.Equal(0, again.Level);
        Assert.Null(ForwardAD.UnpackDual(y).Tangent);
        Same.Values(y * 3, 3, 48);
        Assert.Null((y * 3).wrap);
        Assert.Equal("tensor([ 1., 16.], dtype=torch.float64)", y.ToString());
    }

    [Fact, Trait("Row", "1.12.2")]
    public void Making_a_dual_checks_its_parts()
    {
        Same.Fails<AutogradException>("Trying to create a dual Tensor for forward AD but no level exists, make sure to " +
            "enter_dual_level() first.",
            () => ForwardAD.MakeDual(X, V));
        using DualLevel level = ForwardAD.EnterDualLevel();
        Same.Fails<ShapeException>("Trying to set a forward gradient that has a different size than that of the original Tensor, this is " +
            "not supported. Tensor is of size [2] while the given forward gradient is of size [1].", () => ForwardAD.MakeDual(X, V[..1]));
        Tensor whole = Tensor.From([1L, 2L]);
        Same.Fails<DTypeException>("Expected primal to be floating point or complex, but got: torch.int64",
            () => ForwardAD.MakeDual(whole, V));
        Same.Fails<DTypeException>("Expected tangent to be floating point or complex, but got: torch.int64",
            () => ForwardAD.MakeDual(X, whole));
        Same.Fails<DTypeException>("Expected tangent to have the dtype of the primal, torch.float64, but got: torch.float32",
            () => ForwardAD.MakeDual(X, V.To(DType.Float32)));
        Tensor dual = ForwardAD.MakeDual(X, V);
        Same.Fails<AutogradException>("Setting a forward grad that itself has a forward gradient at the same level0 is not supported.",
            () => ForwardAD.MakeDual(X, dual));
        Same.Fails<AutogradException>("Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is " +
            "not supported.", () => ForwardAD.MakeDual(dual, V));
        Same.Fails<ArgumentNullException>("", () => ForwardAD.MakeDual(null!, V));
        Assert.Same(X.storage, dual.storage);
        Assert.Same(V, ForwardAD.UnpackDual(dual).Tangent);
        Assert.Null(ForwardAD.UnpackDual(X).Tangent);
        Assert.Same(X, ForwardAD.UnpackDual(X).Primal);
    }

    [Fact, Trait("Row", "1.12.4")]
    public void Forward_mode_and_recording()
    {
        Tensor x = Same.Of(1, 2).RequiresGrad_();
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor dual = ForwardAD.MakeDual(x, Tensor.OnesLike(X));
        Assert.True(dual.RequiresGrad);
        Tensor y = dual.Sin();
        Assert.Equal("SinBackward0", y.GradFn!.Name);
        (Tensor p, Tensor? t) = ForwardAD.UnpackDual(y);
        Assert.True(p.RequiresGrad && t!.RequiresGrad);
        double[] minusSin = [-Math.Sin(1), -Math.Sin(2)];
        // Reverse over forward, and forward over reverse.
        Same.Values(Autograd.Grad(t.Sum(), x, retainGraph: true), minusSin);
        Tensor g = Autograd.Grad(y.Sum(), x, retainGraph: true);
        Same.Values(ForwardAD.UnpackDual(g).Primal, Math.Cos(1), Math.Cos(2));
        Same.Values(ForwardAD.UnpackDual(g).Tangent, minusSin);
        y.Sum().Backward();
        Same.Values(x.Grad, Math.Cos(1), Math.Cos(2));
    }

    [Fact, Trait("Row", "1.12.4")]
    public void What_switches_forward_mode_off()
    {
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor dual = ForwardAD.MakeDual(X, V);
        using (Autograd.NoGrad()) Same.Values(ForwardAD.UnpackDual(dual * 2).Tangent, 20, 40);
        using (Autograd.InferenceMode())
        {
            Assert.False(ForwardAD.IsFwdGradEnabled);
            Assert.Null(ForwardAD.UnpackDual(dual * 2).Tangent);
            Assert.Null(ForwardAD.UnpackDual(ForwardAD.MakeDual(X, V)).Tangent);
        }
        using (ForwardAD.SetFwdGradEnabled(false))
        {
            Assert.Null(ForwardAD.UnpackDual(dual).Tangent);
            Assert.Null(ForwardAD.UnpackDual(dual * 2).Tangent);
            Assert.Null(ForwardAD.UnpackDual(ForwardAD.MakeDual(X, V)).Tangent);
            using (ForwardAD.SetFwdGradEnabled(true)) Same.Values(ForwardAD.UnpackDual(dual * 2).Tangent, 20, 40);
            Same.Values(Func.Jvp(a => a * 2, X, V).Tangent, 20, 40);
        }
        Assert.True(ForwardAD.IsFwdGradEnabled);
        Same.Values(ForwardAD.UnpackDual(dual * 2).Tangent, 20, 40);
        Assert.Null(ForwardAD.UnpackDual(dual.Detach()).Tangent);
        Same.Values(Func.Vmap(a => ForwardAD.UnpackDual(dual.Sum() * a).Tangent!)(X), 30, 60);
    }

    [Fact, Trait("Row", "1.12.4"), Trait("Row", "1.18.3")]
    public async Task Levels_follow_the_flow_of_execution()
    {
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor dual = ForwardAD.MakeDual(X, V);
        await Task.Yield();
        Same.Values(ForwardAD.UnpackDual(dual * 2).Tangent, 20, 40);
        Same.Values(await Task.Run(() => ForwardAD.UnpackDual(dual * 2).Tangent!), 20, 40);
    }

    [Fact, Trait("Row", "1.12.5")]
    public void Views_and_writes_carry_tangents()
    {
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor a = ForwardAD.MakeDual(X.Clone(), V.Clone());
        Tensor view = a[..1];
        Assert.Same(ForwardAD.UnpackDual(a).Tangent!.storage, ForwardAD.UnpackDual(view).Tangent!.storage);
        a.Mul_(2);
        Same.Values(ForwardAD.UnpackDual(a).Tangent, 20, 40);
        Same.Values(ForwardAD.UnpackDual(view).Tangent, 20);
        view.Zero_();
        Same.Values(a, 0, 4);
        Same.Values(ForwardAD.UnpackDual(a).Tangent, 0, 40);
        view.Copy_(ForwardAD.MakeDual(X[1..], V[1..]));
        Same.Values(ForwardAD.UnpackDual(a).Tangent, 20, 40);
        Same.Values(ForwardAD.UnpackDual(a.Reshape([2, 1]).T).Tangent, 20, 40);

        // A plain tensor takes the tangent of what is written into it.
        Tensor plain = Tensor.Zeros([2], DType.Float64);
        plain.Copy_(ForwardAD.MakeDual(X, V));
        Assert.Equal("tensor([1., 2.], dtype=torch.float64,\n       tangent=tensor([10., 20.], dtype=torch.float64))", plain.ToString());
        Tensor part = Tensor.Zeros([2], DType.Float64);
        part[0] = ForwardAD.MakeDual(X, V)[1];
        Same.Values(part, 2, 0);
        Same.Values(ForwardAD.UnpackDual(part).Tangent, 20, 0);
        part.Mul_(part);
        Same.Values(ForwardAD.UnpackDual(part).Tangent, 80, 0);
        Tensor strided = Tensor.Zeros([2, 2], DType.Float64).T;
        Same.Values(ForwardAD.UnpackDual(ForwardAD.MakeDual(strided, Tensor.OnesLike(strided).Contiguous()).Sum(0)).Tangent, 2, 2);
    }

    [Fact, Trait("Row", "1.12.7")]
    public void Duals_print_their_tangent()
    {
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor x = Tensor.Of([1f, 2f]);
        Assert.Equal("tensor([1., 2.], tangent=tensor([3., 4.]))", ForwardAD.MakeDual(x, Tensor.Of([3f, 4f])).ToString());
        Assert.Equal("tensor([1., 2.])", ForwardAD.UnpackDual(ForwardAD.MakeDual(x, x)).Primal.ToString());
    }

    public static TheoryData<string> Names => LawRows.Names;

    /// <summary>Every operation that is differentiable backward takes dual tensors and gives its results tangents.</summary>
    [Theory, Trait("Row", "1.12.6"), MemberData(nameof(Names))]
    public void Every_differentiable_operation_has_forward_mode(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "forward")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            if (trial.Smooth.Length == 0) continue;
            Tensor[] plain = trial.Run();
            using DualLevel level = ForwardAD.EnterDualLevel();
            Tensor[] duals = [.. trial.SmoothInputs.Select(static t => ForwardAD.MakeDual(t.Detach(), Law.Direction(t.Detach())))];
            Tensor[] y = trial.Run(trial.With(duals));
            for (int i = 0; i < y.Length; i++)
            {
                Tensor? tangent = ForwardAD.UnpackDual(y[i]).Tangent;
                if (tangent is not null) Assert.True(tangent.Shape == y[i].Shape, $"{trial.Text}: tangent of shape {tangent.Shape}");
                else if (plain[i].RequiresGrad) RequireNoGradient(trial, plain[i], i);
            }
        }
    }

    /// <summary>A result without a tangent is one whose gradient is zero.</summary>
    private static void RequireNoGradient(Trial trial, Tensor y, int i)
    {
        Tensor?[] g = Autograd.Grad([y], trial.SmoothInputs, [Law.Direction(y.Detach())], retainGraph: true, allowUnused: true);
        foreach (Tensor? t in g)
            Assert.True(t is null || Law.Doubles(t).All(static d => d == 0), $"{trial.Text}: result {i} has a gradient but no tangent");
    }
}
