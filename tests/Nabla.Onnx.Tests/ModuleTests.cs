using static Nabla.Onnx.Tests.ModuleRows;

namespace Nabla.Onnx.Tests;

/// <summary>Every kind of module of the library: exported and equal in ONNX Runtime, or refused with a reason.</summary>
public class ModuleTests
{
    public static TheoryData<string> Names() => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Exports_or_says_why_not(string name)
    {
        Tensor.ManualSeed(7);
        All[name]();
    }

    [Fact]
    public void Every_kind_has_a_row()
    {
        string[] kinds = [.. typeof(Module).Assembly.GetExportedTypes().Where(static t => t.IsSubclassOf(typeof(Module)) && !t.IsAbstract)
            .Select(static t => t.Name.Split('`')[0])];
        HashSet<string> rows = [.. All.Keys.Select(static name => name.Split(' ')[0]), .. NoForward];
        Assert.Equal([], kinds.Where(kind => !rows.Contains(kind)));
        Assert.Equal([], rows.Where(row => !kinds.Contains(row)));
    }
}
