using System.Diagnostics.CodeAnalysis;

namespace Nabla;

internal static partial class Throw
{
    [DoesNotReturn]
    internal static void Argument(string parameter, string message) => throw new ArgumentException(message, parameter);
}
