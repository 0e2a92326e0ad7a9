using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>A file is there whole, or what was there before is.</summary>
public sealed class AtomicFileTests
{
    private static readonly string[] Steps = ["create", "write", "flush", "sync", "close", "rename", "sync folder"];

    [Fact]
    public void AFileAppearsWhenItIsCommitted()
    {
        using Files.Folder folder = new();
        string path = folder["x.bin"];
        using (AtomicFile file = AtomicFile.Create(path))
        {
            file.Stream.Write("new"u8);
            Assert.False(File.Exists(path));
            Assert.StartsWith(".x.bin.", Path.GetFileName(Assert.Single(Directory.GetFiles(folder.Path))), StringComparison.Ordinal);
            file.Commit();
            Assert.Equal("new", File.ReadAllText(path));
            Assert.Throws<InvalidOperationException>(file.Commit);
        }
        using (AtomicFile file = AtomicFile.Create(path)) file.Stream.Write("given up"u8);
        Assert.Equal("new", File.ReadAllText(path));
        AtomicFile.Write(path, static s => s.Write("newer"u8));
        Assert.Equal("newer", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void AFailureAtAnyStepLeavesTheOldFile()
    {
        using Files.Folder folder = new();
        string path = folder["x.pt"];
        TorchFile.Save(path, "old");
        List<string> seen = [];
        AtomicFile.Step = seen.Add;
        try
        {
            TorchFile.Save(path, "old");
            Assert.Equal(Steps, seen);
            foreach (string step in Steps)
            {
                Exception[] causes = [new IOException("No space left on device"), new UnauthorizedAccessException("denied")];
                foreach (Exception cause in causes)
                {
                    if (step == "sync folder" && cause is not IOException) continue;
                    AtomicFile.Step = s => { if (s == step) throw cause; };
                    IOException e = Assert.Throws<IOException>(() => TorchFile.Save(path, "new"));
                    Assert.Contains($"'{path}'", e.Message);
                    Assert.Contains(cause.Message, e.Message);
                    AtomicFile.Step = null;
                    Assert.Single(Directory.GetFiles(folder.Path));
                    // Once renamed, the file is there; only a loss of power could undo it, and the message says so.
                    Assert.Equal(step == "sync folder" ? "new" : "old", TorchFile.Load(path));
                    Assert.Equal(step == "sync folder", e.Message.Contains("is saved"));
                    TorchFile.Save(path, "old");
                }
            }
        }
        finally
        {
            AtomicFile.Step = null;
        }
    }

    [Fact]
    public void AnExceptionOfTheCallerPassesAndNothingStays()
    {
        using Files.Folder folder = new();
        Assert.Throws<InvalidCastException>(() => AtomicFile.Write(folder["x"], static s =>
        {
            s.WriteByte(1);
            throw new InvalidCastException();
        }));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void PathsThatCannotBe()
    {
        using Files.Folder folder = new();
        Tensor t = Tensor.Ones(1);
        Directory.CreateDirectory(folder["sub"]);
        foreach (string path in new[] { folder["none/x.npy"], folder["sub"], folder["sub/"], folder[new string('n', 300)] })
            Assert.Contains(path, Assert.ThrowsAny<IOException>(() => Npy.Save(path, t)).Message);
        File.WriteAllText(folder["frozen"], "old");
        File.SetAttributes(folder["frozen"], FileAttributes.ReadOnly);
        Assert.Contains("may only be read", Assert.Throws<IOException>(() => Npy.Save(folder["frozen"], t)).Message);
        File.SetAttributes(folder["frozen"], FileAttributes.Normal);
        Assert.Equal("old", File.ReadAllText(folder["frozen"]));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
        Assert.Throws<ArgumentException>(() => Npy.Save("", t));
        Assert.Throws<ArgumentException>(() => Npy.Save("a\0b", t));

        Assert.Throws<FileNotFoundException>(() => Npy.Load(folder["none.npy"]));
        Assert.Contains("it is a folder", Assert.Throws<IOException>(() => SafeTensors.Load(folder["sub"])).Message);
        Assert.ThrowsAny<IOException>(() => TorchFile.Load(folder["none/x.pt"]));
        File.WriteAllBytes(folder["empty"], []);
        Files.Broken("0 bytes", () => Npz.Load(folder["empty"]));
        if (OperatingSystem.IsLinux()) Files.Broken("0 bytes", static () => SafeTensors.Load("/dev/zero"));
    }

    [Fact]
    public void PermissionsStayAndLinksAreReplaced()
    {
        if (OperatingSystem.IsWindows()) return;
        using Files.Folder folder = new();
        string path = folder["x"];
        File.WriteAllText(path, "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        AtomicFile.Write(path, static s => s.Write("new"u8));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.CreateSymbolicLink(folder["link"], path);
        AtomicFile.Write(folder["link"], static s => s.Write("other"u8));
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal("other", File.ReadAllText(folder["link"]));
        Assert.Null(new FileInfo(folder["link"]).LinkTarget);
    }

    [Fact]
    public void LongNamesAndManyWriters()
    {
        using Files.Folder folder = new();
        string path = folder[new string('n', 250)];
        System.Threading.Tasks.Parallel.For(0, 32, i => SafeTensors.Save(path, [new("i", Tensor.Full([1000], i))]));
        Tensor t = SafeTensors.Load(path)["i"];
        Assert.True(t.Eq(t[0]).All().Item<bool>());
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void AFileThatShrinksWhileItIsReadIsBroken()
    {
        using Files.Folder folder = new();
        File.WriteAllBytes(folder["x"], new byte[1000]);
        using FileSource source = FileSource.Open(folder["x"]);
        using (FileStream writer = new(folder["x"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) writer.SetLength(10);
        Files.Broken("became shorter", () => source.Read(0, 100));
        Files.Broken("unexpected end of file", () => source.Read(990, 11));
    }
}
