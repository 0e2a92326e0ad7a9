using System.IO.Compression;
using Nabla.IO;

namespace Nabla.Tests.IO;

public sealed class RoundTripTests
{
    private delegate void Writer(Stream stream, OrderedDictionary<string, Tensor> tensors);

    private static OrderedDictionary<string, Tensor> Again(Writer save, Func<Stream, OrderedDictionary<string, Tensor>> load,
        OrderedDictionary<string, Tensor> tensors) => load(new MemoryStream(Files.Saved(s => save(s, tensors))));

    [Fact]
    public void EveryFormatKeepsEveryBit()
    {
        OrderedDictionary<string, Tensor> state = Files.State(), arrays = Files.Arrays();
        Files.Same(state, Again(static (s, t) => SafeTensors.Save(s, t), static s => SafeTensors.Load(s), state));
        Files.Same(state, Again(static (s, t) => TorchFile.Save(s, t), static s => TorchFile.LoadStateDict(s), state));
        Files.Same(arrays, Again(static (s, t) => Npz.Save(s, t), static s => Npz.Load(s), arrays));
        Files.Same(arrays, Again(static (s, t) => Npz.Save(s, t, compressed: true), static s => Npz.Load(s), arrays));
        foreach (Tensor t in arrays.Values) Files.Same(t, Npy.Load(new MemoryStream(Files.Saved(s => Npy.Save(s, t)))));
    }

    [Fact]
    public void EveryPatternOfBitsSurvives()
    {
        byte[] bits = new byte[1 << 17];
        for (int i = 0; i < 1 << 16; i++) (bits[2 * i], bits[2 * i + 1]) = ((byte)i, (byte)(i >> 8));
        foreach (DType dtype in Files.DTypes)
        {
            if (dtype == DType.Bool) continue;
            Tensor t = new(new Storage([.. bits]), new Layout([bits.Length / dtype.ItemSize()]), dtype);
            OrderedDictionary<string, Tensor> one = new() { ["t"] = t };
            Files.Same(one, Again(static (s, x) => SafeTensors.Save(s, x), static s => SafeTensors.Load(s), one));
            Files.Same(one, Again(static (s, x) => TorchFile.Save(s, x), static s => TorchFile.LoadStateDict(s), one));
            if (dtype != DType.BFloat16) Files.Same(one, Again(static (s, x) => Npz.Save(s, x, true), static s => Npz.Load(s), one));
        }
    }

    [Fact]
    public void TheSameTensorsGiveTheSameBytes()
    {
        foreach (Action<Stream> save in new Action<Stream>[]
        {
            static s => SafeTensors.Save(s, Files.State()), static s => TorchFile.Save(s, Files.State()),
            static s => Npz.Save(s, Files.Arrays()),
        })
            Assert.Equal(Files.Saved(save), Files.Saved(save));
    }

    [Fact]
    public void SharingAndStridesSurviveInPyTorchsFormat()
    {
        Tensor memory = Tensor.Arange(1000.0), part = memory.Narrow(0, 500, 6);
        object?[] values = [part, part.View((2, 3)).T, memory.Narrow(0, 504, 4), part];
        byte[] file = Files.Saved(s => TorchFile.Save(s, values));
        Assert.True(file.Length < 1500, "only the part that is used is written");
        var loaded = (object?[])TorchFile.Load(new MemoryStream(file))!;
        Assert.Same(loaded[0], loaded[3]);
        Tensor a = (Tensor)loaded[0]!, b = (Tensor)loaded[1]!, c = (Tensor)loaded[2]!;
        Assert.True(ReferenceEquals(a.storage, b.storage) && ReferenceEquals(a.storage, c.storage));
        Assert.Equal([1, 3], b.Strides.ToArray());
        Files.Same(part, a);
        Files.Same(part.View((2, 3)).T, b);
        Files.Same(memory.Narrow(0, 504, 4), c);
        Assert.Throws<DTypeException>(static () =>
        {
            Tensor z = Tensor.Zeros([2], DType.Complex64);
            TorchFile.Save(new MemoryStream(), new object?[] { z, z.ViewAsReal() });
        });
    }

    [Fact]
    public void PlainValuesSurvive()
    {
        OrderedDictionary<string, object?> inner = new() { ["lr"] = 0.001, ["betas"] = (0.9, 0.999), ["params"] = new long[] { 0, 1 } };
        List<object?> shared = [1, "x"];
        Dictionary<long, object?> byNumber = new() { [0] = Tensor.Of(1.0), [-5] = null };
        OrderedDictionary<string, object?> value = new()
        {
            ["group"] = inner,
            ["a"] = shared,
            ["b"] = shared,
            ["state"] = byNumber,
            ["shape"] = (Shape)(2, 0, 4),
            ["dtype"] = DType.Int16,
            ["ints"] = new List<object?> { (byte)1, -1, 127L, 128L, -128L, -129L, 1L << 40, -(1L << 40), long.MaxValue, long.MinValue },
            ["floats"] = new List<object?> { 0.5f, double.NaN, -0.0, (Half)0.25 },
            ["empty"] = new object?[] { new List<object?>(), Array.Empty<object?>() },
            ["text"] = "ü重😀\0",
            ["leaf"] = Tensor.Ones([1], requiresGrad: true),
            ["flags"] = new[] { true, false },
        };
        byte[] file = Files.Saved(s => TorchFile.Save(s, value));
        var loaded = (OrderedDictionary<object, object?>)TorchFile.Load(new MemoryStream(file))!;
        Assert.Equal(value.Keys, loaded.Keys.Cast<string>());
        Assert.Same(loaded["a"], loaded["b"]);
        Assert.Equal([1L, "x"], (List<object?>)loaded["a"]!);
        Assert.Equal([0.9, 0.999], (object?[])((OrderedDictionary<object, object?>)loaded["group"]!)["betas"]!);
        Assert.Equal([0L, -5L], ((OrderedDictionary<object, object?>)loaded["state"]!).Keys);
        Assert.Equal([1L, -1L, 127L, 128L, -128L, -129L, 1L << 40, -(1L << 40), long.MaxValue, long.MinValue],
            (List<object?>)loaded["ints"]!);
        Assert.Equal([0.5, double.NaN, -0.0, 0.25], (List<object?>)loaded["floats"]!);
        Assert.Equal("ü重😀\0", loaded["text"]);
        Assert.Equal((Shape)(2, 0, 4), loaded["shape"]);
        Assert.Equal(DType.Int16, loaded["dtype"]);
        Assert.True(((Tensor)loaded["leaf"]!).RequiresGrad);
        Assert.Equal(file, Files.Saved(s => TorchFile.Save(s, loaded)));
        Assert.Null(TorchFile.Load(new MemoryStream(Files.Saved(static s => TorchFile.Save(s, null)))));
    }

    [Fact]
    public void WhatCannotBeSavedIsRefusedBeforeAnythingIsWritten()
    {
        using Files.Folder folder = new();
        Tensor t = Tensor.Ones(1);
        List<object?> cycle = [];
        cycle.Add(cycle);
        object?[] deep = [];
        for (int i = 0; i < 100; i++) deep = [deep];
        object?[] values = [cycle, deep, new object(), DateTime.UtcNow, 1m, "\ud800", ulong.MaxValue,
            new Dictionary<object, object?> { [1.5] = 1 }, new Dictionary<object, object?> { [1] = 1, [1L] = 2 }];
        foreach (object? value in values) Assert.ThrowsAny<ArgumentException>(() => TorchFile.Save(folder["x.pt"], value));
        foreach (string name in new[] { "", "a\nb", "\ud800", new string('a', 20000), "__metadata__" })
            Assert.Throws<ArgumentException>(() => SafeTensors.Save(folder["x"], [new(name, t)]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Save(folder["x"], [new("a", t), new("a", t)]));
        Assert.Throws<ArgumentException>(() => Npz.Save(folder["x"], [new("a", null!)]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Save(folder["x"], [new("a", t)], [new("nabla.crc32c.a", "0")]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Save(folder["x"], [new("a", t)], [new("k", "1"), new("k", "2")]));
        Assert.StartsWith("Got unsupported ScalarType BFloat16", Assert.Throws<DTypeException>(() =>
            Npy.Save(folder["x"], t.To(DType.BFloat16))).Message, StringComparison.Ordinal);
        Assert.Throws<DTypeException>(() => Npz.Save(folder["x"], [new("a", t.To(DType.BFloat16))]));
        Assert.Throws<InvalidOperationException>(() => Func.Vmap(x => { Npy.Save(folder["x"], x); return x; })(t));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Throws<ArgumentNullException>(static () => TorchFile.Load((string)null!));
        Assert.Throws<ArgumentNullException>(static () => Npy.Save("x", null!));
        Assert.Throws<ArgumentNullException>(static () => SafeTensors.Save("x", null!));
    }

    [Fact]
    public void StreamsAreReadFromTheirPositionAndNeedNotSeek()
    {
        OrderedDictionary<string, Tensor> one = new() { ["t"] = Tensor.From([1.0, 2.0]) };
        foreach ((Writer save, Func<Stream, OrderedDictionary<string, Tensor>> load) in
            new (Writer, Func<Stream, OrderedDictionary<string, Tensor>>)[]
            {
                (static (s, t) => SafeTensors.Save(s, t), static s => SafeTensors.Load(s)),
                (static (s, t) => TorchFile.Save(s, t), static s => TorchFile.LoadStateDict(s)),
                (static (s, t) => Npz.Save(s, t), static s => Npz.Load(s)),
            })
        {
            MemoryStream stream = new();
            stream.Write("before"u8);
            save(stream, one);
            stream.Position = 6;
            Files.Same(one, load(stream));
            Assert.Equal(stream.Length, stream.Position);
            Files.Same(one, load(new BrotliStream(Packed(stream.ToArray()[6..]), CompressionMode.Decompress)));
        }
    }

    private static MemoryStream Packed(byte[] bytes)
    {
        MemoryStream packed = new();
        using (BrotliStream brotli = new(packed, CompressionMode.Compress, leaveOpen: true)) brotli.Write(bytes);
        packed.Position = 0;
        return packed;
    }

    [Fact]
    public void AFileCanBeSavedOverItself()
    {
        using Files.Folder folder = new();
        string path = folder["state.safetensors"];
        SafeTensors.Save(path, Files.State(), [new("note", "ü")]);
        OrderedDictionary<string, Tensor> loaded = SafeTensors.Load(path);
        byte[] before = File.ReadAllBytes(path);
        SafeTensors.Save(path, loaded, SafeTensors.LoadMetadata(path));
        Assert.Equal(2, SafeTensors.LoadMetadata(path).Count);
        Files.Same(Files.State(), SafeTensors.Load(path));
        Assert.Equal(before.Length, File.ReadAllBytes(path).Length);
    }
}
