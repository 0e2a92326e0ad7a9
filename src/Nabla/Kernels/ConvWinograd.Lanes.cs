using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>What the transforms of squares need of registers of floats: differences, and neighbours taken apart and put together.</summary>
internal interface IEvenOdd<V> where V : struct
{
    static abstract V Subtract(V x, V y);

    /// <summary>The even and the odd values of x and y, one after the other.</summary>
    static abstract (V Even, V Odd) Unzip(V x, V y);

    /// <summary>x[0], y[0], x[1], y[1] and so on, in two registers.</summary>
    static abstract (V Low, V High) Zip(V x, V y);
}

/// <summary>512 bits: even and odd values are the halves of 64-bit numbers.</summary>
internal readonly struct EvenOdd512 : IEvenOdd<Vector512<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> x, Vector512<float> y) => x - y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Unzip(Vector512<float> x, Vector512<float> y)
    {
        (Vector512<ulong> a, Vector512<ulong> b) = (x.AsUInt64(), y.AsUInt64());
        return (Vector512.Narrow(a, b).AsSingle(), Vector512.Narrow(a >>> 32, b >>> 32).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Low, Vector512<float> High) Zip(Vector512<float> x, Vector512<float> y)
    {
        (Vector512<ulong> a, Vector512<ulong> b) = Vector512.Widen(x.AsUInt32());
        (Vector512<ulong> c, Vector512<ulong> d) = Vector512.Widen(y.AsUInt32());
        return ((a | c << 32).AsSingle(), (b | d << 32).AsSingle());
    }
}

/// <summary>256 bits.</summary>
internal readonly struct EvenOdd256 : IEvenOdd<Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> x, Vector256<float> y) => x - y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Even, Vector256<float> Odd) Unzip(Vector256<float> x, Vector256<float> y)
    {
        (Vector256<ulong> a, Vector256<ulong> b) = (x.AsUInt64(), y.AsUInt64());
        return (Vector256.Narrow(a, b).AsSingle(), Vector256.Narrow(a >>> 32, b >>> 32).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Low, Vector256<float> High) Zip(Vector256<float> x, Vector256<float> y)
    {
        (Vector256<ulong> a, Vector256<ulong> b) = Vector256.Widen(x.AsUInt32());
        (Vector256<ulong> c, Vector256<ulong> d) = Vector256.Widen(y.AsUInt32());
        return ((a | c << 32).AsSingle(), (b | d << 32).AsSingle());
    }
}

/// <summary>128 bits.</summary>
internal readonly struct EvenOdd128 : IEvenOdd<Vector128<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> x, Vector128<float> y) => x - y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<float> Even, Vector128<float> Odd) Unzip(Vector128<float> x, Vector128<float> y)
    {
        (Vector128<ulong> a, Vector128<ulong> b) = (x.AsUInt64(), y.AsUInt64());
        return (Vector128.Narrow(a, b).AsSingle(), Vector128.Narrow(a >>> 32, b >>> 32).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<float> Low, Vector128<float> High) Zip(Vector128<float> x, Vector128<float> y)
    {
        (Vector128<ulong> a, Vector128<ulong> b) = Vector128.Widen(x.AsUInt32());
        (Vector128<ulong> c, Vector128<ulong> d) = Vector128.Widen(y.AsUInt32());
        return ((a | c << 32).AsSingle(), (b | d << 32).AsSingle());
    }
}
