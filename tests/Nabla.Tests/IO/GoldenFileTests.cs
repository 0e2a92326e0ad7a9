using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>Files that PyTorch and NumPy wrote (tests/golden/files.py).</summary>
public sealed class GoldenFileTests
{
    [Fact]
    public void AStateDictOfPyTorch()
    {
        OrderedDictionary<string, Tensor> state = TorchFile.LoadStateDict(Files.Golden("state.pt"));
        Files.Same(Files.State(), state);
        Tensor memory = state["memory"], row = state["row"];
        Assert.Same(memory.storage, row.storage);
        Assert.Equal([1, 4], state["transposed"].Strides.ToArray());
        Assert.Equal([0, 0], state["expanded"].Strides.ToArray());
        row.Fill_(9);
        Assert.Equal(9, memory[5].Item());
        Assert.All(state.Values, static t => Assert.False(t.RequiresGrad));
    }

    [Fact]
    public void ACheckpointOfPyTorch()
    {
        var checkpoint = (OrderedDictionary<object, object?>)TorchFile.Load(Files.Golden("checkpoint.pt"))!;
        Assert.Equal(["model", "optimizer", "epoch", "rng"], checkpoint.Keys);
        Assert.Equal(3L, checkpoint["epoch"]);
        Assert.Equal(DType.UInt8, ((Tensor)checkpoint["rng"]!).DType);
        var model = (OrderedDictionary<object, object?>)checkpoint["model"]!;
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"], model.Keys);
        Assert.Equal(1, ((Tensor)model["1.num_batches_tracked"]!).Item<long>());
        var optimizer = (OrderedDictionary<object, object?>)checkpoint["optimizer"]!;
        var state = (OrderedDictionary<object, object?>)optimizer["state"]!;
        Assert.Equal([0L, 1L, 2L, 3L], state.Keys);
        var first = (OrderedDictionary<object, object?>)state[(object)0L]!;
        Assert.Equal(1, ((Tensor)first["step"]!).Item());
        Assert.Equal((Shape)(2, 2), ((Tensor)first["exp_avg"]!).Shape);
        var groups = (List<object?>)optimizer["param_groups"]!;
        var group = (OrderedDictionary<object, object?>)groups[0]!;
        Assert.Equal(0.5, group["lr"]);
        Assert.Equal([0.9, 0.999], (object?[])group["betas"]!);
        Assert.Equal([0L, 1L], (List<object?>)group["params"]!);
        Assert.Null(group["foreach"]);
        Files.Broken("Expected state_dict to be names and tensors", static () => TorchFile.LoadStateDict(Files.Golden("checkpoint.pt")));
        Files.Broken("Expected state_dict to be dict-like", static () => TorchFile.LoadStateDict(Files.Golden("small.pt")));
    }

    [Fact]
    public void PlainValuesOfPyTorch()
    {
        var values = (OrderedDictionary<object, object?>)TorchFile.Load(Files.Golden("values.pt"))!;
        Assert.Null(values["none"]);
        Assert.Equal([true, false], (List<object?>)values["bools"]!);
        Assert.Equal([0L, 255L, 256L, 65535L, 65536L, -1L, -1L << 31, 1L << 31, long.MinValue, long.MaxValue, 128L, 32768L],
            (List<object?>)values["ints"]!);
        Assert.Equal([0.1, -0.0, double.PositiveInfinity], (List<object?>)values["floats"]!);
        Assert.Equal("a\nb ü 重 😀", values["text"]);
        Assert.Equal([0, 1, 2, 3, 4], ((List<object?>)values["tuples"]!).Select(static t => ((object?[])t!).Length));
        Assert.Equal((Shape)(2, 3), values["size"]);
        Assert.Equal(DType.BFloat16, values["dtype"]);
        Assert.Equal(["cpu", "cuda:1"], (List<object?>)values["device"]!);
        Assert.Equal("seven", values[(object)7L]);
        Assert.True(values["parameter"] is Tensor { RequiresGrad: true, IsLeaf: true } p && p[1].Item() == 2);
        Assert.True(values["frozen"] is Tensor { RequiresGrad: false });
        Assert.True(values["leaf"] is Tensor { RequiresGrad: true, IsLeaf: true });
        Assert.Equal(Enumerable.Range(0, 1100).Select(static i => (object?)(long)i), (List<object?>)values["many"]!);
    }

    [Fact]
    public void BigEndianMachines()
    {
        Files.Same(Tensor.From(new[] { 1.5f, -2.5f }), (Tensor?)((List<object?>)TorchFile.Load(Files.Golden("big_endian.pt"))!)[0]);
        Files.Same(Tensor.From([0.0, 1, 2, 3, 4, 5], (2, 3)), Npy.Load(Files.Golden("big_endian.npy")));
    }

    [Theory]
    [InlineData("legacy.pt", "before 1.6")]
    [InlineData("script.pt", "TorchScript")]
    [InlineData("sparse.pt", "to_dense()")]
    [InlineData("uint16.pt", "GLOBAL torch")]
    [InlineData("conj.pt", "resolve_conj()")]
    [InlineData("set.pt", "save a list")]
    public void WhatNablaDoesNotHaveIsRefusedWithTheWayOut(string name, string words) =>
        Assert.Contains(words, Assert.Throws<NotSupportedException>(() => TorchFile.Load(Files.Golden(name))).Message);

    [Theory]
    [InlineData("numpy_scalar.pt", "GLOBAL 'numpy")]
    [InlineData("module.pt", "GLOBAL 'torch.nn.modules.linear.Linear'")]
    [InlineData("arrays.npz", "none of PyTorch's")]
    [InlineData("float32.npy", "does not end as a zip file does")]
    public void WhatIsNoStateIsBroken(string name, string words) =>
        Files.Broken(words, () => TorchFile.Load(Files.Golden(name)));

    [Fact]
    public void ArraysOfNumPy()
    {
        OrderedDictionary<string, Tensor> arrays = Files.Arrays();
        Files.Same(arrays, Npz.Load(Files.Golden("arrays.npz")));
        OrderedDictionary<string, Tensor> compressed = Npz.Load(Files.Golden("compressed.npz"));
        Files.Same(Tensor.Zeros([100_000], DType.Float64), compressed["zeros"]);
        compressed.Remove("zeros");
        Files.Same(arrays, compressed);
        foreach (string name in new[] { "float32", "int64", "bool", "complex128", "scalar", "empty", "fortran", "vector" })
        {
            byte[] file = File.ReadAllBytes(Files.Golden(name + ".npy"));
            Files.Same(arrays[name], Npy.Load(Files.Golden(name + ".npy")));
            Assert.Equal(file, Files.Saved(s => Npy.Save(s, arrays[name])));
        }
        Assert.Equal([1, 2], Npy.Load(Files.Golden("fortran.npy")).Strides.ToArray());
        Files.Same(Tensor.From([0.0, 1, 2]), Npy.Load(Files.Golden("version2.npy")));
        Files.Same(Tensor.From([0.0, 1, 2]), Npy.Load(Files.Golden("version3.npy")));
    }

    [Fact]
    public void SeveralArraysInOneStream()
    {
        using FileStream stream = File.OpenRead(Files.Golden("two.npy"));
        Files.Same(Tensor.From([0.0, 1]), Npy.Load(stream));
        Files.Same(Tensor.From(new long[] { 0, 1, 2 }), Npy.Load(stream));
        Files.Broken("EOF: reading magic string", () => Npy.Load(stream));
        Files.Broken("follow the header", static () => Npy.Load(Files.Golden("two.npy")));
    }

    [Theory]
    [InlineData("objects.npy", "Object arrays cannot be loaded when allow_pickle=False")]
    [InlineData("strings.npy", "strings are no tensor")]
    [InlineData("structured.npy", "save each field")]
    [InlineData("uint16.npy", "no other unsigned type")]
    public void OtherArraysAreRefused(string name, string words) =>
        Assert.Contains(words, Assert.Throws<NotSupportedException>(() => Npy.Load(Files.Golden(name))).Message);

    [Fact]
    public void SafeTensorsOfOthers()
    {
        Files.Same(Files.State(), SafeTensors.Load(Files.Golden("state.safetensors")));
        OrderedDictionary<string, string> metadata = SafeTensors.LoadMetadata(Files.Golden("state.safetensors"));
        Assert.Equal([new("format", "pt"), new("note", "größe")], metadata);
    }
}
