namespace Nabla;

/// <summary>Forward mode: a value and its tangent (null is zero).</summary>
internal sealed class Dual : Interpreter
{
    internal Tensor Primal;
    internal Tensor? Tangent;

    /// <summary>The version of the memory at which a view's tangent was right.</summary>
    private int version;

    private Dual(int level, Tensor primal, Tensor? tangent) : base(level) =>
        (Primal, Tangent, version) = (primal, tangent, primal.storage.Version);

    internal static Tensor New(int level, Tensor primal, Tensor? tangent) => tangent is null
        ? primal
        : new Tensor(primal.storage, primal.layout, primal.dtype) { wrap = new Dual(level, primal, tangent) };

    /// <summary>The value and tangent of x at this level; x itself and null if it has none.</summary>
    internal static (Tensor Primal, Tensor? Tangent) Open(Tensor x, int level)
    {
        if (x.wrap is not Dual d || d.Level != level) return (x, null);
        if (d.version != x.storage.Version) d.Refresh(x);
        return (d.Primal, d.Tangent);
    }

    /// <summary>Derives a view's tangent anew from its base's after a write, which always brings the base's up to date.</summary>
    private void Refresh(Tensor x)
    {
        version = x.storage.Version;
        if (x.meta?.Base is { } b0 && b0.dtype != x.dtype) Complexes.ForbidWrite(x);
        if (x.meta?.Base is { wrap: Dual { Tangent: { } t } b } root && b.Level == Level)
            Tangent = Nabla.Linear.Apply(new Ops.AsStrided(root.layout, x.layout), t);
    }

    internal override Tensor Map<TOp>(TOp op, Tensor x)
    {
        (Tensor p, Tensor? t) = Open(x, Level);
        Tensor y = Nabla.Map.Apply(op, p);
        return New(Level, y, t is null || !TOp.Differentiable ? null : op.Diff(t, p, y));
    }

    internal override Tensor Zip<TOp>(TOp op, Tensor x, Tensor y)
    {
        (Tensor p, Tensor? s) = Open(x, Level);
        (Tensor q, Tensor? t) = Open(y, Level);
        Tensor z = Nabla.Zip.Apply(op, p, q);
        if (!TOp.Differentiable || !z.dtype.IsDifferentiable()) return z;
        return New(Level, z, s is null && t is null ? null : Fit(TOp.Tangent(op, s, t, p, q, z), z));
    }

    internal override Tensor Linear<TOp>(TOp op, Tensor x)
    {
        (Tensor p, Tensor? t) = Open(x, Level);
        Tensor y = Nabla.Linear.Apply(op, p);
        return New(Level, y, t is null || !TOp.Differentiable || !y.dtype.IsDifferentiable() ? null : Nabla.Linear.Apply(op, t));
    }

    internal override Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y)
    {
        (Tensor p, Tensor? s) = Open(x, Level);
        (Tensor q, Tensor? t) = Open(y, Level);
        return New(Level, Nabla.Bilinear.Apply(op, p, q),
            Plus(s is null ? null : Nabla.Bilinear.Apply(op, s, q), t is null ? null : Nabla.Bilinear.Apply(op, p, t)));
    }

    internal override Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x)
    {
        Tensor[] p = new Tensor[x.Length];
        Tensor?[] t = new Tensor?[x.Length];
        bool any = false;
        for (int i = 0; i < p.Length; i++)
        {
            (p[i], t[i]) = Open(x[i], Level);
            any |= t[i] is not null;
        }
        Tensor[] y = Nabla.Op.Apply(op, p);
        if (!any || !TOp.Differentiable) return y;
        Tensor?[] d = op.Jvp(t, p, y);
        Tensor[] results = new Tensor[y.Length];
        for (int i = 0; i < y.Length; i++) results[i] = New(Level, y[i], y[i].dtype.IsDifferentiable() ? d[i] : null);
        return results;
    }

    internal override Tensor Detach(Tensor x)
    {
        (Tensor p, Tensor? t) = Open(x, Level);
        return New(Level, p.Detach(), t?.Detach());
    }

    internal override void Assign(Tensor x, Tensor y)
    {
        (Tensor p, Tensor? t) = Open(y, Level);
        if (x.wrap is not Dual d || d.Level != Level)
        {
            if (t is not null)
                Throw.Graph("A tensor from outside a forward-mode transform is written to in place with a value that has a tangent; use " +
                    "an out-of-place operation.");
            x.Become(p);
            return;
        }
        if (x.meta?.Base is { } whole && whole.dtype != x.dtype) Complexes.ForbidWrite(x);
        d.Primal.Become(p);
        if (t is not null && t.dtype != x.dtype) t = t.To(x.dtype);
        if (x.meta?.Base is { wrap: Dual b } root && b.Level == Level)
        {
            Tensor? rest = b.Tangent is null ? null : Nabla.Linear.Apply(new Ops.ClearStrided(root.layout, x.layout), b.Tangent);
            b.Tangent = Plus(rest, t is null ? null : Nabla.Linear.Apply(new Ops.PutStrided(root.layout, x.layout), t));
            b.version = x.storage.Version;
        }
        (d.Tangent, d.version) = (t, x.storage.Version);
    }

    internal override string CannotRead => Primal.wrap?.CannotRead ?? "";

    internal override string Print(Tensor x)
    {
        string text = Primal.ToString();
        return Tangent is null ? text : $"{text[..^1]}, tangent={Tangent})";
    }

    private static Tensor? Plus(Tensor? a, Tensor? b) => a is null ? b : b is null ? a : a + b;

    private static Tensor? Fit(Tensor? d, Tensor z)
    {
        if (d is null) return null;
        if (d.dtype != z.dtype) d = d.To(z.dtype);
        return d.layout.SameShape(z.layout) ? d : d.Expand(z.Shape);
    }
}
