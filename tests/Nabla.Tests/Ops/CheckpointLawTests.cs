using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Law 13: an operation in a checkpoint has the gradients that it has outside, random ones included, whether its results are
/// kept or not.</summary>
public sealed class CheckpointLawTests
{
    public static TheoryData<string> Names => LawRows.Names;

    [Theory, MemberData(nameof(Names))]
    public void An_operation_can_be_computed_again(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "grad")) return;
        foreach (Trial trial in LawRows.Trials(row).Where(static t => t.Smooth.Length > 0))
        {
            Tensor.ManualSeed(1);
            Tensor[] y = trial.Run();
            if (!y.Any(static t => t.RequiresGrad)) continue;
            Tensor?[] expected = Law.Gradients(trial, trial.Inputs, y);
            foreach (Func<CheckpointContexts>? contexts in new Func<CheckpointContexts>?[]
                { null, static () => Checkpoint.Selective(Policy) })
            {
                Tensor.ManualSeed(1);
                Tensor[] again = Checkpoint.Run(trial.Run, trial.Inputs, contextFn: contexts);
                Law.Same([.. y.Select(static t => t.Detach())], [.. again.Select(static t => t.Detach())], trial.Text, 0);
                Tensor?[] actual = Law.Gradients(trial, trial.Inputs, again);
                for (int i = 0; i < actual.Length; i++) Law.Same(expected[i], actual[i], $"{trial.Text}, gradient {i}", 0);
            }
        }
    }

    /// <summary>All is kept but what is written to in place afterwards: copies and repetitions of running statistics, istft's sum of
    /// frames.</summary>
    private static CheckpointPolicy Policy(CheckpointOperation op) =>
        op.Name is "clone" or "repeat" or "unfold_backward" ? CheckpointPolicy.PreferRecompute : CheckpointPolicy.PreferSave;
}
