using System.Text.Json;
using Nabla.Amp;
using Nabla.Optim;

namespace Nabla.Tests.Amp;

/// <summary>An MLP in mixed precision follows the losses, and the scaler the scales, that tests/golden/autocast.py recorded.</summary>
public sealed class AutocastTrainingTests
{
    [Theory]
    [InlineData(null, 1e-5)]
    [InlineData(DType.BFloat16, 0.02)]
    [InlineData(DType.Float16, 0.005)]
    public void FollowsPyTorchsLosses(DType? low, double tolerance)
    {
        using JsonDocument json = AutocastData.Read();
        JsonElement run = json.RootElement.GetProperty("training").GetProperty((low ?? DType.Float32).Name());
        double[] losses = [.. run.GetProperty("losses").EnumerateArray().Select(static v => v.GetDouble())];
        double[] scales = [.. run.GetProperty("scales").EnumerateArray().Select(static v => v.GetDouble())];

        Tensor x = Wave(32, 8, 37), y = Wave(32, 2, 53);
        Tensor w1 = Wave(16, 8, 29) * 0.5, b1 = Wave(1, 16, 11)[0] * 0.25, w2 = Wave(2, 16, 71) * 0.5, b2 = Tensor.Zeros([2]);
        Tensor[] parameters = [w1, b1, w2, b2];
        foreach (Tensor p in parameters) p.RequiresGrad = true;
        SGD optimizer = new(parameters, lr: 0.05, momentum: 0.9);
        GradScaler scaler = new(growthInterval: 4, enabled: scales.Length > 0);
        for (int step = 0; step < losses.Length; step++)
        {
            optimizer.ZeroGrad();
            Tensor loss;
            using (Autocast.Enable(low ?? DType.BFloat16, enabled: low is not null))
            {
                Tensor h = Functional.Linear(x, w1, b1).Relu(), z = Functional.Linear(h, w2, b2);
                Assert.Equal(low ?? DType.Float32, z.DType);
                loss = Functional.MseLoss(z, y);
            }
            Assert.Equal(DType.Float32, loss.DType);
            scaler.Scale(loss).Backward();
            Assert.All(parameters, static p => Assert.Equal(DType.Float32, p.Grad!.DType));
            scaler.Step(optimizer);
            scaler.Update();
            double error = Math.Abs(loss.Item() - losses[step]);
            Assert.True(error <= tolerance * losses[step], $"step {step}: {loss.Item()}, not {losses[step]}");
            if (scales.Length > 0) Assert.Equal(scales[step], scaler.GetScale());
        }
    }

    private static Tensor Wave(int rows, int columns, long step)
    {
        float[] values = new float[rows * columns];
        for (long i = 0; i < values.Length; i++) values[i] = ((i * step + i / 7) % 127 - 63) / 64f;
        return Tensor.From(values, [rows, columns]);
    }
}
