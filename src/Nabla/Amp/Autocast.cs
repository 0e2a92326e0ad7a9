using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Nabla.Amp;

/// <summary>
/// Mixed precision: while a scope is open, products of matrices, linear layers, convolutions and attention compute in a 16-bit dtype, and
/// what needs the range or the digits (losses, products of elements, quantiles, linear algebra, Fourier transforms, some poolings) in
/// float32. Parameters stay float32, and so do their gradients. As <c>torch.autocast("cpu")</c>.
/// </summary>
/// <example><code>
/// Tensor loss;
/// using (Autocast.Enable(DType.BFloat16)) loss = Functional.CrossEntropy(model.Call(x), y);
/// loss.Backward();
/// </code></example>
/// <remarks>
/// The state belongs to the logical flow, as that of <see cref="Autograd.NoGrad"/>: tasks inherit it, and it survives <c>await</c>.
/// Backward computes in the dtypes that forward has recorded, wherever it is called. float64, integers and complex numbers are never
/// converted; in-place methods convert nothing.
/// </remarks>
public static class Autocast
{
    private static readonly AsyncLocal<AutocastScope?> Flow = new(static change => active = Working(change.CurrentValue));

    /// <summary>The scope whose rules hold in this thread; null if operations are left alone.</summary>
    [ThreadStatic] private static AutocastScope? active;

    /// <summary>A scope has been opened in this process: before that, operations need not look at their thread.</summary>
    private static bool used;

    /// <summary>Opens a scope, until it is disposed.</summary>
    /// <param name="dtype">The 16-bit dtype: bfloat16 or float16.</param>
    /// <param name="enabled">If false, the scope turns the conversions off: see <see cref="Disable"/>.</param>
    /// <param name="cacheEnabled">Convert a float32 leaf that requires a gradient once, and keep the copy until the outermost scope
    /// closes or the leaf is written to.</param>
    /// <exception cref="DTypeException">The dtype is neither.</exception>
    public static AutocastScope Enable(DType dtype = DType.BFloat16, bool enabled = true, bool cacheEnabled = true)
    {
        if (enabled && dtype is not (DType.BFloat16 or DType.Float16))
            Throw.Types("In CPU autocast, but the target dtype is not supported: it is " + dtype.Name() + ". CPU Autocast only " +
                "supports dtype of torch.bfloat16, torch.float16 currently.");
        return new AutocastScope(dtype, enabled, cacheEnabled);
    }

    /// <summary>Opens a scope in which nothing is converted: inside another one, to compute a part in the dtypes it is given.</summary>
    public static AutocastScope Disable() => new(DType, false, true);

    /// <summary>Whether operations convert their operands here.</summary>
    public static bool IsEnabled => active is not null;

    /// <summary>The 16-bit dtype of the innermost scope; bfloat16 outside.</summary>
    public static DType DType => active?.DType ?? Flow.Value?.DType ?? DType.BFloat16;

    /// <summary>Whether the innermost scope keeps converted parameters; true outside.</summary>
    public static bool IsCacheEnabled => (active ?? Flow.Value)?.CacheEnabled ?? true;

    internal static AutocastScope? Current => Flow.Value;

    /// <summary>The scope whose rules hold; null costs operations nothing.</summary>
    internal static AutocastScope? Active => used ? active : null;

    internal static void Enter(AutocastScope? scope)
    {
        used = true;
        Flow.Value = scope;
        active = Working(scope);
    }

    /// <summary>Sets this thread's rules only, until they are set back.</summary>
    internal static AutocastScope? Exchange(AutocastScope? scope)
    {
        AutocastScope? was = active;
        active = scope;
        return was;
    }

    private static AutocastScope? Working(AutocastScope? scope) => scope is { IsEnabled: true } ? scope : null;

    /// <summary>Turns the rules off for an operation whose operands the caller converts.</summary>
    internal static AutocastCall Begin() => new(Exchange(null));

    /// <summary>The operand of an operation that computes in float32, and that consists of none with another rule.</summary>
    internal static Tensor Float32(Tensor x) => active is null ? x : AutocastScope.ToFloat32(x);

    /// <summary>The operands of an operation that computes in 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static AutocastCall Lower(ref Tensor a, ref Tensor b) => active is null ? default : AutocastCall.Lower(ref a, ref b);

    /// <inheritdoc cref="Lower(ref Tensor, ref Tensor)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static AutocastCall Lower(ref Tensor a, ref Tensor b, [NotNullIfNotNull(nameof(c))] ref Tensor? c) =>
        active is null ? default : AutocastCall.Lower(ref a, ref b, ref c);

    /// <summary>The operands of an operation that computes in float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static AutocastCall Raise(ref Tensor a) => active is null ? default : AutocastCall.Raise(ref a);

    /// <inheritdoc cref="Raise(ref Tensor)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static AutocastCall Raise(ref Tensor a, ref Tensor b) => active is null ? default : AutocastCall.Raise(ref a, ref b);

    /// <inheritdoc cref="Raise(ref Tensor)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static AutocastCall Raise(ref Tensor a, ref Tensor b, [NotNullIfNotNull(nameof(c))] ref Tensor? c) =>
        active is null ? default : AutocastCall.Raise(ref a, ref b, ref c);

    /// <inheritdoc cref="Raise(ref Tensor)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static AutocastCall Raise(ref Tensor a, ref Tensor b, [NotNullIfNotNull(nameof(c))] ref Tensor? c,
        [NotNullIfNotNull(nameof(d))] ref Tensor? d) => active is null ? default : AutocastCall.Raise(ref a, ref b, ref c, ref d);
}
