using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;

namespace Nabla.IO;

/// <summary>An entry of a zip file, as its directory describes it.</summary>
internal sealed record ZipEntry(string Name, byte[] RawName, ushort Flags, ushort Method, uint Crc, long Packed, long Size, long Header)
{
    /// <summary>Where the bytes begin, and where what belongs to the entry ends; known once the entry's own header has been read.</summary>
    internal long Data, End;

    internal bool IsDeflated => Method == 8;
}

/// <summary>
/// Reads zip files and believes nothing: directory and entries must agree, entries may not share bytes, lie before the first one or
/// occur twice, and every byte handed out has passed its CRC-32. Sizes of stored entries are bounded by the file; compressed ones may
/// grow to a limit.
/// </summary>
/// <remarks>Source: PKWARE, APPNOTE.TXT 6.3.10.</remarks>
internal sealed partial class ZipReader
{
    private const uint LocalHeader = 0x04034b50, CentralHeader = 0x02014b50, Descriptor = 0x08074b50;
    private const ushort HasDescriptor = 8, Encrypted = 1 | 64 | 8192;

    /// <summary>No more than this comes out of one byte of deflated data.</summary>
    private const long DeflateRatio = 1032;

    private readonly FileSource source;
    private readonly long limit;

    internal ZipReader(FileSource source, long? maxBytes)
    {
        this.source = source;
        limit = maxBytes ?? (256L << 20) + 100 * source.Length;
        Entries = ReadDirectory();
        CheckEntries();
    }

    /// <summary>The entries, in the directory's order, without folders.</summary>
    internal List<ZipEntry> Entries { get; }

    internal string Name => source.Name;

    /// <summary>Where an entry is, for messages.</summary>
    internal string Place(ZipEntry entry) => $"{source.Name}, entry {Throw.Quote(entry.Name)}";

    /// <summary>All bytes of an entry.</summary>
    internal byte[] Read(ZipEntry entry)
    {
        if (entry.Size > Array.MaxLength) Fail($"entry {Throw.Quote(entry.Name)} has {entry.Size} bytes, more than an array can have");
        byte[] bytes = new byte[entry.Size];
        Read(entry, bytes);
        return bytes;
    }

    /// <summary>Fills a span of the entry's size with its bytes.</summary>
    internal void Read(ZipEntry entry, Span<byte> into)
    {
        using Stream stream = Open(entry);
        stream.ReadExactly(into);
        Finish(stream);
    }

    /// <summary>The bytes of an entry as a stream that checks them: <see cref="Finish"/> says whether they are all right.</summary>
    internal Stream Open(ZipEntry entry)
    {
        EntryStream raw = new(this, entry);
        return new CheckedStream(this, entry, entry.IsDeflated ? new DeflateStream(raw, CompressionMode.Decompress) : raw);
    }

    /// <summary>The entry has been read to its end, and is what was written.</summary>
    internal static void Finish(Stream stream) => ((CheckedStream)stream).Finish();

    /// <summary>Every entry's own header says what the directory says, and no two entries share a byte.</summary>
    private void CheckEntries()
    {
        long packed = 0;
        foreach (ZipEntry entry in Entries)
        {
            CheckHeader(entry);
            if (!entry.IsDeflated) continue;
            if (entry.Size > limit - packed)
                Fail($"its compressed entries hold more than {limit} bytes, which is more than a file of {source.Length} bytes " +
                    "is allowed; pass a larger maxBytes if you trust it");
            packed += entry.Size;
        }
        ZipEntry[] sorted = [.. Entries];
        Array.Sort(sorted, static (a, b) => a.Header.CompareTo(b.Header));
        long end = 0;
        foreach (ZipEntry entry in sorted)
        {
            if (entry.Header < end) Fail($"entry {Throw.Quote(entry.Name)} overlaps another one at byte {entry.Header}");
            if (end == 0 && entry.Header > 0) Fail($"{entry.Header} bytes of something else come before the first entry");
            end = entry.End;
        }
        if (end > directory) Fail("an entry reaches into the directory");
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ZipEntry entry in Entries)
            if (!names.Add(entry.Name)) Fail($"entry {Throw.Quote(entry.Name)} occurs twice");
        Entries.RemoveAll(static entry => entry is { Size: 0 } && entry.Name.EndsWith('/'));
    }

    private void CheckHeader(ZipEntry entry)
    {
        string place = $"entry {Throw.Quote(entry.Name)}";
        if (entry.Header > directory - 30) Fail($"{place} should begin at byte {entry.Header}, in the directory");
        byte[] fixedPart = source.Read(entry.Header, 30);
        ReadOnlySpan<byte> h = fixedPart;
        if (U32(h, 0) != LocalHeader) Fail($"{place} does not begin at byte {entry.Header}, where the directory says that it does");
        int nameLength = U16(h, 26), extraLength = U16(h, 28);
        entry.Data = entry.Header + 30 + nameLength + extraLength;
        if (entry.Data > directory || entry.Packed > directory - entry.Data) Fail($"{place} reaches past the end of the entries");
        byte[] rest = source.Read(entry.Header + 30, nameLength + extraLength);
        bool described = (entry.Flags & HasDescriptor) != 0;
        if (U16(h, 6) != entry.Flags || U16(h, 8) != entry.Method || !rest.AsSpan(0, nameLength).SequenceEqual(entry.RawName))
            Fail($"{place} has another name, method or flags in its own header than in the directory");
        if ((entry.Flags & Encrypted) != 0) Throw.Unsupported($"{source.Name}: {place} is encrypted; save it without a password.");
        if (entry.Method is not (0 or 8))
            Throw.Unsupported($"{source.Name}: {place} is compressed by method {entry.Method}; only stored and deflated entries are read.");
        (uint crc, long packed, long size) = (U32(h, 14), U32(h, 18), U32(h, 22));
        if (packed == uint.MaxValue || size == uint.MaxValue) Zip64(rest.AsSpan(nameLength), place, ref size, ref packed);
        bool same = crc == entry.Crc && packed == entry.Packed && size == entry.Size;
        if (!same && !(described && crc == 0 && packed == 0 && size == 0))
            Fail($"{place} has another size or checksum in its own header than in the directory");
        entry.End = entry.Data + entry.Packed;
        if (described) CheckDescriptor(entry, place);
    }

    /// <summary>After the bytes of an entry whose size was not known at first come checksum and sizes, of 4 or 8 bytes each.</summary>
    private void CheckDescriptor(ZipEntry entry, string place)
    {
        byte[] bytes = source.Read(entry.End, (int)Math.Min(24, directory - entry.End));
        ReadOnlySpan<byte> d = bytes;
        bool signed = d.Length >= 16 && U32(d, 0) == Descriptor;
        if (signed) d = d[4..];
        if (d.Length < 12 || U32(d, 0) != entry.Crc) Fail($"{place} has another checksum after its bytes than in the directory");
        if (d.Length >= 20 && U64(d, 4) == (ulong)entry.Packed && U64(d, 12) == (ulong)entry.Size) entry.End += 20;
        else if (U32(d, 4) == entry.Packed && U32(d, 8) == entry.Size) entry.End += 12;
        else Fail($"{place} has another size after its bytes than in the directory");
        if (signed) entry.End += 4;
    }

    [DoesNotReturn]
    private void Fail(string what, Exception? cause = null) =>
        Throw.Data($"PytorchStreamReader failed reading zip archive: {source.Name}: {what}.", cause);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
