using Nabla.Kernels;

namespace Nabla.Tests.Nn;

/// <summary>Recurrent layers as one operation against their steps.</summary>
[Collection("threads")]
public sealed class WholeRecurrentTests
{
    /// <summary>Steps, rows, hidden, backwards, bias, rows behind each other in memory.</summary>
    private static readonly (long Steps, long Rows, long Hidden, bool Reverse, bool Bias, bool BatchFirst)[] Sizes =
    [
        (1, 1, 1, false, true, false), (5, 3, 7, true, false, false), (6, 33, 70, false, true, true), (3, 130, 32, true, true, true),
        (2, 2, 600, false, true, false),
    ];

    [Theory]
    [InlineData("Lstm")]
    [InlineData("Gru")]
    [InlineData("Tanh")]
    [InlineData("Relu")]
    public void AgreesWithItsSteps(string name)
    {
        RecurrentKind kind = Enum.Parse<RecurrentKind>(name);
        foreach (DType dtype in new[] { DType.Float64, DType.Float32 })
        {
            foreach ((long steps, long rows, long hidden, bool reverse, bool bias, bool batchFirst) in Sizes)
            {
                Tensor[] x = Operands(kind, dtype, steps, rows, hidden, bias, batchFirst);
                double tolerance = dtype == DType.Float64 ? 1e-12 : 2e-5;
                (Tensor, Tensor, Tensor?) own = Whole(kind, x, bias, reverse), steps1 = Steps(kind, x, bias, reverse);
                Assert.Contains("Layer", own.Item1.GradFn!.Name, StringComparison.Ordinal);
                Near([steps1.Item1, steps1.Item2], [own.Item1, own.Item2], tolerance);
                Near(Grads(steps1, x, false), Grads(own, x, false), tolerance);
                if (steps * rows * hidden > 5000) continue;
                Tensor[] a = Grads(Whole(kind, x, bias, reverse), x, true), b = Grads(Steps(kind, x, bias, reverse), x, true);
                Near(b, a, tolerance);
                Near(Autograd.Grad([Squares(b)], x)!, Autograd.Grad([Squares(a)], x)!, 10 * tolerance);
            }
        }
    }

    [Fact]
    public void OnlyTheLastStateMayBeUsed()
    {
        Tensor[] x = Operands(RecurrentKind.Lstm, DType.Float64, 4, 2, 3, true, false);
        (_, Tensor ownH, Tensor? ownC) = Whole(RecurrentKind.Lstm, x, true, false);
        (_, Tensor h, Tensor? c) = Steps(RecurrentKind.Lstm, x, true, false);
        Near(Of(h), Of(ownH), 1e-12);
        Near(Of(c!), Of(ownC!), 1e-12);

        Tensor[] Of(Tensor last) => Autograd.Grad([last.Square().Sum()], x, retainGraph: true)!;
    }

    [Theory]
    [InlineData("Lstm")]
    [InlineData("Gru")]
    public void TangentsOfTheOperationItselfAreThoseOfItsSteps(string name)
    {
        RecurrentKind kind = Enum.Parse<RecurrentKind>(name);
        Tensor[] x = [.. Operands(kind, DType.Float64, 3, 2, 4, true, false).Select(static t => t.Detach())];
        Tensor[] t = [.. x.Select(static p => p.Sin())];
        Tensor[] y = new Nabla.Ops.RecurrentLayer(kind, true, true).Forward(x);
        Tensor own = new Nabla.Ops.RecurrentLayer(kind, true, true).Jvp(t, x, y)[0]!;
        const double Step = 1e-6;
        Tensor plus = Steps(kind, [.. x.Zip(t, static (p, d) => p + Step * d)], true, true).Output;
        Tensor minus = Steps(kind, [.. x.Zip(t, static (p, d) => p - Step * d)], true, true).Output;
        Near([(plus - minus) / (2 * Step)], [own], 1e-8);
    }

    [Theory]
    [InlineData("Lstm")]
    [InlineData("Gru")]
    public void TheNumberOfThreadsDoesNotChangeABit(string name)
    {
        RecurrentKind kind = Enum.Parse<RecurrentKind>(name);
        int threads = Threads.Count;
        Tensor[] x = Operands(kind, DType.Float32, 5, 200, 130, true, true);
        try
        {
            byte[][] one = Bits(1);
            foreach (int n in (int[])[2, 3, 8]) Assert.Equal(one, Bits(n));
        }
        finally { Threads.Count = threads; }

        byte[][] Bits(int n)
        {
            Threads.Count = n;
            (Tensor, Tensor, Tensor?) y = Whole(kind, x, true, false);
            Tensor[] all = [y.Item1, .. Grads(y, x, false)];
            return [.. all.Select(static t => System.Runtime.InteropServices.MemoryMarshal.AsBytes(t.ToArray<float>().AsSpan()).ToArray())];
        }
    }

    /// <summary>The input's gates, h, weights, c if there is one, bias if there is one.</summary>
    private static Tensor[] Operands(RecurrentKind kind, DType dtype, long steps, long rows, long hidden, bool bias, bool batchFirst)
    {
        Generator random = new(7);
        long gates = hidden * (kind switch { RecurrentKind.Lstm => 4, RecurrentKind.Gru => 3, _ => 1 });
        Tensor input = batchFirst
            ? Tensor.Randn([rows, steps, gates], dtype, generator: random).Transpose(0, 1)
            : Tensor.Randn([steps, rows, gates], dtype, generator: random);
        List<Tensor> x = [input, Tensor.Randn([rows, hidden], dtype, generator: random),
            Tensor.Randn([gates, hidden], dtype, generator: random) / Math.Sqrt(hidden)];
        if (kind == RecurrentKind.Lstm) x.Add(Tensor.Randn([rows, hidden], dtype, generator: random));
        if (bias) x.Add(Tensor.Randn([gates], dtype, generator: random));
        return [.. x.Select(static t => t.Detach().RequiresGrad_())];
    }

    private static (Tensor Output, Tensor H, Tensor? C) Whole(RecurrentKind kind, Tensor[] x, bool bias, bool reverse) =>
        Functional.RecurrentLayer(kind, x[0], x[1], kind == RecurrentKind.Lstm ? x[3] : null, x[2], bias ? x[^1] : null, reverse);

    private static (Tensor Output, Tensor H, Tensor? C) Steps(RecurrentKind kind, Tensor[] x, bool bias, bool reverse)
    {
        (Tensor h, Tensor? c) = (x[1], kind == RecurrentKind.Lstm ? x[3] : null);
        int steps = (int)x[0].Size(0);
        Tensor[] all = new Tensor[steps];
        for (int i = 0; i < steps; i++)
        {
            int at = reverse ? steps - 1 - i : i;
            Tensor state = h.Mm(x[2].TransposeMatrix());
            (h, c) = Functional.RecurrentStep(kind, x[0].Select(0, at), bias ? state + x[^1] : state, h, c);
            all[at] = h;
        }
        return (Tensor.Stack(all), h, c);
    }

    private static Tensor[] Grads((Tensor Output, Tensor H, Tensor? C) y, Tensor[] x, bool create)
    {
        Tensor[] roots = y.C is null ? [y.Output, y.H] : [y.Output, y.H, y.C];
        return Autograd.Grad(roots, x, [.. roots.Select(static r => r.Detach().Cos())], createGraph: create)!;
    }

    private static Tensor Squares(Tensor[] x) => x.Select(static t => t.Square().Sum()).Aggregate(static (a, b) => a + b);

    private static void Near(Tensor?[] expected, Tensor?[] actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i]!.Shape, actual[i]!.Shape);
            double error = (expected[i]! - actual[i]!).Detach().Abs().Max().Item();
            double size = Math.Max(1, expected[i]!.Detach().Abs().Max().Item());
            Assert.True(error <= tolerance * size, $"operand {i} differs by {error}, values up to {size}");
        }
    }
}
