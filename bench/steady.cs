#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// Memory of a training loop that disposes nothing: working set and bytes of tensors, ten times along the way.
// Run it: dotnet run -c Release bench/steady.cs -- [steps, default 100000]
using System.Diagnostics;
using System.Globalization;
using Nabla;
using Nabla.Nn;
using Nabla.Optim;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int steps = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
Tensor.ManualSeed(0);
Sequential model = new(new Linear(64, 256), new ReLU(), new Linear(256, 64));
Adam optimizer = new(model.Parameters(), 1e-3);
Tensor x = Tensor.Randn([128, 64]), y = Tensor.Randn([128, 64]);
using Process self = Process.GetCurrentProcess();
for (int step = 1; step <= steps; step++)
{
    optimizer.ZeroGrad();
    Tensor loss = Functional.MseLoss(model.Call(x), y);
    loss.Backward();
    optimizer.Step();
    if (step % Math.Max(1, steps / 10) != 0) continue;
    self.Refresh();
    Console.WriteLine($"step {step,7}: working set {self.WorkingSet64 / 1e6:F0} MB, {TensorMemory.Summary()}");
}
