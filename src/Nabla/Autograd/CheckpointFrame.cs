using System.Globalization;
using System.Text;
using Nabla.Amp;

namespace Nabla;

/// <summary>
/// One region that is computed again. Each tensor that it saved is a <see cref="Holder"/>; the first one that a backward run asks for
/// makes the region run again, whose saves then fill the holders' places, for that run, until each is read.
/// </summary>
internal sealed class CheckpointFrame
{
    private readonly Inputs inputs;

    /// <summary>Checksums of the inputs, if hooks around the region keep them and may return other values, of less precision.</summary>
    private readonly ulong[]? sums;

    private readonly CheckpointSettings settings;
    private readonly List<Holder> holders = [];
    private readonly Dictionary<int, Tensor?[]> runs = [];
    private readonly Frame? transform = Frame.Current;
    private readonly AutocastScope? precision = Autocast.Active;
    private Action<Tensor[]>? body;
    private Tracker? tracker;
    private (Generator? Generator, Generator State)[] random;
    private bool completed;
    private int live;

    /// <param name="inputs">Kept as any operation's operands: seen by hooks around, and found if they are modified.</param>
    /// <param name="body">Runs the region on its inputs.</param>
    /// <param name="settings">How.</param>
    internal CheckpointFrame(Tensor[] inputs, Action<Tensor[]> body, CheckpointSettings settings)
    {
        this.inputs = new Inputs(inputs);
        (this.body, this.settings) = (body, settings);
        if (SavedTensorScope.Open != 0 && settings.DeterminismCheck == DeterminismCheck.Default) sums = Array.ConvertAll(inputs, Checksum);
        random = settings.PreserveRngState
            ? [(null, Generator.Default.Clone()), .. settings.Generators.Select(static g => ((Generator?)g, g.Clone()))] : [];
    }

    /// <summary>The region's saves become holders while the scope is open.</summary>
    internal SavedTensorScope Hold() => SavedTensorScope.Hooks(Pack, static holder => ((Holder)holder!).Unpack());

    /// <summary>Notes in which operation each tensor is saved while the scope is open, so that the second run can stop before
    /// it.</summary>
    internal IDisposable? Track() => settings.EarlyStop ? Watch.Begin(tracker = new()) : null;

    /// <summary>The region has run. If it drew no random numbers, their state need not be kept.</summary>
    internal void Complete()
    {
        completed = true;
        tracker = null;
        if (Array.TrueForAll(random, static r => (r.Generator ?? Generator.Default).IsAt(r.State))) random = [];
    }

    /// <summary>What was recomputed for a run and never read goes with the run.</summary>
    internal void Forget(int run)
    {
        lock (runs) runs.Remove(run);
    }

    private Holder Pack(Tensor x)
    {
        Holder holder = new(this, holders.Count, x);
        holders.Add(holder);
        Interlocked.Increment(ref live);
        return holder;
    }

    private Tensor Unpack(int index)
    {
        if (GraphTask.Active is not { } task) return Recompute(index)[index]!;
        Tensor?[]? values;
        lock (runs) runs.TryGetValue(task.Id, out values);
        if (values is null)
        {
            values = Recompute(null);
            lock (runs) runs[task.Id] = values;
            task.Remember(this);
        }
        // A rule of a user may read what it saved twice: the first time it was given away.
        Tensor value = values[index] ?? Recompute(index)[index]!;
        values[index] = null;
        return value;
    }

    /// <summary>Runs the region again.</summary>
    /// <param name="only">The one value that is needed; null: all that the graph still holds.</param>
    private Tensor?[] Recompute(int? only)
    {
        Tensor[] x = inputs.Get();
        // Other inputs give other values: then only shapes and dtypes can be compared.
        bool same = true;
        for (int i = 0; sums is not null && i < x.Length; i++) same &= Checksum(x[i]) == sums[i];
        Replay replay = new(this, only, same);
        (bool, bool) mode = GradMode.ThreadState;
        int run = GraphTask.CurrentRun;
        Watcher? watcher = Watch.Exchange(null);
        Frame? frame = Frame.Exchange(transform);
        AutocastScope? outer = Autocast.Exchange(AutocastScope.Again(precision));
        Generator? own = Generator.Replaying;
        Generator[] states = Array.ConvertAll(random, static r => r.Generator is { } g ? g.Clone() : r.State.Clone());
        try
        {
            GradMode.ThreadState = (false, false);
            // What is computed here belongs to this frame, not to the run that waits for it.
            GraphTask.CurrentRun = 0;
            for (int i = 0; i < random.Length; i++)
            {
                if (random[i].Generator is { } g) g.Restore(random[i].State);
                else Generator.Replay(states[i]);
            }
            using SavedTensorScope scope = SavedTensorScope.Hooks(replay.Pack, static t => (Tensor?)t, alone: true);
            using IDisposable? context = settings.Contexts?.Recompute();
            using IDisposable? end = settings.EarlyStop ? Watch.Begin(replay) : null;
            body!(x);
        }
        catch (Stop stop) when (ReferenceEquals(stop.Replay, replay)) { }
        finally
        {
            for (int i = 0; i < random.Length; i++) random[i].Generator?.Restore(states[i]);
            if (random.Length > 0) Generator.Replay(own);
            Autocast.Exchange(outer);
            Frame.Exchange(frame);
            Watch.Exchange(watcher);
            GraphTask.CurrentRun = run;
            GradMode.ThreadState = mode;
        }
        replay.Check();
        return replay.Values;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref live) > 0 || !completed) return;
        inputs.Release();
        (body, random) = (null, []);
    }

    /// <summary>Counts the operations of the first run and knows the operands of the last one.</summary>
    private sealed class Tracker : Watcher
    {
        private Tensor[] operands = [];

        internal int Operations { get; private set; }

        internal override Tensor[]? Take(string node, ReadOnlySpan<Tensor> x)
        {
            // They may be of no more use to anybody while the next operation runs.
            operands = [];
            return null;
        }

        internal override void Give(string node, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            operands = x.ToArray();
            Operations++;
        }

        /// <summary>Which operand of the last operation this is; -1 if none.</summary>
        internal int Operand(Tensor x)
        {
            if (x.wrap is not null) return -1;
            for (int i = 0; i < operands.Length; i++)
                if (ReferenceEquals(x.storage, operands[i].storage) && ReferenceEquals(x.layout, operands[i].layout)) return i;
            return -1;
        }
    }

    /// <summary>One pass through the region after the first.</summary>
    private sealed class Replay : Watcher
    {
        private readonly CheckpointFrame frame;
        private readonly int expected, last;
        private readonly int? only;
        private readonly bool same;
        private readonly StringBuilder metadata = new(), values = new();
        private int next, operation;
        private bool stopped;

        /// <param name="frame">The region.</param>
        /// <param name="only">The one value that is needed, or null.</param>
        /// <param name="same">Whether the inputs have the values that they had.</param>
        internal Replay(CheckpointFrame frame, int? only, bool same)
        {
            (this.frame, this.only, this.same) = (frame, only, same);
            expected = frame.holders.Count;
            last = only ?? frame.holders.FindLastIndex(static h => !h.Released);
            Values = new Tensor?[expected];
        }

        internal Tensor?[] Values { get; }

        internal object? Pack(Tensor x)
        {
            int i = next++;
            if (stopped) return x;
            if (i >= expected)
            {
                if (frame.completed)
                    frame.Fail("torch.utils.checkpoint: trying to save more tensors during recomputation than during the original " +
                        $"forward pass. The function must do the same each time; {expected} were saved.");
                return x;
            }
            Holder holder = frame.holders[i];
            if (!holder.Released) Compare(i, holder, x);
            if (Needs(i)) Values[i] = x;
            if (!frame.settings.EarlyStop || i < last) return x;
            stopped = true;
            throw new Stop(this);
        }

        private bool Needs(int i) => only is null ? !frame.holders[i].Released : only == i;

        /// <summary>Stops before an operation if all that is still needed are operands of it.</summary>
        internal override Tensor[]? Take(string node, ReadOnlySpan<Tensor> x)
        {
            operation++;
            if (stopped || next > last) return null;
            for (int i = next; i <= last; i++)
                if (Needs(i) && !frame.holders[i].Is(operation, x)) return null;
            for (; next <= last; next++)
                if (Needs(next)) Values[next] = x[frame.holders[next].Operand].WithoutHistory();
            stopped = true;
            throw new Stop(this);
        }

        internal override void Give(string node, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) { }

        private void Compare(int i, Holder holder, Tensor x)
        {
            DeterminismCheck check = frame.settings.DeterminismCheck;
            if (check == DeterminismCheck.None) return;
            if (!x.layout.SameShape(holder.Layout) || x.dtype != holder.DType)
                metadata.Append(CultureInfo.InvariantCulture, $"tensor at position {i}:\nsaved metadata: " +
                    $"{Metadata(holder.Layout, holder.DType)}\nrecomputed metadata: {Metadata(x.layout, x.dtype)}\n");
            else if (check == DeterminismCheck.Default && same && Checksum(x) != holder.Sum)
                values.Append(CultureInfo.InvariantCulture, $"tensor at position {i}: {Throw.Text(x)}\n");
        }

        private static string Metadata(Layout layout, DType dtype) =>
            $"{{'shape': torch.Size({Shape.Format(layout.shape)}), 'dtype': torch.{dtype.Name()}, 'device': device(type='cpu')}}";

        internal void Check()
        {
            if (frame.completed && (stopped ? next <= last : next != expected))
                frame.Fail("torch.utils.checkpoint: A different number of tensors was saved during the original forward and " +
                    $"recomputation.\nNumber of tensors saved during forward: {expected}\nNumber of tensors saved during recomputation: " +
                    $"{next}\nThe function must do the same each time: it may not depend on what changes in between.");
            if (metadata.Length > 0)
                frame.Fail("torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the " +
                    $"forward pass.\n{metadata}");
            if (values.Length > 0)
                frame.Fail("torch.utils.checkpoint: Recomputed values for the following tensors have different values than during the " +
                    $"forward pass.\n{values}The function must do the same each time. Random numbers repeat if they come from " +
                    "Generator.Default or from one of the generators given, and preserveRngState is true; weights and other tensors " +
                    "from outside must not change before backward. determinismCheck: DeterminismCheck.Metadata turns this test off.");
        }
    }

    private void Fail(string message) => Throw.Graph(settings.Log is { } log ? message + "\n\n" + log.Report() : message);

    /// <summary>Thrown through the region when all that is needed was computed.</summary>
    private sealed class Stop(Replay replay) : Exception("A checkpoint has recomputed all that it needs: this ends the function early.")
    {
        internal Replay Replay { get; } = replay;
    }

    /// <summary>What a node keeps in place of a tensor. It is disposed when the node is freed.</summary>
    private sealed class Holder : IDisposable
    {
        private readonly CheckpointFrame frame;
        private readonly int index;

        internal Holder(CheckpointFrame frame, int index, Tensor x)
        {
            (this.frame, this.index) = (frame, index);
            (Layout, DType) = (x.layout, x.dtype);
            if (frame.settings.DeterminismCheck == DeterminismCheck.Default) Sum = Checksum(x);
            (Operation, Operand) = frame.tracker is { } tracker ? (tracker.Operations, tracker.Operand(x)) : (0, -1);
        }

        internal Layout Layout { get; }
        internal DType DType { get; }
        internal ulong Sum { get; }
        internal bool Released { get; private set; }

        /// <summary>Which operand of which operation was saved; -1 if it is none.</summary>
        internal int Operand { get; }
        private int Operation { get; }

        internal bool Is(int operation, ReadOnlySpan<Tensor> x)
        {
            if (Operation != operation || Operand < 0 || Operand >= x.Length) return false;
            Tensor t = x[Operand];
            return t.layout.SameShape(Layout) && t.dtype == DType
                && (frame.settings.DeterminismCheck != DeterminismCheck.Default || Checksum(t) == Sum);
        }

        internal Tensor Unpack() => frame.Unpack(index);

        public void Dispose()
        {
            if (Released) return;
            Released = true;
            frame.Release();
        }
    }

    /// <summary>Keeps the inputs as an operation keeps its operands. It stands in no graph.</summary>
    private sealed class Inputs : Node
    {
        private readonly Saved[] saved;

        internal Inputs(Tensor[] x) => saved = Array.ConvertAll(x, static t => new Saved(t));

        public override string Name => "CheckpointInputs";
        internal override int InputCount => 0;
        internal override Edge Input(int i) => default;
        internal override void Pull(Tensor g, Span<Tensor?> into) { }

        internal Tensor[] Get()
        {
            ThrowIfFreed();
            Tensor[] x = new Tensor[saved.Length];
            for (int i = 0; i < x.Length; i++) x[i] = saved[i].Get(this);
            return x;
        }

        internal override void Release()
        {
            foreach (ref Saved s in saved.AsSpan()) freed |= s.Drop();
        }
    }

    private const long Whole = 4096, Samples = 1024;

    /// <summary>A number that differs if values do: of all of them, or of 1,024 evenly spread ones if there are more than 4,096.</summary>
    private static ulong Checksum(Tensor x)
    {
        x = Anomaly.Plain(x);
        long n = x.layout.Count, taken = n <= Whole ? n : Samples;
        int size = x.dtype.ItemSize();
        bool plain = x.layout.IsContiguous;
        ulong sum = 14695981039346656037;
        for (long k = 0; k < taken; k++)
        {
            long i = taken == n ? k : (long)((Int128)k * (n - 1) / (taken - 1));
            long at = plain ? x.layout.Offset + i : x.layout.At(i);
            foreach (byte b in x.storage.Data.Slice(checked((int)(at * size)), size)) sum = (sum ^ b) * 1099511628211;
        }
        return sum;
    }
}
