using Microsoft.ML.OnnxRuntime;

namespace Nabla.Onnx.Tests;

/// <summary>Exports a module, runs the file in ONNX Runtime and compares with the module itself.</summary>
internal static class Check
{
    /// <summary>The export of a module gives what the module gives, for the example and for other inputs.</summary>
    /// <param name="model">The module, which is set to evaluation mode.</param>
    /// <param name="options">Options of the export.</param>
    /// <param name="example">The example that is exported with.</param>
    /// <param name="others">Inputs of other sizes.</param>
    internal static void Equal<TIn, TOut>(Module<TIn, TOut> model, OnnxOptions? options, TIn example, params ReadOnlySpan<TIn> others)
    {
        model.Eval();
        byte[] bytes = OnnxExporter.ToBytes(model, example, options);
        FileCheck.Sound(bytes);
        using InferenceSession session = Session(bytes);
        Same(session, model, example);
        foreach (TIn other in others) Same(session, model, other);
    }

    internal static InferenceSession Session(byte[] bytes)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        return new(bytes, options);
    }

    internal static void Same<TIn, TOut>(InferenceSession session, Module<TIn, TOut> model, TIn input)
    {
        Tensor[] expected, actual = Run(session, Leaves(input));
        using (Autograd.NoGrad()) expected = Leaves(model.Call(input));
        Assert.Equal(expected.Length, actual.Length);
        string shapes = string.Join(", ", Leaves(input).Select(static t => t.Shape));
        for (int i = 0; i < expected.Length; i++) Close(expected[i], actual[i], $"output {i} for {shapes}");
    }

    internal static void Close(Tensor expected, Tensor actual, string what)
    {
        Assert.True(expected.Shape == actual.Shape && expected.DType == actual.DType,
            $"{what}: {expected.DType.Name()} {expected.Shape} expected, but got {actual.DType.Name()} {actual.Shape}");
        bool close = expected.DType.IsFloatingPoint() ? expected.AllClose(actual, 1e-4, 1e-5, equalNan: true) : expected.Equal(actual);
        Assert.True(close, $"{what}:\n{expected}\nexpected, but got\n{actual}");
    }

    internal static Tensor[] Leaves<T>(T value)
    {
        List<Tensor> leaves = [];
        Tree.Map(value, t =>
        {
            if (t is not null) leaves.Add(t);
            return t!;
        });
        return [.. leaves];
    }

    internal static Tensor[] Run(InferenceSession session, params Tensor[] inputs)
    {
        Dictionary<string, OrtValue> feed = [];
        for (int i = 0; i < inputs.Length; i++) feed[session.InputNames[i]] = Value(inputs[i]);
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, feed, session.OutputNames);
        Tensor[] results = [.. outputs.Select(Back)];
        foreach (OrtValue value in feed.Values) value.Dispose();
        return results;
    }

    private static OrtValue Value(Tensor x)
    {
        long[] shape = [.. x.Shape];
        x = x.Detach().Contiguous();
        return x.DType switch
        {
            DType.Float32 => OrtValue.CreateTensorValueFromMemory(x.ToArray<float>(), shape),
            DType.Float64 => OrtValue.CreateTensorValueFromMemory(x.ToArray<double>(), shape),
            DType.Int64 => OrtValue.CreateTensorValueFromMemory(x.ToArray<long>(), shape),
            DType.Int32 => OrtValue.CreateTensorValueFromMemory(x.ToArray<int>(), shape),
            DType.Bool => OrtValue.CreateTensorValueFromMemory(x.ToArray<bool>(), shape),
            DType.UInt8 => OrtValue.CreateTensorValueFromMemory(x.ToArray<byte>(), shape),
            _ => throw new NotSupportedException(x.DType.Name()),
        };
    }

    private static Tensor Back(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        Shape shape = Shape.Create(info.Shape);
        return info.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => Tensor.From(value.GetTensorDataAsSpan<float>(), shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double => Tensor.From(value.GetTensorDataAsSpan<double>(), shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => Tensor.From(value.GetTensorDataAsSpan<long>(), shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => Tensor.From(value.GetTensorDataAsSpan<int>(), shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Bool => Tensor.From(value.GetTensorDataAsSpan<bool>(), shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.UInt8 => Tensor.From(value.GetTensorDataAsSpan<byte>(), shape),
            var other => throw new NotSupportedException(other.ToString()),
        };
    }
}
