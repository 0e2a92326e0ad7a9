using System.Buffers.Binary;
using System.Security.Cryptography;
using Nabla.Kernels;

namespace Nabla;

/// <summary>
/// A source of random numbers: PyTorch's CPU generator, the mt19937 Mersenne Twister (M. Matsumoto and T. Nishimura, ACM TOMACS 8,
/// 1998), with PyTorch's seeding, state and order of consumption. The same seed gives the same tensors, weights and dropout masks as
/// in PyTorch 2.6.
/// <para>Every drawing call takes the generator's lock once, so threads may share one; which of them draws first is theirs to
/// settle.</para>
/// </summary>
public sealed partial class Generator
{
    /// <summary>The seed of a generator that was given none: 67280421310721, as in PyTorch.</summary>
    public const ulong DefaultSeed = 67280421310721;

    const int Size = Twister.Size;

    static readonly Generator ForProcess = new();
    static readonly AsyncLocal<Generator?> Flow = new(static change => replay = change.CurrentValue);
    [ThreadStatic] static Generator? replay, ofThread;

    readonly uint[] state = new uint[Size];
    ulong initialSeed;
    int left, next;     // words until the next twist, plus one; index of the next word
    double normal;      // the second half of the last Box-Muller pair
    float normalSingle; // kept for the state blob only: PyTorch stores it and draws it nowhere on the CPU
    bool hasNormal, hasNormalSingle;

    /// <summary>A generator with the given seed.</summary>
    /// <param name="seed">Only the low 32 bits choose the stream, as in PyTorch; all 64 are kept as <see cref="InitialSeed"/>.</param>
    public Generator(ulong seed = DefaultSeed) => Reseed(seed);

    /// <summary>The generator that every random operation uses which is given none. One for the process; but a worker of a data loader has
    /// its own, as PyTorch's worker processes do, and while a checkpoint recomputes, a copy in the state of the first time takes its place
    /// in that flow of execution.</summary>
    public static Generator Default => replay ?? ofThread ?? ForProcess;

    /// <summary>Sets a thread's own default generator, or takes it away.</summary>
    internal static void SetOfThread(Generator? generator) => ofThread = generator;

    /// <summary>Which of PyTorch's builds the streams agree with; <see cref="RandomFlavor.TorchX64"/> unless set.</summary>
    public RandomFlavor Flavor { get; set; }

    /// <summary>The seed last set, all 64 bits of it.</summary>
    public ulong InitialSeed => initialSeed;

    /// <summary>Held while a call draws, so that one call's numbers are consecutive.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Whether products and sums are rounded once, as PyTorch's AVX2 kernels do.</summary>
    internal bool Fused => Flavor != RandomFlavor.TorchBaseline;

    /// <summary>Starts the stream of a seed and drops a pending normal sample.</summary>
    /// <param name="seed">The seed; a negative one counts as 2^64 + seed, as in PyTorch.</param>
    /// <returns>This generator.</returns>
    public Generator ManualSeed(long seed) => ManualSeed(unchecked((ulong)seed));

    /// <inheritdoc cref="ManualSeed(long)"/>
    public Generator ManualSeed(ulong seed)
    {
        lock (Gate) Reseed(seed);
        return this;
    }

    /// <summary>Starts a stream that nobody can foresee, seeded by the operating system.</summary>
    /// <returns>The seed taken, with which <see cref="ManualSeed(ulong)"/> repeats the stream.</returns>
    public ulong Seed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        ulong seed = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ManualSeed(seed);
        return seed;
    }

    /// <summary>A second generator in the same state and of the same flavour; the two go on independently.</summary>
    public Generator Clone()
    {
        var copy = new Generator { Flavor = Flavor };
        lock (Gate) CopyTo(copy);
        return copy;
    }

    /// <summary>Takes over the state of a generator that nobody else uses.</summary>
    internal void Restore(Generator from)
    {
        lock (Gate) from.CopyTo(this);
    }

    /// <summary>Whether both will give the same numbers.</summary>
    internal bool IsAt(Generator other)
    {
        lock (Gate)
            return (left, next, hasNormal, normal) == (other.left, other.next, other.hasNormal, other.normal)
                && state.AsSpan().SequenceEqual(other.state);
    }

    /// <summary>Puts a generator in the place of <see cref="Default"/> in this flow of execution.</summary>
    internal static void Replay(Generator? generator)
    {
        if (!ReferenceEquals(generator, replay)) Flow.Value = replay = generator;
    }

    /// <summary>What stands in the place of the process's generator, or null.</summary>
    internal static Generator? Replaying => replay;

    void CopyTo(Generator copy)
    {
        state.CopyTo(copy.state, 0);
        (copy.initialSeed, copy.left, copy.next) = (initialSeed, left, next);
        (copy.normal, copy.hasNormal) = (normal, hasNormal);
        (copy.normalSingle, copy.hasNormalSingle) = (normalSingle, hasNormalSingle);
    }

    /// <summary>The next word of the stream.</summary>
    internal uint Random32()
    {
        if (--left == 0) Twist();
        return Twister.Temper(state[next++]);
    }

    /// <summary>The next two words; the first is the high half.</summary>
    internal ulong Random64()
    {
        ulong high = Random32();
        return high << 32 | Random32();
    }

    /// <summary>A double in [0, 1): 53 bits of two words.</summary>
    internal double UniformDouble() => (Random64() & (1UL << 53) - 1) * (1.0 / (1UL << 53));

    /// <summary>
    /// A standard normal double by Box and Muller's transform: r cos(t) now, r sin(t) at the next call, with r = sqrt(-2 log1p(-u2)),
    /// t = 2 pi u1.
    /// </summary>
    internal double NormalDouble()
    {
        if (hasNormal)
        {
            hasNormal = false;
            return normal;
        }
        double u1 = UniformDouble(), u2 = UniformDouble();
        double r = Math.Sqrt(-2.0 * ExactMath.Log1P(-u2));
        var (sin, cos) = ExactMath.SinCos(2.0 * Math.PI * u1);
        (normal, hasNormal) = (r * sin, true);
        return r * cos;
    }

    /// <summary>The next words of the stream, as many as fit.</summary>
    internal void Fill(Span<uint> words)
    {
        while (words.Length > 0)
        {
            if (left == 1)
            {
                Twist();
                left++; // no word of the new block is taken yet
            }
            int count = Math.Min(words.Length, left - 1);
            Twister.Temper(state.AsSpan(next, count), words[..count]);
            next += count;
            left -= count;
            words = words[count..];
        }
    }

    void Reseed(ulong seed)
    {
        initialSeed = seed;
        state[0] = (uint)seed;
        for (int j = 1; j < Size; j++) state[j] = 1812433253 * (state[j - 1] ^ state[j - 1] >> 30) + (uint)j;
        (left, next) = (1, 0);
        hasNormal = hasNormalSingle = false;
        (normal, normalSingle) = (0, 0);
    }

    void Twist()
    {
        Twister.Next(state);
        (left, next) = (Size, 0);
    }
}
