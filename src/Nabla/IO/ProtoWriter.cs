using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Nabla.IO;

/// <summary>Writes messages of Protocol Buffers: fields with their numbers, values as proto3 lays them out.</summary>
internal sealed class ProtoWriter
{
    private const int Varint = 0, Eight = 1, Delimited = 2, Four = 5;

    private readonly ArrayBufferWriter<byte> buffer = new();

    /// <summary>What was written so far.</summary>
    internal ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    internal void Clear() => buffer.ResetWrittenCount();

    internal void Int64(int field, long value)
    {
        Key(field, Varint);
        Raw((ulong)value);
    }

    internal void Double(int field, double value)
    {
        Key(field, Eight);
        BinaryPrimitives.WriteDoubleLittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    internal void Float(int field, float value)
    {
        Key(field, Four);
        BinaryPrimitives.WriteSingleLittleEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
    }

    internal void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Key(field, Delimited);
        Raw((ulong)value.Length);
        buffer.Write(value);
    }

    internal void String(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A field of many doubles, packed.</summary>
    internal void Doubles(int field, ReadOnlySpan<double> values)
    {
        Key(field, Delimited);
        Raw(8 * (ulong)values.Length);
        foreach (double value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(buffer.GetSpan(8), value);
            buffer.Advance(8);
        }
    }

    /// <summary>A message inside this one.</summary>
    internal void Message(int field, Action<ProtoWriter> write)
    {
        ProtoWriter inner = new();
        write(inner);
        Bytes(field, inner.Written);
    }

    private void Key(int field, int wire) => Raw((ulong)(field << 3 | wire));

    private void Raw(ulong value)
    {
        Span<byte> span = buffer.GetSpan(10);
        int n = 0;
        for (; value >= 0x80; value >>= 7) span[n++] = (byte)(value | 0x80);
        span[n++] = (byte)value;
        buffer.Advance(n);
    }
}
