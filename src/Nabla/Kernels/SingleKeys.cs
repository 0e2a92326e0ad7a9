using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Keys of float32: bits that sort as unsigned integers, over the element's place.</summary>
internal static class SingleKeys
{
    private const uint Sign = 1u << 31, Infinity = 0x7F800000;

    /// <summary>Writes the keys of elements that are <paramref name="step"/> apart; returns how many are NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Run(ref uint x, nint step, bool descending, Span<ulong> keys)
    {
        uint turn = descending ? uint.MaxValue : 0;
        int k = 0, w = Vector<uint>.Count, nans = 0;
        if (step == 1 && keys.Length >= w)
        {
            ref ulong to = ref MemoryMarshal.GetReference(keys);
            Span<ulong> places = stackalloc ulong[Vector<ulong>.Count];
            for (int i = 0; i < places.Length; i++) places[i] = (ulong)i;
            Vector<ulong> low = new(places), half = new((ulong)places.Length), high = low + half, both = half + half;
            Vector<uint> turns = new(turn), count = default;
            for (; k <= keys.Length - w; k += w)
            {
                Vector<uint> bits = Vector.LoadUnsafe(ref x, (nuint)k), rest = Vector.AndNot(bits, new Vector<uint>(Sign));
                Vector<uint> key = bits ^ (Vector.AsVectorUInt32(Vector.AsVectorInt32(bits) >> 31) | new Vector<uint>(Sign));
                Vector<uint> nan = Vector.GreaterThan(rest, new Vector<uint>(Infinity));
                key = Vector.ConditionalSelect(Vector.Equals(rest, Vector<uint>.Zero), new Vector<uint>(Sign), key) | nan;
                count -= nan;
                Vector.Widen(key ^ turns, out Vector<ulong> first, out Vector<ulong> second);
                (first << 32 | low).StoreUnsafe(ref to, (nuint)k);
                (second << 32 | high).StoreUnsafe(ref to, (nuint)(k + places.Length));
                low += both;
                high += both;
            }
            nans = (int)Vector.Sum(count);
        }
        for (; k < keys.Length; k++)
        {
            uint bits = Unsafe.Add(ref x, k * step), rest = bits & ~Sign;
            uint key = rest == 0 ? Sign : bits ^ ((uint)((int)bits >> 31) | Sign);
            if (rest > Infinity) (key, nans) = (uint.MaxValue, nans + 1);
            keys[k] = (ulong)(key ^ turn) << 32 | (uint)k;
        }
        return nans;
    }
}
