using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Law 9: in place is out of place, written into the first tensor, and recorded.</summary>
public sealed class InPlaceLawTests
{
    public static TheoryData<string> Names => [.. LawRows.All.Where(r => r.InPlace is not null).Select(LawRows.NameOf)];

    [Theory, MemberData(nameof(Names))]
    public void In_place_gives_the_values_of_out_of_place_and_moves_the_version(string name) => Each(name, (row, trial, y) =>
    {
        Tensor[] x = trial.Copies(false);
        int version = x[0].Version;
        Tensor z = row.InPlace!(trial.Rebuild(x));
        Assert.True(ReferenceEquals(z, x[0]), $"{trial.Text}: the result is not the tensor itself");
        Law.Same(y.Detach().To(x[0].DType), z, $"{trial.Text}: in place", 1e-12);
        Assert.True(x[0].Version > version, $"{trial.Text}: the version stayed {version}");
        for (int i = 1; i < x.Length; i++) Assert.True(x[i].Version == 0, $"{trial.Text}: input {i} was written to");
    });

    [Theory, MemberData(nameof(Names))]
    public void A_leaf_that_requires_a_gradient_is_refused_and_unchanged(string name) => Each(name, (row, trial, _) =>
    {
        if (!trial.Smooth.Contains(0)) return;
        Tensor[] x = trial.Copies(true);
        byte[] before = Law.Bits(x[0]);
        AutogradException e = Assert.Throws<AutogradException>(() => row.InPlace!(trial.Rebuild(x)));
        Assert.StartsWith("a leaf Variable that requires grad is being used in an in-place operation.", e.Message,
            StringComparison.Ordinal);
        Assert.True(before.AsSpan().SequenceEqual(Law.Bits(x[0])), $"{trial.Text}: the refused write changed values");
        Assert.True(x[0].Version == 0 && x[0].IsLeaf && x[0].RequiresGrad, $"{trial.Text}: the refused write changed the tensor's state");
        using (Autograd.NoGrad()) row.InPlace!(trial.Rebuild(x));
        Assert.True(x[0].IsLeaf && x[0].RequiresGrad && x[0].Version > 0,
            $"{trial.Text}: without recording, a leaf may be written to and stays one");
    });

    [Theory, MemberData(nameof(Names))]
    public void A_write_into_a_result_differentiates(string name) => Each(name, (row, trial, _) =>
    {
        if (trial.Smooth.Length == 0) return;
        Tensor[] leaves = trial.Copies(true), x = [.. leaves];
        x[0] = x[0].Clone();
        Tensor z = row.InPlace!(trial.Rebuild(x));
        Tensor u = Law.Direction(z.Detach(), 3);
        Tensor?[] actual = z.RequiresGrad ? Autograd.Grad([z], trial.Pick(leaves), [u], allowUnused: true)
            : new Tensor?[trial.Smooth.Length];
        Compare(trial, Expected(row, trial, u), actual, null, "into a result");
    });

    [Theory, MemberData(nameof(Names))]
    public void A_write_into_a_row_of_a_larger_result_differentiates(string name) => Each(name, (row, trial, y) =>
    {
        if (trial.Smooth.Length == 0) return;
        Tensor[] leaves = trial.Copies(true), x = [.. leaves];
        Tensor large = x[0].Unsqueeze(0).Expand(new Shape([3, .. x[0].Shape.ToArray()])).Clone();
        Tensor view = large.Select(0, 1);
        x[0] = view;
        row.InPlace!(trial.Rebuild(x));
        Law.Same(leaves[0].Detach(), large.Detach().Select(0, 0), $"{trial.Text}: the row before the one written to");
        Law.Same(y.Detach().To(large.DType), large.Detach().Select(0, 1), $"{trial.Text}: the row written to");
        Law.Same(leaves[0].Detach(), large.Detach().Select(0, 2), $"{trial.Text}: the row after the one written to");
        Tensor u = Law.Direction(large.Detach(), 3);
        Tensor?[] actual = large.RequiresGrad ? Autograd.Grad([large], trial.Pick(leaves), [u], allowUnused: true)
            : new Tensor?[trial.Smooth.Length];
        Tensor others = u.Select(0, 0) + u.Select(0, 2);
        Compare(trial, Expected(row, trial, u.Select(0, 1)), actual, trial.Smooth.Contains(0) ? others : null, "into a row");
    });

    [Theory, MemberData(nameof(Names))]
    public void A_write_has_the_tangent_of_out_of_place(string name) => Each(name, (row, trial, y) =>
    {
        if (trial.Smooth.Length == 0 || LawRows.Excepts(row, "forward")) return;
        Tensor[] x = [.. trial.SmoothInputs.Select(static t => t.Detach())], v = Law.Directions(x, 3);
        Tensor? expected = Func.Jvp(a => [trial.Run(trial.With(a))[0]], x, v).Tangents[0]?.To(trial.Inputs[0].DType);
        Tensor? into = Func.Jvp(a => [row.InPlace!(trial.Rebuild(First(trial.With(a), static t => t.Clone())))], x, v).Tangents[0];
        Law.Same(expected, into, $"{trial.Text}: the tangent of a write into a copy");
        if (!trial.Smooth.Contains(0)) return;
        Tensor? large = Func.Jvp(a => [IntoRow(row, trial, trial.With(a))[0]], x, v).Tangents[0];
        Tensor? other = Func.Jvp(a => [IntoRow(row, trial, trial.With(a))[1]], x, v).Tangents[0];
        Law.Same(v[0], large?.Select(0, 0), $"{trial.Text}: the tangent of the row before");
        Law.Same(expected, large?.Select(0, 1), $"{trial.Text}: the tangent of the row written to");
        Law.Same(expected, other, $"{trial.Text}: the tangent of another view of the row written to");
    });

    [Theory, MemberData(nameof(Names))]
    public void A_batched_write_is_the_stack_of_writes(string name) => Each(name, (row, trial, y) =>
    {
        if (!trial.Smooth.Contains(0) || LawRows.Excepts(row, "vmap")) return;
        Tensor[] x = [.. trial.SmoothInputs.Select(static t => Law.Stack([t.Detach(), t.Detach() * 0.98]).RequiresGrad_())];
        int?[] inDims = new int?[trial.Inputs.Length];
        foreach (int i in trial.Smooth) inDims[i] = 0;
        Tensor plain = Func.Vmap(a => [trial.Run(a)[0].To(trial.Inputs[0].DType)], trial.With(x), inDims)[0];
        Tensor into = Func.Vmap(a => [row.InPlace!(trial.Rebuild(First(a, static t => t.Clone())))], trial.With(x), inDims)[0];
        Tensor large = Func.Vmap(a => [IntoRow(row, trial, a)[0].Select(0, 1)], trial.With(x), inDims)[0];
        Law.Same(plain.Detach(), into.Detach(), $"{trial.Text}: a batched write");
        Law.Same(plain.Detach(), large.Detach(), $"{trial.Text}: a batched write into a row");
        Tensor u = Law.Direction(plain.Detach(), 3);
        Tensor?[] expected = Gradients(plain, x, u), actual = Gradients(into, x, u), row1 = Gradients(large, x, u);
        for (int n = 0; n < x.Length; n++)
        {
            Law.Same(expected[n], actual[n], $"{trial.Text}: a batched write, gradient of input {trial.Smooth[n]}");
            Law.Same(expected[n], row1[n], $"{trial.Text}: a batched write into a row, gradient of input {trial.Smooth[n]}");
        }
    });

    private static Tensor?[] Gradients(Tensor y, Tensor[] x, Tensor u) =>
        y.RequiresGrad ? Autograd.Grad([y], x, [u], allowUnused: true) : new Tensor?[x.Length];

    private static Tensor[] First(Tensor[] x, Func<Tensor, Tensor> change) => [change(x[0]), .. x[1..]];

    /// <summary>Three copies of the first input, the second of which was written to, and another view of that one, taken before.</summary>
    private static Tensor[] IntoRow(OpRow row, Trial trial, Tensor[] x)
    {
        Tensor large = x[0].Unsqueeze(0).Expand(new Shape([3, .. x[0].Shape.ToArray()])).Clone();
        Tensor other = large.Select(0, 1);
        row.InPlace!(trial.Rebuild(First(x, _ => large.Select(0, 1))));
        return [large, other];
    }

    private static Tensor?[] Expected(OpRow row, Trial trial, Tensor u)
    {
        Tensor[] x = trial.Copies(true);
        Tensor y = (Tensor)OpRow.Flatten(row.Run(trial.Rebuild(x)))[0]!;
        return y.RequiresGrad ? Autograd.Grad([y], trial.Pick(x), [u], allowUnused: true) : new Tensor?[trial.Smooth.Length];
    }

    private static void Compare(Trial trial, Tensor?[] expected, Tensor?[] actual, Tensor? others, string what)
    {
        for (int n = 0; n < expected.Length; n++)
        {
            Tensor? want = expected[n];
            if (trial.Smooth[n] == 0 && others is not null) want = want is null ? others : want + others;
            Law.Same(want, actual[n], $"{trial.Text}: {what}, gradient of input {trial.Smooth[n]}");
        }
    }

    /// <summary>The samples whose result has the first tensor's shape; of the others, that they are refused and change nothing.</summary>
    private static void Each(string name, Action<OpRow, Trial, Tensor> check)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "inplace")) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            // The first argument is the one written to; a plain number in its place has no in-place form.
            if (trial.Call.Args is not [Tensor, ..]) continue;
            Tensor y = (Tensor)OpRow.Flatten(row.Run(trial.Rebuild(trial.Copies(true))))[0]!;
            bool fits = y.Shape == trial.Inputs[0].Shape && Promotion.Category(y.DType) <= Promotion.Category(trial.Inputs[0].DType);
            if (fits) check(row, trial, y);
            else Refused(row, trial);
        }
    }

    private static void Refused(OpRow row, Trial trial)
    {
        Tensor[] x = trial.Copies(false);
        byte[] before = Law.Bits(x[0]);
        Exception? e = Record.Exception(() => row.InPlace!(trial.Rebuild(x)));
        Assert.True(e is ShapeException or DTypeException,
            $"{trial.Text}: the result does not fit, so the write must be refused, but: {e?.Message ?? "it was done"}");
        Assert.True(before.AsSpan().SequenceEqual(Law.Bits(x[0])) && x[0].Version == 0,
            $"{trial.Text}: the refused write changed the tensor");
    }
}
