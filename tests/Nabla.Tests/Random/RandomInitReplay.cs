using static Nabla.Tests.RandomReplay;

namespace Nabla.Tests;

/// <summary>The default initialisation of PyTorch's layers, parameter by parameter in the order in which PyTorch draws them.</summary>
static class RandomInitReplay
{
    internal static float[] Layer(Generator g, RandomRow row)
    {
        switch (row.Call)
        {
            case "nn.Linear": return Linear(g, row.Int("in"), row.Int("out"));
            case "nn.Embedding": return Normal<float>(g, row.Int("num") * row.Int("dim"), 0, 1);
            case "nn.LSTM": return Recurrent(g, row, 4);
            case "nn.GRU": return Recurrent(g, row, 3);
            case "nn.RNN": return Recurrent(g, row, 1);
            case "nn.MultiheadAttention": return Attention(g, row.Int("embed"));
            case "nn.Sequential": return [.. Linear(g, 4, 3), .. Linear(g, 3, 2)];
            case "nn.Bilinear":
                double b = InitBounds.Reciprocal(row.Int("in1"));
                int weights = row.Int("out") * row.Int("in1") * row.Int("in2");
                return [.. Uniform<float>(g, weights, -b, b), .. Uniform<float>(g, row.Int("out"), -b, b)];
            default: return Convolution(g, row);
        }
    }

    static float[] Weighted(Generator g, int weights, int biases, int fanIn)
    {
        double w = InitBounds.Weight(fanIn), b = InitBounds.Reciprocal(fanIn);
        return [.. Uniform<float>(g, weights, -w, w), .. Uniform<float>(g, biases, -b, b)];
    }

    static float[] Linear(Generator g, int inputs, int outputs) => Weighted(g, inputs * outputs, outputs, inputs);

    static float[] Convolution(Generator g, RandomRow row)
    {
        int inputs = row.Int("in"), outputs = row.Int("out"), taps = row.Ints("kernel").Aggregate((a, b) => a * b);
        int groups = row.Args.TryGetProperty("groups", out var count) ? count.GetInt32() : 1;
        var (first, second) = row.Call == "nn.ConvTranspose2d" ? (inputs, outputs / groups) : (outputs, inputs / groups);
        return Weighted(g, first * second * taps, outputs, second * taps);
    }

    static float[] Recurrent(Generator g, RandomRow row, int gates)
    {
        int hidden = row.Int("hidden"), directions = row.Args.GetProperty("bidirectional").GetBoolean() ? 2 : 1;
        double b = InitBounds.Reciprocal(hidden);
        List<float> all = [];
        for (int layer = 0; layer < row.Int("layers"); layer++)
            for (int direction = 0; direction < directions; direction++)
            {
                int inputs = layer == 0 ? row.Int("input") : hidden * directions;
                foreach (int n in (int[])[gates * hidden * inputs, gates * hidden * hidden, gates * hidden, gates * hidden])
                    all.AddRange(Uniform<float>(g, n, -b, b));
            }
        return [.. all];
    }

    /// <summary>The output projection, a Linear, is made first (its bias is drawn, then zeroed); then the input projection.</summary>
    static float[] Attention(Generator g, int embed)
    {
        float[] output = Linear(g, embed, embed)[..(embed * embed)];
        double b = InitBounds.XavierUniform(1, embed, 3 * embed);
        return [.. Uniform<float>(g, 3 * embed * embed, -b, b), .. output];
    }

    internal static float[] Initialiser(Generator g, RandomRow row)
    {
        int[] shape = row.Ints("shape");
        int n = shape[0] * shape[1], fanIn = shape[1], fanOut = shape[0];
        double gain = Math.Sqrt(2.0); // ReLU
        double bound = row.Call switch
        {
            "nn.init.xavier_uniform_" => InitBounds.XavierUniform(1, fanIn, fanOut),
            "nn.init.xavier_normal_" => InitBounds.XavierNormal(1, fanIn, fanOut),
            "nn.init.kaiming_uniform_" => InitBounds.KaimingUniform(gain, fanIn),
            _ => InitBounds.KaimingNormal(gain, fanIn),
        };
        return row.Call.EndsWith("uniform_") ? Uniform<float>(g, n, -bound, bound) : Normal<float>(g, n, 0, bound);
    }
}
