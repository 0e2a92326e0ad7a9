using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Nabla.IO;

/// <summary>
/// Reads the header of an .npy file: of the Python that it is written in, exactly one dictionary of one string, one bool and one tuple
/// of whole numbers. Nothing is evaluated.
/// </summary>
internal ref struct NpyParser(string name, ReadOnlySpan<byte> text)
{
    private readonly string name = name;
    private readonly ReadOnlySpan<byte> text = text;
    private int at;

    /// <summary>The length of what comes before the header's text, out of the file's first 12 bytes, and that of the text.</summary>
    internal static (int Start, int Length) Prefix(string name, ReadOnlySpan<byte> first)
    {
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];
        if (first.Length < 10) Throw.Data($"{name}: EOF: reading magic string, expected 10 bytes got {first.Length}.");
        if (!first.StartsWith(magic))
            Throw.Data($"{name}: the magic string is not correct; expected b'\\x93NUMPY', got {Convert.ToHexString(first[..6])}.");
        (int major, int minor) = (first[6], first[7]);
        if (major is < 1 or > 3 || minor != 0)
            Throw.Data($"{name}: Invalid version ({major}, {minor}): versions 1.0, 2.0 and 3.0 of the format are known.");
        if (major > 1 && first.Length < 12) Throw.Data($"{name}: EOF: reading array header length, expected 12 bytes got {first.Length}.");
        uint length = major == 1 ? first[8] | (uint)first[9] << 8
            : first[8] | (uint)first[9] << 8 | (uint)first[10] << 16 | (uint)first[11] << 24;
        if (length > NpyHeader.MaxLength)
            Throw.Data($"{name}: Header info length ({length}) is large: at most {NpyHeader.MaxLength} bytes are read.");
        return (major == 1 ? 10 : 12, (int)length);
    }

    internal NpyHeader Parse()
    {
        string? code = null;
        bool? fortran = null;
        long[]? shape = null;
        Expect('{');
        while (!Accept('}'))
        {
            string key = String();
            Expect(':');
            bool again = key switch
            {
                "descr" => code is not null,
                "fortran_order" => fortran is not null,
                "shape" => shape is not null,
                _ => true
            };
            if (again) Fail($"the key {Throw.Quote(key)} is not expected here: descr, fortran_order and shape are, once each");
            if (key == "descr") code = Descr();
            else if (key == "fortran_order") fortran = Bool();
            else shape = Tuple();
            if (Accept(',')) continue;
            Expect('}');
            break;
        }
        Space();
        if (at < text.Length) Fail("something follows the dictionary");
        if (code is null || fortran is null || shape is null) Fail("a key is missing: descr, fortran_order and shape are needed");
        (DType dtype, bool big) = Type(code);
        if (TensorBytes.Check(shape, dtype, out long count) is { } error) Fail(error);
        return new(dtype, big, fortran.Value, shape, count);
    }

    private readonly (DType, bool) Type(string code)
    {
        for (DType dtype = DType.Bool; dtype.IsDefined(); dtype++)
        {
            if (dtype == DType.BFloat16) continue;
            string own = NpyHeader.Code(dtype);
            if (code.Length != own.Length || !code.AsSpan(1).SequenceEqual(own.AsSpan(1))) continue;
            if (code[0] is '<' or '>' || (code[0] == '|' && own[0] == '|')) return (dtype, code[0] == '>');
        }
        string what = code.Length < 2 ? "" : code[1] switch
        {
            'O' => "Object arrays cannot be loaded when allow_pickle=False: they hold a pickle, which could run anything",
            'u' => "Nabla has uint8 and no other unsigned type; save a.astype(numpy.int64) instead",
            'U' or 'S' or 'a' => "strings are no tensor",
            'M' or 'm' => "dates and durations are no tensor; save a.astype(numpy.int64) instead",
            'V' => "structured and raw types are no tensor; save each field as an array of its own",
            'f' or 'c' => "a number of this size has no dtype here; save a.astype(numpy.float64) or numpy.complex128 instead",
            _ => ""
        };
        if (what.Length > 0) Throw.Unsupported($"{name}: the dtype {Throw.Quote(code)} is not supported: {what}.");
        Fail($"descr is not a valid dtype descriptor: {Throw.Quote(code)}");
        return default;
    }

    private string Descr()
    {
        Space();
        if (at < text.Length && text[at] is (byte)'[' or (byte)'(')
            Throw.Unsupported($"{name}: a structured dtype is not supported; save each field as an array of its own.");
        return String();
    }

    private string String()
    {
        Space();
        if (at == text.Length || text[at] is not ((byte)'\'' or (byte)'"')) Fail("a string was expected");
        byte quote = text[at++];
        int length = text[at..].IndexOf(quote);
        if (length < 0) Fail("a string does not end");
        ReadOnlySpan<byte> inner = text.Slice(at, length);
        if (inner.ContainsAnyExceptInRange((byte)' ', (byte)'~') || inner.Contains((byte)'\\')) Fail("a string holds what no dtype has");
        at += length + 1;
        return Encoding.ASCII.GetString(inner);
    }

    private bool Bool()
    {
        Space();
        ReadOnlySpan<byte> rest = text[at..];
        bool value = rest.StartsWith("True"u8);
        if (!value && !rest.StartsWith("False"u8)) Fail("fortran_order is not a valid bool");
        at += value ? 4 : 5;
        return value;
    }

    private long[] Tuple()
    {
        List<long> sizes = [];
        bool comma = true;
        Expect('(');
        while (!Accept(')'))
        {
            if (!comma) Fail("shape is not valid: a comma is missing");
            sizes.Add(Number());
            comma = Accept(',');
        }
        if (sizes.Count == 1 && !comma) Fail("shape is not valid: it is a number in brackets and no tuple");
        return [.. sizes];
    }

    private long Number()
    {
        Space();
        int start = at;
        while (at < text.Length && char.IsAsciiDigit((char)text[at])) at++;
        if (!long.TryParse(text[start..at], NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            Fail("shape is not valid: it holds something else than whole numbers from 0 to 2^63 - 1");
        // Python 2 wrote long integers so.
        if (at < text.Length && text[at] == 'L') at++;
        return value;
    }

    private void Space()
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r') at++;
    }

    private bool Accept(char c)
    {
        Space();
        if (at == text.Length || text[at] != c) return false;
        at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Accept(c)) Fail($"'{c}' was expected");
    }

    [DoesNotReturn]
    private readonly void Fail(string what) => Throw.Data($"{name}: Cannot parse header: {what} (byte {at} of the header).");
}
