namespace Nabla;

/// <summary>
/// Vectorisation: the batch is dimension 0 of the inner tensor. Operations count dimensions from the end, so that most of them run on
/// the inner tensor as they are; those that hold a shape state how they lift.
/// </summary>
internal sealed class Batch : Interpreter
{
    internal readonly Tensor Inner;
    internal readonly long Size;

    private Batch(int level, long size, Tensor inner) : base(level) => (Inner, Size) = (inner, size);

    internal static Tensor New(int level, long size, Tensor inner)
    {
        Layout l = inner.layout;
        return new Tensor(inner.storage, new Layout(l.shape[1..], l.strides[1..], l.Offset),
            inner.dtype)
        { wrap = new Batch(level, size, inner) };
    }

    internal static Tensor? Open(Tensor x, int level) => x.wrap is Batch b && b.Level == level ? b.Inner : null;

    internal override Tensor Map<TOp>(TOp op, Tensor x) => New(Level, Size, Nabla.Map.Apply(TOp.Lift(op, Size), Open(x, Level)!));

    internal override Tensor Zip<TOp>(TOp op, Tensor x, Tensor y) =>
        New(Level, Size, Nabla.Zip.Apply(TOp.Lift(op, Size), Align(x, y), Align(y, x)));

    internal override Tensor Linear<TOp>(TOp op, Tensor x) => New(Level, Size, Nabla.Linear.Apply(TOp.Lift(op, Size), Open(x, Level)!));

    internal override Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y)
    {
        int rank = Math.Max(x.Rank, y.Rank);
        int rx = TOp.Broadcasts ? rank : x.Rank, ry = TOp.Broadcasts ? rank : y.Rank;
        return New(Level, Size, Nabla.Bilinear.Apply(TOp.Lift(op, Size), Whole(x, rx), Whole(y, ry)));
    }

    internal override Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x)
    {
        Tensor[] inner = new Tensor[x.Length];
        for (int i = 0; i < inner.Length; i++) inner[i] = Whole(x[i], x[i].Rank);
        Tensor[] y = Nabla.Op.Apply(TOp.Lift(op, Size), inner);
        return Array.ConvertAll(y, t => New(Level, Size, t));
    }

    internal override Tensor Detach(Tensor x) => New(Level, Size, Inner.Detach());

    internal override void Assign(Tensor x, Tensor y)
    {
        if (Open(x, Level) is not { } inner)
        {
            Throw.Graph("vmap: an in-place operation writes a batched value into a tensor from outside that is not batched. " +
                "Use the operation without the underscore, or pass the tensor to vmap as an input.");
            return;
        }
        inner.Become(Whole(y, x.Rank));
    }

    internal override string CannotRead => "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling " +
        ".item() on a Tensor, please try to rewrite what you're doing with other operations.";

    internal override string Print(Tensor x) => $"BatchedTensor(lvl={Level}, bdim=0, value=\n    " +
        $"{Inner.ToString().Replace("\n", "\n    ", StringComparison.Ordinal)}\n)";

    /// <summary>The operand of a broadcasting operation: ones after the batch where the other operand has more dimensions.</summary>
    private Tensor Align(Tensor x, Tensor other)
    {
        if (Open(x, Level) is not { } inner) return x;
        return x.Rank >= other.Rank ? inner : Pad(inner, other.Rank - x.Rank);
    }

    /// <summary>The operand with its batch in front, repeated if it has none, and at least <paramref name="rank"/> dimensions after
    /// it.</summary>
    private Tensor Whole(Tensor x, int rank)
    {
        Tensor inner = Open(x, Level) ?? x.Unsqueeze(0).Expand(new Shape([Size, .. x.layout.shape]));
        return x.Rank >= rank ? inner : Pad(inner, rank - x.Rank);
    }

    private static Tensor Pad(Tensor inner, int ones)
    {
        long[] shape = new long[inner.Rank + ones];
        Array.Fill(shape, 1);
        shape[0] = inner.layout.shape[0];
        inner.layout.shape.AsSpan(1).CopyTo(shape.AsSpan(1 + ones));
        return inner.Reshape(new Shape(shape));
    }
}
