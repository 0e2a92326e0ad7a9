using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Nabla.IO;

/// <summary>
/// Writes messages of Protocol Buffers: fields with their numbers, values as proto3 lays them out. Large blocks of bytes are kept by
/// reference until the whole is copied to a stream.
/// </summary>
internal sealed class ProtoWriter
{
    private const int LeastBlock = 1024;
    private const int Varint = 0, Eight = 1, Delimited = 2, Four = 5;

    private readonly List<ReadOnlyMemory<byte>> blocks = [];
    private ArrayBufferWriter<byte> buffer = new();
    private long closed;    // bytes in blocks

    /// <summary>How many bytes the message has.</summary>
    internal long Length => closed + buffer.WrittenCount;

    /// <summary>What was written so far, in a message without blocks by reference.</summary>
    internal ReadOnlySpan<byte> Written => blocks.Count == 0 ? buffer.WrittenSpan
        : throw new InvalidOperationException("The message has parts that are kept by reference: copy it to a stream.");

    internal void Clear()
    {
        buffer.ResetWrittenCount();
        blocks.Clear();
        closed = 0;
    }

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

    /// <summary>Bytes that are not copied if they are many: they must not change until the message is.</summary>
    internal void Block(int field, ReadOnlyMemory<byte> value)
    {
        Key(field, Delimited);
        Raw((ulong)value.Length);
        Append(value);
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

    /// <summary>A message inside this one; nothing more may be written into it.</summary>
    internal void Message(int field, ProtoWriter message)
    {
        Key(field, Delimited);
        Raw((ulong)message.Length);
        message.Close();
        foreach (ReadOnlyMemory<byte> block in message.blocks) Append(block);
    }

    internal void CopyTo(Stream stream)
    {
        Close();
        foreach (ReadOnlyMemory<byte> block in blocks) stream.Write(block.Span);
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < LeastBlock)
        {
            buffer.Write(bytes.Span);
            return;
        }
        Close();
        blocks.Add(bytes);
        closed += bytes.Length;
    }

    private void Close()
    {
        if (buffer.WrittenCount == 0) return;
        blocks.Add(buffer.WrittenMemory);
        closed += buffer.WrittenCount;
        buffer = new();
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
