using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// The values that options and state dictionaries hold, in PyTorch's shapes: null, bool, long, double, string, <see cref="Tensor"/>, list
/// (<c>List&lt;object?&gt;</c>), tuple (<c>object?[]</c>) and dictionaries.
/// </summary>
internal static class StateValue
{
    /// <summary>A value in the form in which it is kept: integers as long, numbers as double, C# tuples and arrays as tuples.</summary>
    internal static object? Normal(object? value, string name) => value switch
    {
        null or bool or long or double or string or Tensor or IDictionary => value,
        int or short or byte => System.Convert.ToInt64(value, CultureInfo.InvariantCulture),
        float or Half => System.Convert.ToDouble(value, CultureInfo.InvariantCulture),
        ITuple tuple => Enumerable.Range(0, tuple.Length).Select(i => Normal(tuple[i], name)).ToArray(),
        Array array => array.Cast<object?>().Select(x => Normal(x, name)).ToArray(),
        IEnumerable items => items.Cast<object?>().Select(x => Normal(x, name)).ToList(),
        _ => Unknown(value, name),
    };

    private static object? Unknown(object value, string name)
    {
        Throw.Argument(name, $"'{name}' is a {value.GetType().Name}, which a state dictionary cannot hold: use a bool, a number, a " +
            "string, a tensor, a tuple, a list or a dictionary.");
        return null;
    }

    /// <summary>A value with lists, tuples and dictionaries copied, tensors shared.</summary>
    internal static object? Copy(object? value) => value switch
    {
        List<object?> list => list.ConvertAll(Copy),
        object?[] tuple => Array.ConvertAll(tuple, Copy),
        IDictionary dictionary => Copy(dictionary),
        _ => value,
    };

    private static OrderedDictionary<object, object?> Copy(IDictionary dictionary)
    {
        OrderedDictionary<object, object?> copy = [];
        foreach (DictionaryEntry entry in dictionary) copy[entry.Key] = Copy(entry.Value);
        return copy;
    }

    /// <summary>The number, if the value is one: an integer, a fraction, or a tensor of one element.</summary>
    internal static double? Number(object? value) => value switch
    {
        double d => d,
        long l => l,
        int i => i,
        float f => f,
        bool b => b ? 1 : 0,
        Tensor { NumElements: 1 } t => t.Item(),
        _ => null,
    };

    internal static double Number(object? value, string name)
    {
        if (Number(value) is { } number) return number;
        Throw.Argument(name, $"'{name}' must be a number, but is {Repr(value)}.");
        return 0;
    }

    internal static long Integer(object? value, string name)
    {
        double number = Number(value, name);
        if (value is long exact) return exact;
        if (number != Math.Floor(number) || Math.Abs(number) > 1L << 53)
            Throw.Argument(name, $"'{name}' must be an integer, but is {Repr(value)}.");
        return (long)number;
    }

    internal static bool Flag(object? value, string name)
    {
        if (value is bool flag) return flag;
        if (value is long number) return number != 0;
        if (value is not null) Throw.Argument(name, $"'{name}' must be True or False, but is {Repr(value)}.");
        return false;
    }

    /// <summary>The items of a list or a tuple.</summary>
    internal static IReadOnlyList<object?> Items(object? value, string name)
    {
        if (value is List<object?> list) return list;
        if (value is object?[] tuple) return tuple;
        if (value is not (null or string or Tensor or IDictionary) && Normal(value, name) is IReadOnlyList<object?> items) return items;
        Throw.Argument(name, $"'{name}' must be a list or a tuple, but is {Repr(value)}.");
        return [];
    }

    internal static double[] Numbers(object? value, string name) => [.. Items(value, name).Select(x => Number(x, name))];

    internal static List<object?> List(IEnumerable<double> values) => [.. values.Select(static x => (object?)x)];

    internal static (double, double) Pair(object? value, string name)
    {
        IReadOnlyList<object?> items = Items(value, name);
        if (items.Count != 2) Throw.Argument(name, $"'{name}' must be a pair of numbers, but is {Repr(value)}.");
        return (Number(items[0], name), Number(items[1], name));
    }

    internal static IDictionary Dictionary(object? value, string name)
    {
        if (value is IDictionary dictionary) return dictionary;
        Throw.Argument(name, $"'{name}' must be a dictionary, but is {Repr(value)}.");
        return new Dictionary<string, object?>();
    }

    /// <summary>The entry of a dictionary, which must be there.</summary>
    internal static object? Required(IDictionary from, string key)
    {
        if (!from.Contains(key)) Throw.Argument("stateDict", $"KeyError: '{key}'. The state dictionary has no entry '{key}'.");
        return from[key];
    }

    /// <summary>A value as Python prints it.</summary>
    internal static string Repr(object? value) => value switch
    {
        null => "None",
        bool b => b ? "True" : "False",
        double d => Repr(d),
        string s => $"'{s}'",
        object?[] { Length: 1 } tuple => $"({Repr(tuple[0])},)",
        object?[] tuple => $"({string.Join(", ", tuple.Select(Repr))})",
        List<object?> list => $"[{string.Join(", ", list.Select(Repr))}]",
        IDictionary d => $"{{{string.Join(", ", d.Keys.Cast<object>().Select(k => $"{Repr(k)}: {Repr(d[k])}"))}}}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Python's repr of a float: the shortest digits, with a point or an exponent of two digits.</summary>
    internal static string Repr(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        string[] parts = value.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        if (shortest.Contains('E', StringComparison.Ordinal)) parts = shortest.Split('E');
        int exponent = int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string all = string.Concat(shortest.Split('E')[0].Where(char.IsAsciiDigit)).TrimStart('0').TrimEnd('0');
        string sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = all.Length > 1 ? "." + all[1..] : "", power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return $"{sign}{all[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{power}";
        }
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{all}";
        string whole = all.PadRight(exponent + 1, '0');
        return $"{sign}{whole[..(exponent + 1)]}.{(whole.Length > exponent + 1 ? whole[(exponent + 1)..] : "0")}";
    }
}
