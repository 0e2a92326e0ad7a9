namespace Nabla.Nn;

/// <summary>A call of a module, or a module that was not called, as a summary lists it.</summary>
/// <param name="Name">The path, empty for the module that is summarised.</param>
/// <param name="Type">The class.</param>
/// <param name="Depth">How deep it lies.</param>
/// <param name="InputShapes">The shapes of the tensors it was given; empty if it was not called.</param>
/// <param name="OutputShapes">The shapes of the tensors it returned; empty if it was not called.</param>
/// <param name="Parameters">How many numbers its own parameters have, without those of the children that have rows. Each tensor counts
/// once, in the first row whose module has it.</param>
/// <param name="Trainable">How many of them require gradients.</param>
/// <param name="ParameterBytes">The size of these parameters.</param>
/// <param name="BufferBytes">The size of its own buffers.</param>
/// <param name="OutputBytes">The size of its first output.</param>
/// <param name="MultAdds">How many multiplications with additions its parameters take part in: each counts once for each place that it is
/// applied to. Products of two activations, as in attention, and tables that are looked up in count nothing.</param>
/// <param name="KernelShape">The size of a window, of convolutions and pools.</param>
/// <param name="IsRepeated">Whether the same module was called before.</param>
/// <param name="HasParameters">Whether it has parameters, those that were counted in another row included.</param>
public sealed record ModuleSummaryRow(string Name, string Type, int Depth, IReadOnlyList<Shape> InputShapes,
    IReadOnlyList<Shape> OutputShapes, long Parameters, long Trainable, long ParameterBytes, long BufferBytes, long OutputBytes,
    long MultAdds, Shape? KernelShape, bool IsRepeated, bool HasParameters);

/// <summary>The calls of a module and of those below it, in their order, with shapes, parameters and work; print it.</summary>
/// <remarks>The columns and the totals are those of Python's torchinfo. Differences: a parameter that two modules share counts once; a
/// linear layer's work counts for all places of an input with more than two dimensions.</remarks>
public sealed partial class ModuleSummary
{
    internal ModuleSummary(IReadOnlyList<ModuleSummaryRow> rows, long? inputBytes, long activationBytes) =>
        (Rows, InputBytes, ActivationBytes) = (rows, inputBytes, activationBytes);

    /// <summary>The module and the calls of those below, callers first. Modules that only hold others stand before them.</summary>
    public IReadOnlyList<ModuleSummaryRow> Rows { get; }

    /// <summary>How many numbers all parameters have.</summary>
    public long Parameters => Rows.Sum(static r => r.Parameters);

    /// <summary>How many of them require gradients.</summary>
    public long Trainable => Rows.Sum(static r => r.Trainable);

    /// <summary>The size of all parameters.</summary>
    public long ParameterBytes => Rows.Sum(static r => r.ParameterBytes);

    /// <summary>The size of all parameters and buffers.</summary>
    public long Bytes => Rows.Sum(static r => r.ParameterBytes + r.BufferBytes);

    /// <summary>The multiplications with additions of all rows.</summary>
    public long MultAdds => Rows.Sum(static r => r.MultAdds);

    /// <summary>The size of the input; null if the module was not called.</summary>
    public long? InputBytes { get; }

    /// <summary>The size of the outputs of all modules with parameters, and of their gradients: an estimate of what a step keeps.</summary>
    public long ActivationBytes { get; }
}
