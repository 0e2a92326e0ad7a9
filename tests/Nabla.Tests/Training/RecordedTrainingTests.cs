using Nabla.Conformance;

namespace Nabla.Tests.Training;

/// <summary>Whole trainings go PyTorch's way, step by step: from its weights, and from the seed alone.</summary>
[Collection("Global")]
public sealed class RecordedTrainingTests
{
    [Theory]
    [InlineData("linreg", 2)]
    [InlineData("mlp", 3)]
    [InlineData("charlstm", 3)]
    [InlineData("gpt", 3)]
    public void LossesNormsAndWeightsAgreeWithPyTorch(string name, int runs)
    {
        using Archive data = new(Path.Combine(AppContext.BaseDirectory, "Data", "training.zip"));
        TrainingResult[] results = [.. TrainingRuns.Run(data, name.Equals)];
        Assert.Equal(runs, results.Length);
        Assert.All(results, static r => Assert.True(r.Differences.Count == 0, $"{r.Name} {r.Run}: {string.Join("; ", r.Differences)}"));
    }
}
