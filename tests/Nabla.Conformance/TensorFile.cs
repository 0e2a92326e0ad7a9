using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Nabla.Conformance;

/// <summary>The tensors of one .safetensors file, by key.</summary>
public sealed class TensorFile
{
    private readonly byte[] bytes;
    private readonly Dictionary<string, Entry> entries = [];

    private sealed record Entry(string Type, long[] Shape, int Begin, int End);

    /// <summary>Reads the header; tensors are made at each request.</summary>
    /// <exception cref="InvalidDataException">The file is not what the format says.</exception>
    public TensorFile(byte[] bytes)
    {
        this.bytes = bytes;
        if (bytes.Length < 8) throw new InvalidDataException("A safetensors file has at least 8 bytes.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > (ulong)bytes.Length - 8) throw new InvalidDataException($"The header of {length} bytes is longer than the file.");
        int data = 8 + (int)length;
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, (int)length));
        foreach (JsonProperty p in header.RootElement.EnumerateObject())
        {
            if (p.Name == "__metadata__") continue;
            JsonElement offsets = p.Value.GetProperty("data_offsets");
            long[] shape = [.. p.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())];
            Entry entry = new(p.Value.GetProperty("dtype").GetString()!, shape, data + offsets[0].GetInt32(), data + offsets[1].GetInt32());
            long count = shape.Aggregate(1L, (a, b) => a * b);
            if (entry.Begin < data || entry.End > bytes.Length || entry.End - entry.Begin != count * ItemSize(entry.Type))
                throw new InvalidDataException($"Tensor '{p.Name}' does not lie within the file.");
            entries.Add(p.Name, entry);
        }
    }

    /// <summary>Whether there is such a tensor.</summary>
    public bool Has(string key) => entries.ContainsKey(key);

    /// <summary>A new tensor, contiguous, without a gradient.</summary>
    public Tensor Tensor(string key)
    {
        Entry e = entries[key];
        ReadOnlySpan<byte> data = bytes.AsSpan(e.Begin, e.End - e.Begin);
        return e.Type switch
        {
            "F64" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, double>(data), e.Shape),
            "F32" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, float>(data), e.Shape),
            "F16" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, Half>(data), e.Shape),
            "BF16" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, BFloat16>(data), e.Shape),
            "I64" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, long>(data), e.Shape),
            "I32" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, int>(data), e.Shape),
            "I16" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, short>(data), e.Shape),
            "I8" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, sbyte>(data), e.Shape),
            "U8" => Nabla.Tensor.From(data, e.Shape),
            "C64" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, float>(data), (long[])[.. e.Shape, 2]).ViewAsComplex(),
            "C128" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, System.Numerics.Complex>(data), e.Shape),
            "BOOL" => Nabla.Tensor.From(MemoryMarshal.Cast<byte, bool>(data), e.Shape),
            _ => throw new InvalidDataException($"Tensor '{key}' has dtype {e.Type}, which tensors cannot hold."),
        };
    }

    private static int ItemSize(string type) => type switch
    {
        "BOOL" or "U8" or "I8" => 1,
        "I16" or "F16" or "BF16" => 2,
        "I32" or "F32" => 4,
        "I64" or "F64" or "C64" => 8,
        "C128" => 16,
        _ => throw new InvalidDataException($"Unknown dtype '{type}'."),
    };
}
