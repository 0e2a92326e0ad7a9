using Nabla.Amp;
using Nabla.Nn;

namespace Nabla.Tests.Amp;

/// <summary>Modules under autocast return PyTorch's dtypes; their parameters stay float32, and so do the gradients.</summary>
public sealed class AutocastModuleTests
{
    private static readonly Tensor X = Tensor.Randn([5, 3, 4], DType.Float32, generator: new Generator(3));

    private static void Check(Module module, Func<Tensor[]> call, params DType[] expected)
    {
        Tensor[] y;
        using (Autocast.Enable()) y = call();
        Assert.Equal(expected, y.Select(static t => t.DType));
        Tensor[] plain = call();
        for (int i = 0; i < y.Length; i++)
        {
            double error = (y[i].To(DType.Float32) - plain[i].To(DType.Float32)).Abs().Max().Item();
            Assert.True(error < 0.05, $"result {i} is off by {error}");
        }
        y.Select(static t => t.To(DType.Float32).Square().Sum()).Aggregate(static (a, b) => a + b).Backward();
        Assert.All(module.Parameters(), static p => Assert.Equal((DType.Float32, DType.Float32), (p.DType, p.Grad!.DType)));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void RecurrentLayers(int layers, bool both)
    {
        LSTM lstm = new(4, 6, layers, bidirectional: both);
        Check(lstm, () => Parts(lstm.Call(X)), DType.BFloat16, DType.BFloat16, DType.BFloat16);
        GRU gru = new(4, 6, layers, bidirectional: both);
        Check(gru, () => Parts(gru.Call(X)), DType.Float32, DType.Float32);
        RNN rnn = new(4, 6, layers, bidirectional: both);
        Check(rnn, () => Parts(rnn.Call(X)), DType.BFloat16, DType.BFloat16);
        LSTM projected = new(4, 6, layers, bidirectional: both, projSize: 2);
        Check(projected, () => Parts(projected.Call(X)), DType.BFloat16, DType.BFloat16, DType.Float32);
    }

    [Fact]
    public void RecurrentLayersTakeA16BitInput()
    {
        Tensor low = X.To(DType.BFloat16);
        using AutocastScope scope = Autocast.Enable();
        Assert.All(Parts(new LSTM(4, 6).Call(low)), static t => Assert.Equal(DType.BFloat16, t.DType));
        Assert.All(Parts(new GRU(4, 6).Call(low)), static t => Assert.Equal(DType.BFloat16, t.DType));
    }

    [Fact]
    public void Cells()
    {
        LSTMCell lstm = new(4, 6);
        Check(lstm, () => Parts(lstm.Call(X[0])), DType.Float32, DType.Float32);
        GRUCell gru = new(4, 6);
        Check(gru, () => Parts(gru.Call(X[0])), DType.Float32);
        RNNCell rnn = new(4, 6);
        Check(rnn, () => Parts(rnn.Call(X[0])), DType.BFloat16);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Attention(bool needWeights)
    {
        MultiheadAttention m = new(4, 2);
        Check(m, () => Parts(m.Call(X, X, X, needWeights: needWeights)), needWeights ? [DType.BFloat16, DType.BFloat16] : [DType.BFloat16]);
        TransformerEncoderLayer layer = new(4, 2, 8, dropout: 0);
        Check(layer, () => Parts(layer.Call(X)), DType.Float32);
    }

    private static Tensor[] Parts(object? result) => [.. Nabla.Registry.OpRow.Flatten(result).OfType<Tensor>()];
}
