using System.Text;
using Nabla.Conformance;

namespace Nabla.Tests.Laws;

/// <summary>Law 1: values, gradients and tangents are PyTorch's, on the data the project carries.</summary>
public sealed class ConformanceTests
{
    internal static string DataPath => Path.Combine(AppContext.BaseDirectory, "Data", "ops.zip");

    /// <summary>One theory case per operator that has a row.</summary>
    public static TheoryData<string> Operators
    {
        get
        {
            using DataSet data = new(DataPath);
            return [.. data.Operators.Where(o => Registry.Registry.Find(o.Name, o.Variant) is not null).Select(o => o.File)];
        }
    }

    private static readonly Lazy<DataSet> Data = new(() => new(DataPath));

    [Theory, MemberData(nameof(Operators))]
    public void Operators_agree_with_PyTorch(string file)
    {
        OperatorResult result = Runner.Run(Data.Value, Data.Value.Operators.First(o => o.File == file));
        Failure[] failures = [.. result.Failures.Where(f => KnownDifferences.Reason(file, f.Sample) is null)];
        if (failures.Length == 0) return;
        StringBuilder text = new();
        foreach (Failure f in failures)
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture,
                $"sample {f.Sample} ({f.Layout}) {f.Call}: {string.Join("; ", f.Differences)}");
        Assert.Fail($"{file}: {failures.Length} of {result.Passed + failures.Length} cases fail\n{text}");
    }
}
