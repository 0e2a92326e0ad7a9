namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Indexing()
    {
        On<Ops.WrapIndex>((g, c) =>
        {
            Term at = new(g, c.As(0, DType.Int64), DType.Int64);
            if (!c.Get(static op => op.Negative)) return at.Name;
            Term size = new(g, g.Zero(c.Size(static op => op.Size)), DType.Int64);
            return at.Less(0).Choose(at + size, at).Name;
        });
        On<Ops.EmbeddingGrad>((g, c) => g.Node("Gather", [c[0], c[1]], ("axis", 0)));
        On<Ops.OneHot>((g, c) => g.Node("OneHot",
            [c.As(0, DType.Int64), g.Number(c.Get(static op => op.Classes), DType.Int64), g.Ints(0, 1)], ("axis", -1)));
        On<Ops.Gather>((g, c) => g.Node("GatherElements", [c[0], c.As(1, DType.Int64)], ("axis", c.Axis(c.Get(static op => op.Dim)))));
        On<Ops.TakePlaces>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            if (c.X(0).Rank == 0) return c[0];
            string y = g.Node("GatherElements", [c[0], c[1]], ("axis", axis));
            return c.Get(static op => op.KeepDim) ? y : g.Squeeze(y, axis);
        });
        On<Ops.PutPlaces>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            string zeros = g.Expand(g.Number(0, c.X(0).DType), c.Y().Shape);
            return g.Node("ScatterElements", [zeros, c[1], c[0]], ("axis", axis), ("reduction", "add"));
        });
        On<Ops.Scatter>((g, c) => g.Node("ScatterElements", [c[0], c.As(1, DType.Int64), c.As(2, c.X(0).DType)],
            ("axis", c.Axis(c.Get(static op => op.Dim))), ("reduction", c.Get(static op => op.Add) ? "add" : "none")));
        On<Ops.ScatterReduce>(Combined);
        On<Ops.Index>((g, c) =>
        {
            (Dims dims, int tail) = c.Get(static op => (op.Dims, op.Tail));
            int rank = c.X(0).Rank, n = c.X(1).Rank, others = rank - dims.Count;
            if (dims.Count == 1 && rank - 1 - c.Axis(dims[0]) == tail) return g.Node("Gather", [c[0], c[1]], ("axis", c.Axis(dims[0])));
            string y = g.Node("Gather", [Front(g, c[0], c.X(0), dims), c[1]], ("axis", 0));
            // The index's dimensions come before the last ones.
            long[] order = [.. Last(n + others - tail, others - tail), .. Last(n, n), .. Last(n + others, tail)];
            return g.Transpose(y, order);
        });
        On<Ops.IndexPut>((g, c) =>
        {
            (Dims dims, int tail, bool add) = c.Get(static op => (op.Dims, op.Tail, op.Accumulate));
            int rank = c.X(0).Rank, n = c.X(1).Rank, others = rank - dims.Count;
            long[] order = FrontOrder(rank, dims), back = new long[rank];
            for (int i = 0; i < rank; i++) back[order[i]] = i;
            Dim[] shape = c.X(0).Shape, moved = [.. order.Select(d => shape[(int)d])], rest = moved[dims.Count..];
            Dim[] written = [.. rest[..(others - tail)], .. c.X(1).Shape, .. rest[(others - tail)..]];
            string values = c.As(2, c.X(0).DType);
            if (!Alike(c.X(2).Shape, written)) values = g.Expand(values, written);
            values = g.Transpose(values, [.. Last(others - tail + n, n), .. Last(others - tail, others - tail), .. Last(n + others, tail)]);
            string y = g.Node("ScatterND", [Front(g, c[0], c.X(0), dims), g.Unsqueeze(c[1], n), values],
                ("reduction", add ? "add" : "none"));
            return g.Transpose(dims.Count == 1 ? y : g.Reshape(y, [Product(moved[..dims.Count]), .. rest], moved), back);
        });
    }

    private static string Combined(GraphBuilder g, Call<Ops.ScatterReduce> c)
    {
        (int dim, Ops.Reduction kind, bool self) = c.Get(static op => (op.Dim, op.Reduce, op.IncludeSelf));
        int axis = c.Axis(dim);
        DType dtype = c.X(0).DType;
        string x = c[0], at = c.As(1, DType.Int64), values = c.As(2, dtype);
        if (kind is Ops.Reduction.AMax or Ops.Reduction.AMin && g.Opset < 18)
            c.Refuse("largest and smallest values are combined from operator set 18 on; ask for Opset = 18.");
        if (!self)
        {
            double neutral = kind switch
            {
                Ops.Reduction.Prod => 1,
                Ops.Reduction.AMax => double.NegativeInfinity,
                Ops.Reduction.AMin => double.PositiveInfinity,
                _ => 0,
            };
            x = Scattered(x, g.Expand(g.Number(neutral, dtype), c.X(1).Shape), "none");
        }
        string y = Scattered(x, values, kind switch
        {
            Ops.Reduction.Prod => "mul",
            Ops.Reduction.AMax => "max",
            Ops.Reduction.AMin => "min",
            _ => "add",
        });
        if (kind != Ops.Reduction.Mean) return y;
        string ones = g.Expand(g.Number(1, dtype), c.X(1).Shape), start = g.Expand(g.Number(self ? 1 : 0, dtype), c.X(0).Shape);
        string n = g.Node("Max", [Scattered(start, ones, "add"), g.Number(1, dtype)]);
        return g.Node("Div", [y, n]);

        string Scattered(string to, string what, string how) =>
            g.Node("ScatterElements", [to, at, what], ("axis", axis), ("reduction", how));
    }

    private static long[] FrontOrder(int rank, Dims dims) => [.. dims.Select(d => (long)(d + rank)),
        .. Enumerable.Range(0, rank).Where(d => !dims.Contains(d - rank)).Select(static d => (long)d)];

    /// <summary>x with some dimensions in front, as one.</summary>
    private static string Front(GraphBuilder g, string x, ValueSet like, Dims dims)
    {
        long[] order = FrontOrder(like.Rank, dims);
        string y = g.Transpose(x, order);
        if (dims.Count == 1) return y;
        Dim[] moved = [.. order.Select(d => like[(int)d])];
        return g.Reshape(y, moved, [Product(moved[..dims.Count]), .. moved[dims.Count..]]);
    }

    private static Dim Product(Dim[] sizes) => sizes.Aggregate(static (a, b) => a * b);
}
