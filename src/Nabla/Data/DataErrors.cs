using System.Diagnostics.CodeAnalysis;

namespace Nabla.Data;

/// <summary>Errors of this folder that other folders do not have.</summary>
internal static class DataErrors
{
    [DoesNotReturn]
    internal static void Argument(string message, string parameter) => throw new ArgumentException(message, parameter);

    /// <summary>A broken file: its name, the place and the rule that is broken.</summary>
    [DoesNotReturn]
    internal static void File(string file, string place, string rule, Exception? inner = null) =>
        throw new InvalidDataException($"{file}:{place}: {rule}", inner);

    /// <summary>
    /// The error of a worker as the reader of its batch sees it: of the same type, with where it happened before its own message and
    /// itself inside. An exception type that the library cannot make anew stays the object it is, with the place in its
    /// <see cref="Exception.Data"/> under "DataLoader".
    /// </summary>
    internal static Exception InWorker(Exception e, int worker, string where)
    {
        string message = $"Caught {e.GetType().Name} in DataLoader worker {worker}, {where}: {e.Message}";
        Exception? again = e.GetType() switch
        {
            var t when t == typeof(ShapeException) => new ShapeException(message, e),
            var t when t == typeof(DTypeException) => new DTypeException(message, e),
            var t when t == typeof(AutogradException) => new AutogradException(message, e),
            var t when t == typeof(LinAlgException) => new LinAlgException(message, e),
            var t when t == typeof(InvalidDataException) => new InvalidDataException(message, e),
            var t when t == typeof(InvalidOperationException) => new InvalidOperationException(message, e),
            var t when t == typeof(ArgumentOutOfRangeException) => new ArgumentOutOfRangeException(message, e),
            var t when t == typeof(ArgumentException) => new ArgumentException(message, e),
            var t when t == typeof(FormatException) => new FormatException(message, e),
            var t when t == typeof(KeyNotFoundException) => new KeyNotFoundException(message, e),
            var t when t == typeof(FileNotFoundException) => new FileNotFoundException(message, ((FileNotFoundException)e).FileName, e),
            var t when t == typeof(IOException) => new IOException(message, e),
            var t when t == typeof(NotSupportedException) => new NotSupportedException(message, e),
            _ => null,
        };
        if (again is null) e.Data["DataLoader"] = message;
        return again ?? e;
    }
}
