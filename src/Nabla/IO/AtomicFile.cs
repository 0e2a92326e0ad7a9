using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nabla.IO;

/// <summary>
/// A file that appears whole or not at all. What is written goes to a new file beside the target; <see cref="Commit"/> brings it to
/// the disk, gives it the target's name in one step and brings the folder to the disk too. Until then, and after any failure, the
/// target is what it was, and the new file goes away. When <see cref="Commit"/> returns, the file survives a loss of power.
/// </summary>
/// <remarks>
/// The target keeps its permissions. A symbolic link in its place is replaced, not followed. Of several writers at once the last one
/// wins, and none sees another's half. A process that is killed may leave its unfinished file behind, named
/// <c>.NAME.RANDOM.tmp</c>; nothing reads it.
/// <code>
/// using AtomicFile file = AtomicFile.Create("run/state.bin");
/// file.Stream.Write(bytes);
/// file.Commit();
/// </code>
/// </remarks>
public sealed class AtomicFile : IDisposable
{
    // So long a name leaves no room for the rest of the temporary one where a name has 255 bytes.
    private const int LongName = 200;

    /// <summary>What tests use to fail a step: it is told the step's name on the thread that takes it.</summary>
    [ThreadStatic] internal static Action<string>? Step;

    private readonly FileStream stream;
    private readonly string full, folder, temporary;
    private bool finished;

    private AtomicFile(string path, string full, string folder, string temporary, FileStream stream)
    {
        Path = path;
        this.full = full;
        this.folder = folder;
        this.temporary = temporary;
        this.stream = stream;
    }

    /// <summary>The file to be, as the caller named it.</summary>
    public string Path { get; }

    /// <summary>Where to write: a seekable stream of an empty file.</summary>
    public Stream Stream => stream;

    /// <summary>Begins a file that will replace <paramref name="path"/>, or be made there.</summary>
    /// <exception cref="IOException">The folder does not exist or does not let itself be written to, or the path is a folder or a
    /// file that may only be read.</exception>
    public static AtomicFile Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0')) throw new ArgumentException("A path cannot hold the character NUL.", nameof(path));
        return Guarded(path, () =>
        {
            Step?.Invoke("create");
            string full = System.IO.Path.GetFullPath(path);
            string name = System.IO.Path.GetFileName(full);
            string folder = System.IO.Path.GetDirectoryName(full) ?? full;
            if (name.Length == 0 || Directory.Exists(full)) throw new IOException("it is a folder");
            if (!Directory.Exists(folder)) throw new IOException($"the folder '{folder}' does not exist");
            FileInfo old = new(full);
            if (old is { Exists: true, IsReadOnly: true }) throw new IOException("the file there may only be read");
            UnixFileMode? mode = old.Exists && !OperatingSystem.IsWindows() ? old.UnixFileMode : null;
            (string temporary, FileStream stream) = CreateBeside(folder, name, mode);
            return new AtomicFile(path, full, folder, temporary, stream);
        });
    }

    /// <summary>Writes a file whole or not at all: what <paramref name="write"/> puts into the stream, if it returns.</summary>
    /// <exception cref="IOException">The file cannot be written; the message names <paramref name="path"/> and the reason.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using AtomicFile file = Create(path);
        Guarded(path, () =>
        {
            Step?.Invoke("write");
            write(file.Stream);
            return 0;
        });
        file.Commit();
    }

    /// <summary>Puts the file in its place, to stay.</summary>
    /// <exception cref="InvalidOperationException">It has been committed or disposed of before.</exception>
    /// <exception cref="IOException">The disk refused. The target is what it was, unless the message says that only the folder could
    /// not be brought to the disk.</exception>
    public void Commit()
    {
        if (finished) Throw.State("AtomicFile: it was committed or disposed of before; create another one.");
        Guarded(Path, () =>
        {
            try
            {
                Step?.Invoke("flush");
                stream.Flush();
                Step?.Invoke("sync");
                FileSync.File(stream.SafeFileHandle);
                Step?.Invoke("close");
                stream.Dispose();
                Step?.Invoke("rename");
                File.Move(temporary, full, overwrite: true);
                finished = true;
            }
            finally
            {
                Dispose();
            }
            return 0;
        });
        try
        {
            Step?.Invoke("sync folder");
            FileSync.Folder(folder);
        }
        catch (IOException e)
        {
            Throw.System($"'{Path}' is saved, but its folder could not be brought to the disk, so that a loss of power may undo it: " +
                e.Message, e);
        }
    }

    /// <summary>Gives up what has not been committed.</summary>
    public void Dispose()
    {
        if (finished) return;
        finished = true;
        try
        {
            stream.Dispose();
        }
        catch (Exception e) when (Refused(e))
        {
            // What could not be written is to be deleted anyway.
        }
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The reason why the file is given up matters more than the rest that stays.
        }
    }

    private static (string, FileStream) CreateBeside(string folder, string name, UnixFileMode? mode)
    {
        if (Encoding.UTF8.GetByteCount(name) > LongName) name = "nabla";
        for (int attempt = 1; ; attempt++)
        {
            string random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
            string path = System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".{name}.{random}.tmp"));
            try
            {
                FileStreamOptions options = new()
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    BufferSize = 1 << 16
                };
                if (mode is { } own && !OperatingSystem.IsWindows()) options.UnixCreateMode = own | UnixFileMode.UserWrite;
                FileStream stream = new(path, options);
                if (mode is { } exact && !OperatingSystem.IsWindows()) TrySetMode(stream, exact);
                return (path, stream);
            }
            catch (IOException) when (attempt < 10 && File.Exists(path))
            {
                // Somebody else has this name: another one.
            }
        }
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void TrySetMode(FileStream stream, UnixFileMode mode)
    {
        try
        {
            File.SetUnixFileMode(stream.SafeFileHandle, mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file system without permissions.
        }
    }

    /// <summary>Runs a step; whatever the operating system says against it becomes an IOException that names the path.</summary>
    internal static T Guarded<T>(string path, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (Refused(e))
        {
            Throw.System($"Cannot save '{path}': {e.Message}", e);
            return default;
        }
    }

    /// <summary>Whether the operating system said no. A file too large for its file system, or for the user's limit, is the runtime's
    /// ArgumentOutOfRangeException of a parameter that nobody gave.</summary>
    private static bool Refused(Exception e) => e is IOException or UnauthorizedAccessException or System.Security.SecurityException
        or ArgumentOutOfRangeException { ParamName: "value" };
}
