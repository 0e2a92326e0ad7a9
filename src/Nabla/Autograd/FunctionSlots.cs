using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>The tensors in the input or output of a user's function, and the structure around them.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Types that cannot be looked at implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "Types that cannot be looked at implement ITree.")]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Types that cannot be looked at implement ITree.")]
internal static class FunctionSlots
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Where a tensor was, in a structure that must not hold it.</summary>
    private static readonly Tensor Place = new(new Storage([]), Layout.Scalar, DType.Float32);

    private static readonly ConcurrentDictionary<Type, bool> Seen = new();

    /// <summary>The tensors in a value, from left to right, and the value without them. Null stays null.</summary>
    internal static (Tensor[] Leaves, T Skeleton) Open<[DynamicallyAccessedMembers(Tree.Needs)] T>(T value, string who, string what)
    {
        if (value is Tensor one) return ([one], (T)(object)Place);
        if (value is null) return ([], value);
        List<Tensor> leaves = [];
        T skeleton = Tree.Map(value, t =>
        {
            if (t is null) return null!;
            leaves.Add(t);
            return Place;
        });
        if (!IsOpen(value.GetType())) new Search(leaves, who, what).Visit(value, what);
        return ([.. leaves], skeleton);
    }

    /// <summary>The value with these tensors in its places, or null.</summary>
    internal static T Fill<[DynamicallyAccessedMembers(Tree.Needs)] T>(T skeleton, Tensor?[] leaves)
    {
        if (skeleton is Tensor) return (T)(object)leaves[0]!;
        if (skeleton is null) return skeleton;
        int next = 0;
        return Tree.Map(skeleton, t => t is null ? null! : leaves[next++]!);
    }

    /// <summary>The tensors of a value at the places of a skeleton; null where it has none.</summary>
    /// <param name="skeleton">The places.</param>
    /// <param name="value">The value.</param>
    /// <param name="count">The number of places.</param>
    /// <param name="report">Throws for a number of values that does not fit (expected, got), or for a value, at a position, where there is
    /// no place (-1, position).</param>
    internal static Tensor?[] Match(object? skeleton, object? value, int count, Action<int, int> report)
    {
        Tensor?[] found = new Tensor?[count];
        if (count == 1 && skeleton is Tensor && value is null or Tensor)
        {
            found[0] = (Tensor?)value;
            return found;
        }
        int next = 0, position = 0;
        Match(skeleton, value, found, ref next, ref position, report);
        return found;
    }

    private static void Match(object? skeleton, object? value, Tensor?[] found, ref int next, ref int position, Action<int, int> report)
    {
        if (skeleton is Tensor)
        {
            if (value is not null and not Tensor) report(1, TreeWalker.Parts(value) is { } several ? several.Parts.Count : 0);
            (found[next++], position) = ((Tensor?)value, position + 1);
            return;
        }
        if (TreeWalker.Parts(skeleton) is not { } places)
        {
            position++;
            if (value is Tensor) report(-1, position);
            return;
        }
        if (value is null)
        {
            next += Leaves(skeleton);
            position += places.Parts.Count;
            return;
        }
        if (TreeWalker.Parts(value) is not { } parts)
        {
            report(places.Parts.Count, value is Tensor ? 1 : 0);
            return;
        }
        bool keyed = places.Open == "{" && parts.Open == "{";
        int got = parts.Parts.Count;
        if (keyed)
        {
            foreach ((string? key, object? part) in parts.Parts)
                if (part is not null && !places.Parts.Exists(p => p.Key == key)) report(places.Parts.Count, got);
        }
        else
        {
            // More nulls than places at the end are fine.
            while (got > places.Parts.Count && parts.Parts[got - 1].Value is null) got--;
            if (got != places.Parts.Count) report(places.Parts.Count, parts.Parts.Count);
        }
        for (int i = 0; i < places.Parts.Count; i++)
        {
            (string? key, object? place) = places.Parts[i];
            Match(place, keyed ? parts.Parts.Find(p => p.Key == key).Value : parts.Parts[i].Value, found, ref next, ref position, report);
        }
    }

    /// <summary>The number of tensors in a skeleton.</summary>
    internal static int Leaves(object? skeleton)
    {
        if (skeleton is Tensor) return 1;
        int n = 0;
        if (TreeWalker.Parts(skeleton) is { } node)
            foreach ((_, object? part) in node.Parts) n += Leaves(part);
        return n;
    }

    /// <summary>Whether all tensors in values of a type are found: it holds none but where trees have them.</summary>
    private static bool IsOpen(Type type)
    {
        if (Seen.TryGetValue(type, out bool known)) return known;
        return Seen[type] = IsOpen(type, [], exact: true);
    }

    /// <param name="type">The type of a value, or one that it is declared to have.</param>
    /// <param name="above">The types that it is a part of.</param>
    /// <param name="exact">Whether the value's type is just this, and not one derived from it.</param>
    private static bool IsOpen(Type type, HashSet<Type> above, bool exact)
    {
        if (type == typeof(Tensor) || type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal)) return true;
        if (typeof(ITree).IsAssignableFrom(type)) return true;
        if (type == typeof(object) || type.IsInterface || !above.Add(type)) return false;
        if (type.IsArray) return IsOpen(type.GetElementType()!, above, false);
        if (typeof(Delegate).IsAssignableFrom(type) || type.Assembly == typeof(Tensor).Assembly) return true;
        if (type.IsGenericType && type.Namespace is "System" or "System.Collections.Generic")
            return (typeof(ITuple).IsAssignableFrom(type) || typeof(IDictionary).IsAssignableFrom(type) ||
                typeof(IList).IsAssignableFrom(type) || Nullable.GetUnderlyingType(type) is not null) &&
                Array.TrueForAll(type.GetGenericArguments(), a => IsOpen(a, above, false));
        if (IsSystem(type)) return !type.IsGenericType;
        if (typeof(IEnumerable).IsAssignableFrom(type) || !(exact || type.IsSealed)) return false;
        return type.BaseType is var parent && (parent is null || parent == typeof(object) || parent == typeof(ValueType)
            || IsOpen(parent, above, true)) && Array.TrueForAll(type.GetFields(Instance), field => IsOpen(field.FieldType, above, false));
    }

    private static bool IsSystem(Type type) =>
        type.Namespace is { } space && (space == "System" || space.StartsWith("System.", StringComparison.Ordinal));

    /// <summary>Looks for tensors that trees do not see: they would silently not be tracked.</summary>
    private sealed class Search(List<Tensor> known, string who, string what)
    {
        private readonly HashSet<object> seen = new(ReferenceEqualityComparer.Instance);

        internal void Visit(object? value, string where)
        {
            if (value is null or string or Delegate or Type) return;
            if (value is Tensor t)
            {
                if (!known.Exists(k => ReferenceEquals(k, t))) Fail(where);
                return;
            }
            Type type = value.GetType();
            if (IsOpen(type) || (!type.IsValueType && !seen.Add(value))) return;
            if (value is IDictionary dictionary)
            {
                foreach (DictionaryEntry entry in dictionary) Visit(entry.Value, $"{where}[{entry.Key}]");
            }
            else if (value is IEnumerable items)
            {
                if (value is not ICollection && !Array.Exists(type.GetInterfaces(), IsCollection))
                {
                    if (Array.Exists(type.GetInterfaces(), MayYield)) Fail(where);
                    return;
                }
                int i = 0;
                foreach (object? item in items) Visit(item, $"{where}[{i++}]");
            }
            else if (value is ITuple tuple)
            {
                for (int i = 0; i < tuple.Length; i++) Visit(tuple[i], $"{where}.Item{i + 1}");
            }
            else if (IsSystem(type))
            {
                if (type.IsGenericType && Array.Exists(type.GetGenericArguments(), TreeWalker.MayHold)) Fail(where);
            }
            else
            {
                for (Type? t0 = type; t0 is not null && t0 != typeof(object) && t0 != typeof(ValueType); t0 = t0.BaseType)
                    foreach (FieldInfo field in t0.GetFields(Instance)) Visit(field.GetValue(value), $"{where}.{Name(field)}");
            }
        }

        private static string Name(FieldInfo field) =>
            field.Name is ['<', ..] name && name.IndexOf('>') is > 0 and var end ? name[1..end] : field.Name;

        private static bool IsCollection(Type type) =>
            type.IsGenericType && type.GetGenericTypeDefinition() is var d &&
            (d == typeof(ICollection<>) || d == typeof(IReadOnlyCollection<>));

        private static bool MayYield(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>)
            && (type.GetGenericArguments()[0] == typeof(object) || TreeWalker.MayHold(type.GetGenericArguments()[0]));

        private void Fail(string where) => Throw.Graph($"{who}: a tensor at {where} would silently not be tracked: the type that holds " +
            $"it is not looked into. Let the {what} be a tensor, or a tuple, list, dictionary or record of tensors, or implement ITree.");
    }
}
