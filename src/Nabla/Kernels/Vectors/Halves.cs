using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Conversion between float32 and the 16-bit floats, Half and BFloat16, in registers and over runs of memory.</summary>
internal static unsafe partial class Halves
{
    /// <summary>How many values are converted before a look at whether one was not finite.</summary>
    private const int Block = 512;

    /// <summary>y[i] = x[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<T>(long n, T* x, float* y) where T : unmanaged
    {
        long i = 0;
        if (Vector512.IsHardwareAccelerated) i += Widen512(n, x, y);
        if (Vector256.IsHardwareAccelerated) i += Widen256(n - i, x + i, y + i);
        if (Vector128.IsHardwareAccelerated) i += Widen128(n - i, x + i, y + i);
        for (; i < n; i++) y[i] = ToSingle(x[i]);
    }

    /// <summary>y[i] = x[i * stride].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen<T>(long n, T* x, long stride, float* y) where T : unmanaged
    {
        if (stride == 1) Widen(n, x, y);
        else
        {
            for (long i = 0; i < n; i++) y[i] = ToSingle(x[i * stride]);
        }
    }

    /// <summary>y[i] = x[i], rounded to nearest, ties to even; or start[i] + x[i], where there is a start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round<T>(long n, float* x, T* start, T* y) where T : unmanaged
    {
        long i = 0;
        if (Vector512.IsHardwareAccelerated) i += Round512(n, x, start, y);
        if (Vector256.IsHardwareAccelerated) i += Round256(n - i, x + i, start == null ? null : start + i, y + i);
        if (Vector128.IsHardwareAccelerated) i += Round128(n - i, x + i, start == null ? null : start + i, y + i);
        for (; i < n; i++) y[i] = FromSingle<T>(start == null ? x[i] : ToSingle(start[i]) + x[i]);
    }

    /// <summary>The same for a y of any stride; start has a stride of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round<T>(long n, float* x, T* start, long startStride, T* y, long stride) where T : unmanaged
    {
        if (stride == 1 && (start == null || startStride == 1)) Round(n, x, start, y);
        else
        {
            for (long i = 0; i < n; i++) y[i * stride] = FromSingle<T>(start == null ? x[i] : ToSingle(start[i * startStride]) + x[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle<T>(T x) where T : unmanaged =>
        typeof(T) == typeof(Half) ? (float)Unsafe.BitCast<T, Half>(x) : Unsafe.BitCast<T, BFloat16>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T FromSingle<T>(float x) where T : unmanaged =>
        typeof(T) == typeof(Half) ? Unsafe.BitCast<Half, T>((Half)x) : Unsafe.BitCast<BFloat16, T>((BFloat16)x);

    /// <summary>Adjacent values in a register of floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<L, V, T>(T* x) where L : ILanes<V, float> where V : struct where T : unmanaged
    {
        if (typeof(V) == typeof(Vector512<float>)) return Unsafe.BitCast<Vector512<float>, V>(Widen<T>(Load512(x)));
        if (typeof(V) == typeof(Vector256<float>)) return Unsafe.BitCast<Vector256<float>, V>(Widen<T>(Load256(x)));
        if (typeof(V) == typeof(Vector128<float>)) return Unsafe.BitCast<Vector128<float>, V>(Widen<T>(Load128(x)));
        float one = ToSingle(*x);
        return L.Splat(&one);
    }

    /// <summary>The bits of 16 values, each in 32, with the sign in all bits above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Load512<T>(T* x) where T : unmanaged =>
        Vector512.WidenLower(Vector256.Load((short*)x).ToVector512Unsafe()).AsUInt32();

    /// <summary>The bits of 8 values, each in 32, with the sign in all bits above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Load256<T>(T* x) where T : unmanaged =>
        Vector256.WidenLower(Vector128.Load((short*)x).ToVector256Unsafe()).AsUInt32();

    /// <summary>The bits of 4 values, each in 32, with the sign in all bits above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Load128<T>(T* x) where T : unmanaged =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(x)).AsInt16()).AsUInt32();

    /// <summary>Stores the lower halves of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store512<T>(T* y, Vector512<uint> bits) where T : unmanaged
    {
        if (Avx512F.IsSupported) Avx512F.ConvertToVector256UInt16(bits).Store((ushort*)y);
        else Vector256.Narrow(bits.GetLower(), bits.GetUpper()).Store((ushort*)y);
    }

    /// <summary>Stores the lower halves of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store256<T>(T* y, Vector256<uint> bits) where T : unmanaged =>
        Vector128.Narrow(bits.GetLower(), bits.GetUpper()).Store((ushort*)y);

    /// <summary>Stores the lower halves of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store128<T>(T* y, Vector128<uint> bits) where T : unmanaged =>
        Unsafe.WriteUnaligned(y, Vector128.Narrow(bits, bits).AsUInt64().ToScalar());
}
