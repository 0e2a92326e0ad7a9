using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Kernels;

namespace Nabla;

static partial class RandomKernels
{
    const float Unit24 = 1f / (1 << 24);
    const double Unit53 = 1.0 / (1L << 53);
    const ulong Mask53 = (1UL << 53) - 1;

    /// <summary>
    /// PyTorch's <c>uniform_(from, to)</c>: x (to - from) + from with x in [0, 1) from 24 bits of a word (float32), 53 of two (float64),
    /// 11 of one (float16) or 8 of one (bfloat16).
    /// </summary>
    internal static void Uniform<T>(Generator g, Span<T> values, double from, double to) where T : unmanaged
    {
        RandomChecks.Uniform<T>(from, to);
        lock (g.Gate)
        {
            if (typeof(T) == typeof(float)) UniformSingle(g, As<T, float>(values), (float)from, (float)to);
            else if (typeof(T) == typeof(double)) UniformDouble(g, As<T, double>(values), from, to);
            else if (typeof(T) == typeof(Half)) UniformNarrow<Half, HalfNarrow>(g, As<T, Half>(values), (float)from, (float)to);
            else UniformNarrow<BFloat16, BFloat16Narrow>(g, As<T, BFloat16>(values), (float)from, (float)to);
        }
    }

    static void UniformSingle(Generator g, Span<float> values, float from, float to) =>
        WordBatches.Run(g, values, new UniformWords(from, to - from, g.Fused));

    readonly struct UniformWords(float from, float range, bool fused) : IWords
    {
        public void Run(Span<float> words) => ToUniform(words, from, range, fused);
    }

    static void UniformDouble(Generator g, Span<double> values, double from, double to)
    {
        while (values.Length > 0)
        {
            var part = values[..Math.Min(values.Length, Chunk)];
            g.Fill(As<double, uint>(part));
            ToUniform(part, from, to - from, g.Fused);
            values = values[part.Length..];
        }
    }

    /// <summary>Words in, uniform numbers out, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ToUniform(Span<float> values, float from, float range, bool fused)
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var x = UnitVector(new Vector<float>(values[i..]));
            var (scale, offset) = (Vector.Create(range), Vector.Create(from));
            (fused ? Vector.FusedMultiplyAdd(x, scale, offset) : x * scale + offset).CopyTo(values[i..]);
        }
        for (; i < values.Length; i++)
        {
            float x = Unit(values[i]);
            values[i] = fused ? MathF.FusedMultiplyAdd(x, range, from) : x * range + from;
        }
    }

    static float Unit(float word) => (BitConverter.SingleToInt32Bits(word) & 0xFFFFFF) * Unit24;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector<float> UnitVector(Vector<float> words) =>
        Vector.ConvertToSingle(Vector.AsVectorInt32(words) & Vector.Create(0xFFFFFF)) * Vector.Create(Unit24);

    /// <summary>Pairs of words in, uniform numbers out, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ToUniform(Span<double> values, double from, double range, bool fused)
    {
        int i = 0;
        for (; BitConverter.IsLittleEndian && i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var pair = Vector.AsVectorUInt64(new Vector<double>(values[i..]));
            var bits = (pair << 32 | pair >>> 32) & Vector.Create(Mask53); // the first word is the high half
            var x = Vector.ConvertToDouble(Vector.AsVectorInt64(bits)) * Vector.Create(Unit53);
            var (scale, offset) = (Vector.Create(range), Vector.Create(from));
            (fused ? Vector.FusedMultiplyAdd(x, scale, offset) : x * scale + offset).CopyTo(values[i..]);
        }
        for (; i < values.Length; i++)
        {
            ulong pair = BitConverter.DoubleToUInt64Bits(values[i]);
            double x = (Joined(pair) & Mask53) * Unit53;
            values[i] = fused ? Math.FusedMultiplyAdd(x, range, from) : x * range + from;
        }
    }

    /// <summary>Two words read as one number, with the first as the high half.</summary>
    static ulong Joined(ulong pair) => BitConverter.IsLittleEndian ? BitOperations.RotateLeft(pair, 32) : pair;

    static void UniformNarrow<T, TNarrow>(Generator g, Span<T> values, float from, float to) where T : unmanaged where TNarrow : INarrow<T>
    {
        (from, to) = (TNarrow.Round(from), TNarrow.Round(to));
        float range = TNarrow.Round(to - from);
        bool fused = g.Fused;
        Span<uint> words = stackalloc uint[Chunk];
        while (values.Length > 0)
        {
            var part = words[..Math.Min(values.Length, Chunk)];
            g.Fill(part);
            for (int i = 0; i < part.Length; i++)
            {
                float x = UnitNarrow<T, TNarrow>(part[i]);
                values[i] = TNarrow.Narrow(fused ? MathF.FusedMultiplyAdd(x, range, from) : x * range + from);
            }
            values = values[part.Length..];
        }
    }

    static float UnitNarrow<T, TNarrow>(uint word) where TNarrow : INarrow<T>
    {
        uint steps = 1u << TNarrow.Digits;
        return (word & steps - 1) * (1f / steps);
    }
}
