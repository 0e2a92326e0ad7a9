using System.Text.Json;

namespace Nabla.Tests.Samples;

/// <summary>The same model, seed and batches as tests/golden/two_layer.py: the losses are PyTorch's.</summary>
public sealed class TwoLayerTests
{
    [Fact]
    public void LossesAgreeWithPyTorch()
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "two_layer.json")));
        JsonElement g = golden.RootElement;
        string text = g.GetProperty("text").GetString()!;
        int context = g.GetProperty("context").GetInt32(), width = g.GetProperty("width").GetInt32(),
            hidden = g.GetProperty("hidden").GetInt32();
        int batch = g.GetProperty("batch").GetInt32();
        double rate = g.GetProperty("learning_rate").GetDouble();
        double[] expected = [.. g.GetProperty("losses").EnumerateArray().Select(static l => l.GetDouble())];

        char[] vocabulary = [.. text.Distinct().Order()];
        Tensor ids = Tensor.From([.. text.Select(c => (long)Array.BinarySearch(vocabulary, c))]);
        Tensor windows = ids.Unfold(0, context, 1).Narrow(0, 0, ids.NumElements - context), targets = ids[context..];

        Generator generator = new(g.GetProperty("seed").GetUInt64());
        Tensor c = Tensor.Randn([vocabulary.Length, width], generator: generator);
        Tensor w1 = Tensor.Randn([context * width, hidden], generator: generator) * (5.0 / 3) / Math.Sqrt(context * width);
        Tensor b1 = Tensor.Randn([hidden], generator: generator) * 0.01;
        Tensor w2 = Tensor.Randn([hidden, vocabulary.Length], generator: generator) * 0.01;
        Tensor b2 = Tensor.Zeros([vocabulary.Length]);
        Tensor[] parameters = [c, w1, b1, w2, b2];
        foreach (Tensor p in parameters) p.RequiresGrad_();

        for (int step = 0; step < expected.Length; step++)
        {
            Tensor rows = Tensor.RandInt(0, targets.NumElements, [batch], generator: generator);
            Tensor h = (c[windows[rows]].View([-1, context * width]).MatMul(w1) + b1).Tanh();
            Tensor loss = Functional.CrossEntropy(h.MatMul(w2) + b2, targets[rows]);
            foreach (Tensor p in parameters) p.Grad = null;
            loss.Backward();
            using (Autograd.NoGrad())
                foreach (Tensor p in parameters) p.Sub_(rate * p.Grad!);
            double difference = Math.Abs(loss.Item() - expected[step]) / expected[step];
            Assert.True(difference <= 1e-5, $"step {step}: {loss.Item()} instead of {expected[step]}, relative difference {difference:E2}");
        }
    }
}
