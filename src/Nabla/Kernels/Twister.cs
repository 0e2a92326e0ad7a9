using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>The two loops of the Mersenne Twister mt19937 in whole vectors.</summary>
internal static class Twister
{
    internal const int Size = 624;
    private const int Middle = 397;
    private const uint UpperBit = 0x80000000, LowerBits = 0x7FFFFFFF, Matrix = 0x9908B0DF;

    /// <summary>The next 624 words of state. The recurrence reaches 227 words ahead, so whole vectors of it are independent.</summary>
    internal static void Next(Span<uint> state)
    {
        ref uint s = ref MemoryMarshal.GetReference(state[..Size]);
        Twist(ref Unsafe.Add(ref s, Middle), ref s, Size - Middle);
        Twist(ref s, ref Unsafe.Add(ref s, Size - Middle), Middle - 1);
        state[Size - 1] = state[Middle - 1] ^ Mix(state[Size - 1], state[0]);
    }

    /// <summary>into[i] = from[i] ^ mix(into[i], into[i + 1]) for i below count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Twist(ref uint from, ref uint into, nint count)
    {
        nint i = 0;
        for (; i <= count - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            Vector<uint> u = Vector.LoadUnsafe(ref into, (nuint)i), v = Vector.LoadUnsafe(ref into, (nuint)i + 1);
            Vector<uint> y = (u & Vector.Create(UpperBit)) | (v & Vector.Create(LowerBits));
            Vector<uint> odd = (Vector<uint>.Zero - (y & Vector<uint>.One)) & Vector.Create(Matrix);
            (Vector.LoadUnsafe(ref from, (nuint)i) ^ (y >>> 1) ^ odd).StoreUnsafe(ref into, (nuint)i);
        }
        for (; i < count; i++)
            Unsafe.Add(ref into, i) = Unsafe.Add(ref from, i) ^ Mix(Unsafe.Add(ref into, i), Unsafe.Add(ref into, i + 1));
    }

    private static uint Mix(uint u, uint v)
    {
        uint y = (u & UpperBit) | (v & LowerBits);
        return (y >> 1) ^ ((0 - (y & 1)) & Matrix);
    }

    /// <summary>Words of the stream from words of the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Temper(ReadOnlySpan<uint> from, Span<uint> into)
    {
        ref uint a = ref MemoryMarshal.GetReference(from), b = ref MemoryMarshal.GetReference(into[..from.Length]);
        nint i = 0, n = from.Length;
        for (; i <= n - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            Vector<uint> y = Vector.LoadUnsafe(ref a, (nuint)i);
            y ^= y >>> 11;
            y ^= (y << 7) & Vector.Create(0x9D2C5680u);
            y ^= (y << 15) & Vector.Create(0xEFC60000u);
            (y ^ (y >>> 18)).StoreUnsafe(ref b, (nuint)i);
        }
        for (; i < n; i++) Unsafe.Add(ref b, i) = Temper(Unsafe.Add(ref a, i));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Temper(uint y)
    {
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }
}
