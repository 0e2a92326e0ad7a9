using System.Globalization;

namespace Nabla.Nn;

/// <summary>Values as Python prints them.</summary>
internal static class Repr
{
    internal static string Of(bool b) => b ? "True" : "False";

    internal static string Of(long n) => n.ToString(CultureInfo.InvariantCulture);

    internal static string Of(long? n) => n?.ToString(CultureInfo.InvariantCulture) ?? "None";

    /// <summary>The shortest digits that give the number back, with an exponent below 1e-4 and from 1e16 on.</summary>
    internal static string Of(double x)
    {
        if (double.IsNaN(x)) return "nan";
        if (double.IsInfinity(x)) return x > 0 ? "inf" : "-inf";
        double size = Math.Abs(x);
        if (size is >= 1e15 and < 1e16) return x.ToString("F1", CultureInfo.InvariantCulture);
        string text = x.ToString("R", CultureInfo.InvariantCulture);
        int e = text.IndexOf('E', StringComparison.Ordinal);
        if (e < 0) return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
        int exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{text[..e]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    internal static string Of(double? x) => x is { } value ? Of(value) : "None";

    internal static string Of(Scalar x) => x.IsFloatingPoint ? Of(x.ToDouble()) : x.ToString();

    /// <summary>One size as a number, several as a tuple.</summary>
    internal static string Of(Shape sizes) => sizes.Count == 1 ? Of(sizes[0]) : Tuple(sizes);

    internal static string Of(Shape? sizes) => sizes is { } given ? Of(given) : "None";

    internal static string Of(AdaptiveSize sizes) => sizes.Count == 1 ? Of(sizes[0]) : $"({string.Join(", ", sizes.Select(Of))})";

    internal static string Tuple(Shape sizes) =>
        sizes.Count == 1 ? $"({Of(sizes[0])},)" : $"({string.Join(", ", sizes.Select(static s => Of(s)))})";

    internal static string Of(IReadOnlyList<double> factors) =>
        factors.Count == 1 ? Of(factors[0]) : $"({string.Join(", ", factors.Select(static f => Of(f)))})";

    /// <summary>What a module in place says, behind its other arguments.</summary>
    internal static string InPlace(bool inPlace, string before = "") =>
        !inPlace ? before : before.Length == 0 ? "inplace=True" : before + ", inplace=True";
}
