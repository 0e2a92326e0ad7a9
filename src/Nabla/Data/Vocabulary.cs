using System.Runtime.InteropServices;
using System.Text;

namespace Nabla.Data;

/// <summary>Tokens, which are characters or words, and their numbers: text into int64 tensors and back.</summary>
public sealed class Vocabulary
{
    readonly string[] tokens;
    readonly Dictionary<string, int> numbers;
    readonly int unknown;

    /// <summary>Given tokens, numbered from 0.</summary>
    /// <param name="tokens">Distinct tokens.</param>
    /// <param name="unknown">The token that stands for all others; without one they are an error.</param>
    /// <exception cref="ArgumentException">A token occurs twice, or the one for others is not among them.</exception>
    public Vocabulary(IEnumerable<string> tokens, string? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        this.tokens = [.. tokens];
        numbers = new(this.tokens.Length, StringComparer.Ordinal);
        for (int i = 0; i < this.tokens.Length; i++)
            if (!numbers.TryAdd(this.tokens[i], i))
                DataErrors.Argument($"Vocabulary: the token '{this.tokens[i]}' occurs at {numbers[this.tokens[i]]} and {i}.",
                    nameof(tokens));
        this.unknown = -1;
        if (unknown is not null && !numbers.TryGetValue(unknown, out this.unknown))
            DataErrors.Argument($"Vocabulary: the token for unknown ones, '{unknown}', is not among the tokens.", nameof(unknown));
    }

    /// <summary>The characters of a text in the order of their code points, behind given special tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="special">Tokens with the first numbers, such as an end mark.</param>
    /// <param name="unknown">The special token that stands for unknown characters.</param>
    public static Vocabulary OfCharacters(string text, IEnumerable<string>? special = null, string? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] first = [.. special ?? []];
        return new([.. first, .. Characters(text).Distinct(StringComparer.Ordinal).Except(first, StringComparer.Ordinal)
            .OrderBy(static c => char.ConvertToUtf32(c, 0))], unknown);
    }

    /// <summary>Words by falling frequency, equally frequent ones in ordinal order, behind given special tokens.</summary>
    /// <param name="words">The words of a text.</param>
    /// <param name="minCount">Words that occur less often are left out.</param>
    /// <param name="special">Tokens with the first numbers.</param>
    /// <param name="unknown">The special token that stands for unknown words.</param>
    public static Vocabulary OfWords(IEnumerable<string> words, long minCount = 1, IEnumerable<string>? special = null,
        string? unknown = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        foreach (string word in words) CollectionsMarshal.GetValueRefOrAddDefault(counts, word, out _)++;
        string[] first = [.. special ?? []];
        return new([.. first, .. counts.Where(c => c.Value >= minCount && !first.Contains(c.Key)).OrderByDescending(static c => c.Value)
            .ThenBy(static c => c.Key, StringComparer.Ordinal).Select(static c => c.Key)], unknown);
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => tokens.Length;

    /// <summary>The tokens in the order of their numbers.</summary>
    public IReadOnlyList<string> Tokens => tokens;

    /// <summary>The token with a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public string this[long number]
    {
        get
        {
            if (number < 0 || number >= tokens.Length)
                Throw.Range(nameof(number), number, $"index out of range in self: {number} of a vocabulary of {tokens.Length} tokens.");
            return tokens[number];
        }
    }

    /// <summary>The number of a token, or of the one for unknown ones.</summary>
    /// <exception cref="ArgumentException">The token is unknown.</exception>
    public long this[string token] => Number(token, null);

    /// <summary>The number of a token of one character.</summary>
    /// <exception cref="ArgumentException">The token is unknown.</exception>
    public long this[char token] => this[token.ToString()];

    /// <summary>Whether a token is among the tokens.</summary>
    public bool Contains(string token) => numbers.ContainsKey(token);

    /// <summary>The characters of a text as numbers, int64.</summary>
    /// <exception cref="ArgumentException">A character is unknown; the message says which and where.</exception>
    public Tensor Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(Characters(text));
    }

    /// <summary>Tokens as numbers, int64.</summary>
    /// <exception cref="ArgumentException">A token is unknown; the message says which and where.</exception>
    public Tensor Encode(IEnumerable<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        List<long> ids = [];
        foreach (string token in tokens) ids.Add(Number(token, ids.Count));
        return Tensor.From(ids.ToArray());
    }

    /// <summary>The tokens with given numbers, joined.</summary>
    /// <param name="numbers">An integer tensor, read in row-major order.</param>
    /// <param name="separator">What stands between tokens: nothing for characters, a space for words.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no token with a number.</exception>
    /// <exception cref="DTypeException">The tensor does not hold integers.</exception>
    public string Decode(Tensor numbers, string separator = "")
    {
        ArgumentNullException.ThrowIfNull(numbers);
        if (!numbers.DType.IsInteger())
            Throw.Types($"Vocabulary.Decode: numbers of tokens are integers, but the tensor is {numbers.DType.Name()}.");
        return string.Join(separator, Array.ConvertAll(numbers.To(DType.Int64).ToArray<long>(), n => this[n]));
    }

    /// <summary>The Unicode characters of a text, each a string.</summary>
    static IEnumerable<string> Characters(string text)
    {
        foreach (Rune rune in text.EnumerateRunes()) yield return rune.ToString();
    }

    long Number(string token, int? place)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (numbers.TryGetValue(token, out int number)) return number;
        if (unknown >= 0) return unknown;
        string where = place is null ? "" : $" at position {place}";
        Rune[] runes = [.. token.EnumerateRunes().Take(2)];
        string kind = runes.Length == 1 ? $"character U+{runes[0].Value:X4}" : "token";
        throw new ArgumentException($"Vocabulary: unknown {kind} '{token}'{where}: add it to the vocabulary, or name a token for unknown " +
            "ones.", nameof(token));
    }
}

/// <summary>
/// Stretches of a sequence and what follows them: sample i is (x[i .. i + length], x[i + 1 .. i + length + 1]), for models that
/// foretell the next token.
/// </summary>
public sealed class WindowDataset : Dataset<(Tensor, Tensor)>
{
    readonly Tensor sequence;
    readonly long length, stride;

    /// <summary>All stretches of one length.</summary>
    /// <param name="sequence">Numbers of tokens, or anything else along dimension 0.</param>
    /// <param name="length">The length of a stretch.</param>
    /// <param name="stride">The distance between the starts of neighbouring ones.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length or the stride is not positive.</exception>
    /// <exception cref="ShapeException">The sequence has no dimension.</exception>
    public WindowDataset(Tensor sequence, long length, long stride = 1)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Rank == 0) Throw.Shapes("WindowDataset: a sequence has a first dimension, but this tensor is 0-d.");
        if (length < 1) Throw.Range(nameof(length), length, $"WindowDataset: the length should be positive, but got {length}.");
        if (stride < 1) Throw.Range(nameof(stride), stride, $"WindowDataset: the stride should be positive, but got {stride}.");
        (this.sequence, this.length, this.stride) = (sequence, length, stride);
    }

    /// <inheritdoc/>
    public override long Count => sequence.Size(0) <= length ? 0 : (sequence.Size(0) - length - 1) / stride + 1;

    /// <inheritdoc/>
    public override (Tensor, Tensor) this[long index]
    {
        get
        {
            long start = Dataset.At(index, Count) * stride;
            return (sequence.Narrow(0, start, length), sequence.Narrow(0, start + 1, length));
        }
    }
}
