namespace Nabla;

/// <summary>
/// Forward mode with levels: inside a level, a tensor can carry a tangent, and every operation on it computes the result's tangent, too.
/// <code>
/// using (ForwardAD.EnterDualLevel())
/// {     Tensor y = f(ForwardAD.MakeDual(x, v));
///     (Tensor value, Tensor? jv) = ForwardAD.UnpackDual(y);
/// }
/// </code>
/// Levels nest to any depth. Tangents are recorded, so that they can be differentiated backward; they end with their level.
/// <see cref="Autograd.NoGrad"/> leaves forward mode on, <see cref="Autograd.InferenceMode"/> switches it off.
/// </summary>
public static class ForwardAD
{
    /// <summary>Opens a level; dispose it to close it.</summary>
    public static DualLevel EnterDualLevel() => new();

    /// <summary>Whether operations pass tangents on.</summary>
    public static bool IsFwdGradEnabled => Frame.Forward;

    /// <summary>Operations pass tangents on, or not, until the scope is disposed.</summary>
    public static IDisposable SetFwdGradEnabled(bool enabled) => new ForwardScope(enabled);

    /// <summary>A tensor that shares memory and history with another and carries a tangent.</summary>
    /// <param name="tensor">The value.</param>
    /// <param name="tangent">The tangent, of the same shape and dtype.</param>
    /// <param name="level">The level at which the tangent holds; the innermost one by default.</param>
    /// <exception cref="AutogradException">No level is open, or the tensor or tangent has a tangent at this level already.</exception>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="DTypeException">The dtypes differ or have no tangents.</exception>
    public static Tensor MakeDual(Tensor tensor, Tensor tangent, DualLevel? level = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentNullException.ThrowIfNull(tangent);
        Frame? frame = level?.Frame ?? Innermost();
        if (frame is null or { Closed: true })
        {
            Throw.Graph("Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first. Wrap " +
                "the computation in `using (ForwardAD.EnterDualLevel())`.");
            return tensor;
        }
        Check(tensor, tangent);
        if (Holds(tensor, frame))
            Throw.Graph("Making a dual Tensor based on a Tensor that already has a forward gradient at the same level " +
                $"{frame.Depth - 1} is not supported.");
        if (Holds(tangent, frame))
            Throw.Graph($"Setting a forward grad that itself has a forward gradient at the same level{frame.Depth - 1} is not supported.");
        if (tensor.wrap is { Frame.Closed: false } top && top.Level > frame.Level)
            Throw.Graph("Trying to create a dual Tensor at a level outside the transform in which the tensor was made; enter a new level " +
                "inside it.");
        Tensor value = LinearOp.Apply(new Ops.Alias(), tensor);
        if (!Frame.Forward) return value;
        Tensor dual = Dual.New(frame, value, tangent);
        if (GradMode.Enabled && tensor.RequiresGrad) dual.SetHistory(new LinearNode<Ops.Alias>(new Ops.Alias(), tensor));
        return dual;
    }

    /// <summary>A tensor's value and tangent at a level.</summary>
    /// <param name="tensor">Any tensor.</param>
    /// <param name="level">The level; the innermost one by default.</param>
    /// <returns>The tangent is null if there is none, or if the level has ended.</returns>
    public static UnpackedDualTensor UnpackDual(Tensor tensor, DualLevel? level = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Frame? frame = level?.Frame ?? Innermost();
        if (frame is null or { Closed: true }) return new(tensor, null);
        (Tensor primal, Tensor? tangent) = Unpack(tensor, frame);
        return new(primal, tangent);
    }

    private static (Tensor, Tensor?) Unpack(Tensor x, Frame frame)
    {
        if (x.wrap is not { Frame.Closed: false } w || w.Level <= frame.Level) return Dual.Open(x, frame);
        // Transforms that began inside the level lie around it.
        if (w is Batch b)
        {
            (Tensor inner, Tensor? t) = Unpack(b.Inner, frame);
            return t is null ? (x, null) : (Batch.New(w.Frame, inner), Batch.New(w.Frame, t));
        }
        (Tensor p, Tensor? outer) = Dual.Open(x, w.Frame);
        (Tensor value, Tensor? slope) = Unpack(p, frame);
        if (outer is null) return (value, slope);
        (Tensor value2, Tensor? slope2) = Unpack(outer, frame);
        if (slope is null && slope2 is null) return (x, null);
        return (Dual.New(w.Frame, value, value2), Dual.New(w.Frame, slope ?? Tensor.ZerosLike(value), slope2));
    }

    private static bool Holds(Tensor x, Frame frame)
    {
        for (Interpreter? w = x.wrap; w is not null;)
        {
            if (w is Dual d && ReferenceEquals(d.Frame, frame)) return d.Tangent is not null;
            w = w switch { Dual { Primal.wrap: var inner } => inner, Batch { Inner.wrap: var inner } => inner, _ => null };
        }
        return false;
    }

    private static Frame? Innermost()
    {
        Frame? frame = Frame.Current;
        while (frame is not null && frame.What != Frame.Kind.DualLevel) frame = frame.Parent;
        return frame;
    }

    internal static void Check(Tensor primal, Tensor tangent)
    {
        if (!primal.dtype.IsDifferentiable())
            Throw.Types($"Expected primal to be floating point or complex, but got: torch.{primal.dtype.Name()}");
        if (!tangent.dtype.IsDifferentiable())
            Throw.Types($"Expected tangent to be floating point or complex, but got: torch.{tangent.dtype.Name()}");
        if (!primal.layout.SameShape(tangent.layout))
            Throw.Shapes("Trying to set a forward gradient that has a different size than that of the original Tensor, this is not " +
                $"supported. Tensor is of size {Shape.Format(primal.layout.shape)} while the given forward gradient is of size " +
                $"{Shape.Format(tangent.layout.shape)}.");
        if (primal.dtype != tangent.dtype)
            Throw.Types($"Expected tangent to have the dtype of the primal, torch.{primal.dtype.Name()}, but got: " +
                $"torch.{tangent.dtype.Name()}. Convert it with To(...).");
    }

    private sealed class ForwardScope(bool enabled) : IDisposable
    {
        private readonly Frame frame = Frame.EnterSwitch(enabled);

        public void Dispose()
        {
            if (!frame.Closed) frame.Exit();
        }
    }
}

/// <summary>A level of forward mode, open until it is disposed.</summary>
public sealed class DualLevel : IDisposable
{
    internal readonly Frame Frame = Frame.Enter(Frame.Kind.DualLevel);

    internal DualLevel() { }

    /// <summary>How many levels are around this one.</summary>
    public int Level => Frame.Depth - 1;

    /// <summary>Closes the level: its tangents are gone. Disposing again does nothing.</summary>
    /// <exception cref="AutogradException">A level or transform that was opened later is still open.</exception>
    public void Dispose()
    {
        if (Frame.Closed) return;
        if (!ReferenceEquals(Frame.Current, Frame))
            Throw.Graph("Trying to exit a forward AD level that was not the last one that was created. This is not supported. Dispose " +
                "the levels opened later first.");
        Frame.Exit();
    }
}

/// <summary>What <see cref="ForwardAD.UnpackDual"/> returns.</summary>
/// <param name="Primal">The value.</param>
/// <param name="Tangent">The tangent, or null.</param>
public readonly record struct UnpackedDualTensor(Tensor Primal, Tensor? Tangent);
