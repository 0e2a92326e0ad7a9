using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nabla.IO;

/// <summary>One file in the making: the header is ready before anything is written.</summary>
internal sealed class SafeTensorsWriter
{
    internal const int MaxHeader = 100_000_000;
    internal const string Metadata = "__metadata__", Crc = "nabla.crc32c.";

    private readonly List<KeyValuePair<string, Tensor>> data;
    private readonly byte[] header;

    internal SafeTensorsWriter(IEnumerable<KeyValuePair<string, Tensor>> tensors, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        List<KeyValuePair<string, Tensor>> named = TensorBytes.Named(tensors);
        if (named.Exists(static e => e.Key == Metadata))
            throw new ArgumentException($"'{Metadata}' is the format's own name and no tensor's.", nameof(tensors));
        // Wide elements first, so that every tensor begins where its elements are aligned.
        data = [.. named.OrderByDescending(static e => e.Value.dtype.ItemSize())];
        Dictionary<string, long> begins = new(StringComparer.Ordinal);
        long at = 0;
        foreach ((string name, Tensor t) in data)
        {
            begins.Add(name, at);
            at += t.layout.Count * t.dtype.ItemSize();
        }
        header = WriteHeader(named, begins, Texts(metadata));
    }

    private static OrderedDictionary<string, string> Texts(IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        OrderedDictionary<string, string> texts = [];
        foreach ((string key, string text) in metadata ?? [])
        {
            if (key is null || text is null) throw new ArgumentException("A key or text of the metadata is null.", nameof(metadata));
            if (key.StartsWith(Crc, StringComparison.Ordinal))
                throw new ArgumentException($"Keys that begin with '{Crc}' are checksums, which Save writes itself.", nameof(metadata));
            if (!IsText(key) || !IsText(text))
                throw new ArgumentException($"The metadata {Throw.Quote(key)} holds half a surrogate pair.", nameof(metadata));
            if (!texts.TryAdd(key, text)) throw new ArgumentException($"The metadata {Throw.Quote(key)} occurs twice.", nameof(metadata));
        }
        if (!texts.ContainsKey("format")) texts.Insert(0, "format", "pt");
        return texts;
    }

    private static bool IsText(string text)
    {
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static byte[] WriteHeader(List<KeyValuePair<string, Tensor>> tensors, Dictionary<string, long> begins,
        OrderedDictionary<string, string> texts)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject(Metadata);
            foreach ((string key, string text) in texts) json.WriteString(key, text);
            foreach ((string name, Tensor t) in tensors)
                json.WriteString(Crc + name, Sum(name, t.dtype, t.layout.shape, TensorBytes.RowMajor(t)));
            json.WriteEndObject();
            foreach ((string name, Tensor t) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", Code(t.dtype));
                json.WriteStartArray("shape");
                foreach (long size in t.layout.shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begins[name]);
                json.WriteNumberValue(begins[name] + t.layout.Count * t.dtype.ItemSize());
                json.WriteEndArray();
                json.WriteEndObject();
                if (buffer.WrittenCount + json.BytesPending > MaxHeader) break;
            }
            json.WriteEndObject();
        }
        if (buffer.WrittenCount > MaxHeader - 8)
            throw new ArgumentException($"The names and metadata need more than the {MaxHeader} bytes that a safetensors header may have.",
                nameof(tensors));
        while (buffer.WrittenCount % 8 != 0) buffer.Write(" "u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The checksum of a tensor: its name, dtype and shape count too, so that no damage to the header goes unseen.</summary>
    internal static string Sum(string name, DType dtype, ReadOnlySpan<long> shape, ReadOnlySpan<byte> bytes)
    {
        uint crc = Checksum.Crc32C(Encoding.UTF8.GetBytes($"{name}\0{Code(dtype)}{Shape.Format(shape)}"));
        return Checksum.Crc32C(bytes, crc).ToString("x8", CultureInfo.InvariantCulture);
    }

    internal void Write(Stream stream)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach ((_, Tensor t) in data) TensorBytes.Write(stream, TensorBytes.RowMajor(t));
    }

    /// <summary>The format's name of a dtype.</summary>
    internal static string Code(DType dtype) => dtype switch
    {
        DType.Bool => "BOOL",
        DType.UInt8 => "U8",
        DType.Int8 => "I8",
        DType.Int16 => "I16",
        DType.Int32 => "I32",
        DType.Int64 => "I64",
        DType.Float16 => "F16",
        DType.BFloat16 => "BF16",
        DType.Float32 => "F32",
        DType.Float64 => "F64",
        DType.Complex64 => "C64",
        _ => "C128",
    };

    /// <summary>The dtype of a name of the format; null if there is none.</summary>
    internal static DType? Parse(string code)
    {
        for (DType dtype = DType.Bool; dtype.IsDefined(); dtype++)
            if (Code(dtype) == code) return dtype;
        return null;
    }

    /// <summary>Whether the format has the dtype and Nabla has not.</summary>
    internal static bool IsForeign(string code) => code is "U16" or "U32" or "U64" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" or "F8_E4M3FNUZ"
        or "F8_E5M2FNUZ" or "F4" or "F6_E2M3" or "F6_E3M2";
}
