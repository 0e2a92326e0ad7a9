namespace Nabla.Optim;

/// <summary>
/// The arithmetic of update rules, so that a rule is written once: over vectors of numbers for a step in one pass over memory, over
/// tensors for a step that is itself differentiated. Every method is one of PyTorch's operations and rounds as often as that.
/// </summary>
internal interface IAlgebra<V>
{
    /// <summary>-x</summary>
    static abstract V Neg(V x);

    /// <summary>|x|</summary>
    static abstract V Abs(V x);

    /// <summary>-1, 0 or 1; 0 of NaN.</summary>
    static abstract V Sign(V x);

    /// <summary>√x</summary>
    static abstract V Sqrt(V x);

    /// <summary>x + alpha · y</summary>
    static abstract V Add(V x, V y, double alpha);

    /// <summary>x + s</summary>
    static abstract V Add(V x, double s);

    /// <summary>x · y</summary>
    static abstract V Mul(V x, V y);

    /// <summary>x · s</summary>
    static abstract V Mul(V x, double s);

    /// <summary>x / y</summary>
    static abstract V Div(V x, V y);

    /// <summary>x / s</summary>
    static abstract V Div(V x, double s);

    /// <summary>s / x</summary>
    static abstract V Quotient(double s, V x);

    /// <summary>x + w · (y - x), from the nearer end.</summary>
    static abstract V Lerp(V x, V y, double w);

    /// <summary>x + s · y · z</summary>
    static abstract V AddCMul(V x, V y, V z, double s);

    /// <summary>x + s · y / z</summary>
    static abstract V AddCDiv(V x, V y, V z, double s);

    /// <summary>The larger; NaN if either is.</summary>
    static abstract V Max(V x, V y);

    /// <summary>x, at least min, at most max.</summary>
    static abstract V Clamp(V x, double min, double max);

    /// <summary>Where x is negative, zero or positive: one of three numbers.</summary>
    static abstract V BySign(V x, double negative, double zero, double positive);

    /// <summary>y, but 0 where x is negative.</summary>
    static abstract V ZeroWhereNegative(V x, V y);
}

/// <summary>How an optimizer changes one parameter, element by element.</summary>
internal interface IUpdateRule
{
    /// <summary>From a parameter, its gradient and up to three tensors of state to their new values.</summary>
    void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>;
}

/// <summary>Recorded operations on tensors.</summary>
internal readonly struct Recorded : IAlgebra<Tensor>
{
    public static Tensor Neg(Tensor x) => x.Neg();
    public static Tensor Abs(Tensor x) => x.Abs();
    public static Tensor Sign(Tensor x) => x.Sign();
    public static Tensor Sqrt(Tensor x) => x.Sqrt();
    public static Tensor Add(Tensor x, Tensor y, double alpha) => x.Add(y, alpha);
    public static Tensor Add(Tensor x, double s) => x + s;
    public static Tensor Mul(Tensor x, Tensor y) => x * y;
    public static Tensor Mul(Tensor x, double s) => x * s;
    public static Tensor Div(Tensor x, Tensor y) => x / y;
    public static Tensor Div(Tensor x, double s) => x / s;
    public static Tensor Quotient(double s, Tensor x) => x.Reciprocal() * s;
    public static Tensor Lerp(Tensor x, Tensor y, double w) => x.Lerp(y, w);
    public static Tensor AddCMul(Tensor x, Tensor y, Tensor z, double s) => x.AddCMul(y, z, s);
    public static Tensor AddCDiv(Tensor x, Tensor y, Tensor z, double s) => x.AddCDiv(y, z, s);
    public static Tensor Max(Tensor x, Tensor y) => x.Maximum(y);
    public static Tensor Clamp(Tensor x, double min, double max) => x.Clamp(min, max);

    public static Tensor BySign(Tensor x, double negative, double zero, double positive)
    {
        Tensor y = Tensor.FullLike(x.Detach(), zero);
        return y.MaskedFill(x > 0, positive).MaskedFill(x < 0, negative);
    }

    public static Tensor ZeroWhereNegative(Tensor x, Tensor y) => y.MaskedFill(x < 0, 0);
}
