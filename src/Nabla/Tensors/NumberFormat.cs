using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>
/// One format for all numbers of a printed tensor, as PyTorch chooses it: integers with a dot, decimals, or scientific notation, padded
/// to the longest. It sees every value first, in <see cref="Observe"/>.
/// </summary>
internal sealed class NumberFormat
{
    private readonly DType dtype;
    private readonly PrintOptions options;
    private readonly string? custom;
    private readonly IFormatProvider? culture;
    private bool whole = true, scientific;
    private double least = double.PositiveInfinity, most;
    private int wholeWidth, fixedWidth, scientificWidth;

    internal NumberFormat(DType dtype, PrintOptions options, string? custom = null, IFormatProvider? culture = null) =>
        (this.dtype, this.options, this.custom, this.culture) = (dtype, options, custom, culture);

    /// <summary>The width of every number.</summary>
    internal int Width { get; private set; }

    internal static Scalar Read(Tensor x, long at) => x.dtype switch
    {
        DType.Bool => x.storage.At<byte>(at) != 0,
        DType.UInt8 => x.storage.At<byte>(at),
        DType.Int8 => x.storage.At<sbyte>(at),
        DType.Int16 => x.storage.At<short>(at),
        DType.Int32 => x.storage.At<int>(at),
        DType.Int64 => x.storage.At<long>(at),
        DType.Float16 => x.storage.At<Half>(at),
        DType.BFloat16 => (float)x.storage.At<BFloat16>(at),
        DType.Float32 => x.storage.At<float>(at),
        DType.Complex64 => new System.Numerics.Complex(x.storage.At<float>(2 * at), x.storage.At<float>(2 * at + 1)),
        DType.Complex128 => x.storage.At<System.Numerics.Complex>(at),
        _ => x.storage.At<double>(at),
    };

    /// <summary>A number in a format of the caller's.</summary>
    internal static string Text(Scalar value, string? format, IFormatProvider? culture) => value.Category switch
    {
        0 => value.IsZero ? "False" : "True",
        1 => value.ToInt64().ToString(format, culture),
        3 => value.ToComplex().ToString(format, culture),
        _ => value.ToDouble().ToString(format, culture),
    };

    internal void Observe(Tensor x, long at)
    {
        Scalar value = Read(x, at);
        if (custom is not null || !dtype.IsFloatingPoint())
        {
            Width = Math.Max(Width, Text(value, custom, custom is null ? CultureInfo.InvariantCulture : culture).Length);
            return;
        }
        double v = value.ToDouble();
        if (!double.IsFinite(v) || v == 0) return;
        whole &= v == Math.Ceiling(v);
        (least, most) = (Math.Min(least, Math.Abs(v)), Math.Max(most, Math.Abs(v)));
        wholeWidth = Math.Max(wholeWidth, Whole(v).Length);
        scientificWidth = Math.Max(scientificWidth, Scientific(v).Length);
        // The digits of a large number are many; where it matters the notation is scientific anyway.
        if (Math.Abs(v) <= 1e9) fixedWidth = Math.Max(fixedWidth, Fixed(v).Length);
    }

    /// <summary>Chooses the notation and the width.</summary>
    internal void Settle()
    {
        if (custom is not null || !dtype.IsFloatingPoint()) return;
        if (most == 0)
        {
            Width = 1;
            return;
        }
        bool wide = most / least > 1000 || most > 1e8 || (!whole && least < 1e-4);
        // The width stays that of the notation the values ask for, even where an option overrides it: so does PyTorch.
        Width = wide ? scientificWidth : whole ? wholeWidth : fixedWidth;
        scientific = options.SciMode ?? wide;
    }

    internal void Append(StringBuilder text, Tensor x, long at)
    {
        Scalar value = Read(x, at);
        string s = custom is not null || !dtype.IsFloatingPoint()
            ? Text(value, custom, custom is null ? CultureInfo.InvariantCulture : culture)
            : Text(value.ToDouble());
        text.Append(' ', Math.Max(0, Width - s.Length)).Append(s);
    }

    private string Text(double v)
    {
        if (double.IsNaN(v)) return "nan";
        if (double.IsInfinity(v)) return v > 0 ? "inf" : "-inf";
        return scientific ? Scientific(v) : whole ? Whole(v) : Fixed(v);
    }

    private static string Whole(double v) => v.ToString("F0", CultureInfo.InvariantCulture) + ".";

    private string Fixed(double v) =>
        v.ToString("F" + options.Precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private string Scientific(double v)
    {
        string s = v.ToString("e" + options.Precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int exponent = s.LastIndexOf('e') + 2;
        // .NET writes three digits of exponent, C at least two.
        return s[exponent] == '0' ? string.Concat(s.AsSpan(0, exponent), s.AsSpan(exponent + 1)) : s;
    }
}
