namespace Nabla.Optim;

/// <summary>What an optimizer remembers of one parameter: PyTorch's names, tensors and numbers.</summary>
public sealed class ParamState : OrderedDictionary<string, object?>
{
    /// <summary>True during the step that has made this state.</summary>
    public bool IsFresh { get; internal set; }

    /// <summary>A tensor of the state.</summary>
    /// <exception cref="ArgumentException">There is no such entry, or it is no tensor.</exception>
    public Tensor Get(string key)
    {
        if (Find(key) is { } tensor) return tensor;
        Throw.Argument(nameof(key), $"KeyError: '{key}'. The optimizer's state has no tensor of that name: it was loaded from a state " +
            "dictionary, or made, with other options.");
        return null;
    }

    internal Tensor? Find(string key) => TryGetValue(key, out object? value) ? value as Tensor : null;

    /// <summary>A 0-d tensor for a count or another number that is not to be rounded to the parameter's dtype.</summary>
    internal void AddScalar(string key, double value) => this[key] =
        Tensor.Full(default, value, Tensor.DefaultDType == DType.Float64 ? DType.Float64 : DType.Float32);

    /// <summary>Counts a step.</summary>
    internal double NextStep() => Set("step", Get("step").Item() + 1);

    /// <summary>Multiplies a number that is kept in a 0-d tensor, in that tensor's precision.</summary>
    internal double Scale(string key, double factor)
    {
        Tensor t = Get(key);
        return Set(key, t.dtype == DType.Float32 ? (float)t.Item() * (float)factor : t.Item() * factor);
    }

    /// <summary>Writes into a 0-d tensor and returns the number as it is kept there.</summary>
    internal double Set(string key, double value)
    {
        Tensor t = Get(key);
        Kernels.Fill.Run(t, value);
        t.storage.Version++;
        return t.Item();
    }
}
