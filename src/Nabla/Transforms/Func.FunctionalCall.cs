using System.Diagnostics.CodeAnalysis;
using Nabla.Nn;

namespace Nabla;

public static partial class Func
{
    /// <summary>
    /// Calls a module with other tensors in the places of its parameters and buffers, as a function of both. Afterwards the module has its
    /// own again, whatever happens. What the call writes to a buffer is written to the given tensor.
    /// </summary>
    /// <remarks>The module is changed for the time of the call: do not call it from another thread meanwhile.</remarks>
    /// <param name="module">The module; it may be inside any transform.</param>
    /// <param name="parametersAndBuffers">Tensors by the names of <see cref="Module.NamedParameters"/> and
    /// <see cref="Module.NamedBuffers"/>. What is not named stays the module's own.</param>
    /// <param name="input">The module's input.</param>
    /// <param name="tieWeights">A tensor that the module has in several places is replaced in all of them, if one is named.</param>
    /// <param name="strict">All parameters and buffers must be named.</param>
    /// <exception cref="ArgumentException">A name is not the module's, or names are missing and <paramref name="strict"/> is true, or
    /// tied places are given different tensors.</exception>
    public static TOut FunctionalCall<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        Module<TIn, TOut> module, IReadOnlyDictionary<string, Tensor> parametersAndBuffers, TIn input, bool tieWeights = true,
        bool strict = false)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(parametersAndBuffers);
        List<(Slot Slot, Tensor Own, Tensor Given)> plan = Plan(module, parametersAndBuffers, tieWeights, strict);
        try
        {
            foreach ((Slot slot, _, Tensor given) in plan) slot.Put(given);
            return module.Call(input);
        }
        finally
        {
            foreach ((Slot slot, Tensor own, _) in plan) slot.Put(own);
        }
    }

    /// <summary>The same for a module of two inputs.</summary>
    /// <inheritdoc cref="FunctionalCall{TIn, TOut}"/>
    public static TOut FunctionalCall<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] TOut>(Module<T1, T2, TOut> module,
        IReadOnlyDictionary<string, Tensor> parametersAndBuffers, T1 x, T2 y, bool tieWeights = true, bool strict = false) =>
        FunctionalCall<(T1, T2), TOut>(module, parametersAndBuffers, (x, y), tieWeights, strict);

    /// <summary>The same for a module of three inputs.</summary>
    /// <inheritdoc cref="FunctionalCall{TIn, TOut}"/>
    public static TOut FunctionalCall<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] T3, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(Module<T1, T2, T3, TOut> module,
        IReadOnlyDictionary<string, Tensor> parametersAndBuffers, T1 x, T2 y, T3 z, bool tieWeights = true, bool strict = false) =>
        FunctionalCall<(T1, T2, T3), TOut>(module, parametersAndBuffers, (x, y, z), tieWeights, strict);

    private static List<(Slot Slot, Tensor Own, Tensor Given)> Plan(Module module, IReadOnlyDictionary<string, Tensor> given, bool tie,
        bool strict)
    {
        List<(string Name, Slot Slot, Tensor Own)> places = [.. module.NamedSlots("", recurse: true, removeDuplicate: false)
            .Select(static s => (s.Name, s.Slot, (Tensor)s.Slot.Value!))];
        Dictionary<Tensor, (string Name, Tensor Given)> tied = new(ReferenceEqualityComparer.Instance);
        HashSet<string> unknown = [.. given.Keys];
        foreach ((string name, _, Tensor own) in places)
        {
            if (!given.TryGetValue(name, out Tensor? value)) continue;
            ArgumentNullException.ThrowIfNull(value, name);
            unknown.Remove(name);
            if (tied.TryAdd(own, (name, value)) || !tie || ReferenceEquals(tied[own].Given, value)) continue;
            throw new ArgumentException($"functional_call got multiple values for keys ['{tied[own].Name}', '{name}'], which are tied. " +
                "Consider using tie_weights=False", nameof(given));
        }
        string[] missing = !strict ? []
            : [.. places.Where(p => !given.ContainsKey(p.Name) && !(tie && tied.ContainsKey(p.Own))).Select(static p => $"'{p.Name}'")];
        if (unknown.Count > 0 || missing.Length > 0)
            throw new ArgumentException($"Error(s) in reparametrizing for {module.GetType().Name}:" +
                (unknown.Count > 0 ? $"\n\tUnexpected key(s): {string.Join(", ", given.Keys.Where(unknown.Contains)
                    .Select(static k => $"'{k}'"))}." : "") +
                (missing.Length > 0 ? $"\n\tMissing key(s): {string.Join(", ", missing)}." : ""), nameof(given));
        List<(Slot, Tensor, Tensor)> plan = [];
        foreach ((string name, Slot slot, Tensor own) in places)
        {
            if (given.TryGetValue(name, out Tensor? value)) plan.Add((slot, own, value));
            else if (tie && tied.TryGetValue(own, out (string, Tensor Given) other)) plan.Add((slot, own, other.Given));
        }
        return plan;
    }

    /// <summary>
    /// The parameters and buffers of modules of one kind, each stacked along a new first dimension, for
    /// <c>Vmap</c> over an ensemble.
    /// </summary>
    /// <param name="modules">At least one; all of one class and in the same mode.</param>
    /// <returns>Parameters, leaves that require gradients where the modules' do, and buffers, by name.</returns>
    /// <exception cref="ArgumentException">There is no module, or they differ in class, mode or which parameters are frozen.</exception>
    public static (OrderedDictionary<string, Tensor> Parameters, OrderedDictionary<string, Tensor> Buffers) StackModuleState(
        params IReadOnlyList<Module> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (modules.Count == 0) Refuse("Expected at least one model, got 0.");
        if (modules.Any(m => m.Training != modules[0].Training)) Refuse("Expected all models to have the same training/eval mode.");
        if (modules.Any(m => m.GetType() != modules[0].GetType())) Refuse("Expected all models to be of the same class.");
        OrderedDictionary<string, Tensor> parameters = [], buffers = [];
        foreach ((string name, Tensor first) in modules[0].NamedParameters())
        {
            Tensor[] all = [.. modules.Select(m => m.GetParameter(name))];
            if (all.Any(p => p.RequiresGrad != first.RequiresGrad))
                Refuse($"Expected {name} from each model to have the same .requires_grad");
            using (Autograd.NoGrad())
                parameters[name] = Parameter.Of(Tensor.Stack(all), first.RequiresGrad);
        }
        foreach ((string name, _) in modules[0].NamedBuffers())
            buffers[name] = Tensor.Stack([.. modules.Select(m => m.GetBuffer(name).Detach())]);
        return (parameters, buffers);

        static void Refuse(string why) => throw new ArgumentException("stack_module_state: " + why, nameof(modules));
    }
}
