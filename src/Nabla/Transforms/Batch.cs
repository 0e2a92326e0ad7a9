namespace Nabla;

/// <summary>
/// Vectorisation: the batch is dimension 0 of the inner tensor. Operations count dimensions from the end, so that most of them run on
/// the inner tensor as they are; those that hold a shape state how they lift.
/// </summary>
internal sealed partial class Batch : Interpreter
{
    internal readonly Tensor Inner;

    private Batch(Frame frame, Tensor inner) : base(frame) => Inner = inner;

    private long Size => Frame.Size;

    internal static Tensor New(Frame frame, Tensor inner)
    {
        if (frame.Closed)
            Throw.Graph("vmap: a tensor from inside a vmap is used after that vmap has returned. Return it from the function instead of " +
                "keeping it.");
        Layout l = inner.layout;
        Layout item = new(l.shape[1..], l.strides[1..], l.Offset);
        return new Tensor(inner.storage, item, inner.dtype) { wrap = new Batch(frame, inner) };
    }

    internal static Tensor? Open(Tensor x, long level) => x.wrap is Batch b && b.Level == level ? b.Inner : null;

    /// <summary>The inner tensor, the batch in front; one that does not depend on the batch is repeated.</summary>
    internal static Tensor OpenOrExpand(Tensor x, Frame frame) =>
        Open(x, frame.Level) ?? x.Unsqueeze(0).Expand(new Shape([frame.Size, .. x.layout.shape]));

    internal override Tensor Map<TOp>(TOp op, Tensor x) => New(Frame, Nabla.MapOp.Apply(TOp.Lift(op, Size), Open(x, Level)!));

    internal override Tensor Zip<TOp>(TOp op, Tensor x, Tensor y) =>
        New(Frame, Nabla.ZipOp.Apply(TOp.Lift(op, Size), Align(x, y), Align(y, x)));

    internal override Tensor Linear<TOp>(TOp op, Tensor x) => New(Frame, Nabla.LinearOp.Apply(TOp.Lift(op, Size), Open(x, Level)!));

    internal override Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y)
    {
        int rank = Math.Max(x.Rank, y.Rank);
        int rx = TOp.Broadcasts ? rank : x.Rank, ry = TOp.Broadcasts ? rank : y.Rank;
        return New(Frame, Nabla.BilinearOp.Apply(TOp.Lift(op, Size), Whole(x, rx), Whole(y, ry)));
    }

    internal override Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x)
    {
        Tensor[] inner = new Tensor[x.Length];
        for (int i = 0; i < inner.Length; i++) inner[i] = Whole(x[i], x[i].Rank);
        Tensor[] y = Nabla.Op.Apply(TOp.Lift(op, Size), inner);
        return Array.ConvertAll(y, t => New(Frame, t));
    }

    internal override Tensor Settle(Tensor x, Func<Tensor, Tensor> settle)
    {
        Tensor inner = settle(Inner);
        return ReferenceEquals(inner, Inner) ? x : New(Frame, inner);
    }

    internal override Tensor Detach(Tensor x) => New(Frame, Inner.Detach());

    internal override void Assign(Tensor x, Tensor y)
    {
        if (Open(x, Level) is not { } inner)
        {
            Throw.Graph("vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args " +
                "that has more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over " +
                "in a vmap. Please try to use out-of-place operators instead of inplace arithmetic. Otherwise pass `self` to vmap as an " +
                "input.");
            return;
        }
        inner.Become(Whole(y, x.Rank));
    }

    internal override Tensor Below => Inner;

    internal override void BeforeRead(string? message) => Throw.State(message ?? CannotRead);

    internal override bool IsBatched => true;

    internal const string CannotRead = "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling " +
        ".item() on a Tensor, please try to rewrite what you're doing with other operations. Inside vmap a tensor stands for a whole " +
        "batch, so it has no one value.";

    internal const string CannotBranch = "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. " +
        "Inside vmap a tensor stands for a whole batch: compute both branches and choose with Tensor.Where.";

    internal const string CannotMask = "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support this " +
        "because for each batch this would return a differently shaped Tensor. Use Tensor.Where or MaskedFill.";

    internal const string CannotIndex = "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch " +
        "over indexing with a boolean mask. Use Tensor.Where or MaskedFill.";

    internal static string CannotSize(string op) => "vmap: We do not support batching operators that can output dynamic shape. Attempted " +
        $"to vmap over aten::{op}. The result's size would differ from item to item.";

    internal override string Print(Tensor x) => $"BatchedTensor(lvl={Frame.Depth}, bdim=0, value=\n    " +
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
        Tensor inner = OpenOrExpand(x, Frame);
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
