using System.Globalization;

namespace Nabla;

/// <summary>
/// A plain number as an operand. It is weak: it takes part in promotion by its category only, so <c>x * 2.5</c> keeps the dtype of a
/// floating-point <c>x</c>, and an integer <c>x</c> becomes <see cref="Tensor.DefaultDType"/>.
/// </summary>
public readonly struct Scalar : IEquatable<Scalar>
{
    private readonly double real;

    /// <summary>The integer, or the bits of the imaginary part.</summary>
    private readonly long integer;

    /// <summary>The dtype a tensor made from this number alone has: bool, int64, <see cref="Tensor.DefaultDType"/> or the complex type
    /// of its precision.</summary>
    public DType DType => Category switch
    {
        0 => DType.Bool,
        1 => DType.Int64,
        2 => Tensor.DefaultDType,
        _ => Tensor.DefaultDType.ToComplex(),
    };

    // 0 bool, 1 integer, 2 floating point, 3 complex
    internal readonly byte Category;

    private Scalar(long value, byte category) { integer = value; real = value; Category = category; }
    private Scalar(double value) { real = value; Category = 2; }
    private Scalar(System.Numerics.Complex value)
    {
        (real, integer, Category) = (value.Real, BitConverter.DoubleToInt64Bits(value.Imaginary), 3);
    }

    /// <summary>True if the number was given as float or double.</summary>
    public bool IsFloatingPoint => Category == 2;

    /// <summary>True if the number was given as <see cref="System.Numerics.Complex"/>.</summary>
    public bool IsComplex => Category == 3;

    /// <summary>The value as a double; of a complex number the real part.</summary>
    public double ToDouble() => real;

    /// <summary>The value as a complex number.</summary>
    public System.Numerics.Complex ToComplex() => new(real, Imaginary);

    internal double Imaginary => Category == 3 ? BitConverter.Int64BitsToDouble(integer) : 0;

    /// <summary>The value as a long: fractions are cut off, values out of range saturate, NaN is 0.</summary>
    public long ToInt64() => Category >= 2 ? (long)real : integer;

    internal bool IsZero => real == 0 && Imaginary == 0;

    /// <summary>A floating-point number.</summary>
    public static implicit operator Scalar(double value) => new(value);
    /// <summary>A floating-point number.</summary>
    public static implicit operator Scalar(float value) => new((double)value);
    /// <summary>A floating-point number.</summary>
    public static implicit operator Scalar(Half value) => new((double)value);
    /// <summary>A complex number.</summary>
    public static implicit operator Scalar(System.Numerics.Complex value) => new(value);
    /// <summary>An integer.</summary>
    public static implicit operator Scalar(int value) => new(value, 1);
    /// <summary>An integer.</summary>
    public static implicit operator Scalar(long value) => new(value, 1);
    /// <summary>A bool.</summary>
    public static implicit operator Scalar(bool value) => new(value ? 1 : 0, 0);

    /// <inheritdoc/>
    public bool Equals(Scalar other) => Category == other.Category && integer == other.integer && real.Equals(other.real);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Scalar other && Equals(other);
    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Category, real, integer);
    /// <summary>Same category and value.</summary>
    public static bool operator ==(Scalar left, Scalar right) => left.Equals(right);
    /// <summary>Different category or value.</summary>
    public static bool operator !=(Scalar left, Scalar right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => Category switch
    {
        0 => integer != 0 ? "True" : "False",
        1 => integer.ToString(CultureInfo.InvariantCulture),
        3 => ToComplex().ToString(CultureInfo.InvariantCulture),
        _ => real.ToString(CultureInfo.InvariantCulture),
    };
}
