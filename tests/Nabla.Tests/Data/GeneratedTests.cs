using Nabla.Data;

namespace Nabla.Tests.Data;

/// <summary>Data sets made by formulas.</summary>
public sealed class GeneratedTests
{
    static double[] Values(Tensor t) => t.To(DType.Float64).Reshape([-1]).ToArray<double>();

    static void Close(double[] expected, Tensor actual)
    {
        double[] values = Values(actual);
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++) Assert.Equal(expected[i], values[i], 1e-6);
    }

    [Fact]
    public void Points_follow_their_formulas()
    {
        var (x, y) = Generated.Moons(6, noise: 0).Tensors;
        Close([1, 0, 0, 1, -1, 0, 0, 0.5, 1, -0.5, 2, 0.5], x);
        Close([0, 0, 0, 1, 1, 1], y);
        Close([1, 0, -1, 0, 0.25, 0, -0.25, 0], Generated.Circles(4, noise: 0, factor: 0.25).Tensors.Item1);
        (x, y) = Generated.Spirals(5, classes: 2, turns: 0.25, noise: 0).Tensors;
        Close([0, 0, 0.5 * Math.Sqrt(0.5), 0.5 * Math.Sqrt(0.5), 1, 0, 0, 0, -1, 0], x);
        Close([0, 0, 0, 1, 1], y);
        (x, y) = Generated.Blobs(5, 2, 3, std: 0, generator: new Generator(1)).Tensors;
        Assert.Equal([5L, 3], x.Shape);
        Close([0, 0, 0, 1, 1], y);
        Assert.Equal(Values(x[0]), Values(x[2]));
        Assert.True(x.Abs().Max().Item() <= 10);
        Assert.Equal((DType.Float32, DType.Int64), (x.DType, y.DType));
    }

    [Fact]
    public void The_same_seed_gives_the_same_data()
    {
        Func<Generator, Tensor>[] makers =
        [
            static g => Generated.Moons(50, generator: g).Tensors.Item1,
            static g => Generated.Circles(50, generator: g).Tensors.Item1,
            static g => Generated.Spirals(50, generator: g).Tensors.Item1,
            static g => Generated.Blobs(50, generator: g).Tensors.Item1,
            static g => Generated.Digits(50, generator: g).Tensors.Item1,
            static g => Generated.Progressions(50, 4, generator: g).Tensors.Item1,
        ];
        foreach (var make in makers)
        {
            Assert.Equal(Values(make(new Generator(5))), Values(make(new Generator(5))));
            Assert.NotEqual(Values(make(new Generator(5))), Values(make(new Generator(6))));
        }
        Assert.Equal(Generated.Names(40, new Generator(5)), Generated.Names(40, new Generator(5)));
        Assert.NotEqual(Generated.Names(40, new Generator(5)), Generated.Names(40, new Generator(6)));
    }

    [Fact]
    public void Digits_are_drawn_from_the_font()
    {
        var (x, y) = Generated.Digits(200, 7, 5, noise: 0, generator: new Generator(0)).Tensors;
        Assert.Equal([200L, 1, 7, 5], x.Shape);
        int seven = Array.IndexOf(y.ToArray<long>(), 7);
        Assert.Equal([1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0],
            Values(x[seven]));
        Assert.Equal(10, y.ToArray<long>().Distinct().Count());
        (x, _) = Generated.Digits(200, generator: new Generator(0)).Tensors;
        Assert.Equal([200L, 1, 12, 12], x.Shape);
        Assert.True(x.Min().Item() == 0 && x.Max().Item() == 1);
    }

    [Fact]
    public void Sequences_and_names_follow_their_grammars()
    {
        var (x, y) = Generated.Progressions(30, 5, 7, new Generator(0)).Tensors;
        for (int i = 0; i < 30; i++)
        {
            long[] row = [.. x[i].ToArray<long>(), (long)y[i]];
            for (int j = 2; j < row.Length; j++) Assert.Equal((row[j - 1] + row[1] - row[0] + 14) % 7, row[j]);
        }
        Assert.All(Generated.Names(300, new Generator(0)), static n => Assert.Matches("^[a-z]{2,16}$", n));
        Assert.Equal("one two three", Generated.SpelledNumbers(1, 3));
        Assert.Equal("nineteen twenty twenty-one", Generated.SpelledNumbers(19, 21));
        Assert.Equal("nine hundred ninety-nine thousand nine hundred ninety-nine", Generated.SpelledNumbers(999_999, 999_999));
        Assert.Equal("zero", Generated.SpelledNumbers(0, 0));
        Assert.Equal("one thousand one thousand one", Generated.SpelledNumbers(1000, 1001));
        Assert.Equal("", Generated.SpelledNumbers(5, 4));
    }

    [Fact]
    public void Empty_sets_and_wrong_numbers()
    {
        Assert.Equal(0, Generated.Moons(0).Count);
        Assert.Equal(0, Generated.Digits(0).Count);
        Assert.Equal(1, Generated.Spirals(1, 3).Count);
        Assert.Empty(Generated.Names(0));
        Action[] wrong =
        [
            static () => Generated.Moons(-1), static () => Generated.Moons(4, -1), static () => Generated.Circles(4, factor: 1),
            static () => Generated.Spirals(4, 0), static () => Generated.Blobs(4, 0), static () => Generated.Digits(1, 6),
            static () => Generated.Progressions(1, 0), static () => Generated.Names(-1), static () => Generated.SpelledNumbers(-1),
            static () => Generated.Blobs(4, std: double.NaN),
        ];
        foreach (Action action in wrong) Assert.Throws<ArgumentOutOfRangeException>(action);
    }
}
