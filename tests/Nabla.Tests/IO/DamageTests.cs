using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>A file that is cut anywhere, or of which any bit has changed, is an error or loads what it loaded before.</summary>
public sealed class DamageTests
{
    private static readonly OrderedDictionary<string, Tensor> Few = new()
    {
        ["a"] = Tensor.From(new[] { 1.5f, -2 }),
        ["b"] = Tensor.Zeros([0, 3], DType.Int16),
        ["c"] = Tensor.Of(true),
        ["d"] = Tensor.From(new long[] { 1, 2, 3, 4 }, (2, 2)).T,
    };

    [Fact]
    public void SafeTensorsOfNabla() =>
        Files.Damage(Files.Saved(static s => SafeTensors.Save(s, Few)), static s => SafeTensors.Load(s), Files.AreSame);

    [Fact]
    public void StoredArrays() => Files.Damage(Files.Saved(static s => Npz.Save(s, Few)), static s => Npz.Load(s), Files.AreSame);

    [Fact]
    public void DeflatedArrays() => Files.Damage(Files.Saved(static s => Npz.Save(s, Few, true)), static s => Npz.Load(s), Files.AreSame);

    [Fact]
    public void StateDicts() =>
        Files.Damage(Files.Saved(static s => TorchFile.Save(s, Few)), static s => TorchFile.LoadStateDict(s), Files.AreSame);

    [Fact]
    public void FilesOfPyTorch() => Files.Damage(File.ReadAllBytes(Files.Golden("small.pt")), static s => (List<object?>)TorchFile.Load(s)!,
        static (a, b) => b.Count == 1 && Files.AreSame((Tensor)a[0]!, (Tensor)b[0]!));

    [Fact]
    public void FilesOfNumPy() => Files.Damage(File.ReadAllBytes(Files.Golden("arrays.npz"))[..], static s => Npz.Load(s), Files.AreSame);

    /// <summary>The format of one array has no checksum: only that no other exception escapes and every cut is seen.</summary>
    [Fact]
    public void OneArray() => Files.Damage(Files.Saved(static s => Npy.Save(s, Few["a"])), static s => Npy.Load(s), static (_, _) => true);

    /// <summary>Nor have the safetensors of others.</summary>
    [Fact]
    public void SafeTensorsOfOthers() => Files.Damage(File.ReadAllBytes(Files.Golden("state.safetensors")), static s => SafeTensors.Load(s),
        static (_, _) => true);

    [Fact]
    public void ADamagedTensorIsNamed()
    {
        byte[] file = Files.Saved(static s => SafeTensors.Save(s, Few));
        file[^5] ^= 1;
        Files.Broken("the checksum of tensor 'a'", () => SafeTensors.Load(new MemoryStream(file)));
        Assert.Equal(4, SafeTensors.Load(new MemoryStream(file), verify: false).Count);
        file = Files.Saved(static s => TorchFile.Save(s, Few));
        int at = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 0xC0, 0x3F]);
        file[at] ^= 1;
        Files.Broken("the CRC-32 of entry 'archive/data/0'", () => TorchFile.Load(new MemoryStream(file)));
    }

    [Fact]
    public void ChecksumsAreThoseOfTheStandards()
    {
        Assert.Equal(0xCBF43926, Checksum.Crc32("123456789"u8));
        Assert.Equal(0xE3069283, Checksum.Crc32C("123456789"u8));
        byte[] bytes = new byte[1000];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(i * i >> 3);
        for (int cut = 0; cut < 30; cut++)
        {
            Assert.Equal(Checksum.Crc32(bytes), Checksum.Crc32(bytes.AsSpan(cut), Checksum.Crc32(bytes.AsSpan(0, cut))));
            Assert.Equal(Checksum.Crc32C(bytes), Checksum.Crc32C(bytes.AsSpan(cut), Checksum.Crc32C(bytes.AsSpan(0, cut))));
        }
    }
}
