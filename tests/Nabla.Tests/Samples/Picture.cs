using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Nabla.Tests.Samples;

/// <summary>A PNG file, read as the format's specification says: signature, chunks, filters (ISO/IEC 15948).</summary>
internal sealed class Picture
{
    internal int Width { get; private set; }

    internal int Height { get; private set; }

    /// <summary>How many colours the picture has: one if it is blank.</summary>
    internal int Colours { get; private set; }

    internal static Picture Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10], file[..8]);
        Picture picture = new();
        using MemoryStream packed = new();
        int at = 8, channels = 0;
        string kind;
        do
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            kind = Encoding.ASCII.GetString(file, at + 4, 4);
            ReadOnlySpan<byte> data = file.AsSpan(at + 8, length);
            if (kind == "IHDR")
            {
                picture.Width = BinaryPrimitives.ReadInt32BigEndian(data);
                picture.Height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
                Assert.Equal(8, data[8]);
                channels = data[9] switch { 2 => 3, 6 => 4, var type => throw new InvalidDataException($"colour type {type}") };
            }
            else if (kind == "IDAT") packed.Write(data);
            at += length + 12;
        }
        while (kind != "IEND");
        Assert.Equal(file.Length, at);
        packed.Position = 0;
        picture.Count(packed, channels);
        return picture;
    }

    private void Count(Stream packed, int channels)
    {
        using ZLibStream unpacker = new(packed, CompressionMode.Decompress);
        byte[] above = new byte[Width * channels], row = new byte[Width * channels];
        HashSet<int> colours = [];
        for (int y = 0; y < Height; y++)
        {
            int filter = unpacker.ReadByte();
            unpacker.ReadExactly(row);
            for (int i = 0; i < row.Length; i++)
            {
                int left = i < channels ? 0 : row[i - channels], corner = i < channels ? 0 : above[i - channels], up = above[i];
                row[i] += (byte)(filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) });
            }

            for (int i = 0; i < row.Length; i += channels) colours.Add(row[i] | row[i + 1] << 8 | row[i + 2] << 16);
            (above, row) = (row, above);
        }

        Assert.Equal(-1, unpacker.ReadByte());
        Colours = colours.Count;
    }

    private static int Paeth(int left, int up, int corner)
    {
        int p = left + up - corner, a = Math.Abs(p - left), b = Math.Abs(p - up), c = Math.Abs(p - corner);
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
