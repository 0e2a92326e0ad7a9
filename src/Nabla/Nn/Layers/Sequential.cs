using System.Collections;
using System.Runtime.CompilerServices;

namespace Nabla.Nn;

/// <summary>Modules one after the other: each gets what the one before returned. Children are named 0, 1, ... unless names are
/// given.</summary>
[CollectionBuilder(typeof(Sequential), nameof(Of))]
public class Sequential : Module<Tensor, Tensor>, IReadOnlyList<Module<Tensor, Tensor>>
{
    /// <summary>No modules yet: <c>new Sequential { new Linear(2, 3), new Tanh() }</c>.</summary>
    public Sequential() { }

    /// <summary>These modules in this order.</summary>
    public Sequential(params ReadOnlySpan<Module<Tensor, Tensor>> modules)
    {
        foreach (Module<Tensor, Tensor> module in modules) Add(module);
    }

    /// <summary>The same for languages without span parameters.</summary>
    public Sequential(params Module<Tensor, Tensor>[] modules) : this((ReadOnlySpan<Module<Tensor, Tensor>>)modules) { }

    /// <summary>These modules in this order, under names of their own.</summary>
    public Sequential(params ReadOnlySpan<(string Name, Module<Tensor, Tensor> Module)> modules)
    {
        foreach ((string name, Module<Tensor, Tensor> module) in modules)
        {
            ArgumentNullException.ThrowIfNull(module);
            RegisterModule(name, module);
        }
    }

    /// <summary>What a collection expression makes.</summary>
    public static Sequential Of(ReadOnlySpan<Module<Tensor, Tensor>> modules) => new(modules);

    /// <summary>Appends a module.</summary>
    public void Add(Module<Tensor, Tensor> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        RegisterModule($"{Count}", module);
    }

    /// <summary>How many modules there are.</summary>
    public int Count => Registered.Count;

    /// <summary>The module at a place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public Module<Tensor, Tensor> this[int index]
    {
        get => (Module<Tensor, Tensor>)Registered.GetAt(Containers.At(index, Count)).Value!;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Registered.SetAt(Containers.At(index, Count), value);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Module<Tensor, Tensor>> GetEnumerator() => Registered.Values.Cast<Module<Tensor, Tensor>>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        foreach (object? module in Registered.Values) x = ((Module<Tensor, Tensor>)module!).Call(x);
        return x;
    }
}
