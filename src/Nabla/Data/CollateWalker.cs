using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Nabla.Data;

/// <summary>Joins samples of any structure, part by part.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2062", Justification = "The batch's own type is kept; parts of other types implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2067", Justification = "The batch's own type is kept; parts of other types implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The batch's own type is kept; parts of other types implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The batch's own type is kept; parts of other types implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The batch's own type is kept; parts of other types implement ITree.")]
internal static class CollateWalker
{
    const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;

    /// <summary>Tensors stacked, with an error that says what to do.</summary>
    internal static Tensor Stack(IReadOnlyList<Tensor> parts)
    {
        for (int i = 1; i < parts.Count; i++)
            if (parts[i] is { } t && parts[0] is { } first && !t.layout.SameShape(first.layout))
                Throw.Shapes($"stack expects each tensor to be equal size, but got {first.Shape} at entry 0 and {t.Shape} at entry {i}. " +
                    "Samples of a batch have one shape; give a collateFn that makes them equal, such as Collate.Pad for sequences.");
        return Tensor.Stack(parts);
    }

    /// <summary>The samples as one value that a variable of the given type can hold.</summary>
    internal static object? Join(object?[] samples, Type to)
    {
        object? first = samples[0];
        foreach (object? sample in samples)
            if (sample is null) throw Unknown("NoneType");
        object batch = first switch
        {
            Tensor => Stack(Each<Tensor>(samples)),
            ITree tree => Trees(tree, samples),
            string => Strings(samples, to),
            Array { Length: var n } array when IsNumber(array.GetType().GetElementType()!) => Stack(Array.ConvertAll(samples,
                static s => Tensor.From((Array)s!))),
            ITuple tuple => Tuples(tuple.Length, samples, to),
            IDictionary dictionary => Dictionaries(dictionary, samples, to),
            IList list => Lists(list, samples, to),
            _ => Numbers(first!, samples) ?? Records(first!.GetType(), samples, to),
        };
        return to.IsInstanceOfType(batch) ? batch : throw Unfit(first!.GetType(), batch.GetType(), to);
    }

    static T[] Each<T>(object?[] samples)
    {
        var parts = new T[samples.Length];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = samples[i] is T part ? part : throw new ArgumentException("default_collate: the samples of a batch have one type, " +
                $"but entry 0 is {samples[0]!.GetType().Name} and entry {i} is {samples[i]!.GetType().Name}.");
        return parts;
    }

    static Tensor? Numbers(object first, object?[] samples) => first switch
    {
        bool => Tensor.From(Each<bool>(samples)),
        byte => Tensor.From(Each<byte>(samples)),
        sbyte => Tensor.From(Each<sbyte>(samples)),
        short => Tensor.From(Each<short>(samples)),
        int => Tensor.From(Array.ConvertAll(Each<int>(samples), static i => (long)i)),
        long => Tensor.From(Each<long>(samples)),
        Half => Tensor.From(Each<Half>(samples)),
        BFloat16 => Tensor.From(Each<BFloat16>(samples)),
        float => Tensor.From(Each<float>(samples)),
        double => Tensor.From(Each<double>(samples)),
        System.Numerics.Complex => Tensor.From(Each<System.Numerics.Complex>(samples)),
        _ => null,
    };

    static bool IsNumber(Type type) => type == typeof(bool) || type == typeof(byte) || type == typeof(sbyte) || type == typeof(short) ||
        type == typeof(int) || type == typeof(long) || type == typeof(Half) || type == typeof(BFloat16) || type == typeof(float) ||
        type == typeof(double) || type == typeof(System.Numerics.Complex);

    static object Strings(object?[] samples, Type to)
    {
        string[] all = Each<string>(samples);
        return to.IsAssignableFrom(typeof(List<string>)) && !to.IsAssignableFrom(typeof(string[])) ? all.ToList() : all;
    }

    static object Trees(ITree first, object?[] samples)
    {
        List<Tensor>[] leaves = Array.ConvertAll(samples, static sample =>
        {
            List<Tensor> tensors = [];
            ((ITree)sample!).MapTensors(t =>
            {
                tensors.Add(t);
                return t;
            });
            return tensors;
        });
        CheckSizes(leaves, static l => l.Count);
        int next = 0;
        return first.MapTensors(_ =>
        {
            int i = next++;
            return Stack(Array.ConvertAll(leaves, l => l[i]));
        });
    }

    static object Tuples(int length, object?[] samples, Type to)
    {
        ITuple[] tuples = Each<ITuple>(samples);
        CheckSizes(tuples, static t => t.Length);
        List<Type> types = [];
        bool typed = typeof(ITuple).IsAssignableFrom(to) && to.IsGenericType && Flatten(to, types) && types.Count == length;
        object?[] parts = new object?[length];
        for (int i = 0; i < length; i++)
            parts[i] = Join(Array.ConvertAll(tuples, t => t[i]), typed ? types[i] : Item(to));
        return typed ? Tuple(to, parts) : ListOf(parts, to);
    }

    /// <summary>The types of a tuple's items; those from the eighth on are a tuple in the last place.</summary>
    static bool Flatten(Type tuple, List<Type> into)
    {
        Type[] items = tuple.GetGenericArguments();
        for (int i = 0; i < items.Length && i < 7; i++) into.Add(items[i]);
        return items.Length < 8 || Flatten(items[7], into);
    }

    static object Tuple(Type type, object?[] parts) => Activator.CreateInstance(type,
        parts.Length < 8 ? parts : [.. parts[..7], Tuple(type.GetGenericArguments()[7], parts[7..])])!;

    static object Dictionaries(IDictionary first, object?[] samples, Type to)
    {
        IDictionary[] all = Each<IDictionary>(samples);
        Type[] types = to.IsGenericType ? to.GetGenericArguments() : [];
        Type item = types.Length == 2 ? types[1] : typeof(object);
        Type made = typeof(IDictionary).IsAssignableFrom(to) && !to.IsAbstract ? to
            : to.IsInstanceOfType(first) ? first.GetType() : throw Unfit(first.GetType(), first.GetType(), to);
        var batch = (IDictionary)Activator.CreateInstance(made)!;
        foreach (object key in first.Keys)
            batch.Add(key, Join(Array.ConvertAll(all, d => d.Contains(key) ? d[key]
                : throw new ArgumentException($"default_collate: a sample has no key '{key}', which the first sample has.")), item));
        return batch;
    }

    static object Lists(IList first, object?[] samples, Type to)
    {
        IList[] lists = Each<IList>(samples);
        CheckSizes(lists, static l => l.Count);
        object?[] parts = new object?[first.Count];
        for (int i = 0; i < parts.Length; i++) parts[i] = Join(Array.ConvertAll(lists, l => l[i]), Item(to));
        return ListOf(parts, to);
    }

    /// <summary>The type of a list's items.</summary>
    static Type Item(Type list) => list.IsArray ? list.GetElementType()!
        : list.IsGenericType && list.GetGenericArguments() is [var item] ? item : typeof(object);

    static object ListOf(object?[] parts, Type to)
    {
        if (to.IsInstanceOfType(parts)) return parts;
        if (to.IsArray)
        {
            Array array = Array.CreateInstanceFromArrayType(to, parts.Length);
            for (int i = 0; i < parts.Length; i++) array.SetValue(parts[i], i);
            return array;
        }
        if (Array.TrueForAll(parts, static p => p is Tensor) && to.IsAssignableFrom(typeof(Tensor[])))
            return Array.ConvertAll(parts, static p => (Tensor)p!);
        if (to.IsAbstract || !typeof(IList).IsAssignableFrom(to)) throw Unfit(typeof(object[]), typeof(object[]), to);
        var list = (IList)Activator.CreateInstance(to)!;
        foreach (object? part in parts) list.Add(part);
        return list;
    }

    static object Records(Type from, object?[] samples, Type to)
    {
        if (from.IsPrimitive || from.IsEnum || from.Namespace is "System" || typeof(IEnumerable).IsAssignableFrom(from))
            throw Unknown(from.Name);
        if (to == typeof(object)) to = from;
        foreach (ConstructorInfo constructor in to.GetConstructors(Public).OrderByDescending(static c => c.GetParameters().Length))
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            if (parameters.Length == 0 || Array.Exists(parameters, p => Getter(from, p.Name!) is null)) continue;
            return constructor.Invoke(Array.ConvertAll(parameters,
                p => Join(Array.ConvertAll(samples, Getter(from, p.Name!)!), p.ParameterType)));
        }
        throw Unknown(from.Name);
    }

    static Converter<object?, object?>? Getter(Type type, string name)
    {
        const BindingFlags Flags = Public | BindingFlags.IgnoreCase;
        if (type.GetProperty(name, Flags) is { CanRead: true } property) return property.GetValue;
        return type.GetField(name, Flags) is { } field ? field.GetValue : null;
    }

    static void CheckSizes<T>(T[] parts, Func<T, int> size)
    {
        for (int i = 1; i < parts.Length; i++)
            if (size(parts[i]) != size(parts[0]))
                Throw.Shapes("each element in list of batch should be of equal size: " +
                    $"entry 0 has {size(parts[0])} items and entry {i} has {size(parts[i])}; give a collateFn.");
    }

    static ArgumentException Unknown(string found) => new(
        $"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {found}. " +
        "Give a collateFn, or let the type be a record of such parts.");

    static ArgumentException Unfit(Type sample, Type batch, Type to) => new(
        $"default_collate: samples of type {sample.Name} make a batch of type {batch.Name}, which is no {to.Name}. " +
        "Numbers and tensors make a Tensor, strings a string[]: state the loader's batch type accordingly, or give a collateFn.");
}
