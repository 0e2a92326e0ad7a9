using System.Buffers;

namespace Nabla.IO;

/// <summary>
/// A file that grows while a program works on: a log must not end what it watches. Pieces wait in memory until they are written; when the
/// disk refuses, they go on waiting, the file is cut back to its last whole piece, and the reason is kept for <see cref="Flush"/>. When too
/// much waits, new pieces are dropped and counted.
/// </summary>
internal sealed class AppendFile : IDisposable
{
    /// <summary>How many bytes wait at most.</summary>
    internal const int Limit = 64 << 20;

    /// <summary>What tests use to fail a step: it is told the step's name on the thread that takes it.</summary>
    [ThreadStatic] internal static Action<string>? Step;

    private readonly string full;
    private readonly FileStream stream;
    private readonly ArrayBufferWriter<byte> waiting = new();
    private long whole;
    private IOException? trouble;
    private bool torn, closed;

    private AppendFile(string path, string full, FileStream stream)
    {
        (Path, this.full, this.stream) = (path, full, stream);
        whole = stream.Length;
        stream.Position = whole;
    }

    /// <summary>The file, as the caller named it.</summary>
    internal string Path { get; }

    /// <summary>How many pieces wait to be written.</summary>
    internal int Waiting { get; private set; }

    /// <summary>How many pieces could not be kept.</summary>
    internal long Dropped { get; private set; }

    /// <summary>Opens a file to append to; makes it and its folder if need be.</summary>
    /// <exception cref="IOException">It cannot be opened; the message names the path.</exception>
    internal static AppendFile Open(string path, bool createNew = false)
    {
        if (path.Contains('\0')) throw new ArgumentException("A path cannot hold the character NUL.", nameof(path));
        try
        {
            string full = System.IO.Path.GetFullPath(path);
            if (Directory.Exists(full)) throw new IOException("it is a folder");
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            Step?.Invoke("open");
            FileStreamOptions options = new()
            {
                Mode = createNew ? FileMode.CreateNew : FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            };
            return new AppendFile(path, full, new FileStream(full, options));
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Throw.System($"Cannot write to '{path}': {e.Message}", e);
            return null;
        }
    }

    /// <summary>A piece to write; it waits.</summary>
    internal void Append(ReadOnlySpan<byte> piece)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (waiting.WrittenCount + piece.Length > Limit)
        {
            Dropped++;
            return;
        }
        waiting.Write(piece);
        Waiting++;
    }

    /// <summary>Writes what waits, or keeps the reason why not.</summary>
    /// <returns>Whether nothing waits any more.</returns>
    internal bool TryWrite()
    {
        if (waiting.WrittenCount == 0) return true;
        try
        {
            // Where files may be deleted while they are open, writing to one that nobody can see succeeds.
            if (!File.Exists(full)) throw new IOException("it has been deleted");
            if (torn) stream.SetLength(whole);
            torn = true;
            stream.Position = whole;
            Step?.Invoke("write");
            stream.Write(waiting.WrittenSpan);
            torn = false;
            whole += waiting.WrittenCount;
            waiting.ResetWrittenCount();
            (Waiting, trouble) = (0, null);
            return true;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            trouble = new IOException($"Cannot write to '{Path}': {e.Message}", e) { HResult = e.HResult };
            return false;
        }
    }

    /// <summary>Writes what waits.</summary>
    /// <exception cref="IOException">The disk refused, or pieces have been dropped since the last call because it had.</exception>
    internal void Flush()
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (!TryWrite()) throw trouble!;
        if (Dropped == 0) return;
        long dropped = Dropped;
        Dropped = 0;
        Throw.System($"'{Path}' lacks {dropped} records: the disk took none for so long that they could not be kept.");
    }

    /// <summary>Everything there is, what waits included.</summary>
    internal byte[] ReadAll()
    {
        Flush();
        try
        {
            byte[] bytes = new byte[stream.Length];
            stream.Position = 0;
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Throw.System($"Cannot read '{Path}': {e.Message}", e);
            return null;
        }
    }

    /// <summary>Cuts the file; nothing may wait.</summary>
    internal void Truncate(long length)
    {
        try
        {
            stream.SetLength(length);
            whole = length;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Throw.System($"Cannot write to '{Path}': {e.Message}", e);
        }
    }

    /// <summary>Closes the file, after a last attempt to write what waits.</summary>
    /// <exception cref="IOException">Pieces are lost.</exception>
    public void Dispose()
    {
        if (closed) return;
        try
        {
            Flush();
        }
        finally
        {
            closed = true;
            try
            {
                if (torn) stream.SetLength(whole);
                stream.Dispose();
            }
            catch (Exception e) when (IsRefusal(e))
            {
                // The first refusal is the one to tell.
            }
        }
    }

    private static bool IsRefusal(Exception e) =>
        e is IOException or UnauthorizedAccessException or System.Security.SecurityException or NotSupportedException;
}
