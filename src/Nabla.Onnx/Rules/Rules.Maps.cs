namespace Nabla.Onnx;

internal static partial class Rules
{
    private static readonly double Root2 = Math.Sqrt(2);

    private static void Maps()
    {
        Map<Ops.Neg>("Neg");
        Map<Ops.Abs>("Abs");
        Map<Ops.Sign>("Sign");
        Map<Ops.Sgn>("Sign");
        Map<Ops.Floor>("Floor");
        Map<Ops.Ceil>("Ceil");
        Map<Ops.Trunc>((x, _) => Truncated(x));
        Map<Ops.Frac>((x, _) => x - Truncated(x));
        Map<Ops.Round>((x, c) =>
        {
            double power = Math.Pow(10, c.Get(static op => op.Decimals));
            return power == 1 ? x.Op("Round") : (x * power).Op("Round") / power;
        });
        Map<Ops.Exp>("Exp");
        Map<Ops.Exp2>((x, _) => x.Number(2).Op("Pow", x));
        Map<Ops.Expm1>((x, _) => x.Op("Exp") - 1);
        Map<Ops.Log>("Log");
        Map<Ops.Log2>((x, _) => x.Op("Log") / Math.Log(2));
        Map<Ops.Log10>((x, _) => x.Op("Log") / Math.Log(10));
        Map<Ops.Log1p>((x, _) => x.Log1p());
        Map<Ops.Sqrt>("Sqrt");
        Map<Ops.Rsqrt>((x, _) => x.Op("Sqrt").Op("Reciprocal"));
        Map<Ops.Reciprocal>("Reciprocal");
        Map<Ops.PowNumber>((x, c) => c.Get(static op => op.Exponent) switch
        {
            2 => x.Square(),
            0.5 => x.Op("Sqrt"),
            -1 => x.Op("Reciprocal"),
            double p => x.Op("Pow", p),
        });
        Map<Ops.PowInteger>((x, c) => x.Op("Pow", c.Get(static op => op.Exponent)));
        Map<Ops.Scale>((x, c) => x * c.Get(static op => op.Factor));
        Map<Ops.Sin>("Sin");
        Map<Ops.Cos>("Cos");
        Map<Ops.Tan>("Tan");
        Map<Ops.Asin>("Asin");
        Map<Ops.Acos>("Acos");
        Map<Ops.Atan>("Atan");
        Map<Ops.Sinh>("Sinh");
        Map<Ops.Cosh>("Cosh");
        Map<Ops.Tanh>("Tanh");
        Map<Ops.Asinh>("Asinh");
        Map<Ops.Acosh>("Acosh");
        Map<Ops.Atanh>("Atanh");
        Map<Ops.Erf>("Erf");
        Map<Ops.Erfc>((x, _) => 1 - x.Op("Erf"));
        Map<Ops.SpecialNdtr>((x, _) => ((x / Root2).Op("Erf") + 1) * 0.5);
        Map<Ops.Sinc>((x, _) =>
        {
            Term t = x * Math.PI, zero = x.Equal(0);
            return zero.Choose(x.Number(1), t.Op("Sin") / zero.Choose(x.Number(1), t));
        });
        Map<Ops.Logit>((x, c) =>
        {
            double eps = c.Get(static op => op.Eps);
            Term v = eps < 0 ? x : x.Max(eps).Min(1 - eps);
            return (v / (1 - v)).Op("Log");
        });
        Map<Ops.Clamp>((x, c) =>
        {
            (double? min, double? max) = c.Get(static op => (op.Min?.ToDouble(), op.Max?.ToDouble()));
            if (min is { } low) x = x.Max(low);
            return max is { } high ? x.Min(high) : x;
        });
        Map<Ops.NanToNum>((x, c) =>
        {
            (double nan, double top, double bottom) = c.Get(static op => (op.Nan, op.PosInf, op.NegInf));
            Term y = x.Test("IsNaN").Choose(x.Number(nan), x);
            y = y.Equal(double.PositiveInfinity).Choose(x.Number(top), y);
            return y.Equal(double.NegativeInfinity).Choose(x.Number(bottom), y);
        });
        Map<Ops.IsNaN>((x, _) => x.DType.IsFloatingPoint() ? x.Test("IsNaN") : Never(x));
        Map<Ops.IsInf>((x, _) => x.DType.IsFloatingPoint() ? x.Op("Abs").Equal(double.PositiveInfinity) : Never(x));
        Map<Ops.IsFinite>((x, _) => x.DType.IsFloatingPoint() ? x.Op("Abs").Less(double.PositiveInfinity) : Never(x).Test("Not"));
        Map<Ops.IsSignedInf>((x, c) => x.DType.IsFloatingPoint()
            ? x.Equal(c.Get(static op => op.Negative) ? double.NegativeInfinity : double.PositiveInfinity) : Never(x));
        Map<Ops.LogicalNot>((x, _) => x.To(DType.Bool).Test("Not"));
        On<Ops.BitwiseNot>((g, c) => c.Compute == DType.Bool ? g.Node("Not", [c[0]]) : g.Node(Bitwise(g, c, "BitwiseNot"), [c[0]]));
        On<Ops.Fill>((g, c) => g.Expand(g.Number(c.Number(static op => op.Value), c.Y().DType), c.Y().Shape));
    }

    private static Term Truncated(Term x) => x.Op("Sign") * x.Op("Abs").Op("Floor");

    /// <summary>False everywhere.</summary>
    private static Term Never(Term x) => x.Less(x);

    /// <summary>An operator that came with version 18.</summary>
    private static string Bitwise(GraphBuilder g, Call c, string type)
    {
        if (g.Opset < 18) c.Refuse("it is an operator from operator set 18 on; ask for Opset = 18.");
        return type;
    }

    private static void Activations()
    {
        Map<Ops.Relu>((x, _) => x.DType.IsFloatingPoint() ? x.Op("Relu") : x.Max(0));
        Map<Ops.Threshold>((x, c) => x.Greater(c.Number(static op => op.Limit)).Choose(x, x.Number(c.Number(static op => op.Value))));
        Map<Ops.Hardtanh>((x, c) => x.Max(c.Number(static op => op.Min)).Min(c.Number(static op => op.Max)));
        Map<Ops.LeakyRelu>((x, c) => x.With("LeakyRelu", ("alpha", c.Get(static op => op.Slope))));
        Zip<Ops.PreluKernel>("PRelu");
        Map<Ops.Elu>((x, c) =>
        {
            (double alpha, double scale, double inner) = c.Get(static op => (op.Alpha, op.Scale, op.InputScale));
            if (scale == 1 && inner == 1) return x.With("Elu", ("alpha", alpha));
            return inner == 1 ? x.With("Selu", ("alpha", alpha), ("gamma", scale))
                : x.Max(0) * scale + ((x.Min(0) * inner).Op("Exp") - 1) * (alpha * scale);
        });
        Map<Ops.Hardsigmoid>((x, _) => x.With("HardSigmoid", ("alpha", 1.0 / 6), ("beta", 0.5)));
        Map<Ops.Hardswish>("HardSwish");
        Map<Ops.Hardshrink>((x, c) => x.With("Shrink", ("lambd", c.Get(static op => op.Lambda)), ("bias", 0.0)));
        Map<Ops.Softshrink>((x, c) => c.Get(static op => op.Lambda) is var l ? x.With("Shrink", ("lambd", l), ("bias", l)) : x);
        Map<Ops.Sigmoid>("Sigmoid");
        Map<Ops.LogSigmoid>((x, _) => -(-x).Softplus());
        Map<Ops.Softplus>((x, c) =>
        {
            (double beta, double limit) = c.Get(static op => (op.Beta, op.Threshold));
            Term scaled = x * beta;
            return scaled.Greater(limit).Choose(x, scaled.Softplus() / beta);
        });
        On<Ops.Gelu>((g, c) =>
        {
            bool tanh = c.Get(static op => op.Tanh);
            Term x = new(g, c.As(0, c.Compute), c.Compute);
            if (g.Opset >= 20) return x.With("Gelu", ("approximate", tanh ? "tanh" : "none")).Name;
            Term gate = tanh ? ((x + x.Square() * x * 0.044715) * Math.Sqrt(2 / Math.PI)).Op("Tanh") : (x / Root2).Op("Erf");
            return (x * (gate + 1) * 0.5).Name;
        });
        Map<Ops.Silu>((x, _) => x * x.Op("Sigmoid"));
        Map<Ops.Mish>((x, _) => x * x.Softplus().Op("Tanh"));
        On<Ops.Glu>((g, c) =>
        {
            int axis = c.Axis(c.Get(static op => op.Dim));
            Dim half = new([.. c.X(0)[axis].Values.ToArray().Select(static n => n / 2)]);
            string[] parts = g.Nodes("Split", [c[0], g.Vector([half, half])], 2, ("axis", axis));
            return g.Node("Mul", [parts[0], g.Node("Sigmoid", [parts[1]])]);
        });
        On<Ops.Softmax>((g, c) => Along(g, c, "Softmax", c.Get(static op => op.Dim)));
        On<Ops.LogSoftmax>((g, c) => Along(g, c, "LogSoftmax", c.Get(static op => op.Dim)));
    }

    /// <summary>An operator along a dimension; a tensor without dimensions gets one for it.</summary>
    private static string Along(GraphBuilder g, Call c, string type, int dim) => c.X(0).Rank == 0
        ? g.Squeeze(g.Node(type, [g.Unsqueeze(c[0], 0)], ("axis", 0)), 0)
        : g.Node(type, [c[0]], ("axis", dim));
}
