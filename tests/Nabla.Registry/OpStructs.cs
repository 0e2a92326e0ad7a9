namespace Nabla.Registry;

/// <summary>The operations of the library, found by reflection, and which rows cover them.</summary>
public static class OpStructs
{
    private static readonly (Type Kind, string Name)[] Kinds =
    [
        (typeof(IMap<>), "map"), (typeof(IZip<>), "zip"), (typeof(ILinear<>), "linear"), (typeof(IBilinear<>), "bilinear"),
        (typeof(IOp<>), "op"),
    ];

    /// <summary>Every operation in <c>Nabla.Ops</c>.</summary>
    public static IReadOnlyList<Type> All { get; } = [.. typeof(Nabla.Ops).GetNestedTypes(System.Reflection.BindingFlags.Public
        | System.Reflection.BindingFlags.NonPublic).Where(static t => t.IsValueType && KindOf(t) is not null)];

    private static readonly Dictionary<string, Type> ByName = All.ToDictionary(static t => Plain(t.Name));

    public static bool IsElementwise(Type op) => Implements(op, typeof(IMap<>)) || Implements(op, typeof(IZip<>));

    /// <summary>The operations a row covers: those it names, or else the one of its own name.</summary>
    public static IEnumerable<Type> CoveredBy(OpRow row)
    {
        IEnumerable<string> names = row.Covers.Length > 0 ? row.Covers : [row.Name[(row.Name.LastIndexOf('.') + 1)..]];
        return names.Select(static n => ByName.GetValueOrDefault(Plain(n))).OfType<Type>();
    }

    /// <summary>The operation as declared: without its type arguments.</summary>
    public static Type Declared(Type op) => op.IsGenericType ? op.GetGenericTypeDefinition() : op;

    /// <summary>A name for comparisons: no underscores, no case, no count of type parameters.</summary>
    public static string Plain(string name) => name.Split('`')[0].Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>The kind of an operation: map, zip, linear, bilinear or op; null if it is none.</summary>
    public static string? KindOf(Type op) => Array.Find(Kinds, k => Implements(op, k.Kind)).Name;

    private static bool Implements(Type type, Type kind) =>
        Array.Exists(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == kind
            && i.GetGenericArguments()[0] == type);
}
