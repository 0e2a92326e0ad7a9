namespace Nabla.IO;

/// <summary>The bytes of a file or stream, read from any place. Reading never goes past the length known at the beginning.</summary>
internal sealed class FileSource : IDisposable
{
    private readonly Stream stream;
    private readonly long start;
    private readonly bool owned;

    private FileSource(Stream stream, string name, bool owned)
    {
        this.stream = stream;
        this.owned = owned;
        Name = name;
        start = stream.Position;
        Length = Math.Max(0, stream.Length - start);
    }

    /// <summary>What messages call it.</summary>
    internal string Name { get; }

    internal long Length { get; }

    /// <summary>A file for reading.</summary>
    /// <exception cref="IOException">It is not there, is a folder, or may not be read.</exception>
    internal static FileSource Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0')) throw new ArgumentException("A path cannot hold the character NUL.", nameof(path));
        string name = $"'{path}'";
        try
        {
            if (Directory.Exists(path)) throw new IOException("it is a folder");
            // An empty file holds nothing that can be loaded; and what is no file at all (a pipe, a device) says that it is empty, and
            // would block whoever opens it.
            FileInfo file = new(path);
            if (file is { Exists: true, Length: 0, LinkTarget: null }) Throw.Data($"{name} is empty: it has 0 bytes.");
            return new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1), name, owned: true);
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"Cannot load '{path}': there is no such file.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Throw.System($"Cannot load '{path}': {e.Message}", e);
            return null;
        }
    }

    /// <summary>What a stream still has. One that cannot seek is read into memory.</summary>
    internal static FileSource Of(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead) throw new ArgumentException("The stream cannot be read.", nameof(stream));
        string name = stream is FileStream file ? $"'{file.Name}'" : "the stream";
        if (stream.CanSeek) return new(stream, name, owned: false);
        MemoryStream copy = new();
        stream.CopyTo(copy);
        copy.Position = 0;
        return new(copy, name, owned: true);
    }

    /// <summary>Fills a span from a place that must lie in the file.</summary>
    /// <exception cref="InvalidDataException">The file has become shorter.</exception>
    internal void Read(long position, Span<byte> into)
    {
        if (position < 0 || position > Length - into.Length)
            Throw.Data($"{Name}: unexpected end of file: bytes {position} to {position + into.Length} were wanted of {Length}.");
        if (into.Length == 0) return;
        stream.Position = start + position;
        int read = stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
        if (read < into.Length)
            Throw.Data($"{Name}: unexpected end of file at byte {position + read}: it became shorter while being read.");
    }

    internal byte[] Read(long position, int count)
    {
        byte[] bytes = new byte[count];
        Read(position, bytes);
        return bytes;
    }

    /// <summary>Leaves a stream of the caller's at its end.</summary>
    public void Dispose()
    {
        if (owned) stream.Dispose();
        else stream.Position = start + Length;
    }
}
