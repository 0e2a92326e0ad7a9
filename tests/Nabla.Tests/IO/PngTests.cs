using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Nabla.IO;
using Nabla.Tests.Training;

namespace Nabla.Tests.IO;

/// <summary>Reads the 8-bit pictures that are not interlaced, as the specification says.</summary>
internal static class PngReader
{
    /// <summary>[H, W, C].</summary>
    internal static Tensor Read(ReadOnlySpan<byte> file)
    {
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(file[..8]));
        file = file[8..];
        byte[] header = [];
        MemoryStream data = new();
        string type = "";
        while (type != "IEND")
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file);
            type = Encoding.ASCII.GetString(file.Slice(4, 4));
            Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(file[(8 + length)..]),
                EventReader.ReflectedCrc(file.Slice(4, 4 + length), 0xEDB88320));
            if (type == "IHDR") header = file.Slice(8, length).ToArray();
            if (type == "IDAT") data.Write(file.Slice(8, length));
            file = file[(12 + length)..];
        }
        Assert.Equal(0, file.Length);
        int width = BinaryPrimitives.ReadInt32BigEndian(header), height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        int channels = header[9] switch { 0 => 1, 2 => 3, 4 => 2, 6 => 4, _ => 0 };
        Assert.Equal([8, 0, 0, 0], [header[8], .. header[10..]]);
        data.Position = 0;
        MemoryStream lines = new();
        using (ZLibStream unpacked = new(data, CompressionMode.Decompress)) unpacked.CopyTo(lines);
        return Unfilter(lines.ToArray(), height, width, channels);
    }

    private static Tensor Unfilter(byte[] lines, int height, int width, int channels)
    {
        int stride = width * channels;
        Assert.Equal(height * (stride + 1), lines.Length);
        byte[] pixels = new byte[height * stride];
        int At(int y, int x) => y < 0 || x < 0 ? 0 : pixels[y * stride + x];
        for (int y = 0; y < height; y++)
        {
            int filter = lines[y * (stride + 1)];
            for (int x = 0; x < stride; x++)
            {
                int a = At(y, x - channels), b = At(y - 1, x), c = x < channels ? 0 : At(y - 1, x - channels), p = a + b - c;
                (int Distance, int Value)[] near = [(Math.Abs(p - a), a), (Math.Abs(p - b), b), (Math.Abs(p - c), c)];
                int guess = filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => near.MinBy(static n => n.Distance).Value };
                Assert.InRange(filter, 0, 4);
                pixels[y * stride + x] = (byte)(lines[y * (stride + 1) + 1 + x] + guess);
            }
        }
        return Tensor.From(pixels, (height, width, channels));
    }
}

public sealed class PngTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_picture_reads_back(int channels)
    {
        Generator generator = new((ulong)channels);
        foreach ((long height, long width) in new[] { (1L, 1L), (1, 7), (9, 1), (17, 23) })
        {
            Tensor noise = Tensor.RandInt(0, 256, [height, width, channels], generator: generator).To(DType.UInt8);
            Tensor smooth = (Tensor.Arange(height * width * channels) / 3).To(DType.UInt8).Reshape([height, width, channels]);
            foreach (Tensor image in new[] { noise, smooth })
            {
                Files.Same(image, PngReader.Read(Png.Encode(image, "HWC")));
                Files.Same(image, PngReader.Read(Png.Encode(image.Permute([2, 0, 1]))));
            }
        }
    }

    [Fact]
    public void Numbers_become_shades()
    {
        Tensor image = Tensor.From([0, 1, 0.5, -2, 7, double.NaN, double.PositiveInfinity, double.NegativeInfinity], (2, 4));
        Files.Same(Tensor.From(new byte[] { 0, 255, 127, 0, 255, 0, 255, 0 }, (2, 4, 1)), PngReader.Read(Png.Encode(image)));
        Tensor flags = Tensor.From(new[] { true, false }, (1, 2));
        Files.Same(Tensor.From(new byte[] { 255, 0 }, (1, 2, 1)), PngReader.Read(Png.Encode(flags)));
        using Files.Folder folder = new();
        Png.Save(folder["a.png"], image.RequiresGrad_());
        Assert.Equal(Png.Encode(image), File.ReadAllBytes(folder["a.png"]));
        Assert.Throws<IOException>(() => Png.Save(folder["no/a.png"], image));
    }

    [Fact]
    public void Filters_make_smooth_pictures_small()
    {
        Tensor x = Tensor.Linspace(0, 1, 128), image = x.Unsqueeze(1) * x;
        Assert.True(Png.Encode(image).Length < 128 * 128 / 5);
    }
}
