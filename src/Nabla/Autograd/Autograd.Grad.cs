using System.Runtime.CompilerServices;

namespace Nabla;

public static partial class Autograd
{
    /// <summary>The gradients of the sum of <c>outputs[i] · gradOutputs[i]</c> with respect to the inputs; no <see cref="Tensor.Grad"/>
    /// changes.</summary>
    /// <param name="outputs">The tensors to differentiate.</param>
    /// <param name="inputs">Leaves or results, each of which requires a gradient.</param>
    /// <param name="gradOutputs">One gradient per output, of its shape; null or missing for an output of one element means 1.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations, so that the result can be differentiated again.</param>
    /// <param name="allowUnused">Return null for an input that no output depends on, instead of an error; defaults to
    /// <paramref name="materializeGrads"/>.</param>
    /// <param name="isGradsBatched">Dimension 0 of every gradient in <paramref name="gradOutputs"/> is a batch: all are propagated at
    /// once, and dimension 0 of the results is that batch.</param>
    /// <param name="materializeGrads">Return zeros for such an input.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    /// <returns>One gradient per input, of its shape and dtype.</returns>
    /// <exception cref="AutogradException">An input is not used, does not require a gradient, or the graph was freed.</exception>
    /// <exception cref="ShapeException">A gradient's shape is not its output's.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor?[] Grad(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor?>? gradOutputs = null,
        bool? retainGraph = null, bool createGraph = false, bool? allowUnused = null, bool isGradsBatched = false,
        bool materializeGrads = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(inputs);
        return Run(Edges(outputs), Edges(inputs), gradOutputs, retainGraph ?? createGraph, createGraph, allowUnused, isGradsBatched,
            materializeGrads, new(file, line));
    }

    /// <summary>The gradients between places in the graph; see the other overload. Tensors convert to edges.</summary>
    /// <param name="outputs">Where to begin.</param>
    /// <param name="inputs">Where gradients are wanted.</param>
    /// <param name="gradOutputs">One gradient per output, of its shape; null or missing for one element means 1.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations.</param>
    /// <param name="allowUnused">Return null for an input that no output depends on, instead of an error.</param>
    /// <param name="isGradsBatched">Dimension 0 of every gradient in <paramref name="gradOutputs"/> is a batch.</param>
    /// <param name="materializeGrads">Return zeros for an input that no output depends on.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    public static Tensor?[] Grad(IReadOnlyList<GradientEdge> outputs, IReadOnlyList<GradientEdge> inputs,
        IReadOnlyList<Tensor?>? gradOutputs = null, bool? retainGraph = null, bool createGraph = false, bool? allowUnused = null,
        bool isGradsBatched = false, bool materializeGrads = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(inputs);
        return Run([.. outputs], [.. inputs], gradOutputs, retainGraph ?? createGraph, createGraph, allowUnused, isGradsBatched,
            materializeGrads, new(file, line));
    }

    /// <summary>The gradients of one output; see the other overloads.</summary>
    /// <param name="output">The tensor to differentiate; of one element unless <paramref name="gradOutput"/> is given.</param>
    /// <param name="inputs">Leaves or results, each of which requires a gradient.</param>
    /// <param name="gradOutput">The gradient of the output, of its shape.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations.</param>
    /// <param name="allowUnused">Return null for an input that the output does not depend on, instead of an error.</param>
    /// <param name="isGradsBatched">Dimension 0 of <paramref name="gradOutput"/> is a batch.</param>
    /// <param name="materializeGrads">Return zeros for an input that the output does not depend on.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    public static Tensor?[] Grad(Tensor output, IReadOnlyList<Tensor> inputs, Tensor? gradOutput = null, bool? retainGraph = null,
        bool createGraph = false, bool? allowUnused = null, bool isGradsBatched = false, bool materializeGrads = false,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Run([output], Edges(inputs ?? throw new ArgumentNullException(nameof(inputs))), gradOutput is null ? null : [gradOutput],
            retainGraph ?? createGraph, createGraph, allowUnused, isGradsBatched, materializeGrads, new(file, line));

    /// <summary>The gradient of one output with respect to one input; see the other overloads.</summary>
    /// <param name="output">The tensor to differentiate; of one element unless <paramref name="gradOutput"/> is given.</param>
    /// <param name="input">A leaf or result that requires a gradient and that the output depends on.</param>
    /// <param name="gradOutput">The gradient of the output, of its shape.</param>
    /// <param name="retainGraph">Keep what the graph saved; defaults to <paramref name="createGraph"/>.</param>
    /// <param name="createGraph">Record the backward operations.</param>
    /// <param name="isGradsBatched">Dimension 0 of <paramref name="gradOutput"/> is a batch.</param>
    /// <param name="file">The compiler fills this in: messages name the call.</param>
    /// <param name="line">The compiler fills this in.</param>
    public static Tensor Grad(Tensor output, Tensor input, Tensor? gradOutput = null, bool? retainGraph = null, bool createGraph = false,
        bool isGradsBatched = false, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Run([output], [input], gradOutput is null ? null : [gradOutput], retainGraph ?? createGraph, createGraph, null, isGradsBatched,
            false, new(file, line))[0]!;

    private static Tensor?[] Run(GradientEdge[] outputs, GradientEdge[] inputs, IReadOnlyList<Tensor?>? gradOutputs, bool retain,
        bool create, bool? allowUnused, bool batched, bool materialize, CallSite site)
    {
        if (inputs.Length == 0) throw new ArgumentException("grad requires non-empty inputs.", nameof(inputs));
        if (materialize && allowUnused == false)
            throw new ArgumentException("Expected allow_unused to be True or not passed when materialize_grads=True, but got: " +
                "allow_unused=False.");
        if (batched) return RunBatched(outputs, inputs, gradOutputs, retain, create, allowUnused, materialize, site);
        (Edge[] roots, Tensor[] seeds) = Roots(outputs, gradOutputs, backward: false);
        GraphTask.Capture[] captures = Captures(inputs, backward: false);
        bool unusedAllowed = allowUnused ?? materialize;
        int missing = GraphTask.Run(new(roots, seeds, captures, retain, create, !unusedAllowed, site));
        if (missing >= 0) Unused(inputs[missing], missing, roots);
        Tensor?[] results = new Tensor?[captures.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = captures[i].Gradient;
            if (results[i] is not null) continue;
            if (materialize) results[i] = Zeros(inputs[i]);
            else if (!unusedAllowed) Unused(inputs[i], i, roots);
        }
        return results;
    }

    private static Tensor Zeros(GradientEdge input) =>
        (input.Of is { } t ? Tensor.ZerosLike(t) : Tensor.Zeros(input.Spec.Shape, input.Spec.DType)).RequiresGrad_();

    private static void Unused(GradientEdge input, int index, Edge[] roots)
    {
        string name = input.Of?.Name is { } given ? $" '{given}'" : "";
        string why = input.Of is { } t && new Diagnoser(roots.Select(static r => r.Node)).Look("", t) is { IsReached: false } found
            ? $" ({found.Reason})" : "";
        Throw.Graph("One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the " +
            $"desired behavior. It is input {index}{name}, {input.Text}{why}; pass allowUnused: true to get null for it.");
    }

    /// <summary>One pass for a whole batch of gradients.</summary>
    private static Tensor?[] RunBatched(GradientEdge[] outputs, GradientEdge[] inputs, IReadOnlyList<Tensor?>? gradOutputs, bool retain,
        bool create, bool? allowUnused, bool materialize, CallSite site)
    {
        if (gradOutputs is null || gradOutputs.Count != outputs.Length || gradOutputs.Any(static g => g is null))
            Throw.Graph($"got {outputs.Length} tensors and {gradOutputs?.Count(static g => g is not null) ?? 0} gradients: with " +
                "isGradsBatched every output needs a gradient with the batch in front.");
        for (int i = 0; i < outputs.Length; i++)
        {
            ReadOnlySpan<long> shape = gradOutputs[i]!.layout.shape, expected = outputs[i].Spec.Layout.shape;
            if (shape.Length != expected.Length + 1 || !shape[1..].SequenceEqual(expected))
                Throw.Shapes("If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. " +
                    "The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was " +
                    $"detected: grad_output[{i}] has a shape of torch.Size({Shape.Format(shape)}) and output[{i}] has a shape of " +
                    $"torch.Size({Shape.Format(expected)}). If you only want some tensors in `grad_output` to be considered batched, " +
                    "consider using vmap.");
        }
        Tensor?[] results = new Tensor?[inputs.Length];
        int?[] dims = new int?[outputs.Length];
        Array.Fill(dims, 0);
        Tensor[] batches = Func.Vmap(seeds =>
        {
            results = Run(outputs, inputs, seeds, retain, create, allowUnused, false, materialize, site);
            return [.. results.OfType<Tensor>()];
        }, [.. gradOutputs!], dims);
        for (int i = 0, k = 0; i < results.Length; i++)
            if (results[i] is not null) results[i] = batches[k++];
        return results;
    }
}
