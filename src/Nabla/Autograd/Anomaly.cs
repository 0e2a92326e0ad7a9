using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>Looks for the first NaN or infinity until it is disposed; see <see cref="Autograd.DetectAnomaly"/>.</summary>
public sealed class AnomalyScope : IDisposable
{
    private readonly (bool On, bool Nan, bool Infinity) before;
    private readonly bool on;
    private bool closed;

    internal AnomalyScope(bool on, bool checkNan, bool checkInfinity)
    {
        this.on = on;
        before = (Anomaly.On, Anomaly.CheckNan, Anomaly.CheckInfinity);
        (Anomaly.On, Anomaly.CheckNan, Anomaly.CheckInfinity) = (on, checkNan, checkInfinity);
        if (on) ModuleScope.Want(true);
        NodeWatch.Update();
    }

    /// <summary>Restores what held before. Disposing again does nothing.</summary>
    public void Dispose()
    {
        if (closed) return;
        closed = true;
        (Anomaly.On, Anomaly.CheckNan, Anomaly.CheckInfinity) = before;
        if (on) ModuleScope.Want(false);
        NodeWatch.Update();
    }
}

public static partial class Autograd
{
    /// <summary>
    /// Until the scope is disposed, in the whole process: recorded operations and backward fail at the first NaN or infinity that they
    /// produce, and every error of a backward names the place in the program that called the operation. Slow: for the search of a
    /// mistake.
    /// </summary>
    /// <remarks>An infinity counts if an operation made it from finite numbers: one that was put there, as by a mask, does not.</remarks>
    /// <param name="checkNan">Look at the values; false only notes the places of calls.</param>
    /// <param name="checkInfinity">Infinities count as well.</param>
    public static AnomalyScope DetectAnomaly(bool checkNan = true, bool checkInfinity = true) =>
        new(true, checkNan, checkNan && checkInfinity);

    /// <summary>Turns the search of <see cref="DetectAnomaly"/> on or off until the scope is disposed.</summary>
    public static AnomalyScope SetDetectAnomaly(bool mode, bool checkNan = true, bool checkInfinity = true) =>
        new(mode, checkNan, checkNan && checkInfinity);

    /// <summary>True inside <see cref="DetectAnomaly"/>.</summary>
    public static bool IsAnomalyEnabled => Anomaly.On;

    /// <summary>True where values are looked at inside <see cref="DetectAnomaly"/>; it is unless a scope says otherwise.</summary>
    public static bool IsAnomalyCheckNanEnabled => Anomaly.CheckNan;
}

/// <summary>The search for the first NaN or infinity.</summary>
internal static class Anomaly
{
    private const int Frames = 6;
    private static readonly string Own = typeof(Anomaly).Assembly.GetName().Name!;

    internal static bool On;
    internal static bool CheckNan = true, CheckInfinity = true;

    [ThreadStatic] private static bool finite;

    /// <summary>Notes where a node is made, and in which node's backward.</summary>
    internal static void Record(Node node)
    {
        NodeExtra extra = node.Extras;
        extra.Site = Site();
        extra.Parent = GraphTask.Active?.CurrentNode;
    }

    /// <summary>The calls of the user's program that lead here, the innermost first.</summary>
    internal static string Site()
    {
        StackTrace trace = new(1, false);
        StringBuilder text = new();
        int shown = 0;
        for (int i = 0; i < trace.FrameCount && shown < Frames; i++)
        {
            if (trace.GetFrame(i) is not { } bare || DiagnosticMethodInfo.Create(bare) is not { } method) continue;
            string assembly = method.DeclaringAssemblyName ?? "";
            int comma = assembly.IndexOf(',', StringComparison.Ordinal);
            if (comma >= 0) assembly = assembly[..comma];
            if (assembly == Own || assembly.StartsWith("System.", StringComparison.Ordinal)
                || assembly.StartsWith("xunit.", StringComparison.Ordinal)) continue;
            StackFrame frame = new(i + 1, true);
            text.Append(CultureInfo.InvariantCulture, $"\n  at {method.DeclaringTypeName}.{method.Name}");
            if (frame.GetFileName() is { } file) text.Append(CultureInfo.InvariantCulture, $" in {file}:line {frame.GetFileLineNumber()}");
            shown++;
        }
        return text.ToString();
    }

    /// <summary>Fails if a result is the first to hold a NaN or infinity.</summary>
    internal static void Forward(Node? node, Tensor y, params ReadOnlySpan<Tensor> operands)
    {
        if (!CheckNan || node is null || Find(y) is not { } found) return;
        if (found.Infinite)
        {
            if (Meant(node)) return;
            foreach (Tensor x in operands) if (Find(x) is not null) return;
        }
        StringBuilder text = new();
        for (int i = 0; i < operands.Length; i++)
        {
            Tensor x = operands[i];
            if (Find(x) is { } earlier)
                text.Append(CultureInfo.InvariantCulture, $" Operand {i} holds {earlier.Value} already, at {earlier.Where}.");
            else if (x.layout.SameShape(y.layout) && At(x, found.Index) is { } value)
                text.Append(CultureInfo.InvariantCulture, $" Operand {i} is {value} there.");
        }
        Throw.Graph($"Function '{node.Name}' returned {found.Words} values in its forward pass: {found.Value} at {found.Where}.{text} " +
            $"{Called(node)}");
    }

    /// <summary>Whether an infinity is one of the operation's parameters, written as the user's culture does.</summary>
    private static bool Meant(Node node) => node.Description.Contains(NumberFormatInfo.CurrentInfo.PositiveInfinitySymbol,
        StringComparison.Ordinal);

    /// <summary>Notes whether what is about to be written to holds finite numbers only.</summary>
    internal static void Writing(Tensor x) => finite = CheckInfinity && Find(x) is null;

    /// <summary>Fails if a write in place left a NaN, or computed an infinity from finite numbers. One that was put there is no
    /// anomaly.</summary>
    internal static void Written(Node node, Tensor x, bool computed, Tensor? operand)
    {
        if (!CheckNan || Find(x) is not { } found) return;
        if (found.Infinite && (!computed || !finite || Meant(node) || (operand is not null && Find(operand) is not null))) return;
        Throw.Graph($"Function '{node.Name}' returned {found.Words} values in its forward pass: it wrote {found.Value} in place, at " +
            $"{found.Where}. {Called(node)}");
    }

    /// <summary>Runs a node's rule, looks at what it returns, and says where the operation was called if it fails.</summary>
    internal static void Pull(Node node, Tensor? g, Tensor?[]? many, Span<Tensor?> results)
    {
        try
        {
            if (g is not null) node.Pull(g, results);
            else node.Pull(many, results);
        }
        catch (Exception e)
        {
            Report(e, node);
            throw;
        }
        for (int i = 0; i < results.Length && CheckNan; i++)
        {
            if (results[i] is not { } d || node.Input(i).Node is null || Find(d) is not { } found) continue;
            string given = "";
            ReadOnlySpan<Tensor?> incoming = many ?? [g];
            foreach (Tensor? t in incoming)
                if (t is not null && Find(t) is { } earlier)
                    given = $" The gradient it was given holds {earlier.Value} at {earlier.Where}.";
            Throw.Graph($"Function '{node.Name}' returned {found.Words} values in its {i}th output. The gradient of its operand {i} is " +
                $"{found.Value} at {found.Where}.{given} {Called(node)}");
        }
    }

    private static void Report(Exception e, Node node)
    {
        if (e.Data.Contains("Autograd.Node")) return;
        e.Data["Autograd.Node"] = node.Name;
        e.Data["Autograd.CallSite"] = node.Extra?.Site ?? "";
        Trace.TraceWarning(node.Extra?.Site is { } site
            ? $"Error detected in {node.Name}. Traceback of forward call that caused the error:{site}"
            : $"Error detected in {node.Name}. No forward pass information available. Enable detect anomaly during forward pass for more " +
                "information.");
    }

    /// <summary>Where the operation of a node was called, and the operation whose backward called it.</summary>
    internal static string Called(Node node)
    {
        if (node.Extra?.Site is not { } site)
            return $"No forward pass information available for {node.Name}. Enable detect anomaly during forward pass for more " +
                "information.";
        StringBuilder text = new($"Traceback of forward call that caused the error:{site}");
        for (Node? parent = node.Extra.Parent; parent is not null; parent = parent.Extra?.Parent)
            text.Append(CultureInfo.InvariantCulture, $"\n\nPrevious calculation was induced by {parent.Name}. Traceback of forward call " +
                $"that induced the previous calculation:{parent.Extra?.Site}");
        return text.ToString();
    }

    private readonly record struct Finding(bool Infinite, long Index, string Where, string Value)
    {
        internal string Words => Infinite ? "infinite" : "nan";
    }

    private static Finding? Find(Tensor x)
    {
        x = Plain(x);
        if (!x.dtype.IsFloatingPoint() || x.layout.Count == 0) return null;
        bool mode = GradMode.Exchange(false);
        try
        {
            Tensor bad = x.IsNaN();
            bool nan = bad.Any().Item() != 0;
            if (!nan)
            {
                if (!CheckInfinity) return null;
                bad = x.IsInf();
                if (bad.Any().Item() == 0) return null;
            }
            long index = (long)bad.To(DType.UInt8).Reshape([-1]).ArgMax().Item();
            string value = At(x, index)!;
            long[] where = new long[x.Rank];
            long rest = index;
            for (int d = where.Length - 1; d >= 0; d--) (rest, where[d]) = Math.DivRem(rest, x.layout.shape[d]);
            return new(!nan, index, $"{Shape.Format(where)} of {Throw.Text(x)}", value);
        }
        finally { GradMode.Exchange(mode); }
    }

    private static string? At(Tensor x, long index)
    {
        x = Plain(x);
        if (index >= x.layout.Count || x.dtype.IsComplex()) return null;
        double value = x.Raw(new Layout([], [], x.layout.At(index))).Item();
        return double.IsNaN(value) ? "nan" : double.IsInfinity(value) ? value > 0 ? "inf" : "-inf"
            : value.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>The values inside transforms.</summary>
    internal static Tensor Plain(Tensor x)
    {
        while (x.wrap is { } wrap) x = wrap.Below;
        return x;
    }
}
