using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Nabla;

/// <summary>
/// A value made of tensors that says itself how they are replaced: one line per type, and no reflection.
/// <code>
/// record Params(Tensor W, Tensor B) : ITree&lt;Params&gt;
/// {
///     public Params Map(Func&lt;Tensor, Tensor&gt; f) => new(f(W), f(B));
/// }
/// </code>
/// </summary>
public interface ITree
{
    /// <summary>The same value with every tensor replaced by f of it, called once for each in an order that is always the same.</summary>
    object MapTensors(Func<Tensor, Tensor> f);
}

/// <inheritdoc cref="ITree"/>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface ITree<TSelf> : ITree
{
    /// <summary>The same value with every tensor replaced by f of it, called once for each in an order that is always the same.</summary>
    TSelf Map(Func<Tensor, Tensor> f);

    object ITree.MapTensors(Func<Tensor, Tensor> f) => Map(f)!;
}

/// <summary>
/// Values made of tensors: a tensor, tuples, arrays, lists and dictionaries of such values, records, structs and classes with such members,
/// and what implements <see cref="ITree{TSelf}"/>. Transforms take them as arguments and results. Everything else in such a value, and
/// null, stays as it is. Members of records and classes are found by reflection, once per type; trimmed applications implement
/// <see cref="ITree{TSelf}"/>.
/// </summary>
public static class Tree
{
    /// <summary>What trimming must keep of a type that does not implement <see cref="ITree{TSelf}"/>.</summary>
    internal const DynamicallyAccessedMemberTypes Needs = DynamicallyAccessedMemberTypes.PublicFields |
        DynamicallyAccessedMemberTypes.NonPublicFields | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    /// <summary>The same value with every tensor replaced by f of it. The value itself does not change.</summary>
    /// <param name="value">Tensors in any structure.</param>
    /// <param name="f">Called once per tensor, from left to right.</param>
    public static T Map<[DynamicallyAccessedMembers(Needs)] T>(T value, Func<Tensor, Tensor> f) => TreeOf<T>.Map(value, f);

    /// <summary>Joins two values of the same structure tensor by tensor: <c>Tree.Map(p, g, (p, g) => p - 0.1 * g)</c>.</summary>
    /// <param name="a">Tensors in any structure, which the result has.</param>
    /// <param name="b">Tensors in the same structure.</param>
    /// <param name="f">Called once per pair of tensors.</param>
    /// <exception cref="ArgumentException">The structures differ.</exception>
    public static T Map<[DynamicallyAccessedMembers(Needs)] T>(T a, T b, Func<Tensor, Tensor, Tensor> f)
    {
        if (Different(a, b) is { } other)
            throw new ArgumentException($"Tree.Map: the values have different structures: {Describe(a)} and {other}.", nameof(b));
        Tensor[] second = Leaves(b);
        int next = 0;
        return Map(a, t => f(t, second[next++]));
    }

    /// <summary>The tensors in a value, from left to right.</summary>
    public static Tensor[] Leaves<[DynamicallyAccessedMembers(Needs)] T>(T value)
    {
        if (value is Tensor one) return [one];
        List<Tensor> leaves = [];
        TreeOf<T>.Map(value, t =>
        {
            leaves.Add(t);
            return t;
        });
        return [.. leaves];
    }

    /// <summary>A value's structure as text: <c>(*, {'b': *})</c>, with a star for each tensor.</summary>
    public static string Describe<[DynamicallyAccessedMembers(Needs)] T>(T value)
    {
        StringBuilder text = new();
        TreeWalker.Describe(value, text);
        return text.ToString();
    }

    /// <summary>The value with other tensors in the places of its own.</summary>
    internal static T Build<[DynamicallyAccessedMembers(Needs)] T>(T like, ReadOnlyMemory<Tensor> leaves)
    {
        if (like is Tensor) return (T)(object)leaves.Span[0];
        int next = 0;
        return TreeOf<T>.Map(like, _ => leaves.Span[next++]);
    }

    /// <summary>The structure of b as text if it is not that of a.</summary>
    internal static string? Different<[DynamicallyAccessedMembers(Needs)] T>(T a, T b)
    {
        if (a is Tensor && b is Tensor) return null;
        string text = Describe(b);
        return text == Describe(a) ? null : text;
    }

    /// <summary>Whether values of this type can hold tensors at all.</summary>
    internal static bool Holds<[DynamicallyAccessedMembers(Needs)] T>() => typeof(T) == typeof(Tensor) || TreeWalker.MayHold(typeof(T));
}

/// <summary>How tensors in a T are replaced: typed for the commonest structures, else by <see cref="TreeWalker"/>.</summary>
internal static class TreeOf<[DynamicallyAccessedMembers(Tree.Needs)] T>
{
    internal static readonly Func<T, Func<Tensor, Tensor>, T> Map = Choose();

    private static Func<T, Func<Tensor, Tensor>, T> Choose()
    {
        if (Typed<Tensor>(At) is { } one) return one;
        if (Typed<(Tensor, Tensor)>(static (x, f) => (At(x.Item1, f), At(x.Item2, f))) is { } two) return two;
        if (Typed<(Tensor, Tensor, Tensor)>(
            static (x, f) => (At(x.Item1, f), At(x.Item2, f), At(x.Item3, f))) is { } three) return three;
        if (Typed<(Tensor, Tensor, Tensor, Tensor)>(
            static (x, f) => (At(x.Item1, f), At(x.Item2, f), At(x.Item3, f), At(x.Item4, f))) is { } four) return four;
        if (Typed<Tensor[]>(static (x, f) => Array.ConvertAll(x, t => At(t, f))) is { } array) return array;
        if (Typed<List<Tensor>>(static (x, f) => x.ConvertAll(t => At(t, f))) is { } list) return list;
        if (typeof(ITree<T>).IsAssignableFrom(typeof(T))) return static (x, f) => ((ITree<T>)x!).Map(t => At(t, f));
        return static (x, f) => (T)TreeWalker.Map(x, f)!;
    }

    /// <summary>Null is no tensor, and stays null.</summary>
    private static Tensor At(Tensor t, Func<Tensor, Tensor> f) => t is null ? null! : f(t);

    private static Func<T, Func<Tensor, Tensor>, T>? Typed<TCase>(Func<TCase, Func<Tensor, Tensor>, TCase> map) =>
        map as Func<T, Func<Tensor, Tensor>, T>;
}
