namespace Nabla;

/// <summary>The end of every path that reaches a leaf: adds what arrives to the leaf's <see cref="Tensor.Grad"/>.</summary>
internal sealed class AccumulateGrad : Node
{
    internal readonly Tensor Leaf;

    /// <summary>The leaf was made by a transform whose function has returned: nobody can ask for its gradient but the transform.</summary>
    internal bool Closed;

    internal AccumulateGrad(Tensor leaf)
    {
        Leaf = leaf;
        Sequence = long.MaxValue;
        (OutLayout, OutType) = (leaf.layout, leaf.dtype);
    }

    public override string Name => "AccumulateGrad";
    internal override int InputCount => 0;
    internal override Edge Input(int i) => default;
    internal override void Pull(Tensor g, Span<Tensor?> into) { }

    /// <summary>Adds a gradient. Several backward runs may do so at once.</summary>
    /// <param name="g">The gradient, with the leaf's shape and dtype.</param>
    /// <param name="own">Nobody else holds <paramref name="g"/>'s memory, so it can become the leaf's gradient as it is.</param>
    /// <param name="createGraph">Keep the graph of the sum.</param>
    internal void Add(Tensor g, bool own, bool createGraph)
    {
        lock (this)
        {
            TensorMeta meta = Leaf.Meta;
            if (meta.Grad is not { } old)
            {
                if (createGraph || g.wrap is not null) meta.Assign(createGraph ? g : g.Clone());
                else meta.Take(own && Fits(g) ? g.Detach() : Obey(g));
            }
            else if (createGraph || old.RequiresGrad || old.layout.MayOverlap) meta.Assign(old + g);
            else old.AddRaw_(g);
        }
    }

    /// <summary>A gradient lies in memory as its leaf does, if the leaf is dense.</summary>
    private bool Fits(Tensor g) => g.layout.IsPlain && (Leaf.layout.IsDense ? g.layout.SameStrides(Leaf.layout) : g.IsContiguous);

    private Tensor Obey(Tensor g)
    {
        Tensor copy = Tensor.Allocate(Leaf.layout.Fresh, g.dtype);
        Kernels.Copy.Run(g, copy);
        return copy;
    }
}
