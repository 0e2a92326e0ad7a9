using System.Globalization;

namespace Nabla.Data;

/// <summary>
/// A table in a text file: comma-separated values as RFC 4180 has them, in UTF-8, plain or compressed by gzip. A field in double quotes may
/// hold delimiters, line ends and doubled quotes. Numbers are read alike in every culture. Empty lines are skipped.
/// <para>As a data set it gives the rows, read from the file while they are asked for.</para>
/// </summary>
public sealed class CsvFile : IterableDataset<string[]>
{
    readonly Func<TextSource> open;
    readonly char delimiter;
    readonly int maxRecordLength;
    readonly bool header;
    readonly string name;

    /// <summary>A table in a file, whose first record is read now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">Whether the first record holds the names of the columns; otherwise they are "0", "1", "2", ...</param>
    /// <param name="delimiter">What separates fields.</param>
    /// <param name="maxRecordLength">The most characters of a record: a longer one is an error, so that memory stays bounded.</param>
    /// <exception cref="InvalidDataException">The first record is broken, or there is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public CsvFile(string path, bool header = true, char delimiter = ',', int maxRecordLength = 1 << 20)
        : this(path ?? throw new ArgumentNullException(nameof(path)), () => TextSource.Open(path), header, delimiter, maxRecordLength) { }

    CsvFile(string name, Func<TextSource> open, bool header, char delimiter, int maxRecordLength)
    {
        if (delimiter is '"' or '\r' or '\n' or '\0') DataErrors.Argument("CsvFile: a quote or the end of a line cannot separate fields.",
            nameof(delimiter));
        if (maxRecordLength < 1) Throw.Range(nameof(maxRecordLength), maxRecordLength, "CsvFile: a record has at least one character.");
        (this.name, this.open, this.header, this.delimiter, this.maxRecordLength) = (name, open, header, delimiter, maxRecordLength);
        using CsvParser parser = new(open(), delimiter, maxRecordLength);
        if (!parser.Read()) DataErrors.File(name, "1:1", header ? "there is no header: the file is empty." : "the file is empty.");
        Columns = header ? [.. parser.Fields] : [.. Enumerable.Range(0, parser.Fields.Count).Select(static i =>
            i.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>A table in a string.</summary>
    /// <param name="text">The table.</param>
    /// <param name="header">Whether the first record holds the names of the columns.</param>
    /// <param name="delimiter">What separates fields.</param>
    /// <param name="name">What errors call it.</param>
    public static CsvFile Parse(string text, bool header = true, char delimiter = ',', string name = "text")
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(name, () => new TextSource(name, new StringReader(text)), header, delimiter, int.MaxValue);
    }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The rows, without the header.</summary>
    public override IEnumerator<string[]> GetEnumerator()
    {
        using CsvParser parser = Start();
        while (Read(parser)) yield return [.. parser.Fields];
    }

    /// <summary>Chosen columns of all rows as a tensor of shape [rows, columns].</summary>
    /// <param name="columns">Names of columns; all by default.</param>
    /// <param name="dtype">The element type; <see cref="Tensor.DefaultDType"/> by default. Of an integer type whole numbers are
    /// asked for.</param>
    /// <param name="missing">What stands for an empty field; by default that is an error.</param>
    /// <exception cref="InvalidDataException">A row has another number of fields, a field is no number of the type, or a column does
    /// not exist; the message says file, line and column.</exception>
    public Tensor ToTensor(IReadOnlyList<string>? columns = null, DType? dtype = null, double? missing = null)
    {
        int[] chosen = Find(columns);
        CsvNumbers numbers = new(this, dtype ?? Tensor.DefaultDType, missing);
        using CsvParser parser = Start();
        long rows = 0;
        for (; Read(parser); rows++)
            foreach (int i in chosen) numbers.Add(parser, i);
        return numbers.ToTensor([rows, chosen.Length]);
    }

    /// <summary>Chosen columns of one row after the other, each a tensor of shape [columns]: for tables larger than memory.</summary>
    /// <inheritdoc cref="ToTensor"/>
    public IterableDataset<Tensor> Rows(IReadOnlyList<string>? columns = null, DType? dtype = null, double? missing = null)
    {
        int[] chosen = Find(columns);
        return IterableDataset.Of(Stream());

        IEnumerable<Tensor> Stream()
        {
            using CsvParser parser = Start();
            while (Read(parser))
            {
                CsvNumbers numbers = new(this, dtype ?? Tensor.DefaultDType, missing);
                foreach (int i in chosen) numbers.Add(parser, i);
                yield return numbers.ToTensor([chosen.Length]);
            }
        }
    }

    /// <summary>One column as text.</summary>
    /// <exception cref="InvalidDataException">The column does not exist, or a row is broken.</exception>
    public string[] Strings(string column)
    {
        int i = Find([column])[0];
        return [.. this.Select<string[], string>(row => row[i])];
    }

    /// <summary>One column of names as numbers of classes: int64 of shape [rows], and the distinct names in ordinal order.</summary>
    /// <exception cref="InvalidDataException">The column does not exist, or a row is broken.</exception>
    public (Tensor Classes, string[] Names) Categories(string column)
    {
        string[] values = Strings(column), names = [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return (Tensor.From(Array.ConvertAll(values, v => (long)Array.BinarySearch(names, v, StringComparer.Ordinal))), names);
    }

    internal string NameOf(int column) => Columns[column];

    int[] Find(IReadOnlyList<string>? columns)
    {
        if (columns is null) return [.. Enumerable.Range(0, Columns.Count)];
        int[] found = new int[columns.Count];
        for (int i = 0; i < found.Length; i++)
        {
            int[] places = [.. Enumerable.Range(0, Columns.Count).Where(c => Columns[c] == columns[i])];
            if (places.Length != 1) DataErrors.File(name, "1:1", $"there is {(places.Length == 0 ? "no" : "more than one")} column " +
                $"'{columns[i]}'; the columns are {string.Join(", ", Columns.Take(32))}.");
            found[i] = places[0];
        }
        return found;
    }

    CsvParser Start()
    {
        CsvParser parser = new(open(), delimiter, maxRecordLength);
        if (header) parser.Read();
        return parser;
    }

    bool Read(CsvParser parser)
    {
        if (!parser.Read()) return false;
        if (parser.Fields.Count != Columns.Count)
            DataErrors.File(name, parser.Place(Math.Min(parser.Fields.Count - 1, Columns.Count)),
                $"the record has {parser.Fields.Count} fields, and the first one has {Columns.Count}.");
        return true;
    }

    internal void Wrong(CsvParser parser, int field, string rule) =>
        DataErrors.File(name, parser.Place(field), $"column '{NameOf(field)}': {rule}");
}
