using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Conversion of spans between the 16-bit floats and float32.</summary>
internal static unsafe class Narrow
{
    internal static void ToSingle<T>(ReadOnlySpan<T> x, Span<float> y) where T : unmanaged
    {
        fixed (T* from = x)
        fixed (float* to = y[..x.Length]) Halves.Widen(x.Length, from, to);
    }

    /// <summary>To nearest, ties to even; NaN stays NaN.</summary>
    internal static void FromSingle<T>(ReadOnlySpan<float> x, Span<T> y) where T : unmanaged
    {
        fixed (float* from = x)
        fixed (T* to = y[..x.Length]) Halves.Round(x.Length, from, null, to);
    }

    internal static ReadOnlySpan<TTo> Reinterpret<TFrom, TTo>(ReadOnlySpan<TFrom> x) where TFrom : unmanaged where TTo : unmanaged =>
        MemoryMarshal.Cast<TFrom, TTo>(x);

    internal static Span<TTo> Reinterpret<TFrom, TTo>(Span<TFrom> x) where TFrom : unmanaged where TTo : unmanaged =>
        MemoryMarshal.Cast<TFrom, TTo>(x);
}
