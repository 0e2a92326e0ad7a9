using Nabla.Conformance;

if (Options.Parse(args) is not { } options) return 2;
if (options.Operators is { } page)
{
    File.WriteAllText(page, OperatorTable.Write());
    return 0;
}

using DataSet data = new(options.Directory);
using Archive archive = new(options.Directory);
OperatorEntry[] chosen = [.. data.Operators.Concat(data.Modules).Where(options.Chooses)];
OptimResult[] optim = OptimizerRuns.In(archive) ? [.. OptimizerRuns.Run(archive, options.ChoosesOptim)] : [];
TrainingResult[] training = [.. TrainingRuns.Run(archive, options.ChoosesTraining)];
if (chosen.Length + optim.Length + training.Length == 0)
{
    Console.Error.WriteLine("Nothing there has one of these names.");
    return 2;
}
OperatorResult[] results = new OperatorResult[chosen.Length];
Parallel.For(0, chosen.Length, i => results[i] = Runner.Run(data, chosen[i]));
if (chosen.Length > 0) Report.Print(results, Console.Out);
Report.Print(optim, Console.Out);
Report.Print(training, Console.Out);
if (options.Json is { } file) Report.Write(results, file);

// An operator without a row fails as a whole.
int failed = results.Sum(r => r.Failures.Count + (r.Absent ? r.Operator.Samples : 0)) + optim.Count(r => r.Differences.Count > 0)
    + training.Count(r => r.Differences.Count > 0);
int passed = results.Sum(r => r.Passed) + optim.Count(r => r.Differences.Count == 0) + training.Count(r => r.Differences.Count == 0);
Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;
