using System.Diagnostics.CodeAnalysis;

namespace Nabla;

/// <summary>
/// Gives the memory of tensors back at once, for whoever does not want to wait for the garbage collector:
/// <code>
/// using (TensorScope scope = Tensor.Scope())
/// {
///     Tensor loss = model.Call(x).Square().Mean();
///     loss.Backward();
///     optimizer.Step();
/// }
/// </code>
/// When it is disposed, tensors of 64 KiB and more that this thread made inside lose their memory, and every later use of them is an
/// <see cref="AutogradException"/>. Parameters, gradients of leaves and the state of optimizers stay, and what <see cref="Keep{T}"/> is
/// told. Smaller tensors are not touched.
/// </summary>
/// <remarks>No tensor needs a scope. In loops over large tensors it saves memory and time: the next step finds its memory in the caches.
/// Scopes nest; one belongs to the thread that made it. No other thread may still use the tensors when it ends.</remarks>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] private static TensorScope? current;

    private readonly TensorScope? outer;
    private readonly List<PooledStorage> made = [];
    private bool disposed;

    internal TensorScope()
    {
        outer = Current;
        current = this;
    }

    /// <summary>The innermost scope of this thread that has not ended.</summary>
    internal static TensorScope? Current
    {
        get
        {
            while (current is { disposed: true } ended) current = ended.outer;
            return current;
        }
    }

    /// <summary>Lets tensors outlive this scope; they belong to the scope around it, if there is one.</summary>
    /// <param name="value">A tensor, or tensors in a tuple, list, dictionary or record.</param>
    /// <returns>The value.</returns>
    public T Keep<[DynamicallyAccessedMembers(Tree.Needs)] T>(T value)
    {
        foreach (Tensor t in Tree.Leaves(value)) Release(t.storage, outer is { disposed: false } next ? next : null);
        return value;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        // The last made first: the next step begins with the blocks that this one began with.
        for (int i = made.Count - 1; i >= 0; i--)
            if (made[i].Scope == this) made[i].Release();
        made.Clear();
        _ = Current;
    }

    internal void Add(PooledStorage storage)
    {
        storage.Scope = this;
        made.Add(storage);
    }

    /// <summary>A tensor that no scope may end: a parameter, a gradient.</summary>
    internal static void Keep(Tensor t) => Release(t.storage, null);

    private static void Release(Storage storage, TensorScope? to)
    {
        if (storage is not PooledStorage { Scope: not null } pooled) return;
        pooled.Scope = to;
        to?.made.Add(pooled);
    }
}
