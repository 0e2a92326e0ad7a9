using System.Buffers.Binary;
using System.IO.Compression;

namespace Nabla.IO;

/// <summary>Pictures as PNG files.</summary>
/// <remarks>A picture is a tensor of 8-bit numbers 0 to 255, or of floating-point numbers or bools, where 0 is black and 1 is white; what
/// lies outside is taken for the nearest, NaN for 0. Its dimensions are named by letters: H the height, W the width, C the channels: 1
/// (grey), 2 (grey and opacity), 3 (red, green, blue) or 4 (and opacity). The same picture gives the same bytes.
/// Source: W3C, Portable Network Graphics (PNG) Specification.</remarks>
public static class Png
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>A picture as the bytes of a PNG file.</summary>
    /// <param name="image">[C, H, W], [H, W, C] or [H, W].</param>
    /// <param name="dataFormats">What the dimensions are: CHW, HWC or HW; a tensor of two dimensions is always HW.</param>
    /// <exception cref="ShapeException">The shape is not that of a picture.</exception>
    /// <exception cref="DTypeException">The numbers are neither floating-point, bool nor uint8.</exception>
    public static byte[] Encode(Tensor image, string dataFormats = "CHW") => FileOf(Pixels(image, dataFormats));

    /// <summary>Writes a picture to a file, which appears whole or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">[C, H, W], [H, W, C] or [H, W].</param>
    /// <param name="dataFormats">What the dimensions are: CHW, HWC or HW; a tensor of two dimensions is always HW.</param>
    /// <inheritdoc cref="Encode(Tensor, string)"/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, Tensor image, string dataFormats = "CHW")
    {
        byte[] bytes = Encode(image, dataFormats);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The picture as bytes, [H, W, C].</summary>
    internal static Tensor Pixels(Tensor image, string dataFormats)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(dataFormats);
        Tensor x = image.Detach();
        string format = x.Rank == 2 ? "HW" : dataFormats.ToUpperInvariant();
        if (format is not ("HW" or "CHW" or "HWC"))
            Throw.Argument(nameof(dataFormats), $"A picture has the dimensions CHW, HWC or HW, but dataFormats is '{dataFormats}'.");
        if (x.Rank != format.Length)
            Throw.Shapes($"A picture of the format {format} has {format.Length} dimensions, but the tensor's shape is {x.Shape}.");
        if (format == "HW") x = x.Unsqueeze(-1);
        else if (format == "CHW") x = x.Permute([1, 2, 0]);
        if (x.Size(2) is < 1 or > 4)
            Throw.Shapes($"A picture has 1 to 4 channels, but a tensor {image.Shape} of the format {format} has {x.Size(2)}.");
        if (x.Size(0) < 1 || x.Size(1) < 1 || x.Size(0) > int.MaxValue || x.Size(1) > int.MaxValue / 4)
            Throw.Shapes($"A picture has at least one row and one column, but the tensor's shape is {image.Shape}.");
        if (x.DType == DType.UInt8) return x.Contiguous();
        if (!x.DType.IsFloatingPoint() && x.DType != DType.Bool)
            Throw.Types($"A picture has numbers of 0 to 1 (floating-point, bool) or of 0 to 255 (uint8), but they are {x.DType.Name()}. " +
                "Convert with To(DType.UInt8).");
        using GradScope scope = Autograd.NoGrad();
        // The conversion makes 0 of NaN.
        return (x.To(DType.Float32) * 255).Clamp(0, 255).To(DType.UInt8).Contiguous();
    }

    /// <summary>The file of pixels [H, W, C].</summary>
    internal static byte[] FileOf(Tensor pixels)
    {
        int height = (int)pixels.Size(0), width = (int)pixels.Size(1), channels = (int)pixels.Size(2);
        MemoryStream file = new();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = channels switch { 1 => 0, 2 => 4, 3 => 2, _ => 6 };
        header[10..].Clear();
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Compressed(pixels.AsSpan<byte>(), width * channels, channels));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum.Crc32(data, Checksum.Crc32(type)));
        file.Write(number);
    }

    private static byte[] Compressed(ReadOnlySpan<byte> pixels, int stride, int channels)
    {
        MemoryStream compressed = new();
        using (ZLibStream zip = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] above = new byte[stride], best = new byte[stride + 1], row = new byte[stride + 1];
            for (; pixels.Length > 0; pixels = pixels[stride..])
            {
                ReadOnlySpan<byte> line = pixels[..stride];
                long least = long.MaxValue;
                // The usual rule: of the five filters the one whose signed bytes have the least sum of absolute values.
                for (byte filter = 0; filter < 5; filter++)
                {
                    long sum = Filter(filter, line, above, channels, row);
                    if (sum >= least) continue;
                    least = sum;
                    (best, row) = (row, best);
                }
                zip.Write(best);
                line.CopyTo(above);
            }
        }
        return compressed.ToArray();
    }

    private static long Filter(byte filter, ReadOnlySpan<byte> line, ReadOnlySpan<byte> above, int channels, Span<byte> result)
    {
        result[0] = filter;
        long sum = 0;
        for (int i = 0; i < line.Length; i++)
        {
            int a = i < channels ? 0 : line[i - channels], b = above[i], c = i < channels ? 0 : above[i - channels];
            int guess = filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => Paeth(a, b, c) };
            byte difference = (byte)(line[i] - guess);
            result[i + 1] = difference;
            sum += Math.Abs((int)(sbyte)difference);
        }
        return sum;
    }

    private static int Paeth(int a, int b, int c)
    {
        int p = a + b - c, pa = Math.Abs(p - a), pb = Math.Abs(p - b), pc = Math.Abs(p - c);
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
}
