using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal static partial class Fill
{
    /// <summary>y[i] = from + i · by in a row-major tensor of integers, whose high bits are cut off.</summary>
    internal static void Ramp<T>(Tensor y, long from, long by) where T : unmanaged, INumber<T> =>
        Parallel.Sweep(y.layout.Count, Grain, new IntegerRamp<T>(y, from, by));

    /// <summary>y[i] = from + i · by in a row-major float32 or float64 tensor, computed in float64.</summary>
    internal static void Ramp<T>(Tensor y, double from, double by) where T : unmanaged, INumber<T> =>
        Parallel.Sweep(y.layout.Count, Grain, new FloatRamp<T>(y, from, by));

    private readonly struct IntegerRamp<T>(Tensor y, long from, long by) : IRange where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long first, long last)
        {
            ref T to = ref y.storage.At<T>(y.layout.Offset + first);
            nint i = 0, n = (nint)(last - first), w = Vector<T>.Count;
            Span<T> start = stackalloc T[Vector<T>.Count];
            for (int k = 0; k < start.Length; k++) start[k] = At(first + k);
            Vector<T> value = new(start), step = new(T.CreateTruncating(unchecked(w * by)));
            for (; i <= n - w; i += w, value += step) value.StoreUnsafe(ref to, (nuint)i);
            for (; i < n; i++) Unsafe.Add(ref to, i) = At(first + i);
        }

        private T At(long i) => T.CreateTruncating(unchecked(from + i * by));
    }

    private readonly struct FloatRamp<T>(Tensor y, double from, double by) : IRange where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long first, long last)
        {
            ref T to = ref y.storage.At<T>(y.layout.Offset + first);
            nint i = 0, n = (nint)(last - first), w = Vector<double>.Count;
            Span<double> start = stackalloc double[Vector<double>.Count];
            for (int k = 0; k < start.Length; k++) start[k] = first + k;
            Vector<double> place = new(start), step = new(w), origin = new(from), slope = new(by);
            for (; i <= n - 2 * w; i += 2 * w)
            {
                Vector<double> low = origin + place * slope;
                place += step;
                Vector<double> high = origin + place * slope;
                place += step;
                if (typeof(T) == typeof(float))
                {
                    Vector.Narrow(low, high).StoreUnsafe(ref Unsafe.As<T, float>(ref to), (nuint)i);
                    continue;
                }
                low.StoreUnsafe(ref Unsafe.As<T, double>(ref to), (nuint)i);
                high.StoreUnsafe(ref Unsafe.As<T, double>(ref to), (nuint)(i + w));
            }
            for (; i < n; i++) Unsafe.Add(ref to, i) = T.CreateTruncating(from + (first + i) * by);
        }
    }
}
