using System.Text;

namespace Nabla.Nn;

public abstract partial class Module
{
    /// <summary>
    /// All parameters and persistent buffers by name, in PyTorch's order and under PyTorch's names. The tensors share memory with the
    /// module's: clone what must not change with further training.
    /// </summary>
    /// <param name="prefix">Put before each name, with a dot.</param>
    /// <param name="keepVars">Return the module's own tensors rather than detached ones.</param>
    public OrderedDictionary<string, Tensor> StateDict(string prefix = "", bool keepVars = false)
    {
        OrderedDictionary<string, Tensor> state = [];
        foreach ((string path, Module module) in NamedModules(prefix, removeDuplicate: false))
        {
            foreach (Slot slot in module.Tensors())
                if (slot.Persistent) state[Path(path, slot.Name)] = keepVars ? (Tensor)slot.Value! : ((Tensor)slot.Value!).Detach();
            if (module.ExtraState is { } extra) state[Path(path, ExtraStateName)] = extra;
        }
        return state;
    }

    private const string ExtraStateName = "_extra_state";

    /// <summary>State beside parameters and buffers that is saved with them, or null.</summary>
    protected virtual Tensor? ExtraState
    {
        get => null;
        set => throw new InvalidOperationException($"Reached a code path in Module.set_extra_state() that should never be called. " +
            $"{GetType().Name} has extra state in the state dict but does not override ExtraState.");
    }

    /// <summary>Whether a state dict may lack one of this module's own names, because older files do not have it.</summary>
    private protected virtual bool MayLack(string name) => false;

    /// <summary>
    /// Copies the values of a state dict into this module's parameters and buffers. Everything is checked first: if anything does not fit,
    /// one error lists all problems and nothing has changed.
    /// </summary>
    /// <param name="state">Tensors by name, such as <see cref="StateDict"/> returns. Floating-point values are converted to
    /// the parameters' dtypes, whole numbers to the buffers'.</param>
    /// <param name="strict">Missing and unexpected names are errors. If false, they are only returned.</param>
    /// <param name="assign">Put the given tensors in the parameters' places instead of copying values; dtypes then are the given
    /// ones.</param>
    /// <returns>The names that were missing and those that have no place.</returns>
    /// <exception cref="StateDictException">Sizes differ, or dtypes of which one is of whole numbers or complex; or names differ, and
    /// <paramref name="strict"/> is true.</exception>
    public StateDictMatch LoadStateDict(IReadOnlyDictionary<string, Tensor> state, bool strict = true, bool assign = false)
    {
        (StateDictMatch match, Action apply, _) = Plan(state, strict, assign);
        apply();
        return match;
    }

    /// <summary>Checks a state dict. Values change when the first action is called; the second leaves everything as it was.</summary>
    internal (StateDictMatch Match, Action Apply, Action Cancel) Plan(IReadOnlyDictionary<string, Tensor> state, bool strict = true,
        bool assign = false)
    {
        ArgumentNullException.ThrowIfNull(state);
        List<Module> sized = SizeFrom(state);
        try
        {
            (StateDictMatch match, Action apply) = Checked(state, strict, assign);
            return (match, apply, Cancel);
        }
        catch (StateDictException)
        {
            Cancel();
            throw;
        }

        void Cancel()
        {
            foreach (Module module in sized) module.ForgetSize();
        }
    }

    /// <summary>Gives lazy layers the sizes that a state dict has for them, and tells which.</summary>
    private List<Module> SizeFrom(IReadOnlyDictionary<string, Tensor> state) =>
        [.. NamedModules(removeDuplicate: false).Where(m => m.Module.TakeSize(name => state.GetValueOrDefault(Path(m.Name, name))))
            .Select(static m => m.Module)];

    /// <summary>A lazy layer takes its size from the tensors of a state dict.</summary>
    private protected virtual bool TakeSize(Func<string, Tensor?> given) => false;

    /// <summary>The tensor of a state dict that a lazy layer still waits for.</summary>
    private protected virtual string? Awaited => null;

    /// <summary>And loses it again.</summary>
    private protected virtual void ForgetSize()
    {
    }

    /// <summary>Only dtypes of one kind are converted into each other: whole numbers, real or complex ones.</summary>
    private static int Kind(DType dtype) => dtype.IsComplex() ? 2 : dtype.IsFloatingPoint() ? 1 : 0;

    private (StateDictMatch, Action) Checked(IReadOnlyDictionary<string, Tensor> state, bool strict, bool assign)
    {
        List<string> missing = [], errors = [];
        HashSet<string> unexpected = [.. state.Keys];
        List<(Slot Slot, Tensor Value)> plan = [];
        List<(Module Module, Tensor Value)> extras = [];
        foreach ((string path, Module module) in NamedModules(removeDuplicate: false))
        {
            if (module.Awaited is { } awaited) missing.Add(Path(path, awaited));
            foreach (Slot slot in module.Tensors())
            {
                if (!slot.Persistent) continue;
                string name = Path(path, slot.Name);
                if (!state.TryGetValue(name, out Tensor? value))
                {
                    if (!module.MayLack(slot.Name)) missing.Add(name);
                    continue;
                }
                unexpected.Remove(name);
                Tensor own = (Tensor)slot.Value!;
                if (value is null) errors.Add($"While copying the parameter named \"{name}\", expected torch.Tensor or Tensor-like " +
                    "object from checkpoint but received null");
                else if (own.Shape != value.Shape)
                    errors.Add($"size mismatch for {name}: copying a param with shape torch.Size({value.Shape}) from checkpoint, the " +
                        $"shape in current model is torch.Size({own.Shape}).");
                else if (!(assign && slot.Buffer) && Kind(own.DType) != Kind(value.DType))
                    errors.Add($"dtype mismatch for {name}: {value.DType.Name()} in the checkpoint is not converted to " +
                        $"{own.DType.Name()} in the current model.");
                else plan.Add((slot, value));
            }
            string extra = Path(path, ExtraStateName);
            if (module.ExtraState is null) continue;
            if (unexpected.Remove(extra)) extras.Add((module, state[extra]));
            else missing.Add(extra);
        }
        string[] surplus = [.. state.Keys.Where(unexpected.Contains)];
        if (errors.Count > 0 || (strict && (missing.Count > 0 || surplus.Length > 0)))
            throw new StateDictException(GetType().Name, strict ? missing : [], strict ? surplus : [], errors);
        return (new StateDictMatch(missing, surplus), Apply);

        void Apply()
        {
            using (Autograd.NoGrad())
                foreach ((Slot slot, Tensor value) in plan)
                {
                    if (assign) slot.Put(slot.Buffer ? value.Detach() : Parameter.Of(value, ((Tensor)slot.Value!).RequiresGrad));
                    else if (!ReferenceEquals(slot.Value, value)) ((Tensor)slot.Value!).Copy_(value);
                }
            foreach ((Module module, Tensor value) in extras) module.ExtraState = value;
            foreach (Module module in Modules()) module.Refresh();
        }
    }

    /// <summary>A copy of this module and all below with parameters, buffers and hooks of its own. What is tied stays tied.</summary>
    /// <remarks>Other objects that fields refer to are shared.</remarks>
    /// <exception cref="AutogradException">A tensor among them is not a leaf.</exception>
    public Module Clone()
    {
        Dictionary<object, object> copies = new(ReferenceEqualityComparer.Instance);
        foreach (Module module in Modules())
        {
            Module copy = (Module)module.MemberwiseClone();
            copy.hooks = module.hooks?.Copy();
            copy.registered = module.registered is null ? null : new(module.registered);
            copy.notSaved = module.notSaved is null ? null : [.. module.notSaved];
            copies[module] = copy;
        }
        foreach (Module module in copies.Keys.Cast<Module>().ToArray())
            ((Module)copies[module]).CopyFields(copies);
        foreach (Module copy in copies.Values.OfType<Module>().ToArray()) copy.Refresh();
        return (Module)copies[this];
    }

    /// <summary>Puts the copies in the places of the originals that a shallow copy still refers to.</summary>
    private void CopyFields(Dictionary<object, object> copies)
    {
        ModuleDict<ParametrizationList>? computed = Parametrized;
        foreach ((System.Reflection.FieldInfo field, string name, _) in ModuleType.Of(this).Fields)
            if (computed?.ContainsKey(name) != true) field.SetValue(this, Copy(field.GetValue(this)));
        if (registered is null) return;
        foreach (string name in registered.Keys.ToArray()) registered[name] = Copy(registered[name]);

        object? Copy(object? value)
        {
            if (value is null || value is not (Tensor or Module or System.Collections.IEnumerable)) return value;
            if (copies.TryGetValue(value, out object? known)) return known;
            object made = value switch
            {
                Tensor t => CopyOf(t),
                // One that is not among the members: what a lazy layer has become.
                Module m => m.Clone(),
                _ => Slot.Rebuild(value, Copy)
            };
            return copies[value] = made;
        }
    }

    private static Tensor CopyOf(Tensor t)
    {
        if (!t.IsLeaf)
            Throw.Graph("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. " +
                "Detach what a module keeps, or do not keep it in a field.");
        Tensor copy = t.Detach().Clone();
        copy.IsParameter = t.IsParameter;
        copy.RequiresGrad = t.RequiresGrad;
        copy.Grad = t.Grad?.Detach().Clone();
        return copy;
    }
}

/// <summary>How the names of a state dict and of a module differed.</summary>
/// <param name="MissingKeys">Names of the module that the state dict does not have.</param>
/// <param name="UnexpectedKeys">Names of the state dict that the module does not have.</param>
public sealed record StateDictMatch(IReadOnlyList<string> MissingKeys, IReadOnlyList<string> UnexpectedKeys)
{
    /// <summary>The names, as PyTorch prints them.</summary>
    public override string ToString()
    {
        return MissingKeys.Count + UnexpectedKeys.Count == 0 ? "<All keys matched successfully>"
            : $"_IncompatibleKeys(missing_keys=[{Quoted(MissingKeys)}], unexpected_keys=[{Quoted(UnexpectedKeys)}])";

        static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Select(static n => $"'{n}'"));
    }
}

/// <summary>A state dict does not fit a module: all that is wrong, at once.</summary>
public sealed class StateDictException : ArgumentException
{
    internal StateDictException(string module, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected,
        IReadOnlyList<string> errors) : base(Text(module, missing, unexpected, errors))
    {
        (MissingKeys, UnexpectedKeys, Errors) = (missing, unexpected, errors);
    }

    /// <summary>Names of the module that the state dict does not have.</summary>
    public IReadOnlyList<string> MissingKeys { get; }

    /// <summary>Names of the state dict that the module does not have.</summary>
    public IReadOnlyList<string> UnexpectedKeys { get; }

    /// <summary>What else is wrong, one sentence each.</summary>
    public IReadOnlyList<string> Errors { get; }

    private static string Text(string module, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected,
        IReadOnlyList<string> errors)
    {
        StringBuilder text = new($"Error(s) in loading state_dict for {module}:");
        if (missing.Count > 0) text.Append($"\n\tMissing key(s) in state_dict: {Quoted(missing)}. ");
        if (unexpected.Count > 0) text.Append($"\n\tUnexpected key(s) in state_dict: {Quoted(unexpected)}. ");
        foreach (string error in errors) text.Append("\n\t").Append(error);
        return text.ToString();

        static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Select(static n => $"\"{n}\""));
    }
}
