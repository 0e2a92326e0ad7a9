using System.Numerics;
using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>
/// Matrix products against three plain loops. The operands hold small whole numbers, so that every sum is exact in every type and order and
/// the comparison is for equality; memory between and around the elements of C must stay as it was.
/// </summary>
[Collection("Threads")]
public sealed class GemmTests : IDisposable
{
    private readonly int before = Threads.Count;

    public static TheoryData<string> Types => ["float", "double", "Half", "BFloat16", "long", "int", "short", "sbyte", "byte"];

    public void Dispose() => Threads.Count = before;

    [Fact]
    public void AllSmallSizesFloat() => AllSmallSizes<float>();

    [Fact]
    public void AllSmallSizesDouble() => AllSmallSizes<double>();

    [Theory]
    [MemberData(nameof(Types))]
    public void SizesAtTheEdgesOfTilesAndBlocks(string type) => Each(type, new EdgeSizes());

    [Theory]
    [MemberData(nameof(Types))]
    public void AllStridesAndOrders(string type) => Each(type, new Orders());

    [Theory]
    [MemberData(nameof(Types))]
    public void VectorsAndOuterProducts(string type) => Each(type, new Vectors());

    [Theory]
    [MemberData(nameof(Types))]
    public void Batches(string type) => Each(type, new BatchCases());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AllSizesAroundTheTilesOfCopiedOperands(bool transposeB)
    {
        // A's rows 4096 bytes apart are copied; so are its columns, if many columns of B use them.
        for (int m = 1; m <= 70; m += m < 14 ? 1 : 3)
        {
            for (int n = 1; n <= 70; n++)
            {
                int k = 40 + (m * 5 + n) % 200;
                new GemmCase(m, n, k) { APad = 1024 - k, TransposeB = transposeB, Accumulate = n % 2 == 0, Bias = n % 4 == 1 }
                    .Check<float>();
                new GemmCase(m, n, k) { APad = 512 - k, TransposeB = transposeB, BPad = n % 3, Accumulate = n % 2 == 0 }.Check<double>();
            }
        }
        foreach (int n in (int[])[100, 127, 128, 129, 160, 300])
        {
            foreach (int m in (int[])[12, 47, 48, 49, 97, 200])
            {
                new GemmCase(m, n, 600) { TransposeA = true, APad = 1024 - m, TransposeB = transposeB, Bias = n % 2 == 0 }.Check<float>();
                new GemmCase(m, n, 130) { TransposeA = true, APad = 512 - m, TransposeB = transposeB, Accumulate = true }.Check<double>();
                new GemmCase(m, n, 600) { APad = 424, TransposeB = transposeB, BPad = 3, CPad = 1 }.Check<float>();
                new GemmCase(m, n, 70) { ACol = 2, TransposeB = transposeB }.Check<float>();
            }
        }
    }

    [Fact]
    public void FewTermsAndManyColumns()
    {
        for (int k = 1; k <= 9; k++)
        {
            foreach (int n in (int[])[127, 128, 129, 143, 200, 256, 1000, 5000])
            {
                foreach (int m in (int[])[2, 3, 40])
                {
                    var c = new GemmCase(m, n, k) { TransposeA = k % 2 == 0, BPad = n % 3, CPad = m % 2 };
                    c.Check<float>();
                    (c with { Accumulate = true }).Check<double>();
                    (c with { Bias = true }).Check<float>();
                    (c with { Accumulate = true }).Check<int>();
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryRowBeginsWithTheBias(string type) => Each(type, new Biases());

    [Fact]
    public void MatricesPackedOnceServeManyProducts()
    {
        for (int m = 1; m <= 40; m += m < 14 ? 1 : 5)
        {
            for (int n = 1; n <= 70; n++)
            {
                int k = 1 + (m * 11 + n * 7) % 90;
                var c = new GemmCase(m, n, k) { Packed = true, TransposeB = n % 2 == 0, TransposeA = m % 3 == 0, CPad = n % 5 };
                (c with { Bias = m % 2 == 0, BPad = m % 4 }).Check<float>();
                (c with { Accumulate = true, APad = 512 - k }).Check<double>();
            }
        }
        foreach ((int m, int n, int k) in ((int, int, int)[])
            [(32, 1024, 256), (32, 256, 1024), (300, 130, 1300), (5, 40, 0), (0, 4, 4), (4100, 40, 3)])
        {
            new GemmCase(m, n, k) { Packed = true, TransposeB = true, Bias = true }.Check<float>();
            new GemmCase(m, n, k) { Packed = true, Accumulate = true }.Check<double>();
            new GemmCase(m, n, k) { Packed = true, APad = Math.Max(0, 1024 - k) }.Check<float>();
        }
    }

    [Fact]
    public void PackedMatricesGiveTheBitsOfOtherProducts()
    {
        float[] a = Random(new(1), 50 * 1100), b = Random(new(2), 1100 * 90), c = new float[50 * 90], d = new float[50 * 90];
        Gemm.Run<float>(50, 90, 1100, a, 1100, 1, b, 1, 1100, c, 90, 1, false);
        using (var packed = new PackedMatrix<float>(1100, 90, b, 1, 1100))
        {
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                Threads.Count = threads;
                packed.Multiply(50, a, 1100, 1, d, 90, false);
                Assert.Equal(c, d);
            }
            Assert.Throws<ArgumentException>(() => packed.Multiply(51, a, 1100, 1, new float[51 * 90], 90, false));
            packed.Dispose();
            Assert.Throws<ObjectDisposedException>(() => packed.Multiply(1, a, 1100, 1, d, 90, false));
        }
        Assert.Throws<ArgumentException>(() => new PackedMatrix<float>(1100, 91, b, 1, 1100));
    }

    [Fact]
    public void LongSumsAreCutIntoSlabs()
    {
        foreach ((long m, long n) in ((long, long)[])[(1, 1), (1, 5), (7, 1), (3, 4), (16, 16), (64, 64), (65, 63)])
        {
            foreach (long k in (long[])[8191, 8192, 20001, 70000])
            {
                new GemmCase(m, n, k).Check<float>();
                new GemmCase(m, n, k) { TransposeA = true, TransposeB = true, Accumulate = true }.Check<double>();
            }
        }
        new GemmCase(5, 6, 40000) { CCol = 3, CPad = 5, Accumulate = true }.Check<float>();
    }

    [Fact]
    public void LargeProducts()
    {
        foreach ((long m, long n, long k) in ((long, long, long)[])
            [(4100, 33, 50), (33, 4200, 50), (50, 4200, 60), (300, 300, 700), (257, 511, 645), (70, 3000, 600), (2000, 20, 4),
             (8, 3000, 600), (3, 500, 900), (1, 70000, 5), (70000, 1, 5)])
        {
            new GemmCase(m, n, k).Check<float>();
            new GemmCase(m, n, k) { TransposeB = true, Accumulate = true }.Check<float>();
            new GemmCase(m, n, k) { TransposeA = true, CTransposed = true }.Check<double>();
            new GemmCase(m, n, k) { TransposeA = true, CCol = 2 }.Check<float>();
        }
        new GemmCase(1030, 40, 1100) { Accumulate = true }.Check<Half>();
        new GemmCase(40, 1040, 1100) { TransposeA = true, TransposeB = true, CTransposed = true }.Check<Half>();
        new GemmCase(1, 2100, 1100).Check<BFloat16>();
    }

    [Fact]
    public void ExpandedOperandsHaveStrideZero()
    {
        Threads.Count = 2;
        foreach (int size in (int[])[1, 3, 17, 40, 130])
        {
            float[] one = [3], c = new float[size * size], row = [.. Enumerable.Range(0, size).Select(i => (float)(i % 7))];
            Gemm.Run<float>(size, size, size, one, 0, 0, one, 0, 0, c, size, 1, false);
            Assert.All(c, x => Assert.Equal(9f * size, x));
            Gemm.Run<float>(size, size, size, row, 0, 1, row, 1, 0, c, size, 1, false);
            Assert.All(c, x => Assert.Equal(row.Sum(v => v * v), x));
            Gemm.Run<float>(size, size, size, row, 1, 0, row, 0, 1, c, size, 1, false);
            for (int i = 0; i < c.Length; i++) Assert.Equal(row[i / size] * row[i % size] * size, c[i]);
        }
    }

    [Fact]
    public void EmptySumsAreZerosOrNothing()
    {
        foreach (bool accumulate in (bool[])[false, true])
        {
            foreach ((long m, long n) in ((long, long)[])[(1, 1), (3, 5), (40, 40), (0, 4), (4, 0)])
            {
                new GemmCase(m, n, 0) { Accumulate = accumulate }.Check<float>();
                new GemmCase(m, n, 0) { Accumulate = accumulate, CCol = 2, CPad = 3 }.Check<int>();
                new GemmCase(m, n, 0) { Accumulate = accumulate }.Check<Half>();
            }
        }
    }

    [Fact]
    public void IntegersWrapAround()
    {
        int[] a = [int.MaxValue, 7], b = [3, int.MaxValue], c = [0];
        Gemm.Run<int>(1, 1, 2, a, 2, 1, b, 1, 1, c, 1, 1, false);
        Assert.Equal(unchecked((int.MaxValue * 3) + (7 * int.MaxValue)), c[0]);

        var random = new Random(1);
        byte[] x = new byte[50 * 70], y = new byte[70 * 60], z = new byte[50 * 60];
        random.NextBytes(x);
        random.NextBytes(y);
        Gemm.Run<byte>(50, 60, 70, x, 70, 1, y, 60, 1, z, 60, 1, false);
        for (int i = 0; i < z.Length; i++)
        {
            int sum = 0;
            for (int p = 0; p < 70; p++) sum += x[i / 60 * 70 + p] * y[p * 60 + i % 60];
            Assert.Equal((byte)sum, z[i]);
        }
    }

    [Fact]
    public void InfinityAndNaNStayInTheirRowsAndColumns()
    {
        foreach (int n in (int[])[5, 33, 150])
        {
            float[] a = Filled(n * n, 1f), b = Filled(n * n, 1f), c = new float[n * n];
            a[2 * n + 1] = float.PositiveInfinity;
            b[3 * n + 4] = float.NaN;
            Gemm.Run<float>(n, n, n, a, n, 1, b, n, 1, c, n, 1, false);
            for (int i = 0; i < c.Length; i++)
            {
                float expected = i % n == 4 ? float.NaN : i / n == 2 ? float.PositiveInfinity : n;
                Assert.Equal(expected, c[i]);
            }
        }
    }

    [Fact]
    public void SpecialHalvesAreWidenedExactly()
    {
        // Every Half times one, through the vector loop and its tail, in both places.
        Half[] all = [.. Enumerable.Range(0, 65536).Select(i => BitConverter.UInt16BitsToHalf((ushort)i))], c = new Half[65536];
        Gemm.Run<Half>(65536, 1, 1, all, 1, 1, [Half.One], 1, 1, c, 1, 1, false);
        for (int i = 0; i < c.Length; i++)
        {
            if (Half.IsNaN(all[i])) Assert.True(Half.IsNaN(c[i]));
            else Assert.Equal(all[i], c[i]);
        }
        Gemm.Run<Half>(1, 65536, 1, [Half.One], 1, 1, all, 1, 1, c, 1, 1, false);
        for (int i = 0; i < c.Length; i++) Assert.True(Half.IsNaN(all[i]) ? Half.IsNaN(c[i]) : all[i] == c[i]);
    }

    [Fact]
    public void HalvesAreSummedInFloat()
    {
        int k = 5000;
        Half[] a = Filled(k, (Half)0.1f), b = Filled(k, (Half)1f), c = [(Half)1f];
        Gemm.Run<Half>(1, 1, k, a, k, 1, b, 1, 1, c, 1, 1, true);
        Assert.Equal((Half)(1 + k * (float)(Half)0.1f), c[0]);  // in Half the sum would stop at 256
    }

    [Fact]
    public void RealNumbersAreAsGoodAsPlainLoops()
    {
        var random = new Random(5);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(7, 9, 300), (100, 90, 800), (1, 50, 3000), (50, 1, 3000), (3, 3, 30000)])
        {
            float[] a = Random(random, m * k), b = Random(random, k * n), c = new float[m * n];
            Gemm.Run<float>(m, n, k, a, k, 1, b, n, 1, c, n, 1, false);
            for (int i = 0; i < c.Length; i++)
            {
                double sum = 0, size = 0;
                for (int p = 0; p < k; p++)
                {
                    double term = (double)a[i / n * k + p] * b[p * n + i % n];
                    sum += term;
                    size += Math.Abs(term);
                }
                Assert.InRange(Math.Abs(c[i] - sum), 0, 1e-7 * size * Math.Sqrt(k));
            }
        }
    }

    [Theory]
    [InlineData(64, 64, 64)]
    [InlineData(150, 200, 300)]
    [InlineData(500, 333, 700)]
    [InlineData(10, 2000, 500)]
    [InlineData(40, 1000, 600)]
    [InlineData(1, 3000, 1000)]
    [InlineData(3000, 1, 1000)]
    [InlineData(20, 30, 50000)]
    [InlineData(1, 1, 300000)]
    [Trait("Row", "4.14")]
    public void TheSameBitsForAnyNumberOfThreads(int m, int n, int k)
    {
        float[] a = Random(new(1), m * k), b = Random(new(2), k * n), start = Random(new(3), m * n);
        foreach (int order in (int[])[0, 1, 2, 3])
        {
            (int aRow, int aCol) = (order & 1) == 0 ? (k, 1) : (1, m);
            (int bRow, int bCol) = (order & 2) == 0 ? (n, 1) : (1, k);
            float[]? expected = null;
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                Threads.Count = threads;
                float[] c = [.. start];
                Gemm.Run<float>(m, n, k, a, aRow, aCol, b, bRow, bCol, c, n, 1, true);
                expected ??= c;
                Assert.True(expected.AsSpan().SequenceEqual(c), $"threads {threads}, order {order}");
            }
        }
    }

    [Fact]
    public void BatchesHaveTheSameBitsForAnyNumberOfThreads()
    {
        float[] a = Random(new(1), 30 * 20 * 40), b = Random(new(2), 30 * 40 * 50);
        float[]? expected = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            Threads.Count = threads;
            float[] c = new float[30 * 20 * 50];
            Gemm.Batch<float>(30, 20, 50, 40, a, 800, 40, 1, b, 2000, 1, 40, c, 1000, 50, 1, false);
            expected ??= c;
            Assert.True(expected.AsSpan().SequenceEqual(c));
        }
    }

    [Fact]
    public void OperandsThatDoNotFitAreRefused()
    {
        float[] x = new float[12];
        Assert.Throws<ArgumentException>(() => Gemm.Run<float>(3, 4, 5, x, 5, 1, x, 4, 1, x, 4, 1, false));
        Assert.Throws<ArgumentException>(() => Gemm.Run<float>(3, 4, 1, x, 1, 1, x, 4, 1, new float[11], 4, 1, false));
        Assert.Throws<ArgumentException>(() => Gemm.Run<float>(2, 2, 2, x, -2, 1, x, 2, 1, new float[4], 2, 1, false));
        Assert.Throws<ArgumentException>(() => Gemm.Batch<float>(4, 2, 2, 2, x, 4, 2, 1, x, 0, 2, 1, new float[16], 4, 2, 1, false));
        Assert.Throws<ArgumentException>(() => Gemm.Run<char>(1, 1, 1, ['a'], 1, 1, ['b'], 1, 1, new char[1], 1, 1, false));
    }

    [Fact]
    public void RepeatedCallsDoNotAllocate()
    {
        Threads.Count = 1;
        foreach ((int m, int n, int k, int bRow, int bCol) in ((int, int, int, int, int)[])
            [(2, 2, 2, 2, 1), (8, 8, 8, 1, 8), (100, 100, 100, 100, 1), (100, 100, 100, 1, 100), (1, 50, 60, 1, 60), (50, 1, 60, 1, 1)])
        {
            float[] a = new float[m * k], b = new float[k * n], c = new float[m * n];
            long start = 0;
            for (int i = 0; i < 40; i++)
            {
                if (i == 20) start = GC.GetAllocatedBytesForCurrentThread();
                Gemm.Run<float>(m, n, k, a, k, 1, b, bRow, bCol, c, n, 1, false);
            }
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
        }
    }

    private static void AllSmallSizes<T>() where T : unmanaged, INumberBase<T>
    {
        for (int m = 0; m <= 20; m++)
        {
            for (int n = 0; n <= 20; n++)
            {
                for (int k = 0; k <= 20; k++)
                {
                    new GemmCase(m, n, k) { Accumulate = (m + n + k) % 2 == 0 }.Check<T>();
                    new GemmCase(m, n, k) { TransposeB = true, Accumulate = (m + n + k) % 2 != 0 }.Check<T>();
                    if ((m + n + k) % 3 == 0) new GemmCase(m, n, k) { TransposeA = true, CTransposed = n % 2 == 0 }.Check<T>();
                }
            }
        }
    }

    private static void Each<TCases>(string type, TCases cases) where TCases : IGemmCases
    {
        switch (type)
        {
            case "float": cases.Run<float>(); break;
            case "double": cases.Run<double>(); break;
            case "Half": cases.Run<Half>(); break;
            case "BFloat16": cases.Run<BFloat16>(); break;
            case "long": cases.Run<long>(); break;
            case "int": cases.Run<int>(); break;
            case "short": cases.Run<short>(); break;
            case "sbyte": cases.Run<sbyte>(); break;
            case "byte": cases.Run<byte>(); break;
            default: throw new ArgumentException(type);
        }
    }

    private static T[] Filled<T>(int n, T value)
    {
        T[] x = new T[n];
        Array.Fill(x, value);
        return x;
    }

    private static float[] Random(Random random, int n)
    {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) x[i] = random.NextSingle() * 2 - 1;
        return x;
    }

    private interface IGemmCases
    {
        void Run<T>() where T : unmanaged;
    }

    private readonly struct EdgeSizes : IGemmCases
    {
        public void Run<T>() where T : unmanaged
        {
            int[] sizes = [1, 4, 5, 12, 13, 23, 31, 32, 33, 65, 96, 97, 129];
            foreach (int m in sizes)
            {
                foreach (int n in sizes)
                {
                    int k = (m * 7 + n * 3) % 140 + 1;
                    new GemmCase(m, n, k) { TransposeA = n % 3 == 0, TransposeB = m % 2 == 0, Accumulate = m % 3 == 0 }.Check<T>();
                }
            }
            foreach (int k in (int[])[255, 256, 257, 511, 512, 513, 1025, 2049])
            {
                new GemmCase(97, 103, k) { TransposeB = true, Accumulate = k % 2 == 0 }.Check<T>();
            }
        }
    }

    private readonly struct Biases : IGemmCases
    {
        public void Run<T>() where T : unmanaged
        {
            foreach ((int m, int n, int k) in ((int, int, int)[])
                [(1, 7, 9), (9, 1, 7), (3, 5, 4), (20, 40, 3), (33, 65, 31), (60, 70, 300), (130, 140, 150), (64, 33, 600), (4, 4, 9000),
                 (5, 6, 0)])
            {
                for (int bits = 0; bits < 8; bits++)
                {
                    new GemmCase(m, n, k)
                    {
                        Bias = true,
                        TransposeA = (bits & 1) != 0,
                        TransposeB = (bits & 2) != 0,
                        CTransposed = bits == 5,
                        CCol = bits == 6 ? 2 : 1,
                        CPad = bits & 4,
                    }.Check<T>();
                }
            }
        }
    }

    private readonly struct Orders : IGemmCases
    {
        public void Run<T>() where T : unmanaged
        {
            foreach ((int m, int n, int k) in ((int, int, int)[])[(3, 4, 5), (17, 19, 23), (70, 75, 90), (110, 120, 100)])
            {
                for (int bits = 0; bits < 64; bits += m > 50 ? 3 : 1)
                {
                    new GemmCase(m, n, k)
                    {
                        TransposeA = (bits & 1) != 0,
                        TransposeB = (bits & 2) != 0,
                        CTransposed = (bits & 4) != 0,
                        Accumulate = (bits & 8) != 0,
                        APad = bits & 3,
                        BPad = bits & 5,
                        CPad = bits & 6,
                        ACol = (bits & 16) != 0 ? 3 : 1,
                        BCol = (bits & 32) != 0 ? 2 : 1,
                        CCol = bits % 5 == 0 ? 2 : 1,
                    }.Check<T>();
                }
            }
        }
    }

    private readonly struct Vectors : IGemmCases
    {
        public void Run<T>() where T : unmanaged
        {
            foreach (int m in (int[])[1, 2, 3, 4, 5, 9, 16, 31, 64, 129, 300, 1100])
            {
                foreach (int k in (int[])[1, 2, 7, 8, 15, 16, 33, 64, 127, 260])
                {
                    foreach (int bits in (int[])[0, 1, 2, 5, 10, 15])
                    {
                        var c = new GemmCase(m, 1, k)
                        {
                            TransposeA = (bits & 1) != 0,
                            BPad = bits & 2,
                            CPad = (bits & 4) / 2,
                            ACol = (bits & 8) != 0 ? 2 : 1,
                            Accumulate = bits % 2 == 0,
                        };
                        c.Check<T>();
                        (c with { M = 1, N = m, BPad = 0, TransposeB = (bits & 2) != 0, CCol = (bits & 4) != 0 ? 3 : 1 }).Check<T>();
                    }
                }
                new GemmCase(m, 70, 1) { BCol = m % 3 + 1, Accumulate = m % 2 == 0 }.Check<T>();
            }
        }
    }

    private readonly struct BatchCases : IGemmCases
    {
        public void Run<T>() where T : unmanaged
        {
            foreach ((int m, int n, int k) in ((int, int, int)[])
                [(1, 1, 1), (2, 3, 4), (1, 9, 12), (9, 1, 12), (20, 30, 10), (110, 90, 120)])
            {
                foreach (int count in (int[])[1, 3, 40])
                {
                    if (count == 40 && m > 100) continue;
                    for (int bits = 0; bits < 16; bits++)
                    {
                        new GemmCase(m, n, k)
                        {
                            Count = count,
                            SharedA = (bits & 1) != 0,
                            SharedB = (bits & 2) != 0,
                            TransposeA = (bits & 4) != 0,
                            TransposeB = (bits & 8) != 0,
                            CTransposed = bits % 3 == 0,
                            Accumulate = bits % 5 == 0,
                        }.Check<T>();
                    }
                }
            }
        }
    }
}
