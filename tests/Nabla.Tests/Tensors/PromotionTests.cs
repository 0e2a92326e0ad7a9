using System.Text.Json;

namespace Nabla.Tests.Tensors;

/// <summary>Every pair of operands as tests/golden/promotion.py recorded it.</summary>
public sealed class PromotionTests
{
    [Fact]
    public void FollowsPyTorchsTable()
    {
        string[][] rows = JsonSerializer.Deserialize<string[][]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data",
            "promotion.json")))!;
        Assert.Equal(460, rows.Length);
        foreach (string[] row in rows)
        {
            Tensor x = Operand(row[0], row[1]);
            DType result = row[2] == "number" ? x.Mul(Number(row[3])).DType : x.Mul(Operand(row[2], row[3])).DType;
            Assert.True(result.Name() == row[4], $"{row[0]} {row[1]} with {row[2]} {row[3]} gives {result.Name()}, expected {row[4]}");
            if (row[2] == "number") continue;
            Assert.Equal(row[4], Operand(row[2], row[3]).Mul(x).DType.Name());
        }
    }

    private static Tensor Operand(string kind, string dtype) =>
        Tensor.Ones(kind == "tensor" ? [2] : default, Enum.GetValues<DType>().Single(d => d.Name() == dtype));

    private static Scalar Number(string text) => text switch { "True" => true, "3" => 3, _ => 2.5 };
}
