namespace Nabla.IO;

/// <summary>
/// The safetensors format of Hugging Face: a JSON header with the name, dtype, shape and place of every tensor, and their bytes.
/// </summary>
/// <remarks>
/// <para>A file is <c>u64 N</c>, N bytes of JSON <c>{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}</c>, then
/// the data: row-major, little-endian, without gaps. Dtypes are BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64, C64, and C128, which
/// other readers may not know.</para>
/// <para>Reading checks every rule of the format before any tensor is made: the header's size (at most 100,000,000 bytes) and JSON
/// (no name twice), that each tensor has as many bytes as its shape says, and that the tensors fill the file with no overlap, no hole
/// and no rest. The format has no checksum of its own, so <see cref="Save(string, IEnumerable{KeyValuePair{string, Tensor}},
/// IEnumerable{KeyValuePair{string, string}}?)"/> writes one per tensor into the header's <c>__metadata__</c>
/// (<c>nabla.crc32c.NAME</c>: CRC-32C of name, dtype, shape and bytes), which other readers ignore and <c>Load</c> verifies: a damaged
/// file of Nabla's is an error, never a wrong tensor. In files without these checksums damaged values cannot be told from right
/// ones.</para>
/// <para>Source: the reference implementation, <c>safetensors/src/tensor.rs</c>.</para>
/// </remarks>
public static class SafeTensors
{
    /// <summary>The tensors of a file, in the order of its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verify">Whether checksums are compared, as far as there are some. Say false for a file whose tensors another
    /// program changed and whose metadata it kept.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file breaks a rule of the format; nothing is loaded.</exception>
    /// <exception cref="NotSupportedException">The file is sound and holds a dtype that tensors do not have.</exception>
    public static OrderedDictionary<string, Tensor> Load(string path, bool verify = true)
    {
        using FileSource source = FileSource.Open(path);
        return SafeTensorsReader.Load(source, verify);
    }

    /// <summary>The tensors of a stream, from its position to its end.</summary>
    /// <inheritdoc cref="Load(string, bool)"/>
    public static OrderedDictionary<string, Tensor> Load(Stream stream, bool verify = true)
    {
        using FileSource source = FileSource.Of(stream);
        return SafeTensorsReader.Load(source, verify);
    }

    /// <summary>The texts that a file carries beside its tensors, without the checksums. The tensors are not read.</summary>
    /// <inheritdoc cref="Load(string, bool)"/>
    public static OrderedDictionary<string, string> LoadMetadata(string path)
    {
        using FileSource source = FileSource.Open(path);
        return SafeTensorsReader.LoadMetadata(source);
    }

    /// <summary>The texts that a stream carries beside its tensors, without the checksums.</summary>
    /// <inheritdoc cref="Load(string, bool)"/>
    public static OrderedDictionary<string, string> LoadMetadata(Stream stream)
    {
        using FileSource source = FileSource.Of(stream);
        return SafeTensorsReader.LoadMetadata(source);
    }

    /// <summary>Writes tensors to a file, which appears whole or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">Names and tensors: a dictionary, a state dict. Tensors that share memory are written one by one.</param>
    /// <param name="metadata">Texts to keep with them. Without an entry <c>format</c>, <c>pt</c> is written, which the readers of
    /// Hugging Face want.</param>
    /// <exception cref="ArgumentException">A name occurs twice, is empty, is <c>__metadata__</c> or cannot be written; or a tensor is
    /// null.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        SafeTensorsWriter writer = new(tensors, metadata);
        AtomicFile.Write(path, writer.Write);
    }

    /// <summary>Writes tensors to a stream.</summary>
    /// <inheritdoc cref="Save(string, IEnumerable{KeyValuePair{string, Tensor}}, IEnumerable{KeyValuePair{string, string}}?)"/>
    public static void Save(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        new SafeTensorsWriter(tensors, metadata).Write(stream);
    }
}
