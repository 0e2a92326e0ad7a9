using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.JavaScript;
using System.Runtime.Versioning;
using Nabla.Data;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Registry;
using Nabla.Training;

namespace Nabla.Browser.Checks;

/// <summary>What the tests call in the browser.</summary>
[SupportedOSPlatform("browser")]
public static partial class Page
{
    /// <summary>See <see cref="RowValues.Of(OpRow, int)"/>; the bits of the numbers in base 64, or what went wrong.</summary>
    [JSExport]
    internal static string Row(int index, int times)
    {
        OpRow row = Registry.Registry.All[index];
        try
        {
            return Bits(RowValues.Of(row, times));
        }
        catch (Exception e)
        {
            return $"!{e}";
        }
    }

    private static string Bits(double[] values) => Convert.ToBase64String(MemoryMarshal.AsBytes<double>(values));

    /// <summary>See <see cref="LoopValues"/>; the bits of the numbers in base 64.</summary>
    [JSExport]
    internal static string Loop(int index, int times) => Bits(LoopValues.Of(index, times));

    /// <summary>What a worker draws and who it says it is, with workers that have no threads; and that an error comes with its
    /// batch.</summary>
    [JSExport]
    internal static string Loader()
    {
        Dataset<string> data = Dataset.Of(9, static i => i == 8 ? throw new InvalidDataException("eight")
            : $"{i}:{WorkerInfo.Current?.Id}/{WorkerInfo.Current?.NumWorkers} {Tensor.Rand(1).Item():R}");
        List<string> seen = [];
        using var loader = DataLoader.Of(data, batch => string.Join(", ", batch), batchSize: 2, shuffle: false, numWorkers: 2,
            generator: new Generator(3));
        try
        {
            foreach (string batch in loader) seen.Add(batch);
        }
        catch (InvalidDataException e)
        {
            seen.Add(e.Message);
        }
        seen.Add($"outside {WorkerInfo.Current is null}");
        return string.Join("; ", seen);
    }

    /// <summary>A small training by a trainer, asynchronously, with a checkpoint in the browser's memory, and one that goes on.</summary>
    [JSExport]
    internal static async Task<string> Train()
    {
        CheckpointFolder folder = new(Path.Combine(Path.GetTempPath(), "run"));
        Trainer<Sequential, (Tensor X, Tensor Y)> first = Trainer(folder), second = Trainer(folder), whole = Trainer(null);
        await first.FitAsync(Batches(), steps: 9);
        await second.FitAsync(Batches(), epochs: 2, resume: true);
        await whole.FitAsync(Batches(), epochs: 2);
        string[] losses = [.. new[] { second, whole }.Select(t => t.History[^1].Loss.ToString("R", CultureInfo.InvariantCulture))];
        return $"{second.Step} {losses[0]} {losses[1]}";
    }

    /// <summary>Saved to a file and read again.</summary>
    [JSExport]
    internal static string Save()
    {
        Tensor.ManualSeed(0);
        Linear a = new(3, 2), b = new(3, 2);
        a.Save(Path.Combine(Path.GetTempPath(), "a.safetensors"));
        b.Load(Path.Combine(Path.GetTempPath(), "a.safetensors"));
        TorchFile.Save(Path.Combine(Path.GetTempPath(), "a.pt"), a.StateDict());
        return $"{a.Weight.Equal(b.Weight)} {File.Exists(Path.Combine(Path.GetTempPath(), "a.pt"))}";
    }

    /// <summary>Collecting, counting and giving back memory.</summary>
    [JSExport]
    internal static string Memory()
    {
        MemoryUse use = TensorMemory.Measure(static () => Tensor.Zeros([1 << 18]).Sum());
        for (int i = 0; i < 30; i++)
            using (Tensor.Scope()) (Tensor.Ones([1 << 17]) * 2 + 1).Sum();
        TensorMemory.Collect();
        TensorMemory.Trim();
        return $"{use.Peak - use.Before >= 1 << 20} {TensorMemory.LiveBytes < 4 << 20}";
    }

    /// <summary>Loops that are divided among threads elsewhere, and a backward inside a hook of a backward.</summary>
    [JSExport]
    internal static string Inline()
    {
        Threads.Count = 4;
        Tensor x = Tensor.Arange(1 << 20, DType.Float64).RequiresGrad_();
        (x * x).Sum().Backward();
        Tensor inner = Tensor.Of([2.0], requiresGrad: true), outer = Tensor.Of([3.0], requiresGrad: true);
        Tensor y = outer * 2;
        y.RegisterHook(g =>
        {
            using GradScope on = Autograd.EnableGrad();
            (inner * inner).Backward();
        });
        y.Backward();
        return $"{x.Grad!.Sum().Item():R} {inner.Grad!.Item()} {outer.Grad!.Item()}";
    }

    private static DataLoader<(Tensor, Tensor), (Tensor X, Tensor Y)> Batches() =>
        new(Generated.Moons(64, generator: new Generator(0)), batchSize: 8, shuffle: true, generator: new Generator(1));

    private static Trainer<Sequential, (Tensor X, Tensor Y)> Trainer(CheckpointFolder? folder)
    {
        Tensor.ManualSeed(5);
        Sequential net = new(new Linear(2, 8), new Tanh(), new Linear(8, 2));
        return new(net, new Adam(net.Parameters(), lr: 0.02), static (m, b) => Functional.CrossEntropy(m.Call(b.X), b.Y))
        {
            Checkpoints = folder,
        };
    }
}
