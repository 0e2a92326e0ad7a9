using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;

namespace Nabla.Nn;

/// <summary>A place in a module that holds a tensor or a child: a field, an item of a list or dictionary in a field, or something
/// registered by name.</summary>
/// <param name="Name">The name in the state dict.</param>
/// <param name="Holder">The module, list or dictionary.</param>
/// <param name="Key">The field, index or key.</param>
/// <param name="Buffer">Whether a tensor here is a buffer.</param>
/// <param name="Persistent">Whether a buffer is saved.</param>
internal readonly record struct Slot(string Name, object Holder, object Key, bool Buffer = false, bool Persistent = true)
{
    internal object? Value => Key switch
    {
        FieldInfo place => place.GetValue(Holder),
        int i => ((IList)Holder)[i],
        _ => ((IDictionary)Holder)[Key]
    };

    internal void Put(object? value)
    {
        switch (Key)
        {
            case FieldInfo place: place.SetValue(Holder, value); break;
            case int i: ((IList)Holder)[i] = value; break;
            default: ((IDictionary)Holder)[Key] = value; break;
        }
    }

    /// <summary>A list or dictionary of the same type with other items; anything else as it is.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "Lists and dictionaries that a kept field refers to.")]
    internal static object Rebuild(object value, Func<object?, object?> f)
    {
        switch (value)
        {
            case Array array:
                Array copy = (Array)array.Clone();
                for (int i = 0; i < copy.Length; i++) copy.SetValue(f(copy.GetValue(i)), i);
                return copy;
            case IList list:
                IList items = (IList)Activator.CreateInstance(value.GetType())!;
                foreach (object? item in list) items.Add(f(item));
                return items;
            case IDictionary dictionary:
                IDictionary map = (IDictionary)Activator.CreateInstance(value.GetType())!;
                foreach (DictionaryEntry entry in dictionary) map.Add(entry.Key, f(entry.Value));
                return map;
            default: return value;
        }
    }
}

/// <summary>The fields of a type of module that may hold tensors or modules, found once per type.</summary>
internal sealed class ModuleType
{
    private const DynamicallyAccessedMemberTypes Kept = DynamicallyAccessedMemberTypes.PublicFields |
        DynamicallyAccessedMemberTypes.NonPublicFields;

    private static readonly ConcurrentDictionary<Type, ModuleType> Known = new();

    internal readonly (FieldInfo Field, string Name, BufferAttribute? Buffer)[] Fields;

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Base types are Modules too, whose annotation keeps their fields.")]
    private ModuleType([DynamicallyAccessedMembers(Kept)] Type type)
    {
        List<(FieldInfo, string, BufferAttribute?)> found = [];
        Stack<Type> line = [];
        for (Type? t = type; t is not null && t != typeof(Module); t = t.BaseType) line.Push(t);
        const BindingFlags own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (Type t in line)
            foreach (FieldInfo field in t.GetFields(own).OrderBy(Declared))
                if (MayHold(field.FieldType))
                    found.Add((field, NameOf(field), field.GetCustomAttribute<BufferAttribute>()));
        Fields = [.. found];
    }

    internal static ModuleType Of(Module module) => Of(module.GetType());

    // The annotated parameter is what makes the compiler that works ahead of time keep the fields of every module: it looks at a call of
    // GetType only where the type goes on to something that is annotated.
    private static ModuleType Of([DynamicallyAccessedMembers(Kept)] Type type) =>
        Known.TryGetValue(type, out ModuleType? known) ? known : Known.GetOrAdd(type, new ModuleType(type));

    /// <summary>The place among the fields as they are declared. Code compiled ahead of time has no tokens and keeps that order.</summary>
    internal static int Declared(FieldInfo field) => field.HasMetadataToken() ? field.MetadataToken : 0;

    /// <summary>Whether such a field can hold a tensor, a module, or a list or dictionary of those.</summary>
    private static bool MayHold(Type type)
    {
        if (typeof(Module).IsAssignableFrom(type) || type == typeof(Tensor)) return true;
        if (type.IsInterface && !typeof(IEnumerable).IsAssignableFrom(type)) return true;
        if (type.IsArray) return type.GetArrayRank() == 1 && Holds(type.GetElementType()!);
        return typeof(IEnumerable).IsAssignableFrom(type) && type.IsGenericType && Holds(type.GetGenericArguments()[^1]);

        static bool Holds(Type item) => typeof(Module).IsAssignableFrom(item) || item == typeof(Tensor);
    }

    private static string NameOf(FieldInfo field)
    {
        if (field.GetCustomAttribute<StateNameAttribute>() is { } given) return given.Name;
        string name = field.Name;
        // The compiler calls an automatic property's field <Name>k__BackingField, and a captured parameter's <name>P.
        if (name.StartsWith('<')) name = name[1..name.IndexOf('>', StringComparison.Ordinal)];
        return Snake(name.TrimStart('_'));
    }

    /// <summary>A .NET name as PyTorch writes it: <c>RunningMean</c> is <c>running_mean</c>, <c>fc1</c> stays.</summary>
    internal static string Snake(string name)
    {
        StringBuilder text = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool word = char.IsUpper(name[i]) && i > 0 && name[i - 1] != '_' && (!char.IsUpper(name[i - 1])
                || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (word) text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
