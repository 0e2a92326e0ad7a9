namespace Nabla;

/// <summary>Forward mode: a value and its tangent (null is zero).</summary>
internal sealed partial class Dual : Interpreter
{
    internal Tensor Primal;
    internal Tensor? Tangent;

    /// <summary>The version of the memory at which a view's tangent was right.</summary>
    private int version;

    private Dual(Frame frame, Tensor primal, Tensor? tangent) : base(frame) =>
        (Primal, Tangent, version) = (primal, tangent, primal.storage.Version);

    internal static Tensor New(Frame frame, Tensor primal, Tensor? tangent) => tangent is null
        ? primal
        : new Tensor(primal.storage, primal.layout, primal.dtype) { wrap = new Dual(frame, primal, tangent) };

    /// <summary>The value and tangent of x at a frame; x itself and null if it has none. What an ended frame left behind has no
    /// tangent.</summary>
    internal static (Tensor Primal, Tensor? Tangent) Open(Tensor x, Frame frame)
    {
        if (x.wrap is not Dual d) return (x, null);
        if (!ReferenceEquals(d.Frame, frame)) return d.Frame.Closed ? Open(d.Primal, frame) : (x, null);
        if (frame.Closed || !Frame.Forward) return (d.Primal, null);
        if (d.version != x.storage.Version) d.Refresh(x);
        return (d.Primal, d.Tangent);
    }

    /// <summary>Derives a view's tangent anew from its base's after a write, which always brings the base's up to date.</summary>
    private void Refresh(Tensor x)
    {
        version = x.storage.Version;
        if (x.meta?.Base is { } b0 && b0.dtype != x.dtype) Complexes.ForbidWrite(x);
        if (x.meta?.Base is { wrap: Dual { Tangent: { } t } b } root && ReferenceEquals(b.Frame, Frame))
            Tangent = Nabla.LinearOp.Apply(new Ops.AsStrided(root.layout, x.layout), t);
    }

    internal override Tensor Settle(Tensor x, Func<Tensor, Tensor> settle)
    {
        (Tensor p, Tensor? t) = Open(x, Frame);
        Tensor primal = settle(p);
        Tensor? tangent = t is null ? null : settle(t);
        return ReferenceEquals(primal, p) && ReferenceEquals(tangent, t) ? x : New(Frame, primal, tangent);
    }

    internal override Tensor Map<TOp>(TOp op, Tensor x)
    {
        (Tensor p, Tensor? t) = Open(x, Frame);
        Tensor y = Nabla.MapOp.Apply(op, p);
        return New(Frame, y, t is null || !TOp.Differentiable ? null : op.Diff(t, p, y));
    }

    internal override Tensor Zip<TOp>(TOp op, Tensor x, Tensor y)
    {
        (Tensor p, Tensor? s) = Open(x, Frame);
        (Tensor q, Tensor? t) = Open(y, Frame);
        Tensor z = Nabla.ZipOp.Apply(op, p, q);
        if (!TOp.Differentiable || !z.dtype.IsDifferentiable()) return z;
        return New(Frame, z, s is null && t is null ? null : Fit(TOp.Tangent(op, s, t, p, q, z), z));
    }

    internal override Tensor Linear<TOp>(TOp op, Tensor x)
    {
        (Tensor p, Tensor? t) = Open(x, Frame);
        Tensor y = Nabla.LinearOp.Apply(op, p);
        return New(Frame, y, t is null || !TOp.Differentiable || !y.dtype.IsDifferentiable() ? null : Nabla.LinearOp.Apply(op, t));
    }

    internal override Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y)
    {
        (Tensor p, Tensor? s) = Open(x, Frame);
        (Tensor q, Tensor? t) = Open(y, Frame);
        return New(Frame, Nabla.BilinearOp.Apply(op, p, q),
            Plus(s is null ? null : Nabla.BilinearOp.Apply(op, s, q), t is null ? null : Nabla.BilinearOp.Apply(op, p, t)));
    }

    internal override Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x)
    {
        Tensor[] p = new Tensor[x.Length];
        Tensor?[] t = new Tensor?[x.Length];
        bool any = false;
        for (int i = 0; i < p.Length; i++)
        {
            (p[i], t[i]) = Open(x[i], Frame);
            any |= t[i] is not null;
        }
        Tensor[] y = Nabla.Op.Apply(op, p);
        if (!any || !TOp.Differentiable) return y;
        Tensor?[] d = op.Jvp(t, p, y);
        Tensor[] results = new Tensor[y.Length];
        for (int i = 0; i < y.Length; i++) results[i] = New(Frame, y[i], y[i].dtype.IsDifferentiable() ? d[i] : null);
        return results;
    }

    internal override Tensor Detach(Tensor x) => Open(x, Frame).Primal.Detach();

    internal override void Assign(Tensor x, Tensor y)
    {
        (Tensor p, Tensor? t) = Open(y, Frame);
        Dual? d = x.wrap as Dual;
        if (d is null || !ReferenceEquals(d.Frame, Frame))
        {
            if (t is null)
            {
                x.Become(p);
                return;
            }
            d = Attach(x);
        }
        if (x.meta?.Base is { } whole && whole.dtype != x.dtype) Complexes.ForbidWrite(x);
        d.Primal.Become(p);
        if (!Frame.Closed && Frame.Forward) d.Written(x, t);
    }

    /// <summary>Gives x the tangent t after a write, and what it is a view of the tangent that follows from it.</summary>
    private void Written(Tensor x, Tensor? t)
    {
        if (t is not null && t.dtype != x.dtype) t = t.To(x.dtype);
        if (t is not null && !t.layout.SameShape(x.layout)) t = t.Expand(x.Shape);
        if (x.meta?.Base is { wrap: Dual b } root && ReferenceEquals(b.Frame, Frame))
        {
            Tensor? rest = b.Tangent is null ? null : Nabla.LinearOp.Apply(new Ops.ClearStrided(root.layout, x.layout), b.Tangent);
            b.Tangent = Plus(rest, t is null ? null : Nabla.LinearOp.Apply(new Ops.PutStrided(root.layout, x.layout), t));
            b.version = x.storage.Version;
        }
        (Tangent, version) = (t, x.storage.Version);
    }

    /// <summary>Makes x, and what it is a view of, carry a tangent, which is zero at first.</summary>
    private Dual Attach(Tensor x)
    {
        Tensor? root = x.meta?.Base;
        Dual? whole = root is null ? null : root.wrap is Dual b && ReferenceEquals(b.Frame, Frame) ? b : Attach(root);
        Tensor primal = new(x.storage, x.layout, x.dtype) { wrap = x.wrap };
        if (x.GradFn is { } fn) primal.SetHistory(fn, x.outputNr);
        if (whole is not null) (primal.Meta.Base, primal.Meta.ViewVersion) = (whole.Primal, x.storage.Version);
        Dual dual = new(Frame, primal, null);
        x.wrap = dual;
        return dual;
    }

    internal override Tensor Below => Primal;

    internal override void BeforeRead(string? message) => Primal.wrap?.BeforeRead(message);

    internal override bool IsBatched => Primal.wrap is { IsBatched: true };

    internal override string Print(Tensor x)
    {
        string text = Primal.ToString();
        return Tangent is null || Frame.Closed ? text : $"{text[..^1]}, tangent={Tangent})";
    }

    private static Tensor? Plus(Tensor? a, Tensor? b) => a is null ? b : b is null ? a : a + b;

    private static Tensor? Fit(Tensor? d, Tensor z)
    {
        if (d is null) return null;
        if (d.dtype != z.dtype) d = d.To(z.dtype);
        return d.layout.SameShape(z.layout) ? d : d.Expand(z.Shape);
    }
}
