using System.Collections;

namespace Nabla.Optim;

/// <summary>
/// Parameters that an optimizer changes with the same options. Options have PyTorch's names: <c>new ParamGroup(head.Parameters())
/// { ["lr"] = 0.01, ["weight_decay"] = 0 }</c>; those not set are the optimizer's.
/// </summary>
public sealed class ParamGroup : IEnumerable<KeyValuePair<string, object?>>
{
    private const string Names = "param_names";

    private readonly Tensor[] parameters;
    private OrderedDictionary<string, object?> options = [];

    /// <summary>A group of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    public ParamGroup(IEnumerable<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        this.parameters = [.. parameters];
        foreach (Tensor? p in this.parameters)
            if (p is null) Throw.Argument(nameof(parameters), "optimizer can only optimize Tensors, but one of the params is None.");
    }

    /// <summary>A group of named parameters; state dictionaries keep the names.</summary>
    /// <param name="namedParameters">Names and leaves that receive gradients, such as a module's named parameters.</param>
    public ParamGroup(IEnumerable<KeyValuePair<string, Tensor>> namedParameters) : this(namedParameters.Select(static p => p.Value)) =>
        options[Names] = namedParameters.Select(static p => (object?)p.Key).ToList();

    /// <inheritdoc cref="ParamGroup(IEnumerable{KeyValuePair{string, Tensor}})"/>
    public ParamGroup(IEnumerable<(string Name, Tensor Value)> namedParameters) :
        this(namedParameters.Select(static p => KeyValuePair.Create(p.Name, p.Value)))
    { }

    /// <summary>The parameters.</summary>
    public IReadOnlyList<Tensor> Params => parameters;

    /// <summary>The parameters' names, or null if they were given without.</summary>
    public IReadOnlyList<string>? ParamNames => options.TryGetValue(Names, out object? names)
        ? [.. StateValue.Items(names, Names).Select(static n => n as string ?? StateValue.Repr(n))] : null;

    /// <summary>The learning rate.</summary>
    public double Lr
    {
        get => Number("lr");
        set => Put("lr", value);
    }

    /// <summary>An option by PyTorch's name, such as <c>weight_decay</c>. A number is a double or a long, a pair such as <c>betas</c> a
    /// tuple.</summary>
    /// <exception cref="ArgumentException">There is no such option; or the value is of a type that state dictionaries cannot
    /// hold.</exception>
    public object? this[string option]
    {
        get => Value(option) is object?[] tuple ? tuple.Clone() : Value(option);
        set => Put(option, value);
    }

    private object? Value(string option)
    {
        if (!options.TryGetValue(option, out object? value))
            Throw.Argument(nameof(option), $"KeyError: '{option}'. The group's options are {string.Join(", ", options.Keys)}.");
        return value;
    }

    /// <summary>True if the group has the option.</summary>
    public bool Contains(string option) => options.ContainsKey(option);

    /// <summary>The options, in PyTorch's order.</summary>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => options.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal OrderedDictionary<string, object?> Options
    {
        get => options;
        set => options = value;
    }

    internal void Put(string option, object? value) => options[option] = StateValue.Normal(value, option);

    /// <summary>Sets a learning rate, into the tensor if it is one.</summary>
    internal void SetLr(double value)
    {
        if (options.GetValueOrDefault("lr") is Tensor t)
        {
            using (Autograd.NoGrad()) t.Fill_(value);
        }
        else options["lr"] = value;
    }

    internal double Number(string option) => StateValue.Number(Value(option), option);

    internal long Integer(string option) => StateValue.Integer(Value(option), option);

    internal bool Flag(string option) => options.TryGetValue(option, out object? value) && StateValue.Flag(value, option);

    internal (double First, double Second) Pair(string option) => StateValue.Pair(Value(option), option);

    /// <summary>Refuses a number that is not in [min, ∞).</summary>
    internal void AtLeast(double min, string option, string message)
    {
        double value = Number(option);
        if (!(value >= min) || double.IsPositiveInfinity(value)) Refuse(option, message);
    }

    /// <summary>Refuses betas that are not in [0, 1).</summary>
    internal void Betas()
    {
        (double first, double second) = Pair("betas");
        if (!(first is >= 0 and < 1)) Throw.Range("betas", first, $"Invalid beta parameter at index 0: {StateValue.Repr(first)}");
        if (!(second is >= 0 and < 1)) Throw.Range("betas", second, $"Invalid beta parameter at index 1: {StateValue.Repr(second)}");
    }

    /// <summary>Fails with PyTorch's words, then the value.</summary>
    internal void Refuse(string option, string message) =>
        Throw.Range(option, this[option], $"{message}: {StateValue.Repr(options[option])}");
}
