using System.Numerics;
using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>What the tests of files share: the recorded files, what is in them, comparisons by the bit.</summary>
internal static class Files
{
    internal static readonly DType[] DTypes = Enum.GetValues<DType>();

    /// <summary>A file of Data/files.</summary>
    internal static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "files", name);

    /// <summary>2 x 3 values: NaN, -infinity, -1/4, -0, -1/4, -1/2 where a dtype has them.</summary>
    internal static Tensor Values(DType dtype)
    {
        Shape shape = (2, 3);
        if (dtype == DType.Bool) return Tensor.From(new[] { false, true, true, false, true, false }, shape);
        if (dtype == DType.UInt8) return Tensor.From(new byte[] { 0, 1, 1, 0, 1, 2 }, shape);
        if (dtype.IsInteger()) return Tensor.From(new long[] { 0, -1, -1, 0, -1, -2 }, shape).To(dtype);
        if (dtype.IsComplex())
        {
            Complex[] values = [new(0, 0), new(-1, 0.5), new(-1, 1), new(0, 1.5), new(-1, 2), new(-2, 2.5)];
            return Tensor.From(values, shape).To(dtype);
        }
        double nan = BitConverter.UInt64BitsToDouble(0x7FF8000000000000);
        return Tensor.From([nan, double.NegativeInfinity, -0.25, -0.0, -0.25, -0.5], shape).To(dtype);
    }

    /// <summary>What state.pt and state.safetensors hold.</summary>
    internal static OrderedDictionary<string, Tensor> State()
    {
        OrderedDictionary<string, Tensor> state = [];
        foreach (DType dtype in DTypes) state.Add(dtype.Name(), Values(dtype));
        Tensor memory = Tensor.Arange(12.0).To(DType.Float32);
        state.Add("memory", memory);
        state.Add("row", memory.Narrow(0, 4, 4));
        state.Add("transposed", memory.View((3, 4)).T);
        state.Add("expanded", memory.Narrow(0, 0, 1).Expand((2, 3)));
        state.Add("scalar", Tensor.Of(3));
        state.Add("empty", Tensor.Zeros(0, 3));
        state.Add("größe.重", Tensor.From(new[] { 1.5f }));
        return state;
    }

    /// <summary>What arrays.npz holds.</summary>
    internal static OrderedDictionary<string, Tensor> Arrays()
    {
        OrderedDictionary<string, Tensor> arrays = [];
        foreach (DType dtype in DTypes) if (dtype != DType.BFloat16) arrays.Add(dtype.Name(), Values(dtype));
        arrays.Add("scalar", Tensor.Of(2.5, DType.Float64));
        arrays.Add("vector", Tensor.From(new[] { 0, 1, 2, 3 }));
        arrays.Add("empty", Tensor.Zeros(0, 3));
        arrays.Add("fortran", Tensor.From([0.0, 3, 1, 4, 2, 5], (3, 2)).T);
        arrays.Add("deep", Tensor.From(Enumerable.Range(0, 24).Select(static i => (double)i).ToArray(), (1, 2, 3, 4)));
        return arrays;
    }

    /// <summary>The same dtype, shape and bits.</summary>
    internal static bool AreSame(Tensor a, Tensor b) =>
        a.DType == b.DType && a.Shape.Equals(b.Shape) && TensorBytes.RowMajor(a).SequenceEqual(TensorBytes.RowMajor(b));

    internal static void Same(Tensor expected, Tensor? actual, string name = "")
    {
        Assert.NotNull(actual);
        Assert.Equal((name, expected.DType, expected.Shape), (name, actual.DType, actual.Shape));
        Assert.True(AreSame(expected, actual), $"{name}: {actual} instead of {expected}");
    }

    internal static void Same(OrderedDictionary<string, Tensor> expected, OrderedDictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach ((string name, Tensor t) in expected) Same(t, actual[name], name);
    }

    internal static bool AreSame(OrderedDictionary<string, Tensor> a, OrderedDictionary<string, Tensor> b) =>
        a.Keys.SequenceEqual(b.Keys) && a.All(e => AreSame(e.Value, b[e.Key]));

    internal static byte[] Saved(Action<Stream> save)
    {
        MemoryStream stream = new();
        save(stream);
        return stream.ToArray();
    }

    /// <summary>An InvalidDataException whose message holds some words and is one short line.</summary>
    internal static void Broken(string words, Func<object?> load)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(load);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.True(e.Message.Length < 500 && !e.Message.Any(char.IsControl), e.Message);
    }

    /// <summary>The file cut at every length is an error; the file with any bit the other way is an error or loads the same.</summary>
    internal static void Damage<T>(byte[] file, Func<Stream, T> load, Func<T, T, bool> same)
    {
        T right = load(new MemoryStream(file));
        for (int length = 0; length < file.Length; length++)
        {
            Exception? e = Record.Exception(() => load(new MemoryStream(file, 0, length)));
            Assert.True(e is InvalidDataException, $"cut at {length}: {e?.ToString() ?? "no error"}");
        }
        byte[] copy = [.. file];
        for (int bit = 0; bit < 8 * file.Length; bit++)
        {
            copy[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                T loaded = load(new MemoryStream(copy));
                Assert.True(same(right, loaded), $"bit {bit % 8} of byte {bit / 8} changed what is loaded");
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
            }
            copy[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    /// <summary>An array's bytes after a change.</summary>
    internal static byte[] With(byte[] file, int at, params ReadOnlySpan<byte> bytes)
    {
        byte[] copy = [.. file];
        bytes.CopyTo(copy.AsSpan(at));
        return copy;
    }

    /// <summary>A folder that goes when the test ends.</summary>
    internal sealed class Folder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("nabla-").FullName;

        internal string this[string name] => System.IO.Path.Combine(Path, name);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
