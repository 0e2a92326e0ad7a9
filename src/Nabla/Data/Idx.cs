using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Nabla.Data;

/// <summary>
/// Files in the IDX format of the MNIST digits, plain or compressed by gzip: two zero bytes, one for the type (08 uint8, 09 int8, 0B int16,
/// 0C int32, 0D float32, 0E float64), one for the number of dimensions, then a big-endian int32 for each dimension, then the values,
/// big-endian, row-major (Y. LeCun, C. Cortes, C. Burges: The MNIST database).
/// </summary>
public static class Idx
{
    /// <summary>The tensor that a file holds, of the file's shape and type.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">More than this is refused before memory is taken.</param>
    /// <exception cref="InvalidDataException">The file is no IDX file, too short, too long or too large; the message says
    /// where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tensor Read(string path, long maxBytes = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(path);
        using FileStream file = File.OpenRead(path);
        return Read(file, maxBytes, path);
    }

    /// <summary>The tensor that a stream holds, up to its end. The stream is not closed.</summary>
    /// <param name="stream">The stream; compressed content is recognised if it can seek.</param>
    /// <param name="maxBytes">More than this is refused before memory is taken.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InvalidDataException">The content is no IDX file, too short, too long or too large.</exception>
    public static Tensor Read(Stream stream, long maxBytes = int.MaxValue, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (maxBytes < 0) Throw.Range(nameof(maxBytes), maxBytes, "Idx.Read: maxBytes is negative.");
        Stream content = DataFile.Unpack(stream, out long? length, leaveOpen: true);
        bool packed = !ReferenceEquals(content, stream);
        using Stream? unpacker = packed ? content : null;
        if (packed) length *= DataFile.MostPerByte;
        long at = 0;
        try
        {
            return Read(content, maxBytes, name, length, exact: !packed, ref at);
        }
        catch (InvalidDataException e) when (packed && !e.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw Wrong(name, at, $"the compressed data are damaged: {e.Message}", e);
        }
    }

    /// <summary>Images and their labels, of two files, as a data set of pairs.</summary>
    /// <param name="images">The file of images, for example train-images-idx3-ubyte.gz.</param>
    /// <param name="labels">The file of labels, one for each image.</param>
    /// <exception cref="InvalidDataException">A file is broken, or they hold different numbers of samples.</exception>
    public static TensorDataset<(Tensor, Tensor)> ReadPair(string images, string labels)
    {
        Tensor x = Read(images), y = Read(labels);
        if (x.Size(0) != y.Size(0)) throw Wrong(labels, 4, $"the file has {y.Size(0)} labels for the {x.Size(0)} images of {images}.");
        return TensorDataset.Of(x, y);
    }

    static Tensor Read(Stream content, long maxBytes, string name, long? length, bool exact, ref long at)
    {
        Span<byte> header = stackalloc byte[4 + 4 * 8];
        Fill(content, header[..4], name, ref at, "the magic number");
        if (header[0] != 0 || header[1] != 0)
            throw Wrong(name, 0, $"an IDX file begins with two zero bytes, but these are {header[0]:X2} {header[1]:X2}.");
        DType dtype = header[2] switch
        {
            0x08 => DType.UInt8,
            0x09 => DType.Int8,
            0x0B => DType.Int16,
            0x0C => DType.Int32,
            0x0D => DType.Float32,
            0x0E => DType.Float64,
            var type => throw Wrong(name, 2, $"unknown type {type:X2}; the format has 08, 09, 0B, 0C, 0D and 0E."),
        };
        int rank = header[3];
        if (rank is 0 or > 8) throw Wrong(name, 3, $"the number of dimensions is {rank}; 1 to 8 are possible.");
        Fill(content, header.Slice(4, 4 * rank), name, ref at, "the sizes");
        long[] shape = new long[rank];
        decimal bytes = dtype.ItemSize();
        for (int i = 0; i < rank; i++)
        {
            shape[i] = BinaryPrimitives.ReadInt32BigEndian(header[(4 + 4 * i)..]);
            if (shape[i] < 0) throw Wrong(name, 4 + 4 * i, $"the size of dimension {i} is {shape[i]}.");
            bytes = Math.Min(bytes * shape[i], long.MaxValue);   // at most 2^63 x 2^31, which a decimal holds
        }
        if (bytes > maxBytes)
            throw Wrong(name, 4, $"the values of shape {Shape.Format(shape)} take {bytes} bytes, and at most {maxBytes} are allowed.");
        if (length - at < bytes) throw Wrong(name, at, $"the file is too short: {bytes} bytes of values of shape {Shape.Format(shape)} " +
            $"should follow, and there are {(exact ? $"{length - at}" : $"at most {length}")}.");
        if (exact && length - at > bytes) throw Wrong(name, at + (long)bytes, $"{length - at - (long)bytes} bytes follow the last value.");
        Tensor t = Tensor.Empty(shape, dtype);
        Span<byte> values = dtype switch
        {
            DType.UInt8 => t.Span<byte>(),
            DType.Int8 => MemoryMarshal.AsBytes(t.Span<sbyte>()),
            DType.Int16 => MemoryMarshal.AsBytes(t.Span<short>()),
            DType.Int32 => MemoryMarshal.AsBytes(t.Span<int>()),
            DType.Float32 => MemoryMarshal.AsBytes(t.Span<float>()),
            _ => MemoryMarshal.AsBytes(t.Span<double>()),
        };
        Fill(content, values, name, ref at, "the values");
        if (content.ReadByte() != -1) throw Wrong(name, at, "bytes follow the last value.");
        if (BitConverter.IsLittleEndian) Turn(values, dtype.ItemSize());
        return t;
    }

    static void Turn(Span<byte> values, int size)
    {
        switch (size)
        {
            case 2:
                Span<short> two = MemoryMarshal.Cast<byte, short>(values);
                BinaryPrimitives.ReverseEndianness(two, two);
                break;
            case 4:
                Span<int> four = MemoryMarshal.Cast<byte, int>(values);
                BinaryPrimitives.ReverseEndianness(four, four);
                break;
            case 8:
                Span<long> eight = MemoryMarshal.Cast<byte, long>(values);
                BinaryPrimitives.ReverseEndianness(eight, eight);
                break;
        }
    }

    static void Fill(Stream content, Span<byte> into, string name, ref long at, string what)
    {
        int read = content.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
        at += read;
        if (read < into.Length) throw Wrong(name, at, $"the file ends within {what}: {into.Length - read} bytes are missing.");
    }

    static InvalidDataException Wrong(string name, long offset, string rule, Exception? inner = null) =>
        new($"{name}: offset {offset}: {rule}", inner);
}
