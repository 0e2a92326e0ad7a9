namespace Nabla.Testing;

/// <summary>A derivative is not what finite differences say, or is not a derivative at all; the message says where and how far.</summary>
public sealed class GradCheckException : Exception
{
    /// <summary>With a message.</summary>
    public GradCheckException(string message) : base(message) { }
    /// <summary>With a message and a cause.</summary>
    public GradCheckException(string message, Exception? inner) : base(message, inner) { }
    /// <summary>With the default message.</summary>
    public GradCheckException() : base("A derivative is wrong.") { }
}
