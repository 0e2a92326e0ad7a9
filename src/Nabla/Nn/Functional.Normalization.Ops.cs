using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Over which elements a mean is taken.</summary>
    public enum NormKind : byte
    {
        /// <summary>The last dimensions.</summary>
        Layer,
        /// <summary>The last dimensions, about 0.</summary>
        Rms,
        /// <summary>A group of channels.</summary>
        Group,
        /// <summary>All but the channels.</summary>
        Batch,
    }

    /// <summary>
    /// (x - mean) / √(var + eps) · w + b. Of x the last Rank dimensions are its own; Split is the number of normalised dimensions, or of
    /// groups. Operands: x, then mean and variance if they are given, then w, then b. Results: y, mean, 1 / √(var + eps), and var of a
    /// batch.
    /// </summary>
    public readonly record struct Normalize(NormKind Kind, int Rank, int Split, double Eps, bool Given, bool Weighted, bool Biased)
        : IOp<Normalize>
    {
        static string IOperation<Normalize>.NodeName(Normalize op) => op.Kind == NormKind.Rms ? "MulBackward0"
            : $"Native{op.Kind}NormBackward0";
        static bool IOp<Normalize>.SavesInput(Normalize op, int i) => i == 0 || (op.Weighted && i == op.W);
        static bool IOp<Normalize>.SavesOutput(Normalize op, int i) => i is 1 or 2;
        static bool IOp<Normalize>.DifferentiableOutput(Normalize op, int i) => i == 0;

        private int W => Given ? 3 : 1;
        private int B => W + (Weighted ? 1 : 0);
        internal bool Center => Kind != NormKind.Rms;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor[] y = Kernels.Normalize.Forward(x[0], Weighted ? x[W] : null, Biased ? x[B] : null, Plan(x[0].layout), Eps, Center,
                Given ? x[1] : null, Given ? x[2] : null);
            Layout stats = new(StatsShape(x[0].layout));
            (y[1], y[2], y[3]) = (y[1].Raw(stats), y[2].Raw(stats), y[3].Raw(stats));
            return Kind == NormKind.Batch ? y : y[..3];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            bool affine = (Weighted && into.Needs(W)) || (Biased && into.Needs(B));
            NormalizeBackward op = new(this, affine);
            Tensor[] r = Weighted ? Op.Apply(op, d, x[0], y[1], y[2], x[W]) : Op.Apply(op, d, x[0], y[1], y[2]);
            if (into.Needs(0)) into[0] = r[0];
            if (Weighted && into.Needs(W)) into[W] = r[1];
            if (Biased && into.Needs(B)) into[B] = r[2];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Normalized n = new(this, x[0], y[1], y[2]);
            Tensor? d = t[0] is { } s ? n.Root * n.Project(Canon(s)) : null;
            if (d is not null && Weighted) d = d * Factor(x[W]);
            if (Weighted && t[W] is { } u) d = Normalized.Plus(d, n.Hat * Factor(u));
            if (Biased && t[B] is { } v) d = Normalized.Plus(d, Factor(v).Expand(n.Hat.Shape));
            Tensor? result = d?.Reshape(x[0].Shape).To(x[0].dtype);
            return Kind == NormKind.Batch ? [result, null, null, null] : [result, null, null];
        }

        internal NormPlan Plan(Layout x)
        {
            ReadOnlySpan<long> s = x.shape.AsSpan(x.Rank - Rank);
            long lead = Layout.Elements(x.shape.AsSpan(0, x.Rank - Rank));
            return Kind switch
            {
                NormKind.Batch => new(lead, s[0], s[1], 1, Layout.Elements(s[2..]), true),
                NormKind.Group => new(lead, s[0], Split, s[1] / Split, Layout.Elements(s[2..]), false),
                _ => new(lead, Layout.Elements(s[..^Split]), 1, Layout.Elements(s[^Split..]), 1, false),
            };
        }

        private long[] StatsShape(Layout x)
        {
            long[] lead = x.shape[..^Rank], s = x.shape[^Rank..];
            if (Kind == NormKind.Batch) return [.. lead, s[1]];
            if (Kind == NormKind.Group) return [.. lead, s[0], Split];
            s.AsSpan(Rank - Split).Fill(1);
            return [.. lead, .. s];
        }

        /// <summary>x as [..., A, B, C, D].</summary>
        internal Tensor Canon(Tensor x)
        {
            NormPlan p = Plan(x.layout);
            return x.Reshape(new Shape([.. x.layout.shape[..^Rank], p.A, p.B, p.C, p.D])).To(x.dtype.Accumulator());
        }

        /// <summary>Factors or shifts as [..., 1, B, C, 1].</summary>
        internal Tensor Factor(Tensor w)
        {
            int own = Kind is NormKind.Batch or NormKind.Group ? 1 : Split;
            long[] lead = w.layout.shape[..^own];
            long n = Layout.Elements(w.layout.shape.AsSpan(lead.Length));
            long b = Kind == NormKind.Batch ? n : Kind == NormKind.Group ? Split : 1;
            return w.Reshape(new Shape([.. lead, 1, b, n / b, 1])).To(w.dtype.Accumulator());
        }

        internal Shape WeightShape(Layout x) => Kind is NormKind.Batch or NormKind.Group
            ? new Shape([.. x.shape[..^Rank], x.shape[^(Rank - 1)]])
            : new Shape([.. x.shape[..^Rank], .. x.shape[^Split..]]);
    }

    /// <summary>
    /// The gradients of x and, if Affine, of w and b. Operands: g, x, mean, 1 / √(var + eps), w. Its rules take the mean and variance as
    /// functions of x again, so that they hold at any order.
    /// </summary>
    public readonly record struct NormalizeBackward(Normalize Of, bool Affine) : IOp<NormalizeBackward>
    {
        static bool IOp<NormalizeBackward>.SavesInput(NormalizeBackward op, int i) => op.Of.Given || i is not (2 or 3);
        static bool IOp<NormalizeBackward>.SavesOutput(NormalizeBackward op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => Kernels.Normalize.Backward(x[0], x[1], x[2], x[3], Of.Weighted ? x[4] : null,
            Of.Plan(x[1].layout), Of.Center, Of.Given, Affine ? Of.WeightShape(x[1].layout) : (Shape?)null);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Normalized n = new(Of, x[1], x[2], x[3]);
            Tensor d = Of.Canon(x[0]);
            Tensor? w = Of.Weighted ? Of.Factor(x[4]) : null;
            Tensor? u = g[0] is { } a ? Of.Canon(a) : null, pu = u is null ? null : n.Root * n.Project(u);
            Tensor? s = Affine && g[1] is { } b ? Of.Factor(b) : null, q = Affine && g[2] is { } c ? Of.Factor(c) : null;
            if (into.Needs(0))
            {
                Tensor? to = pu is null ? null : w is null ? pu : pu * w;
                if (s is not null) to = Normalized.Plus(to, s * n.Hat);
                if (q is not null) to = Normalized.Plus(to, q.Expand(d.Shape));
                into[0] = to?.Reshape(x[0].Shape);
            }
            if (into.Needs(1) && !Of.Given)
            {
                Tensor? to = u is null ? null : n.Second(w is null ? d : d * w, u);
                if (s is not null) to = Normalized.Plus(to, n.Root * n.Project(s * d));
                into[1] = to?.Reshape(x[1].Shape);
            }
            else if (into.Needs(1) && s is not null) into[1] = (n.Root * (s * d)).Reshape(x[1].Shape);
            if (Of.Weighted && into.Needs(4) && pu is not null) into[4] = (d * pu).Sum(new Dims([-4, -1])).Reshape(x[4].Shape);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Normalized n = new(Of, x[1], x[2], x[3]);
            Tensor d = Of.Canon(x[0]);
            Tensor? w = Of.Weighted ? Of.Factor(x[4]) : null;
            Tensor? dg = t[0] is { } a ? Of.Canon(a) : null, dx = t[1] is { } b ? Of.Canon(b) : null;
            Tensor? dw = Of.Weighted && t[4] is { } c ? Of.Factor(c) : null;
            Tensor? inner = dg is null ? null : w is null ? dg : dg * w;
            if (dw is not null) inner = Normalized.Plus(inner, d * dw);
            Tensor? first = inner is null ? null : n.Root * n.Project(inner);
            if (dx is not null && !Of.Given) first = Normalized.Plus(first, n.Second(w is null ? d : d * w, dx));
            Tensor? result = first?.Reshape(x[1].Shape).To(y[0].dtype);
            if (!Affine) return [result];
            Tensor? factor = dg is null ? null : dg * n.Hat;
            if (dx is not null) factor = Normalized.Plus(factor, d * (n.Root * n.Project(dx)));
            return [result, Whole(factor, y[1]), Whole(dg, y[2])];
        }

        private static Tensor? Whole(Tensor? t, Tensor like) => t?.Sum(new Dims([-4, -1])).Reshape(like.Shape).To(like.dtype);
    }

    /// <summary>A normalised tensor as a recorded function of x, in the form [..., A, B, C, D].</summary>
    private readonly struct Normalized
    {
        private readonly bool given, center;
        private readonly Dims dims;

        internal readonly Tensor Hat, Root;

        internal Normalized(Normalize op, Tensor x, Tensor mean, Tensor root)
        {
            (given, center) = (op.Given, op.Center);
            dims = op.Kind == NormKind.Batch ? new([-4, -2, -1]) : new([-2, -1]);
            Tensor c = op.Canon(x);
            if (given)
            {
                Root = op.Factor(root);
                Hat = (c - op.Factor(mean)) * Root;
                return;
            }
            if (center) c = c - c.Mean(dims, true);
            Root = (c.Square().Mean(dims, true) + op.Eps).Rsqrt();
            Hat = c * Root;
        }

        /// <summary>u without its mean and its part along the normalised tensor: the Jacobian is this times Root.</summary>
        internal Tensor Project(Tensor u)
        {
            if (given) return u;
            Tensor rest = u - Hat * (u * Hat).Mean(dims, true);
            return center ? rest - u.Mean(dims, true) : rest;
        }

        /// <summary>The second derivative of ⟨g, Hat⟩ with respect to x, applied to v; symmetric.</summary>
        internal Tensor Second(Tensor g, Tensor v)
        {
            Tensor pg = Project(g), pv = Project(v);
            Tensor sum = (Hat * v).Mean(dims, true) * pg + (g * Hat).Mean(dims, true) * pv + Hat * (pg * v).Mean(dims, true);
            return -(Root.Square() * sum);
        }

        internal static Tensor Plus(Tensor? a, Tensor b) => a is null ? b : a + b;
    }
}
