using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class Copy
{
    /// <summary>Rows of so many bytes are copied without a call.</summary>
    private const int Short = 2048;

    private readonly struct ByRow<T>(Tensor x, Tensor y, Rows rows) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            int outer = rows.Sizes.Length - 1;
            Span<long> index = stackalloc long[outer];
            long rest = from;
            for (int d = outer - 1; d >= 0; d--) (rest, index[d]) = Math.DivRem(rest, rows.Sizes[d]);
            (long ax, long ay) = rows.At(from, outer);
            for (long row = from; row < to; row++)
            {
                Row(ax, ay);
                for (int d = outer - 1; d >= 0; d--)
                {
                    (ax, ay) = (ax + rows.X[d], ay + rows.Y[d]);
                    if (++index[d] < rows.Sizes[d]) break;
                    (ax, ay, index[d]) = (ax - rows.Sizes[d] * rows.X[d], ay - rows.Sizes[d] * rows.Y[d], 0);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Row(long ax, long ay)
        {
            long n = rows.Inner, sx = rows.XStride, sy = rows.YStride;
            if (sy == 1 && sx == 1 && n * Unsafe.SizeOf<T>() <= Short) Copied(ref x.storage.At<T>(ax), ref y.storage.At<T>(ay), (nint)n);
            else if (sy == 1 && sx == 1) x.storage.Span<T>(ax, n).CopyTo(y.storage.Span<T>(ay, n));
            else if (sy == 1 && sx == 0) Fill.Row(ref y.storage.At<T>(ay), (nint)n, x.storage.At<T>(ax));
            else if (sy == 1 && sx == -1) Reversed(ref x.storage.At<T>(ax - n + 1), ref y.storage.At<T>(ay), (nint)n);
            else
            {
                ref T source = ref x.storage.At<T>(ax);
                ref T target = ref y.storage.At<T>(ay);
                for (long i = 0; i < n; i++) Unsafe.Add(ref target, (nint)(i * sy)) = Unsafe.Add(ref source, (nint)(i * sx));
            }
        }
    }

    /// <summary>y[i] = x[i] for memory that does not overlap: the first and the last vector overlap others, whose stores straddle no
    /// lines of the cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Copied<T>(ref T x, ref T y, nint n) where T : unmanaged
    {
        nint i = 0, w = Vector256<byte>.Count / Unsafe.SizeOf<T>();
        if (!Vector256.IsHardwareAccelerated || n < w)
        {
            for (; i < n; i++) Unsafe.Add(ref y, i) = Unsafe.Add(ref x, i);
            return;
        }
        Vector(ref x, ref y, 0);
        i = w - ((nint)Unsafe.AsPointer(ref y) & (Vector256<byte>.Count - 1)) / Unsafe.SizeOf<T>();
        for (; i < n - w; i += w) Vector(ref x, ref y, i);
        Vector(ref x, ref y, n - w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Vector<T>(ref T x, ref T y, nint at) where T : unmanaged =>
        Vector256.LoadUnsafe(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref x, at)))
            .StoreUnsafe(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref y, at)));

    /// <summary>y[i] = x[n - 1 - i]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Reversed<T>(ref T x, ref T y, nint n) where T : unmanaged
    {
        nint i = 0, w = Vector256<byte>.Count / Unsafe.SizeOf<T>();
        if (Vector256.IsHardwareAccelerated && Unsafe.SizeOf<T>() is 4 or 8)
        {
            for (; i <= n - w; i += w)
            {
                ref T source = ref Unsafe.Add(ref x, n - i - w);
                ref T target = ref Unsafe.Add(ref y, i);
                if (Unsafe.SizeOf<T>() == 4)
                    Vector256.Shuffle(Vector256.LoadUnsafe(ref Unsafe.As<T, int>(ref source)), Vector256.Create(7, 6, 5, 4, 3, 2, 1, 0))
                        .StoreUnsafe(ref Unsafe.As<T, int>(ref target));
                else
                    Vector256.Shuffle(Vector256.LoadUnsafe(ref Unsafe.As<T, long>(ref source)), Vector256.Create(3L, 2, 1, 0))
                        .StoreUnsafe(ref Unsafe.As<T, long>(ref target));
            }
        }
        for (; i < n; i++) Unsafe.Add(ref y, i) = Unsafe.Add(ref x, n - 1 - i);
    }
}
