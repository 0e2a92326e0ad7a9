using System.Text;

namespace Nabla.Data;

public static partial class Generated
{
    static readonly string[] Ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];

    static readonly string[] Tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    // The grammar: name = syllable {syllable} [ending]; syllable = onset vowel [coda]; a coda only where no vowel follows directly.
    static readonly string[] Onsets = ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "br", "dr", "gr", "kr",
        "tr", "sh", "th", "st", "fl"];

    static readonly string[] Vowels = ["a", "e", "i", "o", "u", "a", "e", "i", "ai", "ea"];

    static readonly string[] Codas = ["", "", "", "l", "n", "r", "s", "m"];

    static readonly string[] Endings = ["", "", "a", "el", "en", "ia", "in", "is", "o", "on"];

    /// <summary>
    /// Names that nobody has, by a small grammar: one to three syllables of consonants, vowel and sometimes consonant, then sometimes an
    /// ending. Each name draws the number of its syllables, the parts of each, and the ending.
    /// </summary>
    /// <param name="count">How many names; some may occur twice.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <returns>Names in lower-case letters a to z.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static string[] Names(int count, Generator? generator = null)
    {
        NotNegative(count, 0);
        string[] names = new string[count];
        StringBuilder name = new();
        for (int i = 0; i < count; i++)
        {
            name.Clear();
            for (int syllables = 1 + Draw(generator, 3); syllables > 0; syllables--)
                name.Append(One(Onsets)).Append(One(Vowels)).Append(One(Codas));
            string ending = One(Endings);
            if (ending.Length > 0 && name[^1] is 'a' or 'e' or 'i' or 'o' or 'u') name.Append(One(["l", "n", "r", "s", "t"]));
            names[i] = name.Append(ending).ToString();
        }
        return names;

        string One(string[] choices) => choices[Draw(generator, choices.Length)];
    }

    /// <summary>
    /// Arithmetic progressions modulo a number: inputs x_j = (start + step j) mod modulus, j from 0 to length - 1, target x_length. Start
    /// and step are drawn evenly from 0 to modulus - 1.
    /// </summary>
    /// <param name="count">How many progressions.</param>
    /// <param name="length">How many numbers are given.</param>
    /// <param name="modulus">The numbers are smaller than it.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <returns>Inputs, int64 of shape [count, length], and targets, int64 of shape [count].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static TensorDataset<(Tensor, Tensor)> Progressions(int count, int length, int modulus = 10, Generator? generator = null)
    {
        NotNegative(count, 0);
        if (length < 1) Throw.Range(nameof(length), length, "A progression has at least one number.");
        if (modulus < 1) Throw.Range(nameof(modulus), modulus, "The modulus is at least 1.");
        long[] inputs = new long[checked((long)count * length)], targets = new long[count];
        for (int i = 0; i < count; i++)
        {
            long start = Draw(generator, modulus), step = Draw(generator, modulus);
            for (int j = 0; j < length; j++) inputs[(long)i * length + j] = (start + step * j) % modulus;
            targets[i] = (start + step * length) % modulus;
        }
        return TensorDataset.Of(Tensor.From(inputs, [count, length]), Tensor.From(targets));
    }

    /// <summary>The numbers first to last in English words with spaces between: a text for character models. Nothing is drawn.</summary>
    /// <param name="first">The first number, from 0.</param>
    /// <param name="last">The last number, to 999 999.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static string SpelledNumbers(int first = 1, int last = 99)
    {
        if (first < 0) Throw.Range(nameof(first), first, "Numbers from 0 to 999999 can be spelled.");
        if (last > 999_999) Throw.Range(nameof(last), last, "Numbers from 0 to 999999 can be spelled.");
        StringBuilder text = new();
        for (int n = first; n <= last; n++) Spell(n, n == first ? text : text.Append(' '));
        return text.ToString();
    }

    static void Spell(int n, StringBuilder text)
    {
        if (n >= 1000)
        {
            Spell(n / 1000, text);
            text.Append(" thousand");
            if ((n %= 1000) == 0) return;
            text.Append(' ');
        }
        if (n >= 100)
        {
            text.Append(Ones[n / 100]).Append(" hundred");
            if ((n %= 100) == 0) return;
            text.Append(' ');
        }
        if (n < 20) text.Append(Ones[n]);
        else
        {
            text.Append(Tens[n / 10]);
            if (n % 10 > 0) text.Append('-').Append(Ones[n % 10]);
        }
    }
}
