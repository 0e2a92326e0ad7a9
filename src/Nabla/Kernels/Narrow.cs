using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Conversion between the 16-bit floats and float32. Every element passes through the vector code, the last ones padded.</summary>
internal static class Narrow
{
    internal static void ToSingle<T>(ReadOnlySpan<T> x, Span<float> y) where T : unmanaged
    {
        ReadOnlySpan<ushort> bits = Reinterpret<T, ushort>(x);
        if (typeof(T) == typeof(Half)) Widen<OfHalf>(bits, y);
        else Widen<OfBFloat16>(bits, y);
    }

    internal static void FromSingle<T>(ReadOnlySpan<float> x, Span<T> y) where T : unmanaged
    {
        if (typeof(T) == typeof(Half)) TensorPrimitives.ConvertToHalf(x, Reinterpret<T, Half>(y));
        else Round(x, Reinterpret<T, ushort>(y));
    }

    internal static ReadOnlySpan<TTo> Reinterpret<TFrom, TTo>(ReadOnlySpan<TFrom> x) where TFrom : unmanaged where TTo : unmanaged =>
        MemoryMarshal.Cast<TFrom, TTo>(x);

    internal static Span<TTo> Reinterpret<TFrom, TTo>(Span<TFrom> x) where TFrom : unmanaged where TTo : unmanaged =>
        MemoryMarshal.Cast<TFrom, TTo>(x);

    /// <summary>Float32 from the bits of a 16-bit float, one in each lane of 32.</summary>
    private interface IWiden
    {
        static abstract Vector<float> Invoke(Vector<uint> bits);
    }

    private readonly struct OfBFloat16 : IWiden
    {
        public static Vector<float> Invoke(Vector<uint> bits) => (bits << 16).As<uint, float>();
    }

    private readonly struct OfHalf : IWiden
    {
        /// <summary>Exponent and fraction move to their places, and a multiplication by 2^112 mends the bias, of subnormals too.</summary>
        public static Vector<float> Invoke(Vector<uint> bits)
        {
            Vector<uint> sign = (bits & Vector.Create(0x8000u)) << 16, rest = bits & Vector.Create(0x7FFFu);
            Vector<uint> finite = ((rest << 13).As<uint, float>() * Vector.Create(5.192296858534828e33f)).As<float, uint>();
            Vector<uint> special = Vector.GreaterThan(rest, Vector.Create(0x7BFFu)), exponent = special & Vector.Create(0x7F800000u);
            // NaN becomes quiet, as in hardware.
            Vector<uint> quiet = Vector.GreaterThan(rest, Vector.Create(0x7C00u)) & Vector.Create(0x00400000u);
            return (sign | finite | exponent | quiet).As<uint, float>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TOp>(ReadOnlySpan<ushort> x, Span<float> y) where TOp : struct, IWiden
    {
        ref ushort a = ref MemoryMarshal.GetReference(x);
        ref float b = ref MemoryMarshal.GetReference(y[..x.Length]);
        nint n = x.Length, w = Vector<ushort>.Count, i = 0;
        for (; i <= n - w; i += w) Widen<TOp>(Vector.LoadUnsafe(ref a, (nuint)i), ref Unsafe.Add(ref b, i));
        if (i == n) return;
        Span<ushort> rest = stackalloc ushort[Vector<ushort>.Count];
        Span<float> wide = stackalloc float[Vector<ushort>.Count];
        x[(int)i..].CopyTo(rest);
        Widen<TOp>(new Vector<ushort>(rest), ref wide[0]);
        wide[..(int)(n - i)].CopyTo(y[(int)i..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen<TOp>(Vector<ushort> bits, ref float y) where TOp : struct, IWiden
    {
        Vector.Widen(bits, out Vector<uint> low, out Vector<uint> high);
        TOp.Invoke(low).StoreUnsafe(ref y);
        TOp.Invoke(high).StoreUnsafe(ref y, (nuint)Vector<float>.Count);
    }

    /// <summary>To bfloat16: to nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round(ReadOnlySpan<float> x, Span<ushort> y)
    {
        ref float a = ref MemoryMarshal.GetReference(x);
        ref ushort b = ref MemoryMarshal.GetReference(y[..x.Length]);
        nint n = x.Length, w = Vector<ushort>.Count, i = 0;
        for (; i <= n - w; i += w) Round(ref Unsafe.Add(ref a, i)).StoreUnsafe(ref b, (nuint)i);
        if (i == n) return;
        Span<float> rest = stackalloc float[Vector<ushort>.Count];
        Span<ushort> narrow = stackalloc ushort[Vector<ushort>.Count];
        x[(int)i..].CopyTo(rest);
        Round(ref rest[0]).CopyTo(narrow);
        narrow[..(int)(n - i)].CopyTo(y[(int)i..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<ushort> Round(ref float x) =>
        Vector.Narrow(Rounded(Vector.LoadUnsafe(ref x)), Rounded(Vector.LoadUnsafe(ref x, (nuint)Vector<float>.Count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Rounded(Vector<float> x)
    {
        Vector<uint> bits = x.As<float, uint>(), high = bits >>> 16;
        Vector<uint> nearest = (bits + Vector.Create(0x7FFFu) + (high & Vector<uint>.One)) >>> 16;
        return Vector.ConditionalSelect(Vector.Equals(x, x).As<int, uint>(), nearest, high | Vector.Create(0x40u));
    }
}
