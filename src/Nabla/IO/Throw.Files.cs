using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Nabla;

internal static partial class Throw
{
    /// <summary>A broken or hostile file.</summary>
    [DoesNotReturn]
    internal static void Data(string message, Exception? cause = null) => throw new InvalidDataException(message, cause);

    /// <summary>A sound file that holds what Nabla does not have.</summary>
    [DoesNotReturn]
    internal static void Unsupported(string message) => throw new NotSupportedException(message);

    /// <summary>The operating system refused: the message names the path that the caller gave.</summary>
    [DoesNotReturn]
    internal static void System(string message, Exception? cause = null) =>
        throw new IOException(message, cause) { HResult = cause?.HResult ?? unchecked((int)0x80131620) };

    /// <summary>A name out of a file, or for one, in quotes: short, on one line, nothing in it that a terminal obeys.</summary>
    internal static string Quote(string text)
    {
        StringBuilder quoted = new("'");
        foreach (char c in text)
        {
            if (quoted.Length > 80)
            {
                quoted.Append("...");
                break;
            }
            if (c is >= ' ' and < '\x7f' || (c > '\x9f' && !char.IsSurrogate(c) && !char.IsControl(c) && !IsFormat(c))) quoted.Append(c);
            else quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return quoted.Append('\'').ToString();
    }

    private static bool IsFormat(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
