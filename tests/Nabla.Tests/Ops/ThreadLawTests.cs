using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Law 11: the same bits for any number of threads, forward and backward, on tensors large enough to be split.</summary>
[Collection("threads")]
public sealed class ThreadLawTests
{
    private const long Elements = 300_000;

    public static TheoryData<string> Names => LawRows.Names;

    [Theory, MemberData(nameof(Names))]
    [Trait("Row", "1.18.1"), Trait("Row", "1.18.2")]
    [Trait("Row", "4.14")]
    public void The_number_of_threads_does_not_change_a_bit(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "threads") || LawRows.Excepts(row, "vmap")) return;
        Trial[] trials = [.. LawRows.Trials(row).Where(static t => t.Smooth.Length > 0
            && t.SmoothInputs.All(static x => x.NumElements > 0))];
        if (trials.Length == 0) return;
        // A batch makes any operation large without changing its meaning.
        Trial trial = trials.MaxBy(static t => t.SmoothInputs.Sum(static x => x.NumElements))!;
        Tensor[] large = [.. trial.SmoothInputs.Select(x => Large(x.Detach(),
            Elements / trial.SmoothInputs.Sum(static s => s.NumElements) + 1))];
        int threads = Threads.Count;
        try
        {
            byte[][] one = Bits(trial, large, 1);
            foreach (int n in (int[])[2, 3, 8])
            {
                byte[][] many = Bits(trial, large, n);
                for (int i = 0; i < one.Length; i++)
                    Assert.True(one[i].AsSpan().SequenceEqual(many[i]), $"{trial.Text}: {What(i)} differs between 1 and {n} threads");
            }
        }
        finally { Threads.Count = threads; }

        string What(int i) => i < large.Length ? $"gradient {i}" : $"result {i - large.Length}";
    }

    private static Tensor Large(Tensor x, long n)
    {
        double[] factors = new double[n];
        for (int i = 0; i < factors.Length; i++) factors[i] = 1 - 0.05 * (i * 0.6180339887498949 % 1);
        Tensor scale = Tensor.From(factors, new Shape([n, .. Enumerable.Repeat(1L, x.NDim)]));
        return (x.Unsqueeze(0) * scale).Detach();
    }

    private static byte[][] Bits(Trial trial, Tensor[] large, int threads)
    {
        Threads.Count = threads;
        Tensor[] x = [.. large.Select(static t => t.Detach().RequiresGrad_())];
        int?[] inDims = new int?[trial.Inputs.Length];
        foreach (int i in trial.Smooth) inDims[i] = 0;
        Tensor[] y = Func.Vmap(trial.Run, trial.With(x), inDims, randomness: "same");
        Tensor[] roots = [.. y.Where(static t => t.RequiresGrad)];
        Tensor?[] g = roots.Length == 0 || LawRows.Excepts(trial.Row, "grad") ? new Tensor?[x.Length]
            : Autograd.Grad(roots, x, Law.Directions(roots.Select(static r => r.Detach()), 3), allowUnused: true);
        return [.. g.Select(static t => t is null ? [] : Law.Bits(t)), .. y.Select(Law.Bits)];
    }
}
