using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Nabla.IO;

namespace Nabla.Training;

/// <summary>
/// Writes what TensorBoard shows: numbers over steps, histograms, pictures, texts, the graph of a model and the choices of a run. Each
/// writer makes one file in its folder; <c>tensorboard --logdir FOLDER</c> shows all folders below as runs, while they are written too.
/// </summary>
/// <remarks>
/// <para>A log must not end what it watches: if the disk refuses, records wait in memory, the <c>Add</c> methods go on, and
/// <see cref="Flush"/> or <see cref="Dispose"/> throws the reason. Methods may be called from several threads.</para>
/// <para>Tags with slashes are grouped by their first part: <c>loss/train</c>, <c>loss/validation</c>. A number may be NaN or infinite,
/// steps may come in any order.</para>
/// <para>Source: the record format of TensorFlow's event files, PyTorch's <c>torch.utils.tensorboard</c>.</para>
/// </remarks>
/// <example><code>
/// using SummaryWriter board = new("runs/first");
/// board.AddScalar("loss/train", loss.Item(), step);
/// board.AddHistogram("weights/fc1", net.Parameters().First(), step);
/// </code></example>
public sealed partial class SummaryWriter : IDisposable
{
    private static int made;

    private readonly Lock gate = new();
    private readonly AppendFile file;
    private readonly ProtoWriter message = new();
    private readonly int maxQueue;
    private readonly double flushSecs;
    private readonly string suffix;
    private readonly Dictionary<string, SummaryWriter> inner = new(StringComparer.Ordinal);
    private long lastWrite = Stopwatch.GetTimestamp();
    private bool closed;

    /// <summary>Makes a new file in a folder; the folder is made if need be.</summary>
    /// <param name="folder">The run's folder. Its name, below the folder that TensorBoard is started with, is the run's name.</param>
    /// <param name="purgeStep">Where a run goes on after a crash: what earlier files have from this step on is hidden.</param>
    /// <param name="maxQueue">How many records wait in memory at most before they are written.</param>
    /// <param name="flushSecs">How many seconds they wait at most, if more are added.</param>
    /// <param name="filenameSuffix">Added to the file's name.</param>
    /// <exception cref="IOException">The folder cannot be made or written to.</exception>
    public SummaryWriter(string folder, long? purgeStep = null, int maxQueue = 10, double flushSecs = 120, string filenameSuffix = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(filenameSuffix);
        if (maxQueue < 0) Throw.Range(nameof(maxQueue), maxQueue, $"maxQueue must not be negative, but is {maxQueue}.");
        if (!(flushSecs >= 0)) Throw.Range(nameof(flushSecs), flushSecs, $"flushSecs must not be negative, but is {flushSecs}.");
        if (filenameSuffix.AsSpan().IndexOfAny(System.IO.Path.GetInvalidFileNameChars()) >= 0)
            Throw.Argument(nameof(filenameSuffix), $"{Throw.Quote(filenameSuffix)} cannot be part of a file's name.");
        (Folder, this.maxQueue, this.flushSecs, suffix) = (folder, maxQueue, flushSecs, filenameSuffix);
        // The number tells apart the files that one process makes in one second.
        string name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{Seconds(Now()):D10}.{Host()}." +
            $"{Environment.ProcessId}.{Interlocked.Increment(ref made) - 1}{filenameSuffix}");
        file = AppendFile.Open(System.IO.Path.Combine(folder, name), createNew: true);
        Event(Now(), null, static m =>
        {
            m.String(3, "brain.Event:2");
            m.Message(10, static source => source.String(1, "nabla.SummaryWriter"));
        });
        if (purgeStep is { } step) Purge(step);
        Flush();
    }

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>The file.</summary>
    public string Path => file.Path;

    /// <summary>How many records could not be kept because the disk took none for too long; 64 MB of them wait in memory.</summary>
    public long Dropped => file.Dropped;

    /// <summary>Hides what was written from a step on, in this file and in earlier ones of the folder: a run goes on from a
    /// checkpoint.</summary>
    /// <param name="step">The first step that is hidden.</param>
    public void Purge(long step)
    {
        Event(Now(), step, static m => m.Message(7, static session => session.Int64(1, 1)));
        foreach (SummaryWriter writer in Inner()) writer.Purge(step);
    }

    /// <summary>Writes what waits to the file.</summary>
    /// <exception cref="IOException">The disk refuses, or records have been lost because it did. What waits goes on waiting.</exception>
    public void Flush()
    {
        lock (gate)
        {
            lastWrite = Stopwatch.GetTimestamp();
            file.Flush();
        }
        foreach (SummaryWriter writer in Inner()) writer.Flush();
    }

    /// <summary>Writes what waits and closes the file. Disposing again does nothing.</summary>
    /// <exception cref="IOException">Records are lost because the disk refuses.</exception>
    public void Dispose()
    {
        lock (gate)
        {
            if (closed) return;
            closed = true;
        }
        try
        {
            foreach (SummaryWriter writer in Inner()) writer.Dispose();
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>A record: an event with its time, its step and one thing that happened.</summary>
    private void Event(double time, long? step, Action<ProtoWriter> what)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            message.Clear();
            message.Double(1, time);
            if (step is { } number) message.Int64(2, number);
            what(message);
            ReadOnlySpan<byte> data = message.Written;
            byte[] record = new byte[data.Length + 16];
            BinaryPrimitives.WriteInt64LittleEndian(record, data.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Masked(record.AsSpan(0, 8)));
            data.CopyTo(record.AsSpan(12));
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Masked(data));
            file.Append(record);
            if (file.Waiting <= maxQueue && Stopwatch.GetElapsedTime(lastWrite).TotalSeconds < flushSecs) return;
            lastWrite = Stopwatch.GetTimestamp();
            file.TryWrite();
        }
    }

    /// <summary>A record of one value.</summary>
    private void Value(string tag, long step, double? wallTime, Action<ProtoWriter> value)
    {
        if (wallTime is { } given && !double.IsFinite(given))
            Throw.Range(nameof(wallTime), given, $"wallTime must be a number of seconds since 1970, but is {given}.");
        Event(wallTime ?? Now(), step, m => m.Message(5, summary => summary.Message(1, v =>
        {
            v.String(1, tag);
            value(v);
        })));
    }

    /// <summary>A writer for a folder below this one's.</summary>
    private SummaryWriter Inner(string name)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (!inner.TryGetValue(name, out SummaryWriter? writer))
                inner.Add(name, writer = new SummaryWriter(System.IO.Path.Combine(Folder, name), null, maxQueue, flushSecs, suffix));
            return writer;
        }
    }

    private static void CheckTag(string tag, string parameter = "tag")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tag, parameter);
        foreach (char c in tag)
            if (char.IsControl(c)) Throw.Argument(parameter, $"A tag is one line of text, but {Throw.Quote(tag)} is not.");
    }

    private SummaryWriter[] Inner()
    {
        lock (gate) return [.. inner.Values];
    }

    /// <summary>A tag as the name of a folder.</summary>
    private static string FolderName(string tag)
    {
        char[] name = tag.Replace('/', '_').ToCharArray();
        foreach (ref char c in name.AsSpan()) if (System.IO.Path.GetInvalidFileNameChars().Contains(c)) c = '_';
        return new string(name) is "." or ".." ? "_" : new string(name);
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint c = Checksum.Crc32C(bytes);
        return ((c >> 15) | (c << 17)) + 0xa282ead8;
    }

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private static long Seconds(double time) => (long)time;

    private static string Host()
    {
        string name;
        try
        {
            name = Environment.MachineName;
        }
        catch (InvalidOperationException)
        {
            name = "";
        }
        return name.Length == 0 ? "localhost" : FolderName(name);
    }
}
