using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// Sees the operations that one thread computes, below all transforms: it may supply an operation's results, and learns them otherwise.
/// What an operation computes inside its kernel is not seen.
/// </summary>
internal abstract class Watcher
{
    internal Watcher? Outer;

    /// <summary>The results, if the operation need not run.</summary>
    internal virtual Tensor[]? Take(string node, ReadOnlySpan<Tensor> x) => null;

    /// <summary>Called with the results, whether an outer watcher supplied them or the operation ran.</summary>
    internal abstract void Give(string node, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y);
}

/// <summary>The drivers' one question: does anybody watch?</summary>
internal static class Watch
{
    /// <summary>How many watchers there are in the process: almost always none.</summary>
    internal static int Open;

    [ThreadStatic] private static Watcher? innermost;

    /// <summary>Sets this thread's innermost watcher only, and returns the one before.</summary>
    internal static Watcher? Exchange(Watcher? watcher)
    {
        Watcher? before = innermost;
        innermost = watcher;
        return before;
    }

    /// <summary>The watcher sees this thread's operations until the scope is disposed.</summary>
    internal static IDisposable Begin(Watcher watcher) => new Scope(watcher);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Tensor Map<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>
    {
        if (innermost is null) return MapOp.Compute(op, x);
        string name = TOp.NodeName(op);
        if (Taken(name, [x]) is { } taken) return taken[0];
        Watcher? watcher = Exchange(null);
        try
        {
            Tensor y = MapOp.Compute(op, x);
            Given(watcher, null, name, [x], [y]);
            return y;
        }
        finally { innermost = watcher; }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Tensor Zip<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        if (innermost is null) return ZipOp.Compute(op, x, y);
        string name = TOp.NodeName(op);
        if (Taken(name, [x, y]) is { } taken) return taken[0];
        Watcher? watcher = Exchange(null);
        try
        {
            Tensor z = ZipOp.Compute(op, x, y);
            Given(watcher, null, name, [x, y], [z]);
            return z;
        }
        finally { innermost = watcher; }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Tensor Linear<TOp>(TOp op, Tensor x) where TOp : struct, ILinear<TOp>
    {
        if (innermost is null) return op.Forward(x);
        string name = TOp.NodeName(op);
        if (Taken(name, [x]) is { } taken) return taken[0];
        Watcher? watcher = Exchange(null);
        try
        {
            Tensor y = op.Forward(x);
            Given(watcher, null, name, [x], [y]);
            return y;
        }
        finally { innermost = watcher; }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IBilinear<TOp>
    {
        if (innermost is null) return op.Forward(x, y);
        string name = TOp.NodeName(op);
        if (Taken(name, [x, y]) is { } taken) return taken[0];
        Watcher? watcher = Exchange(null);
        try
        {
            Tensor z = op.Forward(x, y);
            Given(watcher, null, name, [x, y], [z]);
            return z;
        }
        finally { innermost = watcher; }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x) where TOp : struct, IOp<TOp>
    {
        if (innermost is null) return op.Forward(x);
        string name = TOp.NodeName(op);
        if (Taken(name, x) is { } taken) return taken;
        Watcher? watcher = Exchange(null);
        try
        {
            Tensor[] y = op.Forward(x);
            Given(watcher, null, name, x, y);
            return y;
        }
        finally { innermost = watcher; }
    }

    private static Tensor[]? Taken(string name, ReadOnlySpan<Tensor> x)
    {
        for (Watcher? w = innermost; w is not null; w = w.Outer)
        {
            if (w.Take(name, x) is not { } y) continue;
            Given(innermost, w, name, x, y);
            return y;
        }
        return null;
    }

    /// <summary>Tells the watchers from the innermost to the one before <paramref name="end"/>.</summary>
    private static void Given(Watcher? first, Watcher? end, string name, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
    {
        for (Watcher? w = first; !ReferenceEquals(w, end); w = w!.Outer) w!.Give(name, x, y);
    }

    private sealed class Scope : IDisposable
    {
        private readonly Watcher watcher;
        private bool closed;

        internal Scope(Watcher watcher)
        {
            this.watcher = watcher;
            watcher.Outer = Exchange(watcher);
            Interlocked.Increment(ref Open);
        }

        public void Dispose()
        {
            if (closed) return;
            closed = true;
            innermost = watcher.Outer;
            Interlocked.Decrement(ref Open);
        }
    }
}
