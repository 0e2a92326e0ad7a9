using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Nabla;

public static partial class Autograd
{
    /// <summary>Adds to every leaf the gradient of the sum of <c>tensors[i] · gradients[i]</c>.</summary>
    /// <param name="tensors">The tensors to differentiate.</param>
    /// <param name="gradients">One gradient per tensor, of its shape; null or missing for a tensor of one element means 1.</param>
    /// <param name="retainGraph">Keep what the graph saved, for another backward; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations, so that gradients can be differentiated again.</param>
    /// <param name="inputs">Accumulate into these only; a non-leaf among them gets its <see cref="Tensor.Grad"/> too.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    /// <exception cref="AutogradException">A tensor has no graph, is not a scalar and has no gradient, or the graph was freed.</exception>
    /// <exception cref="ShapeException">A gradient's shape is not its tensor's.</exception>
    [OverloadResolutionPriority(1)]
    public static void Backward(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor?>? gradients = null, bool? retainGraph = null,
        bool createGraph = false, IReadOnlyList<Tensor>? inputs = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Run(Edges(tensors), gradients, retainGraph ?? createGraph, createGraph, inputs is null ? null : Edges(inputs), new(file, line));
    }

    /// <summary>Adds gradients to leaves, beginning and ending at places in the graph; see the other overload. Tensors convert to
    /// edges.</summary>
    /// <param name="outputs">Where to begin.</param>
    /// <param name="gradients">One gradient per output, of its shape; null or missing for one element means 1.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations.</param>
    /// <param name="inputs">Accumulate into these leaves only. Other nodes among them run, and nothing below them.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    public static void Backward(IReadOnlyList<GradientEdge> outputs, IReadOnlyList<Tensor?>? gradients = null, bool? retainGraph = null,
        bool createGraph = false, IReadOnlyList<GradientEdge>? inputs = null, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        Run([.. outputs], gradients, retainGraph ?? createGraph, createGraph, inputs is null ? null : [.. inputs], new(file, line));
    }

    /// <summary>The same for one tensor, without lists.</summary>
    internal static void Backward(Tensor tensor, Tensor? gradient, bool retain, bool create, IReadOnlyList<Tensor>? inputs, CallSite site)
    {
        if (inputs is not null)
        {
            Run([tensor], [gradient], retain, create, Edges(inputs), site);
            return;
        }
        if (Frame.InTransform) RefuseInTransform();
        (Edge root, Tensor seed) = Root(tensor, gradient, 0);
        GraphTask.Run(new([root], [seed], null, retain, create, false, site));
    }

    private static void Run(GradientEdge[] outputs, IReadOnlyList<Tensor?>? gradients, bool retain, bool create, GradientEdge[]? inputs,
        CallSite site)
    {
        (Edge[] roots, Tensor[] seeds) = Roots(outputs, gradients, backward: true);
        GraphTask.Capture[]? captures = null;
        if (inputs is not null)
        {
            if (inputs.Length == 0) Throw.Graph("`inputs` argument to `backward()` cannot be empty.");
            captures = Captures(inputs, backward: true);
            foreach (GradientEdge input in inputs)
                if (input.Of is { IsLeaf: false } t) t.RetainGrad();
        }
        GraphTask.Run(new(roots, seeds, captures, retain, create, false, site));
    }

    /// <summary>The edge at which a tensor's gradient arrives. It keeps the place in the graph alive, not the tensor.</summary>
    /// <exception cref="AutogradException">The tensor requires no gradient.</exception>
    public static GradientEdge GetGradientEdge(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        GradientEdge edge = tensor;
        if (!tensor.RequiresGrad || edge.Node is null)
            Throw.Graph("It is not possible to get the gradient edge for a Tensor that does not require gradients: it is " +
                $"{Throw.Text(tensor)}.");
        return edge.Bare;
    }

    private static GradientEdge[] Edges(IReadOnlyList<Tensor> tensors)
    {
        GradientEdge[] edges = new GradientEdge[tensors.Count];
        for (int i = 0; i < edges.Length; i++) edges[i] = tensors[i];
        return edges;
    }

    private static (Edge[], Tensor[]) Roots(GradientEdge[] outputs, IReadOnlyList<Tensor?>? gradients, bool backward)
    {
        int n = outputs.Length;
        if (backward && Frame.InTransform) RefuseInTransform();
        if (gradients is not null && gradients.Count != n)
            Throw.Graph($"got {n} tensors and {gradients.Count} gradients: give one gradient, or null, for each tensor.");
        Edge[] roots = new Edge[n];
        Tensor[] seeds = new Tensor[n];
        for (int i = 0; i < n; i++) (roots[i], seeds[i]) = Root(outputs[i], gradients?[i], i);
        return (roots, seeds);
    }

    [DoesNotReturn]
    private static void RefuseInTransform() => Throw.Graph("backward() called inside a functorch transform. This is not supported, " +
        "please use functorch.grad or functorch.vjp instead or call backward() outside of functorch transforms. In Nabla those are " +
        "Func.Grad and Func.Vjp.");

    private static (Edge, Tensor) Root(GradientEdge output, Tensor? gradient, int index)
    {
        if (output.Node is null || output.Of is { RequiresGrad: false })
            Throw.Graph($"element {index} of tensors does not require grad and does not have a grad_fn. It is " +
                $"{(output.Of is { } t ? Throw.Text(t) : "an edge without a node")}: " +
                "make an input with requiresGrad: true, and compute outside NoGrad and without Detach.");
        return (output.Edge, Seed(output, gradient, index));
    }

    private static Tensor Seed(GradientEdge output, Tensor? gradient, int index)
    {
        TensorSpec spec = output.Spec;
        if (gradient is null)
        {
            if (spec.Layout.Count != 1)
                Throw.Graph("grad can be implicitly created only for scalar outputs. The output has shape " +
                    $"{spec.Shape}: pass gradient:, or reduce it first, for example with Sum() or Mean().");
            if (spec.DType.IsComplex())
                Throw.Types($"grad can be implicitly created only for real scalar outputs but got torch.{spec.DType.Name()}. Pass " +
                    "gradient:, or reduce the output to a real number, for example with Abs().");
            return output.Of is { } t ? Tensor.OnesLike(t) : Tensor.Ones(spec.Shape, spec.DType);
        }
        if (gradient.dtype.IsComplex() != spec.DType.IsComplex())
            Throw.Types("For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: " +
                $"grad_output[{index}] has a dtype of torch.{gradient.dtype.Name()} and output[{index}] has a dtype of " +
                $"torch.{spec.DType.Name()}.");
        if (!gradient.layout.SameShape(spec.Layout))
            Throw.Shapes($"Mismatch in shape: grad_output[{index}] has a shape of torch.Size({gradient.Shape}) and output[{index}] has " +
                $"a shape of torch.Size({spec.Shape}).");
        return gradient.dtype == spec.DType ? gradient : gradient.To(spec.DType);
    }

    private static GraphTask.Capture[] Captures(GradientEdge[] inputs, bool backward)
    {
        GraphTask.Capture[] captures = new GraphTask.Capture[inputs.Length];
        for (int i = 0; i < captures.Length; i++)
        {
            GradientEdge input = inputs[i];
            if (input.Node is null || input.Of is { RequiresGrad: false })
                Throw.Graph(backward
                    ? $"can't retain_grad on Tensor that has requires_grad=False: input {i} of Backward is {Name(input)}."
                    : $"One of the differentiated Tensors does not require grad: input {i} is {Name(input)}; make it with " +
                        "requiresGrad: true.");
            (captures[i].Edge, captures[i].Runs) = (input.Edge, backward);
        }
        return captures;

        static string Name(GradientEdge input) => input.Of is { } t ? Throw.Text(t) : "an edge without a node";
    }
}
