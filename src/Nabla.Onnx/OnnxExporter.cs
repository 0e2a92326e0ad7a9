using System.Diagnostics.CodeAnalysis;
using Nabla.IO;
using Nabla.Nn;

namespace Nabla.Onnx;

/// <summary>
/// Writes modules as ONNX models, which ONNX Runtime and other tools run. The forward is run a few times with inputs of other sizes, and
/// the operations that it executes become the model's; a size that changes with the input is computed in the model from the input's.
/// </summary>
/// <remarks>
/// The module is exported as it is: call <see cref="Module.Eval"/> first. Refused, with the path of the module that asks for it, are
/// operations that ONNX does not have, random numbers, writes to buffers, and control flow or sizes that depend on values.
/// <code>
/// model.Eval();
/// OnnxExporter.Export(model, "model.onnx", tokens, new()
/// {
///     InputNames = ["tokens"], OutputNames = ["logits"], DynamicAxes = { ["tokens"] = ["batch", "sequence"] },
/// });
/// </code>
/// </remarks>
public static class OnnxExporter
{
    // What trimming must keep of inputs and outputs, as of those of a module.
    private const DynamicallyAccessedMemberTypes Needs = DynamicallyAccessedMemberTypes.PublicFields |
        DynamicallyAccessedMemberTypes.NonPublicFields | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    /// <summary>Writes a module to a file, which appears whole or not at all.</summary>
    /// <param name="model">The module, in evaluation mode. It is afterwards as before.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="input">An input such as the model will get: a tensor, or a tuple, record or list of tensors, each of which becomes an
    /// input of the model. What is no tensor, and a tensor that is null, is fixed. Sizes that shall be fixed are those of this
    /// input.</param>
    /// <param name="options">Names, dynamic dimensions and version; see <see cref="OnnxOptions"/>.</param>
    /// <exception cref="NotSupportedException">The module does what cannot be exported; the message names the module's path and the
    /// operation.</exception>
    /// <exception cref="ArgumentException">Names and axes do not fit the inputs or outputs.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Export<[DynamicallyAccessedMembers(Needs)] TIn, [DynamicallyAccessedMembers(Needs)] TOut>(Module<TIn, TOut> model,
        string path, TIn input, OnnxOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        OnnxModel made = Build(model, input, options);
        AtomicFile.Write(path, made.Write);
    }

    /// <summary>Writes a module to a stream.</summary>
    /// <inheritdoc cref="Export{TIn, TOut}(Module{TIn, TOut}, string, TIn, OnnxOptions?)"/>
    public static void Export<[DynamicallyAccessedMembers(Needs)] TIn, [DynamicallyAccessedMembers(Needs)] TOut>(Module<TIn, TOut> model,
        Stream stream, TIn input, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Build(model, input, options).Write(stream);
    }

    /// <summary>A module as the bytes of an ONNX file, for a runtime in the same process.</summary>
    /// <inheritdoc cref="Export{TIn, TOut}(Module{TIn, TOut}, string, TIn, OnnxOptions?)"/>
    public static byte[] ToBytes<[DynamicallyAccessedMembers(Needs)] TIn, [DynamicallyAccessedMembers(Needs)] TOut>(
        Module<TIn, TOut> model, TIn input, OnnxOptions? options = null)
    {
        using MemoryStream stream = new();
        Build(model, input, options).Write(stream);
        return stream.ToArray();
    }

    internal static OnnxModel Build<[DynamicallyAccessedMembers(Needs)] TIn, [DynamicallyAccessedMembers(Needs)] TOut>(
        Module<TIn, TOut> model, TIn input, OnnxOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        Ports ports = new(Leaves(input), options);
        TraceSet traces = TraceSet.Make(model, ports, Call);
        return new GraphBuilder(model.GetType().Name, traces, ports, options).Build();

        Tensor[] Call(Tensor[] x)
        {
            int next = 0;
            return Leaves(model.Call(Tree.Map(input, t => t is null ? null! : x[next++])));
        }
    }

    /// <summary>The tensors in a value, without those that are null.</summary>
    private static Tensor[] Leaves<[DynamicallyAccessedMembers(Needs)] T>(T value)
    {
        List<Tensor> leaves = [];
        Tree.Map(value, t =>
        {
            if (t is not null) leaves.Add(t);
            return t!;
        });
        return [.. leaves];
    }
}
