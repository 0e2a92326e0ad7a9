namespace Nabla.IO;

/// <summary>NumPy's format of one array.</summary>
/// <remarks>
/// <para>A file is a magic string, a version (1.0, 2.0 or 3.0), a header with dtype, order and shape, and the elements: little-endian or
/// big-endian, in C or Fortran order. The header is read by a fixed grammar of three keys; object arrays, which hold a pickle, are never
/// read. All dtypes but bfloat16 can be written; what is written is what <c>numpy.save</c> writes, to the byte.</para>
/// <para>The format has no checksum: a file that is too short, too long or has a broken header is an error, but damage to the elements,
/// or to a header that stays valid, cannot be seen. <see cref="Npz"/> and <see cref="SafeTensors"/> see it.</para>
/// <para>Source: NumPy, <c>numpy/lib/format.py</c>.</para>
/// </remarks>
public static class Npy
{
    /// <summary>The array of a file.</summary>
    /// <returns>A tensor of the file's dtype; an array in Fortran order keeps its order in memory.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format.</exception>
    /// <exception cref="NotSupportedException">The file is sound and holds a dtype that tensors do not have.</exception>
    public static Tensor Load(string path)
    {
        using FileSource source = FileSource.Open(path);
        byte[] first = source.Read(0, (int)Math.Min(12, source.Length));
        (int start, int length) = NpyParser.Prefix(source.Name, first);
        if (start + length > source.Length)
            Throw.Data($"{source.Name}: EOF: reading array header, expected {length} bytes got {source.Length - start}.");
        NpyHeader header = new NpyParser(source.Name, source.Read(start, length)).Parse();
        long data = source.Length - start - length, expected = header.Count * header.ItemSize;
        if (data != expected) Throw.Data($"{source.Name}: {Mismatch(header, expected)}, but {data} follow the header.");
        Tensor t = Tensor.Allocate(header.Layout(), header.DType);
        Span<byte> bytes = TensorBytes.Of(t);
        source.Read(start + length, bytes);
        Finish(source.Name, bytes, header);
        return t;
    }

    /// <summary>The array that begins at a stream's position. The stream is left after the array, where another one may follow, as
    /// repeated calls of <c>numpy.save</c> write them.</summary>
    /// <inheritdoc cref="Load(string)"/>
    public static Tensor Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead) throw new ArgumentException("The stream cannot be read.", nameof(stream));
        return Read(stream, "the stream", null);
    }

    /// <summary>Writes a tensor to a file, which appears whole or not at all (<see cref="AtomicFile"/>).</summary>
    /// <exception cref="DTypeException">The tensor is bfloat16.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public static void Save(string path, Tensor tensor)
    {
        byte[] header = Header(tensor);
        AtomicFile.Write(path, stream => Write(stream, tensor, header));
    }

    /// <summary>Writes a tensor to a stream.</summary>
    /// <exception cref="DTypeException">The tensor is bfloat16.</exception>
    public static void Save(Stream stream, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, tensor, Header(tensor));
    }

    /// <summary>The header of a tensor's file.</summary>
    internal static byte[] Header(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        tensor.ThrowIfBatched("Tensors cannot be saved inside vmap, where one tensor stands for many: save what vmap returns.");
        return NpyHeader.Write(tensor.dtype, IsFortran(tensor.layout), tensor.layout.shape);
    }

    /// <summary>The elements of a tensor's file.</summary>
    internal static ReadOnlySpan<byte> Data(Tensor tensor) =>
        TensorBytes.RowMajor(IsFortran(tensor.layout) ? tensor.Raw(Reversed(tensor.layout)) : tensor);

    private static void Write(Stream stream, Tensor tensor, byte[] header)
    {
        stream.Write(header);
        TensorBytes.Write(stream, Data(tensor));
    }

    private static bool IsFortran(Layout layout) => layout.Rank > 1 && !layout.IsContiguous && Reversed(layout).IsContiguous;

    private static Layout Reversed(Layout layout)
    {
        long[] shape = [.. layout.shape], strides = [.. layout.strides];
        Array.Reverse(shape);
        Array.Reverse(strides);
        return new(shape, strides, layout.Offset);
    }

    /// <summary>One array out of a stream of unknown length, or of a known number of bytes. Memory grows with what arrives.</summary>
    internal static Tensor Read(Stream stream, string name, long? available)
    {
        byte[] first = new byte[12];
        int read = stream.ReadAtLeast(first.AsSpan(0, 10), 10, throwOnEndOfStream: false);
        if (read == 10 && first[6] > 1) read += stream.ReadAtLeast(first.AsSpan(10), 2, throwOnEndOfStream: false);
        (int start, int length) = NpyParser.Prefix(name, first.AsSpan(0, read));
        byte[] text = new byte[length];
        read = stream.ReadAtLeast(text, length, throwOnEndOfStream: false);
        if (read < length) Throw.Data($"{name}: EOF: reading array header, expected {length} bytes got {read}.");
        NpyHeader header = new NpyParser(name, text).Parse();
        long expected = header.Count * header.ItemSize;
        if (available is { } all && all - start - length != expected)
            Throw.Data($"{name}: {Mismatch(header, expected)}, but {all - start - length} follow the header.");
        Tensor t = available is null && expected > TensorBytes.Piece ? ReadUnbounded(stream, name, header, expected)
            : ReadInto(stream, name, Tensor.Allocate(header.Layout(), header.DType), header);
        Finish(name, TensorBytes.Of(t), header);
        return t;
    }

    private static Tensor ReadInto(Stream stream, string name, Tensor t, NpyHeader header)
    {
        Span<byte> bytes = TensorBytes.Of(t);
        int done = 0;
        while (done < bytes.Length)
        {
            int n = stream.Read(bytes.Slice(done, Math.Min(TensorBytes.Piece, bytes.Length - done)));
            if (n == 0) Throw.Data($"{name}: Failed to read all data for array: {Mismatch(header, bytes.Length)}, but {done} follow.");
            done += n;
        }
        return t;
    }

    /// <summary>A header may promise any number of bytes: room for the tensor is made when they are there.</summary>
    private static Tensor ReadUnbounded(Stream stream, string name, NpyHeader header, long expected)
    {
        if (stream.CanSeek && stream.Length - stream.Position >= expected)
            return ReadInto(stream, name, Tensor.Allocate(header.Layout(), header.DType), header);
        List<byte[]> pieces = [];
        long done = 0;
        while (done < expected)
        {
            byte[] piece = new byte[Math.Min(TensorBytes.Piece, expected - done)];
            int n = stream.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
            done += n;
            if (n < piece.Length)
                Throw.Data($"{name}: Failed to read all data for array: {Mismatch(header, expected)}, but {done} follow.");
            pieces.Add(piece);
        }
        Tensor t = Tensor.Allocate(header.Layout(), header.DType);
        Span<byte> rest = TensorBytes.Of(t);
        foreach (byte[] piece in pieces)
        {
            piece.CopyTo(rest);
            rest = rest[piece.Length..];
        }
        return t;
    }

    private static string Mismatch(NpyHeader header, long bytes) =>
        $"an array of shape {Shape.Format(header.Shape)} and dtype {header.DType.Name()} has {bytes} bytes";

    private static void Finish(string name, Span<byte> bytes, NpyHeader header)
    {
        if (TensorBytes.Finish(bytes, header.DType, header.BigEndian) is { } error) Throw.Data($"{name}: {error}.");
    }
}
