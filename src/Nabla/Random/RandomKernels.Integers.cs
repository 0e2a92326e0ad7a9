namespace Nabla;

static partial class RandomKernels
{
    /// <summary>
    /// PyTorch's <c>random_(from, to)</c> and <c>randint</c>: r mod (to - from) + from with one word, or two where the range is 2^32 or
    /// more and T is int64, float64, float32 or bfloat16. The bias of the remainder is PyTorch's too. Without an end the largest value
    /// of T (of float types: 2 to the digits) is the last.
    /// </summary>
    internal static void Random<T>(Generator g, Span<T> values, long from, long? to) where T : unmanaged
    {
        if (to is null && from == long.MinValue)
        {
            if (!IsWide<T>()) throw RandomChecks.FullRange<T>();
            Modulo(g, values, 0, 0, wide: true);
            return;
        }
        (from, ulong range) = RandomChecks.Range<T>(from, to);
        Modulo(g, values, range, from, IsWide<T>() && range >= 1UL << 32);
    }

    /// <summary>PyTorch's <c>random_()</c>: all values from 0 to the largest of T (float types: 2 to the digits).</summary>
    internal static void Random<T>(Generator g, Span<T> values) where T : unmanaged =>
        Modulo(g, values, RandomChecks.Values<T>(), 0, typeof(T) == typeof(long) || typeof(T) == typeof(double));

    static bool IsWide<T>() =>
        typeof(T) == typeof(long) || typeof(T) == typeof(double) || typeof(T) == typeof(float) || typeof(T) == typeof(BFloat16);

    /// <summary>first + r mod range; a range of 0 stands for 2^64.</summary>
    static void Modulo<T>(Generator g, Span<T> values, ulong range, long first, bool wide) where T : unmanaged
    {
        Span<uint> words = stackalloc uint[Chunk];
        lock (g.Gate)
            while (values.Length > 0)
            {
                int count = Math.Min(values.Length, wide ? Chunk / 2 : Chunk);
                g.Fill(words[..(wide ? 2 * count : count)]);
                if (wide)
                    for (int i = 0; i < count; i++)
                    {
                        ulong bits = (ulong)words[2 * i] << 32 | words[2 * i + 1];
                        values[i] = FromInteger<T>(unchecked((long)(range == 0 ? bits : bits % range) + first));
                    }
                else if (range <= uint.MaxValue)
                    for (int i = 0; i < count; i++) values[i] = FromInteger<T>(words[i] % (uint)range + first);
                else // 2^32 or more leaves a word as it is
                    for (int i = 0; i < count; i++) values[i] = FromInteger<T>(words[i] + first);
                values = values[count..];
            }
    }

    /// <summary>From this many elements on PyTorch shuffles inside out, with two words for each of them.</summary>
    const int LargePermutation = (int)(uint.MaxValue / 20);

    /// <summary>PyTorch's <c>randperm(n)</c>: a permutation of 0..n-1 by Fisher and Yates.</summary>
    internal static void RandPerm<T>(Generator g, Span<T> values) where T : unmanaged
    {
        RandomChecks.RandPerm<T>(values.Length);
        int n = values.Length;
        lock (g.Gate)
        {
            if (n >= LargePermutation)
            {
                for (int i = 0; i < n; i++)
                {
                    int z = (int)(g.Random64() % (ulong)(i + 1L));
                    values[i] = values[z];
                    values[z] = FromInteger<T>(i);
                }
                return;
            }
            for (int i = 0; i < n; i++) values[i] = FromInteger<T>(i);
            Span<uint> words = stackalloc uint[Chunk];
            for (int i = 0; i < n - 1; i += Chunk)
            {
                var part = words[..Math.Min(Chunk, n - 1 - i)];
                g.Fill(part);
                for (int k = 0; k < part.Length; k++)
                {
                    int z = i + k + (int)(part[k] % (uint)(n - i - k));
                    (values[i + k], values[z]) = (values[z], values[i + k]);
                }
            }
        }
    }
}
