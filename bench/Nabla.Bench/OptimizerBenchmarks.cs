using BenchmarkDotNet.Attributes;
using Nabla.Optim;

namespace Nabla.Bench;

/// <summary>A step of an optimizer on ten million parameters in one tensor, and on a thousand small tensors.</summary>
[MemoryDiagnoser]
public class OptimizerBenchmarks
{
    private Optimizer optimizer = null!;

    /// <summary>Which optimizer.</summary>
    [Params("SGD", "SGD momentum", "Adam", "AdamW amsgrad", "Lion")]
    public string Name { get; set; } = "";

    /// <summary>One large tensor, or many small ones.</summary>
    [Params(1, 1000)]
    public int Tensors { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        long each = Tensors == 1 ? 10_000_000 : 100;
        Tensor[] parameters = [.. Enumerable.Range(0, Tensors).Select(_ => Tensor.Randn([each]).RequiresGrad_())];
        foreach (Tensor p in parameters) p.Grad = Tensor.Randn([each]);
        optimizer = Name switch
        {
            "SGD" => new SGD(parameters, lr: 1e-6),
            "SGD momentum" => new SGD(parameters, lr: 1e-6, momentum: 0.9),
            "Adam" => new Adam(parameters, lr: 1e-6),
            "AdamW amsgrad" => new AdamW(parameters, lr: 1e-6, amsgrad: true),
            _ => new Lion(parameters, lr: 1e-6),
        };
        optimizer.Step();
    }

    [Benchmark]
    public void Step() => optimizer.Step();
}
