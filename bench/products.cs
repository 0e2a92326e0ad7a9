#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:property TieredCompilation=false

// Matrix products with one thread and with two, the result's memory used again: the least of many, in milliseconds and GFLOP/s. The figures
// beside libtorch's are in bench/results/matmul.md.
// Run it: dotnet run -c Release bench/products.cs -- [seconds per figure, default 0.2]
using System.Diagnostics;
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 0.2;

foreach (long n in (long[])[64, 128, 256, 512, 1024, 2048]) Plain(n, n, n);
Turned(1024, 1024, 1024);
Plain(512, 512, 512, DType.Float64);
Plain(2000, 3, 2000);
Plain(4096, 4096, 1);
Plain(1, 4096, 4096);
Many(48, 64, 32, 64);
Many(48, 64, 64, 32);
Measure("24 times 256 × 64 · 64 × 256, Bᵀ", 24.0 * 256 * 64 * 256, Random(24, 256, 64), Random(24, 256, 64), (a, b) => a.MatMul(b.MT));
Many(24, 256, 256, 64);
Linear(768, 128, 128);
Linear(768, 128, 512);
Linear(768, 512, 128);
Linear(768, 128, 65);
First(384, 768, 128);
Linear(1024, 384, 1536);
Linear(1024, 1536, 384);
First(1536, 1024, 384);
Linear(128, 784, 512);
Linear(128, 512, 10);
Linear(2048, 128, 1024);
Linear(32, 256, 1024);
First(1024, 2048, 256);

static Tensor Random(params long[] shape) => Tensor.Randn(shape);

void Plain(long m, long k, long n, DType dtype = DType.Float32) =>
    Measure($"{m} × {k} · {k} × {n}" + (dtype == DType.Float64 ? ", float64" : ""), (double)m * k * n, Random(m, k).To(dtype),
        Random(k, n).To(dtype), (a, b) => a.MatMul(b));

void Turned(long m, long k, long n) =>
    Measure($"{m} × {k} · {k} × {n}, Bᵀ", (double)m * k * n, Random(m, k), Random(n, k), (a, b) => a.MatMul(b.T));

void First(long m, long k, long n) =>
    Measure($"{m} × {k} · {k} × {n}, Aᵀ", (double)m * k * n, Random(k, m), Random(k, n), (a, b) => a.T.MatMul(b));

void Many(long count, long m, long k, long n) => Measure($"{count} times {m} × {k} · {k} × {n}", (double)count * m * k * n,
    Random(count, m, k), Random(count, k, n), (a, b) => a.MatMul(b));

void Linear(long m, long k, long n)
{
    Tensor bias = Random(n);
    Measure($"{m} × {k} · {k} × {n}, Bᵀ, bias", (double)m * k * n, Random(m, k), Random(n, k),
        (a, b) => Functional.Linear(a, b, bias));
}

void Measure(string name, double terms, Tensor a, Tensor b, Func<Tensor, Tensor, Tensor> product)
{
    Threads.Count = 1;
    double one = Least(() => product(a, b));
    Threads.Count = 2;
    double two = Least(() => product(a, b));
    Console.WriteLine($"{name,-40} {one,10:F4} ms {2e-6 * terms / one,6:F0}   {two,10:F4} ms {2e-6 * terms / two,6:F0} GFLOP/s");
}

double Least(Action action)
{
    double least = double.MaxValue;
    long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
    for (int round = 0; round < 5 || Stopwatch.GetTimestamp() < end; round++)
    {
        using TensorScope scope = Tensor.Scope();
        long start = Stopwatch.GetTimestamp();
        action();
        least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
    return least;
}
