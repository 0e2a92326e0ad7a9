using System.Buffers.Binary;
using System.Text;

namespace Nabla.Tests.Training;

/// <summary>A message of Protocol Buffers by the numbers of its fields, read without any code of the writer.</summary>
internal sealed class Message
{
    private readonly List<(int Field, object Value)> fields = [];

    internal Message(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ulong key = Varint(ref bytes);
            int field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add((field, (long)Varint(ref bytes)));
                    break;
                case 1:
                    fields.Add((field, BinaryPrimitives.ReadDoubleLittleEndian(bytes)));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    fields.Add((field, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    fields.Add((field, BinaryPrimitives.ReadSingleLittleEndian(bytes)));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    internal IEnumerable<int> Numbers => fields.Select(static f => f.Field);

    internal bool Has(int field) => fields.Exists(f => f.Field == field);

    internal IEnumerable<object> All(int field) => fields.Where(f => f.Field == field).Select(static f => f.Value);

    internal IEnumerable<Message> Messages(int field) => All(field).Select(static value => new Message((byte[])value));

    internal IEnumerable<string> Texts(int field) => All(field).Select(static value => Encoding.UTF8.GetString((byte[])value));

    internal Message this[int field] => Messages(field).Single();

    internal byte[] Bytes(int field) => (byte[])All(field).Single();

    internal string Text(int field) => Texts(field).Single();

    internal long Int(int field) => (long)(All(field).SingleOrDefault() ?? 0L);

    internal double Double(int field) => (double)(All(field).SingleOrDefault() ?? 0.0);

    internal float Float(int field) => (float)All(field).Single();

    internal double[] Doubles(int field) =>
        [.. Bytes(field).Chunk(8).Select(static eight => BinaryPrimitives.ReadDoubleLittleEndian(eight))];

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(b & 127) << shift;
            if (b < 128) return value;
        }
    }
}

/// <summary>Reads event files as TensorBoard does, checks included.</summary>
internal static class EventReader
{
    /// <summary>The events of the only file in a folder.</summary>
    internal static List<Message> Folder(string folder) => File(Assert.Single(Directory.GetFiles(folder)));

    internal static List<Message> File(string path) => Read(System.IO.File.ReadAllBytes(path));

    /// <summary>The events that are whole; what a kill or a full disk has left of another is not read.</summary>
    internal static List<Message> Read(ReadOnlySpan<byte> file)
    {
        List<Message> events = [];
        while (file.Length >= 12)
        {
            int length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(file));
            Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(file[8..]), Masked(file[..8]));
            if (file.Length < 16 + length) break;
            Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]), Masked(file.Slice(12, length)));
            events.Add(new Message(file.Slice(12, length)));
            file = file[(16 + length)..];
        }
        return events;
    }

    /// <summary>CRC-32C bit by bit, rotated and moved as the format wants it.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = ReflectedCrc(bytes, 0x82F63B78);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8);
    }

    internal static uint ReflectedCrc(ReadOnlySpan<byte> bytes, uint polynomial)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ polynomial : crc >> 1;
        }
        return ~crc;
    }
}
