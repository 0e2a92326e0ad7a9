using System.Diagnostics.CodeAnalysis;
using Nabla.Nn;

namespace Nabla;

/// <summary>What is compared when a checkpointed region runs again.</summary>
public enum DeterminismCheck
{
    /// <summary>Number, shape and dtype of the saved tensors, and their values: all of up to 4,096 elements, 1,024 evenly spread ones of
    /// more. PyTorch does not look at values, so that a region that does not repeat itself gives wrong gradients.</summary>
    Default,
    /// <summary>Only their number.</summary>
    None,
    /// <summary>Number, shape and dtype: what PyTorch calls default.</summary>
    Metadata,
}

/// <summary>
/// Memory for time: a checkpointed region keeps only its inputs. What else backward needs is computed again when backward gets there.
/// </summary>
/// <remarks>
/// The graph looks as it would without: the tensors that the region's nodes save are placeholders (as of
/// <see cref="Autograd.SavedTensorHooks{T}"/>). The first that a backward run asks for makes the function run again, up to the last one
/// needed; each value is let go when it was used. So everything works as usual: <c>Autograd.Grad</c>, <c>inputs:</c>,
/// <c>createGraph</c>, a retained graph (each run recomputes), several results, detached results, regions inside regions, and functions
/// that run a backward themselves.
/// <para>The function must do the same each time. Random numbers of <see cref="Generator.Default"/> repeat; others if their generators
/// are given. (If another thread draws from the same generator while the function runs for the first time, its numbers are missing at the
/// second: give each thread a generator.) Weights that the function reads from outside must not change before backward. Side effects
/// happen twice.</para>
/// <para>PyTorch's older reentrant variant is not offered: it cannot do half of this.</para>
/// </remarks>
public static class Checkpoint
{
    private static readonly AsyncLocal<bool?> EarlyStop = new(), Debugs = new();

    /// <summary>f(input), of which only the input is kept for backward.</summary>
    /// <param name="f">The region: tensors in any structure (see <see cref="Tree"/>) to tensors in any structure.</param>
    /// <param name="input">The function's input. Tensors in it are kept, seen by hooks around the region, and must not be written
    /// to.</param>
    /// <param name="preserveRngState">Random numbers are the same when the function runs again.</param>
    /// <param name="contextFn">Gives what is open while the function runs: for example
    /// <c>() => Checkpoint.Selective("mm", "addmm")</c>.</param>
    /// <param name="determinismCheck">What is compared when the function runs again.</param>
    /// <param name="debug">If the function did something else the second time, the error lists the operations and calls of both
    /// times.</param>
    /// <param name="earlyStop">End the second run as soon as all that is needed is known, by an exception through the function. The
    /// default is true, or what <see cref="SetEarlyStop"/> says.</param>
    /// <param name="generators">Generators besides <see cref="Generator.Default"/> that the function draws from.</param>
    /// <returns>What the function returned.</returns>
    /// <exception cref="ArgumentException"><paramref name="debug"/> and <paramref name="contextFn"/> exclude each other.</exception>
    /// <exception cref="AutogradException">In backward: the second run differs from the first, or an input was written to.</exception>
    public static TOut Run<[DynamicallyAccessedMembers(Tree.Needs)] TIn, TOut>(Func<TIn, TOut> f, TIn input, bool preserveRngState = true,
        Func<CheckpointContexts>? contextFn = null, DeterminismCheck determinismCheck = DeterminismCheck.Default, bool debug = false,
        bool? earlyStop = null, IReadOnlyList<Generator>? generators = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        if (!Enum.IsDefined(determinismCheck))
            Throw.Range(nameof(determinismCheck), determinismCheck, "determinism_check should be one of ['default', 'none'], but got " +
                $"{determinismCheck}: use a member of DeterminismCheck.");
        CheckpointLog? log = null;
        if (Debugs.Value ?? debug)
        {
            if (contextFn is not null)
                throw new ArgumentException("debug=True is incompatible with non-default context_fn: pass one of them.", nameof(debug));
            log = new();
        }
        if (!GradMode.Enabled) return f(input);
        CheckpointSettings settings = new(preserveRngState, log?.Contexts ?? contextFn?.Invoke(), determinismCheck, log,
            earlyStop ?? EarlyStop.Value ?? true, generators ?? []);
        // The frame must not keep the tensors but for its saved ones.
        TIn form = Tree.Map(input, static _ => Empty);
        CheckpointFrame frame = new(Tree.Leaves(input), x => f(Tree.Build(form, x)), settings);
        TOut result;
        using (frame.Hold())
        using (settings.Contexts?.Forward())
        using (frame.Track())
            result = f(input);
        frame.Complete();
        return result;
    }

    /// <summary>f(a, b), of which only the inputs are kept for backward.</summary>
    /// <inheritdoc cref="Run{TIn, TOut}(Func{TIn, TOut}, TIn, bool, Func{CheckpointContexts}, DeterminismCheck, bool, bool?,
    /// IReadOnlyList{Generator})"/>
    public static TOut Run<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2, TOut>(
        Func<T1, T2, TOut> f, T1 a, T2 b, bool preserveRngState = true, Func<CheckpointContexts>? contextFn = null,
        DeterminismCheck determinismCheck = DeterminismCheck.Default, bool debug = false, bool? earlyStop = null,
        IReadOnlyList<Generator>? generators = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Run(x => f(x.Item1, x.Item2), (a, b), preserveRngState, contextFn, determinismCheck, debug, earlyStop, generators);
    }

    /// <summary>f(a, b, c), of which only the inputs are kept for backward.</summary>
    /// <inheritdoc cref="Run{TIn, TOut}(Func{TIn, TOut}, TIn, bool, Func{CheckpointContexts}, DeterminismCheck, bool, bool?,
    /// IReadOnlyList{Generator})"/>
    public static TOut Run<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] T3, TOut>(Func<T1, T2, T3, TOut> f, T1 a, T2 b, T3 c, bool preserveRngState = true,
        Func<CheckpointContexts>? contextFn = null, DeterminismCheck determinismCheck = DeterminismCheck.Default, bool debug = false,
        bool? earlyStop = null, IReadOnlyList<Generator>? generators = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Run(x => f(x.Item1, x.Item2, x.Item3), (a, b, c), preserveRngState, contextFn, determinismCheck, debug, earlyStop,
            generators);
    }

    /// <summary>
    /// Runs functions one after the other, the first <paramref name="segments"/> - 1 equal parts of them as checkpoints, the rest as
    /// usual. With n functions, about √n segments need the least memory.
    /// </summary>
    /// <param name="functions">The layers.</param>
    /// <param name="segments">Into how many parts the list is divided.</param>
    /// <param name="input">The first function's input.</param>
    /// <param name="preserveRngState">Random numbers are the same when a part runs again.</param>
    /// <returns>The last function's result.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no function, or there are not between one and as many segments as
    /// functions.</exception>
    public static T Sequential<[DynamicallyAccessedMembers(Tree.Needs)] T>(IReadOnlyList<Func<T, T>> functions, int segments, T input,
        bool preserveRngState = true)
    {
        ArgumentNullException.ThrowIfNull(functions);
        if (segments < 1 || segments > functions.Count)
            Throw.Range(nameof(segments), segments, $"checkpoint_sequential: {functions.Count} functions cannot be divided into " +
                $"{segments} segments: give a number from 1 to {functions.Count}.");
        int size = functions.Count / segments, start = 0;
        for (int i = 1; i < segments; i++, start += size)
        {
            int first = start;
            input = Run(x => Chain(first, first + size, x), input, preserveRngState);
        }
        return Chain(start, functions.Count, input);

        T Chain(int from, int to, T x)
        {
            for (int i = from; i < to; i++) x = functions[i](x);
            return x;
        }
    }

    /// <summary>Runs modules one after the other, the first <paramref name="segments"/> - 1 equal parts of them as checkpoints.</summary>
    /// <inheritdoc cref="Sequential{T}(IReadOnlyList{Func{T, T}}, int, T, bool)"/>
    public static T Sequential<[DynamicallyAccessedMembers(Tree.Needs)] T>(IReadOnlyList<Module<T, T>> functions, int segments, T input,
        bool preserveRngState = true)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return Sequential([.. functions.Select(static m => (Func<T, T>)m.Call)], segments, input, preserveRngState);
    }

    /// <summary>
    /// A policy for <c>contextFn</c>: some operations' results are kept and not computed again. A region with a policy can be run
    /// backward once. What it holds is not only what backward needs, so keep the results of few, costly operations.
    /// </summary>
    /// <param name="policy">Called for each operation of the region, both times.</param>
    /// <param name="allowCacheEntryMutation">Do not fail if a kept result was written to in place.</param>
    public static CheckpointContexts Selective(Func<CheckpointOperation, CheckpointPolicy> policy, bool allowCacheEntryMutation = false)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new SelectiveCache(policy, allowCacheEntryMutation).Contexts;
    }

    /// <summary>A policy for <c>contextFn</c> that keeps the results of the operations of these names.</summary>
    /// <param name="operations">Names as in <see cref="CheckpointOperation"/>, such as <c>mm</c> and <c>addmm</c>.</param>
    /// <exception cref="ArgumentException">A name is not in lower case, so that it can be none.</exception>
    public static CheckpointContexts Selective(params IReadOnlyList<string> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        foreach (string name in operations)
            if (string.IsNullOrEmpty(name) || name.Any(static c => c != '_' && !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c)))
                throw new ArgumentException($"Expected op in `op_list` to be an OpOverload but got: {name}. Names are like 'mm', 'addmm' " +
                    "and 'log_softmax': the node's name without 'Backward0', in lower case.", nameof(operations));
        HashSet<string> names = [.. operations];
        return Selective(op => names.Contains(op.Name) ? CheckpointPolicy.MustSave : CheckpointPolicy.PreferRecompute);
    }

    /// <summary>Whether regions that this flow of execution begins inside the scope stop their second run early, unless they say so
    /// themselves.</summary>
    /// <param name="enable">False: the function always runs to its end.</param>
    public static IDisposable SetEarlyStop(bool enable)
    {
        bool? before = EarlyStop.Value;
        EarlyStop.Value = enable;
        return new Restore(() => EarlyStop.Value = before);
    }

    /// <summary>Whether regions that this flow of execution begins inside the scope list their operations in errors, whatever
    /// they say themselves.</summary>
    /// <param name="enabled">Null: as they say.</param>
    public static IDisposable SetDebugEnabled(bool? enabled)
    {
        bool? before = Debugs.Value;
        Debugs.Value = enabled;
        return new Restore(() => Debugs.Value = before);
    }

    private static readonly Tensor Empty = Tensor.Zeros([0]);

    private sealed class Restore(Action action) : IDisposable
    {
        private Action? action = action;

        public void Dispose() => Interlocked.Exchange(ref action, null)?.Invoke();
    }
}

/// <summary>How a region is computed again.</summary>
internal sealed record CheckpointSettings(bool PreserveRngState, CheckpointContexts? Contexts, DeterminismCheck DeterminismCheck,
    CheckpointLog? Log, bool EarlyStop, IReadOnlyList<Generator> Generators);
