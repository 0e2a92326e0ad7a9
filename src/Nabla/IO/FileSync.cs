using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nabla.IO;

/// <summary>
/// Makes sure that what was written survives a loss of power. The runtime's own flush does not report that the disk refused, so the C
/// library is asked where there is one.
/// </summary>
internal static partial class FileSync
{
    private const int Interrupted = 4, Invalid = 22, Linux = 0x80000, Apple = 0x1000000;

    /// <summary>Everything written to the file is on the disk when this returns.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    internal static void File(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows() || !OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(handle);
        if (!OperatingSystem.IsWindows()) Sync(handle);
    }

    /// <summary>The names in the folder are on the disk when this returns. Windows does this by itself.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    internal static void Folder(string path)
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsBrowser() || OperatingSystem.IsWasi()) return;
        try
        {
            using SafeFileHandle folder = Open(path, OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? Linux
                : OperatingSystem.IsMacOS() || OperatingSystem.IsIOS() ? Apple : 0);
            if (folder.IsInvalid) Fail();
            Sync(folder);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library: nothing to ask.
        }
    }

    private static void Sync(SafeFileHandle handle)
    {
        try
        {
            while (FSync(handle) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Interrupted) continue;
                // A file system that keeps nothing on a disk says that it has nothing to do.
                if (error == Invalid || error == NotSupported) return;
                Fail();
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            RandomAccess.FlushToDisk(handle);
        }
    }

    private static int NotSupported => OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? 95 : 45;

    private static void Fail()
    {
        int error = Marshal.GetLastPInvokeError();
        throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
