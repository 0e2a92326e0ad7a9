namespace Nabla;

/// <summary>Who wrote to which part of a storage, so that a saved value is found modified only if its own elements were.</summary>
internal sealed class WriteLog
{
    private const int Kept = 4096;

    private readonly record struct Entry(int Version, Layout Region, int ItemSize, string By, string? Site);

    private readonly Queue<Entry> entries = [];

    /// <summary>Notes a write that is about to happen.</summary>
    internal static void Note(Tensor x, string by)
    {
        Storage storage = x.storage;
        bool whole = x.meta?.Base is null && !Anomaly.On;
        if (storage.Writes is not WriteLog log)
        {
            // A write to the whole is all there is to know, as long as it is the only kind.
            if (whole)
            {
                storage.Writes = by;
                return;
            }
            storage.Writes = log = new WriteLog();
        }
        lock (log.entries)
        {
            if (log.entries.Count == Kept) log.entries.Dequeue();
            log.entries.Enqueue(new(storage.Version + 1, x.layout, x.dtype.ItemSize(), by, Anomaly.On ? Anomaly.Site() : null));
        }
    }

    /// <summary>True if no write since a version touched an element of x.</summary>
    internal static bool Untouched(Tensor x, int version)
    {
        if (x.storage.Writes is not WriteLog log) return false;
        int size = x.dtype.ItemSize();
        lock (log.entries)
        {
            // Every version must be accounted for: a write that was not noted may have been anywhere.
            int next = version + 1;
            foreach (Entry e in log.entries)
            {
                if (e.Version <= version) continue;
                if (e.Version > next || !Apart(x.layout, size, e.Region, e.ItemSize)) return false;
                next = Math.Max(next, e.Version + 1);
            }
            return next == x.storage.Version + 1;
        }
    }

    /// <summary>The writes since a version, for messages.</summary>
    internal static string Describe(Tensor x, int version)
    {
        if (x.storage.Writes is string by) return $"{by} wrote to it last";
        if (x.storage.Writes is not WriteLog log) return "";
        int size = x.dtype.ItemSize();
        lock (log.entries)
        {
            foreach (Entry e in log.entries)
                if (e.Version > version && !Apart(x.layout, size, e.Region, e.ItemSize))
                    return $"{e.By} wrote to it (version {e.Version}){(e.Site is null ? "" : $", called{e.Site}\n")}";
        }
        return "";
    }

    private static bool Apart(Layout a, int aSize, Layout b, int bSize)
    {
        if (a.Count == 0 || b.Count == 0 || a.End * aSize <= b.Offset * bSize || b.End * bSize <= a.Offset * aSize) return true;
        if (aSize != bSize || a.IsDense && b.IsDense || Math.Max(a.Count, b.Count) > 1 << 20) return false;
        HashSet<long> seen = [];
        for (long i = 0; i < a.Count; i++) seen.Add(a.At(i));
        for (long i = 0; i < b.Count; i++) if (seen.Contains(b.At(i))) return false;
        return true;
    }
}
