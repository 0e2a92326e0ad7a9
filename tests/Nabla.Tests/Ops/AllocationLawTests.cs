using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Law 12: a recorded scalar map or zip allocates its result, its node and little else.</summary>
public sealed class AllocationLawTests
{
    private const int Ceiling = 300, Repeats = 100;

    /// <summary>The rows that cover one map or zip.</summary>
    public static TheoryData<string> Names => [.. LawRows.All.Where(r =>
        OpStructs.CoveredBy(r).Any(OpStructs.IsElementwise)).Select(LawRows.NameOf)];

    [Theory, MemberData(nameof(Names))]
    public void A_recorded_scalar_call_stays_below_the_ceiling(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "allocation")) return;
        // Only calls with tensors alone: a plain number among the arguments is boxed by the row, not by the library.
        Trial? trial = LawRows.Trials(row).FirstOrDefault(t => t.Inputs.Length > 0 && t.Inputs.Length == t.Call.Args.Length
            && t.Call.Kwargs.Count == 0 && t.Inputs.All(static x => x.NDim == 0) && IsOneCall(t));
        if (trial is null) return;
        for (int i = 0; i < Repeats; i++) row.Run(trial.Call);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Repeats; i++) row.Run(trial.Call);
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Repeats;
        Assert.True(bytes < Ceiling, $"{trial.Text}: {bytes} bytes per call, at most {Ceiling} are allowed");
    }

    /// <summary>True if the call records one node, that of a map or zip.</summary>
    private static bool IsOneCall(Trial trial)
    {
        Node? node = trial.Run()[0].GradFn;
        return node is not null && node.NextFunctions.All(static e => e.Node is null or AccumulateGrad)
            && node.GetType() is { IsGenericType: true } type && OpStructs.IsElementwise(type.GetGenericArguments()[0]);
    }
}
