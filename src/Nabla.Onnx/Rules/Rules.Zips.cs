namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Zips()
    {
        Zip<Ops.Add>((x, y, _) => x.DType == DType.Bool ? x.Op("Or", y) : x + y);
        Zip<Ops.AddScaled>((x, y, c) => x + y * c.Number(static op => op.Alpha));
        Zip<Ops.Sub>("Sub");
        Zip<Ops.RSub>((x, y, _) => y - x);
        Zip<Ops.Mul>((x, y, _) => x.DType == DType.Bool ? x.Op("And", y) : x * y);
        Zip<Ops.Div>("Div");
        Zip<Ops.DivTrunc>((x, y, _) => x.DType.IsFloatingPoint() ? Truncated(x / y) : x / y);
        Zip<Ops.DivFloor>((x, y, _) => x.DType.IsFloatingPoint() ? (x / y).Op("Floor") : (x - x.Op("Mod", y)) / y);
        Zip<Ops.Remainder>((x, y, _) => x.DType.IsFloatingPoint() ? x - y * (x / y).Op("Floor") : x.Op("Mod", y));
        On<Ops.Fmod>((g, c) => g.Node("Mod", [c.As(0, c.Compute), c.As(1, c.Compute)], ("fmod", 1)));
        Zip<Ops.Lerp>((x, y, c) => x + (y - x) * c.Get(static op => op.Weight));
        Zip<Ops.Pow>("Pow");
        Zip<Ops.Hypot>((x, y, _) => (x.Square() + y.Square()).Op("Sqrt"));
        Zip<Ops.Maximum>("Max");
        Zip<Ops.Minimum>("Min");
        Zip<Ops.ClampMin>("Max");
        Zip<Ops.ClampMax>("Min");
        Zip<Ops.Fmax>((x, y, _) => Numbers(x, y, "Max"));
        Zip<Ops.Fmin>((x, y, _) => Numbers(x, y, "Min"));
        Zip<Ops.Xlogy>((x, y, _) => x.Equal(0).Choose(x.Number(0), x * y.Op("Log")));
        Zip<Ops.Logaddexp>((x, y, _) => x.Op("Max", y) + (-(x - y).Op("Abs")).Op("Exp").Log1p());
        Zip<Ops.Eq>((x, y, _) => x.Equal(y));
        Zip<Ops.Ne>((x, y, _) => x.Equal(y).Test("Not"));
        Zip<Ops.Lt>((x, y, _) => Ordered(x).Less(Ordered(y)));
        Zip<Ops.Gt>((x, y, _) => Ordered(x).Greater(Ordered(y)));
        On<Ops.Le>((g, c) => Compared(g, c, "LessOrEqual"));
        On<Ops.Ge>((g, c) => Compared(g, c, "GreaterOrEqual"));
        Truth<Ops.LogicalAnd>("And");
        Truth<Ops.LogicalOr>("Or");
        Truth<Ops.LogicalXor>("Xor");
        Bits<Ops.BitwiseAnd>("And");
        Bits<Ops.BitwiseOr>("Or");
        Bits<Ops.BitwiseXor>("Xor");
        On<Ops.FillWith>((g, c) => g.Expand(c.As(1, c.Y().DType), c.Y().Shape));
        On<Ops.Where>((g, c) => g.Node("Where", [c[0], c[1], c[2]]));
        // The operator broadcasts a mask itself.
        On<Ops.MaskedFill>((g, c) => g.Node("Where", [g.CallOf<Ops.Expand>(c.X(1)) is { } mask && mask.Get(static op => op.Lead) == 0
            ? mask[0] : c[1], c.As(2, c.X(0).DType), c[0]]));
    }

    /// <summary>The larger or smaller of two numbers, or the one that is not NaN.</summary>
    private static Term Numbers(Term x, Term y, string type) =>
        x.DType.IsFloatingPoint() ? x.Test("IsNaN").Choose(y, y.Test("IsNaN").Choose(x, x.Op(type, y))) : x.Op(type, y);

    /// <summary>Bools are not ordered in ONNX.</summary>
    private static Term Ordered(Term x) => x.DType == DType.Bool ? x.To(DType.Int32) : x;

    private static string Compared<TOp>(GraphBuilder g, Call<TOp> c, string type) where TOp : struct
    {
        DType dtype = c.Compute == DType.Bool ? DType.Int32 : c.Compute;
        return g.Node(type, [c.As(0, dtype), c.As(1, dtype)]);
    }

    private static void Truth<TOp>(string type) where TOp : struct =>
        On<TOp>((g, c) => g.Node(type, [c.As(0, DType.Bool), c.As(1, DType.Bool)]));

    private static void Bits<TOp>(string type) where TOp : struct => On<TOp>((g, c) =>
        g.Node(c.Compute == DType.Bool ? type : Bitwise(g, c, "Bitwise" + type), [c.As(0, c.Compute), c.As(1, c.Compute)]));

    private static void Losses()
    {
        Loss<Ops.MseLoss>((x, y, _) => (x - y).Square());
        Loss<Ops.SmoothL1Loss>((x, y, op) =>
        {
            Term d = (x - y).Op("Abs");
            return d.Less(op.Beta).Choose(d.Square() * (0.5 / op.Beta), d - 0.5 * op.Beta);
        });
        Loss<Ops.HuberLoss>((x, y, op) =>
        {
            Term d = (x - y).Op("Abs");
            return d.AtMost(op.Delta).Choose(d.Square() * 0.5, (d - 0.5 * op.Delta) * op.Delta);
        });
        Loss<Ops.BinaryCrossEntropy>((x, y, _) => (y - 1) * (-x).Log1p().Max(-100) - y * x.Op("Log").Max(-100));
        Loss<Ops.BinaryCrossEntropyWithLogits>((x, y, _) => (1 - y) * x + (-x).Softplus());
        Loss<Ops.SoftMarginLoss>((x, y, _) => (-(y * x)).Softplus());
        On<Ops.NllLoss>((g, c) =>
        {
            (int rank, long ignore, bool each, bool mean) = c.Get(static op => (op.Rank, op.Ignore, op.Each, op.Mean));
            string x = rank == 0 ? g.Unsqueeze(c[0], 0) : c[0], target = rank == 0 ? g.Unsqueeze(c[1], 0) : c[1];
            string y = g.Node("NegativeLogLikelihoodLoss", c.Count > 2 ? [x, target, c[2]] : [x, target], ("ignore_index", ignore),
                ("reduction", each ? "none" : mean ? "mean" : "sum"));
            return rank == 0 && each ? g.Squeeze(y, 0) : y;
        });
    }

    /// <summary>A loss term by term, and its sum or mean in one operation.</summary>
    private static void Loss<TZip>(Func<Term, Term, TZip, Term> formula) where TZip : struct, IFloatZip<TZip>
    {
        Zip<TZip>((x, y, c) => formula(x, y, c.Get(static op => op)));
        On<Ops.PairLoss<TZip>>((g, c) =>
        {
            (TZip loss, bool mean, int rank) = c.Get(static op => (op.Loss, op.Mean, op.Rank));
            DType dtype = c.X(0).DType;
            Term each = formula(new Term(g, c[0], dtype), new Term(g, c.As(1, dtype), dtype), loss);
            return g.Reduce(mean ? "ReduceMean" : "ReduceSum", each.Name, Last(c.X(0).Rank, rank), keep: false);
        });
    }

    /// <summary>The last dimensions, counted from the front.</summary>
    private static long[] Last(int rank, int count) => [.. Enumerable.Range(rank - count, count).Select(static d => (long)d)];
}
