namespace Nabla;

/// <summary>A value in a trace: an input, a parameter, a constant, or a result of a call.</summary>
internal sealed class TraceValue
{
    internal TraceValue(Shape shape, DType dtype) => (Shape, DType) = (shape, dtype);

    internal Shape Shape { get; }
    internal DType DType { get; }

    /// <summary>The call that made it; null for a leaf.</summary>
    internal TraceCall? Source { get; init; }

    /// <summary>Which of the call's results it is.</summary>
    internal int Output { get; init; }

    /// <summary>The input's number, or -1.</summary>
    internal int Input { get; init; } = -1;

    /// <summary>The name of the parameter or buffer, or null.</summary>
    internal string? Name { get; init; }

    /// <summary>Whether it follows from an input's values.</summary>
    internal bool Depends { get; init; }

    /// <summary>The numbers; null if they depend on an input.</summary>
    internal Tensor? Data { get; set; }
}

/// <summary>An operation that a trace saw.</summary>
internal abstract class TraceCall
{
    /// <summary>Its place in the order of execution.</summary>
    internal int Index { get; init; }

    internal required TraceValue[] X { get; init; }
    internal TraceValue[] Y { get; set; } = [];

    /// <summary>The path of the module that ran it, such as <c>Net.fc1</c>.</summary>
    internal required string Path { get; init; }

    internal abstract Type Type { get; }

    /// <summary>The name of the operation.</summary>
    internal abstract string Name { get; }
}

/// <summary>An operation of a known type.</summary>
/// <param name="op">The operation with its parameters.</param>
/// <param name="compute">The dtype in which a map or zip computes.</param>
internal sealed class TraceCall<TOp>(TOp op, DType compute) : TraceCall where TOp : struct
{
    internal TOp Op { get; } = op;
    internal DType Compute { get; } = compute;
    internal override Type Type => typeof(TOp);

    internal override string Name
    {
        get
        {
            string name = typeof(TOp).Name;
            int generic = name.IndexOf('`', StringComparison.Ordinal);
            if (generic < 0) return name;
            return $"{name[..generic]}<{string.Join(", ", typeof(TOp).GetGenericArguments().Select(static t => t.Name))}>";
        }
    }
}
