namespace Nabla;

/// <summary>
/// A transform's meaning of the five kinds of operation. A tensor inside a transform carries its interpreter; the drivers hand the
/// operation to the interpreter with the highest level among the operands.
/// </summary>
internal abstract class Interpreter
{
    internal readonly Frame Frame;

    private protected Interpreter(Frame frame) => Frame = frame;

    internal long Level => Frame.Level;

    internal static Interpreter Of(Tensor x, Tensor y)
    {
        Interpreter? a = x.wrap, b = y.wrap;
        return a is null ? b! : b is null || a.Level >= b.Level ? a : b;
    }

    internal abstract Tensor Map<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>;
    internal abstract Tensor Zip<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>;
    internal abstract Tensor Linear<TOp>(TOp op, Tensor x) where TOp : struct, ILinear<TOp>;
    internal abstract Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IBilinear<TOp>;
    internal abstract Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x) where TOp : struct, IOp<TOp>;

    /// <summary>A user's function on operands of which at least one lives in this transform.</summary>
    /// <param name="rule">The function.</param>
    /// <param name="ctx">The context for this level, filled here if the function saves in its forward.</param>
    /// <param name="x">The operands; one that was written to comes back as the result that it is.</param>
    internal abstract Tensor[] Function(FunctionRule rule, FunctionContext ctx, Tensor[] x);

    /// <summary>The same value without history on this tensor.</summary>
    internal abstract Tensor Detach(Tensor x);

    /// <summary>x on whose parts inside this transform a function has been applied.</summary>
    internal abstract Tensor Settle(Tensor x, Func<Tensor, Tensor> settle);

    /// <summary>Makes x have the value of y, which has its shape and dtype: what an in-place operation means in this transform.</summary>
    internal abstract void Assign(Tensor x, Tensor y);

    /// <summary>Whether the tensor stands for a whole batch, so that no value of it can be read.</summary>
    internal abstract bool IsBatched { get; }

    /// <summary>The tensor one level below: a batch with its batch, a value without its tangent.</summary>
    internal abstract Tensor Below { get; }

    /// <summary>Called before a value is read, or decides the size of a result; fails where there is no one value.</summary>
    internal virtual void BeforeRead(string? message) { }

    /// <summary>Whether the rules of an operation's parts are asked for, so that a whole layer must not run as one operation.</summary>
    internal virtual bool LooksInside => true;

    /// <summary>The wrapped tensor as text.</summary>
    internal abstract string Print(Tensor x);
}
