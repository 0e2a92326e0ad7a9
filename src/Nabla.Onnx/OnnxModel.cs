using Nabla.IO;

namespace Nabla.Onnx;

/// <summary>A number, text or list of integers that belongs to a node.</summary>
internal readonly struct OnnxAttribute
{
    private readonly object value;

    private OnnxAttribute(object value) => this.value = value;

    public static implicit operator OnnxAttribute(long value) => new(value);
    public static implicit operator OnnxAttribute(double value) => new((float)value);
    public static implicit operator OnnxAttribute(string value) => new(value);
    public static implicit operator OnnxAttribute(long[] value) => new(value);
    public static implicit operator OnnxAttribute(string[] value) => new(value);
    public static implicit operator OnnxAttribute(DType value) => new((long)OnnxModel.TypeOf(value));

    internal ProtoWriter Message(string name)
    {
        ProtoWriter message = new();
        message.String(1, name);
        switch (value)
        {
            case float f:
                message.Float(2, f);
                message.Int64(20, 1);
                break;
            case long i:
                message.Int64(3, i);
                message.Int64(20, 2);
                break;
            case string s:
                message.String(4, s);
                message.Int64(20, 3);
                break;
            case long[] ints:
                foreach (long i in ints) message.Int64(8, i);
                message.Int64(20, 7);
                break;
            case string[] texts:
                foreach (string text in texts) message.String(9, text);
                message.Int64(20, 8);
                break;
        }
        return message;
    }
}

/// <summary>An operator with its operands and results by name.</summary>
internal sealed record OnnxNode(string Name, string Type, string[] X, string[] Y, (string Name, OnnxAttribute Value)[] Attributes);

/// <summary>A tensor that the graph takes or gives: a dimension is a number, or a name.</summary>
internal sealed record OnnxPort(string Name, DType DType, object[] Dims);

/// <summary>A graph and what surrounds it in a file (onnx.proto; field numbers and types are the format's).</summary>
internal sealed class OnnxModel
{
    internal required string GraphName { get; init; }
    internal required OnnxOptions Options { get; init; }
    internal List<OnnxNode> Nodes { get; set; } = [];
    internal List<OnnxPort> Inputs { get; } = [];
    internal List<OnnxPort> Outputs { get; } = [];
    internal List<(string Name, Tensor Data)> Initializers { get; set; } = [];

    /// <summary>The version of the file format that came with an operator set.</summary>
    private int Format => Options.Opset switch { < 19 => 8, < 21 => 9, < 23 => 10, _ => 11 };

    /// <summary>The format's number for a dtype.</summary>
    internal static int TypeOf(DType dtype) => dtype switch
    {
        DType.Float32 => 1,
        DType.UInt8 => 2,
        DType.Int8 => 3,
        DType.Int16 => 5,
        DType.Int32 => 6,
        DType.Int64 => 7,
        DType.Bool => 9,
        DType.Float16 => 10,
        DType.Float64 => 11,
        DType.BFloat16 => 16,
        _ => throw new NotSupportedException($"A tensor of dtype {dtype.Name()} cannot be exported to ONNX, whose operators do not take " +
            "complex numbers."),
    };

    internal void Write(Stream stream)
    {
        ProtoWriter model = new();
        model.Int64(1, Format);
        model.String(2, "Nabla");
        model.String(3, typeof(OnnxModel).Assembly.GetName().Version?.ToString(3) ?? "0");
        if (Options.Description is { } text) model.String(6, text);
        model.Message(7, Graph());
        ProtoWriter opset = new();
        opset.String(1, "");
        opset.Int64(2, Options.Opset);
        model.Message(8, opset);
        foreach ((string key, string value) in Options.Metadata)
        {
            ProtoWriter entry = new();
            entry.String(1, key);
            entry.String(2, value);
            model.Message(14, entry);
        }
        model.CopyTo(stream);
    }

    private ProtoWriter Graph()
    {
        ProtoWriter graph = new();
        foreach (OnnxNode node in Nodes) graph.Message(1, Node(node));
        graph.String(2, GraphName);
        long bytes = 0;
        foreach ((string name, Tensor data) in Initializers)
        {
            bytes += data.NumElements * data.DType.ItemSize();
            if (bytes > int.MaxValue - (1 << 20))
                throw new NotSupportedException("The model's parameters and constants take more than 2 GB, which is the most that an " +
                    "ONNX file holds. Convert it to a smaller dtype first, for example To(DType.Float16).");
            graph.Message(5, Value(name, data));
        }
        foreach (OnnxPort port in Inputs) graph.Message(11, Port(port));
        foreach (OnnxPort port in Outputs) graph.Message(12, Port(port));
        return graph;
    }

    private static ProtoWriter Node(OnnxNode node)
    {
        ProtoWriter message = new();
        foreach (string x in node.X) message.String(1, x);
        foreach (string y in node.Y) message.String(2, y);
        message.String(3, node.Name);
        message.String(4, node.Type);
        foreach ((string name, OnnxAttribute value) in node.Attributes) message.Message(5, value.Message(name));
        return message;
    }

    private static ProtoWriter Value(string name, Tensor data)
    {
        ProtoWriter message = new();
        foreach (long size in data.Shape) message.Int64(1, size);
        message.Int64(2, TypeOf(data.DType));
        message.String(8, name);
        message.Block(9, TensorBytes.RowMajor(data).ToArray());
        return message;
    }

    private static ProtoWriter Port(OnnxPort port)
    {
        ProtoWriter shape = new();
        foreach (object size in port.Dims)
        {
            ProtoWriter dim = new();
            if (size is string name) dim.String(2, name);
            else dim.Int64(1, (long)size);
            shape.Message(1, dim);
        }
        ProtoWriter tensor = new(), type = new(), message = new();
        tensor.Int64(1, TypeOf(port.DType));
        tensor.Message(2, shape);
        type.Message(1, tensor);
        message.String(1, port.Name);
        message.Message(2, type);
        return message;
    }
}
