namespace Nabla.IO;

/// <content>Streams over entries.</content>
internal sealed partial class ZipReader
{
    /// <summary>The bytes of an entry as they lie in the file.</summary>
    private sealed class EntryStream(ZipReader zip, ZipEntry entry) : ForwardStream
    {
        private long done;

        public override int Read(Span<byte> buffer)
        {
            int n = (int)Math.Min(Math.Min(buffer.Length, TensorBytes.Piece), entry.Packed - done);
            if (n > 0) zip.source.Read(entry.Data + done, buffer[..n]);
            done += n;
            return n;
        }
    }

    /// <summary>The bytes of an entry as they were written, counted and summed up.</summary>
    private sealed class CheckedStream(ZipReader zip, ZipEntry entry, Stream inner) : ForwardStream
    {
        private long done;
        private uint crc;

        public override int Read(Span<byte> buffer)
        {
            int want = (int)Math.Min(Math.Min(buffer.Length, TensorBytes.Piece), entry.Size - done), n = 0;
            if (want == 0) return 0;
            try
            {
                n = inner.Read(buffer[..want]);
            }
            catch (Exception e) when (e is InvalidDataException or IOException && entry.IsDeflated)
            {
                zip.Fail($"the compressed bytes of entry {Throw.Quote(entry.Name)} are damaged after {done}", e);
            }
            if (n == 0) zip.Fail($"entry {Throw.Quote(entry.Name)} ends after {done} bytes, and it should have {entry.Size}");
            crc = Checksum.Crc32(buffer[..n], crc);
            done += n;
            return n;
        }

        internal void Finish()
        {
            if (done != entry.Size) zip.Fail($"entry {Throw.Quote(entry.Name)} has {entry.Size - done} bytes too many");
            if (crc != entry.Crc) zip.Fail($"the CRC-32 of entry {Throw.Quote(entry.Name)} is {crc:x8}, but {entry.Crc:x8} was written");
            if (entry.IsDeflated && More())
                zip.Fail($"entry {Throw.Quote(entry.Name)} inflates to more than the {entry.Size} bytes that it should have");
        }

        private bool More()
        {
            try
            {
                return inner.Read(stackalloc byte[1]) > 0;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                zip.Fail($"the compressed bytes of entry {Throw.Quote(entry.Name)} are damaged at their end", e);
                return true;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A stream that is read from its beginning to its end.</summary>
    private abstract class ForwardStream : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public abstract override int Read(Span<byte> buffer);
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
