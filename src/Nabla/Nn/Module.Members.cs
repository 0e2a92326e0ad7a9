using System.Collections;

namespace Nabla.Nn;

public abstract partial class Module
{
    /// <summary>What was registered by name, in that order; null as long as nothing was.</summary>
    private OrderedDictionary<string, object?>? registered;

    private HashSet<string>? notSaved;

    /// <summary>Makes a tensor a parameter of this module under a name; null keeps the name for later.</summary>
    /// <param name="name">Its name in the state dict, without dots.</param>
    /// <param name="parameter">The tensor, which <see cref="Parameter.Of"/> made.</param>
    /// <exception cref="ArgumentException">The name is empty, has a dot or is taken.</exception>
    public void RegisterParameter(string name, Tensor? parameter)
    {
        if (parameter is { IsLeaf: false })
            throw new ArgumentException($"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created " +
                $"explicitly. To express '{name}' as a function of another Tensor, compute the value in the forward() method.",
                nameof(parameter));
        CheckName(name, "parameter");
        if (parameter is not null) parameter.IsParameter = true;
        (registered ??= [])[name] = parameter;
    }

    /// <summary>Makes a tensor a buffer of this module under a name.</summary>
    /// <param name="name">Its name in the state dict, without dots.</param>
    /// <param name="buffer">The tensor; null keeps the name for later.</param>
    /// <param name="persistent">Whether it is part of the state dict.</param>
    /// <exception cref="ArgumentException">The name is empty, has a dot or is taken.</exception>
    public void RegisterBuffer(string name, Tensor? buffer, bool persistent = true)
    {
        CheckName(name, "buffer");
        (registered ??= [])[name] = buffer;
        if (!persistent) (notSaved ??= []).Add(name);
    }

    /// <summary>Makes a module a child of this one under a name.</summary>
    /// <param name="name">Its name in the state dict, without dots.</param>
    /// <param name="module">The child; null keeps the name for later.</param>
    /// <exception cref="ArgumentException">The name is empty, has a dot or is taken.</exception>
    public void RegisterModule(string name, Module? module)
    {
        CheckName(name, "module");
        (registered ??= [])[name] = module;
    }

    private void CheckName(string name, string kind)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Contains('.', StringComparison.Ordinal))
            throw new ArgumentException($"{kind} name can't contain \".\", got: {name}", nameof(name));
        if (name.Length == 0) throw new ArgumentException($"{kind} name can't be empty string \"\"", nameof(name));
        if (Slots().Any(slot => slot.Name == name) || registered?.ContainsKey(name) == true)
            throw new ArgumentException($"attribute '{name}' already exists", nameof(name));
    }

    /// <summary>Names and values that were registered, for containers.</summary>
    private protected OrderedDictionary<string, object?> Registered => registered ??= [];

    /// <summary>Everything in this module itself that may be a parameter, a buffer or a child.</summary>
    internal virtual IEnumerable<Slot> Slots()
    {
        foreach ((System.Reflection.FieldInfo field, string name, BufferAttribute? buffer) in ModuleType.Of(this).Fields)
        {
            object? value = field.GetValue(this);
            switch (value)
            {
                case Tensor or Module:
                    yield return new Slot(name, this, field, buffer is not null, buffer?.Persistent ?? true);
                    break;
                case IList list:
                    for (int i = 0; i < list.Count; i++) yield return new Slot($"{name}.{i}", list, i);
                    break;
                case IDictionary dictionary:
                    foreach (object key in dictionary.Keys) yield return new Slot($"{name}.{key}", dictionary, key);
                    break;
            }
        }
        if (registered is null) yield break;
        foreach ((string name, object? value) in registered)
            yield return new Slot(name, registered, name, value is Tensor { IsParameter: false }, notSaved?.Contains(name) != true);
    }

    /// <summary>The places of this module's own parameters and buffers, parameters first.</summary>
    internal IEnumerable<Slot> Tensors()
    {
        List<Slot>? buffers = null;
        ModuleDict<ParametrizationList>? computed = Parametrized;
        foreach (Slot slot in Slots())
        {
            if (slot.Value is not Tensor t || computed?.ContainsKey(slot.Name) == true) continue;
            if (slot.Buffer) (buffers ??= []).Add(slot);
            else if (IsParameter(t)) yield return slot;
        }
        foreach (Slot slot in buffers ?? []) yield return slot;
    }

    /// <summary>Once seen as a parameter, a tensor stays one when it is frozen.</summary>
    private static bool IsParameter(Tensor t)
    {
        if (t.IsParameter) return true;
        if (!t.RequiresGrad || !t.IsLeaf) return false;
        t.IsParameter = true;
        return true;
    }

    /// <summary>This module's children with their names, in order; a child under two names once.</summary>
    public IEnumerable<(string Name, Module Module)> NamedChildren()
    {
        HashSet<Module> seen = [];
        foreach (Slot slot in Slots())
            if (slot.Value is Module child && seen.Add(child)) yield return (slot.Name, child);
    }

    /// <summary>This module's children, in order, each once.</summary>
    public IEnumerable<Module> Children() => NamedChildren().Select(static c => c.Module);

    /// <summary>This module and all below, parents before children, each once.</summary>
    public IEnumerable<Module> Modules() => NamedModules().Select(static m => m.Module);

    /// <summary>This module and all below with their paths, such as <c>encoder.layers.0</c>, parents before children.</summary>
    /// <param name="prefix">The path of this module.</param>
    /// <param name="removeDuplicate">List a module that is in several places once.</param>
    /// <exception cref="InvalidOperationException">A module contains itself, and duplicates are asked for.</exception>
    public IEnumerable<(string Name, Module Module)> NamedModules(string prefix = "", bool removeDuplicate = true)
    {
        HashSet<Module> seen = [];
        Stack<(string Path, Module Module, int Depth)> work = [];
        List<Module> line = [];
        work.Push((prefix, this, 0));
        while (work.TryPop(out (string Path, Module Module, int Depth) at))
        {
            if (removeDuplicate && !seen.Add(at.Module)) continue;
            if (!removeDuplicate)
            {
                line.RemoveRange(at.Depth, line.Count - at.Depth);
                if (line.Contains(at.Module)) Throw.State($"The module at '{at.Path}' contains itself.");
                line.Add(at.Module);
            }
            yield return (at.Path, at.Module);
            foreach (Slot slot in at.Module.Slots().Reverse())
                if (slot.Value is Module child) work.Push((Path(at.Path, slot.Name), child, at.Depth + 1));
        }
    }

    private static string Path(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

    /// <summary>The places of parameters or buffers with their full names.</summary>
    internal IEnumerable<(string Name, Slot Slot)> NamedSlots(string prefix, bool recurse, bool removeDuplicate, bool? buffers = null)
    {
        HashSet<Tensor> seen = new(ReferenceEqualityComparer.Instance);
        foreach ((string path, Module module) in recurse ? NamedModules(prefix, removeDuplicate) : [(prefix, this)])
            foreach (Slot slot in module.Tensors())
                if ((buffers is null || slot.Buffer == buffers) && (!removeDuplicate || seen.Add((Tensor)slot.Value!)))
                    yield return (Path(path, slot.Name), slot);
    }

    /// <summary>All parameters with their names, such as <c>fc1.weight</c>: each module's own, then those of its children.</summary>
    /// <param name="prefix">Put before each name, with a dot.</param>
    /// <param name="recurse">Those of the modules below too.</param>
    /// <param name="removeDuplicate">List a parameter that is in several places once.</param>
    public IEnumerable<(string Name, Tensor Parameter)> NamedParameters(string prefix = "", bool recurse = true,
        bool removeDuplicate = true) =>
        NamedSlots(prefix, recurse, removeDuplicate, buffers: false).Select(static s => (s.Name, (Tensor)s.Slot.Value!));

    /// <summary>All parameters, each once, in the order of <see cref="NamedParameters"/>.</summary>
    /// <param name="recurse">Those of the modules below too.</param>
    public IEnumerable<Tensor> Parameters(bool recurse = true) =>
        NamedParameters(recurse: recurse).Select(static p => p.Parameter);

    /// <summary>All buffers with their names, such as <c>bn.running_mean</c>.</summary>
    /// <inheritdoc cref="NamedParameters"/>
    public IEnumerable<(string Name, Tensor Buffer)> NamedBuffers(string prefix = "", bool recurse = true, bool removeDuplicate = true) =>
        NamedSlots(prefix, recurse, removeDuplicate, buffers: true).Select(static s => (s.Name, (Tensor)s.Slot.Value!));

    /// <summary>All buffers, each once.</summary>
    /// <param name="recurse">Those of the modules below too.</param>
    public IEnumerable<Tensor> Buffers(bool recurse = true) => NamedBuffers(recurse: recurse).Select(static b => b.Buffer);

    /// <summary>The module at a path.</summary>
    /// <param name="target">A path such as <c>encoder.layers.0</c>; empty for this module.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Module GetSubmodule(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return NamedModules(removeDuplicate: false).FirstOrDefault(m => m.Name == target).Module
            ?? throw new ArgumentException($"{GetType().Name} has no attribute `{target}`. Its modules are: " +
                string.Join(", ", NamedModules().Skip(1).Select(static m => m.Name)) + ".", nameof(target));
    }

    /// <summary>The parameter at a path.</summary>
    /// <param name="target">A path such as <c>fc1.weight</c>.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Tensor GetParameter(string target) => Find(target, buffers: false);

    /// <summary>The buffer at a path.</summary>
    /// <param name="target">A path such as <c>bn.running_mean</c>.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Tensor GetBuffer(string target) => Find(target, buffers: true);

    private Tensor Find(string target, bool buffers)
    {
        ArgumentNullException.ThrowIfNull(target);
        foreach ((string name, Slot slot) in NamedSlots("", recurse: true, removeDuplicate: false, buffers))
            if (name == target) return (Tensor)slot.Value!;
        throw new ArgumentException($"{GetType().Name} has no attribute `{target}` that is a {(buffers ? "buffer" : "parameter")}.",
            nameof(target));
    }
}
