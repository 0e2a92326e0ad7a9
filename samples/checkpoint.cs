#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// Memory for time: 64 layers, forward and backward, with and without checkpoints. For each way: the most bytes that tensors needed at
// once, the largest size of the process, and the processor time of a step. Every row is a process of its own.
// Run it: dotnet run -c Release samples/checkpoint.cs -- [rows [width [layers]]]
using System.Diagnostics;
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["--row", ..]) return Row(args[1], int.Parse(args[2]), int.Parse(args[3]), int.Parse(args[4]));
if (args.Length > 3 || args.Any(a => !int.TryParse(a, out int n) || n < 1) || (args.Length == 3 && int.Parse(args[2]) < 4))
{
    Console.Error.WriteLine("checkpoint: rows, width and layers are whole numbers from 1, 1 and 4 on: [rows [width [layers]]].");
    return 2;
}

int rows = Argument(0, 4096), width = Argument(1, 512), layers = Argument(2, 64);
int root = (int)Math.Sqrt(layers);
double result = 4.0 * rows * width / (1 << 20);
Console.WriteLine($"{layers} layers of x + gelu(norm(x) W), x {rows} x {width}, float32: {result:F1} MiB per result");
Console.WriteLine($"| {"way",-36} | peak of tensors | peak of process | processor time |");
Console.WriteLine("| --- | ---: | ---: | ---: |");
string[] ways = ["all saved", "4 segments", $"{root} segments", $"{2 * root} segments", $"{root} segments, products kept", "each layer",
    "bfloat16"];
foreach (string way in ways)
{
    string[] command = [.. Host(), "--row", way, $"{rows}", $"{width}", $"{layers}"];
    ProcessStartInfo start = new(Environment.ProcessPath!, command) { RedirectStandardOutput = true };
    using Process child = Process.Start(start)!;
    Console.Write(child.StandardOutput.ReadToEnd());
    child.WaitForExit();
    if (child.ExitCode != 0) return child.ExitCode;
}
return 0;

int Argument(int i, int otherwise) => args.Length > i ? int.Parse(args[i]) : otherwise;

// Started as an application the program is its own host; started as a library it is dotnet's first argument.
static string[] Host() =>
    Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

static int Row(string way, int rows, int width, int layers)
{
    Tensor.ManualSeed(1);
    Tensor[] weights = [.. Enumerable.Range(0, layers).Select(_ => (Tensor.Randn(width, width) / Math.Sqrt(width)).RequiresGrad_())];
    Func<Tensor, Tensor>[] model = [.. weights.Select(w => (Func<Tensor, Tensor>)(x =>
        x + Functional.Gelu(Functional.LayerNorm(x, [width]).MatMul(w))))];
    Tensor input = Tensor.Randn(rows, width);
    Step();
    double least = double.MaxValue;
    for (int i = 0; i < 3; i++)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Step();
        least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }
    long process = Process.GetCurrentProcess().PeakWorkingSet64;
    Clear();
    MemoryUse use = TensorMemory.Measure(Step);
    double tensors = (use.Peak - use.Before) / (double)(1 << 20), all = process / (double)(1 << 20);
    Console.WriteLine($"| {way,-36} | {tensors,11:F0} MiB | {all,11:F0} MiB | {least,12:F2} s |");
    return 0;

    void Step()
    {
        Clear();
        Forward().Sum().Backward();
    }

    void Clear()
    {
        foreach (Tensor w in weights) w.Grad = null;
    }

    Tensor Forward()
    {
        if (way == "all saved") return Checkpoint.Sequential(model, 1, input);
        if (way == "bfloat16")
            using (Autograd.SaveAs(DType.BFloat16)) return Checkpoint.Sequential(model, 1, input);
        if (way == "each layer") return model.Aggregate(input, (x, layer) => Checkpoint.Run(layer, x));
        int segments = int.Parse(way.Split(' ')[0]), size = layers / segments;
        if (!way.EndsWith("kept", StringComparison.Ordinal)) return Checkpoint.Sequential(model, segments, input);
        Tensor x = input;
        foreach (Func<Tensor, Tensor>[] part in model.Chunk(size))
            x = Checkpoint.Run(x => part.Aggregate(x, (x, layer) => layer(x)), x, contextFn: () => Checkpoint.Selective("mm"));
        return x;
    }
}
