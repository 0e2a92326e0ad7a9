using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Nabla.IO;

/// <summary>
/// Writes a zip file, from its beginning to its end: the same entries give the same bytes. An entry is smaller than 4 GiB; the file may
/// be larger and have any number of entries.
/// </summary>
internal sealed class ZipWriter(Stream stream, int align)
{
    private const ushort Utf8 = 0x800, HasDescriptor = 8;

    /// <summary>Midnight of the first day there is in zip files.</summary>
    private const uint Date = 0x00210000;

    private readonly ArrayBufferWriter<byte> directory = new();
    private long at, count;

    /// <summary>An entry as it is: the parts one after the other.</summary>
    internal void Store(string name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest = default)
    {
        uint crc = Checksum.Crc32(rest, Checksum.Crc32(first)), size = checked((uint)(first.Length + (long)rest.Length));
        long header = at;
        byte[] raw = Encoding.UTF8.GetBytes(name);
        Header(raw, Utf8, 0, crc, size, size);
        Put(first);
        Put(rest);
        Remember(raw, Utf8, 0, crc, size, size, header);
    }

    /// <summary>An entry, compressed. What its size is then, is written behind it.</summary>
    internal void Deflate(string name, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest)
    {
        uint crc = Checksum.Crc32(rest, Checksum.Crc32(first)), size = checked((uint)(first.Length + (long)rest.Length));
        long header = at;
        byte[] raw = Encoding.UTF8.GetBytes(name);
        Header(raw, Utf8 | HasDescriptor, 8, 0, 0, 0);
        long start = at;
        using (DeflateStream deflate = new(new Counter(this), CompressionLevel.Optimal))
        {
            TensorBytes.Write(deflate, first);
            TensorBytes.Write(deflate, rest);
        }
        uint packed = checked((uint)(at - start));
        Span<byte> descriptor = stackalloc byte[16];
        Fill(descriptor, 0x08074b50, crc, packed, size);
        Put(descriptor);
        Remember(raw, Utf8 | HasDescriptor, 8, crc, packed, size, header);
    }

    /// <summary>The directory, which ends the file.</summary>
    internal void Finish()
    {
        long start = at, size = directory.WrittenCount;
        Put(directory.WrittenSpan);
        if (count >= ushort.MaxValue || start >= uint.MaxValue)
        {
            Span<byte> wide = stackalloc byte[76];
            long place = at;
            Fill(wide, 0x06064b50, 44, 0, 45 | 45 << 16, 0, 0);
            Fill64(wide[24..], count, count, size, start);
            Fill(wide[56..], 0x07064b50, 0);
            Fill64(wide[64..], place);
            Fill(wide[72..], 1);
            Put(wide);
        }
        Span<byte> end = stackalloc byte[22];
        uint few = (uint)Math.Min(count, ushort.MaxValue);
        Fill(end, 0x06054b50, 0, few | few << 16, (uint)size, (uint)Math.Min(start, uint.MaxValue));
        end[20..].Clear();
        Put(end);
    }

    private void Header(byte[] name, uint flags, uint method, uint crc, uint packed, uint size)
    {
        // The bytes begin where they are aligned: an extra field, named as PyTorch names it, takes up the room before them.
        long data = at + 30 + name.Length + 4;
        int padding = align > 1 ? (int)((align - data % align) % align) + 4 : 0;
        byte[] header = new byte[30 + name.Length + padding];
        Fill(header, 0x04034b50, 20 | flags << 16, method | (Date & 0xFFFF) << 16, Date >> 16 | (crc & 0xFFFF) << 16);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(14), crc);
        Fill(header.AsSpan(18), packed, size, (uint)name.Length | (uint)padding << 16);
        name.CopyTo(header, 30);
        if (padding > 0)
        {
            Span<byte> extra = header.AsSpan(30 + name.Length);
            extra.Fill((byte)'Z');
            Fill(extra, 'F' | 'B' << 8 | (uint)(padding - 4) << 16);
        }
        Put(header);
    }

    private void Remember(byte[] name, uint flags, uint method, uint crc, uint packed, uint size, long header)
    {
        bool far = header >= uint.MaxValue;
        byte[] entry = new byte[46 + name.Length + (far ? 12 : 0)];
        Fill(entry, 0x02014b50, (far ? 45u : 20u) * 0x10001, flags | method << 16, Date, crc, packed, size);
        Fill(entry.AsSpan(28), (uint)name.Length | (far ? 12u << 16 : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(42), far ? uint.MaxValue : (uint)header);
        name.CopyTo(entry, 46);
        if (far)
        {
            Fill(entry.AsSpan(46 + name.Length), 1 | 8 << 16);
            Fill64(entry.AsSpan(50 + name.Length), header);
        }
        directory.Write(entry);
        count++;
    }

    private static void Fill(Span<byte> into, params ReadOnlySpan<uint> values)
    {
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(into[(4 * i)..], values[i]);
    }

    private static void Fill64(Span<byte> into, params ReadOnlySpan<long> values)
    {
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(into[(8 * i)..], values[i]);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        TensorBytes.Write(stream, bytes);
        at += bytes.Length;
    }

    /// <summary>Where compressed bytes go.</summary>
    private sealed class Counter(ZipWriter zip) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Write(byte[] buffer, int offset, int count) => zip.Put(buffer.AsSpan(offset, count));
        public override void Write(ReadOnlySpan<byte> buffer) => zip.Put(buffer);
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
