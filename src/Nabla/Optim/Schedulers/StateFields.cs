using System.Collections;

namespace Nabla.Optim;

/// <summary>The fields of a scheduler under the names they have in PyTorch's state dictionary, in its order: one statement both saves and
/// loads.</summary>
internal sealed class StateFields
{
    private readonly List<(string Name, Func<object?> Get, Func<object?, Action> Load)> fields = [];

    /// <summary>A field; <paramref name="load"/> checks a value and returns what sets it.</summary>
    internal void Add(string name, Func<object?> get, Func<object?, Action> load) => fields.Add((name, get, load));

    internal void Whole(string name, Func<long> get, Action<long> set) => Add(name, () => get(), v =>
    {
        long value = StateValue.Integer(v, name);
        return () => set(value);
    });

    internal void Number(string name, Func<double> get, Action<double> set) => Add(name, () => get(), v =>
    {
        double value = StateValue.Number(v, name);
        return () => set(value);
    });

    internal void Numbers(string name, Func<IEnumerable<double>> get, Action<double[]> set) => Add(name, () => StateValue.List(get()), v =>
    {
        double[] values = StateValue.Numbers(v, name);
        return () => set(values);
    });

    internal void Flag(string name, Func<bool> get, Action<bool> set) => Add(name, () => get(), v =>
    {
        bool value = StateValue.Flag(v, name);
        return () => set(value);
    });

    internal void Text(string name, Func<string> get, Action<string> set) => Add(name, get, v =>
    {
        if (v is not string value)
        {
            Throw.Argument(name, $"'{name}' must be a string, but is {StateValue.Repr(v)}.");
            return () => { };
        }
        return () => set(value);
    });

    /// <summary>An entry that PyTorch has and that says nothing here.</summary>
    internal void Constant(string name, object? value) => Add(name, () => value, static _ => static () => { });

    /// <summary>The states of inner schedulers.</summary>
    internal void Inner(string name, IReadOnlyList<LRScheduler> schedulers) => Add(name,
        () => schedulers.Select(static s => (object?)s.StateDict()).ToList(), v =>
        {
            IReadOnlyList<object?> states = StateValue.Items(v, name);
            if (states.Count != schedulers.Count)
                Throw.Argument(name, $"The state dictionary is of {states.Count} schedulers, but here are {schedulers.Count}.");
            Action[] loads = new Action[states.Count];
            for (int i = 0; i < loads.Length; i++) loads[i] = schedulers[i].Fields.Load(StateValue.Dictionary(states[i], name));
            return () =>
            {
                foreach (Action load in loads) load();
            };
        });

    internal OrderedDictionary<string, object?> Save()
    {
        OrderedDictionary<string, object?> state = [];
        foreach ((string name, Func<object?> get, _) in fields) state[name] = get();
        return state;
    }

    /// <summary>Checks all values; what it returns sets them. Fields that the dictionary lacks stay as they are.</summary>
    internal Action Load(IDictionary state)
    {
        List<Action> sets = [];
        foreach ((string name, _, Func<object?, Action> load) in fields)
            if (state.Contains(name)) sets.Add(load(state[name]));
        return () =>
        {
            foreach (Action set in sets) set();
        };
    }
}
