using Nabla.IO;
using Nabla.Nn;

namespace Nabla.Tests.IO;

/// <summary>
/// What Nabla writes is, to the byte, what PyTorch and NumPy have read (tests/golden/load_back.py). Where the bytes change on purpose, run
/// the tests with NABLA_FILES=FOLDER, which writes them there, check them with that script and replace Data/files/nabla.*.
/// </summary>
public sealed class WrittenFileTests
{
    public static OrderedDictionary<string, object?> Values()
    {
        List<object?> shared = [1L, 2.5];
        Tensor memory = Tensor.Arange(12.0).To(DType.Float32);
        return new()
        {
            ["state"] = Files.State(),
            ["none"] = null,
            ["bools"] = new[] { true, false },
            ["text"] = "a\nb ü 重 😀",
            ["ints"] = new long[] { 0, 255, 256, 65535, 65536, -1, int.MinValue, 1L << 31, long.MinValue, long.MaxValue, 128, 32768 },
            ["floats"] = new[] { 0.1, -0.0, double.PositiveInfinity },
            ["first"] = shared,
            ["second"] = shared,
            ["tuples"] = new List<object?> { new object?[0], ValueTuple.Create(1), (1, 2), (1, 2, 3), (1, 2, 3, 4) },
            ["shape"] = (Shape)(2, 3),
            ["dtype"] = DType.BFloat16,
            ["numbers"] = new OrderedDictionary<long, object?> { [0] = "zero", [-7] = "seven" },
            ["leaf"] = Tensor.Full([1], 4f, requiresGrad: true),
            ["parameter"] = Parameter.Of(Tensor.Full([1], 5f)),
            ["frozen"] = Parameter.Of(Tensor.Full([1], 6f), requiresGrad: false),
            ["part"] = memory.Narrow(0, 5, 2),
            ["part of it"] = memory.Narrow(0, 6, 1),
            ["many"] = Enumerable.Range(0, 1100).Select(static i => $"{i}").ToList(),
        };
    }

    [Theory]
    [InlineData("nabla.pt")]
    [InlineData("nabla.npz")]
    [InlineData("nabla.safetensors")]
    public void Bytes(string name)
    {
        byte[] file = Files.Saved(s =>
        {
            if (name == "nabla.pt") TorchFile.Save(s, Values());
            else if (name == "nabla.npz") Npz.Save(s, Files.Arrays());
            else SafeTensors.Save(s, Files.State(), [new("note", "größe")]);
        });
        if (Environment.GetEnvironmentVariable("NABLA_FILES") is { Length: > 0 } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, name), file);
            if (name == "nabla.npz") Npz.Save(Path.Combine(folder, "nabla_compressed.npz"), Files.Arrays(), compressed: true);
            return;
        }
        Assert.Equal(File.ReadAllBytes(Files.Golden(name)), file);
    }

    [Fact]
    public void TheyLoad()
    {
        Files.Same(Files.State(), SafeTensors.Load(Files.Golden("nabla.safetensors")));
        Files.Same(Files.Arrays(), Npz.Load(Files.Golden("nabla.npz")));
        var values = (OrderedDictionary<object, object?>)TorchFile.Load(Files.Golden("nabla.pt"))!;
        Assert.Equal(Values().Keys, values.Keys);
        Assert.Same(values["first"], values["second"]);
        Assert.True(values["parameter"] is Tensor { IsParameter: true, RequiresGrad: true, IsLeaf: true });
        Assert.True(values["frozen"] is Tensor { IsParameter: true, RequiresGrad: false });
        Assert.True(values["leaf"] is Tensor { IsParameter: false, RequiresGrad: true });
    }
}
