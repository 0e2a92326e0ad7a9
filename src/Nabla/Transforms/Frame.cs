namespace Nabla;

/// <summary>
/// A running transform, or an open level of forward mode. Frames form a stack that belongs to the logical flow, as grad modes do: tasks
/// inherit it. Tensors that live in a transform hold its frame; when it has ended, tangents are gone and batched tensors are unusable.
/// </summary>
internal sealed class Frame
{
    internal enum Kind : byte { Grad, Jvp, Vmap, DualLevel, ForwardSwitch, Trace }

    private static long counter;
    [ThreadStatic] private static Frame? current;

    /// <summary>A transform has run in this process: before that, nobody need look at their thread.</summary>
    private static bool used;
    private static readonly AsyncLocal<Frame?> Flow = new(static change => Apply(change.CurrentValue));

    internal readonly Frame? Parent;
    internal readonly Kind What;

    /// <summary>Unique in the process, and larger than the levels of all frames around it.</summary>
    internal readonly long Level;

    /// <summary>How many frames of the same kind are open, this one included.</summary>
    internal readonly int Depth;

    /// <summary>The batch size of vmap, and what random operations do in it.</summary>
    internal long Size;
    internal Randomness Randomness;

    internal bool Closed;

    /// <summary>The next frame outside as random operations see it: <see cref="Parent"/>, unless frames in between have handed their
    /// batch to this one.</summary>
    internal Frame? Below { get; private set; }

    /// <summary>Whether this frame has taken over the batch of another one.</summary>
    private bool Instead { get; init; }

    private readonly int captures;
    private readonly bool forward, inference;

    private Frame(Kind what, bool forward)
    {
        Parent = Below = current;
        What = what;
        Level = Interlocked.Increment(ref counter);
        Depth = 1;
        for (Frame? f = Parent; f is not null; f = f.Parent)
        {
            if (f.What != what) continue;
            Depth = f.Depth + 1;
            break;
        }
        captures = (Parent?.captures ?? 0) + (what is Kind.Grad or Kind.Jvp ? 1 : 0);
        (this.forward, inference) = (forward, GradMode.InferenceEnabled);
    }

    /// <summary>The innermost frame.</summary>
    internal static Frame? Current => current;

    /// <summary>Whether operations pass tangents on: not in inference mode, nor where forward mode was switched off.</summary>
    internal static bool Forward => current is not { } f ? !GradMode.InferenceEnabled
        : f.forward && (f.inference || !GradMode.InferenceEnabled);

    /// <summary>Whether a transform is running; levels of forward mode are none.</summary>
    internal static bool InTransform => used && current is { } f && (f.captures > 0 || InnermostVmap(f) is not null);

    /// <summary>The innermost vmap, or null.</summary>
    internal static Frame? InnermostVmap(Frame? from)
    {
        while (from is not null && from.What != Kind.Vmap) from = from.Below;
        return from;
    }

    internal static Frame Enter(Kind what) => Push(new Frame(what, what == Kind.Jvp || Forward));

    internal static Frame EnterSwitch(bool forward) => Push(new Frame(Kind.ForwardSwitch, forward));

    /// <summary>A frame that takes the place of a running vmap's and of those inside it.</summary>
    /// <param name="vmap">That frame; it may have ended.</param>
    /// <param name="batch">Whether there is a batch in the new frame.</param>
    internal static Frame EnterInstead(Frame vmap, bool batch)
    {
        Frame frame = new(batch ? Kind.Vmap : Kind.ForwardSwitch, Forward)
        {
            Instead = true,
            Size = vmap.Size,
            Randomness = vmap.Randomness,
        };
        for (Frame? f = current; f is { Instead: false }; f = f.Parent)
        {
            if (!ReferenceEquals(f, vmap)) continue;
            frame.Below = vmap.Below;
            break;
        }
        return Push(frame);
    }

    private static Frame Push(Frame frame)
    {
        Flow.Value = frame;
        Apply(frame);
        return frame;
    }

    /// <summary>Ends this frame, and those opened in it that somebody forgot to end.</summary>
    internal void Exit()
    {
        for (Frame? f = current; f is not null && !ReferenceEquals(f, this); f = f.Parent) f.Closed = true;
        Closed = true;
        Flow.Value = Parent;
        Apply(Parent);
    }

    /// <summary>Sets this thread's innermost frame only, and returns the one before.</summary>
    internal static Frame? Exchange(Frame? frame)
    {
        Frame? before = current;
        Apply(frame);
        return before;
    }

    private static void Apply(Frame? frame)
    {
        used = true;
        current = frame;
        GradMode.Depth = frame?.captures ?? 0;
    }
}

/// <summary>What a random operation does inside <see cref="Func.Vmap(Func{Tensor, Tensor}, VmapDims, VmapDims, string, int?)"/>.</summary>
internal enum Randomness : byte
{
    /// <summary>It fails.</summary>
    Error,
    /// <summary>Each item of the batch has numbers of its own.</summary>
    Different,
    /// <summary>All items have the same numbers.</summary>
    Same,
}
