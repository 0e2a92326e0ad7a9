namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Shapes()
    {
        On<Ops.Alias>((_, c) => c[0]);
        On<Ops.Clone>((_, c) => c[0]);
        On<Ops.To>((g, c) => c.As(0, c.Y().DType));
        On<Ops.Expand>((g, c) =>
        {
            int more = c.Y().Rank - c.X(0).Rank, lead = c.Get(static op => op.Lead);
            string x = lead == 0 || more == 0 ? c[0] : g.Unsqueeze(c[0], Last(lead + more, more));
            return Alike(c.X(0).Shape, c.Y().Shape) ? x : g.Expand(x, c.Y().Shape);
        });
        On<Ops.Reshape>((g, c) => Folded(g, c) ?? g.Reshape(c[0], c.X(0).Shape, c.Y().Shape));
        On<Ops.UnsafeView>((g, c) => Folded(g, c) ?? g.Reshape(c[0], c.X(0).Shape, c.Y().Shape));
        On<Ops.Permute>((g, c) => g.Transpose(c[0], Order(c.X(0).Rank, c.Get(static op => op.Dims))));
        On<Ops.Transpose>((g, c) => g.Swap(c[0], c.X(0).Rank, c.Axis(c.Get(static op => op.Dim0)), c.Axis(c.Get(static op => op.Dim1))));
        On<Ops.WeightT>((g, c) => g.Swap(c[0], c.X(0).Rank, c.Axis(-2), c.Axis(-1)));
        On<Ops.T>((g, c) => c.X(0).Rank < 2 ? c[0] : g.Swap(c[0], c.X(0).Rank, c.Axis(-2), c.Axis(-1)));
        On<Ops.Unsqueeze>((g, c) => g.Unsqueeze(c[0], c.Get(static op => op.Dim) + c.Y().Rank));
        On<Ops.Squeeze>((g, c) => c.Axes(static op => op.Dims) is { Length: > 0 } axes ? g.Squeeze(c[0], axes) : c[0]);
        On<Ops.Unrow>((g, c) => g.Squeeze(c[0], c.Axis(-2)));
        On<Ops.Select>((g, c) => Selected(g, c[0], c.X(0), c.Axis(c.Get(static op => op.Dim)), c.Size(static op => op.Index)));
        On<Ops.Slice>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            Dim start = c.Size(static op => op.Start), length = c.Size(static op => op.Length), size = c.X(0)[axis];
            long step = c.Get(static op => op.Step);
            return start.Is(0) && step == 1 && length.Same(size) ? c[0]
                : g.Slice(c[0], axis, FromEnd(start, size), End(start + length * step, size), step);
        });
        On<Ops.Flip>((g, c) => c.Axes(static op => op.Dims).Aggregate(c[0],
            (x, axis) => g.Node("Slice", [x, g.Ints(-1), g.Ints(long.MinValue), g.Ints(axis), g.Ints(-1)])));
        On<Ops.Roll>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            Dim size = c.X(0)[axis], shift = c.Size(static op => op.Shift).With(size, static (k, n) => n == 0 ? 0 : (k % n + n) % n);
            if (shift.Is(0)) return c[0];
            Dim cut = FromEnd(size - shift, size);
            return g.Concat(axis, g.Slice(c[0], axis, cut, Everything(size)), g.Slice(c[0], axis, size * 0, cut));
        });
        On<Ops.Repeat>((g, c) =>
        {
            Dim[] repeats = c.Sizes(static op => op.Repeats.Values), one = [.. c.X(0).Shape.Select(static d => d * 0 + 1)];
            return g.Node("Tile", [c[0], g.Vector([.. one[..^repeats.Length], .. repeats])]);
        });
        On<Ops.Triangle>((g, c) => g.Node("Trilu", [c[0], g.Zero(c.Size(static op => op.Diagonal))],
            ("upper", c.Get(static op => op.Upper) ? 1 : 0)));
        On<Ops.ConstantPad>((g, c) =>
        {
            Dim[] before = c.Sizes(static op => op.Before), after = c.Sizes(static op => op.After);
            Dim none = c.X(0).Rank > 0 ? c.X(0)[0] * 0 : before[0];
            Dim[] rest = [.. Enumerable.Repeat(none, c.X(0).Rank - before.Length)];
            string pads = g.Vector([.. rest, .. before.Reverse(), .. rest, .. after.Reverse()]);
            return g.Node("Pad", [c[0], pads, g.Number(0, c.X(0).DType)], ("mode", "constant"));
        });
        On<Ops.Cat>((g, c) => g.Concat(c.Get(static op => op.Dim) + c.Y().Rank, [.. Enumerable.Range(0, c.Count).Select(i => c[i])]));
        On<Ops.Stack>((g, c) =>
        {
            int axis = c.Get(static op => op.Dim) + c.Y().Rank;
            return g.Concat(axis, [.. Enumerable.Range(0, c.Count).Select(i => g.Unsqueeze(c[i], axis))]);
        });
        Many<Ops.Split>((g, c) =>
        {
            Dim[] sizes = c.Sizes(static op => op.Sizes);
            return sizes.Length == 1 ? [c[0]] : g.Nodes("Split", [c[0], g.Vector(sizes)], sizes.Length,
                ("axis", c.Axis(c.Get(static op => op.Dim))));
        });
        Many<Ops.Unbind>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim)), n = c.First.Y.Length;
            return [.. Enumerable.Range(0, n).Select(i => g.Node("Gather", [c[0], g.Number(i, DType.Int64)], ("axis", axis)))];
        });
        On<Ops.Diagonal>((g, c) => Diagonal(g, c));
        On<Ops.Unfold>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim)), rank = c.X(0).Rank;
            string windows = Windows(g, c.Y()[axis], c.Get(static op => op.Size), c.Get(static op => op.Step), 1);
            string y = g.Node("Gather", [c[0], windows], ("axis", axis));
            return g.Transpose(y, [.. Last(rank + 1, rank + 1).Where(d => d != axis + 1), axis + 1]);
        });
        On<Ops.PixelShuffle>((g, c) => Shuffled(g, c, c.Get(static op => op.Factor), up: true));
        On<Ops.PixelUnshuffle>((g, c) => Shuffled(g, c, c.Get(static op => op.Factor), up: false));
        On<Ops.ChannelShuffle>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            Dim[] s = c.X(0).Shape;
            Dim groups = s[axis] * 0 + c.Get(static op => op.Groups), each = s[axis].With(groups, static (n, k) => n / k);
            Dim[] split = [.. s[..axis], groups, each, .. s[(axis + 1)..]];
            string x = g.Swap(g.Reshape(c[0], s, split), split.Length, axis, axis + 1);
            (split[axis], split[axis + 1]) = (split[axis + 1], split[axis]);
            return g.Reshape(x, split, s);
        });
    }

    private static bool Alike(Dim[] a, Dim[] b) => a.Length == b.Length && a.Zip(b).All(static p => p.First.Same(p.Second));

    /// <summary>An order of all dimensions from one of the last ones.</summary>
    private static long[] Order(int rank, Dims dims) =>
        [.. Enumerable.Range(0, rank - dims.Count).Select(static d => (long)d), .. dims.Select(d => (long)(d + rank))];

    /// <summary>An index that differs from the size by a fixed number is counted from the end.</summary>
    private static Dim FromEnd(Dim index, Dim size)
    {
        if (index.IsFixed) return index;
        Dim back = index - size;
        return back.IsFixed && back.Value < 0 ? back : index;
    }

    /// <summary>No end: all that follows.</summary>
    private static Dim Everything(Dim size) => size * 0 + long.MaxValue;

    private static Dim End(Dim end, Dim size)
    {
        if (end.IsFixed) return end;
        for (int i = 0; i < size.Values.Length; i++) if (end.Values[i] < size.Values[i]) return FromEnd(end, size);
        return Everything(size);
    }

    private static string Selected(GraphBuilder g, string x, ValueSet like, int axis, Dim index) =>
        g.Node("Gather", [x, g.Zero(FromEnd(index, like[axis]))], ("axis", axis));

    /// <summary>The places of the elements of windows along a dimension: [windows, size].</summary>
    private static string Windows(GraphBuilder g, Dim count, long size, long step, long dilation)
    {
        string starts = g.Node("Range", [g.Number(0, DType.Int64), g.Zero(count), g.Number(1, DType.Int64)]);
        if (step != 1) starts = g.Node("Mul", [starts, g.Number(step, DType.Int64)]);
        long[] inside = [.. Enumerable.Range(0, (int)size).Select(i => i * dilation)];
        return g.Node("Add", [g.Unsqueeze(starts, 1), g.Ints(inside)]);
    }

    private static string Shuffled<TOp>(GraphBuilder g, Call<TOp> c, long r, bool up) where TOp : struct
    {
        Dim[] s = c.X(0).Shape, lead = s[..^3];
        int n = lead.Length;
        Dim f = s[^1] * 0 + r;
        Dim[] y = c.Y().Shape;
        Dim[] split = up ? [.. lead, y[^3], f, f, s[^2], s[^1]] : [.. lead, s[^3], y[^2], f, y[^1], f];
        int[] order = up ? [0, 3, 1, 4, 2] : [0, 2, 4, 1, 3];
        string x = g.Transpose(g.Reshape(c[0], s, split), [.. Last(n, n), .. order.Select(d => (long)(n + d))]);
        Dim[] moved = [.. lead, .. order.Select(d => split[n + d])];
        return g.Reshape(x, moved, y);
    }

    /// <summary>The elements whose two indices differ by a fixed number, by an index over both as one.</summary>
    private static string Diagonal(GraphBuilder g, Call<Ops.Diagonal> c)
    {
        int rank = c.X(0).Rank, a = c.Axis(c.Get(static op => op.Dim1)), b = c.Axis(c.Get(static op => op.Dim2));
        long offset = c.Get(static op => op.Offset);
        int[] others = [.. Enumerable.Range(0, rank).Where(d => d != a && d != b)];
        string x = g.Transpose(c[0], [.. others.Select(static d => (long)d), a, b]);
        Dim[] s = c.X(0).Shape, moved = [.. others.Select(d => s[d]), s[a], s[b]], flat = [.. moved[..^2], s[a] * s[b]];
        string places = g.Node("Range", [g.Number(0, DType.Int64), g.Zero(c.Y()[c.Y().Rank - 1]), g.Number(1, DType.Int64)]);
        places = g.Node("Mul", [places, g.Zero(s[b] + 1)]);
        Dim start = offset >= 0 ? s[b] * 0 + offset : s[b] * -offset;
        return g.Node("Gather", [g.Reshape(x, moved, flat), g.Node("Add", [places, g.Zero(start)])], ("axis", rank - 2));
    }

    private static void Overwrites()
    {
        Write<Ops.Alias>((_, c, v) => v);
        Write<Ops.Reshape>((g, c, v) => g.Reshape(v, c.X(1).Shape, c.X(0).Shape));
        Write<Ops.Unsqueeze>((g, c, v) => g.Squeeze(v, c.Get(op => op.View.Dim) + c.X(1).Rank));
        Write<Ops.Squeeze>((g, c, v) => g.Unsqueeze(v, c.Axes(static op => op.View.Dims)));
        Write<Ops.Transpose>((g, c, v) => g.Swap(v, c.X(1).Rank, c.Axis(c.Get(static op => op.View.Dim0)),
            c.Axis(c.Get(static op => op.View.Dim1))));
        Write<Ops.WeightT>((g, c, v) => g.Swap(v, c.X(1).Rank, c.Axis(-2), c.Axis(-1)));
        Write<Ops.Permute>((g, c, v) =>
        {
            long[] order = Order(c.X(0).Rank, c.Get(static op => op.View.Dims)), back = new long[order.Length];
            for (int i = 0; i < order.Length; i++) back[order[i]] = i;
            return g.Transpose(v, back);
        });
        Write<Ops.Select>((g, c, v) =>
        {
            int axis = c.Axis(c.Get(static op => op.View.Dim));
            Dim at = c.Size(static op => op.View.Index);
            return Between(g, c, axis, at, at + 1, g.Unsqueeze(v, axis));
        });
        Write<Ops.Slice>((g, c, v) =>
        {
            int axis = c.Axis(c.Get(static op => op.View.Dim)), rank = c.X(0).Rank;
            Dim start = c.Size(static op => op.View.Start), length = c.Size(static op => op.View.Length), size = c.X(0)[axis];
            long step = c.Get(static op => op.View.Step);
            if (step == 1) return Between(g, c, axis, start, start + length, v);
            // Every step-th of the dimension, which comes to the front for this.
            string places = g.Node("Range", [g.Zero(start), g.Zero(start + length * step), g.Number(step, DType.Int64)]);
            string whole = g.Swap(c[0], rank, 0, axis), part = g.Swap(v, rank, 0, axis);
            return g.Swap(g.Node("ScatterND", [whole, g.Unsqueeze(places, 1), part]), rank, 0, axis);
        });
    }

    /// <summary>A tensor of which a view is overwritten; the value comes converted.</summary>
    private static void Write<TView>(Func<GraphBuilder, Call<Ops.Overwrite<TView>>, string, string> rule)
        where TView : struct, ILinear<TView> => On<Ops.Overwrite<TView>>((g, c) => rule(g, c, c.As(1, c.X(0).DType)));

    /// <summary>The first operand with a part of a dimension replaced.</summary>
    private static string Between(GraphBuilder g, Call c, int axis, Dim start, Dim end, string part)
    {
        Dim size = c.X(0)[axis];
        List<string> parts = [];
        if (!start.Is(0)) parts.Add(g.Slice(c[0], axis, size * 0, FromEnd(start, size)));
        parts.Add(part);
        if (!end.Same(size)) parts.Add(g.Slice(c[0], axis, FromEnd(end, size), Everything(size)));
        return g.Concat(axis, [.. parts]);
    }
}
