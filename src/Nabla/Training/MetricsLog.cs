using System.Buffers;
using System.Collections;
using System.Text.Json;
using Nabla.IO;
using Nabla.Optim;

namespace Nabla.Training;

/// <summary>
/// A file of numbers, one JSON object a line: <c>{"step":20,"time":1764472000.5,"loss":0.25,"lr":0.001}</c>. Every line is written at once,
/// so that others can read the file while it grows. A run that goes on from a checkpoint cuts what comes after it
/// (<see cref="Rewind"/>); as a callback of a trainer it does so by itself.
/// </summary>
/// <remarks>A log must not end what it watches: if the disk refuses, lines wait in memory, <c>Write</c> goes on, and <see cref="Flush"/> or
/// <see cref="Dispose"/> throws the reason. Methods may be called from several threads. NaN and infinities, which JSON lacks, are
/// <c>null</c>.</remarks>
/// <example><code>
/// using MetricsLog log = new("run/metrics.jsonl");
/// log.Rewind(run.Step);                                     // after a checkpoint was loaded
/// log.Write(step, ("loss", loss.Item()), ("lr", rate));
/// </code></example>
public sealed class MetricsLog : TrainingCallback, IDisposable
{
    private readonly Lock gate = new();
    private readonly AppendFile file;
    private readonly long everySteps;
    private readonly bool withTime;
    private readonly ArrayBufferWriter<byte> line = new();
    private long? seen;

    /// <summary>Opens a log to append to, or begins one; its folder is made if need be. A last line that is not whole is cut off.</summary>
    /// <param name="path">The file.</param>
    /// <param name="everySteps">As a callback: after how many steps there is a line; 0 for lines after epochs only.</param>
    /// <param name="withTime">Whether lines tell the time, in seconds since 1970.</param>
    /// <exception cref="IOException">The file cannot be written to.</exception>
    /// <exception cref="InvalidDataException">The file is not such a log.</exception>
    public MetricsLog(string path, long everySteps = 1, bool withTime = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (everySteps < 0) Throw.Range(nameof(everySteps), everySteps, $"everySteps must not be negative, but is {everySteps}.");
        (this.everySteps, this.withTime) = (everySteps, withTime);
        file = AppendFile.Open(path);
        try
        {
            ReadOnlySpan<byte> bytes = file.ReadAll();
            if (bytes.Length == 0) return;
            if (bytes[0] != '{') Throw.Data($"'{path}' is not a log of metrics: it does not begin with a JSON object.");
            int end = bytes.LastIndexOf((byte)'\n') + 1;
            if (end < bytes.Length) file.Truncate(end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string Path => file.Path;

    /// <summary>Adds a line.</summary>
    /// <param name="step">The step.</param>
    /// <param name="values">The numbers by name.</param>
    /// <exception cref="ArgumentException">A name is empty, there twice, <c>step</c> or <c>time</c>.</exception>
    public void Write(long step, params ReadOnlySpan<(string Name, double Value)> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            string name = values[i].Name;
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(values));
            if (name is "step" or "time") Throw.Argument(nameof(values), $"'{name}' is a name that every line has already.");
            foreach ((string other, _) in values[..i])
                if (other == name) Throw.Argument(nameof(values), $"{Throw.Quote(name)} is there twice.");
        }
        lock (gate)
        {
            line.ResetWrittenCount();
            using (Utf8JsonWriter json = new(line))
            {
                json.WriteStartObject();
                json.WriteNumber("step", step);
                if (withTime) json.WriteNumber("time", Math.Round((DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds, 3));
                foreach ((string name, double value) in values)
                {
                    if (double.IsFinite(value)) json.WriteNumber(name, value);
                    else json.WriteNull(name);
                }
                json.WriteEndObject();
            }
            line.Write("\n"u8);
            file.Append(line.WrittenSpan);
            file.TryWrite();
        }
    }

    /// <summary>Adds a line.</summary>
    /// <inheritdoc cref="Write(long, ReadOnlySpan{ValueTuple{string, double}})"/>
    public void Write(long step, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Write(step, [.. values.Select(static v => (v.Key, v.Value))]);
    }

    /// <summary>Cuts the lines at the end whose steps are greater than this one.</summary>
    /// <param name="step">The step from which training goes on.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public void Rewind(long step)
    {
        lock (gate)
        {
            ReadOnlySpan<byte> bytes = file.ReadAll();
            int end = bytes.Length;
            while (end > 0)
            {
                int start = bytes[..(end - 1)].LastIndexOf((byte)'\n') + 1;
                if (StepOf(bytes[start..end]) is not { } found || found <= step) break;
                end = start;
            }
            if (end < bytes.Length) file.Truncate(end);
        }
    }

    /// <summary>Writes what waits.</summary>
    /// <exception cref="IOException">The disk refuses, or lines have been lost because it did.</exception>
    public void Flush()
    {
        lock (gate) file.Flush();
    }

    /// <summary>Closes the file. Disposing again does nothing.</summary>
    /// <exception cref="IOException">Lines are lost because the disk refuses.</exception>
    public void Dispose()
    {
        lock (gate) file.Dispose();
    }

    /// <inheritdoc/>
    public override bool OnStepEnd(TrainingProgress progress)
    {
        seen = progress.Step;
        if (everySteps > 0 && progress.Step % everySteps == 0)
            Write(progress.Step, ("epoch", progress.Epoch), ("loss", progress.Loss), ("lr", progress.LearningRate));
        return false;
    }

    /// <inheritdoc/>
    public override bool OnEpochEnd(EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        List<(string, double)> values = [("epoch", result.Epoch), ("train_loss", result.Loss)];
        if (result.Validation is { } v)
        {
            values.Add(("val_loss", v.Loss));
            values.AddRange(v.Metrics.Select(static m => ($"val_{m.Key}", m.Value)));
        }
        Write(result.Step, [.. values]);
        return false;
    }

    /// <inheritdoc/>
    public override OrderedDictionary<string, object?> StateDict() => new() { ["step"] = seen };

    /// <summary>Cuts what was written after the checkpoint.</summary>
    /// <inheritdoc/>
    public override void LoadStateDict(IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        object? saved = StateValue.Required(stateDict, "step");
        long step = saved is null ? -1 : StateValue.Integer(saved, "step");
        // Nothing has been written since, if this run is where it was.
        if ((seen ?? -1) == step) return;
        Rewind(step);
        seen = saved is null ? null : step;
    }

    private static long? StepOf(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader json = new(text);
            if (json.Read() && json.TokenType == JsonTokenType.StartObject && json.Read() && json.ValueTextEquals("step"u8) && json.Read()
                && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long step)) return step;
        }
        catch (JsonException)
        {
            // A line of somebody else's.
        }
        return null;
    }
}
