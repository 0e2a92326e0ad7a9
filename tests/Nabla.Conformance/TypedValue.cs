using System.Globalization;
using System.Text;
using System.Text.Json;
using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>Arguments and plain results of a manifest.</summary>
public static class TypedValue
{
    /// <summary>The value, in the types that <see cref="Call"/> lists.</summary>
    public static object? Read(JsonElement json, IReadOnlyList<Tensor> tensors) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetInt64(),
        JsonValueKind.Array => json.EnumerateArray().Select(v => Read(v, tensors)).ToArray(),
        _ => ReadTagged(json, tensors),
    };

    /// <summary>All arguments of a call.</summary>
    public static Call ReadCall(JsonElement args, JsonElement kwargs, IReadOnlyList<Tensor> tensors) => new(
        [.. args.EnumerateArray().Select(v => Read(v, tensors))],
        kwargs.EnumerateObject().ToDictionary(p => p.Name, p => Read(p.Value, tensors)));

    private static object? ReadTagged(JsonElement json, IReadOnlyList<Tensor> tensors)
    {
        JsonProperty first = json.EnumerateObject().First();
        JsonElement value = first.Value;
        return first.Name switch
        {
            "t" => tensors[value.GetInt32()],
            "f" => Float(value),
            "list" => value.EnumerateArray().Select(v => Read(v, tensors)).ToList(),
            "slice" => new SliceValue(Read(value[0], tensors), Read(value[1], tensors), Read(value[2], tensors)),
            "ellipsis" => new EllipsisValue(),
            "dtype" => DTypeNamed(value.GetString()!),
            "memory_format" or "layout" or "device" => value.GetString(),
            "fn" => new FunctionValue(value.GetString()!),
            "module" => new ModuleValue(value.GetString()!, ReadCall(json.GetProperty("args"), json.GetProperty("kwargs"), tensors)),
            "c" => new System.Numerics.Complex(Float(value[0]), Float(value[1])),
            var other => throw new InvalidDataException($"Unknown kind of value '{other}'."),
        };
    }

    private static double Float(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : value.GetString() switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        var other => throw new InvalidDataException($"Unknown number '{other}'."),
    };

    private static object DTypeNamed(string name)
    {
        foreach (DType dtype in Enum.GetValues<DType>())
            if (dtype.Name() == name) return dtype;
        throw new InvalidDataException($"Unknown dtype '{name}'.");
    }

    /// <summary>A call as PyTorch code; tensors as their dtype and shape.</summary>
    public static string Describe(string function, Call call)
    {
        IEnumerable<string> parts = call.Args.Select(Describe).Concat(call.Kwargs.Select(p => $"{p.Key}={Describe(p.Value)}"));
        return $"{function}({string.Join(", ", parts)})";
    }

    private static string Describe(object? value) => value switch
    {
        null => "None",
        bool b => b ? "True" : "False",
        string s => $"'{s}'",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        Tensor t => Describe(t),
        List<object?> list => $"[{string.Join(", ", list.Select(Describe))}]",
        object?[] tuple => $"({string.Join(", ", tuple.Select(Describe))}{(tuple.Length == 1 ? "," : "")})",
        SliceValue s => $"slice({Describe(s.Start)}, {Describe(s.Stop)}, {Describe(s.Step)})",
        EllipsisValue => "...",
        FunctionValue f => f.Name,
        ModuleValue m => Describe(m.Class, m.Arguments),
        DType d => d.Name(),
        System.Numerics.Complex c =>
            string.Create(CultureInfo.InvariantCulture, $"({c.Real:R}{(c.Imaginary < 0 ? "" : "+")}{c.Imaginary:R}j)"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Describe(Tensor t)
    {
        StringBuilder text = new($"{t.DType.Name()}{t.Shape}");
        if (t.RequiresGrad) text.Append(" grad");
        if (!t.IsContiguous) text.Append($" strides {Shape.Format(t.layout.strides)}");
        if (t.NumElements == 1 && !t.DType.IsComplex()) text.Append(CultureInfo.InvariantCulture, $" {t.Detach().Item():R}");
        return $"<{text}>";
    }
}
