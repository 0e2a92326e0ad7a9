using Nabla.Testing;

namespace Nabla.Tests.Kernels;

/// <summary>Paths through many labels, with repetitions: more states than a vector has.</summary>
public sealed class CtcTests
{
    [Theory]
    [InlineData(40, 13), InlineData(25, 12), InlineData(12, 7), InlineData(9, 8), InlineData(1, 1), InlineData(3, 0)]
    public void The_loss_is_that_of_a_sum_over_paths(int times, int labels)
    {
        Tensor logs = Values(times).LogSoftmax(-1);
        long[] target = [.. Enumerable.Range(0, labels).Select(static k => k * k / 3 % 4 + 1L)];
        double expected = -Math.Log(Probability(logs.Exp(), target));
        Tensor labels2 = Tensor.From(target, [1, labels]);
        Tensor loss = Functional.CtcLoss(logs, labels2, [times], [labels], reduction: Reduction.Sum);
        Assert.Equal(expected, loss.Item(), 1e-9 * Math.Max(1, Math.Abs(expected)));
        Tensor single = Functional.CtcLoss(logs.To(DType.Float32), labels2, [times], [labels], reduction: Reduction.Sum);
        Assert.Equal(expected, single.Item(), 1e-5 * Math.Max(1, Math.Abs(expected)));
        if (double.IsFinite(expected))
            GradCheck.Run(x => Functional.CtcLoss(x.LogSoftmax(-1), labels2, [times], [labels]), Values(times).RequiresGrad_());
    }

    /// <summary>The probability that paths spell the labels: state by state, without logarithms.</summary>
    private static double Probability(Tensor p, long[] target)
    {
        int n = 2 * target.Length + 1;
        long Class(int s) => s % 2 == 0 ? 0 : target[s / 2];
        double[] now = new double[n];
        for (int t = 0; t < p.Size(0); t++)
        {
            double[] next = new double[n];
            for (int s = 0; s < n; s++)
            {
                double sum = t == 0 ? s < 2 ? 1 : 0 : now[s] + (s > 0 ? now[s - 1] : 0);
                if (t > 0 && s > 1 && Class(s) != Class(s - 2)) sum += now[s - 2];
                next[s] = sum * p[t, 0, Class(s)].Item();
            }
            now = next;
        }
        return now[^1] + (n > 1 ? now[^2] : 0);
    }

    private static Tensor Values(int times) => Tensor.Arange(times * 5).Mul(7919).Remainder(101).To(DType.Float64).Div(25).View([times, 1, 5]);
}
