using System.Text;
using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>Headers of arrays that break the format's grammar.</summary>
public sealed class HostileArrayTests
{
    private static byte[] File(string header, int data, byte major = 1, byte minor = 0, int? length = null)
    {
        byte[] text = Encoding.Latin1.GetBytes(header);
        byte[] size = BitConverter.GetBytes(length ?? text.Length);
        return [0x93, .. "NUMPY"u8, major, minor, .. major == 1 ? size[..2] : size, .. text, .. new byte[data]];
    }

    private static void Broken(string words, byte[] file)
    {
        Files.Broken(words, () => Npy.Load(new MemoryStream(file)));
        using Files.Folder folder = new();
        System.IO.File.WriteAllBytes(folder["x.npy"], file);
        Files.Broken("x.npy'", () => Npy.Load(folder["x.npy"]));
    }

    [Fact]
    public void TheBeginning()
    {
        const string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
        Assert.Equal(2, Npy.Load(new MemoryStream(File(good, 8))).NumElements);
        Broken("magic string is not correct", Files.With(File(good, 8), 0, 0x92));
        Broken("Invalid version (4, 0)", File(good, 8, 4));
        Broken("Invalid version (0, 0)", File(good, 8, 0));
        Broken("Invalid version (1, 1)", File(good, 8, 1, 1));
        Broken("is large", File(good, 8, 2, 0, int.MaxValue));
        Broken("is large", File(good + new string(' ', 10_000), 8));
        Broken("EOF: reading array header", File(good, 8, 1, 0, 9000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("__import__('os').system('true')")]
    [InlineData("{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [2]}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': 2}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)")]
    [InlineData("{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '<\\x66\\x34', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': 'f4', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (2,)}")]
    [InlineData("{'descr': 5, 'fortran_order': False, 'shape': (2,)}")]
    public void TheGrammar(string header) => Broken("Cannot parse header", File(header, 8));

    [Fact]
    public void Sizes()
    {
        static string Header(string shape, string code = "<f4") => $"{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}}}";
        Broken("Cannot parse header", File("{" + new string('(', 9000), 0));
        Broken("Cannot parse header", File(Header("(" + string.Concat(Enumerable.Repeat("1,", 65)) + ")"), 4));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Broken("Failed to read all data", File(Header("(1000000000000,)"), 8));
        Broken("Failed to read all data", File(Header("(400000000,)"), 8));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16 << 20);
        Broken("Failed to read all data", File(Header("(3,)"), 8));
        Broken("not 0 or 1", [.. File(Header("(2,)", "|b1"), 1), 2]);
        Assert.Equal((Shape)(2, 3), Npy.Load(new MemoryStream(File(Header("(2L, 3L)"), 24))).Shape);
        Assert.Equal(0, Npy.Load(new MemoryStream(File("{ 'shape' : ( ) ,\"fortran_order\":True, 'descr':\"<f8\" }", 8))).NDim);
    }

    [Fact]
    public void ArraysInAnArchive()
    {
        byte[] array = Files.Saved(static s => Npy.Save(s, Tensor.Ones(2)));
        Files.Broken("'b.npy'", () => Npz.Load(new MemoryStream(Zip("b.npy", array[..^1]))));
        Files.Broken("follow the header", () => Npz.Load(new MemoryStream(Zip("b.npy", [.. array, 0]))));
        Files.Broken("is empty", () => Npz.Load(new MemoryStream(Zip(".npy", array))));
        Assert.Throws<NotSupportedException>(() => Npz.Load(new MemoryStream(Zip("readme.txt", array))));
        foreach (string name in new[] { "../x", "/etc/x", "c:\\x", "a/b" })
            Assert.Equal(name, Assert.Single(Npz.Load(new MemoryStream(Zip(name + ".npy", array))).Keys));
    }

    private static byte[] Zip(string name, byte[] bytes) => Files.Saved(s =>
    {
        ZipWriter zip = new(s, 1);
        zip.Store(name, bytes);
        zip.Finish();
    });
}
