using System.Runtime.CompilerServices;

namespace Nabla.Tests.TensorTests;

/// <summary>What tensors take. Other tests run at the same time, so the process's figures are bounds.</summary>
[Collection("Memory")]
public sealed class TensorMemoryTests
{
    [Fact]
    public void A_thread_counts_what_it_allocates()
    {
        long before = TensorMemory.AllocatedBytes;
        Tensor x = Tensor.Zeros([1000, 100]);
        Assert.Equal(before + 400_000, TensorMemory.AllocatedBytes);
        _ = x.View([100, 1000]).T;
        Assert.Equal(before + 400_000, TensorMemory.AllocatedBytes);
        TensorMemory.BeginCountingAll();
        try { _ = Tensor.Zeros([10], dtype: DType.Float64); }
        finally { TensorMemory.EndCountingAll(); }
        Assert.Equal(before + 400_080, TensorMemory.AllocatedBytes);
    }

    [Fact]
    public void A_measurement_counts_only_what_can_be_reached()
    {
        long allocated = TensorMemory.AllocatedBytes;
        MemoryUse use = TensorMemory.Measure(static () =>
        {
            Tensor kept = Make(null);
            for (int i = 0; i < 200; i++) kept = Make(kept);
            Keep(kept);
        });
        // Two tensors of 64 KiB at a time (three in code that is not optimised yet), not two hundred.
        Assert.True(TensorMemory.AllocatedBytes - allocated >= 201 << 16);
        Assert.True(use.Peak >= 2 << 16);
        Assert.True(use.Peak - use.Before < 20 << 16, $"{use}");
        Assert.True(use.After - use.Before < 10 << 16, $"{use}");
    }

    [Fact]
    public void What_is_live_is_counted_and_the_peak_starts_again()
    {
        Tensor x = Tensor.Zeros([1 << 20]);
        Assert.True(TensorMemory.LiveBytes >= 4 << 20);
        Assert.True(TensorMemory.PeakBytes >= 4 << 20);
        TensorMemory.ResetPeak();
        Keep(x);
        Assert.True(TensorMemory.PeakBytes >= 4 << 20);
    }

    [Fact]
    public void Memory_that_returns_to_the_pool_is_not_live()
    {
        long before = TensorMemory.Collect();
        for (int i = 0; i < 10; i++) Step();
        Assert.InRange(TensorMemory.Collect() - before, -20_000_000, 20_000_000);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Step()
    {
        Tensor x = Tensor.Ones([1 << 20], requiresGrad: true);
        (x.Exp() * 2).Neg().Sum().Backward();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Tensor Make(Tensor? other) => other is null ? Tensor.Zeros([1 << 14]) : other + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(Tensor x) => GC.KeepAlive(x);
}

/// <summary>Tests that measure the memory of the process run alone.</summary>
[CollectionDefinition("Memory", DisableParallelization = true)]
public sealed class MemoryCollection;
