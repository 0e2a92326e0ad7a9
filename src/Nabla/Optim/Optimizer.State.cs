using System.Collections;
using System.Text;

namespace Nabla.Optim;

public abstract partial class Optimizer
{
    /// <summary>
    /// The optimizer's state in PyTorch's layout: <c>state</c>, a dictionary from a parameter's number to its state, and
    /// <c>param_groups</c>, a list of dictionaries of options with the numbers of their parameters. Tensors are the optimizer's own,
    /// not copies.
    /// </summary>
    public OrderedDictionary<string, object?> StateDict()
    {
        Call(beforeState);
        Dictionary<Tensor, long> numbers = [];
        List<object?> packed = [];
        foreach (ParamGroup group in groups)
        {
            OrderedDictionary<string, object?> options = [];
            foreach ((string name, object? value) in group.Options) options[name] = StateValue.Copy(value);
            List<object?> own = [];
            foreach (Tensor p in group.Params)
            {
                numbers[p] = numbers.Count;
                own.Add(numbers[p]);
            }
            options["params"] = own;
            packed.Add(options);
        }
        OrderedDictionary<long, object?> state = [];
        foreach ((Tensor p, long number) in numbers.OrderBy(static n => n.Value))
        {
            if (!states.TryGetValue(p, out ParamState? s)) continue;
            OrderedDictionary<string, object?> entries = [];
            foreach ((string key, object? value) in s) entries[key] = StateValue.Copy(value);
            state[number] = entries;
        }
        return Call(afterState, new() { ["state"] = state, ["param_groups"] = packed });
    }

    /// <summary>
    /// Takes over a state that <see cref="StateDict"/> of either library has returned. Parameters are matched by their order. Tensors are
    /// copied, and converted to their parameter's dtype, except counts and other numbers of one element.
    /// </summary>
    /// <param name="stateDict">Dictionaries with string or integer keys.</param>
    /// <exception cref="ArgumentException">Number or sizes of the groups differ, or an entry is missing or of the wrong type. Nothing was
    /// changed.</exception>
    /// <exception cref="DTypeException">A tensor is complex and its parameter real, or the other way round. Nothing was
    /// changed.</exception>
    /// <exception cref="ShapeException">A tensor does not have its parameter's shape. Nothing was changed.</exception>
    public void LoadStateDict(IDictionary stateDict) => Plan(stateDict)();

    /// <summary>Checks a state; nothing changes before the action is called.</summary>
    internal Action Plan(IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        OrderedDictionary<string, object?> given = [];
        foreach (DictionaryEntry entry in stateDict) given[entry.Key.ToString()!] = entry.Value;
        given = Call(beforeLoad, given);

        IReadOnlyList<object?> saved = StateValue.Items(StateValue.Required(given, "param_groups"), "param_groups");
        if (saved.Count != groups.Count)
            Throw.Argument(nameof(stateDict), "loaded state dict has a different number of parameter groups: " +
                $"{saved.Count}, but the optimizer has {groups.Count}.");
        Dictionary<long, (Tensor P, ParamGroup Group)> parameters = [];
        OrderedDictionary<string, object?>[] options = new OrderedDictionary<string, object?>[groups.Count];
        for (int i = 0; i < options.Length; i++) options[i] = Read(groups[i], saved[i], parameters);

        Dictionary<Tensor, ParamState> loaded = [];
        using (Autograd.NoGrad())
        {
            foreach (DictionaryEntry entry in StateValue.Dictionary(StateValue.Required(given, "state"), "state"))
            {
                if (StateValue.Number(entry.Key) is not { } number
                    || !parameters.TryGetValue((long)number, out (Tensor P, ParamGroup Group) at)) continue;
                ParamState state = loaded[at.P] = Read(at.P, StateValue.Dictionary(entry.Value, "state"));
                if (!NeedsInit(state, at.Group)) CheckEntries(at.P, state, at.Group);
            }
        }
        return () =>
        {
            for (int i = 0; i < options.Length; i++) groups[i].Options = options[i];
            states = loaded;
            Call(afterLoad);
        };
    }

    /// <summary>The options of a saved group, checked; notes which number is which parameter.</summary>
    private OrderedDictionary<string, object?> Read(ParamGroup group, object? value,
        Dictionary<long, (Tensor P, ParamGroup Group)> parameters)
    {
        IDictionary saved = StateValue.Dictionary(value, "param_groups");
        IReadOnlyList<object?> numbers = StateValue.Items(StateValue.Required(saved, "params"), "params");
        if (numbers.Count != group.Params.Count)
            Throw.Argument("stateDict", "loaded state dict contains a parameter group that doesn't match the size of optimizer's group: " +
                $"{numbers.Count} parameters, but the optimizer's has {group.Params.Count}.");
        ParamGroup read = new(group.Params);
        for (int i = 0; i < numbers.Count; i++) parameters[StateValue.Integer(numbers[i], "params")] = (group.Params[i], read);
        foreach (DictionaryEntry entry in saved)
            if (entry.Key is string name && name != "params") read.Put(name, StateValue.Copy(entry.Value));
        if (group.ParamNames is { } names && read.ParamNames is null) read.Put("param_names", names);
        Fill(read.Options);
        Check(read);
        return read.Options;
    }

    private ParamState Read(Tensor p, IDictionary saved)
    {
        ParamState state = [];
        foreach (DictionaryEntry entry in saved)
        {
            if (entry.Key is not string key) continue;
            // Old checkpoints have the count as a number.
            if (entry.Value is long or int or double && key is "step" or "eta" or "mu" or "mu_product")
                state.AddScalar(key, StateValue.Number(entry.Value, key));
            else state[key] = Adopt(p, key, entry.Value);
            if (state.Find(key) is { } tensor) CheckState(p, key, tensor);
        }
        return state;
    }

    /// <summary>A copy of a value; tensors in the parameter's dtype, except numbers of any dtype, which a step would round otherwise, and
    /// complex ones of real parameters.</summary>
    private static object? Adopt(Tensor p, string key, object? value) => value switch
    {
        Tensor t when IsNumber(key) || t.dtype == p.dtype || t.dtype.IsComplex() != p.dtype.IsComplex() => t.Detach().Clone(),
        Tensor t => t.Detach().To(p.dtype),
        List<object?> list => list.ConvertAll(x => Adopt(p, "", x)),
        object?[] tuple => Array.ConvertAll(tuple, x => Adopt(p, "", x)),
        _ => StateValue.Normal(StateValue.Copy(value), key),
    };

    /// <summary>The groups with their options, as PyTorch prints them.</summary>
    public override string ToString()
    {
        StringBuilder text = new(GetType().Name);
        text.Append(" (");
        for (int i = 0; i < groups.Count; i++)
        {
            text.Append($"\nParameter Group {i}\n");
            foreach ((string name, object? value) in groups[i].Options.OrderBy(static o => o.Key, StringComparer.Ordinal))
                text.Append($"    {name}: {(value is string s ? s : StateValue.Repr(value))}\n");
        }
        return text.Append(')').ToString();
    }
}
