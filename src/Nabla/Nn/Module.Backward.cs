using System.Diagnostics.CodeAnalysis;

namespace Nabla.Nn;

/// <summary>
/// One call of a module with backward hooks. The module gets views of its inputs and the caller gets views of its outputs; the nodes of
/// these views call the hooks. A write in place to such a view becomes part of its base's history like any other, and its gradient passes
/// through the node, so that hooks and in-place operations do not disturb each other.
/// </summary>
internal sealed class BackwardHooks(Module module, ModuleHooks hooks)
{
    private int inputs;
    private bool watched;
    private IReadOnlyList<Tensor?>? gradOutput;

    internal T Inputs<[DynamicallyAccessedMembers(Tree.Needs)] T>(T input)
    {
        Tensor[] tensors = Tree.Leaves(input);
        inputs = tensors.Length;
        if (!GradMode.Enabled || !Array.Exists(tensors, static t => t.RequiresGrad)) return input;
        watched = true;
        return Views(input, tensors, PullInputs);
    }

    internal T Outputs<[DynamicallyAccessedMembers(Tree.Needs)] T>(T output)
    {
        Tensor[] tensors = Tree.Leaves(output);
        if (!GradMode.Enabled || !Array.Exists(tensors, static t => t.RequiresGrad)) return output;
        return Views(output, tensors, PullOutputs);
    }

    private static T Views<[DynamicallyAccessedMembers(Tree.Needs)] T>(T value, Tensor[] tensors,
        Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>> pull)
    {
        BackwardHookNode node = new(tensors, pull);
        int next = 0;
        return Tree.Map(value, t =>
        {
            int i = next++;
            if (!t.RequiresGrad) return t;
            Tensor view = t.WithoutHistory();
            Nabla.Views.Track(view, t);
            view.SetHistory(node, i);
            return view;
        });
    }

    private IReadOnlyList<Tensor?> PullOutputs(IReadOnlyList<Tensor?> g)
    {
        foreach (var hook in hooks.BackwardPre.Items)
            if (!hook.Removed && hook.Call(module, g) is { } replaced)
                g = Checked(replaced, g, "Backward pre hook returned an invalid number of grad_output");
        gradOutput = g;
        if (watched) return g;
        // No input needs a gradient, so that nothing will arrive there.
        foreach (var hook in hooks.Backward.Items)
            if (!hook.Removed && hook.Call(module, new Tensor?[inputs], g) is { } result && result.Any(static t => t is not null))
                Throw.Graph("Backward hook for Modules where no input requires gradient should always return None or None for all " +
                    $"gradients. A hook of {module.GetType().Name} returned a gradient.");
        return g;
    }

    private IReadOnlyList<Tensor?> PullInputs(IReadOnlyList<Tensor?> g)
    {
        // The gradient came past the module's output, as in a derivative of its gradient: there is nothing to show to a hook.
        if (gradOutput is null) return g;
        foreach (var hook in hooks.Backward.Items)
            if (!hook.Removed && hook.Call(module, g, gradOutput) is { } replaced)
                g = Checked(replaced, g, "Backward hook returned an invalid number of grad_input");
        gradOutput = null;
        return g;
    }

    private IReadOnlyList<Tensor?> Checked(IReadOnlyList<Tensor?> replaced, IReadOnlyList<Tensor?> g, string error)
    {
        if (replaced.Count != g.Count) Throw.Graph($"{error}, got {replaced.Count}, but expected {g.Count}, from {module.GetType().Name}.");
        for (int i = 0; i < g.Count; i++)
            if (replaced[i] is { } t && g[i] is { } old && t.Shape != old.Shape)
                Throw.Shapes($"hook of {module.GetType().Name} has changed the size of value {i}: {old.Shape} became {t.Shape}.");
        return replaced;
    }
}

/// <summary>The node of a module's inputs or outputs as its backward hooks see them.</summary>
internal sealed class BackwardHookNode : Node
{
    private readonly Edge[] edges;
    private readonly TensorSpec[] outputs;
    private readonly Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>> pull;

    internal BackwardHookNode(Tensor[] tensors, Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>> pull)
    {
        edges = Array.ConvertAll(tensors, static t => t.Edge);
        outputs = Array.ConvertAll(tensors, static t => new TensorSpec(t));
        this.pull = pull;
    }

    public override string Name => "BackwardHookFunctionBackward";
    internal override int InputCount => edges.Length;
    internal override Edge Input(int i) => edges[i];
    internal override int OutputCount => edges.Length;
    internal override TensorSpec Output(int i) => outputs[i];

    internal override void Pull(Tensor g, Span<Tensor?> into) => Pull([g], into);

    internal override void Pull(ReadOnlySpan<Tensor?> g, Span<Tensor?> into)
    {
        IReadOnlyList<Tensor?> result = pull(Shown(g.ToArray()));
        Shown(result);
        for (int i = 0; i < edges.Length; i++) into[i] = edges[i].Node is null ? null : result[i];
    }

    /// <summary>A hook may keep these: their memory is not the engine's any more.</summary>
    private static T Shown<T>(T gradients) where T : IReadOnlyList<Tensor?>
    {
        for (int i = 0; i < gradients.Count; i++)
            if (gradients[i] is { } g) g.storage.Run = 0;
        return gradients;
    }
}
