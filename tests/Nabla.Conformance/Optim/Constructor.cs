using System.Reflection;
using System.Text.Json;

namespace Nabla.Conformance;

/// <summary>Calls a constructor with the keyword arguments that a manifest has recorded.</summary>
internal static class Constructor
{
    /// <summary>The object that a class makes of a first argument and keywords; the constructor is that whose types fit.</summary>
    internal static T Call<T>(string name, JsonElement kwargs, params object[] first)
    {
        Type type = typeof(T).Assembly.GetTypes().FirstOrDefault(t => t.Name == name && t.IsAssignableTo(typeof(T)))
            ?? throw new InvalidDataException($"There is no {typeof(T).Name} '{name}'.");
        foreach (ConstructorInfo constructor in type.GetConstructors())
        {
            if (Bind(constructor.GetParameters(), kwargs, first) is not { } arguments) continue;
            try
            {
                return (T)constructor.Invoke(arguments);
            }
            catch (TargetInvocationException e)
            {
                throw e.InnerException!;
            }
        }
        throw new InvalidDataException($"No constructor of {name} takes {kwargs}.");
    }

    private static object?[]? Bind(ParameterInfo[] parameters, JsonElement kwargs, object[] first)
    {
        if (parameters.Length < first.Length) return null;
        Dictionary<string, JsonElement> left = [];
        if (kwargs.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty p in kwargs.EnumerateObject())
                if (p.Name != "verbose") left[Plain(p.Name)] = p.Value;
        object?[] arguments = new object?[parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            if (i < first.Length)
            {
                if (!parameters[i].ParameterType.IsInstanceOfType(first[i])) return null;
                arguments[i] = first[i];
            }
            else if (left.Remove(Plain(parameters[i].Name!), out JsonElement value))
            {
                if (!Fits(value, parameters[i].ParameterType, first, out arguments[i])) return null;
            }
            else if (parameters[i].HasDefaultValue) arguments[i] = parameters[i].DefaultValue;
            else return null;
        }
        return left.Count == 0 ? arguments : null;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static bool Fits(JsonElement value, Type type, object[] first, out object? argument)
    {
        argument = null;
        if (value.ValueKind == JsonValueKind.Null) return !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;
        type = Nullable.GetUnderlyingType(type) ?? type;
        bool number = value.ValueKind == JsonValueKind.Number, list = value.ValueKind == JsonValueKind.Array;
        if (type == typeof(double) && number) argument = value.GetDouble();
        else if (type == typeof(long) && number) argument = (long)value.GetDouble();
        else if (type == typeof(bool) && value.ValueKind is JsonValueKind.True or JsonValueKind.False) argument = value.GetBoolean();
        else if (type == typeof(string) && value.ValueKind == JsonValueKind.String) argument = value.GetString();
        else if (type == typeof((double, double)) && list) argument = (value[0].GetDouble(), value[1].GetDouble());
        else if (type == typeof((double?, double)) && list) argument = (Number(value[0]), value[1].GetDouble());
        else if (type == typeof(IReadOnlyList<double>) && list)
            argument = value.EnumerateArray().Select(static x => x.GetDouble()).ToArray();
        else if (type == typeof(IReadOnlyList<double>) && number && first is [Optim.Optimizer o])
            argument = o.ParamGroups.Select(_ => value.GetDouble()).ToArray();
        else if (type == typeof(IEnumerable<long>) && list) argument = value.EnumerateArray().Select(static x => x.GetInt64()).ToArray();
        else if (type == typeof(Func<long, double>) && value.ValueKind == JsonValueKind.String) argument = Formula(value);
        else if (type == typeof(IReadOnlyList<Func<long, double>>) && list) argument = value.EnumerateArray().Select(Formula).ToArray();
        return argument is not null;
    }

    private static double? Number(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDouble();

    private static Func<long, double> Formula(JsonElement text) => PythonFormula.Parse(text.GetString()!);
}
