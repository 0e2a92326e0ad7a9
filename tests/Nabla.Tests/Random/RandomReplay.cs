namespace Nabla.Tests;

/// <summary>Repeats the calls of the recorded rows on the span layer, each in PyTorch's order of consumption.</summary>
static class RandomReplay
{
    internal static Array Run(RandomRow row, RandomFlavor flavor)
    {
        var g = new Generator(row.Seed) { Flavor = flavor };
        return row.Call switch
        {
            "nn.Linear" or "nn.Conv1d" or "nn.Conv2d" or "nn.ConvTranspose2d" or "nn.Embedding" or "nn.LSTM" or "nn.GRU" or "nn.RNN" or
                "nn.MultiheadAttention" or "nn.Bilinear" or "nn.Sequential" => RandomInitReplay.Layer(g, row),
            "nn.init.xavier_uniform_" or "nn.init.xavier_normal_" or "nn.init.kaiming_uniform_" or "nn.init.kaiming_normal_" =>
                RandomInitReplay.Initialiser(g, row),
            "F.dropout" or "F.dropout2d" or "F.dropout(ones) (MKL)" => Dropout(g, row),
            "torch.multinomial" => Multinomial(g, row),
            "torch.randint" or "torch.randperm" or "empty.random_" or "DataLoader" => Integers(g, row),
            "seq" => Sequence(g, row),
            _ => Distribution(g, row),
        };
    }

    static Array Distribution(Generator g, RandomRow row) => row.DType switch
    {
        "float64" => Distribution<double>(g, row),
        "bool" => Distribution<bool>(g, row),
        _ => Distribution<float>(g, row),
    };

    static T[] Distribution<T>(Generator g, RandomRow row) where T : unmanaged
    {
        switch (row.Call)
        {
            case "torch.bernoulli": return BernoulliTensor<T>(g, row);
            case "torch.randn" when row.Args.TryGetProperty("dtype", out var dtype) && dtype.GetString() == "complex64":
                return Normal<T>(g, 2 * row.Int("size"), 0, 1 / Math.Sqrt(2)); // n complex numbers are 2 n real ones
            case "rand(1300); rand(5)": Uniform<T>(g, 1300, 0, 1); break;
        }
        int n = row.Int("size");
        var values = new T[n];
        switch (row.Call)
        {
            case "torch.rand" or "rand(1300); rand(5)": RandomKernels.Uniform<T>(g, values, 0, 1); break;
            case "empty.uniform_": RandomKernels.Uniform<T>(g, values, row.Double("from"), row.Double("to")); break;
            case "torch.randn" or "torch.randn(generator)": RandomKernels.Normal<T>(g, values, 0, 1, contiguous: true); break;
            case "empty(40)[::2].normal_": RandomKernels.Normal<T>(g, values, 0, 1, contiguous: false); break;
            case "empty.normal_": RandomKernels.Normal<T>(g, values, row.Double("mean"), row.Double("std"), contiguous: true); break;
            case "empty.exponential_": RandomKernels.Exponential<T>(g, values, row.Double("lambd")); break;
            case "empty.cauchy_": RandomKernels.Cauchy<T>(g, values, row.Double("median"), row.Double("sigma")); break;
            case "empty.log_normal_": RandomKernels.LogNormal<T>(g, values, row.Double("mean"), row.Double("std")); break;
            case "empty.geometric_": RandomKernels.Geometric<T>(g, values, row.Double("p")); break;
            case "empty.bernoulli_" or "empty(bool).bernoulli_" or "empty.bernoulli_ (MKL)":
                RandomKernels.Bernoulli<T>(g, values, row.Double("p")); break;
            default: throw new InvalidDataException($"no such call: {row}");
        }
        return values;
    }

    static T[] BernoulliTensor<T>(Generator g, RandomRow row) where T : unmanaged
    {
        double[] p = row.Doubles("p");
        var values = new T[p.Length];
        if (row.Args.GetProperty("p_dtype").GetString() == "float64") RandomKernels.Bernoulli<T, double>(g, values, p);
        else RandomKernels.Bernoulli<T, float>(g, values, Singles(p));
        return values;
    }

    internal static T[] Uniform<T>(Generator g, int n, double from, double to) where T : unmanaged
    {
        var values = new T[n];
        RandomKernels.Uniform<T>(g, values, from, to);
        return values;
    }

    internal static T[] Normal<T>(Generator g, int n, double mean, double std) where T : unmanaged
    {
        var values = new T[n];
        RandomKernels.Normal<T>(g, values, mean, std, contiguous: true);
        return values;
    }

    static float[] Singles(double[] values) => Array.ConvertAll(values, v => (float)v);

    static float[] Dropout(Generator g, RandomRow row)
    {
        if (row.Call == "F.dropout2d")
        {
            int[] shape = row.Ints("shape");
            var mask = new float[shape[0] * shape[1]]; // feature dropout: one draw per sample and channel
            RandomKernels.DropoutNoise<float>(g, mask, row.Double("p"));
            return [.. mask.SelectMany(m => Enumerable.Repeat(m, shape[2] * shape[3]))];
        }
        float[] input = row.Call == "F.dropout" ? Singles(row.Doubles("input")) : [.. Enumerable.Repeat(1f, row.Int("size"))];
        var noise = new float[input.Length];
        RandomKernels.DropoutNoise<float>(g, noise, row.Double("p"));
        return [.. input.Zip(noise, (x, m) => x * m)];
    }

    static long[] Multinomial(Generator g, RandomRow row)
    {
        float[] p = Singles(row.Doubles("probs"));
        var result = new long[row.Int("num_samples")];
        RandomKernels.Multinomial<float>(g, p, 1, p.Length, result.Length, row.Args.GetProperty("replacement").GetBoolean(), result);
        return result;
    }

    static Array Integers(Generator g, RandomRow row)
    {
        if (row.Call == "DataLoader") return DataLoader(g, row.Int("n"), row.Int("epochs"));
        return row.DType switch
        {
            "int64" => Integers<long>(g, row),
            "int32" => Integers<int>(g, row),
            "int16" => Integers<short>(g, row),
            "int8" => Integers<sbyte>(g, row),
            "uint8" => Integers<byte>(g, row),
            "bool" => Integers<bool>(g, row),
            "float32" => Integers<float>(g, row),
            _ => Integers<double>(g, row),
        };
    }

    static T[] Integers<T>(Generator g, RandomRow row) where T : unmanaged
    {
        var values = new T[row.Int(row.Call == "torch.randperm" ? "n" : "size")];
        if (row.Call == "torch.randperm") RandomKernels.RandPerm<T>(g, values);
        else if (row.Call == "empty.random_") RandomKernels.Random<T>(g, values);
        else RandomKernels.Random<T>(g, values, row.Long("low"), row.Long("high"));
        return values;
    }

    /// <summary>Each epoch draws a base seed, then the sampler's seed, with which a generator of its own permutes.</summary>
    static long[] DataLoader(Generator g, int n, int epochs)
    {
        var order = new long[n * epochs];
        Span<long> seed = [0];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            RandomKernels.Random(g, seed);
            RandomKernels.Random(g, seed);
            RandomKernels.RandPerm(new Generator().ManualSeed(seed[0]), order.AsSpan(epoch * n, n));
        }
        return order;
    }

    /// <summary>The second half of a normal pair outlives other draws, and any dtype takes it.</summary>
    static Array Sequence(Generator g, RandomRow row) => row.Args.GetProperty("seq").GetString() switch
    {
        "cat[randn(3), rand(2), randn(16), randn(3)]" => (float[])
            [.. Normal<float>(g, 3, 0, 1), .. Uniform<float>(g, 2, 0, 1), .. Normal<float>(g, 16, 0, 1), .. Normal<float>(g, 3, 0, 1)],
        "cat[randn(1).double(), randn(2,float64)]" => (double[])[Normal<float>(g, 1, 0, 1)[0], .. Normal<double>(g, 2, 0, 1)],
        _ => throw new InvalidDataException($"no such sequence: {row}"),
    };
}
