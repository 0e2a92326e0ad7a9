using System.Globalization;
using BenchmarkDotNet.Running;
using Nabla;
using Nabla.Bench;

// micro [BenchmarkDotNet's options]: micro benchmarks, with no options the list of them. Otherwise the workloads that are compared with
// TorchSharp, one JSON line each, then the machine's limits and each workload's share of them:
//   [--threads N] [--only NAME[,NAME...]] [--seconds S] [--no-scope] | --list
// --no-scope leaves all memory to the garbage collector.
if (args is ["micro", .. string[] rest])
{
    BenchmarkSwitcher.FromAssembly(typeof(Runner).Assembly).Run(rest.Length == 0 ? ["--list", "flat"] : rest);
    return 0;
}

string[] only = [];
double seconds = 1;
bool list = false, scoped = true;
for (int i = 0; i < args.Length; i++)
{
    string? value = i + 1 < args.Length ? args[i + 1] : null;
    switch (args[i])
    {
        case "--list": list = true; break;
        case "--no-scope": scoped = false; break;
        case "--threads" when int.TryParse(value, CultureInfo.InvariantCulture, out int n) && n > 0: Threads.Count = n; i++; break;
        case "--seconds" when double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds >= 0: i++; break;
        case "--only" when value is not null: only = value.Split(',', StringSplitOptions.RemoveEmptyEntries); i++; break;
        default: return Fail($"I do not understand '{args[i]}'.");
    }
}

Tensor.ManualSeed(0);
Runner names = new(["none"], 0, scoped);
Workloads.Run(names);
if (Array.Find(only, name => !names.Names.Contains(name)) is { } unknown) return Fail($"there is no workload '{unknown}'.");
if (list)
{
    foreach (string name in names.Names) Console.WriteLine(name);
    return 0;
}
Runner run = new(only, seconds, scoped);
Workloads.Run(run);
run.PrintShares(Machine.Measure(Threads.Count));
return 0;

static int Fail(string message)
{
    Console.Error.WriteLine($"{message} Options: micro ... | [--threads N] [--only NAME[,NAME...]] [--seconds S] [--no-scope] | --list");
    return 2;
}
