using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>The operations of the library, found by reflection, and which rows cover them.</summary>
internal static class OpStructs
{
    private static readonly Type[] Kinds = [typeof(IMap<>), typeof(IZip<>), typeof(ILinear<>), typeof(IBilinear<>), typeof(IOp<>)];

    /// <summary>Every operation in <c>Nabla.Ops</c>.</summary>
    internal static IReadOnlyList<Type> All { get; } = [.. typeof(Nabla.Ops).GetNestedTypes(System.Reflection.BindingFlags.Public
        | System.Reflection.BindingFlags.NonPublic).Where(static t => t.IsValueType && Kinds.Any(k => Implements(t, k)))];

    private static readonly Dictionary<string, Type> ByName = All.ToDictionary(static t => Plain(t.Name));

    internal static bool IsElementwise(Type op) => Implements(op, typeof(IMap<>)) || Implements(op, typeof(IZip<>));

    /// <summary>The operations a row covers: those it names, or else the one of its own name.</summary>
    internal static IEnumerable<Type> CoveredBy(OpRow row)
    {
        IEnumerable<string> names = row.Covers.Length > 0 ? row.Covers : [row.Name[(row.Name.LastIndexOf('.') + 1)..]];
        return names.Select(static n => ByName.GetValueOrDefault(Plain(n))).OfType<Type>();
    }

    /// <summary>The operation as declared: without its type arguments.</summary>
    internal static Type Declared(Type op) => op.IsGenericType ? op.GetGenericTypeDefinition() : op;

    /// <summary>A name for comparisons: no underscores, no case, no count of type parameters.</summary>
    internal static string Plain(string name) => name.Split('`')[0].Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static bool Implements(Type type, Type kind) =>
        Array.Exists(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == kind
            && i.GetGenericArguments()[0] == type);
}
