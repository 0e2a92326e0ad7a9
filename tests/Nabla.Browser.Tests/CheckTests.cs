using System.Runtime.InteropServices;
using Nabla.Browser.Checks;
using Nabla.Registry;

namespace Nabla.Browser.Tests;

/// <summary>The library in a browser: one thread, no more than 128 bits in a vector, code interpreted first and translated later.</summary>
[Collection("Browser")]
public sealed class CheckTests(BrowserFixture browser)
{
    private const int Times = 3;

    [Fact]
    public async Task Every_operation_gives_the_numbers_it_gives_elsewhere()
    {
        await using Visit visit = await browser.Checks();
        List<string> wrong = [];
        int compared = 0;
        for (int i = 0; i < Registry.Registry.All.Count; i++)
        {
            OpRow row = Registry.Registry.All[i];
            string name = $"{row.Name} {row.Variant}";
            string answer = await visit.Get<string>($"checks.Row({i}, {Times})");
            if (answer.StartsWith('!'))
            {
                wrong.Add($"{name}: {answer}");
                continue;
            }
            double[] there = Numbers(answer), here = RowValues.Of(row, 1);
            if (Difference(here, there, Math.Max(1e-9, row.Tolerance?.Relative ?? 0)) is { } difference) wrong.Add($"{name}: {difference}");
            compared += here.Length;
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(compared > 10_000, $"{compared} numbers");
        Assert.Empty(visit.Errors);
    }

    private static double[] Numbers(string bits) => [.. MemoryMarshal.Cast<byte, double>(Convert.FromBase64String(bits))];

    private static string? Difference(double[] here, double[] there, double tolerance)
    {
        if (here.Length != there.Length) return $"{here.Length} numbers here, {there.Length} there";
        for (int i = 0; i < here.Length; i++)
        {
            if (here[i].Equals(there[i])) continue;
            double most = tolerance * Math.Max(1, Math.Abs(here[i]));
            if (!(Math.Abs(here[i] - there[i]) <= most)) return $"number {i} is {here[i]:R} here and {there[i]:R} there";
        }
        return null;
    }

    /// <summary>The translated code of .NET 10's browser runtime saturates where a vector is narrowed: comparisons went wrong with
    /// it.</summary>
    [Fact]
    public async Task Long_loops_give_the_numbers_they_give_elsewhere()
    {
        await using Visit visit = await browser.Checks();
        List<string> wrong = [];
        for (int i = 0; i < LoopValues.Names.Count; i++)
        {
            double[] there = Numbers(await visit.Get<string>($"checks.Loop({i}, 30)")), here = LoopValues.Of(i, 1);
            // The last place of the dtype, in which results may differ.
            double tolerance = LoopValues.Names[i].Split(' ')[0] switch { "BFloat16" => 0.01, "Float16" => 1e-3, _ => 1e-6 };
            if (Difference(here, there, tolerance) is { } difference) wrong.Add($"{LoopValues.Names[i]}: {difference}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Empty(visit.Errors);
    }

    [Fact]
    public async Task Workers_of_a_loader_read_on_the_only_thread()
    {
        await using Visit visit = await browser.Checks();
        string[] seen = (await visit.Get<string>("checks.Loader()")).Split("; ");
        Assert.Equal(6, seen.Length);
        Assert.StartsWith("0:0/2 0.", seen[0], StringComparison.Ordinal);
        Assert.StartsWith("2:1/2 0.", seen[1], StringComparison.Ordinal);
        Assert.Contains("reading sample 8: eight", seen[4], StringComparison.Ordinal);
        Assert.Equal("outside True", seen[5]);
    }

    [Fact]
    public async Task A_trainer_trains_saves_and_goes_on()
    {
        await using Visit visit = await browser.Checks();
        string[] figures = (await visit.Get<string>("checks.Train()")).Split(' ');
        Assert.Equal("16", figures[0]);
        Assert.Equal(figures[2], figures[1]);
    }

    [Fact]
    public async Task Files_memory_and_loops_work()
    {
        await using Visit visit = await browser.Checks();
        Assert.Equal("True True", await visit.Get<string>("checks.Save()"));
        Assert.Equal("True True", await visit.Get<string>("checks.Memory()"));
        Assert.Equal($"{((1L << 20) - 1) * (1L << 20)} 4 2", await visit.Get<string>("checks.Inline()"));
        Assert.Empty(visit.Errors);
    }
}
