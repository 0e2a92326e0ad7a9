using System.Buffers.Binary;

namespace Nabla.Tests;

/// <summary>Seeds, states and copies of the generator.</summary>
public class GeneratorTests
{
    static float[] Normals(Generator g, int n) => RandomReplay.Normal<float>(g, n, 0, 1);

    static float[] Uniforms(Generator g, int n) => RandomReplay.Uniform<float>(g, n, 0, 1);

    [Fact]
    public void A_new_generator_has_PyTorchs_default_seed_and_flavour()
    {
        var g = new Generator();
        Assert.Equal(67280421310721UL, g.InitialSeed);
        Assert.Equal(RandomFlavor.TorchX64, g.Flavor);
        Assert.Equal(Uniforms(new Generator(67280421310721), 3), Uniforms(g, 3));
    }

    [Fact]
    public void Manual_seed_gives_PyTorchs_numbers() // torch.manual_seed(42); torch.rand(3)
        => Assert.Equal([0.8822692632675171f, 0.9150039553642273f, 0.38286375999450684f], Uniforms(new Generator().ManualSeed(42), 3));

    [Fact]
    public void Only_the_low_half_of_a_seed_chooses_the_stream_and_all_of_it_is_kept()
    {
        var g = new Generator().ManualSeed(5 + (1L << 32));
        Assert.Equal(5 + (1UL << 32), g.InitialSeed);
        Assert.Equal(Uniforms(new Generator(5), 5), Uniforms(g, 5));
    }

    [Theory]
    [InlineData(-1, ulong.MaxValue)]
    [InlineData(-3, ulong.MaxValue - 2)]
    [InlineData(long.MinValue, 1UL << 63)]
    public void A_negative_seed_wraps(long seed, ulong initial) => Assert.Equal(initial, new Generator().ManualSeed(seed).InitialSeed);

    [Fact]
    public void A_seed_drops_the_pending_normal_sample()
    {
        var g = new Generator(1);
        Normals(g, 1);
        Assert.Equal(Normals(new Generator(2), 2), Normals(g.ManualSeed(2), 2));
    }

    [Fact]
    public void Seed_returns_what_it_set_and_does_not_repeat()
    {
        var g = new Generator();
        ulong first = g.Seed();
        float[] stream = Uniforms(g, 4);
        Assert.Equal(first, g.InitialSeed);
        Assert.Equal(stream, Uniforms(new Generator(first), 4));
        Assert.NotEqual(first, g.Seed());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(623)]
    [InlineData(624)]
    [InlineData(625)]
    [InlineData(1300)]
    public void A_state_goes_on_where_it_was_taken(int words)
    {
        var g = new Generator(9);
        Uniforms(g, words);
        Normals(g, 3);
        byte[] state = g.GetState();
        Assert.Equal(5056, state.Length);
        float[] expected = [.. Normals(g, 5), .. Uniforms(g, 700)];
        var other = new Generator(10);
        other.SetState(state);
        Assert.Equal(state, other.GetState());
        Assert.Equal(9UL, other.InitialSeed);
        float[] actual = [.. Normals(other, 5), .. Uniforms(other, 700)];
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Words_come_alike_one_by_one_and_in_bulk()
    {
        var (a, b) = (new Generator(3), new Generator(3));
        var words = new uint[2000];
        int at = 0;
        foreach (int n in (int[])[1, 5, 700, 0, 623, 1, 670]) // 2000 in all, across the ends of blocks
        {
            b.Fill(words.AsSpan(at, n));
            at += n;
        }
        foreach (uint word in words) Assert.Equal(a.Random32(), word);
        Assert.Equal(a.GetState(), b.GetState());
    }

    [Fact]
    public void A_clone_goes_on_alone()
    {
        var g = new Generator(4) { Flavor = RandomFlavor.TorchBaseline };
        Normals(g, 7);
        var copy = g.Clone();
        Assert.Equal(RandomFlavor.TorchBaseline, copy.Flavor);
        Assert.Equal(g.GetState(), copy.GetState());
        float[] here = Normals(g, 20);
        Assert.Equal(here, Normals(copy, 20));
    }

    [Fact]
    public void A_legacy_state_is_read_with_its_pending_normal_sample()
    {
        var g = new Generator(6);
        double[] pair = RandomReplay.Normal<double>(g, 2, 0, 1);
        byte[] legacy = g.GetState()[..5048];
        // Before PyTorch 1.6 the first uniform number and the radius were stored instead of the second sample.
        var again = new Generator(6);
        double u1 = again.UniformDouble(), u2 = again.UniformDouble();
        BinaryPrimitives.WriteDoubleLittleEndian(legacy.AsSpan(5016), u1);
        BinaryPrimitives.WriteDoubleLittleEndian(legacy.AsSpan(5032), Math.Sqrt(-2 * Math.Log(1 - u2)));
        BinaryPrimitives.WriteInt32LittleEndian(legacy.AsSpan(5040), 1);
        var other = new Generator();
        other.SetState(legacy);
        Assert.Equal(pair[1], RandomReplay.Normal<double>(other, 1, 0, 1)[0], 14);
        Assert.Equal(Uniforms(g, 3), Uniforms(other, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(5055)]
    [InlineData(5057)]
    public void A_state_of_another_size_is_refused_in_PyTorchs_words(int size)
    {
        var error = Assert.Throws<ArgumentException>(() => new Generator().SetState(new byte[size]));
        Assert.StartsWith("Expected either a CPUGeneratorImplStateLegacy of size 5048 or a CPUGeneratorImplState of size 5056 " +
            $"but found the input RNG state size to be {size}", error.Message);
    }

    [Theory]
    [InlineData(8, 0)]       // left
    [InlineData(9, 3)]
    [InlineData(11, 0x80)]
    [InlineData(12, 0)]      // seeded
    [InlineData(18, 200)]    // next
    public void A_state_that_is_none_is_refused_and_changes_nothing(int at, byte value)
    {
        var g = new Generator(3);
        byte[] before = g.GetState(), broken = g.GetState();
        broken[at] = value;
        Assert.StartsWith("Invalid mt19937 state", Assert.Throws<ArgumentException>(() => g.SetState(broken)).Message);
        Assert.Equal(before, g.GetState());
    }

    [Fact]
    public void A_state_that_would_read_past_the_words_is_refused()
    {
        var g = new Generator(3);
        byte[] state = g.GetState();
        BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(8), 5);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(16), 624);
        Assert.StartsWith("Invalid mt19937 state", Assert.Throws<ArgumentException>(() => g.SetState(state)).Message);
    }

    [Fact]
    public void Threads_that_share_a_generator_get_whole_calls()
    {
        const int Calls = 64, Size = 1000;
        var shared = new Generator(8);
        var parts = new float[Calls][];
        System.Threading.Tasks.Parallel.For(0, Calls, i => parts[i] = Uniforms(shared, Size));
        float[] serial = Uniforms(new Generator(8), Calls * Size);
        var expected = Enumerable.Range(0, Calls).Select(i => serial[i * Size]).Order();
        Assert.Equal(expected, parts.Select(p => p[0]).Order());
        foreach (float[] part in parts)
        {
            int call = Enumerable.Range(0, Calls).First(i => serial[i * Size] == part[0]);
            Assert.True(part.AsSpan().SequenceEqual(serial.AsSpan(call * Size, Size)));
        }
    }

    [Fact]
    public void The_default_generator_is_one() => Assert.Same(Generator.Default, Generator.Default);
}
