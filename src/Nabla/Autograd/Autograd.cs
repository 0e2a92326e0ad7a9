namespace Nabla;

/// <summary>Automatic differentiation: gradients of recorded operations, and whether operations are recorded.</summary>
public static class Autograd
{
    /// <summary>True if operations on tensors that require gradients are recorded; true unless a scope says otherwise.</summary>
    public static bool IsGradEnabled => GradMode.Enabled;

    /// <summary>True inside <see cref="InferenceMode"/>.</summary>
    public static bool IsInferenceModeEnabled => GradMode.InferenceEnabled;

    /// <summary>Nothing is recorded until the scope is disposed. Leaves may be changed in place.</summary>
    public static GradScope NoGrad() => new(disabled: true, GradMode.InferenceEnabled);

    /// <summary>Operations are recorded until the scope is disposed, also inside <see cref="NoGrad"/>; not inside inference mode.</summary>
    public static GradScope EnableGrad() => new(disabled: GradMode.InferenceEnabled, GradMode.InferenceEnabled);

    /// <summary>Operations are recorded, or not, until the scope is disposed.</summary>
    public static GradScope SetGradEnabled(bool enabled) => enabled ? EnableGrad() : NoGrad();

    /// <summary>
    /// Nothing is recorded, views are not tracked, and tensors made inside can never be part of a graph, until the scope is disposed.
    /// </summary>
    /// <param name="enabled">False turns inference mode off inside an outer scope.</param>
    public static GradScope InferenceMode(bool enabled = true) => new(disabled: enabled, inference: enabled);

    /// <summary>Adds to every leaf the gradient of the sum of <c>tensors[i] · gradients[i]</c>.</summary>
    /// <param name="tensors">The tensors to differentiate.</param>
    /// <param name="gradients">One gradient per tensor, of its shape; null or missing for a tensor of one element means 1.</param>
    /// <param name="retainGraph">Keep what the graph saved, for another backward; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations, so that gradients can be differentiated again.</param>
    /// <param name="inputs">Accumulate into these only; a non-leaf among them gets its <see cref="Tensor.Grad"/> too.</param>
    /// <exception cref="AutogradException">A tensor has no graph, is not a scalar and has no gradient, or the graph was freed.</exception>
    /// <exception cref="ShapeException">A gradient's shape is not its tensor's.</exception>
    public static void Backward(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor?>? gradients = null, bool? retainGraph = null,
        bool createGraph = false, IReadOnlyList<Tensor>? inputs = null)
    {
        (Edge[] roots, Tensor[] seeds) = Roots(tensors, gradients);
        if (inputs is null)
        {
            GraphTask.Run(roots, seeds, null, retainGraph ?? createGraph, createGraph);
            return;
        }
        if (inputs.Count == 0) Throw.Graph("`inputs` argument to `backward()` cannot be empty.");
        GraphTask.Capture[] captures = Captures(inputs, backward: true);
        GraphTask.Run(roots, seeds, captures, retainGraph ?? createGraph, createGraph);
        for (int i = 0; i < captures.Length; i++)
        {
            if (captures[i].Gradient is not { } g || IndexOf(inputs, inputs[i]) < i) continue;
            inputs[i].Accumulator.Add(g, own: false, createGraph);
        }
    }

    /// <summary>The gradients of the sum of <c>outputs[i] · gradOutputs[i]</c> with respect to the inputs; no <see cref="Tensor.Grad"/>
    /// changes.</summary>
    /// <param name="outputs">The tensors to differentiate.</param>
    /// <param name="inputs">Leaves or results, each of which requires a gradient.</param>
    /// <param name="gradOutputs">One gradient per output, of its shape; null or missing for an output of one element means 1.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations, so that the result can be differentiated again.</param>
    /// <param name="allowUnused">Return null for an input that no output depends on, instead of an error; defaults to
    /// <paramref name="materializeGrads"/>.</param>
    /// <param name="materializeGrads">Return zeros for such an input.</param>
    /// <returns>One gradient per input, of its shape and dtype.</returns>
    /// <exception cref="AutogradException">An input is not used, does not require a gradient, or the graph was freed.</exception>
    /// <exception cref="ShapeException">A gradient's shape is not its output's.</exception>
    public static Tensor?[] Grad(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor?>? gradOutputs = null,
        bool? retainGraph = null, bool createGraph = false, bool? allowUnused = null, bool materializeGrads = false)
    {
        if (inputs.Count == 0) throw new ArgumentException("grad requires non-empty inputs.", nameof(inputs));
        if (materializeGrads && allowUnused == false)
            throw new ArgumentException("Expected allow_unused to be True or not passed when materialize_grads=True, but got: " +
                "allow_unused=False.");
        (Edge[] roots, Tensor[] seeds) = Roots(outputs, gradOutputs);
        GraphTask.Capture[] captures = Captures(inputs, backward: false);
        bool unusedAllowed = allowUnused ?? materializeGrads;
        if (!unusedAllowed) GraphTask.RequireReachable(roots, captures, inputs);
        GraphTask.Run(roots, seeds, captures, retainGraph ?? createGraph, createGraph);
        Tensor?[] results = new Tensor?[captures.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = captures[i].Gradient;
            if (results[i] is not null) continue;
            if (materializeGrads) results[i] = Tensor.ZerosLike(inputs[i]).RequiresGrad_();
            else if (!unusedAllowed) GraphTask.Unused(inputs[i], i);
        }
        return results;
    }

    /// <summary>The gradients of one output; see the other overload.</summary>
    /// <param name="output">The tensor to differentiate; of one element unless <paramref name="gradOutput"/> is given.</param>
    /// <param name="inputs">Leaves or results, each of which requires a gradient.</param>
    /// <param name="gradOutput">The gradient of the output, of its shape.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations.</param>
    /// <param name="allowUnused">Return null for an input that the output does not depend on, instead of an error.</param>
    /// <param name="materializeGrads">Return zeros for such an input.</param>
    public static Tensor?[] Grad(Tensor output, IReadOnlyList<Tensor> inputs, Tensor? gradOutput = null, bool? retainGraph = null,
        bool createGraph = false, bool? allowUnused = null, bool materializeGrads = false) =>
        Grad([output], inputs, gradOutput is null ? null : [gradOutput], retainGraph, createGraph, allowUnused, materializeGrads);

    /// <summary>The gradient of one output with respect to one input; see the other overloads.</summary>
    /// <param name="output">The tensor to differentiate; of one element unless <paramref name="gradOutput"/> is given.</param>
    /// <param name="input">A leaf or result that requires a gradient and that the output depends on.</param>
    /// <param name="gradOutput">The gradient of the output, of its shape.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations.</param>
    public static Tensor Grad(Tensor output, Tensor input, Tensor? gradOutput = null, bool? retainGraph = null, bool createGraph = false) =>
        Grad([output], [input], gradOutput is null ? null : [gradOutput], retainGraph, createGraph)[0]!;

    private static (Edge[], Tensor[]) Roots(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor?>? gradients)
    {
        int n = tensors.Count;
        if (gradients is not null && gradients.Count != n) Throw.Graph($"got {n} tensors and {gradients.Count} gradients");
        Edge[] roots = new Edge[n];
        Tensor[] seeds = new Tensor[n];
        for (int i = 0; i < n; i++)
        {
            ArgumentNullException.ThrowIfNull(tensors[i]);
            if (!tensors[i].RequiresGrad || tensors[i].Edge is not { Node: not null } edge)
            {
                Throw.Graph($"element {i} of tensors does not require grad and does not have a grad_fn. It is {Throw.Text(tensors[i])}: " +
                    "make an input with requiresGrad: true, and compute outside NoGrad and without Detach.");
                return default;
            }
            roots[i] = edge;
            seeds[i] = Seed(tensors[i], gradients?[i], i);
        }
        return (roots, seeds);
    }

    private static Tensor Seed(Tensor output, Tensor? gradient, int index)
    {
        if (gradient is null)
        {
            if (output.layout.Count != 1)
                Throw.Graph("grad can be implicitly created only for scalar outputs. The output has shape " +
                    $"{output.Shape}: pass gradient:, or reduce it first, for example with Sum() or Mean().");
            if (output.dtype.IsComplex())
                Throw.Types($"grad can be implicitly created only for real scalar outputs but got torch.{output.dtype.Name()}. Pass " +
                    "gradient:, or reduce the output to a real number, for example with Abs().");
            return Tensor.OnesLike(output);
        }
        if (gradient.dtype.IsComplex() != output.dtype.IsComplex())
            Throw.Types("For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: " +
                $"grad_output[{index}] has a dtype of torch.{gradient.dtype.Name()} and output[{index}] has a dtype of " +
                $"torch.{output.dtype.Name()}.");
        if (!gradient.layout.SameShape(output.layout))
            Throw.Shapes($"Mismatch in shape: grad_output[{index}] has a shape of torch.Size({gradient.Shape}) and output[{index}] has " +
                $"a shape of torch.Size({output.Shape}).");
        return gradient.dtype == output.dtype ? gradient : gradient.To(output.dtype);
    }

    private static GraphTask.Capture[] Captures(IReadOnlyList<Tensor> inputs, bool backward)
    {
        GraphTask.Capture[] captures = new GraphTask.Capture[inputs.Count];
        for (int i = 0; i < captures.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(inputs[i]);
            if (!inputs[i].RequiresGrad || inputs[i].Edge is not { Node: not null } edge)
            {
                Throw.Graph(backward
                    ? $"can't retain_grad on Tensor that has requires_grad=False: input {i} of Backward is {Throw.Text(inputs[i])}."
                    : $"One of the differentiated Tensors does not require grad: input {i} is {Throw.Text(inputs[i])}; make it with " +
                        "requiresGrad: true.");
                return captures;
            }
            captures[i].Edge = edge;
        }
        return captures;
    }

    private static int IndexOf(IReadOnlyList<Tensor> list, Tensor t)
    {
        for (int i = 0; i < list.Count; i++)
            if (ReferenceEquals(list[i], t)) return i;
        return -1;
    }
}
