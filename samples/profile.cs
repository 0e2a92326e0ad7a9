#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// Where does a training step spend its time and its memory? Run it: dotnet run samples/profile.cs -- trace.json
// It prints a table of the operations, forward and backward, and writes a trace that https://ui.perfetto.dev and chrome://tracing open.
using Nabla;

if (args.Length > 1)
{
    Console.Error.WriteLine("usage: profile.cs [trace.json]");
    return 2;
}
string path = args.Length == 1 ? args[0] : Path.Combine(Path.GetTempPath(), "nabla-trace.json");

Tensor.ManualSeed(0);
Tensor w1 = Weight(256, 64), b1 = Tensor.Zeros([256], requiresGrad: true);
Tensor w2 = Weight(10, 256), b2 = Tensor.Zeros([10], requiresGrad: true);
Tensor[] parameters = [w1, b1, w2, b2];
Tensor x = Tensor.Randn([128, 64]);
Tensor target = Tensor.RandInt(0, 10, [128]);

// The first steps compile the program; they would hide what the others cost.
for (int i = 0; i < 20; i++) Step();

Profiler profiler = Profiler.Start(profileMemory: true, recordShapes: true, withFlops: true);
for (int i = 0; i < 10; i++)
    using (Profiler.RecordFunction("training step")) Step();
profiler.Dispose();

Console.WriteLine(profiler.KeyAverages().Table(sortBy: "self_cpu_time_total", rowLimit: 15));
Console.WriteLine(profiler.KeyAverages(groupByInputShape: true).Table(sortBy: "flops", rowLimit: 5));
try
{
    profiler.ExportChromeTrace(path);
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"cannot write {path}: {e.Message}");
    return 2;
}
Console.WriteLine($"{profiler.Events.Count} events in {path}: open it in https://ui.perfetto.dev or chrome://tracing");
return 0;

Tensor Weight(long rows, long columns) => (Tensor.Randn([rows, columns]) / Math.Sqrt(columns)).Detach().RequiresGrad_();

void Step()
{
    Tensor loss;
    using (Profiler.RecordFunction("forward"))
    {
        Tensor hidden = Functional.Linear(x, w1, b1).Relu();
        loss = Functional.CrossEntropy(Functional.Linear(hidden, w2, b2), target);
    }
    using (Profiler.RecordFunction("backward")) loss.Backward();
    using (Profiler.RecordFunction("update"))
    using (Autograd.NoGrad())
    {
        foreach (Tensor p in parameters)
        {
            p.Sub_(p.Grad!, alpha: 0.1);
            p.Grad = null;
        }
    }
}
