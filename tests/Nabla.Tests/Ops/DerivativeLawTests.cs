using Nabla.Registry;
using Nabla.Testing;

namespace Nabla.Tests.Laws;

/// <summary>Laws 4, 5 and 6: derivatives are derivatives, backward is the transpose of forward mode, and both again of the
/// gradient.</summary>
public sealed class DerivativeLawTests
{
    public static TheoryData<string> Names => LawRows.Names;

    [Theory, MemberData(nameof(Names))]
    public void Backward_agrees_with_differences(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "grad")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            if (trial.Smooth.Length == 0) continue;
            Check(trial.Text, () => GradCheck.Run(trial.Run, Apart(trial), fastMode: true));
        }
    }

    [Theory, MemberData(nameof(Names))]
    [Trait("Row", "4.12")]
    public void Backward_is_the_transpose_of_forward_mode(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "grad") || LawRows.Excepts(row, "forward")) return;
        foreach (Trial trial in LawRows.Trials(row))
            if (trial.Smooth.Length > 0) Transpose(trial, trial.SmoothInputs, x => trial.Run(trial.With(x)), trial.Text);
    }

    [Theory, MemberData(nameof(Names))]
    public void Gradients_agree_with_differences_of_gradients(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "grad") || LawRows.Excepts(row, "gradgrad")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            if (!trial.Run().Any(static y => y.RequiresGrad)) continue;
            Check(trial.Text, () => GradGradCheck.Run(trial.Run, Apart(trial), fastMode: true));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Backward_of_gradients_is_the_transpose_of_their_forward_mode(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "grad") || LawRows.Excepts(row, "gradgrad") || LawRows.Excepts(row, "forward")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            if (trial.Run().Any(static y => y.RequiresGrad))
                Transpose(trial, trial.SmoothInputs, x => Gradient(trial, x), $"{trial.Text}, second order");
        }
    }

    /// <summary>The gradient as a function, at a fresh place in the graph.</summary>
    private static Tensor[] Gradient(Trial trial, Tensor[] smooth)
    {
        Tensor[] here = [.. smooth.Select(static t => t.RequiresGrad ? LinearOp.Apply(new Nabla.Ops.Alias(), t)
            : t.WithoutHistory().RequiresGrad_())];
        Tensor[] roots = [.. trial.Run(trial.With(here)).Where(static y => y.RequiresGrad)];
        Tensor[] seeds = [.. roots.Select(static (y, i) => Law.Direction(y, 3 + i))];
        Tensor?[] g = Autograd.Grad(roots, here, seeds, createGraph: true, allowUnused: true);
        return [.. g.Select((t, i) => t ?? Tensor.ZerosLike(trial.Inputs[trial.Smooth[i]].Detach()))];
    }

    /// <summary>⟨u, J v⟩ = ⟨Jᵀ u, v⟩ for one u and v.</summary>
    private static void Transpose(Trial trial, Tensor[] x, Func<Tensor[], Tensor[]> f, string what)
    {
        Tensor[] y = f(x);
        int[] smooth = [.. Enumerable.Range(0, y.Length).Where(i => y[i].RequiresGrad)];
        Tensor[] v = Law.Directions(x.Select(static t => t.Detach()), 11);
        Tensor[] u = Law.Directions(smooth.Select(i => y[i].Detach()), 23);
        Tensor?[] g = smooth.Length == 0 ? new Tensor?[x.Length]
            : Autograd.Grad([.. smooth.Select(i => y[i])], x, u, allowUnused: true);
        (_, Tensor?[] tangents) = Func.Jvp(f, [.. x.Select(static t => t.Detach())], v);
        for (int i = 0; i < y.Length; i++)
        {
            if (tangents[i] is not { } t || !y[i].DType.IsFloatingPoint()) continue;
            Assert.True(t.Shape == y[i].Shape && t.DType == y[i].DType,
                $"{what}: the tangent of result {i} is {t.DType.Name()} {t.Shape}, the result is {y[i].DType.Name()} {y[i].Shape}");
            if (!smooth.Contains(i)) Assert.True(Law.Doubles(t).All(static d => Math.Abs(d) <= 1e-12),
                $"{what}: result {i} has a tangent but no gradient");
        }
        Balance([.. smooth.Select((o, n) => Law.Dot(tangents[o], u[n]))], [.. g.Select((t, n) => Law.Dot(t, v[n]))], what);
    }

    private static void Balance((double Sum, double Scale)[] forward, (double Sum, double Scale)[] backward, string what)
    {
        double left = forward.Sum(static p => p.Sum), right = backward.Sum(static p => p.Sum);
        double scale = Math.Max(1e-3, forward.Sum(static p => p.Scale) + backward.Sum(static p => p.Scale));
        Assert.True(left.Equals(right) || Math.Abs(left - right) <= 1e-9 * scale, $"{what}: <u, Jv> = {left:R}, <Jᵀu, v> = {right:R}");
    }

    /// <summary>The inputs, those that overlap themselves copied: differences move one element at a time.</summary>
    private static Tensor[] Apart(Trial trial) => [.. trial.Inputs.Select(static t => t.RequiresGrad && t.Strides.Contains(0) ?
        t.Detach().Contiguous().RequiresGrad_() : t)];

    private static void Check(string what, Action check)
    {
        try { check(); }
        catch (GradCheckException e) { Assert.Fail($"{what}: {e.Message}"); }
    }
}
