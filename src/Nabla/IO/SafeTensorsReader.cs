using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Nabla.IO;

/// <summary>Reads and checks a header, then the tensors.</summary>
internal static class SafeTensorsReader
{
    private sealed record Entry(string Name, DType DType, long[] Shape, long Begin, long End);

    internal static OrderedDictionary<string, Tensor> Load(FileSource source, bool verify)
    {
        (List<Entry> entries, OrderedDictionary<string, string> texts, long data) = ReadHeader(source);
        Dictionary<string, string>? sums = verify ? Sums(source, entries, texts) : null;
        OrderedDictionary<string, Tensor> tensors = new(entries.Count, StringComparer.Ordinal);
        foreach (Entry entry in entries) tensors.Add(entry.Name, ReadTensor(source, entry, data, sums));
        return tensors;
    }

    internal static OrderedDictionary<string, string> LoadMetadata(FileSource source)
    {
        OrderedDictionary<string, string> all = ReadHeader(source).Texts, texts = [];
        foreach ((string key, string text) in all)
            if (!key.StartsWith(SafeTensorsWriter.Crc, StringComparison.Ordinal)) texts.Add(key, text);
        return texts;
    }

    private static (List<Entry> Entries, OrderedDictionary<string, string> Texts, long Data) ReadHeader(FileSource source)
    {
        if (source.Length < 8) Fail(source, "HeaderTooSmall", $"there are {source.Length} bytes, and the header's length alone has 8");
        ulong length = BitConverter.ToUInt64(source.Read(0, 8));
        if (!BitConverter.IsLittleEndian) length = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(length);
        if (length > SafeTensorsWriter.MaxHeader)
            Fail(source, "HeaderTooLarge", $"byte 0 says that the header has {length} bytes; {SafeTensorsWriter.MaxHeader} are allowed");
        if ((long)length > source.Length - 8)
            Fail(source, "InvalidHeaderLength", $"byte 0 says that the header has {length} bytes, and {source.Length - 8} follow");
        byte[] header = source.Read(8, (int)length);
        if (header.Length == 0 || header[0] != '{') Fail(source, "InvalidHeaderStart", "byte 8 is not '{', with which a header begins");
        if (!Utf8.IsValid(header)) Fail(source, "InvalidHeader", "the header is not UTF-8");
        long data = 8 + (long)length;
        List<Entry> entries = [];
        OrderedDictionary<string, string> texts = [];
        try
        {
            JsonDocumentOptions options = new() { MaxDepth = 4, AllowDuplicateProperties = false };
            using JsonDocument json = JsonDocument.Parse(header, options);
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (property.NameEquals(SafeTensorsWriter.Metadata)) ReadTexts(source, property.Value, texts);
                else entries.Add(ReadEntry(source, property.Name, property.Value));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Fail(source, "InvalidHeaderDeserialization", $"the header is not the JSON it should be: {e.Message}", e);
        }
        CheckPlaces(source, entries, data);
        return (entries, texts, data);
    }

    private static void ReadTexts(FileSource source, JsonElement value, OrderedDictionary<string, string> texts)
    {
        if (value.ValueKind != JsonValueKind.Object)
            Fail(source, "InvalidHeaderDeserialization", $"{SafeTensorsWriter.Metadata} is not an object");
        foreach (JsonProperty text in value.EnumerateObject())
        {
            if (text.Value.ValueKind != JsonValueKind.String)
                Fail(source, "InvalidHeaderDeserialization", $"{SafeTensorsWriter.Metadata} {Throw.Quote(text.Name)} is not a string");
            texts.Add(text.Name, text.Value.GetString()!);
        }
    }

    private static Entry ReadEntry(FileSource source, string name, JsonElement value)
    {
        if (TensorBytes.BadName(name) is { } rule) Fail(source, "InvalidHeader", $"the name {Throw.Quote(name)} {rule}");
        string place = $"tensor {Throw.Quote(name)}";
        if (value.ValueKind != JsonValueKind.Object) Fail(source, "InvalidHeaderDeserialization", $"{place} is not an object");
        int fields = 0;
        foreach (JsonProperty field in value.EnumerateObject())
        {
            if (!(field.NameEquals("dtype") || field.NameEquals("shape") || field.NameEquals("data_offsets")))
                Fail(source, "InvalidHeaderDeserialization", $"{place} has an unknown field {Throw.Quote(field.Name)}");
            fields++;
        }
        if (fields != 3) Fail(source, "InvalidHeaderDeserialization", $"{place} lacks a field: dtype, shape and data_offsets are needed");
        JsonElement type = value.GetProperty("dtype");
        if (type.ValueKind != JsonValueKind.String) Fail(source, "InvalidHeaderDeserialization", $"the dtype of {place} is not a string");
        string code = type.GetString()!;
        if (SafeTensorsWriter.IsForeign(code))
            Throw.Unsupported($"{source.Name}: {place} has the dtype {code}, which Nabla does not have; convert it to another one.");
        if (SafeTensorsWriter.Parse(code) is not { } dtype)
        {
            Fail(source, "InvalidHeaderDeserialization", $"{place} has the unknown dtype {Throw.Quote(code)}");
            return null;
        }
        long[] shape = Numbers(source, place, value.GetProperty("shape"), "shape");
        long[] offsets = Numbers(source, place, value.GetProperty("data_offsets"), "data_offsets");
        if (offsets.Length != 2) Fail(source, "InvalidHeaderDeserialization", $"data_offsets of {place} are not two numbers");
        if (TensorBytes.Check(shape, dtype, out long count) is { } error) Fail(source, "ValidationOverflow", $"{place}: {error}");
        if (offsets[1] - offsets[0] != count * dtype.ItemSize())
            Fail(source, "TensorInvalidInfo", $"{place} has the shape {Shape.Format(shape)} of {code}, {count * dtype.ItemSize()} bytes, " +
                $"but its data_offsets are [{offsets[0]}, {offsets[1]}]");
        return new(name, dtype, shape, offsets[0], offsets[1]);
    }

    /// <summary>An array of whole numbers that are not negative, written without point, exponent or minus.</summary>
    private static long[] Numbers(FileSource source, string place, JsonElement array, string field)
    {
        if (array.ValueKind != JsonValueKind.Array) Fail(source, "InvalidHeaderDeserialization", $"the {field} of {place} is not an array");
        long[] numbers = new long[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetUInt64(out ulong number) || number > long.MaxValue)
                Fail(source, "InvalidHeaderDeserialization", $"the {field} of {place} holds {Throw.Quote(item.GetRawText())}, which " +
                    "is no whole number from 0 to 2^63 - 1");
            else numbers[i++] = (long)number;
        }
        return numbers;
    }

    /// <summary>The tensors fill the rest of the file: nothing twice, nothing left out, nothing after.</summary>
    private static void CheckPlaces(FileSource source, List<Entry> entries, long data)
    {
        Entry[] sorted = [.. entries];
        Array.Sort(sorted, static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long end = 0;
        foreach (Entry entry in sorted)
        {
            if (entry.Begin != end)
                Fail(source, "InvalidOffset", $"tensor {Throw.Quote(entry.Name)} begins at {entry.Begin} of the data, where " +
                    $"{end} was next: tensors may not {(entry.Begin < end ? "overlap" : "leave holes")}");
            end = entry.End;
        }
        if (end != source.Length - data)
            Fail(source, "MetadataIncompleteBuffer", $"the tensors have {end} bytes, and {source.Length - data} follow the header");
    }

    private static Dictionary<string, string>? Sums(FileSource source, List<Entry> entries, OrderedDictionary<string, string> texts)
    {
        Dictionary<string, string> sums = new(StringComparer.Ordinal);
        foreach ((string key, string text) in texts)
            if (key.StartsWith(SafeTensorsWriter.Crc, StringComparison.Ordinal)) sums.Add(key[SafeTensorsWriter.Crc.Length..], text);
        if (sums.Count == 0) return null;
        foreach (Entry entry in entries)
            if (!sums.ContainsKey(entry.Name))
                Fail(source, "InvalidHeader", $"tensor {Throw.Quote(entry.Name)} has no checksum, but others do");
        if (sums.Count == entries.Count) return sums;
        HashSet<string> names = [.. entries.Select(static e => e.Name)];
        string missing = sums.Keys.First(name => !names.Contains(name));
        Fail(source, "InvalidHeader", $"tensor {Throw.Quote(missing)} has a checksum and is missing");
        return null;
    }

    private static Tensor ReadTensor(FileSource source, Entry entry, long data, Dictionary<string, string>? sums)
    {
        Tensor t = TensorBytes.Allocate(entry.Shape, entry.DType);
        Span<byte> bytes = TensorBytes.Of(t);
        source.Read(data + entry.Begin, bytes);
        if (sums is not null)
        {
            string sum = SafeTensorsWriter.Sum(entry.Name, entry.DType, entry.Shape, bytes);
            if (!sum.Equals(sums[entry.Name], StringComparison.OrdinalIgnoreCase))
                Throw.Data($"{source.Name}: the checksum of tensor {Throw.Quote(entry.Name)} is {sum}, but " +
                    $"{Throw.Quote(sums[entry.Name])} was written: the file is damaged, or another program changed it and kept the " +
                    "checksums (verify: false loads it then).");
        }
        if (TensorBytes.Finish(bytes, entry.DType, bigEndian: false) is { } error)
            Throw.Data($"{source.Name}: tensor {Throw.Quote(entry.Name)}: {error}.");
        return t;
    }

    [DoesNotReturn]
    private static void Fail(FileSource source, string rule, string what, Exception? cause = null) =>
        Throw.Data($"Error while deserializing header: {rule}. {source.Name}: {what}.", cause);
}
