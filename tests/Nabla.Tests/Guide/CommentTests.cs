using System.Reflection;
using System.Xml.Linq;
using Nabla.Testing;

namespace Nabla.Tests.Guide;

/// <summary>Whatever a user sees has a comment, which the reference shows. (The compiler asks for them, too, unless somebody tells it not
/// to.)</summary>
public sealed class CommentTests
{
    public static TheoryData<string> Assemblies => [typeof(Tensor).Assembly.Location, typeof(GradCheck).Assembly.Location];

    [Theory, MemberData(nameof(Assemblies))]
    public void Every_public_member_has_a_comment(string assembly)
    {
        XElement members = XDocument.Load(Path.ChangeExtension(assembly, ".xml")).Root!.Element("members")!;
        // Overloads are one entry here: the compiler looks at each.
        HashSet<string> commented = [.. members.Elements("member").Where(static m => m.Elements().Any())
            .Select(static m => m.Attribute("name")!.Value.Split('(')[0].Split("``")[0].Split('~')[0])];
        Type[] types = Assembly.LoadFrom(assembly).GetExportedTypes();
        string[] missing = [.. types.SelectMany(Names).Where(n => !commented.Contains(n)).Distinct()];
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Names(Type type)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        string name = type.FullName!.Replace('+', '.');
        // Members that extend another type are commented where they are written, in a block without a name.
        if (name.Contains('<') || name.Contains('$')) yield break;
        yield return $"T:{name}";
        foreach (FieldInfo field in type.GetFields(Own))
            if (!field.IsSpecialName) yield return $"F:{name}.{field.Name}";
        // Of records and delegates the compiler writes the members, and the parameters have their comments above.
        bool record = type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null;
        if (record || typeof(Delegate).IsAssignableFrom(type)) yield break;
        foreach (PropertyInfo property in type.GetProperties(Own))
            if (IsOwn(property.GetMethod ?? property.SetMethod!)) yield return $"P:{name}.{property.Name}";
        foreach (MethodInfo method in type.GetMethods(Own))
            if (!method.IsSpecialName && IsOwn(method)) yield return $"M:{name}.{method.Name}";
    }

    /// <summary>Overrides and what an interface asks for have the comment of what they fulfil.</summary>
    private static bool IsOwn(MethodInfo method)
    {
        if (method.GetBaseDefinition() != method || method.Name.Contains('.') || method.Name.Contains('<')) return false;
        Type type = method.DeclaringType!;
        return type.IsInterface || !type.GetInterfaces().Any(i => type.GetInterfaceMap(i).TargetMethods.Contains(method));
    }
}
