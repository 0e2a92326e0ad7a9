using System.Text.Json;
using Nabla.Nn;

namespace Nabla.Tests.Nn;

public sealed class TokenSamplerTests
{
    private sealed record Case(double temperature, long top_k, double top_p, double[][] probabilities, long[][] tokens);

    private sealed record Golden(double[][] logits, Case[] cases);

    private static Tensor Matrix(double[][] rows) => Tensor.From([.. rows.SelectMany(static r => r)], [rows.Length, rows[0].Length]);

    [Fact]
    public void Gives_PyTorchs_probabilities_and_tokens()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Data", "sampling.json");
        Golden golden = JsonSerializer.Deserialize<Golden>(File.ReadAllText(path))!;
        Tensor logits = Matrix(golden.logits);
        foreach (Case c in golden.cases)
        {
            TokenSampler sampler = new(c.temperature, c.top_k, c.top_p);
            Tensor p = sampler.Probabilities(logits), expected = Matrix(c.probabilities);
            Assert.True(p.AllClose(expected, rtol: 1e-12, atol: 1e-15), $"{c}\n{p}");
            Generator generator = new(5);
            foreach (long[] tokens in c.tokens) Assert.Equal(tokens, sampler.Next(logits, generator).ToArray<long>());
        }
    }

    [Fact]
    public void Temperature_zero_takes_the_most_probable_token_and_draws_nothing()
    {
        Tensor logits = Tensor.Of([[1.0, 3.0, 2.0], [0.5, -1.0, 0.25]]);
        Generator generator = new(1);
        byte[] before = generator.GetState();
        TokenSampler greedy = new(temperature: 0);
        Assert.Equal([1L, 0L], greedy.Next(logits, generator).ToArray<long>());
        Assert.Equal(before, generator.GetState());
        Assert.Equal([0f, 1f, 0f, 1f, 0f, 0f], greedy.Probabilities(logits).ToArray<float>());
    }

    [Theory, InlineData(1e-7), InlineData(1e-37), InlineData(1e-300)]
    public void The_smallest_temperatures_take_the_most_probable_token(double temperature)
    {
        Tensor p = new TokenSampler(temperature).Probabilities(Tensor.From([20f, 50, -3, float.NegativeInfinity]));
        Assert.Equal([0, 1, 0, 0], p.ToArray<float>());
        Assert.Equal([0.5f, 0.5f], new TokenSampler(temperature).Probabilities(Tensor.From([50f, 50])).ToArray<float>());
    }

    [Fact]
    public void Of_equal_scores_exactly_k_stay()
    {
        Tensor p = new TokenSampler(topK: 2).Probabilities(Tensor.Of([1.0, 1.0, 1.0, 1.0]));
        Assert.Equal([0.5f, 0.5f, 0f, 0f], p.ToArray<float>());
    }

    [Fact]
    public void Takes_any_number_of_dimensions_and_16_bits_and_records_nothing()
    {
        Tensor logits = Tensor.Randn([2, 3, 5]).RequiresGrad_();
        TokenSampler sampler = new(0.8, 3, 0.9);
        Tensor tokens = sampler.Next(logits, new Generator(2));
        Assert.Equal(new Shape([2, 3]), tokens.Shape);
        Assert.False(sampler.Probabilities(logits).RequiresGrad);
        Assert.Equal(0, sampler.Next(logits[0, 0], new Generator(2)).NDim);
        Tensor half = sampler.Probabilities(logits.Detach().To(DType.BFloat16));
        Assert.Equal(DType.Float32, half.DType);
        Assert.True(half.Sum([-1]).AllClose(Tensor.Ones([2, 3])));
    }

    [Fact]
    public void Draws_as_often_as_the_probabilities_say()
    {
        Tensor logits = Tensor.Of([2.0, 1.0, 0.0, -1.0]);
        TokenSampler sampler = new(1, 3);
        Tensor p = sampler.Probabilities(logits);
        Tensor drawn = sampler.Next(logits.Expand([20000, 4]), new Generator(3));
        Tensor share = drawn.BinCount(minLength: 4).To(DType.Float32) / 20000;
        Assert.True((share - p).Abs().Max().Item() < 0.015, $"{share} {p}");
        Assert.Equal(0, share[3].Item());
    }

    [Theory]
    [InlineData(-0.1, 0, 1.0, "temperature should be a finite number of at least 0, but is -0.1")]
    [InlineData(double.NaN, 0, 1.0, "temperature should be a finite number of at least 0, but is NaN")]
    [InlineData(1.0, -1, 1.0, "topK should be at least 0, but is -1")]
    [InlineData(1.0, 0, 0.0, "topP should be above 0 and at most 1, but is 0")]
    [InlineData(1.0, 0, double.NaN, "topP should be above 0 and at most 1, but is NaN")]
    public void Refuses_wrong_options(double temperature, long topK, double topP, string message)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => new TokenSampler(temperature, topK, topP));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_what_are_no_scores()
    {
        TokenSampler sampler = new();
        Assert.Throws<ShapeException>(() => sampler.Next(Tensor.Of(1.0)));
        Assert.Throws<ShapeException>(() => sampler.Next(Tensor.Zeros([2, 0])));
        Assert.Throws<DTypeException>(() => sampler.Next(Tensor.Of([1, 2])));
        Assert.Throws<ArgumentException>(() => sampler.Next(Tensor.Of([double.NaN, 1.0])));
    }
}
