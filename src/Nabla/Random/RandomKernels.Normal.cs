using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nabla.Kernels;

namespace Nabla;

static partial class RandomKernels
{
    const int Block = WordBatches.Block, Pairs = 8;

    /// <summary>
    /// PyTorch's <c>normal_(mean, std)</c>. Fewer than 16 elements, or elements that do not lie side by side, come one by one from the
    /// generator's double Box-Muller pairs. Otherwise uniform numbers fill the destination and are transformed in blocks of 16,
    /// u1 = 1 - x[j] with u2 = x[j + 8]; a last incomplete block is drawn anew over the last 16 elements. The caller says whether
    /// PyTorch would call the tensor contiguous; the span holds its elements in memory order either way.
    /// </summary>
    internal static void Normal<T>(Generator g, Span<T> values, double mean, double std, bool contiguous) where T : unmanaged
    {
        RandomChecks.Normal<T>(std);
        if (values.Length < Block || !contiguous)
        {
            Draw(g, values, new NormalDraw(mean, std, g.Fused));
            return;
        }
        lock (g.Gate)
        {
            if (typeof(T) == typeof(float)) NormalSingle(g, As<T, float>(values), (float)mean, (float)std);
            else if (typeof(T) == typeof(double)) NormalDouble(g, As<T, double>(values), mean, std);
            else if (typeof(T) == typeof(Half)) NormalNarrow<Half, HalfNarrow>(g, As<T, Half>(values), (float)mean, (float)std);
            else NormalNarrow<BFloat16, BFloat16Narrow>(g, As<T, BFloat16>(values), (float)mean, (float)std);
        }
    }

    readonly struct NormalDraw(double mean, double std, bool fused) : IDraw
    {
        public double Next(Generator g)
        {
            double x = g.NormalDouble();
            return fused ? Math.FusedMultiplyAdd(x, std, mean) : x * std + mean;
        }
    }

    static void NormalSingle(Generator g, Span<float> values, float mean, float std)
    {
        var words = new NormalWords(mean, std, g.Fused);
        WordBatches.Run(g, values, words);
        if (values.Length % Block == 0) return;
        g.Fill(As<float, uint>(values[^Block..]));
        words.Run(values[^Block..]);
    }

    readonly struct NormalWords(float mean, float std, bool fused) : IWords
    {
        public void Run(Span<float> words)
        {
            var whole = words[..(words.Length / Block * Block)];
            if (!fused) BoxMullerBaseline(whole, mean, std);
            else if (Vector<float>.Count <= Pairs) BoxMuller(whole, mean, std);
            else BoxMullerWide(whole, mean, std);
        }
    }

    /// <summary>Blocks of words in, blocks of normal numbers out: the polynomials of PyTorch's AVX2 kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void BoxMuller(Span<float> values, float mean, float std)
    {
        ref float v = ref MemoryMarshal.GetReference(values);
        for (int at = 0; at < values.Length; at += Block)
            for (int j = at; j < at + Pairs; j += Vector<float>.Count)
            {
                var (a, b) = (Vector.LoadUnsafe(ref v, (nuint)j), Vector.LoadUnsafe(ref v, (nuint)(j + Pairs)));
                var (first, second) = BoxMuller(a, b, Vector.Create(mean), Vector.Create(std));
                first.StoreUnsafe(ref v, (nuint)j);
                second.StoreUnsafe(ref v, (nuint)(j + Pairs));
            }
    }

    /// <summary>The same where a vector is longer than half a block.</summary>
    static void BoxMullerWide(Span<float> values, float mean, float std)
    {
        Span<float> u = stackalloc float[2 * Vector<float>.Count];
        var v = u[Vector<float>.Count..];
        for (int at = 0; at < values.Length; at += Block)
        {
            var a = values.Slice(at, Pairs);
            var b = values.Slice(at + Pairs, Pairs);
            a.CopyTo(u);
            b.CopyTo(v);
            var (first, second) = BoxMuller(new(u), new(v), Vector.Create(mean), Vector.Create(std));
            first.CopyTo(u);
            second.CopyTo(v);
            u[..Pairs].CopyTo(a);
            v[..Pairs].CopyTo(b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector<float> First, Vector<float> Second) BoxMuller(Vector<float> a, Vector<float> b, Vector<float> mean, Vector<float> std)
    {
        var r = Vector.SquareRoot(Vector.Create(-2f) * ExactMath.LogPolynomial(Vector<float>.One - UnitVector(a)));
        var (sin, cos) = ExactMath.SinCosPolynomial(Vector.Create((float)(2.0 * Math.PI)) * UnitVector(b));
        return (Vector.FusedMultiplyAdd(r * cos, std, mean), Vector.FusedMultiplyAdd(r * sin, std, mean));
    }

    static void BoxMullerBaseline(Span<float> values, float mean, float std)
    {
        for (int at = 0; at < values.Length; at += Block)
            for (int j = at; j < at + Pairs; j++)
            {
                float r = MathF.Sqrt(-2f * ExactMath.Log(1f - Unit(values[j])));
                var (sin, cos) = ExactMath.SinCos((float)(2.0 * Math.PI * Unit(values[j + Pairs])));
                values[j] = r * cos * std + mean;
                values[j + Pairs] = r * sin * std + mean;
            }
    }

    static void NormalDouble(Generator g, Span<double> values, double mean, double std)
    {
        for (int at = 0; at < values.Length; at += Chunk) Transform(values[at..Math.Min(at + Chunk, values.Length)]);
        if (values.Length % Block != 0) Transform(values[^Block..]);

        void Transform(Span<double> part)
        {
            g.Fill(As<double, uint>(part));
            ToUniform(part, 0, 1, fused: false);
            BoxMuller(part[..(part.Length / Block * Block)], mean, std, g.Fused);
        }
    }

    static void BoxMuller(Span<double> values, double mean, double std, bool fused)
    {
        for (int at = 0; at < values.Length; at += Block)
            for (int j = at; j < at + Pairs; j++)
            {
                double r = Math.Sqrt(-2.0 * ExactMath.Log(1.0 - values[j]));
                var (sin, cos) = ExactMath.SinCos(2.0 * Math.PI * values[j + Pairs]);
                values[j] = fused ? Math.FusedMultiplyAdd(r * cos, std, mean) : r * cos * std + mean;
                values[j + Pairs] = fused ? Math.FusedMultiplyAdd(r * sin, std, mean) : r * sin * std + mean;
            }
    }

    /// <summary>The 16-bit types: every intermediate result is rounded to the type.</summary>
    static void NormalNarrow<T, TNarrow>(Generator g, Span<T> values, float mean, float std) where T : unmanaged where TNarrow : INarrow<T>
    {
        (mean, std) = (TNarrow.Round(mean), TNarrow.Round(std));
        Span<uint> words = stackalloc uint[Chunk];
        for (int at = 0; at < values.Length; at += Chunk) Transform(values[at..Math.Min(at + Chunk, values.Length)], words);
        if (values.Length % Block != 0) Transform(values[^Block..], words);

        void Transform(Span<T> part, Span<uint> words)
        {
            g.Fill(words[..part.Length]);
            var pairs = NarrowPairs<T, TNarrow>.Values;
            for (int at = 0; at + Block <= part.Length; at += Block)
                for (int j = at; j < at + Pairs; j++)
                {
                    var (_, cos, sin) = pairs[words[j + Pairs] & pairs.Length - 1];
                    float r = pairs[words[j] & pairs.Length - 1].Radius;
                    part[j] = Scale(r * cos);
                    part[j + Pairs] = Scale(r * sin);
                }
        }

        T Scale(float x) => TNarrow.Narrow(TNarrow.Round(TNarrow.Round(x) * std) + mean);
    }

    /// <summary>A 16-bit uniform number has few values: the radius, cosine and sine of each.</summary>
    static class NarrowPairs<T, TNarrow> where TNarrow : INarrow<T>
    {
        internal static readonly (float Radius, float Cos, float Sin)[] Values = Make();

        static (float, float, float)[] Make()
        {
            var values = new (float, float, float)[1 << TNarrow.Digits];
            for (uint i = 0; i < values.Length; i++)
            {
                float u = UnitNarrow<T, TNarrow>(i), log = TNarrow.Round(ExactMath.Log(TNarrow.Round(1f - u)));
                var (sin, cos) = ExactMath.SinCos(TNarrow.Round((float)(2.0 * Math.PI * u)));
                values[i] = (TNarrow.Round(MathF.Sqrt(TNarrow.Round(-2f * log))), TNarrow.Round(cos), TNarrow.Round(sin));
            }
            return values;
        }
    }
}
