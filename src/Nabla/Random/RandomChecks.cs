using System.Globalization;
using System.Numerics;

namespace Nabla;

/// <summary>The arguments that PyTorch refuses, in PyTorch's words; the tensor operations ask here before they touch a tensor.</summary>
static class RandomChecks
{
    internal static void Uniform<T>(double from, double to)
    {
        double limit = Floating<T>("check_uniform_bounds").Max;
        if (!(Math.Abs(from) <= limit)) throw OutOfBounds<T>("from", from);
        if (!(Math.Abs(to) <= limit)) throw OutOfBounds<T>("to", to);
        if (!(from <= to))
            throw Wrong(nameof(from), $"uniform_ expects to return a [from, to) range, but found from={Words(from)} > to={Words(to)}");
        if (!(to - from <= limit))
            throw Wrong(nameof(to), $"uniform_ expects to-from <= std::numeric_limits<{Name<T>()}>::max(), but found to={Words(to)} " +
                $"and from={Words(from)} which result in to-from to exceed the limit");
    }

    internal static void Normal<T>(double std)
    {
        Floating<T>("normal_kernel_cpu");
        if (!(std >= 0)) throw Wrong(nameof(std), $"normal expects std >= 0.0, but found std {Words(std)}");
    }

    internal static void Exponential<T>(double lambda)
    {
        if (Describe<T>() is not { Digits: > 0 })
            throw new ArgumentException("Exponential distribution is a continuous probability distribution. " +
                $"dtype must be a floating point but you specified {Name<T>()}");
        if (!(lambda > 0)) throw Wrong(nameof(lambda), $"exponential_ expects lambda > 0.0, but found lambda={Words(lambda)}");
    }

    internal static void Cauchy<T>(double sigma)
    {
        if (Describe<T>() is not { Digits: > 0 })
            throw new ArgumentException("Cauchy distribution is a continuous probability distribution. " +
                $"dtype must be a floating point but you specified {Describe<T>()?.Cpp ?? typeof(T).Name}");
        if (!(sigma > 0)) throw Wrong(nameof(sigma), $"cauchy_ expects sigma > 0.0, but found sigma={Words(sigma)}");
    }

    internal static void LogNormal<T>(double std)
    {
        Floating<T>("log_normal_cpu");
        if (!(std > 0)) throw Wrong(nameof(std), $"log_normal_ expects std > 0.0, but found std={Words(std)}");
    }

    internal static void Geometric<T>(double p)
    {
        if (Describe<T>() is null or { Cpp: "bool" }) throw NotImplemented<T>("geometric_cpu");
        if (!(p > 0 && p < 1)) throw Wrong(nameof(p), $"geometric_ expects p to be in (0, 1), but got p={Words(p)}");
    }

    internal static void Bernoulli(double p)
    {
        if (!(p >= 0 && p <= 1)) throw Wrong(nameof(p), $"bernoulli_ expects p to be in [0, 1], but got p={Words(p)}");
    }

    internal static void Bernoulli<TP>(ReadOnlySpan<TP> p, int count) where TP : unmanaged
    {
        Floating<TP>("bernoulli_tensor_cpu_p_");
        if (p.Length != count)
            throw Wrong(nameof(p), $"bernoulli expects a probability for each of the {count} elements, but got {p.Length}");
        for (int i = 0; i < p.Length; i++)
            if (RandomKernels.ToDouble(p[i]) is not (>= 0 and <= 1) and var wrong)
                throw Wrong(nameof(p), $"Expected p_in >= 0 && p_in <= 1 to be true, but got false: probability {i} is {Words(wrong)}");
    }

    internal static void Dropout<T>(double p)
    {
        Floating<T>("dropout");
        if (!(p >= 0 && p <= 1)) throw Wrong(nameof(p), $"dropout probability has to be between 0 and 1, but got {Words(p)}");
    }

    internal static void RandPerm<T>(int n)
    {
        if (Describe<T>() is not { Cpp: not "bool" } type) throw NotImplemented<T>("randperm");
        if (type.Max < n)
            throw Wrong(nameof(n), $"value cannot be converted to type {Name<T>()} without overflow: randperm({n}) exceeds it");
    }

    internal static void Multinomial<T>(int categories, int samples, bool replacement)
    {
        if (Describe<T>() is not { Digits: > 0 })
            throw new ArgumentException($"multinomial only supports floating-point dtypes for input, got: {Name<T>()}");
        if (samples <= 0) throw Wrong(nameof(samples), $"cannot sample n_sample <= 0 samples, but got n_sample={samples}");
        if (categories > 1 << 24) throw Wrong(nameof(categories), $"number of categories cannot exceed 2^24, but got {categories}");
        if (categories == 0 || !replacement && samples > categories)
            throw Wrong(nameof(samples), $"cannot sample n_sample > prob_dist.size(-1) samples without replacement: " +
                $"n_sample={samples}, categories={categories}");
    }

    /// <summary>The first value of random_(from, to) and how many there are, adjusted to floating-point types as in PyTorch.</summary>
    internal static (long From, ulong Range) Range<T>(long from, long? to)
    {
        if (Describe<T>() is not { } type) throw NotImplemented<T>("random_from_to_kernel_cpu");
        long last;
        if (to is { } end)
        {
            if (from >= end)
                throw Wrong(nameof(from), $"random_ expects 'from' to be less than 'to', but got from={from} >= to={end}");
            if (type.Digits > 0)
            {
                (from, end) = (type.RoundUp(from), type.RoundDown(end));
                if (from >= end)
                    throw Wrong(nameof(from), "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, " +
                        $"but got from={from} >= to={end}");
            }
            last = end - 1;
        }
        else
        {
            last = type.Digits > 0 ? 1L << type.Digits : (long)type.Max;
            if (typeof(T) == typeof(long)) last = long.MaxValue;
            if (type.Digits > 0 && (from >= last || (from = type.RoundUp(from)) >= last))
                throw Wrong(nameof(from), "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, " +
                    $"but got from={from} > to_inc={last}");
        }
        if (!type.Holds(from)) throw OutOfBounds<T>("from", from);
        if (!type.Holds(last)) throw OutOfBounds<T>("to - 1", last);
        return (from, (ulong)last - (ulong)from + 1);
    }

    /// <summary>How many values random_() has: from 0 to the largest of an integer type, to 2^digits of a float.</summary>
    internal static ulong Values<T>() => Describe<T>() switch
    {
        null => throw NotImplemented<T>("random_kernel_cpu"),
        { Digits: > 0 } type => (1UL << type.Digits) + 1,
        _ when typeof(T) == typeof(long) => 1UL << 63,
        { } type => (ulong)type.Max + 1,
    };

    internal static ArgumentException FullRange<T>() => new(
        "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16, but got " + Name<T>());

    internal static ArgumentException NotImplemented<T>(string kernel) => new(
        $"\"{kernel}\" not implemented for '{Name<T>()}': this distribution has no values of that dtype.");

    static TypeWords Floating<T>(string kernel) => Describe<T>() is { Digits: > 0 } type ? type : throw NotImplemented<T>(kernel);

    static string Name<T>() => Describe<T>()?.Torch ?? typeof(T).Name;

    static TypeWords? Describe<T>()
    {
        if (typeof(T) == typeof(float)) return new("Float", "float", 24, float.MaxValue);
        if (typeof(T) == typeof(double)) return new("Double", "double", 53, double.MaxValue);
        if (typeof(T) == typeof(Half)) return new("Half", "c10::Half", 11, 65504);
        if (typeof(T) == typeof(BFloat16)) return new("BFloat16", "c10::BFloat16", 8, 3.3895313892515355e38);
        if (typeof(T) == typeof(long)) return new("Long", "long int", 0, long.MaxValue);
        if (typeof(T) == typeof(int)) return new("Int", "int", 0, int.MaxValue);
        if (typeof(T) == typeof(short)) return new("Short", "short int", 0, short.MaxValue);
        if (typeof(T) == typeof(sbyte)) return new("Char", "signed char", 0, sbyte.MaxValue);
        if (typeof(T) == typeof(byte)) return new("Byte", "unsigned char", 0, byte.MaxValue);
        if (typeof(T) == typeof(bool)) return new("Bool", "bool", 0, 1);
        return null;
    }

    /// <summary>A dtype as PyTorch's messages name it (its own name, C++'s), its significand's digits (0: no float), its maximum.</summary>
    readonly record struct TypeWords(string Torch, string Cpp, int Digits, double Max)
    {
        internal bool Holds(long value) => Torch switch
        {
            "Long" => true,
            "Byte" or "Bool" => value >= 0 && value <= Max,
            _ => value <= Max && value >= (Digits > 0 ? -Max : -Max - 1),
        };

        /// <summary>from + 1 rounded to the type, if that is below from: then the next representable number up.</summary>
        internal long RoundUp(long from)
        {
            long rounded = Round(from + 1);
            return rounded < from ? rounded + Step(from + 1) : from;
        }

        internal long RoundDown(long to)
        {
            long rounded = Round(to - 1);
            return rounded >= to ? rounded - Step(to - 1) : to;
        }

        long Step(long value) => 1L << BitOperations.Log2((ulong)(value < 0 ? -value : value)) - Digits + 1;

        long Round(long value)
        {
            double rounded = Digits switch
            {
                53 => (double)value,
                24 => (float)value,
                11 => (float)(Half)(float)value,
                _ => (float)(BFloat16)(float)value,
            };
            return rounded >= 9223372036854775808.0 ? long.MinValue : (long)rounded; // x86 casts 2^63 so, and PyTorch with it
        }
    }

    static ArgumentOutOfRangeException OutOfBounds<T>(string name, object value) =>
        new(null, $"{name} is out of bounds for {Describe<T>()?.Cpp}: it is {Words(value)}");

    static ArgumentOutOfRangeException Wrong(string name, string message) => new(name, message);

    /// <summary>A number as C++ streams print it: six significant digits.</summary>
    internal static string Words(object value) => value switch
    {
        double d => d.ToString("G6", CultureInfo.InvariantCulture).Replace('E', 'e').Replace("NaN", "nan", StringComparison.Ordinal)
            .Replace("Infinity", "inf", StringComparison.Ordinal),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
