using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Nabla.IO;

/// <summary>Between tensors and the bytes of files.</summary>
internal static class TensorBytes
{
    /// <summary>The most bytes that go to a stream, or come from a file, in one call.</summary>
    internal const int Piece = 1 << 20;

    /// <summary>The number of elements of a shape out of a file, or what is wrong with it.</summary>
    internal static string? Check(ReadOnlySpan<long> shape, DType dtype, out long count)
    {
        count = 0;
        if (shape.Length > Layout.MaxRank)
            return string.Create(CultureInfo.InvariantCulture, $"a tensor has at most {Layout.MaxRank} dimensions, not {shape.Length}");
        long n = 1;
        foreach (long size in shape)
        {
            if (size < 0) return string.Create(CultureInfo.InvariantCulture, $"the size {size} is negative");
            long factor = Math.Max(size, 1);
            if (n > long.MaxValue / dtype.ItemSize() / factor)
                return $"the shape {Shape.Format(shape)} has more bytes than 64 bits can count";
            n *= factor;
        }
        count = shape.Contains(0) ? 0 : n;
        return null;
    }

    /// <summary>Unwritten memory of a shape that has passed <see cref="Check"/>.</summary>
    internal static Tensor Allocate(long[] shape, DType dtype) => Tensor.Allocate(new Layout(shape), dtype);

    /// <summary>All bytes of a tensor that begins at its storage's first element and fills it without gaps.</summary>
    internal static Span<byte> Of(Tensor t) => t.storage.Data[..(int)(t.layout.Count * t.dtype.ItemSize())];

    /// <summary>The elements in row-major order and little-endian, in the tensor's own memory where they lie so already.</summary>
    internal static ReadOnlySpan<byte> RowMajor(Tensor t)
    {
        t.ThrowIfBatched("Tensors cannot be saved inside vmap, where one tensor stands for many: save what vmap returns.");
        Tensor x = Kernels.Copy.Contiguous(t);
        int size = x.dtype.ItemSize();
        return LittleEndian(x.storage.Data.Slice((int)(x.layout.Offset * size), (int)(x.layout.Count * size)), x.dtype);
    }

    /// <summary>Bytes of this machine in the order that files have.</summary>
    internal static ReadOnlySpan<byte> LittleEndian(ReadOnlySpan<byte> bytes, DType dtype)
    {
        if (BitConverter.IsLittleEndian) return bytes;
        byte[] copy = bytes.ToArray();
        Swap(copy, dtype);
        return copy;
    }

    /// <summary>Makes elements just read this machine's, and refuses bools that are neither 0 nor 1.</summary>
    internal static string? Finish(Span<byte> bytes, DType dtype, bool bigEndian)
    {
        if (bigEndian == BitConverter.IsLittleEndian) Swap(bytes, dtype);
        if (dtype != DType.Bool) return null;
        int bad = bytes.IndexOfAnyExceptInRange((byte)0, (byte)1);
        return bad < 0 ? null : string.Create(CultureInfo.InvariantCulture, $"element {bad} of a bool tensor is {bytes[bad]}, not 0 or 1");
    }

    private static void Swap(Span<byte> bytes, DType dtype)
    {
        switch (dtype.Part().ItemSize())
        {
            case 2:
                Span<ushort> twos = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(twos, twos);
                break;
            case 4:
                Span<uint> fours = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(fours, fours);
                break;
            case 8:
                Span<ulong> eights = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(eights, eights);
                break;
        }
    }

    /// <summary>Names and tensors, checked, in their order.</summary>
    /// <exception cref="ArgumentException">A name occurs twice, is empty or cannot be written; or a tensor is null.</exception>
    internal static List<KeyValuePair<string, Tensor>> Named(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        List<KeyValuePair<string, Tensor>> list = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (KeyValuePair<string, Tensor> entry in tensors)
        {
            if (entry.Key is null) throw new ArgumentException("The name of a tensor is null.", nameof(tensors));
            if (BadName(entry.Key) is { } rule) throw new ArgumentException($"The name {Throw.Quote(entry.Key)} {rule}.", nameof(tensors));
            if (entry.Value is null) throw new ArgumentException($"The tensor named {Throw.Quote(entry.Key)} is null.", nameof(tensors));
            if (!names.Add(entry.Key)) throw new ArgumentException($"Two tensors are named {Throw.Quote(entry.Key)}.", nameof(tensors));
            entry.Value.ThrowIfBatched("Tensors cannot be saved inside vmap, where one tensor stands for many: save what vmap returns.");
            list.Add(entry);
        }
        return list;
    }

    /// <summary>Why a name cannot be one, or null.</summary>
    internal static string? BadName(string name)
    {
        if (name.Length == 0) return "is empty";
        if (name.Length > 16384) return "has more than 16384 characters";
        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsControl(name[i])) return "holds a control character";
            if (!char.IsSurrogate(name[i])) continue;
            if (i + 1 == name.Length || !char.IsSurrogatePair(name[i], name[i + 1])) return "holds half a surrogate pair";
            i++;
        }
        return null;
    }

    /// <summary>Writes to a stream in pieces.</summary>
    internal static void Write(Stream stream, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > Piece; bytes = bytes[Piece..]) stream.Write(bytes[..Piece]);
        stream.Write(bytes);
    }
}
