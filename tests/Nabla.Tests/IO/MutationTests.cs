using System.Text;
using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>Thousands of files that were sound once: no exception but the two of loading escapes, and memory stays bounded.</summary>
public sealed class MutationTests
{
    private const int Rounds = 4000;

    private static readonly byte[][] Words = [.. new[]
    {
        "\u0080\u0002", "(", ")", "]", "}", "a", "e", "s", "u", "t", "\u0085", "\u0086", "\u0087", "R", "b", "Q", "q\u0000", "h\u0000",
        "h\u0001", "h\u0005", "K\u0001", "J\u00ff\u00ff\u00ff\u00ff", "\u008a\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0080", "N",
        "\u0088", ".", "ctorch\nSize\n", "ccollections\nOrderedDict\n", "-1", "1e9", "9223372036854775808", "0", "{", "[", "\"", "'",
        ",", ":", "\\u0000", "\u00ff", "<f8", "|O", "F64", "shape", "PK\u0001\u0002", "PK\u0003\u0004", "PK\u0005\u0006",
        "PK\u0006\u0006", "\u0000\u0000\u0000\u0000", "\u00ff\u00ff\u00ff\u00ff", "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
    }.Select(Encoding.Latin1.GetBytes)];

    private sealed class Dice(ulong seed)
    {
        internal int Below(int n)
        {
            seed = seed * 6364136223846793005 + 1442695040888963407;
            return (int)((seed >> 33) % (ulong)n);
        }
    }

    private static byte[] Mutate(byte[] file, Dice dice)
    {
        List<byte> bytes = [.. file];
        for (int change = 1 + dice.Below(3); change > 0 && bytes.Count > 0; change--)
        {
            int at = dice.Below(bytes.Count);
            byte[] word = Words[dice.Below(Words.Length)];
            switch (dice.Below(6))
            {
                case 0: bytes[at] = (byte)dice.Below(256); break;
                case 1: bytes.InsertRange(at, word); break;
                case 2: bytes.RemoveRange(at, Math.Min(dice.Below(8) + 1, bytes.Count - at)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(dice.Below(at + 1), Math.Min(dice.Below(40), bytes.Count - at))); break;
                default:
                    for (int i = 0; i < word.Length && at + i < bytes.Count; i++) bytes[at + i] = word[i];
                    break;
            }
        }
        return [.. bytes];
    }

    private static void Try(byte[] seed, ulong number, Action<byte[]> load)
    {
        Dice dice = new(number);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] file = Mutate(seed, dice);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exception? e = Record.Exception(() => load(file));
            long used = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(e is null or InvalidDataException or NotSupportedException, $"round {round}: {Convert.ToHexString(file)}\n{e}");
            Assert.True(used < 40 * file.Length + (2 << 20), $"round {round}: {used} bytes for {Convert.ToHexString(file)}");
        }
    }

    [Fact]
    public void SafeTensorsHeaders() =>
        Try(Files.Saved(static s => SafeTensors.Save(s, Files.State())), 1, static file => SafeTensors.Load(new MemoryStream(file)));

    [Fact]
    public void ArrayHeaders() =>
        Try(Files.Saved(static s => Npy.Save(s, Tensor.Ones(2, 3))), 2, static file => Npy.Load(new MemoryStream(file)));

    [Fact]
    public void Archives() =>
        Try(Files.Saved(static s => Npz.Save(s, Files.Arrays(), true)), 3, static file => Npz.Load(new MemoryStream(file)));

    [Fact]
    public void Pickles()
    {
        Dictionary<string, object?> map = new() { ["a"] = (1, 2) };
        object?[] value = [Files.State(), new List<object?> { 1, 2.5, "text", null, true }, map];
        Try(new PickleWriter(value).Pickle.ToArray(), 4, static file => _ = new PickleReader("the pickle", file, Memory).Read());
    }

    private static Storage Memory(string key, DType dtype, long count) =>
        count is >= 0 and < 1000 ? new Storage(new byte[count * dtype.ItemSize()]) : throw new InvalidDataException();
}
