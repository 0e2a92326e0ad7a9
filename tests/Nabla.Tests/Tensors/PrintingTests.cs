using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Nabla.Tests;

/// <summary>Print options belong to the process, so these tests run alone.</summary>
[CollectionDefinition("Print options", DisableParallelization = true)]
public sealed class PrintOptionsCollection;

/// <summary>Printed tensors against texts that PyTorch 2.6.0 printed.</summary>
[Collection("Print options")]
public sealed class PrintingTests : IDisposable
{
    private static readonly JsonElement[] Rows = Load();

    private static JsonElement[] Load()
    {
        using FileStream stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "printing.json.gz"));
        using GZipStream text = new(stream, CompressionMode.Decompress);
        return [.. JsonDocument.Parse(text).RootElement.EnumerateArray()];
    }

    public void Dispose() => Tensor.PrintOptions = PrintOptions.Default;

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Rows.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void A_tensor_prints_as_in_PyTorch(int index)
    {
        JsonElement row = Rows[index];
        Apply(row);
        string text = row.GetProperty("dtype").GetString()!.StartsWith("complex", StringComparison.Ordinal)
            ? Tensor.Complex(Part(row, 0), Part(row, 1)).ToString()
            : Read(row).ToString();
        if (row.TryGetProperty("parameter", out _)) text = "Parameter containing:\n" + text;
        Assert.Equal(row.GetProperty("text").GetString(), text);
    }

    [Fact]
    public void All_rows_are_there() => Assert.Equal(104, Rows.Length);

    /// <summary>The real or imaginary parts of a row of complex numbers, in the precision of the complex type's parts.</summary>
    private static Tensor Part(JsonElement row, int part)
    {
        long[] shape = [.. row.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64())];
        double[] values = [.. row.GetProperty("data").EnumerateArray().Select(v => Number(v[part]))];
        return Tensor.From(values, shape).To(row.GetProperty("dtype").GetString() == "complex64" ? DType.Float32 : DType.Float64);
    }

    private static Tensor Read(JsonElement row)
    {
        long[] shape = [.. row.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64())];
        DType dtype = Enum.GetValues<DType>().Single(d => d.Name() == row.GetProperty("dtype").GetString());
        double[] values = [.. row.GetProperty("data").EnumerateArray().Select(Number)];
        Tensor x = dtype == DType.Int64
            ? Tensor.From([.. row.GetProperty("data").EnumerateArray().Select(v => v.GetInt64())], shape)
            : Tensor.From(values, shape).To(dtype);
        string suffix = row.GetProperty("suffix").GetString()!;
        if (suffix == "requires_grad=True") x.RequiresGrad_();
        else if (suffix.StartsWith("grad_fn=<", StringComparison.Ordinal)) x.SetHistory(new NamedNode(suffix[9..^1]));
        return x;
    }

    private static double Number(JsonElement v) => v.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.String when v.GetString() == "nan" => double.NaN,
        JsonValueKind.String => v.GetString() == "inf" ? double.PositiveInfinity : double.NegativeInfinity,
        _ => v.GetDouble(),
    };

    private static void Apply(JsonElement row)
    {
        if (!row.TryGetProperty("options", out JsonElement options)) return;
        int? Int(string name) => options.TryGetProperty(name, out JsonElement v) ? v.GetInt32() : null;
        bool? sci = options.TryGetProperty("sci_mode", out JsonElement s) ? s.GetBoolean() : null;
        Tensor.SetPrintOptions(Int("precision"), Int("threshold"), Int("edgeitems"), Int("linewidth"), null, sci);
    }

    private sealed class NamedNode(string name) : Node
    {
        public override string Name => name;
        internal override int InputCount => 0;
        internal override Edge Input(int i) => default;
        internal override void Pull(Tensor g, Span<Tensor?> into) { }
    }

    [Fact]
    public void A_format_applies_to_the_value_of_a_scalar_in_the_caller_s_culture()
    {
        Tensor x = Tensor.Of(1234.5678, DType.Float64);
        Assert.Equal("1234.57", string.Create(CultureInfo.InvariantCulture, $"{x:F2}"));
        Assert.Equal("[   1234.57]", string.Create(CultureInfo.InvariantCulture, $"[{x,10:F2}]"));
        Assert.Equal("1.234,57", x.ToString("N2", new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = "." }));
        Assert.Equal("0042", string.Create(CultureInfo.InvariantCulture, $"{Tensor.Of(42):D4}"));
        Assert.Equal("True", $"{Tensor.Of(true):F2}");
        Assert.Equal("12.00", string.Create(CultureInfo.InvariantCulture, $"{Tensor.Of([12.0]):F2}"));
        Assert.Equal("tensor(42)", $"{Tensor.Of(42)}");
    }

    [Fact]
    public void A_format_applies_to_every_value_of_a_larger_tensor()
    {
        Tensor x = Tensor.Of([[1.0, -2.5], [10.5, 4.0]]);
        Assert.Equal("[[ 1.0, -2.5],\n [10.5,  4.0]]", x.ToString("F1", CultureInfo.InvariantCulture));
        Assert.Equal("[]", Tensor.Zeros(0).ToString("F1", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Only_what_is_shown_is_read()
    {
        // A trillion elements, all of them one.
        Tensor x = Tensor.Of(1.5).Expand([1_000_000, 1_000_000]);
        Assert.StartsWith("tensor([[1.5000, 1.5000, 1.5000,  ..., 1.5000, 1.5000, 1.5000],\n", x.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Profiles_are_PyTorch_s()
    {
        Tensor.SetPrintOptions(profile: "short");
        Assert.Equal("tensor([1.23, 7.89])", Tensor.Of([1.23456, 7.891]).ToString());
        Tensor.SetPrintOptions(profile: "full");
        Assert.DoesNotContain("...", Tensor.Arange(2000).ToString(), StringComparison.Ordinal);
        Tensor.SetPrintOptions(profile: "default");
        Assert.Equal("tensor([   0,    1,    2,  ..., 1997, 1998, 1999])", Tensor.Arange(2000).ToString());
        Assert.Throws<ArgumentException>(() => Tensor.SetPrintOptions(profile: "long"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.SetPrintOptions(precision: -1));
    }

    [Fact]
    public void A_tensor_inside_a_transform_prints_as_PyTorch_s_wrapper()
    {
        string batched = "", dual = "";
        Func.Vmap(x =>
        {
            batched = x.ToString();
            return x;
        })(Tensor.Of([1.0, 2.0]));
        Func.Jvp(x =>
        {
            dual = x.ToString();
            return x;
        }, Tensor.Of([1.0, 2.0]), Tensor.Of([3.0, 4.0]));
        Assert.Equal("BatchedTensor(lvl=1, bdim=0, value=\n    tensor([1., 2.])\n)", batched);
        Assert.Equal("tensor([1., 2.], tangent=tensor([3., 4.]))", dual);
    }

    [Fact]
    public void The_debugger_view_never_throws()
    {
        Tensor x = Tensor.Of([1.0, 2.0], requiresGrad: true);
        Assert.Equal(["tensor([1., 2.], requires_grad=True)"], new TensorDebugView(x).Values);
        Func.Vmap(y =>
        {
            Assert.NotEmpty(new TensorDebugView(y).Values);
            return y;
        })(x);
    }
}
