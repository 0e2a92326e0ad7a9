namespace Nabla.Amp;

/// <summary>A state of mixed precision that holds until it is disposed; see <see cref="Autocast.Enable"/>.</summary>
public sealed class AutocastScope : IDisposable
{
    private readonly AutocastScope? parent;
    private readonly AutocastScope root;
    private readonly AutocastScope? before;
    private readonly Lock gate = new();
    private Dictionary<(Tensor Leaf, DType DType), (Tensor Copy, int Version)>? cache;
    private bool closed;

    internal AutocastScope(DType dtype, bool enabled, bool cacheEnabled)
    {
        (DType, IsEnabled, CacheEnabled) = (dtype, enabled, cacheEnabled);
        parent = Autocast.Current;
        root = parent?.root ?? this;
        before = Autocast.Active;
        Autocast.Enter(this);
    }

    /// <summary>The same rules again, in this thread only, while a region is computed again.</summary>
    private AutocastScope(AutocastScope like)
    {
        (DType, IsEnabled, CacheEnabled) = (like.DType, true, like.CacheEnabled);
        root = this;
    }

    /// <summary>The 16-bit dtype.</summary>
    public DType DType { get; }

    /// <summary>Whether operations convert their operands.</summary>
    public bool IsEnabled { get; }

    /// <summary>Whether converted parameters are kept.</summary>
    public bool CacheEnabled { get; }

    /// <summary>A scope of the same rules with a cache of its own, which has not been opened.</summary>
    internal static AutocastScope? Again(AutocastScope? like) => like is null ? null : new(like);

    /// <summary>Restores the state that held before; the outermost scope forgets the converted parameters. Disposing again does
    /// nothing.</summary>
    /// <exception cref="InvalidOperationException">A scope that was opened later is still open.</exception>
    public void Dispose()
    {
        if (closed) return;
        if (!ReferenceEquals(Autocast.Current, this))
            Throw.State("An autocast scope was closed out of order, or in another flow of execution: close the scopes opened later first.");
        closed = true;
        if (parent is null)
        {
            lock (gate) cache = null;
        }
        Autocast.Enter(parent);
        Autocast.Exchange(before);
    }

    /// <summary>Whether tensors of a dtype are converted.</summary>
    internal static bool Converts(DType dtype) => dtype is DType.Float32 or DType.Float16 or DType.BFloat16;

    internal static Tensor ToFloat32(Tensor x) => x.DType is DType.Float16 or DType.BFloat16 ? x.To(DType.Float32) : x;

    internal Tensor Lower(Tensor x)
    {
        if (x.DType == DType || !Converts(x.DType)) return x;
        bool keeps = CacheEnabled && x.DType == DType.Float32 && x.RequiresGrad && x.IsLeaf && x.meta?.Base is null && !x.IsInference
            && x.wrap is null && Frame.Current is null && GradMode.Depth == 0 && GraphTask.CurrentRun == 0;
        return keeps ? root.Cached(x, DType) : x.To(DType);
    }

    private Tensor Cached(Tensor leaf, DType dtype)
    {
        int version = leaf.Version;
        lock (gate)
        {
            // A copy that was made unrecorded has no way back to the leaf.
            if (cache is not null && cache.TryGetValue((leaf, dtype), out (Tensor Copy, int Version) found) && found.Version == version
                && (found.Copy.RequiresGrad || !GradMode.Enabled)) return found.Copy;
        }
        Tensor copy = leaf.To(dtype);
        lock (gate)
        {
            if (!closed) (cache ??= [])[(leaf, dtype)] = (copy, version);
        }
        return copy;
    }
}
