using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Nabla.Guide;

/// <summary>
/// The programs of the guide and of the other pages. In the text a page shows, … stands for anything within a line, and a line of
/// nothing else for any lines.
/// </summary>
public static partial class Pages
{
    private static readonly StringWriter printed = new() { NewLine = "\n" };
    private static readonly StringBuilder complaints = new();
    private static string current = "";
    private static int last;

    /// <summary>The value of a row that has none.</summary>
    internal static readonly object Nothing = new();

    /// <summary>The pages that hold a program, by the name of their file.</summary>
    public static IEnumerable<string> Names => all.Keys;

    /// <summary>Their files, from the root of the repository.</summary>
    public static IEnumerable<string> Paths => all.Values.Select(static p => p.Path);

    /// <summary>Runs a page and says where what it prints is not what it shows; nothing if all is well.</summary>
    public static string Run(string name)
    {
        current = name;
        last = 0;
        complaints.Clear();
        TextWriter console = Console.Out;
        Console.SetOut(printed);
        try
        {
            all[name].Run();
        }
        catch (Exception e)
        {
            complaints.Append($"{all[name].Path}: after line {last}: {e}\nand had printed:\n{Printed()}");
        }
        finally
        {
            Console.SetOut(console);
        }
        if (Printed() is { Length: > 0 } rest) complaints.Append($"{all[name].Path}: printed at the end, and not shown:\n{rest}");
        return complaints.ToString();
    }

    /// <summary>A page shows this text at this line.</summary>
    internal static void Printed(int line, string expected)
    {
        last = line;
        string actual = Printed();
        expected = expected.ReplaceLineEndings("\n");
        string pattern = Regex.Escape(Trimmed(expected)).Replace("…", "[^\n]*", StringComparison.Ordinal);
        pattern = Regex.Replace(pattern, @"(?<=^|\\n)\[\^\n\]\*(?=$|\\n)", "(?s:.*)");
        if (!Regex.IsMatch(Trimmed(actual), $@"\A{pattern}\z"))
            complaints.Append($"{all[current].Path}({line}): the page shows\n{expected}but it prints\n{actual}\n");
    }

    /// <summary>A row of a table does this, and shows what it prints or gives.</summary>
    internal static void Row(int line, string expected, Func<object?> run)
    {
        last = line;
        object? value = run();
        string actual = (Printed() + (ReferenceEquals(value, Nothing) ? "" : Shown(value))).Replace('\n', ' ');
        actual = Regex.Replace(actual, " +", " ").Trim();
        if (actual != expected) complaints.Append($"{all[current].Path}({line}): the row shows\n{expected}\nbut it gives\n{actual}\n");
    }

    private static string Shown(object? value) => value switch
    {
        null => "None",
        string or Tensor or Shape or Nn.Module => value.ToString()!,
        ITuple tuple => $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(i => Shown(tuple[i])))})",
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Shown))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Printed()
    {
        string text = printed.ToString().ReplaceLineEndings("\n");
        printed.GetStringBuilder().Clear();
        return text;
    }

    /// <summary>Without spaces at the ends of lines, which editors remove.</summary>
    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(static l => l.TrimEnd())).TrimEnd();
}
