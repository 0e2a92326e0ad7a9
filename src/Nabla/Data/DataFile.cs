using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Nabla.Data;

/// <summary>Files as the readers open them: plain, or compressed by gzip, which their first two bytes tell.</summary>
internal static class DataFile
{
    /// <summary>The most bytes that one compressed byte can stand for (RFC 1951: 258 bytes for two bits).</summary>
    internal const long MostPerByte = 1032;

    internal static Stream Open(string path)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        try
        {
            return Unpack(file, out _, leaveOpen: false);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The content of a stream; the stream's own length, if that is known.</summary>
    internal static Stream Unpack(Stream stream, out long? length, bool leaveOpen)
    {
        length = stream.CanSeek ? stream.Length - stream.Position : null;
        if (!stream.CanSeek || length < 2) return stream;
        int first = stream.ReadByte(), second = stream.ReadByte();
        stream.Seek(-2, SeekOrigin.Current);
        return (first, second) == (0x1F, 0x8B) ? new GzipContent(stream, leaveOpen) : stream;
    }
}

/// <summary>
/// What a gzip file holds. Its last four bytes say how much that is, which shows a file that was cut off: the platform's decompressor takes
/// the end of the file for the end of the data.
/// </summary>
internal sealed class GzipContent(Stream file, bool leaveOpen) : Stream
{
    readonly GZipStream content = new(file, CompressionMode.Decompress, leaveOpen: true);
    long total;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => total; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int count = content.Read(buffer);
        total += count;
        if (count == 0 && buffer.Length > 0) CheckEnd();
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
            if (!leaveOpen) file.Dispose();
        }
        base.Dispose(disposing);
    }

    void CheckEnd()
    {
        Span<byte> size = stackalloc byte[4];
        if (file.Length >= 18) // the least that header, data and sums take
        {
            file.Seek(-4, SeekOrigin.End);
            file.ReadExactly(size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(size) == (uint)total) return;
        }
        throw new InvalidDataException($"the gzip data are cut off, or more than one member, after {total} bytes.");
    }
}

/// <summary>
/// The characters of a text, with their place. The text is UTF-8, with or without a byte-order mark; anything else is an error where it
/// stands.
/// </summary>
internal sealed class TextSource : IDisposable
{
    internal const int End = -1;

    // A noncharacter that no text holds; the decoder puts it where bytes are no UTF-8.
    const char Broken = '\uFFFF';

    static readonly Encoding Utf8 = Encoding.GetEncoding("utf-8", EncoderFallback.ExceptionFallback,
        new DecoderReplacementFallback(Broken.ToString()));

    readonly TextReader reader;
    readonly char[] buffer = new char[1 << 14];
    int at, count;

    internal TextSource(string name, TextReader reader)
    {
        (Name, this.reader) = (name, reader);
        if (Peek() == '\uFEFF') at++;
    }

    internal static TextSource Open(string path) => new(path, new StreamReader(DataFile.Open(path), Utf8, false, 1 << 16));

    internal string Name { get; }
    internal long Line { get; private set; } = 1;
    internal long Column { get; private set; } = 1;
    internal string Place => $"{Line}:{Column}";

    /// <summary>The next character, or <see cref="End"/>. It stays.</summary>
    internal int Peek()
    {
        if (at == count)
        {
            try
            {
                (at, count) = (0, reader.Read(buffer));
            }
            catch (InvalidDataException e)
            {
                DataErrors.File(Name, Place, $"the file is damaged: {e.Message}", e);
            }
            if (count == 0) return End;
        }
        char c = buffer[at];
        if (c == Broken) DataErrors.File(Name, Place, "the text is not valid UTF-8.");
        return c;
    }

    /// <summary>Takes the next character. A line ends with \n, \r\n or \r, of which \n is given.</summary>
    internal int Next()
    {
        int c = Peek();
        if (c == End) return End;
        at++;
        if (c == '\r')
        {
            if (Peek() == '\n') at++;
            c = '\n';
        }
        if (c == '\n') (Line, Column) = (Line + 1, 1);
        else if (!char.IsLowSurrogate((char)c)) Column++;
        return c;
    }

    public void Dispose() => reader.Dispose();
}
