using System.Text;

namespace Nabla.Data;

/// <summary>A text file in UTF-8, plain or compressed by gzip. As a data set it gives the lines, without their ends (\n, \r\n or
/// \r).</summary>
public sealed class TextFile : IterableDataset<string>
{
    readonly string path;
    readonly int maxLineLength;

    /// <summary>The text of a file, which is opened at every enumeration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxLineLength">The most characters of a line: a longer one is an error, so that memory stays bounded.</param>
    public TextFile(string path, int maxLineLength = 1 << 20)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (maxLineLength < 1) Throw.Range(nameof(maxLineLength), maxLineLength, "TextFile: a line has at least one character.");
        (this.path, this.maxLineLength) = (path, maxLineLength);
    }

    /// <summary>The lines.</summary>
    /// <exception cref="InvalidDataException">The text is not UTF-8, or a line is too long; the message says file, line and
    /// column.</exception>
    public override IEnumerator<string> GetEnumerator()
    {
        using TextSource source = TextSource.Open(path);
        StringBuilder line = new();
        while (source.Peek() != TextSource.End)
        {
            while (source.Peek() is not (TextSource.End or '\n' or '\r'))
            {
                if (line.Length == maxLineLength)
                    DataErrors.File(path, source.Place, $"the line is longer than {maxLineLength} characters, the most that are allowed.");
                line.Append((char)source.Next());
            }
            source.Next();
            yield return line.ToString();
            line.Clear();
        }
    }

    /// <summary>The characters one after the other, each as a string of one Unicode character; a line's end is "\n".</summary>
    public IterableDataset<string> Characters() => IterableDataset.Of(Each());

    /// <summary>The whole text; a line's end is "\n".</summary>
    /// <param name="maxLength">The most characters: a longer text is an error.</param>
    /// <exception cref="InvalidDataException">The text is not UTF-8, or too long.</exception>
    public string ReadAll(int maxLength = 1 << 28)
    {
        using TextSource source = TextSource.Open(path);
        StringBuilder text = new();
        while (source.Peek() != TextSource.End)
        {
            if (text.Length == maxLength) DataErrors.File(path, source.Place, $"the text is longer than {maxLength} characters.");
            text.Append((char)source.Next());
        }
        return text.ToString();
    }

    IEnumerable<string> Each()
    {
        using TextSource source = TextSource.Open(path);
        for (int c = source.Next(); c != TextSource.End; c = source.Next())
            yield return char.IsHighSurrogate((char)c) ? new string([(char)c, (char)source.Next()]) : ((char)c).ToString();
    }
}
