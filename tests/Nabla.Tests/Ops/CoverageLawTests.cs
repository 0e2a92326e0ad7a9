using System.Reflection;
using Nabla.Conformance;
using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Law 14: nothing is outside the registry.</summary>
public sealed class CoverageLawTests
{
    public static TheoryData<string> Structs => [.. OpStructs.All.Select(static t => t.Name)];

    [Theory, MemberData(nameof(Structs))]
    [Trait("Row", "4.12")]
    public void Every_operation_is_covered_by_a_row(string name)
    {
        Assert.True(Covered.Value.Contains(OpStructs.Plain(name)),
            $"No row of the registry covers Ops.{name}: add a row, or name it in a row's Covers.");
    }

    [Fact]
    public void Rows_name_operations_that_exist()
    {
        HashSet<string> known = [.. OpStructs.All.Select(static t => OpStructs.Plain(t.Name))];
        string[] unknown = [.. LawRows.All.SelectMany(r => r.Covers.Where(c => !known.Contains(OpStructs.Plain(c))).Select(c =>
            $"{r.Name}: {c}"))];
        Assert.True(unknown.Length == 0, $"Covers names operations that do not exist: {string.Join(", ", unknown)}");
    }

    [Fact]
    public void Every_public_operation_has_a_row()
    {
        HashSet<string> rows = [.. LawRows.All.Select(static r => OpStructs.Plain(Last(r.Name)))];
        using (DataSet data = new(ConformanceTests.DataPath))
        {
            foreach ((string name, string alias) in data.Aliases)
                if (rows.Contains(OpStructs.Plain(Last(name)))) rows.Add(OpStructs.Plain(Last(alias)));
        }
        string[] missing = [.. Methods().Where(m => !rows.Contains(OpStructs.Plain(m.Split('.')[1]))
            && !Reasons.ContainsKey(m)).Distinct().Order()];
        Assert.True(missing.Length == 0, $"Public operations without a row: {string.Join(", ", missing)}");
    }

    [Fact]
    public void Every_reason_is_needed()
    {
        HashSet<string> methods = [.. Methods()];
        string[] stale = [.. Reasons.Keys.Where(m => !methods.Contains(m))];
        Assert.True(stale.Length == 0, $"Reasons for methods that do not exist: {string.Join(", ", stale)}");
    }

    private const string Drawn = "random: compared with PyTorch's streams, not with a formula";

    /// <summary>Public methods that are no operations of the registry, each with the reason.</summary>
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["Tensor.RequiresGrad_"] = "sets a property",
        ["Tensor.RetainGrad"] = "sets a property",
        ["Tensor.Of"] = "literals, tested with them",
        ["Tensor.From"] = "copies of arrays, tested with them",
        ["Tensor.FromTensorSpan"] = "copies of spans, tested with them",
        ["Tensor.Cauchy"] = Drawn,
        ["Tensor.Exponential"] = Drawn,
        ["Tensor.Geometric"] = Drawn,
        ["Tensor.LogNormal"] = Drawn,
        ["Tensor.Multinomial"] = Drawn,
        ["Tensor.Normal"] = Drawn,
        ["Tensor.Rand"] = Drawn,
        ["Tensor.RandInt"] = Drawn,
        ["Tensor.RandIntLike"] = Drawn,
        ["Tensor.RandLike"] = Drawn,
        ["Tensor.RandPerm"] = Drawn,
        ["Tensor.Randn"] = Drawn,
        ["Tensor.RandnLike"] = Drawn,
        ["Tensor.Random"] = Drawn,
        ["Tensor.Uniform"] = Drawn,
        ["Functional.GumbelSoftmax"] = Drawn,
        ["Tensor.Empty"] = "memory without values: there is nothing to compare",
        ["Tensor.EmptyLike"] = "memory without values: there is nothing to compare",
        ["Tensor.NewEmpty"] = "memory without values: there is nothing to compare",
        ["Tensor.NewTensor"] = "a literal, tested with them",
        ["Tensor.Detach"] = "cuts the graph, tested with views and forward mode",
    };

    private static readonly Lazy<HashSet<string>> Covered = new(() =>
        [.. LawRows.All.SelectMany(OpStructs.CoveredBy).Select(static t => OpStructs.Plain(t.Name))]);

    /// <summary>Type.Method of every public method of the operation classes that returns tensors; X_ counts as X.</summary>
    private static IEnumerable<string> Methods()
    {
        string[] types = ["Tensor", "Functional", "Special", "LinAlg", "Fourier", "Masked"];
        foreach (Type type in typeof(Tensor).Assembly.GetExportedTypes().Where(t => t.Namespace == "Nabla" && types.Contains(t.Name)))
        {
            BindingFlags flags = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            foreach (MethodInfo m in type.GetMethods(flags))
            {
                if (m.IsSpecialName || m.GetBaseDefinition() != m || !ReturnsTensors(m.ReturnType)) continue;
                yield return $"{type.Name}.{(m.Name is "RequiresGrad_" ? m.Name : m.Name.TrimEnd('_'))}";
            }
        }
    }

    private static bool ReturnsTensors(Type type) => type == typeof(Tensor) || type == typeof(Tensor[])
        || type == typeof(IReadOnlyList<Tensor>)
        || (type.IsGenericType && type.Name.StartsWith("ValueTuple", StringComparison.Ordinal)
            && type.GetGenericArguments().Contains(typeof(Tensor)));

    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];
}
