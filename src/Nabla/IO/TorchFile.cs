using System.Text;

namespace Nabla.IO;

/// <summary>PyTorch's files (<c>.pt</c>, <c>.pth</c>, <c>.ckpt</c>): tensors, state dicts, optimizer states and plain values around them,
/// as <c>torch.save</c> writes and <c>torch.load(weights_only=True)</c> reads them.</summary>
/// <remarks>
/// <para>A file is a zip archive of a pickle and one entry per storage. Values have these types:</para>
/// <list type="table">
/// <item><term>None, bool, int, float, str</term><description>null, bool, long, double, string</description></item>
/// <item><term>Tensor, Parameter</term><description><see cref="Tensor"/>, with its strides; tensors that share memory share it
/// again</description></item>
/// <item><term>list, tuple</term><description><c>List&lt;object?&gt;</c>, <c>object?[]</c></description></item>
/// <item><term>dict, OrderedDict</term><description><c>OrderedDictionary&lt;object, object?&gt;</c> with keys of string
/// or long</description></item>
/// <item><term>torch.Size, torch.dtype, torch.device</term><description><see cref="Shape"/>, <see cref="DType"/>,
/// string</description></item>
/// </list>
/// <para>Nothing in a file is ever run: opcodes and names are those of a short fixed list, and no type is looked up by a name. Values
/// are nested at most 64 deep, and memory is bounded by the file's size. Every entry has passed its CRC-32. Tensors of any device come to
/// the CPU.</para>
/// <para>Refused, with the reason: the format of PyTorch before 1.6 (load and save it with a newer PyTorch), TorchScript archives, whole
/// modules (save <c>model.state_dict()</c>), NumPy values, quantized, sparse and nested tensors.</para>
/// <para>Source: PyTorch, <c>torch/serialization.py</c>, <c>caffe2/serialize/inline_container.cc</c>.</para>
/// </remarks>
public static class TorchFile
{
    private const string Folder = "archive/";

    /// <summary>The value of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most bytes that compressed entries may need together, by default 256 MiB and 100 times the file. PyTorch
    /// itself compresses nothing.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or holds something that no state dict holds; nothing is
    /// loaded.</exception>
    /// <exception cref="NotSupportedException">The file is sound and holds what Nabla does not have; the message says what to save
    /// instead.</exception>
    public static object? Load(string path, long? maxBytes = null)
    {
        using FileSource source = FileSource.Open(path);
        return Load(source, maxBytes);
    }

    /// <summary>The value of a stream, from its position to its end.</summary>
    /// <inheritdoc cref="Load(string, long?)"/>
    public static object? Load(Stream stream, long? maxBytes = null)
    {
        using FileSource source = FileSource.Of(stream);
        return Load(source, maxBytes);
    }

    /// <summary>The state dict of a file, as <c>torch.save(model.state_dict(), path)</c> writes it: names and tensors.</summary>
    /// <inheritdoc cref="Load(string, long?)"/>
    public static OrderedDictionary<string, Tensor> LoadStateDict(string path, long? maxBytes = null)
    {
        using FileSource source = FileSource.Open(path);
        return StateDict(Load(source, maxBytes), source.Name);
    }

    /// <summary>The state dict of a stream, from its position to its end.</summary>
    /// <inheritdoc cref="Load(string, long?)"/>
    public static OrderedDictionary<string, Tensor> LoadStateDict(Stream stream, long? maxBytes = null)
    {
        using FileSource source = FileSource.Of(stream);
        return StateDict(Load(source, maxBytes), source.Name);
    }

    /// <summary>Writes a value to a file, which appears whole or not at all (<see cref="AtomicFile"/>) and which
    /// <c>torch.load(weights_only=True)</c> reads.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="value">One of the types that <see cref="Load(string, long?)"/> gives, or any dictionary, list or tuple of them. An
    /// enumeration of names and tensors becomes an OrderedDict. Of memory that several tensors share, or of a part of a larger tensor, the
    /// part between first and last element is written, once.</param>
    /// <exception cref="ArgumentException">The value, or a part of it, is of another type, or contains itself.</exception>
    /// <exception cref="DTypeException">Two tensors show the same memory as different dtypes.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public static void Save(string path, object? value)
    {
        PickleWriter writer = new(value);
        AtomicFile.Write(path, stream => Write(stream, writer));
    }

    /// <summary>Writes a value to a stream.</summary>
    /// <inheritdoc cref="Save(string, object?)"/>
    public static void Save(Stream stream, object? value)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, new PickleWriter(value));
    }

    private static void Write(Stream stream, PickleWriter writer)
    {
        ZipWriter zip = new(stream, align: 64);
        zip.Store(Folder + "data.pkl", writer.Pickle);
        zip.Store(Folder + "byteorder", "little"u8);
        foreach (PickleWriter.Memory memory in writer.Storages) zip.Store($"{Folder}data/{memory.Key}", memory.Bytes);
        zip.Store(Folder + "version", "3\n"u8);
        zip.Finish();
    }

    private static object? Load(FileSource source, long? maxBytes)
    {
        RefuseOldFormats(source);
        ZipReader zip = new(source, maxBytes);
        Dictionary<string, ZipEntry> entries = Records(zip);
        RefuseOtherArchives(zip, entries);
        string version = Encoding.ASCII.GetString(Small(zip, entries, "version") ?? []).TrimEnd('\n');
        if (version.Length is 0 or > 2 || !version.All(char.IsAsciiDigit))
            Throw.Data($"PytorchStreamReader failed locating file version: {zip.Name}: it is {Throw.Quote(version)}, not a number.");
        bool big = false;
        if (Small(zip, entries, "byteorder") is { } order)
        {
            big = order.AsSpan().SequenceEqual("big"u8);
            if (!big && !order.AsSpan().SequenceEqual("little"u8))
                Throw.Data($"Unknown endianness type: {zip.Place(entries["byteorder"])} is neither 'little' nor 'big'.");
        }
        if (!entries.TryGetValue("data.pkl", out ZipEntry? pickle))
        {
            Throw.Data("PytorchStreamReader failed locating file data.pkl: file not found. " +
                $"{zip.Name} is a zip file and none of PyTorch's.");
            return null;
        }
        Dictionary<string, (Storage Storage, DType DType)> storages = new(StringComparer.Ordinal);
        return new PickleReader(zip.Place(pickle), zip.Read(pickle), (key, dtype, count) =>
        {
            if (!storages.TryGetValue(key, out (Storage Storage, DType DType) found))
                storages.Add(key, found = (Storage(zip, entries, key, dtype, count, big), dtype));
            if (found.DType != dtype || found.Storage.Length != count * dtype.ItemSize())
                Throw.Data($"Weights only load failed: {zip.Name}: storage {Throw.Quote(key)} is described in two ways.");
            return found.Storage;
        }).Read();
    }

    private static Storage Storage(ZipReader zip, Dictionary<string, ZipEntry> entries, string key, DType dtype, long count, bool big)
    {
        if (!entries.TryGetValue("data/" + key, out ZipEntry? entry))
        {
            Throw.Data($"PytorchStreamReader failed locating file data/{key}: file not found. {zip.Name}: the storage " +
                $"{Throw.Quote(key)} is missing.");
            return null;
        }
        if (count > long.MaxValue / dtype.ItemSize() || count * dtype.ItemSize() != entry.Size)
            Throw.Data($"Weights only load failed: {zip.Place(entry)}: {entry.Size} bytes are not {count} elements of {dtype.Name()}.");
        Storage storage = count == 0 ? new([]) : StoragePool.Rent(count, dtype.ItemSize(), [count], dtype);
        zip.Read(entry, storage.Data);
        if (TensorBytes.Finish(storage.Data, dtype, big) is { } error) Throw.Data($"{zip.Place(entry)}: {error}.");
        return storage;
    }

    /// <summary>The entries by their names without the folder that holds them all.</summary>
    private static Dictionary<string, ZipEntry> Records(ZipReader zip)
    {
        Dictionary<string, ZipEntry> records = new(StringComparer.Ordinal);
        string? folder = null;
        foreach (ZipEntry entry in zip.Entries)
        {
            folder ??= entry.Name[..(entry.Name.IndexOf('/') + 1)];
            if (folder.Length == 0 || !entry.Name.StartsWith(folder, StringComparison.Ordinal))
                Throw.Data($"PytorchStreamReader failed reading zip archive: {zip.Name}: the entries do not lie in one folder: " +
                    $"{Throw.Quote(entry.Name)}. It is a zip file and none of PyTorch's.");
            records.Add(entry.Name[folder.Length..], entry);
        }
        return records;
    }

    private static byte[]? Small(ZipReader zip, Dictionary<string, ZipEntry> entries, string name)
    {
        if (!entries.TryGetValue(name, out ZipEntry? entry)) return null;
        if (entry.Size > 64) Throw.Data($"{zip.Place(entry)} has {entry.Size} bytes, and a few are expected.");
        return zip.Read(entry);
    }

    private static void RefuseOldFormats(FileSource source)
    {
        byte[] start = source.Read(0, (int)Math.Min(source.Length, 512));
        ReadOnlySpan<byte> legacy = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
        bool tar = start.Length > 262 && start.AsSpan(257, 5).SequenceEqual("ustar"u8);
        if (tar || start.AsSpan().StartsWith(legacy))
            Throw.Unsupported($"{source.Name} has the format of PyTorch before 1.6, which has no checksums. Convert it with PyTorch: " +
                "torch.save(torch.load(old, map_location='cpu'), new).");
    }

    private static void RefuseOtherArchives(ZipReader zip, Dictionary<string, ZipEntry> entries)
    {
        if (entries.ContainsKey("constants.pkl") || entries.Keys.Any(static name => name.StartsWith("code/", StringComparison.Ordinal)))
            Throw.Unsupported($"{zip.Name} is a TorchScript archive, which holds programs. Save its tensors with PyTorch: " +
                "torch.save(torch.jit.load(old).state_dict(), new).");
    }

    private static OrderedDictionary<string, Tensor> StateDict(object? value, string name)
    {
        if (value is not OrderedDictionary<object, object?> map)
        {
            Throw.Data($"Expected state_dict to be dict-like: {name} holds a {PickleReader.Kind(value)}. Use TorchFile.Load.");
            return [];
        }
        OrderedDictionary<string, Tensor> state = new(map.Count, StringComparer.Ordinal);
        foreach ((object key, object? item) in map)
        {
            if (key is string text && item is Tensor t) state.Add(text, t);
            else Throw.Data($"Expected state_dict to be names and tensors: {name} holds a {PickleReader.Kind(item)} under " +
                $"{Throw.Quote(key.ToString()!)}. Use TorchFile.Load, and take the state dict out of what it returns.");
        }
        return state;
    }
}
