using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>How a parameter stands to a loss.</summary>
public enum PathKind
{
    /// <summary>Backward gives it a gradient.</summary>
    Reached,
    /// <summary>Backward reaches it only through operations whose derivative is zero.</summary>
    ZeroOnly,
    /// <summary>It is a result of other tensors: the gradient goes on to those.</summary>
    NotLeaf,
    /// <summary>It does not require a gradient.</summary>
    NotRequired,
    /// <summary>Its dtype has no gradients.</summary>
    Integer,
    /// <summary>The loss itself has no graph.</summary>
    NoGraph,
    /// <summary>The graph reads its values through a tensor without history.</summary>
    Detached,
    /// <summary>No recorded operation has used it.</summary>
    Unused,
    /// <summary>A recorded operation used it, but no path leads from the loss to there.</summary>
    Cut,
}

/// <summary>How one parameter stands to a loss.</summary>
/// <param name="Name">The parameter's name, or its number.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="DType">Its dtype.</param>
/// <param name="Kind">Whether the path reaches it, or how it is cut.</param>
/// <param name="Reason">The same in words, with what to do.</param>
public sealed record ParameterDiagnosis(string Name, Shape Shape, DType DType, PathKind Kind, string Reason)
{
    /// <summary>True if backward gives it a gradient.</summary>
    public bool IsReached => Kind is PathKind.Reached or PathKind.ZeroOnly;
}

/// <summary>Which parameters a loss reaches. Print it for a table.</summary>
public sealed class GraphDiagnosis
{
    internal GraphDiagnosis(IReadOnlyList<ParameterDiagnosis> parameters, int nodes) => (Parameters, NodeCount) = (parameters, nodes);

    /// <summary>One entry per parameter, in their order.</summary>
    public IReadOnlyList<ParameterDiagnosis> Parameters { get; }

    /// <summary>How many nodes the loss's graph has.</summary>
    public int NodeCount { get; }

    /// <summary>True if backward gives every parameter a gradient that is not zero for sure.</summary>
    public bool IsHealthy => Parameters.All(static p => p.Kind == PathKind.Reached);

    /// <summary>A table: a line per parameter.</summary>
    public override string ToString()
    {
        int name = Math.Max(9, Parameters.Select(static p => p.Name.Length).DefaultIfEmpty().Max());
        int type = Math.Max(4, Parameters.Select(static p => Type(p).Length).DefaultIfEmpty().Max());
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{"parameter".PadRight(name)}  {"type".PadRight(type)}  path");
        foreach (ParameterDiagnosis p in Parameters)
            text.Append(CultureInfo.InvariantCulture,
                $"\n{p.Name.PadRight(name)}  {Type(p).PadRight(type)}  {(p.IsReached ? "yes" : "NO ")}  {p.Reason}");
        return text.ToString();

        static string Type(ParameterDiagnosis p) => $"{p.DType.Name()} {p.Shape}";
    }
}

public static partial class Autograd
{
    /// <summary>Says for each parameter whether the path from a loss reaches it and, where it does not, where it is cut. Nothing is
    /// computed or changed.</summary>
    /// <param name="loss">The tensor whose backward is in question.</param>
    /// <param name="parameters">Tensors that should get a gradient; their <see cref="Tensor.Name"/> is shown.</param>
    public static GraphDiagnosis Diagnose(Tensor loss, IEnumerable<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(parameters);
        return new Diagnoser(loss).Report(parameters.Select(static (p, i) => (p.Name ?? $"#{i}", p)));
    }

    /// <summary>Says for each parameter of a module whether the path from a loss reaches it:
    /// <c>Autograd.Diagnose(loss, model.NamedParameters())</c>.</summary>
    /// <param name="loss">The tensor whose backward is in question.</param>
    /// <param name="parameters">Tensors that should get a gradient, with their names.</param>
    public static GraphDiagnosis Diagnose(Tensor loss, IEnumerable<(string Name, Tensor Parameter)> parameters)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(parameters);
        return new Diagnoser(loss).Report(parameters);
    }

    /// <summary>Says for each parameter whether the path from a loss reaches it; see the other overloads.</summary>
    /// <param name="loss">The tensor whose backward is in question.</param>
    /// <param name="parameters">Tensors that should get a gradient, with their names.</param>
    public static GraphDiagnosis Diagnose(Tensor loss, IEnumerable<KeyValuePair<string, Tensor>> parameters)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(parameters);
        return new Diagnoser(loss).Report(parameters.Select(static p => (p.Key, p.Value)));
    }
}

/// <summary>A walk over a graph.</summary>
internal sealed class Diagnoser
{
    /// <summary>Nodes whose derivative is zero wherever it exists.</summary>
    private static readonly HashSet<string> Flat = ["FloorBackward0", "CeilBackward0", "RoundBackward0", "RoundBackward1", "TruncBackward0",
        "SignBackward0", "SgnBackward0", "HeavisideBackward0", "BernoulliBackward0", "PoissonBackward0", "UniformBackward0",
        "NormalBackward0", "FloorDivideBackward0"];

    private readonly Node? root;
    private readonly HashSet<Node> reached, smooth;

    /// <summary>Memory that a node of the graph keeps, and how.</summary>
    private readonly Dictionary<Storage, string> read = [];

    internal Diagnoser(Tensor loss) : this([loss.RequiresGrad ? loss.Edge.Node : null]) { }

    internal Diagnoser(IEnumerable<Node?> roots)
    {
        Node[] found = [.. roots.OfType<Node>()];
        root = found.FirstOrDefault();
        reached = Walk(found, through: static _ => true);
        smooth = Walk(found, through: static n => !Flat.Contains(n.Name));
        foreach (Node node in reached)
        {
            if (node.IsFreed) continue;
            for (int i = 0; i < node.SavedCount; i++)
            {
                (string name, Saved saved) = node.SavedAt(i);
                if (saved.Kept is { } t) read.TryAdd(t.storage, $"{node.Name} reads it as '{name}'");
            }
        }
    }

    internal GraphDiagnosis Report(IEnumerable<(string Name, Tensor Tensor)> parameters) =>
        new([.. parameters.Select(p => Look(p.Name, p.Tensor))], reached.Count);

    internal ParameterDiagnosis Look(string name, Tensor p)
    {
        (PathKind kind, string reason) = Judge(p);
        return new(name, p.Shape, p.dtype, kind, reason);
    }

    private (PathKind, string) Judge(Tensor p)
    {
        if (!p.dtype.IsDifferentiable())
            return (PathKind.Integer, $"{p.dtype.Name()} has no gradients: use a floating-point dtype");
        if (!p.RequiresGrad) return (PathKind.NotRequired, "requires_grad is False: set RequiresGrad, or leave it frozen");
        if (root is null)
            return (PathKind.NoGraph, "the loss has no graph: it was computed under NoGrad, from detached tensors only, or is a constant");
        Node? node = p.IsLeaf ? p.meta?.Accumulator : p.GradFn;
        if (node is not null && reached.Contains(node))
        {
            if (!smooth.Contains(node))
                return (PathKind.ZeroOnly, "reached, but only through rounding or sampling, whose derivative is zero");
            return p.IsLeaf ? (PathKind.Reached, "reached")
                : (PathKind.NotLeaf, $"reached, but it is a result of {p.gradFn!.Name}, not a leaf: its Grad stays null without " +
                    "RetainGrad; was it converted or replaced after it was made?");
        }
        if (!p.IsLeaf)
            return (PathKind.Cut, $"it is a result of {p.gradFn!.Name}, and the loss does not depend on it: was it replaced by an " +
                "in-place operation or made anew after the forward pass?");
        if (read.TryGetValue(p.storage, out string? how))
            return (PathKind.Detached, $"cut at the tensor itself: {how}, through Detach() or an alias made under NoGrad");
        return node is null
            ? (PathKind.Unused, "no recorded operation has used it: it was not used, or only under NoGrad, after Detach(), or by " +
                "operations without gradient (comparisons, integer conversions, ArgMax)")
            : (PathKind.Cut, "the loss does not depend on it: it was not used, or the result was dropped, detached, converted to an " +
                "integer dtype, or overwritten in place");
    }

    private static HashSet<Node> Walk(IEnumerable<Node> roots, Func<Node, bool> through)
    {
        HashSet<Node> seen = [.. roots];
        Stack<Node> work = new(seen);
        while (work.TryPop(out Node? node))
        {
            if (!through(node)) continue;
            for (int i = 0; i < node.InputCount; i++)
                if (node.Input(i).Node is { } input && seen.Add(input)) work.Push(input);
        }
        return seen;
    }
}
