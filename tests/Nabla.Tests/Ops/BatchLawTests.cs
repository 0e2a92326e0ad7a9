using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Laws 7 and 8: vmap of a function stacks its results, and commutes with the gradient.</summary>
public sealed class BatchLawTests
{
    private const int Size = 3;

    public static TheoryData<string> Names => LawRows.Names;

    [Theory, MemberData(nameof(Names))]
    public void Vmap_stacks_the_results_of_one_batched_argument(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "vmap")) return;
        foreach (Trial trial in LawRows.Trials(row))
            for (int n = 0; n < trial.Smooth.Length; n++) Stacks(trial, [n], 0);
    }

    [Theory, MemberData(nameof(Names))]
    public void Vmap_stacks_the_results_of_all_arguments_batched_together(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "vmap")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            int[] all = [.. Enumerable.Range(0, trial.Smooth.Length)];
            if (all.Length == 0) continue;
            if (all.Length > 1) Stacks(trial, all, 0);
            Stacks(trial, all, -1);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Gradient_of_vmap_is_vmap_of_gradient(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "vmap") || LawRows.Excepts(row, "grad")) return;
        foreach (Trial trial in LawRows.Trials(row))
            if (trial.Run().Any(static y => y.RequiresGrad)) Commutes(trial);
    }

    /// <summary>A batch of values near the sample's own, which stay within the operation's domain.</summary>
    private static Tensor[] Batch(Tensor x) => [.. Enumerable.Range(0, Size).Select(b => (x.Detach() * (1 - 0.02 * b)).Detach())];

    private static void Stacks(Trial trial, int[] batched, int dim)
    {
        Tensor[] plain = [.. trial.Inputs.Select(static t => t.Detach())];
        Tensor[][] parts = [.. batched.Select(n => Batch(plain[trial.Smooth[n]]))];
        Tensor[] x = [.. plain];
        int?[] inDims = new int?[x.Length];
        for (int k = 0; k < batched.Length; k++)
        {
            int at = trial.Smooth[batched[k]];
            x[at] = Law.Stack(parts[k]).MoveDim(0, dim);
            inDims[at] = dim;
        }
        Tensor[] actual = Func.Vmap(trial.Run, x, inDims, randomness: "same");
        string what = $"{trial.Text} with {(batched.Length == 1 ? $"argument {trial.Smooth[batched[0]]}" : "all arguments")} batched at " +
            $"dimension {dim}";
        for (int b = 0; b < Size; b++)
        {
            Tensor[] one = [.. plain];
            for (int k = 0; k < batched.Length; k++) one[trial.Smooth[batched[k]]] = parts[k][b];
            Law.Same(trial.Run(one), [.. actual.Select(t => t.Select(0, b))], $"{what}, item {b}");
        }
    }

    private static void Commutes(Trial trial)
    {
        Tensor[] stacked = [.. trial.SmoothInputs.Select(t => Law.Stack(Batch(t)).RequiresGrad_())];
        int?[] inDims = new int?[trial.Inputs.Length];
        foreach (int i in trial.Smooth) inDims[i] = 0;
        Tensor[] y = [.. Func.Vmap(trial.Run, trial.With(stacked), inDims, randomness: "same").Where(static t => t.RequiresGrad)];
        Tensor[] seeds = Law.Directions(y.Select(static t => t.Detach()), 5);
        Tensor?[] outside = Autograd.Grad(y, stacked, seeds, allowUnused: true);
        int n = stacked.Length;
        int?[] front = [.. Enumerable.Repeat((int?)0, n + seeds.Length)];
        Tensor[] inside = Func.Vmap(a => Gradient(trial, a[..n], a[n..]), [.. stacked.Select(static t => t.Detach()), .. seeds], front,
            randomness: "same");
        for (int i = 0; i < n; i++) Law.Same(outside[i], inside[i], $"{trial.Text}: the gradient of input {trial.Smooth[i]}");
    }

    private static Tensor[] Gradient(Trial trial, Tensor[] smooth, Tensor[] seeds)
    {
        Tensor[] here = [.. smooth.Select(static t => t.Detach().RequiresGrad_())];
        Tensor[] y = [.. trial.Run(trial.With(here)).Where(static t => t.RequiresGrad)];
        Tensor?[] g = Autograd.Grad(y, here, seeds, allowUnused: true);
        return [.. g.Select((t, i) => t ?? here[i].Detach() * 0)];
    }
}
