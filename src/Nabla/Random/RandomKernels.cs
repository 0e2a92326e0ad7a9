using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nabla.Kernels;

namespace Nabla;

/// <summary>
/// PyTorch's CPU distributions over spans, in memory order. Each call checks its arguments first, takes the generator's lock once and
/// consumes exactly the words that PyTorch consumes. T is the CLR type of a dtype; one without the distribution is refused.
/// </summary>
static partial class RandomKernels
{
    const int Chunk = 1024; // words drawn at a time: they stay in the first cache

    /// <summary>A distribution of doubles, drawn one by one.</summary>
    interface IDraw
    {
        double Next(Generator g);
    }

    /// <summary>A distribution that is a function of one uniform number, a double in [0, 1) of two words.</summary>
    interface IUniformDraw
    {
        double Of(double u);
    }

    static void DrawUniform<T, TDraw>(Generator g, Span<T> values, TDraw draw) where T : unmanaged where TDraw : struct, IUniformDraw
    {
        lock (g.Gate) WordBatches.Run(g, values, new UniformPairs<T, TDraw>(draw));
    }

    readonly struct UniformPairs<T, TDraw>(TDraw draw) : IPairs<T> where T : unmanaged where TDraw : struct, IUniformDraw
    {
        public void Run(ReadOnlySpan<ulong> pairs, Span<T> values)
        {
            for (int i = 0; i < values.Length; i++) values[i] = FromDouble<T>(draw.Of((Joined(pairs[i]) & Mask53) * Unit53));
        }
    }

    static void Draw<T, TDraw>(Generator g, Span<T> values, TDraw draw) where T : unmanaged where TDraw : struct, IDraw
    {
        lock (g.Gate)
            foreach (ref T value in values) value = FromDouble<T>(draw.Next(g));
    }

    /// <summary>The value as C++ casts it, the 16-bit types by way of float32; what does not fit an integer saturates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T FromDouble<T>(double value) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return (T)(object)(float)value;
        if (typeof(T) == typeof(double)) return (T)(object)value;
        if (typeof(T) == typeof(Half)) return (T)(object)(Half)(float)value;
        if (typeof(T) == typeof(BFloat16)) return (T)(object)(BFloat16)(float)value;
        if (typeof(T) == typeof(bool)) return (T)(object)(value != 0);
        if (typeof(T) == typeof(byte)) return (T)(object)byte.CreateSaturating(value);
        if (typeof(T) == typeof(sbyte)) return (T)(object)sbyte.CreateSaturating(value);
        if (typeof(T) == typeof(short)) return (T)(object)short.CreateSaturating(value);
        if (typeof(T) == typeof(int)) return (T)(object)int.CreateSaturating(value);
        if (typeof(T) == typeof(long)) return (T)(object)long.CreateSaturating(value);
        throw RandomChecks.NotImplemented<T>("random");
    }

    /// <summary>The integer as C++ casts it: integers keep their low bits, floating-point types round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T FromInteger<T>(long value) where T : unmanaged
    {
        if (typeof(T) == typeof(long)) return (T)(object)value;
        if (typeof(T) == typeof(int)) return (T)(object)unchecked((int)value);
        if (typeof(T) == typeof(short)) return (T)(object)unchecked((short)value);
        if (typeof(T) == typeof(sbyte)) return (T)(object)unchecked((sbyte)value);
        if (typeof(T) == typeof(byte)) return (T)(object)unchecked((byte)value);
        if (typeof(T) == typeof(bool)) return (T)(object)(value != 0);
        if (typeof(T) == typeof(float)) return (T)(object)(float)value;
        if (typeof(T) == typeof(double)) return (T)(object)(double)value;
        if (typeof(T) == typeof(Half)) return (T)(object)(Half)(float)value;
        if (typeof(T) == typeof(BFloat16)) return (T)(object)(BFloat16)(float)value;
        throw RandomChecks.NotImplemented<T>("random");
    }

    static Span<TTo> As<T, TTo>(Span<T> values) where T : unmanaged where TTo : unmanaged => MemoryMarshal.Cast<T, TTo>(values);

    /// <summary>The arithmetic of a 16-bit floating-point type: float32, rounded after each step.</summary>
    interface INarrow<T>
    {
        static abstract int Digits { get; }
        static abstract T Narrow(float value);
        static abstract float Round(float value);
    }

    readonly struct HalfNarrow : INarrow<Half>
    {
        public static int Digits => 11;
        public static Half Narrow(float value) => (Half)value;
        public static float Round(float value) => (float)(Half)value;
    }

    readonly struct BFloat16Narrow : INarrow<BFloat16>
    {
        public static int Digits => 8;
        public static BFloat16 Narrow(float value) => (BFloat16)value;
        public static float Round(float value) => (float)(BFloat16)value;
    }
}
