#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// What recording and backward cost: nanoseconds and bytes per operation, the least of many short runs.
// Run it: dotnet run -c Release bench/cost.cs -- [seconds per line]
// To compare two versions, build each with `dotnet build -c Release bench/cost.cs -o FOLDER` and run them by turns.
using System.Diagnostics;
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 1;
Tensor a = Tensor.Of(1.5f), b = Tensor.Of(0.9f), leaf = Tensor.Of(1.5f, requiresGrad: true), first = Tensor.Of([3.0], requiresGrad: true);
Tensor x = Tensor.Ones([64, 64]) * 0.1, target = Tensor.Zeros([64, 10]);
Tensor w1 = Weight(128, 64), b1 = Weight(128), w2 = Weight(128, 128), b2 = Weight(128), w3 = Weight(10, 128), b3 = Weight(10);
Tensor built = Mlp();

Measure("add, not recorded", 1000, () => { for (int i = 0; i < 1000; i++) _ = a + b; });
Measure("add, recorded", 1000, () => { for (int i = 0; i < 1000; i++) _ = leaf + b; });
Measure("multiply, recorded", 1000, () => { for (int i = 0; i < 1000; i++) _ = leaf * b; });
Measure("multiply by a number, recorded", 1000, () => { for (int i = 0; i < 1000; i++) _ = leaf * 2.5; });
Measure("exp, recorded", 1000, () => { for (int i = 0; i < 1000; i++) _ = leaf.Exp(); });
Measure("sin, recorded", 1000, () => { for (int i = 0; i < 1000; i++) _ = leaf.Sin(); });
Measure("add in place", 1000, () => { for (int i = 0; i < 1000; i++) a.Add_(b); });
Measure("chain of 1000, forward", 1000, () => Chain());
Measure("chain of 1000, forward and backward", 1000, () => { Chain().Backward(); leaf.Grad = null; });
Measure("2x² + 3, forward and backward", 1, () => { (2 * (first * first) + 3).Backward(); first.Grad = null; });
Measure("network 64-128-128-10, batch 64, forward", 1, () => built = Mlp());
Measure("network 64-128-128-10, batch 64, backward", 1, () => built.Backward(retainGraph: true));

Tensor Weight(params long[] shape) => (Tensor.Ones(shape) * 0.01).RequiresGrad_();

Tensor Mlp() => (Functional.Linear(Functional.Linear(Functional.Linear(x, w1, b1).Relu(), w2, b2).Tanh(), w3, b3) - target).Square().Mean();

Tensor Chain()
{
    Tensor y = leaf;
    for (int i = 0; i < 250; i++)
    {
        y = y * b;
        y = y.Neg();
        y = y * b;
        y = y + b;
    }
    return y;
}

void Measure(string name, int operations, Action action)
{
    long until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency), least = long.MaxValue;
    int repeats = 1;
    while (Time(action, repeats) < Stopwatch.Frequency / 2000) repeats *= 2;
    while (Stopwatch.GetTimestamp() < until) least = Math.Min(least, Time(action, repeats));
    long before = GC.GetAllocatedBytesForCurrentThread();
    action();
    long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
    Console.WriteLine($"{name,-45} {1e9 * least / Stopwatch.Frequency / repeats / operations,10:F1} ns {bytes / operations,8} B");
}

static long Time(Action action, int repeats)
{
    long start = Stopwatch.GetTimestamp();
    for (int i = 0; i < repeats; i++) action();
    return Stopwatch.GetTimestamp() - start;
}
