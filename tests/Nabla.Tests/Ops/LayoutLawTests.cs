using Nabla.Conformance;
using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Laws 2, 3 and 11: memory layout, sizes and threads do not matter.</summary>
public sealed class LayoutLawTests
{
    public static TheoryData<string> Names => LawRows.Names;

    /// <summary>The categories of PyTorch's operators, from the conformance data.</summary>
    private static readonly Lazy<Dictionary<string, string>> Categories = new(() =>
    {
        using DataSet data = new(ConformanceTests.DataPath);
        return data.Operators.DistinctBy(o => o.Name).ToDictionary(o => o.Name, o => o.Category);
    });

    [Theory, MemberData(nameof(Names))]
    public void Strides_and_offsets_do_not_matter(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "strides")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            foreach ((string how, Func<Tensor, Tensor> layout) in Variants)
                Agree(trial, [.. trial.Inputs.Select(t => Like(layout(t.Detach()), t))], trial.Copies(true), $"{trial.Text} ({how})");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Repeated_elements_behave_as_copies_do(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "strides")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            Tensor[] repeated = [.. trial.Inputs.Select(t => Like(Repeat(t.Detach()), t))];
            Tensor[] copied = [.. trial.Inputs.Select(t => Like(Repeat(t.Detach()).Clone().Contiguous(), t))];
            // Rows of equal values may be outside of the operation's domain (a singular matrix); then both calls must say so.
            Exception? expected = Record.Exception(() => trial.Run(copied));
            if (expected is null) Agree(trial, repeated, copied, $"{trial.Text} (stride 0)");
            else Assert.IsType(expected.GetType(), Record.Exception(() => trial.Run(repeated)));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Samples_cover_empty_and_0_d_tensors(string name)
    {
        OpRow row = LawRows.Get(name);
        string category = Categories.Value.GetValueOrDefault(row.Name, "");
        Trial[] trials = [.. LawRows.Trials(row)];
        foreach (Trial trial in trials) trial.Run();
        if (category is not ("unary" or "binary" or "special" or "reduction")) return;
        if (!LawRows.Excepts(row, "empty"))
            Assert.True(trials.Any(t => t.Inputs.Any(x => x.NumElements == 0)), $"{name} ({category}) has no sample with an empty tensor.");
        if (!LawRows.Excepts(row, "scalar"))
            Assert.True(trials.Any(t => t.Inputs.Any(x => x.NDim == 0)), $"{name} ({category}) has no sample with a 0-d tensor.");
    }

    private static readonly (string, Func<Tensor, Tensor>)[] Variants =
    [
        ("transposed with gaps", Layouts.Scattered), ("sliced", Layouts.Sliced), ("at an offset", Layouts.Offset),
        ("transposed", Layouts.Transposed),
    ];

    private static Tensor Like(Tensor made, Tensor original) => original.RequiresGrad ? made.RequiresGrad_() : made;

    /// <summary>The first slice of the first dimension in the place of all others.</summary>
    private static Tensor Repeat(Tensor x) => x.NDim == 0 || x.Size(0) == 0 ? x : x.Narrow(0, 0, 1).Expand(x.Shape);

    private static void Agree(Trial trial, Tensor[] x, Tensor[] plain, string what)
    {
        Tensor[] expected = trial.RunAsIs(plain), actual = trial.RunAsIs(x);
        Law.Same(expected, actual, what, 1e-12);
        Tensor?[] g = Law.Gradients(trial, plain, expected), h = Law.Gradients(trial, x, actual);
        for (int i = 0; i < g.Length; i++) Law.Same(g[i], h[i], $"{what}, gradient {i}", 1e-12);
    }
}
