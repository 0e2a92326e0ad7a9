using System.Collections;
using Nabla.Optim;

namespace Nabla.Amp;

/// <summary>
/// Scales losses so that gradients of 16-bit floats do not vanish, and finds the scale by itself: after a step with infinite gradients,
/// which is left out, it falls; after many good ones it grows. As <c>torch.amp.GradScaler</c>.
/// </summary>
/// <example><code>
/// scaler.Scale(loss).Backward();
/// scaler.Step(optimizer);
/// scaler.Update();
/// </code></example>
public sealed class GradScaler : IStateful
{
    private enum Stage { Ready, Unscaled, Stepped }

    private readonly Dictionary<Optimizer, (Stage Stage, bool? FoundInf)> optimizers = [];
    private double initScale;
    private int tracker;
    private Tensor? scale;

    /// <summary>A scaler.</summary>
    /// <param name="initScale">The first scale.</param>
    /// <param name="growthFactor">By how much it grows.</param>
    /// <param name="backoffFactor">By how much it falls.</param>
    /// <param name="growthInterval">After how many good steps in a row it grows.</param>
    /// <param name="enabled">If false, everything is done as without a scaler.</param>
    /// <exception cref="ArgumentOutOfRangeException">A factor is on the wrong side of 1.</exception>
    public GradScaler(double initScale = 65536, double growthFactor = 2.0, double backoffFactor = 0.5, long growthInterval = 2000,
        bool enabled = true)
    {
        IsEnabled = enabled;
        if (enabled && !(growthFactor > 1)) Throw.Range(nameof(growthFactor), growthFactor, "The growth factor must be > 1.0.");
        if (enabled && !(backoffFactor < 1)) Throw.Range(nameof(backoffFactor), backoffFactor, "The backoff factor must be < 1.0.");
        (this.initScale, GrowthFactor, BackoffFactor, GrowthInterval) = (initScale, growthFactor, backoffFactor, growthInterval);
    }

    /// <summary>Whether the scaler does anything.</summary>
    public bool IsEnabled { get; }

    /// <summary>By how much the scale grows.</summary>
    public double GrowthFactor { get; set; }

    /// <summary>By how much the scale falls.</summary>
    public double BackoffFactor { get; set; }

    /// <summary>After how many good steps in a row the scale grows.</summary>
    public long GrowthInterval { get; set; }

    /// <summary>The scale; 1 if the scaler is not enabled.</summary>
    public double GetScale() => !IsEnabled ? 1 : scale?.Item() ?? initScale;

    private Tensor Factor => scale ??= Tensor.Full(default, initScale, DType.Float32);

    /// <summary>A loss, or another output, times the scale.</summary>
    public Tensor Scale(Tensor outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        // A copy: an update must not change what backward will read.
        return IsEnabled ? outputs * Factor.Clone() : outputs;
    }

    /// <summary>Several outputs, each times the scale.</summary>
    public Tensor[] Scale(IEnumerable<Tensor> outputs) => [.. outputs.Select(Scale)];

    private void Started(string name)
    {
        if (scale is null)
            Throw.State($"Attempted {name} but _scale is None.  This may indicate your script did not use scaler.scale(loss or outputs) " +
                "earlier in the iteration.");
    }

    /// <summary>Divides the gradients of an optimizer's parameters by the scale, in place; once before its step, to clip them for
    /// example.</summary>
    /// <exception cref="InvalidOperationException">They are unscaled already, or the optimizer has stepped; or nothing was ever
    /// scaled.</exception>
    /// <exception cref="DTypeException">A gradient is float16: its parameter should be float32. Nothing was changed.</exception>
    public void Unscale_(Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        if (!IsEnabled) return;
        Started("unscale_");
        Stage stage = optimizers.GetValueOrDefault(optimizer).Stage;
        if (stage == Stage.Unscaled)
            Throw.State("unscale_() has already been called on this optimizer since the last update().");
        if (stage == Stage.Stepped) Throw.State("unscale_() is being called after step().");
        Tensor[] grads = [.. optimizer.ParamGroups.SelectMany(static g => g.Params).Select(static p => p.meta?.Grad).OfType<Tensor>()];
        foreach (Tensor g in grads)
            if (g.DType == DType.Float16)
                Throw.Types("Attempting to unscale FP16 gradients. Keep the parameters in float32 and compute in float16 only.");
        double inverse = (float)(1 / Factor.Item());
        bool? found = grads.Length == 0 ? null : false;
        using (Autograd.NoGrad())
        {
            foreach (Tensor g in grads)
            {
                if (!(bool)g.IsFinite().All()) found = true;
                if (inverse != 1) g.Mul_(inverse);
            }
        }
        optimizers[optimizer] = (Stage.Unscaled, found);
    }

    /// <summary>Lets an optimizer step, unless a gradient is infinite or NaN.</summary>
    /// <returns>True if it has stepped.</returns>
    /// <exception cref="InvalidOperationException">It has stepped since the last update, or no parameter has a gradient.</exception>
    public bool Step(Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        if (!IsEnabled)
        {
            optimizer.Step();
            return true;
        }
        Started("step");
        Stage stage = optimizers.GetValueOrDefault(optimizer).Stage;
        if (stage == Stage.Stepped) Throw.State("step() has already been called since the last update().");
        if (stage == Stage.Ready) Unscale_(optimizer);
        if (optimizers[optimizer].FoundInf is not { } found)
        {
            optimizers.Remove(optimizer);
            Throw.State("No inf checks were recorded for this optimizer: none of its parameters has a gradient.");
            return false;
        }
        if (!found) optimizer.Step();
        optimizers[optimizer] = (Stage.Stepped, found);
        return !found;
    }

    /// <summary>Fits the scale to what the steps since the last update have found; once at the end of each iteration.</summary>
    /// <exception cref="InvalidOperationException">No optimizer has stepped.</exception>
    public void Update()
    {
        if (!IsEnabled) return;
        Started("update");
        if (!optimizers.Values.Any(static o => o.FoundInf is not null))
            Throw.State("No inf checks were recorded prior to update: call Step(optimizer) first.");
        if (optimizers.Values.Any(static o => o.FoundInf is true))
        {
            scale = Tensor.Full(default, (float)(Factor.Item() * BackoffFactor), DType.Float32);
            tracker = 0;
        }
        else if (++tracker == GrowthInterval)
        {
            double grown = (float)(Factor.Item() * GrowthFactor);
            if (double.IsFinite(grown)) scale = Tensor.Full(default, grown, DType.Float32);
            tracker = 0;
        }
        optimizers.Clear();
    }

    /// <summary>Sets the scale.</summary>
    /// <param name="newScale">The scale of the next iteration.</param>
    public void Update(double newScale)
    {
        if (!IsEnabled) return;
        Started("update");
        scale = Tensor.Full(default, newScale, DType.Float32);
        optimizers.Clear();
    }

    /// <summary>Scale, factors and the count of good steps, in PyTorch's layout; empty if the scaler is not enabled.</summary>
    public OrderedDictionary<string, object?> StateDict() => !IsEnabled ? [] : new()
    {
        ["scale"] = GetScale(),
        ["growth_factor"] = GrowthFactor,
        ["backoff_factor"] = BackoffFactor,
        ["growth_interval"] = GrowthInterval,
        ["_growth_tracker"] = (long)tracker,
    };

    /// <summary>Takes over a state that <see cref="StateDict"/> of either library has returned.</summary>
    /// <exception cref="ArgumentException">The dictionary is empty, or an entry is missing or no number. Nothing was changed.</exception>
    public void LoadStateDict(IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        if (!IsEnabled) return;
        if (stateDict.Count == 0)
            Throw.Argument(nameof(stateDict), "The source state dict is empty, possibly because it was saved from a disabled instance of " +
                "GradScaler.");
        double Number(string key) => StateValue.Number(StateValue.Required(stateDict, key), key);
        (double s, double growth, double backoff) = (Number("scale"), Number("growth_factor"), Number("backoff_factor"));
        (long interval, long count) = ((long)Number("growth_interval"), (long)Number("_growth_tracker"));
        (initScale, GrowthFactor, BackoffFactor, GrowthInterval, tracker) = (s, growth, backoff, interval, (int)count);
        if (scale is not null) scale = Tensor.Full(default, s, DType.Float32);
    }
}
