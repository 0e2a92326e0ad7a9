using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Nabla.Bench;

/// <summary>What this machine can do: measured in the same process as the workloads, with the same number of threads.</summary>
/// <param name="FlopsPerSecond">Float32 multiplications and additions, fused, in registers.</param>
/// <param name="BytesPerSecond">Memory traffic of z = x + y over arrays that no cache holds, by ordinary stores: reads, writes, and
/// nothing counted for what a store must fetch first.</param>
internal sealed record Machine(int Threads, double FlopsPerSecond, double BytesPerSecond)
{
    private const int Rounds = 12;

    internal static Machine Measure(int threads) => new(threads, Peak(threads), Bandwidth(threads));

    public override string ToString() =>
        $"{Threads} threads: {FlopsPerSecond / 1e9:F0} GFLOP/s float32 FMA, {BytesPerSecond / 1e9:F1} GB/s memory";

    private static double Peak(int threads)
    {
        const int Steps = 1 << 20;
        double best = 0;
        float[] sink = new float[threads];
        for (int round = 0; round < Rounds; round++)
        {
            double seconds = Together(threads, i => sink[i] = Fused(Steps));
            best = Math.Max(best, 2.0 * 12 * Vector512<float>.Count * Steps * threads / seconds);
        }
        return best;
    }

    /// <summary>Twelve independent chains keep both multipliers busy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Fused(int steps)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int step = 0; step < steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static unsafe double Bandwidth(int threads)
    {
        const nuint Elements = 1 << 23;
        nuint bytes = Elements * sizeof(float);
        float* x = (float*)NativeMemory.AlignedAlloc(3 * bytes, 64), y = x + Elements, z = y + Elements;
        NativeMemory.Fill(x, 3 * bytes, 0);
        int share = (int)Elements / threads;
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            double seconds = Together(threads, i => Add(x + (i * share), y + (i * share), z + (i * share), share));
            best = Math.Max(best, 3.0 * bytes / seconds);
        }
        NativeMemory.AlignedFree(x);
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Add(float* x, float* y, float* z, int n)
    {
        for (int i = 0; i + 32 <= n; i += 32)
        {
            (Vector512.Load(x + i) + Vector512.Load(y + i)).Store(z + i);
            (Vector512.Load(x + i + 16) + Vector512.Load(y + i + 16)).Store(z + i + 16);
        }
    }

    /// <summary>Seconds from the common start of all threads to the end of the last.</summary>
    private static double Together(int threads, Action<int> work)
    {
        using Barrier start = new(threads);
        Thread[] others = [.. Enumerable.Range(1, threads - 1).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            work(i);
        }))];
        foreach (Thread t in others) t.Start();
        start.SignalAndWait();
        long began = Stopwatch.GetTimestamp();
        work(0);
        foreach (Thread t in others) t.Join();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
