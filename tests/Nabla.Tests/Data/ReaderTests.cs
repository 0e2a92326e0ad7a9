using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Nabla.Data;

namespace Nabla.Tests.Data;

/// <summary>Files of the formats IDX, CSV and text, sound ones and broken ones.</summary>
public sealed class ReaderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("nabla").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string Written(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    string Written(string name, string content) => Written(name, new UTF8Encoding(false).GetBytes(content));

    static byte[] Packed(byte[] content)
    {
        using MemoryStream into = new();
        using (GZipStream gzip = new(into, CompressionLevel.Fastest)) gzip.Write(content);
        return into.ToArray();
    }

    static byte[] IdxBytes(byte type, int[] shape, params byte[] values)
    {
        byte[] bytes = new byte[4 + 4 * shape.Length + values.Length];
        (bytes[2], bytes[3]) = (type, (byte)shape.Length);
        for (int i = 0; i < shape.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + 4 * i), shape[i]);
        values.CopyTo(bytes, 4 + 4 * shape.Length);
        return bytes;
    }

    [Fact]
    public void Idx_files_of_every_type_are_read_plain_and_compressed()
    {
        (byte Type, DType DType, byte[] Bytes, double[] Values)[] cases =
        [
            (0x08, DType.UInt8, [1, 255], [1, 255]),
            (0x09, DType.Int8, [1, 255], [1, -1]),
            (0x0B, DType.Int16, [1, 2, 255, 254], [258, -2]),
            (0x0C, DType.Int32, [0, 0, 1, 2, 255, 255, 255, 254], [258, -2]),
            (0x0D, DType.Float32, [0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0], [1, -2]),
            (0x0E, DType.Float64, [0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2]),
        ];
        foreach (var c in cases)
            foreach (bool packed in (bool[])[false, true])
            {
                byte[] bytes = IdxBytes(c.Type, [1, 2], c.Bytes);
                Tensor t = Idx.Read(Written("t", packed ? Packed(bytes) : bytes));
                Assert.Equal(c.DType, t.DType);
                Assert.Equal([1L, 2], t.Shape);
                Assert.Equal(c.Values, t.To(DType.Float64).Reshape([-1]).ToArray<double>());
            }
        Assert.Equal([0L, 28], Idx.Read(Written("t", IdxBytes(8, [0, 28]))).Shape);
    }

    [Fact]
    public void Broken_idx_files_say_where_and_why()
    {
        (byte[] Bytes, string Rule)[] cases =
        [
            ([], "offset 0: the file ends within the magic number"),
            ([0, 0, 8], "offset 3: the file ends within the magic number"),
            ([1, 0, 8, 1], "offset 0: an IDX file begins with two zero bytes"),
            ([0, 0, 7, 1], "offset 2: unknown type 07"),
            ([0, 0, 8, 0], "offset 3: the number of dimensions is 0"),
            ([0, 0, 8, 9], "offset 3: the number of dimensions is 9"),
            ([0, 0, 8, 2, 0, 0], "offset 6: the file ends within the sizes"),
            (IdxBytes(8, [-1]), "offset 4: the size of dimension 0 is -1"),
            (IdxBytes(8, [3], 1, 2), "offset 8: the file is too short: 3 bytes"),
            (IdxBytes(8, [1], 1, 2), "offset 9: 1 bytes follow the last value"),
            (IdxBytes(14, [2147483647, 2147483647, 2147483647, 2147483647]), "offset 4: the values of shape"),
        ];
        foreach (var (bytes, rule) in cases)
        {
            string path = Written("broken", bytes);
            var e = Assert.Throws<InvalidDataException>(() => Idx.Read(path));
            Assert.StartsWith($"{path}: {rule}", e.Message, StringComparison.Ordinal);
            path = Written("packed", Packed(bytes));
            e = Assert.Throws<InvalidDataException>(() => Idx.Read(path));
            Assert.StartsWith($"{path}: offset", e.Message, StringComparison.Ordinal);
        }
        byte[] sound = Packed(IdxBytes(8, [1000], new byte[1000]));
        for (int n = 2; n < sound.Length; n++)
            Assert.Throws<InvalidDataException>(() => Idx.Read(Written("cut", sound[..n])));
        var large = Assert.Throws<InvalidDataException>(() => Idx.Read(Written("large", sound), 999));
        Assert.Contains("and at most 999 are allowed", large.Message, StringComparison.Ordinal);
        string images = Written("images", IdxBytes(8, [2, 1], 5, 6)), labels = Written("labels", IdxBytes(8, [2], 0, 1));
        Assert.Equal(6, Idx.ReadPair(images, labels)[1].Item1.Item());
        Assert.Contains("the file has 2 labels for the 1 images", Assert.Throws<InvalidDataException>(() =>
            Idx.ReadPair(Written("one", IdxBytes(8, [1, 1], 5)), labels)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_are_read_as_rfc_4180_says()
    {
        CsvFile csv = new(Written("t.csv", "\uFEFFname,\"x, y\",z\r\n\"a \"\"b\"\"\",1.5,2\r\n\r\n\"two\nlines\",-3e2,NaN\nlast,,inf"));
        Assert.Equal(["name", "x, y", "z"], csv.Columns);
        Assert.Equal([["a \"b\"", "1.5", "2"], ["two\nlines", "-3e2", "NaN"], ["last", "", "inf"]], csv);
        Tensor t = csv.ToTensor(["z", "x, y"], missing: 0.25);
        Assert.Equal(DType.Float32, t.DType);
        Assert.Equal([2f, 1.5f, float.NaN, -300f, float.PositiveInfinity, 0.25f], t.Reshape([-1]).ToArray<float>());
        Assert.Equal([[2.0], [double.NaN], [double.PositiveInfinity]], csv.Rows(["z"], DType.Float64).Select<Tensor, double[]>(static r =>
            r.ToArray<double>()));
        Assert.Equal(["a \"b\"", "two\nlines", "last"], csv.Strings("name"));
        CsvFile plain = CsvFile.Parse("1;b\n2;a\n3;b\n", header: false, delimiter: ';');
        Assert.Equal([1L, 2, 3], plain.ToTensor(["0"], DType.Int64).Reshape([-1]).ToArray<long>());
        var (classes, names) = plain.Categories("1");
        Assert.Equal([1L, 0, 1], classes.ToArray<long>());
        Assert.Equal(["a", "b"], names);
        CsvFile packed = new(Written("t.csv.gz", Packed("a\n7\n"u8.ToArray())));
        Assert.Equal(7, packed.ToTensor().Item());
        Assert.Equal([0L, 2], CsvFile.Parse("a,b\n").ToTensor().Shape);
    }

    [Fact]
    public void Broken_tables_say_file_line_and_column()
    {
        (string Text, string Rule)[] cases =
        [
            ("", "t.csv:1:1: there is no header"),
            ("a,b\n1\n", "t.csv:2:1: the record has 1 fields, and the first one has 2"),
            ("a,b\n1,2,3\n", "t.csv:2:5: the record has 3 fields"),
            ("a,b\n1,5x\n", "t.csv:2:3: column 'b': '5x' is no number"),
            ("a,b\n1,\"2\n", "t.csv:2:3: a quoted field begins here and is never closed"),
            ("a,b\n1,\"2\"3\n", "t.csv:2:6: a delimiter or the end of the line is expected"),
            ("a,b\n1,2\"3\n", "t.csv:2:4: a quote inside a field"),
            ("a,b\n1,\n", "t.csv:2:3: column 'b': the field is empty"),
            ("a,b\n\"1\n\n2\",\0", "t.csv:4:5: the text holds a NUL"),
            ("a,b\n1,\"1,5\"\n", "t.csv:2:3: column 'b': '1,5' is no number"),
        ];
        foreach (var (text, rule) in cases)
        {
            string path = Written("t.csv", text);
            Assert.StartsWith(Path.Combine(folder, rule), Assert.Throws<InvalidDataException>(() => new CsvFile(path).ToTensor()).Message,
                StringComparison.Ordinal);
        }
        CsvFile csv = CsvFile.Parse("a,a,b\n1,2,300\n");
        Assert.StartsWith("text:1:1: there is no column 'c'; the columns are a, a, b", Assert.Throws<InvalidDataException>(() =>
            csv.ToTensor(["c"])).Message, StringComparison.Ordinal);
        Assert.Contains("more than one column 'a'", Assert.Throws<InvalidDataException>(() => csv.ToTensor(["a"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("300 does not fit into uint8", Assert.Throws<InvalidDataException>(() => csv.ToTensor(["b"], DType.UInt8)).Message,
            StringComparison.Ordinal);
        Assert.Contains("is no whole number", Assert.Throws<InvalidDataException>(() =>
            CsvFile.Parse("a\n1.5").ToTensor(dtype: DType.Int64)).Message, StringComparison.Ordinal);
        Assert.Contains("longer than 100 characters", Assert.Throws<InvalidDataException>(() =>
            new CsvFile(Written("long", "a\n" + new string('x', 1000)), maxRecordLength: 100).ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains(":2:2: the text is not valid UTF-8", Assert.Throws<InvalidDataException>(() =>
            new CsvFile(Written("bytes", [(byte)'a', (byte)'\n', (byte)'1', 0xFF])).ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_come_by_lines_and_by_characters()
    {
        string path = Written("t.txt", "\uFEFFone\r\ntwo\rdrei \U0001F600\n\n");
        TextFile text = new(path);
        Assert.Equal(["one", "two", "drei \U0001F600", ""], text);
        Assert.Equal("one\ntwo\ndrei \U0001F600\n\n", text.ReadAll());
        Assert.Equal(["o", "n", "e", "\n"], text.Characters().Take(4));
        Assert.Equal("\U0001F600", text.Characters().ToArray()[13]);
        Assert.Empty(new TextFile(Written("empty", "")));
        Assert.Equal(["x"], new TextFile(Written("x.gz", Packed("x"u8.ToArray()))));
        Assert.StartsWith($"{path}:3:3: the line is longer than 2", Assert.Throws<InvalidDataException>(() =>
            new TextFile(Written("t.txt", "ab\ncd\nefg"), 2).ToArray()).Message, StringComparison.Ordinal);
        Assert.Contains(":1:3: the text is longer than 2", Assert.Throws<InvalidDataException>(() => text.ReadAll(2)).Message,
            StringComparison.Ordinal);
        path = Written("bad", [(byte)'a', 0xC3, (byte)'b']);
        Assert.Equal($"{path}:1:2: the text is not valid UTF-8.", Assert.Throws<InvalidDataException>(() => new TextFile(path).ToArray())
            .Message);
        byte[] packed = Packed(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some words ", 50))));
        Assert.Contains("the file is damaged", Assert.Throws<InvalidDataException>(() =>
            new TextFile(Written("cut.gz", packed[..^12])).ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vocabularies_number_tokens_and_name_unknown_ones()
    {
        Vocabulary v = Vocabulary.OfCharacters("hello \U0001F600", special: ["."]);
        Assert.Equal([".", " ", "e", "h", "l", "o", "\U0001F600"], v.Tokens);
        Assert.Equal([3L, 2, 4, 4, 5], v.Encode("hello").ToArray<long>());
        Assert.Equal("hello", v.Decode(v.Encode("hello")));
        Assert.Equal(2, v['e']);
        Assert.StartsWith("Vocabulary: unknown character U+00E9 'é' at position 1", Assert.Throws<ArgumentException>(() => v.Encode("hé"))
            .Message, StringComparison.Ordinal);
        Assert.StartsWith("index out of range in self", Assert.Throws<ArgumentOutOfRangeException>(() => v.Decode(Tensor.Of([7]))).Message,
            StringComparison.Ordinal);
        Assert.Throws<DTypeException>(() => v.Decode(Tensor.Of([1.0])));
        Vocabulary words = Vocabulary.OfWords("the cat and the dog and the end x".Split(' '), 1, ["<unk>"], "<unk>");
        Assert.Equal(["<unk>", "the", "and", "cat", "dog", "end", "x"], words.Tokens);
        Assert.Equal("the <unk>", words.Decode(words.Encode(["the", "bird"]), " "));
        Assert.Throws<ArgumentException>(() => new Vocabulary(["a", "a"]));
        Assert.Throws<ArgumentException>(() => new Vocabulary(["a"], "b"));
    }
}
