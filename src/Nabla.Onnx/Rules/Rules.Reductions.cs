namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Reductions()
    {
        Reduce<Ops.Sum>("ReduceSum", static op => op.Dims, static op => op.KeepDim);
        On<Ops.Count>((g, c) => g.Reduce("ReduceSum", g.Cast(c[0], DType.Bool, DType.Int64), c.Axes(static op => op.Dims),
            c.Get(static op => op.KeepDim)));
        Reduce<Ops.Mean>("ReduceMean", static op => op.Dims, static op => op.KeepDim);
        Reduce<Ops.Logsumexp>("ReduceLogSumExp", static op => op.Dims, static op => op.KeepDim);
        On<Ops.Prod>((g, c) => g.Reduce("ReduceProd", c[0], c.X(0).Rank == 0 ? [] : [c.Axis(c.Get(static op => op.Dim))],
            c.Get(static op => op.KeepDim)));
        On<Ops.Extreme>((g, c) => g.Reduce(c.Get(static op => op.Max) ? "ReduceMax" : "ReduceMin", c[0], c.Axes(static op => op.Dims),
            c.Get(static op => op.KeepDim)));
        On<Ops.Nansum>((g, c) =>
        {
            Term x = new(g, c[0], c.X(0).DType);
            return g.Reduce("ReduceSum", x.Test("IsNaN").Choose(x.Number(0), x).Name, c.Axes(static op => op.Dims),
                c.Get(static op => op.KeepDim));
        });
        On<Ops.Truth>((g, c) =>
        {
            string x = g.Cast(c.As(0, DType.Bool), DType.Bool, DType.Int32);
            string y = g.Reduce(c.Get(static op => op.Every) ? "ReduceMin" : "ReduceMax", x, c.Axes(static op => op.Dims),
                c.Get(static op => op.KeepDim));
            return g.Cast(y, DType.Int32, DType.Bool);
        });
        On<Ops.ArgExtreme>((g, c) =>
        {
            long[] axes = c.Axes(static op => op.Dims);
            bool keep = c.Get(static op => op.KeepDim);
            string type = c.Get(static op => op.Max) ? "ArgMax" : "ArgMin";
            if (axes.Length == 1 && c.X(0).Rank > 0) return g.Node(type, [c[0]], ("axis", axes[0]), ("keepdims", keep ? 1 : 0));
            if (axes.Length != c.X(0).Rank) c.Refuse("places are counted over one dimension or over all.");
            string place = g.Node(type, [g.Node("Reshape", [c[0], g.Ints(-1)])], ("axis", 0), ("keepdims", 0));
            return keep ? g.Unsqueeze(place, [.. Enumerable.Range(0, axes.Length).Select(static d => (long)d)]) : place;
        });
        On<Ops.LinalgVectorNorm>((g, c) =>
        {
            double p = c.Get(static op => op.P);
            return Norm(g, new Term(g, c[0], c.X(0).DType), p, c.Axes(static op => op.Dims), c.Get(static op => op.KeepDim)).Name;
        });
        Many<Ops.Var>((g, c) =>
        {
            long[] axes = c.Axes(static op => op.Dims);
            (bool keep, double correction, bool root, bool withMean) =
                c.Get(static op => (op.KeepDim, op.Correction, op.Root, op.WithMean));
            DType dtype = c.X(0).DType;
            Term x = new(g, c[0], dtype), mean = new(g, g.Reduce("ReduceMean", c[0], axes, keep: true), dtype);
            Term sum = new(g, g.Reduce("ReduceSum", (x - mean).Square().Name, axes, keep), dtype);
            Term y = sum / Free(g, c, axes, correction, dtype);
            if (root) y = y.Op("Sqrt");
            return withMean ? [y.Name, keep || axes.Length == 0 ? mean.Name : g.Squeeze(mean.Name, axes)] : [y.Name];
        });
        On<Ops.Cumsum>((g, c) => g.Node("CumSum", [c.As(0, c.Y().DType), g.Number(c.Axis(c.Get(static op => op.Dim)), DType.Int64)],
            ("reverse", c.Get(static op => op.Reverse) ? 1 : 0)));
        On<Ops.Cumprod>((g, c) =>
        {
            // There is no operator: one product after the other, if it is known how many.
            int axis = c.Axis(c.Get(static op => op.Dim));
            string x = c.As(0, c.Y().DType);
            if (c.X(0).Rank == 0) return x;
            if (!c.X(0)[axis].IsFixed) c.Refuse("running products over a dimension of dynamic size have no operator.");
            int n = (int)c.X(0)[axis].Value, last = c.Get(static op => op.Reverse) ? n - 1 : 0, step = last == 0 ? 1 : -1;
            string[] parts = [.. n > 1 ? g.Nodes("Split", [x, g.Ints([.. Enumerable.Repeat(1L, n)])], n, ("axis", axis)) : [x]];
            for (int i = 1; i < n; i++, last += step) parts[last + step] = g.Node("Mul", [parts[last], parts[last + step]]);
            return g.Concat(axis, parts);
        });
        On<Ops.SortPlaces>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            if (c.X(0).Rank == 0) return g.Number(0, DType.Int64);
            return g.Nodes("TopK", [c[0], g.Vector([c.Y()[axis]])], 2, ("axis", axis),
                ("largest", c.Get(static op => op.Descending) ? 1 : 0))[1];
        });
        On<Ops.RankPlace>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            if (c.X(0).Rank == 0) return g.Number(0, DType.Int64);
            Dim k = c.Size(static op => op.K);
            if (k.Is(-2) || k.Is(-3)) c.Refuse("the mode and the median without NaN have no operator.");
            if (k.Is(-1)) k = new([.. c.X(0)[axis].Values.ToArray().Select(static n => (n - 1) / 2)]);
            string places = g.Nodes("TopK", [c[0], g.Vector([k + 1])], 2, ("axis", axis), ("largest", 0))[1];
            return g.Slice(places, axis, -1, long.MaxValue);
        });
    }

    private static void Reduce<TOp>(string type, Func<TOp, Dims> dims, Func<TOp, bool> keep) where TOp : struct =>
        On<TOp>((g, c) => g.Reduce(type, c[0], c.Axes(dims), c.Get(keep)));

    /// <summary>The number of elements of some dimensions less a correction, at least 0.</summary>
    private static Term Free(GraphBuilder g, Call c, long[] axes, double correction, DType dtype)
    {
        Dim n = Count(c.X(0), axes);
        if (n.IsFixed) return new(g, g.Number(Math.Max(0, n.Value - correction), dtype), dtype);
        return (new Term(g, g.Cast(g.Zero(n), DType.Int64, dtype), dtype) - correction).Max(0);
    }

    private static Dim Count(ValueSet x, long[] axes) =>
        axes.Length == 0 ? new(Array.ConvertAll(x.Per, static _ => 1L)) : Product([.. axes.Select(d => x[(int)d])]);

    /// <summary>(Σ |x|^p)^(1/p).</summary>
    private static Term Norm(GraphBuilder g, Term x, double p, long[] axes, bool keep)
    {
        if (p == 1) return new(g, g.Reduce("ReduceL1", x.Name, axes, keep), x.DType);
        if (p == 2) return new(g, g.Reduce("ReduceL2", x.Name, axes, keep), x.DType);
        Term size = x.Op("Abs");
        if (double.IsInfinity(p)) return new(g, g.Reduce(p > 0 ? "ReduceMax" : "ReduceMin", size.Name, axes, keep), x.DType);
        if (p == 0) return new(g, g.Reduce("ReduceSum", size.Op("Sign").Name, axes, keep), x.DType);
        return new Term(g, g.Reduce("ReduceSum", size.Op("Pow", p).Name, axes, keep), x.DType).Op("Pow", 1 / p);
    }
}
