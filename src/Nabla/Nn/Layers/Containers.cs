using System.Collections;
using System.Runtime.CompilerServices;

namespace Nabla.Nn;

/// <summary>What containers share.</summary>
internal static class Containers
{
    internal static int At(int index, int count)
    {
        if (index < -count || index >= count) Throw.Range(nameof(index), index, $"index {index} is out of range: there are {count} items.");
        return index < 0 ? index + count : index;
    }
}

/// <summary>A list of modules that are children of the module it is a field of. It computes nothing itself.</summary>
/// <typeparam name="T">What the modules have in common.</typeparam>
[CollectionBuilder(typeof(ModuleList), nameof(ModuleList.Of))]
public class ModuleList<T> : Module, IReadOnlyList<T> where T : Module
{
    /// <summary>These modules in this order.</summary>
    public ModuleList(params IEnumerable<T> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        foreach (T module in modules) Add(module);
    }

    /// <summary>Appends a module.</summary>
    public void Add(T module)
    {
        ArgumentNullException.ThrowIfNull(module);
        RegisterModule($"{Count}", module);
    }

    /// <summary>Puts a module before the one at a place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public void Insert(int index, T module)
    {
        ArgumentNullException.ThrowIfNull(module);
        T[] all = [.. this];
        int at = index == Count ? index : Containers.At(index, Count);
        Registered.Clear();
        foreach (T item in (T[])[.. all[..at], module, .. all[at..]]) Add(item);
    }

    /// <summary>How many modules there are.</summary>
    public int Count => Registered.Count;

    /// <summary>The module at a place; negative numbers count from the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public T this[int index]
    {
        get => (T)Registered.GetAt(Containers.At(index, Count)).Value!;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Registered.SetAt(Containers.At(index, Count), value);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => Registered.Values.Cast<T>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Neighbours that print alike share a line.</summary>
    private protected override List<string> ChildLines()
    {
        List<string> lines = [];
        string[] texts = [.. this.Select(static m => m.ToString())];
        for (int i = 0, next; i < texts.Length; i = next)
        {
            for (next = i + 1; next < texts.Length && texts[next] == texts[i];) next++;
            string text = next == i + 1 ? $"({i}): {texts[i]}" : $"({i}-{next - 1}): {next - i} x {texts[i]}";
            lines.Add(Indent(text));
        }
        return lines;
    }
}

/// <summary>Makes module lists from collection expressions.</summary>
public static class ModuleList
{
    /// <summary>A list of these modules.</summary>
    public static ModuleList<T> Of<T>(ReadOnlySpan<T> modules) where T : Module => new(modules.ToArray());
}

/// <summary>A dictionary of modules that are children of the module it is a field of.</summary>
/// <typeparam name="T">What the modules have in common.</typeparam>
public class ModuleDict<T> : Module, IEnumerable<KeyValuePair<string, T>> where T : Module
{
    /// <summary>How many modules there are.</summary>
    public int Count => Registered.Count;

    /// <summary>The names, in the order of their addition.</summary>
    public IEnumerable<string> Keys => Registered.Keys;

    /// <summary>The modules, in the order of their addition.</summary>
    public IEnumerable<T> Values => Registered.Values.Cast<T>();

    /// <summary>The module of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public T this[string name]
    {
        get => (T)Registered[name]!;
        set
        {
            if (Registered.ContainsKey(name)) Registered[name] = value;
            else Add(name, value);
        }
    }

    /// <summary>Adds a module.</summary>
    /// <exception cref="ArgumentException">The name is empty, has a dot or is taken.</exception>
    public void Add(string name, T module)
    {
        ArgumentNullException.ThrowIfNull(module);
        RegisterModule(name, module);
    }

    /// <summary>Takes a module away.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string name) => Registered.Remove(name);

    /// <summary>Whether there is a module of this name.</summary>
    public bool ContainsKey(string name) => Registered.ContainsKey(name);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() =>
        Registered.Select(static p => KeyValuePair.Create(p.Key, (T)p.Value!)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>A list of parameters of the module it is a field of.</summary>
[CollectionBuilder(typeof(ParameterList), nameof(Of))]
public class ParameterList : Module, IReadOnlyList<Tensor>
{
    /// <summary>These tensors; those that are no parameters become such.</summary>
    public ParameterList(params IEnumerable<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (Tensor p in parameters) Add(p);
    }

    /// <summary>What a collection expression makes.</summary>
    public static ParameterList Of(ReadOnlySpan<Tensor> parameters) => new(parameters.ToArray());

    /// <summary>Appends a parameter; a tensor that is none becomes one.</summary>
    public void Add(Tensor parameter) => RegisterParameter($"{Count}", Made(parameter));

    internal static Tensor Made(Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        return t.IsParameter ? t : Parameter.Of(t);
    }

    /// <summary>How many parameters there are.</summary>
    public int Count => Registered.Count;

    /// <summary>The parameter at a place; negative numbers count from the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public Tensor this[int index]
    {
        get => (Tensor)Registered.GetAt(Containers.At(index, Count)).Value!;
        set => Registered.SetAt(Containers.At(index, Count), Made(value));
    }

    /// <inheritdoc/>
    public IEnumerator<Tensor> GetEnumerator() => Registered.Values.Cast<Tensor>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    protected override string ExtraRepr => string.Join('\n', Registered.Select(static p => $"({p.Key}): {Text((Tensor)p.Value!)}"));

    internal static string Text(Tensor t) =>
        $"Parameter containing: [torch.{t.DType.Name()} of size {string.Join('x', t.Shape.ToArray())}]";
}

/// <summary>A dictionary of parameters of the module it is a field of.</summary>
public class ParameterDict : Module, IEnumerable<KeyValuePair<string, Tensor>>
{
    /// <summary>How many parameters there are.</summary>
    public int Count => Registered.Count;

    /// <summary>The names, in the order of their addition.</summary>
    public IEnumerable<string> Keys => Registered.Keys;

    /// <summary>The parameters, in the order of their addition.</summary>
    public IEnumerable<Tensor> Values => Registered.Values.Cast<Tensor>();

    /// <summary>The parameter of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string name]
    {
        get => (Tensor)Registered[name]!;
        set
        {
            if (Registered.ContainsKey(name)) Registered[name] = ParameterList.Made(value);
            else Add(name, value);
        }
    }

    /// <summary>Adds a parameter; a tensor that is none becomes one.</summary>
    /// <exception cref="ArgumentException">The name is empty, has a dot or is taken.</exception>
    public void Add(string name, Tensor parameter) => RegisterParameter(name, ParameterList.Made(parameter));

    /// <summary>Takes a parameter away.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string name) => Registered.Remove(name);

    /// <summary>Whether there is a parameter of this name.</summary>
    public bool ContainsKey(string name) => Registered.ContainsKey(name);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() =>
        Registered.Select(static p => KeyValuePair.Create(p.Key, (Tensor)p.Value!)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        string.Join('\n', Registered.Select(static p => $"({p.Key}): {ParameterList.Text((Tensor)p.Value!)}"));
}
