using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nabla;

/// <summary>Trees of any type: a value's type is looked at once, and its fields are remembered.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Types that cannot be looked at implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Types that cannot be looked at implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2067", Justification = "Types that cannot be looked at implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "Types that cannot be looked at implement ITree.")]
internal static class TreeWalker
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<Type, FieldInfo[]> FieldsOf = new();
    private static readonly ConcurrentDictionary<Type, bool> Holding = new();
    private static readonly MethodInfo CloneMethod = typeof(object).GetMethod("MemberwiseClone",
        BindingFlags.Instance | BindingFlags.NonPublic)!;

    internal static object? Map(object? value, Func<Tensor, Tensor> f)
    {
        switch (value)
        {
            case null: return null;
            case Tensor t: return f(t);
            case ITree tree: return tree.MapTensors(t => t is null ? null! : f(t));
        }
        if (!MayHold(value.GetType())) return value;
        switch (value)
        {
            case Array array:
                Array copy = (Array)array.Clone();
                int i = 0;
                foreach (object? item in array) Set(copy, i++, Map(item, f));
                return copy;
            case IDictionary dictionary:
                IDictionary map = (IDictionary)Activator.CreateInstance(value.GetType())!;
                foreach (DictionaryEntry entry in dictionary) map.Add(entry.Key, Map(entry.Value, f));
                return map;
            case IReadOnlyList<Tensor> list when value is not List<Tensor> && value.GetType().GetConstructor([]) is null:
                // What a collection expression makes for an interface.
                return list.Select(t => t is null ? null! : f(t)).ToArray();
            case IList list:
                IList items = (IList)Activator.CreateInstance(value.GetType())!;
                foreach (object? item in list) items.Add(Map(item, f));
                return items;
        }
        object clone = CloneMethod.Invoke(value, null)!;
        foreach (FieldInfo field in Fields(value.GetType())) field.SetValue(clone, Map(field.GetValue(value), f));
        return clone;
    }

    private static void Set(Array array, int flat, object? value)
    {
        int[] index = new int[array.Rank];
        for (int d = array.Rank - 1; d >= 0; d--) (flat, index[d]) = Math.DivRem(flat, Math.Max(1, array.GetLength(d)));
        array.SetValue(value, index);
    }

    /// <summary>The parts of a value, one level deep, and how PyTorch writes their structure. Null for a tensor, and for what holds
    /// none.</summary>
    internal static (string Open, string Close, List<(string? Key, object? Value)> Parts)? Parts(object? value)
    {
        if (value is null or Tensor) return null;
        Type type = value.GetType();
        switch (value)
        {
            case ITree tree:
                List<(string?, object?)> leaves = [];
                tree.MapTensors(t =>
                {
                    leaves.Add((null, t));
                    return t;
                });
                return ($"{type.Name}(", ")", leaves);
            case not null when !MayHold(type): return null;
            case IDictionary dictionary:
                List<(string?, object?)> entries = [];
                foreach (DictionaryEntry entry in dictionary) entries.Add(($"{entry.Key}", entry.Value));
                return ("{", "}", entries);
            case IEnumerable list when value is IList || value is IReadOnlyList<Tensor>:
                return ("[", "]", [.. list.Cast<object?>().Select(static item => ((string?)null, item))]);
            case ITuple tuple:
                return ("(", ")", [.. Enumerable.Range(0, tuple.Length).Select(i => ((string?)null, tuple[i]))]);
            default:
                return ($"{type.Name}(", ")", [.. Fields(type).Select(field => ((string?)Name(field), field.GetValue(value)))]);
        }
    }

    internal static void Describe(object? value, StringBuilder text)
    {
        if (value is Tensor)
        {
            text.Append('*');
            return;
        }
        if (Parts(value) is not { } node)
        {
            text.Append(value is null ? "null" : value.GetType().Name);
            return;
        }
        text.Append(node.Open);
        bool first = true;
        foreach ((string? key, object? part) in node.Parts)
        {
            if (!first) text.Append(", ");
            first = false;
            if (key is not null) text.Append(node.Open == "{" ? $"'{key}': " : $"{key}=");
            Describe(part, text);
        }
        if (node is { Open: "(", Parts.Count: 1 }) text.Append(',');
        text.Append(node.Close);
    }

    /// <summary>Whether a tensor can be inside a value of this type.</summary>
    internal static bool MayHold(Type type)
    {
        if (Holding.TryGetValue(type, out bool known)) return known;
        return Holding[type] = MayHold(type, []);
    }

    private static bool MayHold(Type type, HashSet<Type> seen)
    {
        if (type == typeof(Tensor) || typeof(ITree).IsAssignableFrom(type)) return true;
        if (!seen.Add(type) || type.IsPrimitive || type.IsEnum || type.IsPointer) return false;
        if (type == typeof(string) || type == typeof(object)) return false;
        if (type.IsArray) return MayHold(type.GetElementType()!, seen);
        if (typeof(Delegate).IsAssignableFrom(type)) return false;
        bool system = type.Namespace is { } space && (space == "System" || space.StartsWith("System.", StringComparison.Ordinal));
        if (system || (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type)))
            return type.IsGenericType && (typeof(ITuple).IsAssignableFrom(type) || typeof(IEnumerable).IsAssignableFrom(type) ||
                Nullable.GetUnderlyingType(type) is not null) && type.GetGenericArguments().Any(a => MayHold(a, seen));
        if (type.Assembly == typeof(Tensor).Assembly) return false;
        if (type.IsAbstract) return !type.IsInterface;
        return AllFields(type).Any(field => MayHold(field.FieldType, seen));
    }

    private static FieldInfo[] Fields(Type type) =>
        FieldsOf.GetOrAdd(type, static t => [.. AllFields(t).Where(static field => MayHold(field.FieldType))]);

    /// <summary>Inherited fields first, each type's own in the order in which they are declared.</summary>
    private static List<FieldInfo> AllFields(Type type)
    {
        List<FieldInfo> fields = [];
        for (Type? t = type; t is not null && t != typeof(object) && t != typeof(ValueType); t = t.BaseType)
            fields.InsertRange(0, t.GetFields(Instance).OrderBy(Nn.ModuleType.Declared));
        return fields;
    }

    /// <summary>The property's name for the field behind it.</summary>
    private static string Name(FieldInfo field) =>
        field.Name is ['<', ..] name && name.IndexOf('>') is > 0 and var end ? name[1..end] : field.Name;
}
