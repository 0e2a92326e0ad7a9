using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>Until it is disposed, a gradient of exactly 0 stays 0 in backward; see <see cref="Autograd.StrongZeros"/>.</summary>
public sealed class StrongZeroScope : IDisposable
{
    /// <summary>How many scopes are open in the process: almost always none, which is all that a node asks.</summary>
    internal static int Open;

    [ThreadStatic] private static StrongZeroScope? innermost;

    private readonly StrongZeroScope? outer;
    private readonly int thread = Environment.CurrentManagedThreadId;
    private bool closed;

    internal StrongZeroScope()
    {
        outer = innermost;
        innermost = this;
        Interlocked.Increment(ref Open);
    }

    /// <summary>Ends the scope. Disposing again does nothing.</summary>
    /// <exception cref="InvalidOperationException">A scope that was opened later is still open, or another thread opened this
    /// one.</exception>
    public void Dispose()
    {
        if (closed) return;
        if (!ReferenceEquals(innermost, this) || thread != Environment.CurrentManagedThreadId)
            Throw.State("A scope of strong zeros was closed out of order, or in another thread: close the scopes opened later first.");
        closed = true;
        innermost = outer;
        Interlocked.Decrement(ref Open);
    }

    /// <summary>d where the gradient g that it was computed from is not 0, and 0 where it is.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Tensor Mask(Tensor g, Tensor d) => innermost is null ? d : d.MaskedFill(g.Detach().Eq(0), 0);
}

public static partial class Autograd
{
    /// <summary>
    /// Until the scope is disposed, in the backward runs of this thread: where the gradient that reaches an element-wise operation is
    /// exactly 0, its operands get 0, also where the derivative is infinite or NaN and the product would be NaN.
    /// </summary>
    /// <remarks>
    /// What a condition leaves out has a gradient of 0: <c>Tensor.Where(x &gt; 0, x.Sqrt(), 0)</c> has the derivative 0 at 0 then, where
    /// the chain rule gives 0 · ∞. PyTorch has no such mode.
    /// </remarks>
    public static StrongZeroScope StrongZeros() => new();
}
