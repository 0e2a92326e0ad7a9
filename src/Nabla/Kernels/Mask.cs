using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>What bool masks do.</summary>
internal static partial class Masks
{
    private const long Grain = 1 << 15;

    /// <summary>y = value where the mask is true, else x. y may be x. The value has one element, or one per member of a batch.</summary>
    internal static void Fill(Tensor x, Tensor mask, Tensor value, Tensor y)
    {
        if (y.layout.Count == 0) return;
        bool direct = y.layout.IsDense && mask.layout.SameStrides(y.layout) && x.layout.SameStrides(y.layout);
        if (!direct)
        {
            Tensor z = Tensor.Allocate(new Layout(y.layout.shape), y.dtype);
            Fill(Row(x, z.layout), Row(mask, z.layout), value, z);
            Copy.Run(z, y);
            return;
        }
        if (value.layout.Count != 1)
        {
            // One value per member of a batch, whose dimensions come first.
            long[] shape = [.. value.layout.shape, .. Enumerable.Repeat(1L, x.Rank - value.Rank)];
            Layout spread = Broadcast.To(new Layout(shape), y.layout.shape)!;
            value = Row(Copy.Contiguous(value).Raw(spread), y.layout);
        }
        switch (y.dtype.ItemSize())
        {
            case 1: Drive<byte>(x, mask, value, y); break;
            case 2: Drive<ushort>(x, mask, value, y); break;
            case 4: Drive<uint>(x, mask, value, y); break;
            default: Drive<ulong>(x, mask, value, y); break;
        }
    }

    /// <summary>A copy in another tensor's layout.</summary>
    private static Tensor Row(Tensor x, Layout layout)
    {
        if (x.layout.SameStrides(layout)) return x;
        Tensor y = Tensor.Allocate(layout.Fresh, x.dtype);
        Copy.Run(x, y);
        return y;
    }

    private static void Drive<T>(Tensor x, Tensor mask, Tensor value, Tensor y) where T : unmanaged =>
        Parallel.For(y.layout.Count, Grain, new Body<T>(x, mask, value, y));

    private readonly struct Body<T>(Tensor x, Tensor mask, Tensor value, Tensor y) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = to - from;
            ReadOnlySpan<T> a = x.storage.Span<T>(x.layout.Offset + from, n);
            ReadOnlySpan<byte> m = mask.storage.Span<byte>(mask.layout.Offset + from, n);
            Span<T> z = y.storage.Span<T>(y.layout.Offset + from, n);
            if (value.layout.Count == 1)
            {
                T v = value.storage.At<T>(value.layout.Offset);
                for (int i = 0; i < z.Length; i++) z[i] = m[i] != 0 ? v : a[i];
                return;
            }
            ReadOnlySpan<T> vs = value.storage.Span<T>(value.layout.Offset + from, n);
            for (int i = 0; i < z.Length; i++) z[i] = m[i] != 0 ? vs[i] : a[i];
        }
    }
}
