using System.Text;

namespace Nabla.IO;

/// <content>The directory at the end of the file.</content>
internal sealed partial class ZipReader
{
    private const uint End = 0x06054b50, End64 = 0x06064b50, Locator64 = 0x07064b50;
    private const int EndSize = 22, LocatorSize = 20, End64Size = 56;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Where the directory begins: entries end before it.</summary>
    private long directory;

    private List<ZipEntry> ReadDirectory()
    {
        (long count, long size, long start, long end) = FindDirectory();
        // Every entry of the directory has 46 bytes and a name.
        if (start < 0 || size < 0 || start > end || size != end - start || count < 0 || count > size / 46)
            Fail($"failed finding central directory: {count} entries of {size} bytes at byte {start} do not end at byte {end}");
        if (size > Array.MaxLength) Fail("the directory is larger than an array can be");
        directory = start;
        byte[] bytes = source.Read(start, (int)size);
        List<ZipEntry> entries = new((int)count);
        int at = 0;
        for (long i = 0; i < count; i++) entries.Add(ReadEntry(bytes, ref at));
        if (at != bytes.Length) Fail($"the directory has {bytes.Length - at} bytes more than its {count} entries");
        return entries;
    }

    /// <summary>The directory's number of entries, size and place, and where it has to end.</summary>
    private (long Count, long Size, long Start, long End) FindDirectory()
    {
        if (source.Length < EndSize) Fail($"failed finding central directory: {source.Length} bytes are too few");
        int length = (int)Math.Min(source.Length, EndSize + ushort.MaxValue);
        byte[] tail = source.Read(source.Length - length, length);
        int at = length - EndSize;
        while (at >= 0 && !(U32(tail.AsSpan(at), 0) == End && U16(tail.AsSpan(at), 20) == length - EndSize - at)) at--;
        if (at < 0) Fail("failed finding central directory: the file does not end as a zip file does; it may be truncated");
        ReadOnlySpan<byte> e = tail.AsSpan(at);
        long place = source.Length - length + at;
        if (U16(e, 4) != 0 || U16(e, 6) != 0) Fail("it is one part of several");
        (long count, long inPart, long size, long start) = (U16(e, 10), U16(e, 8), U32(e, 12), U32(e, 16));
        bool wide = count == ushort.MaxValue || inPart == ushort.MaxValue || size == uint.MaxValue || start == uint.MaxValue;
        if (place >= LocatorSize)
        {
            byte[] locator = source.Read(place - LocatorSize, LocatorSize);
            if (U32(locator, 0) == Locator64) return FindDirectory64(place, locator, (count, inPart, size, start));
        }
        if (wide) Fail("the directory's 64-bit part is missing");
        if (count != inPart) Fail("the directory does not agree with itself on the number of entries");
        return (count, size, start, place);
    }

    private (long, long, long, long) FindDirectory64(long place, byte[] locator, (long Count, long InPart, long Size, long Start) narrow)
    {
        long at = (long)U64(locator, 8);
        if (U32(locator, 4) != 0 || U32(locator, 16) != 1) Fail("it is one part of several");
        if (at != place - LocatorSize - End64Size) Fail($"the directory's 64-bit part is not at byte {at}, where it should be");
        byte[] e = source.Read(at, End64Size);
        if (U32(e, 0) != End64 || U64(e, 4) != End64Size - 12) Fail($"the directory's 64-bit part is not at byte {at}, where it should be");
        if (U32(e, 16) != 0 || U32(e, 20) != 0) Fail("it is one part of several");
        (long count, long size, long start) = ((long)U64(e, 32), (long)U64(e, 40), (long)U64(e, 48));
        if (U64(e, 24) != (ulong)count || !Agree(narrow.Count, count, ushort.MaxValue) || !Agree(narrow.InPart, count, ushort.MaxValue)
            || !Agree(narrow.Size, size, uint.MaxValue) || !Agree(narrow.Start, start, uint.MaxValue))
            Fail("the directory's 64-bit part does not agree with its 32-bit part");
        return (count, size, start, at);
    }

    private static bool Agree(long narrow, long wide, long unknown) => narrow == wide || narrow == unknown;

    private ZipEntry ReadEntry(byte[] bytes, ref int at)
    {
        ReadOnlySpan<byte> e = bytes.AsSpan(at);
        if (e.Length < 46 || U32(e, 0) != CentralHeader)
            Fail($"an entry of the directory is not at byte {directory + at}, where it should be");
        int nameLength = U16(e, 28), extraLength = U16(e, 30), commentLength = U16(e, 32);
        if (46 + nameLength + extraLength + commentLength > e.Length)
            Fail($"the entry of the directory at byte {directory + at} is cut off");
        byte[] raw = e.Slice(46, nameLength).ToArray();
        string name = "";
        try
        {
            name = StrictUtf8.GetString(raw);
        }
        catch (DecoderFallbackException cause)
        {
            Fail($"the name of the entry of the directory at byte {directory + at} is not UTF-8", cause);
        }
        string place = $"entry {Throw.Quote(name)}";
        if (name.Length == 0 || name.Contains('\0')) Fail($"{place} has no name or one with the character NUL");
        (ushort flags, ushort method) = (U16(e, 8), U16(e, 10));
        (long packed, long size, long header) = (U32(e, 20), U32(e, 24), U32(e, 42));
        if (packed == uint.MaxValue || size == uint.MaxValue || header == uint.MaxValue)
            Zip64(e.Slice(46 + nameLength, extraLength), place, ref size, ref packed, ref header);
        if (U16(e, 34) != 0) Fail("it is one part of several");
        if (packed < 0 || size < 0 || header < 0) Fail($"{place} has sizes beyond 2^63 - 1");
        if (method == 0 && packed != size && (flags & Encrypted) == 0)
            Fail($"{place} is stored, and yet its sizes differ: {packed} and {size}");
        if (method == 8 && size / DeflateRatio > packed) Fail($"{place} cannot hold {size} bytes in {packed}");
        at += 46 + nameLength + extraLength + commentLength;
        return new(name, raw, flags, method, U32(e, 16), packed, size, header);
    }

    private void Zip64(ReadOnlySpan<byte> extra, string place, ref long size, ref long packed)
    {
        long none = 0;
        Zip64(extra, place, ref size, ref packed, ref none);
    }

    /// <summary>The values of 64 bits, for those of 32 that are all ones.</summary>
    private void Zip64(ReadOnlySpan<byte> extra, string place, ref long size, ref long packed, ref long header)
    {
        while (extra.Length >= 4)
        {
            int length = U16(extra, 2);
            if (length > extra.Length - 4) break;
            ReadOnlySpan<byte> field = extra.Slice(4, length);
            if (U16(extra, 0) != 1)
            {
                extra = extra[(4 + length)..];
                continue;
            }
            if (Take(ref field, ref size) && Take(ref field, ref packed) && Take(ref field, ref header)) return;
            break;
        }
        Fail($"{place} has no sizes of 64 bits, and those of 32 are not enough");
    }

    private static bool Take(ref ReadOnlySpan<byte> field, ref long value)
    {
        if (value != uint.MaxValue) return true;
        if (field.Length < 8) return false;
        value = (long)U64(field, 0);
        field = field[8..];
        return true;
    }
}
