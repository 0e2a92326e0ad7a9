using BenchmarkDotNet.Attributes;

namespace Nabla.Bench;

/// <summary>What one operation on one number costs: the fixed price of a tensor, of a node, of a step backward.</summary>
[MemoryDiagnoser]
public class ScalarBenchmarks
{
    private const int Repeats = 100;

    private readonly Tensor a = Tensor.Of(1.5f), b = Tensor.Of(0.9f), leaf = Tensor.Of(1.5f, requiresGrad: true);
    private readonly Tensor ten = Tensor.Ones([10]), row = Tensor.Ones([10]);

    [Benchmark(OperationsPerInvoke = Repeats)]
    public void Add()
    {
        for (int i = 0; i < Repeats; i++) _ = a + b;
    }

    [Benchmark(OperationsPerInvoke = Repeats)]
    public void AddRecorded()
    {
        for (int i = 0; i < Repeats; i++) _ = leaf + b;
    }

    [Benchmark(OperationsPerInvoke = Repeats)]
    public void MulRecorded()
    {
        for (int i = 0; i < Repeats; i++) _ = leaf * b;
    }

    [Benchmark(OperationsPerInvoke = Repeats)]
    public void MulNumberRecorded()
    {
        for (int i = 0; i < Repeats; i++) _ = leaf * 2.5;
    }

    [Benchmark(OperationsPerInvoke = Repeats)]
    public void AddInPlace()
    {
        for (int i = 0; i < Repeats; i++) a.Add_(b);
    }

    [Benchmark(OperationsPerInvoke = Repeats)]
    public void AddTenElements()
    {
        for (int i = 0; i < Repeats; i++) _ = ten + row;
    }
}

/// <summary>Forward and backward of a chain of multiplications, additions and exponentials, per operation.</summary>
[MemoryDiagnoser]
public class ChainBenchmarks
{
    private readonly Tensor leaf = Tensor.Of(0.5f, requiresGrad: true), factor = Tensor.Of(0.9f);

    [Benchmark(OperationsPerInvoke = 100)]
    public void Chain100() => Chain(25);

    [Benchmark(OperationsPerInvoke = 1000)]
    public void Chain1000() => Chain(250);

    private void Chain(int quarters)
    {
        Tensor x = leaf;
        for (int i = 0; i < quarters; i++)
        {
            x = x * factor;
            x = x.Neg();
            x = x * factor;
            x = x + factor;
        }

        x.Backward();
        leaf.Grad = null;
    }
}

/// <summary>The first example of the README: z = 2x² + 3, forward and backward.</summary>
[MemoryDiagnoser]
public class FirstGraphBenchmark
{
    private readonly Tensor x = Tensor.Of([3.0], requiresGrad: true);

    [Benchmark]
    public void ForwardAndBackward()
    {
        Tensor z = 2 * (x * x) + 3;
        z.Backward();
        x.Grad = null;
    }
}
