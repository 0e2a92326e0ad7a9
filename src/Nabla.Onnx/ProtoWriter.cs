using System.Buffers.Binary;
using System.Text;

namespace Nabla.Onnx;

/// <summary>
/// Writes messages in the wire format of protocol buffers. The messages of a file nest four deep and are written once, so that a list of
/// bytes per message, with large blocks by reference, is all there is to it.
/// </summary>
internal sealed class ProtoWriter
{
    private const int Varint = 0, Bytes = 2, Fixed32 = 5;

    private readonly List<ReadOnlyMemory<byte>> blocks = [];
    private byte[] open = new byte[256];
    private int used;

    /// <summary>How many bytes the message has.</summary>
    internal long Length { get; private set; }

    private void Put(byte b)
    {
        if (used == open.Length) Array.Resize(ref open, 2 * open.Length);
        open[used++] = b;
        Length++;
    }

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Put((byte)(value | 0x80));
        Put((byte)value);
    }

    private void Key(int field, int wire) => Number((ulong)((field << 3) | wire));

    /// <summary>An integer; negative ones take ten bytes.</summary>
    internal void Write(int field, long value)
    {
        Key(field, Varint);
        Number((ulong)value);
    }

    internal void Write(int field, float value)
    {
        Key(field, Fixed32);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        foreach (byte b in bytes) Put(b);
    }

    internal void Write(int field, string text) => Write(field, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes, which are not copied: they must not change until the message is written.</summary>
    internal void Write(int field, ReadOnlyMemory<byte> bytes)
    {
        Key(field, Bytes);
        Number((ulong)bytes.Length);
        Append(bytes);
    }

    /// <summary>A message inside this one.</summary>
    internal void Write(int field, ProtoWriter message)
    {
        Key(field, Bytes);
        Number((ulong)message.Length);
        message.Close();
        foreach (ReadOnlyMemory<byte> block in message.blocks) Append(block);
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < 1024)
        {
            foreach (byte b in bytes.Span) Put(b);
            return;
        }
        Close();
        blocks.Add(bytes);
        Length += bytes.Length;
    }

    private void Close()
    {
        if (used == 0) return;
        blocks.Add(open.AsMemory(0, used));
        (open, used) = (new byte[256], 0);
    }

    internal void CopyTo(Stream stream)
    {
        Close();
        foreach (ReadOnlyMemory<byte> block in blocks) stream.Write(block.Span);
    }
}
