namespace Nabla.Onnx;

/// <summary>A value of the graph in a formula: operators make nodes.</summary>
internal readonly struct Term(GraphBuilder graph, string name, DType dtype)
{
    internal string Name { get; } = name;
    internal DType DType { get; } = dtype;

    private Term Make(string type, DType result, params string[] x) => new(graph, graph.Node(type, x), result);

    private Term Same(string type, params string[] x) => Make(type, DType, x);

    /// <summary>An operator of one operand that keeps the dtype.</summary>
    internal Term Op(string type) => Same(type, Name);

    /// <summary>An operator of two operands that keeps the dtype.</summary>
    internal Term Op(string type, Term other) => Same(type, Name, other.Name);

    internal Term Op(string type, double other) => Op(type, Number(other));

    /// <summary>An operator of one operand with attributes.</summary>
    internal Term With(string type, params (string, OnnxAttribute)[] attributes) =>
        new(graph, graph.Node(type, [Name], attributes), DType);

    internal Term Number(double value) => new(graph, graph.Number(value, DType), DType);

    internal Term To(DType type) => new(graph, graph.Cast(Name, DType, type), type);

    public static Term operator +(Term a, Term b) => a.Op("Add", b);
    public static Term operator +(Term a, double b) => a.Op("Add", b);
    public static Term operator -(Term a, Term b) => a.Op("Sub", b);
    public static Term operator -(Term a, double b) => a.Op("Sub", b);
    public static Term operator -(double a, Term b) => b.Number(a).Op("Sub", b);
    public static Term operator -(Term a) => a.Op("Neg");
    public static Term operator *(Term a, Term b) => a.Op("Mul", b);
    public static Term operator *(Term a, double b) => b == 1 ? a : a.Op("Mul", b);
    public static Term operator /(Term a, Term b) => a.Op("Div", b);
    public static Term operator /(Term a, double b) => b == 1 ? a : a.Op("Div", b);
    public static Term operator /(double a, Term b) => b.Number(a).Op("Div", b);

    internal Term Less(Term other) => Make("Less", DType.Bool, Name, other.Name);
    internal Term Less(double other) => Less(Number(other));
    internal Term Greater(Term other) => Make("Greater", DType.Bool, Name, other.Name);
    internal Term Greater(double other) => Greater(Number(other));
    internal Term AtMost(double other) => Make("LessOrEqual", DType.Bool, Name, Number(other).Name);
    internal Term Equal(Term other) => Make("Equal", DType.Bool, Name, other.Name);
    internal Term Equal(double other) => Equal(Number(other));
    internal Term Test(string type) => Make(type, DType.Bool, Name);

    /// <summary>This condition ? x : y.</summary>
    internal Term Choose(Term x, Term y) => x.Same("Where", Name, x.Name, y.Name);

    internal Term Max(double other) => Op("Max", other);
    internal Term Min(double other) => Op("Min", other);
    internal Term Square() => this * this;
    internal Term Log1p() => (this + 1).Op("Log");

    /// <summary>ln(1 + e^x).</summary>
    internal Term Softplus() => Op("Softplus");
}
