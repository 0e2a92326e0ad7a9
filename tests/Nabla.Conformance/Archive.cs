using System.IO.Compression;

namespace Nabla.Conformance;

/// <summary>The data's files by relative name: a folder of plain or .gz files, or a .zip.</summary>
public sealed class Archive : IDisposable
{
    private readonly string path;
    private readonly ZipArchive? zip;

    /// <summary>Opens a folder or a .zip file.</summary>
    /// <exception cref="FileNotFoundException">There is neither.</exception>
    public Archive(string path)
    {
        this.path = path;
        if (Directory.Exists(path)) return;
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no folder and no .zip file '{path}'.");
        zip = ZipFile.OpenRead(path);
    }

    /// <summary>Whether there is such a file.</summary>
    public bool Has(string name) => zip is not null ? zip.GetEntry(name) is not null
        : File.Exists(Path.Combine(path, name)) || File.Exists(Path.Combine(path, name + ".gz"));

    /// <summary>The whole file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public byte[] Read(string name)
    {
        if (zip is not null) return ReadEntry(name);
        string file = Path.Combine(path, name);
        if (File.Exists(file)) return File.ReadAllBytes(file);
        if (!File.Exists(file + ".gz")) throw new FileNotFoundException($"'{path}' has no file '{name}', with or without .gz.");
        using FileStream packed = File.OpenRead(file + ".gz");
        using GZipStream stream = new(packed, CompressionMode.Decompress);
        return ReadAll(stream);
    }

    /// <summary>True if there is such a file.</summary>
    public bool Contains(string name)
    {
        if (zip is null) return File.Exists(Path.Combine(path, name)) || File.Exists(Path.Combine(path, name + ".gz"));
        lock (zip) return zip.GetEntry(name) is not null;
    }

    private byte[] ReadEntry(string name)
    {
        // One archive has one stream, so readers take turns.
        lock (zip!)
        {
            ZipArchiveEntry entry = zip.GetEntry(name) ?? throw new FileNotFoundException($"'{path}' has no entry '{name}'.");
            using Stream stream = entry.Open();
            return ReadAll(stream);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    public void Dispose() => zip?.Dispose();
}
