using System.Globalization;

namespace Nabla.Onnx;

/// <summary>What rules build with: names of values go in and come out.</summary>
internal sealed partial class GraphBuilder
{
    private readonly Dictionary<string, string> stored = [];
    private readonly Dictionary<string, (string From, long[] Order)> orders = [];

    /// <summary>An operator with one result.</summary>
    internal string Node(string type, string[] x, params (string Name, OnnxAttribute Value)[] attributes) =>
        Nodes(type, x, 1, attributes)[0];

    /// <summary>An operator with several results.</summary>
    internal string[] Nodes(string type, string[] x, int results, params (string Name, OnnxAttribute Value)[] attributes)
    {
        string name = Unique($"{path}/{type}");
        string[] y = new string[results];
        for (int i = 0; i < results; i++) y[i] = Unique($"{name}/out");
        nodes.Add(new(name, type, x, y, attributes));
        return y;
    }

    internal string Cast(string x, DType from, DType to) => from == to ? x : Node("Cast", [x], ("to", to));

    /// <summary>A number as a tensor without dimensions.</summary>
    internal string Number(double value, DType dtype)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{dtype}:{BitConverter.DoubleToInt64Bits(value)}");
        return stored.TryGetValue(key, out string? name) ? name : stored[key] = Add(Unique("constant/number"), Plain(value, dtype));
    }

    private static Tensor Plain(double value, DType dtype) =>
        dtype.IsFloatingPoint() ? Tensor.Full([], value, dtype) : Tensor.Full([], (long)value, DType.Int64).To(dtype);

    private string Scalar(Tensor value)
    {
        string key = $"{value.DType}:{Convert.ToHexString(IO.TensorBytes.RowMajor(value))}";
        return stored.TryGetValue(key, out string? name) ? name : stored[key] = Add(Unique("constant/scalar"), value);
    }

    /// <summary>A vector of int64.</summary>
    internal string Ints(params long[] values)
    {
        string key = $"[{string.Join(',', values)}]";
        return stored.TryGetValue(key, out string? name) ? name : stored[key] = Add(Unique("constant/ints"), Tensor.From(values));
    }

    /// <summary>A constant.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="name">What it is made from; by default it is named by the module.</param>
    internal string Constant(Tensor value, string? name = null) =>
        name is null ? Add(Unique($"{path}/constant"), value) : Store(name, value);

    internal string Unsqueeze(string x, params long[] axes) => Node("Unsqueeze", [x, Ints(axes)]);
    internal string Squeeze(string x, params long[] axes) => Node("Squeeze", [x, Ints(axes)]);

    /// <summary>x with its dimensions in another order; of two after another one is left, or none.</summary>
    internal string Transpose(string x, params long[] order)
    {
        if (orders.TryGetValue(x, out (string From, long[] Order) before))
            (x, order) = (before.From, Array.ConvertAll(order, d => before.Order[d]));
        bool same = true;
        for (int d = 0; d < order.Length; d++) same &= order[d] == d;
        if (same) return x;
        string y = Node("Transpose", [x], ("perm", order));
        orders[y] = (x, order);
        return y;
    }

    /// <summary>x with two dimensions exchanged.</summary>
    internal string Swap(string x, int rank, int a, int b)
    {
        long[] order = [.. Enumerable.Range(0, rank).Select(static i => (long)i)];
        (order[a], order[b]) = (order[b], order[a]);
        return Transpose(x, order);
    }

    /// <summary>A reduction over dimensions; over all if the list is empty and there are any.</summary>
    internal string Reduce(string type, string x, long[] axes, bool keep)
    {
        if (axes.Length == 0) return x;
        return type == "ReduceSum" || Opset >= 18
            ? Node(type, [x, Ints(axes)], ("keepdims", keep ? 1 : 0))
            : Node(type, [x], ("axes", axes), ("keepdims", keep ? 1 : 0));
    }

    /// <summary>Elements start, start + step, .. below end of one dimension.</summary>
    internal string Slice(string x, int axis, Dim start, Dim end, long step = 1) =>
        Node("Slice", [x, Vector([start]), Vector([end]), Ints(axis), Ints(step)]);

    internal string Slice(string x, int axis, long start, long end) => Node("Slice", [x, Ints(start), Ints(end), Ints(axis), Ints(1)]);

    internal string Concat(int axis, params string[] x) => x.Length == 1 ? x[0] : Node("Concat", x, ("axis", axis));

    /// <summary>x with another shape of as many elements.</summary>
    internal string Reshape(string x, Dim[] from, Dim[] to)
    {
        int open = -1;
        long[] sizes = new long[to.Length];
        for (int d = 0; d < to.Length; d++)
        {
            if (to[d].IsFixed) sizes[d] = to[d].Value;
            // Zero takes the operand's size at that place.
            else if (d < from.Length && to[d].Same(from[d])) sizes[d] = 0;
            else if (open < 0) sizes[open = d] = -1;
            else return Node("Reshape", [x, Vector(to)]);
        }
        // A fixed size of 0 would be read as the operand's.
        return Array.Exists(to, static s => s.Is(0))
            ? Node("Reshape", [x, Vector(to)], ("allowzero", 1))
            : Node("Reshape", [x, Ints(sizes)]);
    }

    /// <summary>x repeated to a shape.</summary>
    internal string Expand(string x, Dim[] to) => Node("Expand", [x, Vector(to)]);
}
