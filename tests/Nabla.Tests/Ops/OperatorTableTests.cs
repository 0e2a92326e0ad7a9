using Nabla.Conformance;
using Nabla.Tests.Samples;

namespace Nabla.Tests.Laws;

/// <summary>The page of operations says what the operations are.</summary>
public sealed class OperatorTableTests
{
    [Fact]
    public void The_page_is_current()
    {
        string page = File.ReadAllText(Path.Combine(SampleRunner.Root(), "docs", "operators.md")).ReplaceLineEndings("\n");
        Assert.True(page == OperatorTable.Write(), "docs/operators.md is not what the registry says: dotnet run build.cs -- operators");
    }
}
