using System.Runtime.CompilerServices;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>
    /// True if operations on this tensor are recorded: a leaf that was asked for a gradient, or the result of recorded operations.
    /// Settable on leaves.
    /// </summary>
    /// <exception cref="DTypeException">Set on a tensor that is not floating point.</exception>
    /// <exception cref="AutogradException">Set to false on a result; use <see cref="Detach"/>.</exception>
    public bool RequiresGrad
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => gradFn is not null || (flags & Flags.LeafRequiresGrad) != 0 || (meta is not null && ViewRequiresGrad);
        set
        {
            if (value == RequiresGrad) return;
            if (GradFn is not null)
                Throw.Graph("you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a " +
                    "subgraph that doesn't require differentiation use var_no_grad = var.detach().");
            if (value && !dtype.IsDifferentiable())
                Throw.Types($"only Tensors of floating point dtype can require gradients: this one is {Throw.Text(this)}.");
            if (value && IsInference && !GradMode.InferenceEnabled)
                Throw.Graph("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
            flags = value ? flags | Flags.LeafRequiresGrad : flags & ~Flags.LeafRequiresGrad;
        }
    }

    /// <summary>Sets <see cref="RequiresGrad"/> and returns this tensor.</summary>
    /// <param name="requiresGrad">The new value.</param>
    public Tensor RequiresGrad_(bool requiresGrad = true)
    {
        RequiresGrad = requiresGrad;
        return this;
    }

    private bool ViewRequiresGrad => meta!.Base is { } b && b.RequiresGrad;

    /// <summary>A name for messages and pictures of graphs; null unless it was set.</summary>
    public string? Name
    {
        get => meta?.Name;
        set
        {
            if (value is not null || meta is not null) Meta.Name = value;
        }
    }

    /// <summary>True if no recorded operation made this tensor. Leaves that require gradients receive <see cref="Grad"/>.</summary>
    public bool IsLeaf => GradFn is null;

    /// <summary>True for a tensor made in inference mode: it can never take part in a graph.</summary>
    public bool IsInference
    {
        get => (flags & Flags.Inference) != 0;
        internal set => flags = value ? flags | Flags.Inference : flags & ~Flags.Inference;
    }

    /// <summary>The recorded operation that made this tensor, or null for a leaf.</summary>
    public Node? GradFn
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (meta is { Base: { } b } m && m.ViewVersion != storage.Version) Views.Refresh(this, b, m);
            return gradFn;
        }
    }

    /// <summary>
    /// The gradient that <see cref="Backward"/> has accumulated, or null. Assignable: null drops it, a tensor must have this tensor's
    /// shape and dtype. On a result it stays null unless <see cref="RetainGrad"/> was called.
    /// </summary>
    /// <exception cref="ShapeException">The assigned tensor has another shape.</exception>
    /// <exception cref="DTypeException">The assigned tensor has another dtype.</exception>
    public Tensor? Grad
    {
        get => meta?.Show();
        set
        {
            if (value is not null)
            {
                if (ReferenceEquals(value, this)) throw new ArgumentException("can't assign Variable as its own grad");
                if (!value.layout.SameShape(layout))
                    Throw.Shapes($"attempting to assign a gradient of size '{value.Shape}' to a tensor of size '{Shape}'. " +
                        "Please ensure that the gradient and the tensor are the same size.");
                if (value.dtype != dtype)
                    Throw.Types($"attempting to assign a gradient with dtype '{value.dtype.NativeName()}' to a tensor with dtype " +
                        $"'{dtype.NativeName()}'. " +
                        "Please ensure that the gradient and the tensor have the same dtype.");
            }
            else if (meta is null) return;
            Meta.Assign(value);
        }
    }

    /// <summary>Adds to every leaf below this tensor its gradient: d(this)/d(leaf), times <paramref name="gradient"/>.</summary>
    /// <param name="gradient">The gradient of this tensor, of its shape; for a tensor of one element it defaults to 1.</param>
    /// <param name="retainGraph">Keep what the graph saved, for another backward; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations, so that gradients can be differentiated again.</param>
    /// <param name="inputs">Accumulate into these only.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    /// <exception cref="AutogradException">There is no graph, it was freed, a saved tensor was modified, or the tensor is no
    /// scalar.</exception>
    /// <exception cref="ShapeException">The gradient's shape is not this tensor's.</exception>
    public void Backward(Tensor? gradient = null, bool? retainGraph = null, bool createGraph = false,
        IReadOnlyList<Tensor>? inputs = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Autograd.Backward(this, gradient, retainGraph ?? createGraph, createGraph, inputs, new(file, line));

    /// <summary>The same values as a leaf without history. Memory and version counter are shared.</summary>
    public Tensor Detach()
    {
        if (wrap is { } level) return level.Detach(this);
        return new Tensor(storage, layout, dtype) { IsInference = IsInference };
    }

    /// <summary>The same value, in the same transform, at no place of this level's graph.</summary>
    internal Tensor WithoutHistory() => new(storage, layout, dtype) { wrap = wrap };

    /// <summary>Drops this tensor's history in place; it becomes a leaf that requires no gradient.</summary>
    /// <exception cref="AutogradException">The tensor is a view.</exception>
    public Tensor Detach_()
    {
        if (meta?.Base is not null) Throw.Graph("Can't detach views in-place. Use detach() instead.");
        if (gradFn is not null) Meta.DetachedFrom = (new(gradFn, outputNr), Node.LastSequence);
        gradFn = null;
        outputNr = 0;
        flags &= ~Flags.LeafRequiresGrad;
        return this;
    }

    /// <summary>Makes <see cref="Grad"/> of this result be filled during backward. On a leaf it does nothing.</summary>
    /// <exception cref="AutogradException">The tensor requires no gradient.</exception>
    public Tensor RetainGrad()
    {
        if (!RequiresGrad) Throw.Graph("can't retain_grad on Tensor that has requires_grad=False");
        if (wrap is not null)
            Throw.Graph("You are attempting to call Tensor.retain_grad() inside of a function being transformed by a functorch " +
                "transform. This is unsupported, please attempt to use the functorch transforms (e.g. grad, vjp, jacrev, jacfwd, " +
                "hessian) or call requires_grad_() outside of a function being transformed instead.");
        if (GradFn is null || Meta.RetainsGrad) return this;
        Meta.RetainsGrad = true;
        gradFn!.Retain(this);
        return this;
    }

    /// <summary>True if <see cref="RetainGrad"/> was called on this result.</summary>
    public bool RetainsGrad => meta?.RetainsGrad ?? false;

    internal TensorMeta Meta => meta ?? CreateMeta();

    private TensorMeta CreateMeta()
    {
        Interlocked.CompareExchange(ref meta, new TensorMeta(), null);
        return meta;
    }

    internal AccumulateGrad Accumulator => Meta.Accumulator ?? CreateAccumulator();

    private AccumulateGrad CreateAccumulator()
    {
        Interlocked.CompareExchange(ref meta!.Accumulator, new AccumulateGrad(this), null);
        return meta.Accumulator!;
    }

    /// <summary>Where this tensor's gradient goes: its node, or the leaf's accumulator, or nowhere.</summary>
    internal Edge Edge
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (meta is null) return gradFn is not null || (flags & Flags.LeafRequiresGrad) == 0 ? new(gradFn, outputNr)
                : new(Accumulator, 0);
            return EdgeSlow;
        }
    }

    private Edge EdgeSlow
    {
        get
        {
            if (GradFn is { } fn) return new(fn, outputNr);
            return (flags & Flags.LeafRequiresGrad) != 0 ? new(Accumulator, 0) : default;
        }
    }

    /// <summary>Makes this tensor an output of <paramref name="node"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetHistory(Node node, int output = 0)
    {
        gradFn = node;
        outputNr = (short)output;
        if (output == 0) (node.OutLayout, node.OutType) = (layout, dtype);
    }

    /// <summary>Puts this tensor at a place of the graph that is another tensor's too.</summary>
    internal void SetHistoryOf(Node node, int output) => (gradFn, outputNr) = (node, (short)output);

    internal bool IsDetachedInPlace => meta is { DetachedFrom.Edge.Node: not null };

    /// <summary>Makes this tensor stand for a leaf: gradients go there.</summary>
    internal void ShareAccumulator(AccumulateGrad leaf)
    {
        Meta.Accumulator = leaf;
        flags |= Flags.LeafRequiresGrad;
    }

    /// <summary>One of several views that one operation returned, or a view made where nothing was recorded: not to be written
    /// to.</summary>
    internal bool IsMultiView
    {
        get => (flags & Flags.MultiView) != 0;
        set => flags = value ? flags | Flags.MultiView : flags & ~Flags.MultiView;
    }

    /// <summary>A view that a user's function returned: a write to it would bypass the function's own backward.</summary>
    internal bool IsCustomView
    {
        get => (flags & Flags.CustomView) != 0;
        set => flags = value ? flags | Flags.CustomView : flags & ~Flags.CustomView;
    }

    internal bool IsInferenceView
    {
        get => (flags & Flags.InferenceView) != 0;
        set => flags = value ? flags | Flags.InferenceView : flags & ~Flags.InferenceView;
    }

    internal bool IsNoGradView
    {
        get => (flags & Flags.NoGradView) != 0;
        set => flags = value ? flags | Flags.NoGradView : flags & ~Flags.NoGradView;
    }
}
