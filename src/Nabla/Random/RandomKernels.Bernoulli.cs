namespace Nabla;

static partial class RandomKernels
{
    /// <summary>
    /// PyTorch's <c>bernoulli_(p)</c>: u &lt; p with a double uniform number, two words an element; in the MKL flavour x/(2^31 - 1) &lt; p
    /// with MCG31m1 started by one word.
    /// </summary>
    internal static void Bernoulli<T>(Generator g, Span<T> values, double p) where T : unmanaged
    {
        RandomChecks.Bernoulli(p);
        Toss(g, values, p, FromInteger<T>(0), FromInteger<T>(1));
    }

    /// <summary>
    /// What PyTorch's dropout multiplies its input by: <c>bernoulli_(1 - p)</c> divided by 1 - p. Feature dropout asks for one element
    /// per sample and channel. Nothing is drawn for p = 0 (all ones) and p = 1 (all zeros).
    /// </summary>
    internal static void DropoutNoise<T>(Generator g, Span<T> noise, double p) where T : unmanaged
    {
        RandomChecks.Dropout<T>(p);
        double keep = 1 - p;
        if (p == 0) noise.Fill(FromInteger<T>(1));
        else if (p == 1) noise.Clear();
        else Toss(g, noise, keep, FromInteger<T>(0), FromDouble<T>(typeof(T) == typeof(double) ? 1 / keep : 1f / (float)keep));
    }

    static void Toss<T>(Generator g, Span<T> values, double p, T no, T yes) where T : unmanaged
    {
        ReadOnlySpan<T> sides = [no, yes];
        if (g.Flavor == RandomFlavor.TorchX64Mkl)
        {
            TossMkl(g, values, p, sides);
            return;
        }
        // u < p where u is a multiple of 2^-53: the same as a comparison of integers
        ulong limit = (ulong)Math.Ceiling(p * (1L << 53));
        Span<uint> words = stackalloc uint[Chunk];
        lock (g.Gate)
            while (values.Length > 0)
            {
                int count = Math.Min(values.Length, Chunk / 2);
                g.Fill(words[..(2 * count)]);
                for (int i = 0; i < count; i++)
                {
                    ulong bits = ((ulong)words[2 * i] << 32 | words[2 * i + 1]) & Mask53;
                    values[i] = sides[(int)(bits - limit >> 63)];
                }
                values = values[count..];
            }
    }

    static void TossMkl<T>(Generator g, Span<T> values, double p, ReadOnlySpan<T> sides) where T : unmanaged
    {
        uint seed;
        lock (g.Gate) seed = g.Random32();
        var stream = new Mcg31(seed);
        foreach (ref T value in values) value = sides[stream.Next() / Mcg31.Modulus < p ? 1 : 0];
    }

    /// <summary>
    /// PyTorch's <c>bernoulli(p)</c> with a probability for each element: a double uniform number (two words) below a float64
    /// probability, a float32 one (one word) below any other.
    /// </summary>
    internal static void Bernoulli<T, TP>(Generator g, Span<T> values, ReadOnlySpan<TP> p) where T : unmanaged where TP : unmanaged
    {
        RandomChecks.Bernoulli(p, values.Length);
        lock (g.Gate)
            for (int i = 0; i < values.Length; i++)
            {
                bool yes = typeof(TP) == typeof(double)
                    ? g.UniformDouble() < (double)(object)p[i]
                    : (g.Random32() & 0xFFFFFF) * Unit24 < ToSingle(p[i]);
                values[i] = FromInteger<T>(yes ? 1 : 0);
            }
    }

    internal static float ToSingle<T>(T value) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return (float)(object)value;
        if (typeof(T) == typeof(Half)) return (float)(Half)(object)value;
        if (typeof(T) == typeof(BFloat16)) return (float)(BFloat16)(object)value;
        if (typeof(T) == typeof(double)) return (float)(double)(object)value;
        throw RandomChecks.NotImplemented<T>("bernoulli_tensor_cpu_p_");
    }
}
