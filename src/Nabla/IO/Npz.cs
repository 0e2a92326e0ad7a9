namespace Nabla.IO;

/// <summary>NumPy's format of several named arrays: a zip file of <c>NAME.npy</c> entries, stored or deflated.</summary>
/// <remarks>
/// Every entry carries a CRC-32, which <c>Load</c> verifies: a damaged file is an error, never a wrong tensor. Names are keys of a
/// dictionary and nothing else; no path is made of them. Deflated entries may grow to <c>maxBytes</c>.
/// </remarks>
public static class Npz
{
    private const string Suffix = ".npy";

    /// <summary>The arrays of a file, in its order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most bytes that compressed arrays may need together, by default 256 MiB and 100 times the file: a small
    /// hostile file can otherwise fill the memory.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format, is damaged, or inflates to more than
    /// <paramref name="maxBytes"/>; nothing is loaded.</exception>
    /// <exception cref="NotSupportedException">The file is sound and holds what is no tensor, or is encrypted.</exception>
    public static OrderedDictionary<string, Tensor> Load(string path, long? maxBytes = null)
    {
        using FileSource source = FileSource.Open(path);
        return Load(source, maxBytes);
    }

    /// <summary>The arrays of a stream, from its position to its end.</summary>
    /// <inheritdoc cref="Load(string, long?)"/>
    public static OrderedDictionary<string, Tensor> Load(Stream stream, long? maxBytes = null)
    {
        using FileSource source = FileSource.Of(stream);
        return Load(source, maxBytes);
    }

    private static OrderedDictionary<string, Tensor> Load(FileSource source, long? maxBytes)
    {
        ZipReader zip = new(source, maxBytes);
        OrderedDictionary<string, Tensor> tensors = new(zip.Entries.Count, StringComparer.Ordinal);
        foreach (ZipEntry entry in zip.Entries)
        {
            if (!entry.Name.EndsWith(Suffix, StringComparison.Ordinal))
                Throw.Unsupported($"{zip.Place(entry)} is no array: names of arrays end in '{Suffix}'.");
            string name = entry.Name[..^Suffix.Length];
            if (TensorBytes.BadName(name) is { } rule) Throw.Data($"{zip.Place(entry)}: the name {rule}.");
            tensors.Add(name, Read(zip, entry));
        }
        return tensors;
    }

    private static Tensor Read(ZipReader zip, ZipEntry entry)
    {
        using Stream stream = zip.Open(entry);
        Tensor t;
        try
        {
            t = Npy.Read(stream, zip.Place(entry), entry.Size);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            // If the entry is damaged, that is what there is to say.
            stream.CopyTo(Stream.Null);
            ZipReader.Finish(stream);
            throw;
        }
        ZipReader.Finish(stream);
        return t;
    }

    /// <summary>Writes tensors to a file, which appears whole or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">Names and tensors: a dictionary, a state dict.</param>
    /// <param name="compressed">Whether entries are deflated, as by <c>numpy.savez_compressed</c>, or stored, as by
    /// <c>numpy.savez</c>.</param>
    /// <exception cref="ArgumentException">A name occurs twice, is empty or cannot be written; or a tensor is null.</exception>
    /// <exception cref="DTypeException">A tensor is bfloat16, which NumPy does not have.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compressed = false)
    {
        List<(string, byte[], Tensor)> entries = Prepare(tensors);
        AtomicFile.Write(path, stream => Write(stream, entries, compressed));
    }

    /// <summary>Writes tensors to a stream.</summary>
    /// <inheritdoc cref="Save(string, IEnumerable{KeyValuePair{string, Tensor}}, bool)"/>
    public static void Save(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compressed = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, Prepare(tensors), compressed);
    }

    private static List<(string, byte[], Tensor)> Prepare(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        List<(string, byte[], Tensor)> entries = [];
        foreach ((string name, Tensor t) in TensorBytes.Named(tensors)) entries.Add((name + Suffix, Npy.Header(t), t));
        return entries;
    }

    private static void Write(Stream stream, List<(string, byte[], Tensor)> entries, bool compressed)
    {
        ZipWriter zip = new(stream, align: 64);
        foreach ((string name, byte[] header, Tensor t) in entries)
        {
            if (compressed) zip.Deflate(name, header, Npy.Data(t));
            else zip.Store(name, header, Npy.Data(t));
        }
        zip.Finish();
    }
}
