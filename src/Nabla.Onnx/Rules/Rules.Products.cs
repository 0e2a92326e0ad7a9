namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Products()
    {
        On<Ops.Mm>((g, c) => g.Node("MatMul", [c[0], c[1]]));
        On<Ops.Bmm>((g, c) => g.Node("MatMul", [c[0], c[1]]));
        On<Ops.Mv>((g, c) => g.Node("MatMul", [c[0], c[1]]));
        On<Ops.Dot>((g, c) => g.Node("MatMul", [c[0], c[1]]));
        On<Ops.SumBmm>((g, c) => g.Reduce("ReduceSum", g.Node("MatMul", [c[0], c[1]]), [0], keep: false));
        On<Ops.Ger>((g, c) => g.Node("MatMul", [g.Unsqueeze(c[0], 1), g.Unsqueeze(c[1], 0)]));
        On<Ops.AddProduct<Ops.Mm>>((g, c) =>
        {
            (double beta, double alpha) = (c.Number(static op => op.Beta), c.Number(static op => op.Alpha));
            // A layer's weight is stored as it is, and transposed by the operator.
            Call<Ops.WeightT>? turned = g.CallOf<Ops.WeightT>(c.X(2));
            return g.Node("Gemm", [c[1], turned is null ? c[2] : turned[0], c[0]], ("alpha", alpha), ("beta", beta),
                ("transB", turned is null ? 0 : 1));
        });
        Added<Ops.Bmm>((g, c) => g.Node("MatMul", [c[1], c[2]]));
        Added<Ops.Mv>((g, c) => g.Node("MatMul", [c[1], c[2]]));
        Added<Ops.SumBmm>((g, c) => g.Reduce("ReduceSum", g.Node("MatMul", [c[1], c[2]]), [0], keep: false));
        Added<Ops.Ger>((g, c) => g.Node("MatMul", [g.Unsqueeze(c[1], 1), g.Unsqueeze(c[2], 0)]));
        On<Ops.Cdist>((g, c) =>
        {
            double p = c.Get(static op => op.P);
            int rank = c.X(0).Rank;
            Term x = new(g, g.Unsqueeze(c[0], rank - 1), c.X(0).DType), y = new(g, g.Unsqueeze(c[1], rank - 2), c.X(0).DType);
            return Norm(g, x - y, p, [rank], keep: false).Name;
        });
    }

    private static void Added<TProduct>(Func<GraphBuilder, Call<Ops.AddProduct<TProduct>>, string> product)
        where TProduct : struct, Ops.IProduct<TProduct> => On<Ops.AddProduct<TProduct>>((g, c) =>
        {
            (double beta, double alpha) = (c.Number(static op => op.Beta), c.Number(static op => op.Alpha));
            DType dtype = c.X(1).DType;
            Term y = new Term(g, product(g, c), dtype) * alpha;
            return beta == 0 ? y.Name : (new Term(g, c[0], dtype) * beta + y).Name;
        });

    /// <summary>What a linear layer was given: y = x Wᵀ + b over the last dimension of x, of any number of dimensions.</summary>
    private sealed record LinearLayer(ValueSet X, ValueSet W, bool Turned, ValueSet? B);

    /// <summary>
    /// The layer whose result has this shape, if the value is its matrix of results. The library folds all but the last dimension into
    /// rows and unfolds them again; a matrix product in ONNX takes them as they are.
    /// </summary>
    private static LinearLayer? Layer(GraphBuilder g, ValueSet rows, ValueSet result)
    {
        ValueSet flat, w;
        ValueSet? b = null;
        if (g.CallOf<Ops.AddProduct<Ops.Mm>>(rows) is { } sum)
        {
            if (sum.Number(static op => op.Beta) != 1 || sum.Number(static op => op.Alpha) != 1 || sum.X(0).Rank > 1) return null;
            (flat, w, b) = (sum.X(1), sum.X(2), sum.X(0));
        }
        else if (g.CallOf<Ops.Mm>(rows) is { } product) (flat, w) = (product.X(0), product.X(1));
        else return null;
        if (g.CallOf<Ops.Reshape>(flat)?.X(0) is not { } x || x.Rank != result.Rank || x.Rank < 3 || !x[-1].Same(flat[-1])) return null;
        if (!Alike(x.Shape[..^1], result.Shape[..^1])) return null;
        Call<Ops.WeightT>? turned = g.CallOf<Ops.WeightT>(w);
        return new(x, turned is null ? w : turned.X(0), turned is not null, b);
    }

    private static string? Folded(GraphBuilder g, Call c)
    {
        if (Layer(g, c.X(0), c.Y()) is not { } layer) return null;
        string w = g.NameOf(layer.W);
        string y = g.Node("MatMul", [g.NameOf(layer.X), layer.Turned ? g.Swap(w, 2, 0, 1) : w]);
        return layer.B is { } b ? g.Node("Add", [y, g.NameOf(b)]) : y;
    }
}
