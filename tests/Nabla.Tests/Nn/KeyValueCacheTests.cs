using Nabla.Nn;

namespace Nabla.Tests.Nn;

public sealed class KeyValueCacheTests
{
    private static Tensor Draw(Generator g, params long[] shape) => Tensor.Randn(new Shape(shape), DType.Float64, generator: g);

    /// <summary>However a sequence is cut into parts, they get what attention over the whole gives them.</summary>
    [Theory]
    [InlineData(1, 1, 1, 1, 1, 1, 1)]
    [InlineData(7)]
    [InlineData(4, 1, 1, 1)]
    [InlineData(3, 2, 2)]
    [InlineData(1, 6)]
    public void Parts_see_what_the_whole_sees(params int[] parts)
    {
        Generator g = new(1);
        Tensor q = Draw(g, 2, 3, 7, 4), k = Draw(g, 2, 3, 7, 4), v = Draw(g, 2, 3, 7, 5);
        Tensor whole = Functional.ScaledDotProductAttention(q, k, v, isCausal: true);
        KeyValueCache cache = new(8);
        for (int round = 0; round < 2; round++)
        {
            int start = 0;
            foreach (int count in parts)
            {
                Tensor Part(Tensor t) => t.Narrow(-2, start, count);
                Tensor y = cache.Attend(Part(q), Part(k), Part(v));
                Assert.True(y.AllClose(whole.Narrow(-2, start, count), rtol: 1e-12, atol: 1e-14));
                start += count;
                Assert.Equal(start, cache.Length);
            }
            cache.Clear();
            Assert.Equal(0, cache.Length);
        }
    }

    [Fact]
    public void Takes_a_scale()
    {
        Generator g = new(2);
        Tensor q = Draw(g, 3, 4), k = Draw(g, 3, 4), v = Draw(g, 3, 4);
        Tensor expected = Functional.ScaledDotProductAttention(q, k, v, isCausal: true, scale: 0.3);
        Assert.True(new KeyValueCache(3).Attend(q, k, v, scale: 0.3).AllClose(expected));
    }

    [Fact]
    public void Keeps_its_memory_beyond_a_scope_and_takes_other_sizes_once_it_is_empty()
    {
        Generator g = new(3);
        KeyValueCache cache = new(512);
        Tensor k = Draw(g, 4, 300, 16), v = Draw(g, 4, 300, 16);
        using (Tensor.Scope()) cache.Append(k, v);
        Tensor all = cache.Append(k.Narrow(-2, 0, 1), v.Narrow(-2, 0, 1)).Key;
        Assert.True(all.Narrow(-2, 0, 300).Equal(k));
        cache.Clear();
        Assert.Equal(new Shape([2, 1, 3]), cache.Append(Draw(g, 2, 1, 3), Draw(g, 2, 1, 3)).Key.Shape);
    }

    [Fact]
    public void Says_what_does_not_fit_and_stays_as_it_was()
    {
        Generator g = new(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyValueCache(0));
        KeyValueCache cache = new(4);
        Tensor k = Draw(g, 2, 3, 5), v = Draw(g, 2, 3, 5);
        cache.Append(k, v);
        Assert.Contains("3 of 4 positions are taken, and 3 more",
            Assert.Throws<InvalidOperationException>(() => cache.Append(k, v)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => cache.Append(Draw(g, 3, 1, 5), Draw(g, 3, 1, 5)));
        Assert.Throws<ShapeException>(() => cache.Append(Draw(g, 2, 1, 5), Draw(g, 2, 2, 5)));
        Assert.Throws<ShapeException>(() => cache.Append(Draw(g, 5), Draw(g, 5)));
        Assert.Throws<ShapeException>(() => cache.Attend(Draw(g, 2, 2, 5), Draw(g, 2, 1, 5), Draw(g, 2, 1, 5)));
        Assert.Throws<DTypeException>(() => cache.Append(Tensor.Zeros([2, 1, 5]), Tensor.Zeros([2, 1, 5])));
        Tensor learned = Tensor.Zeros([2, 1, 5], DType.Float64, requiresGrad: true);
        Assert.Contains("NoGrad", Assert.Throws<InvalidOperationException>(() => cache.Append(learned, learned)).Message,
            StringComparison.Ordinal);
        Assert.Equal(3, cache.Length);
        using (Autograd.NoGrad()) Assert.Equal(4, cache.Append(learned, learned).Key.Size(-2));
    }
}
