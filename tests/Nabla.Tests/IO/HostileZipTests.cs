using System.Buffers.Binary;
using System.IO.Compression;
using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>Archives whose parts do not agree, or that would fill the memory.</summary>
public sealed class HostileZipTests
{
    private static readonly byte[] Array = Files.Saved(static s => Npy.Save(s, Tensor.Ones(2)));

    private static byte[] Two() => Files.Saved(static s =>
    {
        ZipWriter zip = new(s, 1);
        zip.Store("a.npy", Array);
        zip.Deflate("b.npy", Array, []);
        zip.Finish();
    });

    private static void Broken(string words, byte[] file, long? maxBytes = null) =>
        Files.Broken(words, () => Npz.Load(new MemoryStream(file), maxBytes));

    private static int Find(byte[] file, uint signature, int number = 0)
    {
        byte[] sought = BitConverter.GetBytes(signature);
        int at = -1;
        for (int i = 0; i <= number; i++) at += 1 + file.AsSpan(at + 1).IndexOf(sought);
        return at;
    }

    private static byte[] With32(byte[] file, int at, uint value) => Files.With(file, at, BitConverter.GetBytes(value));

    [Fact]
    public void PartsThatDoNotAgree()
    {
        byte[] file = Two();
        Assert.Equal(["a", "b"], Npz.Load(new MemoryStream(file)).Keys);
        int local = Find(file, 0x04034b50), local2 = Find(file, 0x04034b50, 1), central = Find(file, 0x02014b50),
            central2 = Find(file, 0x02014b50, 1), end = Find(file, 0x06054b50);
        Broken("name, method or flags", Files.With(file, local + 30, (byte)'c'));
        Broken("name, method or flags", Files.With(file, central + 46, (byte)'c'));
        Broken("occurs twice", Files.With(Files.With(file, local2 + 30, (byte)'a'), central2 + 46, (byte)'a'));
        Broken("size or checksum", With32(file, local + 14, 0));
        Broken("size or checksum", With32(file, local + 22, 1));
        Broken("its sizes differ", With32(file, central + 24, 1));
        Broken("cannot hold", With32(file, central2 + 24, uint.MaxValue - 1));
        Broken("no sizes of 64 bits", With32(file, central + 24, uint.MaxValue));
        Broken("after its bytes", With32(file, central2 + 24, (uint)Array.Length - 1));
        Broken("CRC-32", With32(With32(file, central + 16, 1), local + 14, 1));
        Broken("does not begin at byte", With32(file, central2 + 42, 5));
        // The second entry is the first one once more.
        byte[] twice = [.. file];
        file.AsSpan(central, 51).CopyTo(twice.AsSpan(central2));
        Broken("overlaps", twice);
        Broken("in the directory", With32(file, central2 + 42, (uint)central));
        Broken("in the directory", With32(file, central2 + 42, uint.MaxValue - 1));
        Broken("does not agree with itself", Files.With(file, end + 10, 1, 0));
        Broken("do not end at byte", Files.With(file, end + 8, 254, 255, 254, 255));
        Broken("bytes more than its", Files.With(file, end + 8, 1, 0, 1, 0));
        Broken("central directory", With32(file, end + 16, 0));
        Broken("central directory", With32(file, end + 12, 1));
        Broken("64-bit part is missing", With32(file, end + 16, uint.MaxValue));
        Broken("one part of several", Files.With(file, end + 4, 1));
        Broken("does not end as a zip file does", [.. file, 0]);
        Broken("central directory", [0, .. file]);
        Broken("not UTF-8", Files.With(Files.With(file, local + 30, 0xFF), central + 46, 0xFF));
        Broken("another name, method or flags", Files.With(file, central + 8, 1));
        Broken("another name, method or flags", Files.With(file, central + 10, 12));
        byte[] encrypted = Files.With(Files.With(file, central + 8, 1), local + 6, 1);
        Assert.Throws<NotSupportedException>(() => Npz.Load(new MemoryStream(encrypted)));
        byte[] strange = Files.With(Files.With(file, central + 10, 12), local + 8, 12);
        Assert.Throws<NotSupportedException>(() => Npz.Load(new MemoryStream(strange)));
        Assert.Equal(2, Npz.Load(new MemoryStream([.. Files.With(file, end + 20, 3), .. "abc"u8])).Count);
    }

    [Fact]
    public void SomethingBeforeTheFirstEntry()
    {
        byte[] file = Two();
        int central = Find(file, 0x02014b50), central2 = Find(file, 0x02014b50, 1), end = Find(file, 0x06054b50);
        byte[] shifted = [.. "#!/bin/sh\n"u8, .. file];
        foreach (int at in new[] { central + 42, central2 + 42, end + 16 })
            shifted = With32(shifted, at + 10, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)) + 10);
        Broken("10 bytes of something else", shifted);
    }

    [Fact]
    public void DamagedDeflate()
    {
        byte[] file = Two();
        int local2 = Find(file, 0x04034b50, 1), data = local2 + 35, end = Find(file, 0x08074b50);
        for (int at = data; at < end; at++)
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = Files.With(file, at, (byte)(file[at] ^ 1 << bit));
                Exception? e = Record.Exception(() => Assert.True(Files.AreSame(Npz.Load(new MemoryStream(damaged))["b"], Tensor.Ones(2))));
                Assert.True(e is null || (e is InvalidDataException && e.Message.Contains("'b.npy'")), $"{at}, {bit}: {e}");
            }
    }

    [Fact]
    public void BombsStayBounded()
    {
        byte[] header = NpyHeader.Write(DType.UInt8, false, [64 << 20]);
        byte[] zeros = new byte[64 << 20];
        byte[] bomb = Files.Saved(s =>
        {
            ZipWriter zip = new(s, 1);
            for (int i = 0; i < 6; i++) zip.Deflate($"{i}.npy", header, zeros);
            zip.Finish();
        });
        Assert.True(bomb.Length < 1 << 19);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Broken("more than", bomb);
        Broken("more than 1000 bytes", bomb, 1000);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 << 20);
        Assert.Equal(6, Npz.Load(new MemoryStream(bomb), long.MaxValue).Count);

        // It says that it is small, and goes on.
        byte[] small = Files.Saved(s =>
        {
            ZipWriter zip = new(s, 1);
            zip.Deflate("x.npy", Array, new byte[1 << 20]);
            zip.Finish();
        });
        int central = Find(small, 0x02014b50), descriptor = Find(small, 0x08074b50);
        uint crc = Checksum.Crc32(Array);
        foreach ((int at, uint value) in new[] { (central + 16, crc), (central + 24, (uint)Array.Length), (descriptor + 4, crc),
            (descriptor + 12, (uint)Array.Length) })
            small = With32(small, at, value);
        Broken("inflates to more", small);
    }

    [Fact]
    public void OtherProgramsArchives()
    {
        foreach (bool seek in new[] { true, false })
        {
            MemoryStream memory = new();
            using (ZipArchive zip = new(seek ? memory : new Forward(memory), ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach (CompressionLevel level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
                {
                    using Stream entry = zip.CreateEntry($"{level}.npy", level).Open();
                    entry.Write(Array);
                }
            }
            memory.Position = 0;
            OrderedDictionary<string, Tensor> tensors = Npz.Load(memory);
            Assert.All(tensors.Values, static t => Assert.True(Files.AreSame(t, Tensor.Ones(2))));
            Assert.Equal(2, tensors.Count);
        }
        using ZipArchive read = new(new MemoryStream(Two()));
        Assert.Equal(["a.npy", "b.npy"], read.Entries.Select(static e => e.FullName));
        Assert.All(read.Entries, static e => { using MemoryStream m = new(); e.Open().CopyTo(m); Assert.Equal(Array, m.ToArray()); });
    }

    [Fact]
    public void ManyEntries()
    {
        const int many = 70_000;
        OrderedDictionary<string, Tensor> tensors = new(many);
        Tensor one = Tensor.Of(1);
        for (int i = 0; i < many; i++) tensors.Add($"{i}", one);
        byte[] file = Files.Saved(s => Npz.Save(s, tensors));
        Assert.Equal(many, Npz.Load(new MemoryStream(file)).Count);
        using ZipArchive read = new(new MemoryStream(file));
        Assert.Equal(many, read.Entries.Count);
    }

    /// <summary>A stream that cannot seek.</summary>
    private sealed class Forward(Stream inner) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
