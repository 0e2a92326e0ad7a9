namespace Nabla.Tests.Nn;

/// <summary>Attention without the matrix of weights against its composition from products and a softmax.</summary>
[Collection("threads")]
public sealed class WholeAttentionTests
{
    private const string Node = "ScaledDotProductFlashAttentionForCpuBackward0";

    /// <summary>Batches, heads, queries, keys, width, mask (0 none, 1 bool, 2 numbers), causal, heads behind rows in memory.</summary>
    public static TheoryData<long, long, long, long, long, int, bool, bool> Sizes => new()
    {
        { 2, 3, 5, 7, 8, 0, false, false }, { 2, 3, 64, 64, 32, 0, true, true }, { 1, 2, 100, 300, 20, 1, false, true },
        { 2, 5, 130, 130, 64, 0, true, true }, { 1, 1, 70, 600, 33, 2, false, false }, { 1, 2, 550, 550, 5, 0, true, true },
        { 3, 4, 1, 1, 1, 0, false, false }, { 1, 1, 70, 20, 40, 0, true, false }, { 1, 1, 20, 70, 16, 0, true, false },
    };

    [Theory, MemberData(nameof(Sizes))]
    public void AgreesWithTheComposition(long batch, long heads, long queries, long keys, long width, int kind, bool causal, bool turned)
    {
        foreach (DType dtype in new[] { DType.Float64, DType.Float32 })
        {
            Generator random = new(5);
            double tolerance = dtype == DType.Float64 ? 1e-12 : 1e-5;
            Tensor[] x = [Operand(queries), Operand(keys), Operand(keys)];
            Tensor? mask = kind switch
            {
                0 => null,
                1 => Tensor.Rand([queries, keys], generator: random).Gt(0.3),
                _ => Tensor.Randn([1, 1, 1, keys], dtype, generator: random),
            };
            Tensor y = Functional.ScaledDotProductAttention(x[0], x[1], x[2], mask, isCausal: causal);
            Assert.Equal(Node, y.GradFn!.Name);
            Tensor expected = Functional.AttentionWeights(x[0], x[1], mask, causal, 1 / Math.Sqrt(width)).MatMul(x[2]);
            Near(expected, y, tolerance);
            Tensor g = Tensor.Randn(y.Shape, dtype, generator: random);
            Tensor[] own = Autograd.Grad([y], x, [g])!, others = Autograd.Grad([expected], x, [g])!;
            for (int i = 0; i < x.Length; i++) Near(others[i], own[i], tolerance);

            Tensor Operand(long rows) => (turned
                ? Tensor.Randn([batch, rows, heads, width], dtype, generator: random).Transpose(1, 2)
                : Tensor.Randn([batch, heads, rows, width], dtype, generator: random)).Detach().RequiresGrad_();
        }
    }

    [Fact]
    public void TheResultLiesInTheOrderOfTheQueries()
    {
        Tensor all = Tensor.Randn([2, 5, 3 * 6], requiresGrad: true);
        Tensor[] p = [.. all.Chunk(3, 2).Select(static t => t.View([2, 5, 3, 2]).Transpose(1, 2))];
        Tensor y = Functional.ScaledDotProductAttention(p[0], p[1], p[2], isCausal: true);
        Assert.Equal(Node, y.GradFn!.Name);
        Assert.True(y.Transpose(1, 2).IsContiguous);
    }

    [Fact]
    public void RowsWithoutAnyPositionAreZerosAndNaNStaysInItsRow()
    {
        Tensor q = Tensor.Randn([1, 1, 3, 4], requiresGrad: true), k = Tensor.Randn([1, 1, 5, 4], requiresGrad: true);
        Tensor v = Tensor.Randn([1, 1, 5, 4], requiresGrad: true), mask = Tensor.Zeros([3, 5]);
        mask[0].Fill_(double.NegativeInfinity);
        mask[1, 3].Fill_(double.NaN);
        Tensor y = Functional.ScaledDotProductAttention(q, k, v, mask);
        Assert.Equal(Node, y.GradFn!.Name);
        Assert.All(y[0, 0, 0].ToArray<float>(), static t => Assert.Equal(0f, t));
        Assert.All(y[0, 0, 1].ToArray<float>(), static t => Assert.True(float.IsNaN(t)));
        Assert.All(y[0, 0, 2].ToArray<float>(), static t => Assert.True(float.IsFinite(t)));
        Tensor[] g = Autograd.Grad([y[0, 0, 0].Sum()], [q, k, v])!;
        Assert.All(g[0][0, 0, 0].ToArray<float>(), static t => Assert.Equal(0f, t));
    }

    [Fact]
    public void MasksWithGradientsAndDropoutTakeTheWayOfProducts()
    {
        Tensor q = Tensor.Randn([1, 1, 3, 4], requiresGrad: true);
        Assert.NotEqual(Node, Functional.ScaledDotProductAttention(q, q, q, Tensor.Zeros([3, 3], requiresGrad: true)).GradFn!.Name);
        Assert.NotEqual(Node, Functional.ScaledDotProductAttention(q, q, q, dropoutP: 0.1).GradFn!.Name);
        Assert.NotEqual(Node, Functional.ScaledDotProductAttention(q[0], q[0], q[0]).GradFn!.Name);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void TheNumberOfThreadsDoesNotChangeABit(long heads)
    {
        int threads = Threads.Count;
        Generator random = new(2);
        Tensor[] x = [.. Enumerable.Range(0, 3).Select(_ => Tensor.Randn([1, heads, 600, 24], requiresGrad: true, generator: random))];
        try
        {
            byte[][] one = Bits(1);
            foreach (int n in (int[])[2, 3, 8]) Assert.Equal(one, Bits(n));
        }
        finally { Threads.Count = threads; }

        byte[][] Bits(int n)
        {
            Threads.Count = n;
            Tensor y = Functional.ScaledDotProductAttention(x[0], x[1], x[2], isCausal: true);
            Tensor[] all = [y, .. Autograd.Grad([y.Square().Sum()], x)!];
            return [.. all.Select(static t => System.Runtime.InteropServices.MemoryMarshal.AsBytes(t.ToArray<float>().AsSpan()).ToArray())];
        }
    }

    private static void Near(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double error = (expected - actual).Detach().Abs().Max().Item(), size = Math.Max(1, expected.Detach().Abs().Max().Item());
        Assert.True(error <= tolerance * size, $"differs by {error}, values up to {size}");
    }
}
