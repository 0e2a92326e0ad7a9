using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>How tensors are kept for backward, until it is disposed. A scope holds for its thread.</summary>
public sealed class SavedTensorScope : IDisposable
{
    /// <summary>How many scopes are open in the process: almost always none, which is all that saving a tensor asks.</summary>
    internal static int Open;

    [ThreadStatic] private static SavedTensorScope? innermost;

    private readonly SavedTensorScope? outer;
    private readonly int thread = Environment.CurrentManagedThreadId;
    private readonly string? forbidden;
    private readonly ConditionalWeakTable<Storage, List<WeakReference<GuardedSave>>>? guarded;

    private readonly bool alone;

    private SavedTensorScope(Func<Tensor, object?>? pack, Func<object?, Tensor?>? unpack, string? forbidden, bool guard, bool alone = false)
    {
        (Pack, Unpack, this.forbidden, this.alone) = (pack, unpack, forbidden, alone);
        if (guard) guarded = [];
        outer = innermost;
        innermost = this;
        Interlocked.Increment(ref Open);
    }

    internal Func<Tensor, object?>? Pack { get; }
    internal Func<object?, Tensor?>? Unpack { get; }
    internal bool IsClosed { get; private set; }

    /// <summary>The next pair of hooks outside this one.</summary>
    internal SavedTensorScope? OuterHooks
    {
        get
        {
            SavedTensorScope? s = alone ? null : outer;
            while (s is { Pack: null }) s = s.outer;
            return s;
        }
    }

    /// <summary>Ends the scope. Disposing again does nothing.</summary>
    /// <exception cref="InvalidOperationException">A scope that was opened later is still open, or another thread opened this
    /// one.</exception>
    public void Dispose()
    {
        if (IsClosed) return;
        if (!ReferenceEquals(innermost, this) || thread != Environment.CurrentManagedThreadId)
            Throw.State("A scope for saved tensors was closed out of order, or in another thread: close the scopes opened later first.");
        IsClosed = true;
        innermost = outer;
        Interlocked.Decrement(ref Open);
    }

    /// <summary>A pair of hooks.</summary>
    /// <param name="pack">What it returns is kept.</param>
    /// <param name="unpack">Gets what was kept.</param>
    /// <param name="alone">Pairs outside do not see what this one returns.</param>
    internal static SavedTensorScope Hooks(Func<Tensor, object?> pack, Func<object?, Tensor?> unpack, bool alone = false)
    {
        for (SavedTensorScope? s = innermost; s is not null; s = s.outer)
            if (s.forbidden is { } message) Throw.Graph(message);
        return new(pack, unpack, null, false, alone);
    }

    internal static SavedTensorScope Forbid(string message) => new(null, null, message, false);

    internal static SavedTensorScope Guard()
    {
        for (SavedTensorScope? s = innermost; s is not null; s = s.outer)
            if (s.guarded is not null) Throw.Graph("allow_mutation_on_saved_tensors contexts cannot be nested");
        return new(null, null, null, true);
    }

    /// <summary>What to keep for a tensor: itself, unless a scope of this thread says otherwise.</summary>
    internal static object Keep(Tensor tensor, int output)
    {
        if (tensor.IsWrappedNumber) return tensor;
        for (SavedTensorScope? s = innermost; s is not null; s = s.outer)
        {
            if (s.Pack is not null) return new HookedSave(tensor, output, s);
            if (s.guarded is null) continue;
            GuardedSave save = new(tensor, output, s);
            List<WeakReference<GuardedSave>> saves = s.guarded.GetOrCreateValue(tensor.storage);
            saves.RemoveAll(static r => !r.TryGetTarget(out _));
            saves.Add(new(save));
            return save;
        }
        return tensor;
    }

    /// <summary>Called before a storage is written to.</summary>
    internal static void BeforeWrite(Storage storage)
    {
        for (SavedTensorScope? s = innermost; s is not null; s = s.outer)
        {
            if (s.guarded is null || !s.guarded.TryGetValue(storage, out List<WeakReference<GuardedSave>>? saves)) continue;
            foreach (WeakReference<GuardedSave> r in saves) if (r.TryGetTarget(out GuardedSave? save)) save.Copy();
            saves.Clear();
        }
    }
}

public static partial class Autograd
{
    /// <summary>
    /// Until the scope is disposed, every tensor that an operation on this thread keeps for backward goes through
    /// <paramref name="pack"/>, and each time backward needs it through <paramref name="unpack"/>.
    /// </summary>
    /// <remarks>If scopes nest, the innermost packs first; if what it returns is a tensor, the next one packs that. Plain numbers are not
    /// packed. Whatever a hook returned that is <see cref="IDisposable"/> is disposed when the graph is freed.</remarks>
    /// <param name="pack">Gets the tensor, without history, and must not write to it. It runs where nothing is recorded.</param>
    /// <param name="unpack">Gets what <paramref name="pack"/> returned and returns a tensor of the same values, shape and dtype.</param>
    /// <exception cref="AutogradException">Inside <see cref="DisableSavedTensorHooks"/>, with its message.</exception>
    public static SavedTensorScope SavedTensorHooks<T>(Func<Tensor, T> pack, Func<T, Tensor> unpack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(unpack);
        return SavedTensorScope.Hooks(t => pack(t), data => unpack((T)data!));
    }

    /// <summary>Opening <see cref="SavedTensorHooks"/> on this thread fails with this message until the scope is disposed.</summary>
    public static SavedTensorScope DisableSavedTensorHooks(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return SavedTensorScope.Forbid(message);
    }

    /// <summary>
    /// Until the scope is disposed, tensors that are kept for backward may be written to on this thread: they are copied first. Backward
    /// must run inside the scope as well.
    /// </summary>
    /// <exception cref="AutogradException">Such a scope is open already.</exception>
    public static SavedTensorScope AllowMutationOnSaved() => SavedTensorScope.Guard();

    /// <summary>Tensors kept for backward take another floating-point dtype, such as bfloat16, meanwhile: less memory, less
    /// precision.</summary>
    /// <exception cref="DTypeException">The dtype is not a floating-point one.</exception>
    public static SavedTensorScope SaveAs(DType dtype)
    {
        if (!dtype.IsFloatingPoint()) Throw.Types($"only floating-point types can keep tensors for backward, but got {dtype.Name()}.");
        return SavedTensorHooks(t => (Kept: t.dtype.IsFloatingPoint() ? t.To(dtype) : t, DType: t.dtype), kept => kept.Kept.To(kept.DType));
    }

    /// <summary>Tensors kept for backward wait in files of a folder meanwhile. Each file is deleted when the graph is freed.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="minBytes">Smaller tensors stay in memory.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public static SavedTensorScope SaveOnDisk(string folder, long minBytes = 1024)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"The folder '{folder}' for saved tensors does not exist.");
        return SavedTensorHooks<object>(
            t => t.NumElements * t.dtype.ItemSize() < minBytes || t.wrap is not null ? t : new TensorFile(t, folder),
            kept => kept as Tensor ?? ((TensorFile)kept).Read());
    }
}

/// <summary>The values of a tensor in a file, which lives as long as this object.</summary>
internal sealed class TensorFile : IDisposable
{
    private readonly string path;
    private readonly Layout layout;
    private readonly DType dtype;

    internal TensorFile(Tensor x, string folder)
    {
        Tensor whole = Tensor.Allocate(x.layout.Fresh, x.dtype);
        Kernels.Copy.Run(x, whole);
        (layout, dtype) = (whole.layout, whole.dtype);
        path = Path.Combine(folder, $"saved-{Guid.NewGuid():N}.bin");
        using FileStream file = new(path, FileMode.CreateNew);
        file.Write(whole.storage.Data[..Bytes]);
    }

    private int Bytes => checked((int)(layout.Count * dtype.ItemSize()));

    internal Tensor Read()
    {
        Tensor x = Tensor.Allocate(layout, dtype);
        using FileStream file = File.OpenRead(path);
        if (file.Length != Bytes) throw new InvalidDataException($"'{path}' holds {file.Length} bytes; {Bytes} were written.");
        file.ReadExactly(x.storage.Data[..Bytes]);
        return x;
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Delete();
    }

    ~TensorFile() => Delete();

    private void Delete()
    {
        try { File.Delete(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that somebody else holds stays; nothing depends on it any more.
        }
    }
}
