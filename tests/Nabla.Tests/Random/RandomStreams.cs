using System.Runtime.InteropServices;
using System.Text.Json;

namespace Nabla.Tests;

/// <summary>Repeats the calls of the hashed rows: the values' bytes.</summary>
static class RandomStreams
{
    internal static byte[] Run(Generator g, RandomRow row) => row.DType switch
    {
        "float16" => Run<Half>(g, row),
        "bfloat16" => Run<BFloat16>(g, row),
        "float32" => Run<float>(g, row),
        "float64" => Run<double>(g, row),
        "int64" => Run<long>(g, row),
        "int32" => Run<int>(g, row),
        "int16" => Run<short>(g, row),
        "int8" => Run<sbyte>(g, row),
        "uint8" => Run<byte>(g, row),
        _ => Run<bool>(g, row),
    };

    static byte[] Run<T>(Generator g, RandomRow row) where T : unmanaged
    {
        int n = row.Json.GetProperty("size").GetInt32();
        if (row.Call.StartsWith("multinomial")) return Multinomial<T>(g, n, row);
        var values = new T[n];
        double a = Argument(row, 0), b = Argument(row, 1);
        switch (row.Call)
        {
            case "uniform": RandomKernels.Uniform<T>(g, values, a, b); break;
            case "normal": RandomKernels.Normal<T>(g, values, a, b, contiguous: true); break;
            case "normal strided": RandomKernels.Normal<T>(g, values, a, b, contiguous: n == 1); break;
            case "exponential": RandomKernels.Exponential<T>(g, values, a); break;
            case "cauchy": RandomKernels.Cauchy<T>(g, values, a, b); break;
            case "log_normal": RandomKernels.LogNormal<T>(g, values, a, b); break;
            case "geometric": RandomKernels.Geometric<T>(g, values, a); break;
            case "bernoulli": RandomKernels.Bernoulli<T>(g, values, a); break;
            case "bernoulli p":
                T[] p = [.. Enumerable.Range(0, n).Select(i => Of<T>(i % 11 / 10f))];
                RandomKernels.Bernoulli<T, T>(g, values, p);
                break;
            case "dropout": RandomKernels.DropoutNoise<T>(g, values, a); break;
            case "randperm": RandomKernels.RandPerm<T>(g, values); break;
            case "random": Random<T>(g, values, row.Args); break;
            default: throw new InvalidDataException($"no such call: {row}");
        }
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    static double Argument(RandomRow row, int i) =>
        row.Args.GetArrayLength() > i && row.Args[i].ValueKind == JsonValueKind.Number ? row.Args[i].GetDouble() : 0;

    static void Random<T>(Generator g, Span<T> values, JsonElement args) where T : unmanaged
    {
        if (args.GetArrayLength() == 0) RandomKernels.Random(g, values);
        else RandomKernels.Random(g, values, args[0].GetInt64(), args[1].ValueKind == JsonValueKind.Null ? null : args[1].GetInt64());
    }

    static byte[] Multinomial<T>(Generator g, int categories, RandomRow row) where T : unmanaged
    {
        int samples = row.Args[0].GetInt32();
        int[] rows = row.Call == "multinomial row" ? [2] : [0, 1, 2, 3, 4];
        T[] p = [.. rows.SelectMany(r => Enumerable.Range(0, categories).Select(i => Of<T>((i * 7 + 3 * r) % 13 + 1)))];
        var result = new long[rows.Length * samples];
        RandomKernels.Multinomial<T>(g, p, rows.Length, categories, samples, row.Args[1].GetBoolean(), result);
        return MemoryMarshal.AsBytes(result.AsSpan()).ToArray();
    }

    /// <summary>PyTorch's divided float32 probabilities, cast to the dtype.</summary>
    static T Of<T>(float value) where T : unmanaged => (T)(default(T) switch
    {
        Half => (object)(Half)value,
        BFloat16 => (BFloat16)value,
        double => (double)value,
        _ => value,
    });
}
