using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Nabla.Training;

/// <summary>
/// The checkpoints of one run: files <c>checkpoint-STEP.pt</c>, or <c>checkpoint-STEP_METRIC.pt</c>, in a folder of their own. The last
/// ones and the best ones stay, the others go away when a new one is safely there. A process may be killed at any moment: the newest
/// whole checkpoint is found again. One process at a time may write into a folder.
/// </summary>
public sealed partial class CheckpointFolder
{
    private const string Start = "checkpoint-", End = ".pt";

    /// <summary>The checkpoints in a folder, which is made if need be.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="keepLast">How many of the newest checkpoints stay.</param>
    /// <param name="keepBest">How many of those with the best metrics stay besides.</param>
    /// <param name="higherIsBetter">Whether a greater metric is better, as of an accuracy; else a smaller one, as of a loss.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keepLast"/> is less than 1, or <paramref name="keepBest"/>
    /// negative.</exception>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public CheckpointFolder(string path, int keepLast = 3, int keepBest = 0, bool higherIsBetter = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (keepLast < 1) Throw.Range(nameof(keepLast), keepLast, $"keepLast must be at least 1, but is {keepLast}.");
        if (keepBest < 0) Throw.Range(nameof(keepBest), keepBest, $"keepBest must not be negative, but is {keepBest}.");
        (Path, KeepLast, KeepBest, HigherIsBetter) = (path, keepLast, keepBest, higherIsBetter);
        IO.AtomicFile.Guarded(path, () => Directory.CreateDirectory(path));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>How many of the newest checkpoints stay.</summary>
    public int KeepLast { get; }

    /// <summary>How many of those with the best metrics stay besides.</summary>
    public int KeepBest { get; }

    /// <summary>Whether a greater metric is better.</summary>
    public bool HigherIsBetter { get; }

    /// <summary>The checkpoints in the folder, the oldest first, by their names; none is read.</summary>
    public IReadOnlyList<CheckpointFile> Files()
    {
        List<CheckpointFile> files = [];
        foreach (string file in Directory.EnumerateFiles(Path, Start + "*" + End))
            if (Parse(file) is { } found) files.Add(found);
        files.Sort(static (a, b) => a.Step != b.Step ? a.Step.CompareTo(b.Step) : string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    /// <summary>The checkpoint with the best metric, the newest of equal ones; null if none has one.</summary>
    public CheckpointFile? Best() => ByMetric().FirstOrDefault();

    /// <summary>Writes a checkpoint and then removes those that need not stay.</summary>
    /// <param name="run">The run, whose <see cref="TrainingCheckpoint.Step"/> names the file.</param>
    /// <param name="metric">How good it is; NaN counts as worst, null as unknown.</param>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">The file cannot be written; the others are as they were.</exception>
    public string Save(TrainingCheckpoint run, double? metric = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        string name = run.Step.ToString("D8", CultureInfo.InvariantCulture);
        if (metric is { } value) name += "_" + value.ToString("R", CultureInfo.InvariantCulture);
        string path = System.IO.Path.Combine(Path, Start + name + End);
        run.Save(path);
        // Of a step that was saved before, perhaps with another metric, the new file counts.
        foreach (CheckpointFile old in Files())
            if (old.Step == run.Step && old.Path != path) Delete(old.Path);
        IReadOnlyList<CheckpointFile> files = Files();
        HashSet<string> stay = [path, .. files.TakeLast(KeepLast).Select(static f => f.Path)];
        stay.UnionWith(ByMetric().Take(KeepBest).Select(static f => f.Path));
        foreach (CheckpointFile file in files)
            if (!stay.Contains(file.Path)) Delete(file.Path);
        RemoveUnfinished();
        return path;
    }

    /// <summary>
    /// Takes the newest whole checkpoint into the run. Damaged files are passed over, reported as a trace warning and renamed to
    /// <c>*.damaged</c>; what a killed process left half written is removed.
    /// </summary>
    /// <param name="run">The run; it stays as it is if there is no checkpoint.</param>
    /// <returns>The file, or null if the folder has no checkpoint: a new run.</returns>
    /// <exception cref="InvalidDataException">There are checkpoints, and all are damaged.</exception>
    /// <exception cref="ArgumentException">The newest whole checkpoint is of another run: it does not fit. Nothing was changed.</exception>
    public string? Resume(TrainingCheckpoint run)
    {
        ArgumentNullException.ThrowIfNull(run);
        RemoveUnfinished();
        InvalidDataException? damage = null;
        List<string> damaged = [];
        foreach (CheckpointFile file in Files().Reverse())
        {
            try
            {
                run.Load(file.Path);
            }
            catch (InvalidDataException e)
            {
                damage ??= e;
                damaged.Add(file.Path);
                Trace.TraceWarning($"The checkpoint '{file.Path}' is damaged; the one before is tried. {e.Message}");
                continue;
            }
            foreach (string path in damaged) File.Move(path, path + ".damaged", overwrite: true);
            return file.Path;
        }
        if (damage is not null) Throw.Data($"All checkpoints in '{Path}' are damaged; the newest: {damage.Message}", damage);
        return null;
    }

    private IEnumerable<CheckpointFile> ByMetric() => Files().Where(static f => f.Metric is not null)
        .OrderBy(f => double.IsNaN(f.Metric!.Value) ? double.PositiveInfinity : HigherIsBetter ? -f.Metric.Value : f.Metric.Value)
        .ThenByDescending(static f => f.Step);

    private static CheckpointFile? Parse(string path)
    {
        string name = System.IO.Path.GetFileName(path)[Start.Length..^End.Length];
        string[] parts = name.Split('_');
        if (parts.Length > 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long step)) return null;
        if (parts.Length == 1) return new CheckpointFile(path, step, null);
        return double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double metric)
            ? new CheckpointFile(path, step, metric) : null;
    }

    [GeneratedRegex(@"^\.checkpoint-.*\.pt\.[0-9a-f]{12}\.tmp$")]
    private static partial Regex Unfinished { get; }

    /// <summary>Removes what killed writers left; a file that a living one holds stays.</summary>
    private void RemoveUnfinished()
    {
        foreach (string file in Directory.EnumerateFiles(Path, ".checkpoint-*.tmp"))
        {
            if (!Unfinished.IsMatch(System.IO.Path.GetFileName(file))) continue;
            try
            {
                using FileStream locked = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                locked.Dispose();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            Delete(file);
        }
    }

    private static void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An old file too many does no harm; the next save tries again.
        }
    }
}

/// <summary>A checkpoint in a folder.</summary>
/// <param name="Path">The file.</param>
/// <param name="Step">The step after which it was written.</param>
/// <param name="Metric">The metric it was saved with, or null.</param>
public sealed record CheckpointFile(string Path, long Step, double? Metric);
