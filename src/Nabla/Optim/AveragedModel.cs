using System.Diagnostics.CodeAnalysis;
using Nabla.Nn;

namespace Nabla.Optim;

/// <summary>
/// A copy of a module whose parameters are averages of the module's over time: of all alike (stochastic weight averaging), or the recent
/// ones more (<see cref="SwaUtils.GetEmaMultiAvgFn"/>). Its state dict has PyTorch's names: <c>n_averaged</c>, <c>module.…</c>.
/// </summary>
/// <typeparam name="TIn">The module's input.</typeparam>
/// <typeparam name="TOut">The module's output.</typeparam>
public sealed class AveragedModel<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>
    : Module<TIn, TOut>
{
    [Buffer] private readonly Tensor nAveraged = Tensor.Zeros([], DType.Int64);
    private readonly Module<TIn, TOut> module;
    private readonly Func<Tensor, Tensor, long, Tensor>? avgFn;
    private readonly Action<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, long>? multiAvgFn;
    private readonly bool useBuffers;

    /// <summary>A copy of a module, which the first update overwrites.</summary>
    /// <param name="model">The module.</param>
    /// <param name="avgFn">The new average from the old one, the module's value and the number of averaged modules so far; the mean of
    /// all by default.</param>
    /// <param name="multiAvgFn">The same for lists of tensors, in place.</param>
    /// <param name="useBuffers">Average the buffers, too; else they are those of the module at the last update.</param>
    /// <exception cref="ArgumentException">Both functions are given.</exception>
    public AveragedModel(Module<TIn, TOut> model, Func<Tensor, Tensor, long, Tensor>? avgFn = null,
        Action<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, long>? multiAvgFn = null, bool useBuffers = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (avgFn is not null && multiAvgFn is not null)
            Throw.Argument(nameof(avgFn), "Only one of avg_fn and multi_avg_fn should be provided");
        (module, this.avgFn, this.multiAvgFn, this.useBuffers) = (model.Clone(), avgFn, multiAvgFn, useBuffers);
    }

    /// <summary>The copy.</summary>
    public Module<TIn, TOut> Module => module;

    /// <summary>How many modules were averaged.</summary>
    public long NAveraged => (long)nAveraged.Item();

    /// <inheritdoc/>
    protected override TOut Forward(TIn input) => module.Call(input);

    /// <summary>Takes the module's parameters into the average.</summary>
    /// <param name="model">The module, or one built alike.</param>
    /// <exception cref="ShapeException">Parameters differ in number or shape. Nothing was changed.</exception>
    public void UpdateParameters(Module<TIn, TOut> model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using GradScope scope = Autograd.NoGrad();
        (Tensor[] averages, Tensor[] values) = Averaged(module, model);
        (Tensor[] ours, Tensor[] theirs) = useBuffers ? ([], []) : Pairs(module.Buffers(), model.Buffers());
        long n = NAveraged;
        if (n == 0) Copy(averages, values);
        else if (multiAvgFn is not null)
        {
            foreach (IGrouping<DType, int> alike in Enumerable.Range(0, averages.Length).GroupBy(i => averages[i].DType))
                multiAvgFn([.. alike.Select(i => averages[i])], [.. alike.Select(i => values[i])], n);
        }
        else
        {
            Func<Tensor, Tensor, long, Tensor> average = avgFn ?? SwaUtils.GetSwaAvgFn();
            for (int i = 0; i < averages.Length; i++) averages[i].Copy_(average(averages[i], values[i], n));
        }
        Copy(ours, theirs);
        nAveraged.Add_(1);
    }

    private (Tensor[], Tensor[]) Averaged(Module own, Module model) => useBuffers
        ? Pairs(own.Parameters().Concat(own.Buffers()), model.Parameters().Concat(model.Buffers()))
        : Pairs(own.Parameters(), model.Parameters());

    private static (Tensor[] Ours, Tensor[] Theirs) Pairs(IEnumerable<Tensor> own, IEnumerable<Tensor> other)
    {
        Tensor[] ours = [.. own.Select(static t => t.Detach())], theirs = [.. other.Select(static t => t.Detach())];
        if (ours.Length != theirs.Length)
            Throw.Shapes($"The averaged module has {ours.Length} tensors, and the given one {theirs.Length}: it is not built alike.");
        for (int i = 0; i < ours.Length; i++)
            if (ours[i].Shape != theirs[i].Shape)
                Throw.Shapes($"Tensor {i} of the averaged module has the shape {ours[i].Shape}, and that of the given one " +
                    $"{theirs[i].Shape}: it is not built alike.");
        return (ours, theirs);
    }

    private static void Copy(Tensor[] to, Tensor[] from)
    {
        for (int i = 0; i < to.Length; i++) to[i].Copy_(from[i]);
    }
}

/// <summary>Ways to average parameters: <c>torch.optim.swa_utils</c>.</summary>
public static class SwaUtils
{
    /// <summary>avg = decay · avg + (1 - decay) · value: an exponential moving average.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The decay is not in [0, 1].</exception>
    public static Func<Tensor, Tensor, long, Tensor> GetEmaAvgFn(double decay = 0.999)
    {
        CheckDecay(decay);
        return (average, value, _) => decay * average + (1 - decay) * value;
    }

    /// <summary>The same for lists of tensors, in place and in one pass.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The decay is not in [0, 1].</exception>
    public static Action<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, long> GetEmaMultiAvgFn(double decay = 0.999)
    {
        CheckDecay(decay);
        return (averages, values, _) =>
        {
            using GradScope scope = Autograd.NoGrad();
            for (int i = 0; i < averages.Count; i++)
            {
                if (averages[i].DType.IsDifferentiable()) averages[i].Lerp_(values[i], 1 - decay);
                else averages[i].Copy_(averages[i] * decay + values[i] * (1 - decay));
            }
        };
    }

    /// <summary>avg = avg + (value - avg) / (n + 1): the mean of all.</summary>
    public static Func<Tensor, Tensor, long, Tensor> GetSwaAvgFn() => static (average, value, n) => average + (value - average) / (n + 1);

    /// <summary>The same for lists of tensors, in place.</summary>
    public static Action<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, long> GetSwaMultiAvgFn() => static (averages, values, n) =>
    {
        using GradScope scope = Autograd.NoGrad();
        for (int i = 0; i < averages.Count; i++)
        {
            if (averages[i].DType.IsDifferentiable()) averages[i].Lerp_(values[i], 1.0 / (n + 1));
            else averages[i].Copy_(averages[i] + (values[i] - averages[i]) / (n + 1));
        }
    };

    private static void CheckDecay(double decay)
    {
        if (!(decay is >= 0 and <= 1))
            Throw.Range(nameof(decay), decay,
                $"Invalid decay value {StateValue.Repr(decay)} provided. Please provide a value in [0,1] range.");
    }
}
