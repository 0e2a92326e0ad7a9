namespace Nabla;

/// <summary>Shapes do not fit together, or a shape is not possible.</summary>
public sealed class ShapeException : ArgumentException
{
    /// <summary>With a message.</summary>
    public ShapeException(string message) : base(message) { }
    /// <summary>With a message and a cause.</summary>
    public ShapeException(string message, Exception? inner) : base(message, inner) { }
    /// <summary>With the default message.</summary>
    public ShapeException() : base("Shapes do not fit together.") { }
}

/// <summary>An operation does not accept a dtype, or dtypes do not fit together.</summary>
public sealed class DTypeException : ArgumentException
{
    /// <summary>With a message.</summary>
    public DTypeException(string message) : base(message) { }
    /// <summary>With a message and a cause.</summary>
    public DTypeException(string message, Exception? inner) : base(message, inner) { }
    /// <summary>With the default message.</summary>
    public DTypeException() : base("Dtypes do not fit together.") { }
}

/// <summary>The graph, or a tensor's place in it, does not allow what was asked for.</summary>
public sealed class AutogradException : InvalidOperationException
{
    /// <summary>With a message.</summary>
    public AutogradException(string message) : base(message) { }
    /// <summary>With a message and a cause.</summary>
    public AutogradException(string message, Exception? inner) : base(message, inner) { }
    /// <summary>With the default message.</summary>
    public AutogradException() : base("Automatic differentiation does not allow this.") { }
}

/// <summary>A matrix does not allow the computation: it is singular or not positive-definite, or an iteration did not converge.</summary>
public sealed class LinAlgException : ArgumentException
{
    /// <summary>With a message.</summary>
    public LinAlgException(string message) : base(message) { }
    /// <summary>With a message and a cause.</summary>
    public LinAlgException(string message, Exception? inner) : base(message, inner) { }
    /// <summary>With the default message.</summary>
    public LinAlgException() : base("The computation is not possible for this matrix.") { }
}
