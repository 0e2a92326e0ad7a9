using System.Buffers.Binary;
using System.Globalization;

namespace Nabla;

public sealed partial class Generator
{
    // The layout of PyTorch's CPUGeneratorImplState (little endian): its legacy part, then the float32 normal sample.
    const int SeedAt = 0, LeftAt = 8, SeededAt = 12, NextAt = 16, WordsAt = 24, NormalXAt = 5016, NormalYAt = 5024, NormalRhoAt = 5032,
        NormalValidAt = 5040, LegacySize = 5048, SingleAt = 5048, SingleValidAt = 5052, StateSize = 5056;

    /// <summary>
    /// The state as PyTorch's <c>torch.get_rng_state()</c> gives it, byte for byte: 5,056 bytes, to be read back by either library.
    /// </summary>
    public byte[] GetState()
    {
        var blob = new byte[StateSize];
        lock (Gate)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(blob.AsSpan(SeedAt), initialSeed);
            BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(LeftAt), left);
            BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(SeededAt), 1);
            BinaryPrimitives.WriteUInt64LittleEndian(blob.AsSpan(NextAt), (uint)next);
            for (int i = 0; i < Size; i++) BinaryPrimitives.WriteUInt64LittleEndian(blob.AsSpan(WordsAt + 8 * i), state[i]);
            BinaryPrimitives.WriteDoubleLittleEndian(blob.AsSpan(NormalYAt), hasNormal ? normal : 0);
            BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(NormalValidAt), hasNormal ? 1 : 0);
            BinaryPrimitives.WriteSingleLittleEndian(blob.AsSpan(SingleAt), hasNormalSingle ? normalSingle : 0);
            blob[SingleValidAt] = hasNormalSingle ? (byte)1 : (byte)0;
        }
        return blob;
    }

    /// <summary>
    /// Goes on from a state that <see cref="GetState"/> or PyTorch's <c>torch.get_rng_state()</c> gave; also from the 5,048 bytes of
    /// PyTorch before 1.6. Nothing changes unless all of it is valid.
    /// </summary>
    /// <param name="blob">The 5,056 (or 5,048) bytes.</param>
    /// <exception cref="ArgumentException">The bytes are of another size, or are no state of this engine.</exception>
    public void SetState(ReadOnlySpan<byte> blob)
    {
        if (blob.Length is not (StateSize or LegacySize))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Expected either a CPUGeneratorImplStateLegacy of size {LegacySize} or a CPUGeneratorImplState of size {StateSize} " +
                $"but found the input RNG state size to be {blob.Length}. Pass what GetState() or torch.get_rng_state() returned."));
        int newLeft = BinaryPrimitives.ReadInt32LittleEndian(blob[LeftAt..]);
        uint newNext = (uint)BinaryPrimitives.ReadUInt64LittleEndian(blob[NextAt..]);
        bool seeded = BinaryPrimitives.ReadInt32LittleEndian(blob[SeededAt..]) != 0;
        // PyTorch's own conditions, and that no word beyond the 624 is asked for (PyTorch would read past its array).
        if (!seeded || newLeft is < 1 or > Size || newNext > Size || newLeft - 1 + newNext > Size)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Invalid mt19937 state: seeded={seeded}, left={newLeft}, next={newNext}. " +
                $"A seeded engine has left in 1..{Size} and left - 1 + next at most {Size}."));
        lock (Gate) Read(blob, newLeft, (int)newNext);
    }

    void Read(ReadOnlySpan<byte> blob, int newLeft, int newNext)
    {
        initialSeed = BinaryPrimitives.ReadUInt64LittleEndian(blob[SeedAt..]);
        (left, next) = (newLeft, newNext);
        for (int i = 0; i < Size; i++) state[i] = (uint)BinaryPrimitives.ReadUInt64LittleEndian(blob[(WordsAt + 8 * i)..]);
        hasNormal = BinaryPrimitives.ReadInt32LittleEndian(blob[NormalValidAt..]) != 0;
        hasNormalSingle = false;
        if (blob.Length == LegacySize)
        {
            // Before 1.6 the pair's radius and uniform were stored; the second sample is computed from them.
            double rho = BinaryPrimitives.ReadDoubleLittleEndian(blob[NormalRhoAt..]);
            double x = BinaryPrimitives.ReadDoubleLittleEndian(blob[NormalXAt..]);
            normal = hasNormal ? rho * ExactMath.SinCos(2.0 * Math.PI * x).Sin : 0;
            return;
        }
        normal = BinaryPrimitives.ReadDoubleLittleEndian(blob[NormalYAt..]);
        hasNormalSingle = blob[SingleValidAt] != 0;
        normalSingle = BinaryPrimitives.ReadSingleLittleEndian(blob[SingleAt..]);
    }
}
