using Nabla.Training;

namespace Nabla.Tests.Training;

public sealed class MetricTests
{
    private static readonly Tensor Target = Tensor.Of([0, 1, 2, 2, 1, 0, 2, 1]);
    private static readonly Tensor Predicted = Tensor.Of([0, 2, 2, 2, 1, 1, 0, 1]);

    public static TheoryData<string> Kinds => ["mean", "mse", "mae", "r2", "perplexity", "accuracy", "top2", "matrix", "precision",
        "recall", "f1", "auroc", "auroc3"];

    private static Metric Make(string kind) => kind switch
    {
        "mean" => new Mean(),
        "mse" => new MeanSquaredError(),
        "mae" => new MeanAbsoluteError(),
        "r2" => new R2Score(),
        "perplexity" => new Perplexity(),
        "accuracy" => new Accuracy(),
        "top2" => new Accuracy(k: 2),
        "matrix" => new ConfusionMatrix(3),
        "precision" => new Precision(3),
        "recall" => new Recall(3, Average.Weighted),
        "f1" => new F1Score(3, Average.Micro),
        _ => new Auroc(),
    };

    private static (Tensor Input, Tensor Target) Batch(string kind, long n, Generator generator)
    {
        Tensor scores = Tensor.Randn([n, 3], dtype: DType.Float64, generator: generator);
        Tensor classes = Tensor.RandInt(0, 3, [n], generator: generator);
        return kind switch
        {
            "mean" => (scores, scores.Abs()),
            "mse" or "mae" or "r2" => (scores, scores + 1e6 + Tensor.Randn([n, 3], dtype: DType.Float64, generator: generator)),
            "auroc" => (scores.Select(1, 0), classes % 2),
            _ => (scores, classes),
        };
    }

    /// <summary>Batches of any sizes, one after the other or merged in a tree, give what all samples at once do.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Batches_count_by_their_sizes(string kind)
    {
        Generator generator = new(3);
        (Tensor Input, Tensor Target)[] parts = [.. new long[] { 7, 1, 0, 20, 3 }.Select(n => Batch(kind, n, generator))];
        Metric once = Make(kind), serial = Make(kind), left = Make(kind), right = Make(kind);
        once.Update(Tensor.Cat([.. parts.Select(static p => p.Input)]), Tensor.Cat([.. parts.Select(static p => p.Target)]));
        double expected = once.Compute();
        Assert.True(double.IsFinite(expected));
        foreach ((Tensor input, Tensor target) in parts) serial.Update(input, target);
        Assert.Equal(expected, serial.Compute(), Math.Abs(expected) * 1e-10);
        for (int i = 0; i < parts.Length; i++) (i < 2 ? left : right).Update(parts[i].Input, parts[i].Target);
        left.Merge(right);
        left.Merge(Make(kind));
        Assert.Equal(expected, left.Compute(), Math.Abs(expected) * 1e-10);
        left.Reset();
        Assert.Equal(double.NaN, left.Compute());
        left.Merge(once);
        Assert.Equal(expected, left.Compute(), Math.Abs(expected) * 1e-10);
        Assert.Throws<ArgumentException>(() => left.Merge(kind == "mse" ? new MeanAbsoluteError() : new MeanSquaredError()));
    }

    /// <summary>Worked out by hand from the definitions.</summary>
    [Theory]
    [InlineData(Average.Macro, 0.6111111111111112, 0.6111111111111112, 0.6111111111111112)]
    [InlineData(Average.Micro, 0.625, 0.625, 0.625)]
    [InlineData(Average.Weighted, 0.625, 0.625, 0.625)]
    public void Ratios_of_three_classes(Average average, double precision, double recall, double f1)
    {
        Metric[] metrics = [new Precision(3, average), new Recall(3, average), new F1Score(3, average)];
        double[] expected = [precision, recall, f1];
        for (int i = 0; i < 3; i++)
        {
            metrics[i].Update(Predicted, Target);
            Assert.Equal(expected[i], metrics[i].Compute(), 1e-12);
        }
    }

    [Fact]
    public void Confusion_matrix_and_accuracy()
    {
        ConfusionMatrix matrix = new(3);
        matrix.Update(Predicted, Target);
        Assert.Equal([1, 1, 0, 0, 2, 1, 1, 0, 2], matrix.Counts.ToArray<long>().Select(static n => (int)n));
        Assert.Equal(0.625, matrix.Compute());
        Assert.Equal(1, matrix[2, 0]);

        Accuracy ignoring = new(ignoreIndex: 1);
        ignoring.Update(Predicted, Target);
        Assert.Equal(0.6, ignoring.Compute(), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Update(Tensor.Of([0, 3]), Tensor.Of([0, 1])));
        Assert.Equal(0.625, matrix.Compute());
    }

    [Fact]
    public void Two_classes_from_probabilities()
    {
        Tensor scores = Tensor.Of([0.1, 0.4, 0.35, 0.8]), target = Tensor.Of([0, 0, 1, 1]);
        Auroc area = new();
        area.Update(scores, target);
        Assert.Equal(0.75, area.Compute());
        F1Score f1 = new(2, Average.Binary);
        f1.Update(scores, target);
        Assert.Equal(2 / 3.0, f1.Compute(), 1e-12);
        area.Reset();
        area.Update(Tensor.Of([0.5, 0.5, 0.5]), Tensor.Of([0, 1, 1]));
        Assert.Equal(0.5, area.Compute());
        area.Reset();
        area.Update(scores, Tensor.Ones([4], DType.Int64));
        Assert.Equal(double.NaN, area.Compute());
    }

    [Fact]
    public void The_right_class_among_the_first_k()
    {
        Tensor scores = Tensor.Of([[0.1, 0.5, 0.4], [0.9, 0.05, 0.05], [0.2, 0.2, 0.6]]), target = Tensor.Of([2, 1, 1]);
        foreach ((long k, double expected) in new[] { (1L, 0.0), (2L, 2 / 3.0), (3L, 1.0) })
        {
            Accuracy accuracy = new(k);
            accuracy.Update(scores, target);
            Assert.Equal(expected, accuracy.Compute(), 1e-12);
        }
        Accuracy pixels = new();
        pixels.Update(Tensor.Of([[[1.0, 2.0], [3.0, 1.0]]]), Tensor.Of([[1, 0]]));
        Assert.Equal(1, pixels.Compute());
    }

    [Fact]
    public void Regression_and_language()
    {
        Tensor y = Tensor.Of([3.0, -0.5, 2, 7]), x = Tensor.Of([2.5, 0.0, 2, 8]);
        (Metric, double)[] expected =
            [(new MeanSquaredError(), 0.375), (new MeanAbsoluteError(), 0.5), (new R2Score(), 0.9486081370449679)];
        foreach ((Metric metric, double value) in expected)
        {
            metric.Update(x, y);
            Assert.Equal(value, metric.Compute(), 1e-12);
        }
        Perplexity perplexity = new();
        perplexity.Update(Tensor.Zeros([2, 3, 5]), Tensor.Of([[0, 1, -100], [4, 2, 3]]));
        Assert.Equal(5, perplexity.Compute(), 1e-12);
    }

    [Fact]
    public void Refuses_shapes_that_do_not_fit()
    {
        Tensor three = Tensor.Zeros([3]), four = Tensor.Zeros([4], DType.Int64);
        Metric[] all = [new Mean(), new MeanSquaredError(), new MeanAbsoluteError(), new R2Score(), new Perplexity(), new Accuracy(),
            new Accuracy(2), new ConfusionMatrix(2), new Auroc()];
        foreach (Metric metric in all)
            Assert.Throws<ShapeException>(() => metric.Update(three, four));
        Assert.Throws<DTypeException>(() => new Accuracy().Update(three, three));
        Assert.Throws<ArgumentException>(() => new Precision(3, Average.Binary));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Accuracy(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConfusionMatrix(1));
    }
}
