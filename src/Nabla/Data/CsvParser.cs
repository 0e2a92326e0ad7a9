using System.Globalization;
using System.Text;

namespace Nabla.Data;

/// <summary>One record of RFC 4180 after the other, with the place of every field.</summary>
internal sealed class CsvParser(TextSource source, char delimiter, int maxLength) : IDisposable
{
    readonly List<(long Line, long Column)> places = [];
    readonly StringBuilder field = new();
    int length;

    internal List<string> Fields { get; } = [];

    internal string Place(int field) => $"{places[field].Line}:{places[field].Column}";

    public void Dispose() => source.Dispose();

    /// <summary>Reads a record; false at the end. Empty lines are skipped.</summary>
    internal bool Read()
    {
        while (source.Peek() is '\r' or '\n') source.Next();
        Fields.Clear();
        places.Clear();
        length = 0;
        if (source.Peek() == TextSource.End) return false;
        bool more = true;
        while (more)
        {
            places.Add((source.Line, source.Column));
            field.Clear();
            more = source.Peek() == '"' ? Quoted() : Plain();
            Fields.Add(field.ToString());
        }
        return true;
    }

    /// <summary>A field without quotes. Whether another follows.</summary>
    bool Plain()
    {
        while (true)
        {
            int c = source.Peek();
            if (c == '"') Wrong("a quote inside a field that does not begin with one: put the field into quotes and double this one.");
            source.Next();
            if (c is TextSource.End or '\r' or '\n') return false;
            if (c == delimiter) return true;
            Add(c);
        }
    }

    /// <summary>A field in quotes. Whether another follows.</summary>
    bool Quoted()
    {
        source.Next();
        while (true)
        {
            int c = source.Next();
            if (c == TextSource.End)
                DataErrors.File(source.Name, Place(places.Count - 1), "a quoted field begins here and is never closed.");
            if (c != '"' || source.Peek() == '"')
            {
                if (c == '"') source.Next();
                Add(c);
                continue;
            }
            int next = source.Peek();
            if (next is not (TextSource.End or '\r' or '\n') && next != delimiter)
                Wrong("a delimiter or the end of the line is expected behind a closing quote.");
            source.Next();
            return next == delimiter;
        }
    }

    void Add(int c)
    {
        if (c == 0) Wrong("the text holds a NUL character.");
        if (++length > maxLength) Wrong($"the record is longer than {maxLength} characters, the most that are allowed.");
        field.Append((char)c);
    }

    void Wrong(string rule) => DataErrors.File(source.Name, source.Place, rule);
}

/// <summary>Numbers of a table on their way into a tensor.</summary>
internal sealed class CsvNumbers(CsvFile file, DType dtype, double? missing)
{
    readonly List<double>? reals = dtype.IsInteger() || dtype == DType.Bool ? null : [];
    readonly List<long>? integers = dtype.IsInteger() || dtype == DType.Bool ? [] : null;

    internal void Add(CsvParser parser, int column)
    {
        string text = parser.Fields[column];
        if (text.Length == 0)
        {
            if (missing is not { } value) file.Wrong(parser, column, "the field is empty; pass missing: to give a number for it.");
            else if (reals is not null) reals.Add(value);
            else Add(parser, column, (long)value);
        }
        else if (reals is not null)
        {
            if (!Parse(text, out double number)) file.Wrong(parser, column, $"'{Short(text)}' is no number.");
            // Rounded once, to the type asked for.
            bool single = dtype == DType.Float32;
            reals.Add(single && float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float f) ? f : number);
        }
        else
        {
            if (!long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number))
                file.Wrong(parser, column, $"'{Short(text)}' is no whole number.");
            Add(parser, column, number);
        }
    }

    internal Tensor ToTensor(Shape shape) =>
        (reals is not null ? Tensor.From(reals.ToArray()) : Tensor.From(integers!.ToArray())).To(dtype).Reshape(shape);

    void Add(CsvParser parser, int column, long number)
    {
        if (!(dtype == DType.Bool ? number is 0 or 1 : dtype.CanHold(number)))
            file.Wrong(parser, column, $"{number} does not fit into {dtype.Name()}.");
        integers!.Add(number);
    }

    static bool Parse(string text, out double number)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return true;
        string word = text.Trim().TrimStart('+', '-');
        double sign = text.TrimStart().StartsWith('-') ? -1 : 1;
        if (word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            number = sign * double.PositiveInfinity;
        else if (word.Equals("nan", StringComparison.OrdinalIgnoreCase)) number = double.NaN;
        else return false;
        return true;
    }

    static string Short(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
