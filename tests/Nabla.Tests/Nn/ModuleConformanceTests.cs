using System.Globalization;
using System.Text;
using Nabla.Conformance;

namespace Nabla.Tests.Nn;

/// <summary>Modules give PyTorch's values, gradients and states, on the data the project carries.</summary>
public sealed class ModuleConformanceTests
{
    private static readonly Lazy<DataSet> Data = new(static () => new(Path.Combine(AppContext.BaseDirectory, "Data", "modules.zip")));

    public static TheoryData<string> Modules => [.. Data.Value.Modules.Select(static m => m.Name)];

    [Theory, MemberData(nameof(Modules))]
    public void Modules_agree_with_PyTorch(string name)
    {
        OperatorResult result = Runner.Run(Data.Value, Data.Value.Modules.First(m => m.Name == name));
        Assert.SkipWhen(result.Absent, $"There is no module {name} yet.");
        StringBuilder text = new();
        foreach (Failure f in result.Failures)
            text.AppendLine(CultureInfo.InvariantCulture, $"case {f.Sample} ({f.Layout}) {f.Call}: {string.Join("; ", f.Differences)}");
        Assert.True(result.Failures.Count == 0, text.ToString());
    }
}
