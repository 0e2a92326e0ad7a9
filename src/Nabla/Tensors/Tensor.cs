using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// An n-dimensional array that remembers how it was made. Operations on tensors that require gradients are recorded;
/// <see cref="Backward"/> gives every leaf its gradient. A tensor never needs to be disposed.
/// </summary>
[CollectionBuilder(typeof(TensorLiteral), nameof(TensorLiteral.ToTensor))]
[DebuggerDisplay("{DebuggerText,nq}")]
[DebuggerTypeProxy(typeof(TensorDebugView))]
public sealed partial class Tensor
{
    [Flags]
    private enum Flags : ushort
    {
        None = 0, LeafRequiresGrad = 1, WrappedNumber = 2, Inference = 4, MultiView = 8, NoGradView = 16,
        InferenceView = 32, Parameter = 64, CustomView = 128
    }

    /// <summary>Flags that a tensor has from its beginning: the two bits above all others say inside how many transforms it was
    /// made.</summary>
    internal const int BornInInference = (int)Flags.Inference, BornInside = 256;

    /// <summary>Inside how many transforms that differentiate this tensor was made, at most three.</summary>
    internal int BornDepth => (int)flags / BornInside;

    internal readonly Storage storage;
    internal readonly Layout layout;
    internal readonly DType dtype;
    private Flags flags;

    /// <summary>Which result of its node this tensor is.</summary>
    internal short outputNr;

    /// <summary>The node as recorded; <see cref="GradFn"/> brings a view's up to date.</summary>
    internal Node? gradFn;

    /// <summary>The transform this tensor lives in, or null.</summary>
    internal Interpreter? wrap;

    /// <summary>What few tensors have: a gradient, an accumulator, a base.</summary>
    internal TensorMeta? meta;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Tensor(Storage storage, Layout layout, DType dtype)
    {
        this.storage = storage;
        this.layout = layout;
        this.dtype = dtype;
        flags = (Flags)GradMode.Born;
    }

    /// <summary>Uninitialised memory of this layout, which must be plain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tensor Allocate(Layout layout, DType dtype) =>
        new(Storage.Allocate(layout, dtype), layout, dtype);

    /// <summary>From here until it is disposed, large tensors that this thread makes give their memory back at once:
    /// <c>using (Tensor.Scope()) { ... }</c>. See <see cref="TensorScope"/>.</summary>
    public static TensorScope Scope() => new();

    /// <summary>The sizes of the dimensions.</summary>
    public Shape Shape => new(layout.shape);

    /// <summary>The size of dimension <paramref name="dim"/>, which may be negative to count from the end.</summary>
    public long Size(int dim) => layout.shape[Dims.FromEnd(dim, Rank0(dim)) + layout.Rank];

    /// <summary>The distance in elements between neighbours along each dimension.</summary>
    public ReadOnlySpan<long> Strides => layout.strides;

    /// <summary>The number of dimensions.</summary>
    public int NDim => layout.Rank;

    internal int Rank => layout.Rank;

    /// <summary>The number of elements.</summary>
    public long NumElements => layout.Count;

    /// <summary>The element type.</summary>
    public DType DType => dtype;

    /// <summary>True if elements lie in row-major order without gaps.</summary>
    public bool IsContiguous => layout.IsContiguous;

    /// <summary>How many in-place writes this tensor's memory has seen; shared by all views of it.</summary>
    /// <exception cref="AutogradException">An inference tensor has no version counter.</exception>
    public int Version
    {
        get
        {
            if (IsInference) Throw.Graph("Inference tensors do not track version counter.");
            return storage.Version;
        }
    }

    /// <summary>The type that floating-point literals and factories have unless told otherwise: float32, unless set.</summary>
    /// <exception cref="DTypeException">The type is not a floating-point one.</exception>
    public static DType DefaultDType
    {
        get => defaultDType;
        set
        {
            if (!Defined(value).IsFloatingPoint()) Throw.Types("only floating-point types are supported as the default type, but got " +
                $"{value}.");
            defaultDType = value;
        }
    }

    private static DType defaultDType = DType.Float32;

    /// <summary>A plain number that took the form of a 0-d tensor: weak in promotion.</summary>
    internal bool IsWrappedNumber => (flags & Flags.WrappedNumber) != 0;

    internal Tensor AsWrappedNumber()
    {
        flags |= Flags.WrappedNumber;
        return this;
    }

    private int Rank0(int dim)
    {
        if (layout.Rank == 0) Throw.Range(nameof(dim), dim, $"Dimension specified as {dim} but tensor has no dimensions");
        return layout.Rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<T> Span<T>() where T : unmanaged
    {
        Debug.Assert(layout.IsContiguous || layout.IsDense);
        return storage.Span<T>(layout.Offset, layout.Count);
    }

    /// <summary>The same memory seen otherwise, without any trace in the graph.</summary>
    internal Tensor Raw(Layout view) => new(storage, view, dtype);

    private string DebuggerText =>
        $"{dtype.Name()} {Shape}{(RequiresGrad ? " requiresGrad" : "")}{(layout.Count == 1 && wrap is null ? $" = {ToString()}" : "")}";
}

/// <summary>What few tensors have.</summary>
internal sealed class TensorMeta
{
    internal Tensor? Grad;
    internal AccumulateGrad? Accumulator;

    /// <summary>Backward made <see cref="Grad"/>'s memory, and no code outside the library has seen it.</summary>
    internal bool GradIsUnseen;

    /// <summary>The tensor this one is a view of: never itself a view.</summary>
    internal Tensor? Base;

    /// <summary>The version at which the view's gradFn was right.</summary>
    internal int ViewVersion;

    /// <summary>The number that a literal was made from, which the default dtype may not hold exactly.</summary>
    internal double? Literal;

    internal bool RetainsGrad;

    /// <summary>Where the tensor stood in the graph before <see cref="Tensor.Detach_"/>, and the last node made until then.</summary>
    internal (Edge Edge, long Sequence) DetachedFrom;
    internal string? Name;

    /// <summary>The gradient, for code outside the library.</summary>
    internal Tensor? Show()
    {
        GradIsUnseen = false;
        return Grad;
    }

    /// <summary>Puts another gradient, or none, in the place of the old one, whose memory returns if nobody can have seen it.</summary>
    internal void Assign(Tensor? grad)
    {
        if (GradIsUnseen && Grad is { storage: PooledStorage unseen } && !ReferenceEquals(grad, Grad)) unseen.Release();
        Grad = grad;
        GradIsUnseen = false;
        if (grad is not null) TensorScope.Keep(grad);
    }

    /// <summary>Keeps a gradient that nobody else holds.</summary>
    internal void Take(Tensor grad)
    {
        Grad = grad;
        GradIsUnseen = true;
        TensorScope.Keep(grad);
    }
}
