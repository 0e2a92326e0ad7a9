using System.Text;
using Nabla.Conformance;

namespace Nabla.Tests.Laws;

/// <summary>Law 1: values, gradients and tangents are PyTorch's, on the data the project carries.</summary>
public sealed class ConformanceTests
{
    internal static string DataPath => Path.Combine(AppContext.BaseDirectory, "Data", "ops.zip");

    /// <summary>One theory case per operator; one without a row fails.</summary>
    public static TheoryData<string> Operators
    {
        get
        {
            using DataSet data = new(DataPath);
            return [.. data.Operators.Select(static o => o.File)];
        }
    }

    private static readonly Lazy<DataSet> Data = new(() => new(DataPath));

    [Theory, MemberData(nameof(Operators))]
    public void Operators_agree_with_PyTorch(string file)
    {
        OperatorResult result = Runner.Run(Data.Value, Data.Value.Operators.First(o => o.File == file));
        Assert.False(result.Absent, $"{file} has no row in the registry");
        IReadOnlyList<Failure> failures = result.Failures;
        if (failures.Count == 0) return;
        StringBuilder text = new();
        foreach (Failure f in failures)
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture,
                $"sample {f.Sample} ({f.Layout}) {f.Call}: {string.Join("; ", f.Differences)}");
        Assert.Fail($"{file}: {failures.Count} of {result.Passed + failures.Count} cases fail\n{text}");
    }
}
