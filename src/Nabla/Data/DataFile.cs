using System.IO.Compression;
using System.Text;

namespace Nabla.Data;

/// <summary>Files as the readers open them: plain, or compressed by gzip, which their first two bytes tell.</summary>
internal static class DataFile
{
    /// <summary>The most bytes that one compressed byte can stand for (RFC 1951: 258 bytes for two bits).</summary>
    internal const long MostPerByte = 1032;

    internal static Stream Open(string path, out long? length)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        try
        {
            return Unpack(file, out length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The content of a stream; its length, if that is known.</summary>
    internal static Stream Unpack(Stream stream, out long? length)
    {
        length = stream.CanSeek ? stream.Length - stream.Position : null;
        if (!stream.CanSeek || length < 2) return stream;
        int first = stream.ReadByte(), second = stream.ReadByte();
        stream.Seek(-2, SeekOrigin.Current);
        return (first, second) == (0x1F, 0x8B) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
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

    internal static TextSource Open(string path) => new(path, new StreamReader(DataFile.Open(path, out _), Utf8, false, 1 << 16));

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
