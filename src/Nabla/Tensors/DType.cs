namespace Nabla;

/// <summary>The element type of a <see cref="Tensor"/>, in PyTorch's order of promotion within each category.</summary>
public enum DType : byte
{
    /// <summary>One byte, 0 or 1. CLR type <see cref="bool"/>.</summary>
    Bool,
    /// <summary>Unsigned 8-bit integer. CLR type <see cref="byte"/>.</summary>
    UInt8,
    /// <summary>Signed 8-bit integer. CLR type <see cref="sbyte"/>.</summary>
    Int8,
    /// <summary>Signed 16-bit integer. CLR type <see cref="short"/>.</summary>
    Int16,
    /// <summary>Signed 32-bit integer. CLR type <see cref="int"/>.</summary>
    Int32,
    /// <summary>Signed 64-bit integer, the type of indices. CLR type <see cref="long"/>.</summary>
    Int64,
    /// <summary>IEEE 754 binary16. CLR type <see cref="Half"/>; arithmetic is done in float32 and rounded once.</summary>
    Float16,
    /// <summary>bfloat16: the upper half of a float32. CLR type <see cref="Nabla.BFloat16"/>; arithmetic as for
    /// <see cref="Float16"/>.</summary>
    BFloat16,
    /// <summary>IEEE 754 binary32, the default floating-point type. CLR type <see cref="float"/>.</summary>
    Float32,
    /// <summary>IEEE 754 binary64. CLR type <see cref="double"/>.</summary>
    Float64,
    /// <summary>A complex number of two float32: real part, imaginary part.</summary>
    Complex64,
    /// <summary>A complex number of two float64. CLR type <see cref="System.Numerics.Complex"/>.</summary>
    Complex128,
}

/// <summary>Facts about a <see cref="DType"/>.</summary>
public static class DTypeExtensions
{
    private const int Count = (int)DType.Complex128 + 1;

    /// <summary>Bytes per element.</summary>
    public static int ItemSize(this DType dtype) => (uint)dtype < (uint)ItemSizes.Length ? ItemSizes[(int)dtype] : 8;

    private static ReadOnlySpan<byte> ItemSizes => [1, 1, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16];

    /// <summary>True for float16, bfloat16, float32 and float64.</summary>
    public static bool IsFloatingPoint(this DType dtype) => dtype is >= DType.Float16 and <= DType.Float64;

    /// <summary>True for complex64 and complex128.</summary>
    public static bool IsComplex(this DType dtype) => dtype >= DType.Complex64;

    /// <summary>True for the types whose values can have gradients: floating point and complex.</summary>
    internal static bool IsDifferentiable(this DType dtype) => dtype >= DType.Float16;

    /// <summary>The type of the parts of a complex type; other types as they are.</summary>
    internal static DType Part(this DType dtype) => dtype switch
    {
        DType.Complex64 => DType.Float32,
        DType.Complex128 => DType.Float64,
        _ => dtype,
    };

    /// <summary>The complex type with parts of this precision: complex128 for float64, otherwise complex64.</summary>
    internal static DType ToComplex(this DType dtype) => dtype is DType.Float64 or DType.Complex128 ? DType.Complex128 : DType.Complex64;

    /// <summary>True for the integer types; bool is not one of them.</summary>
    public static bool IsInteger(this DType dtype) => dtype is >= DType.UInt8 and <= DType.Int64;

    /// <summary>True for integers that can be negative, for floating point and for complex numbers.</summary>
    public static bool IsSigned(this DType dtype) => dtype is not (DType.Bool or DType.UInt8);

    /// <summary>PyTorch's name of the type, such as <c>float32</c> or <c>int64</c>.</summary>
    public static string Name(this DType dtype) => dtype switch
    {
        DType.Bool => "bool",
        DType.UInt8 => "uint8",
        DType.Int8 => "int8",
        DType.Int16 => "int16",
        DType.Int32 => "int32",
        DType.Int64 => "int64",
        DType.Float16 => "float16",
        DType.BFloat16 => "bfloat16",
        DType.Float32 => "float32",
        DType.Float64 => "float64",
        DType.Complex64 => "complex64",
        DType.Complex128 => "complex128",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Unknown dtype."),
    };

    /// <summary>The name PyTorch's error messages use for the type, such as <c>Float</c> or <c>Long</c>.</summary>
    internal static string ScalarName(this DType dtype) => dtype switch
    {
        DType.Bool => "Bool",
        DType.UInt8 => "Byte",
        DType.Int8 => "Char",
        DType.Int16 => "Short",
        DType.Int32 => "Int",
        DType.Int64 => "Long",
        DType.Float16 => "Half",
        DType.BFloat16 => "BFloat16",
        DType.Float32 => "Float",
        DType.Complex64 => "ComplexFloat",
        DType.Complex128 => "ComplexDouble",
        _ => "Double",
    };

    /// <summary>The C++ name that PyTorch's messages about operands use, such as <c>double</c> or <c>long int</c>.</summary>
    internal static string NativeName(this DType dtype) => dtype switch
    {
        DType.UInt8 => "unsigned char",
        DType.Int8 => "signed char",
        DType.Int16 => "short int",
        DType.Int32 => "int",
        DType.Int64 => "long int",
        DType.Float16 => "c10::Half",
        DType.BFloat16 => "c10::BFloat16",
        DType.Float32 => "float",
        DType.Float64 => "double",
        DType.Complex64 => "c10::complex<float>",
        DType.Complex128 => "c10::complex<double>",
        _ => "bool",
    };

    /// <summary>The C++ name that PyTorch's messages about numbers use, such as <c>int8_t</c>.</summary>
    internal static string ValueName(this DType dtype) => dtype switch
    {
        DType.UInt8 => "uint8_t",
        DType.Int8 => "int8_t",
        DType.Int16 => "int16_t",
        DType.Int64 => "int64_t",
        DType.Float16 => "at::Half",
        DType.BFloat16 => "at::BFloat16",
        _ => dtype.NativeName(),
    };

    /// <summary>
    /// Whether a number can be stored, as PyTorch has it: integers must lie in the type's range (negative ones wrap in uint8), finite
    /// fractions must not become infinite, and integers hold neither NaN nor infinity.
    /// </summary>
    internal static bool CanHold(this DType dtype, Scalar value)
    {
        double x = value.ToDouble();
        if (dtype == DType.Bool) return true;
        if (value.Category > 2 && !dtype.IsComplex()) return value.Imaginary == 0 && dtype.CanHold(x);
        if (dtype.IsComplex()) return dtype.Part().CanHold(x) && dtype.Part().CanHold(value.Imaginary);
        if (dtype.IsFloatingPoint()) return !double.IsFinite(x) || Math.Abs(x) <= Largest(dtype);
        (long low, long high) = Bounds(dtype);
        if (!value.IsFloatingPoint) return value.ToInt64() >= low && value.ToInt64() <= high;
        return dtype == DType.Int64 ? x is >= -9223372036854775808.0 and < 9223372036854775808.0 : x >= low && x <= high;
    }

    /// <summary>The nearest value that an integer type holds; other types hold every number that is asked of them.</summary>
    internal static Scalar Nearest(this DType dtype, double value)
    {
        if (!dtype.IsInteger()) return dtype == DType.Bool ? value > 0 : value;
        (long low, long high) = Bounds(dtype);
        return value <= low ? dtype == DType.UInt8 ? 0 : low : value >= high ? high : (long)value;
    }

    private static double Largest(DType dtype) => dtype switch
    {
        DType.Float16 => 65504,
        DType.BFloat16 => 3.3895313892515355e38,
        DType.Float32 => float.MaxValue,
        _ => double.MaxValue,
    };

    private static (long Low, long High) Bounds(DType dtype) => dtype switch
    {
        DType.UInt8 => (-byte.MaxValue, byte.MaxValue),
        DType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        DType.Int16 => (short.MinValue, short.MaxValue),
        DType.Int32 => (int.MinValue, int.MaxValue),
        _ => (long.MinValue, long.MaxValue),
    };

    internal static bool IsDefined(this DType dtype) => (int)dtype < Count;

    /// <summary>The type in which sums of <paramref name="dtype"/> are kept: float32 for the 16-bit types.</summary>
    internal static DType Accumulator(this DType dtype) => dtype is DType.Float16 or DType.BFloat16 ? DType.Float32 : dtype;
}

internal static class DTypeOf<T>
{
    /// <summary>The dtype of a CLR type, or null if tensors cannot hold it.</summary>
    internal static readonly DType? Value =
        typeof(T) == typeof(bool) ? DType.Bool
        : typeof(T) == typeof(byte) ? DType.UInt8
        : typeof(T) == typeof(sbyte) ? DType.Int8
        : typeof(T) == typeof(short) ? DType.Int16
        : typeof(T) == typeof(int) ? DType.Int32
        : typeof(T) == typeof(long) ? DType.Int64
        : typeof(T) == typeof(Half) ? DType.Float16
        : typeof(T) == typeof(BFloat16) ? DType.BFloat16
        : typeof(T) == typeof(float) ? DType.Float32
        : typeof(T) == typeof(double) ? DType.Float64
        : typeof(T) == typeof(System.Numerics.Complex) ? DType.Complex128
        : null;
}
