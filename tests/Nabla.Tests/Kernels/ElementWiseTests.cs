using Nabla.Kernels;
using Rules = Nabla.Ops;

namespace Nabla.Tests.Kernels;

/// <summary>Loops over neighbouring elements, rows and columns: every length, unaligned memory, in place, all widths of vectors.</summary>
public sealed class ElementWiseTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 257)];

    [Fact]
    public void ArithmeticIsRightAtEveryLengthAndOffset()
    {
        Arithmetic(static i => (float)(i % 13 - 6.5), 0.1f);
        Arithmetic(static i => i % 13 - 6.5, 0.1);
        Arithmetic(static i => (long)(i % 13 - 6), 3);
        Arithmetic(static i => i % 13 - 6, 3);
        Arithmetic(static i => (short)(i % 13 - 6), (short)3);
        Arithmetic(static i => (sbyte)(i % 13 - 6), (sbyte)3);
        Arithmetic(static i => (byte)(i % 13), (byte)3);
    }

    private static void Arithmetic<T>(Func<int, T> make, T scale) where T : unmanaged, System.Numerics.INumber<T>
    {
        foreach (int n in Lengths)
        {
            int offset = n % 9;
            T[] x = [.. Enumerable.Range(0, n + offset).Select(make)], y = [.. x.Reverse()], z = new T[n + offset + 1], same = [.. x];
            z[^1] = scale;
            ReadOnlySpan<T> a = x.AsSpan(offset), b = y.AsSpan(offset, n);
            Span<T> to = z.AsSpan(offset, n);
            new Rules.Add().Run(a, b, to);
            for (int i = 0; i < n; i++) Assert.Equal(unchecked(a[i] + b[i]), to[i]);
            new Rules.Sub().Run(a, b, to);
            for (int i = 0; i < n; i++) Assert.Equal(T.CreateTruncating(unchecked(a[i] - b[i])), to[i]);
            new Rules.Mul().Run(a, b, to);
            for (int i = 0; i < n; i++) Assert.Equal(T.CreateTruncating(unchecked(a[i] * b[i])), to[i]);
            new Rules.Maximum().Run(a, b, to);
            for (int i = 0; i < n; i++) Assert.Equal(T.Max(a[i], b[i]), to[i]);
            new Rules.Neg().Run(a, to);
            for (int i = 0; i < n; i++) Assert.Equal(unchecked(T.Zero - a[i]), to[i]);
            Assert.Equal(scale, z[^1]);
            new Rules.Add().Run<T>(same.AsSpan(offset), b, same.AsSpan(offset));
            for (int i = 0; i < n; i++) Assert.Equal(unchecked(a[i] + b[i]), same[offset + i]);
        }
    }

    [Fact]
    public void SignsOfZerosAndNaNAreKept()
    {
        float[] x = [.. Enumerable.Repeat(0f, 40)], y = new float[40];
        new Rules.Neg().Run<float>(x, y);
        Assert.All(y, static v => Assert.True(float.IsNegative(v)));
        x.AsSpan().Fill(float.NaN);
        new Rules.Maximum().Run<float>(x, new float[40], y);
        Assert.All(y, static v => Assert.True(float.IsNaN(v)));
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(47), InlineData(48), InlineData(49), InlineData(100), InlineData(255), InlineData(256)]
    [InlineData(257), InlineData(1000), InlineData(1025)]
    public void RowsColumnsAndBothBroadcastToTheBitsOfTheirCopies(int width)
    {
        Tensor full = Numbers(37, width), cube = Numbers(5, 7, width);
        Tensor row = Numbers(width), column = Numbers(37, 1), middle = Numbers(5, 1, width), outer = Numbers(7, 1);
        foreach ((Tensor x, Tensor y) in ((Tensor, Tensor)[])[(full, row), (full, column), (column, row), (cube, middle), (cube, outer),
            (cube, row), (middle, outer), (full.Narrow(0, 3, 30), row), (full.TransposeMatrix(), column.Squeeze(1)), (full, full[0])])
        {
            Tensor[] both = Tensor.BroadcastTensors(x, y);
            Tensor a = both[0].Contiguous(), b = both[1].Contiguous();
            Same(a - b, x - y);
            Same(b - a, y - x);
            Same(b > a, y > x);
            if (!x.layout.SameShape(a.layout)) continue;
            Tensor into = x.Clone();
            into.Sub_(y);
            Same(a - b, into);
        }
    }

    [Fact]
    public void SumsAreRightAtEveryLength()
    {
        foreach (int n in (int[])[.. Lengths, 2047, 2048, 2049, 5000, 20_011])
        {
            float[] x = [.. Enumerable.Range(0, n + 3).Select(static i => (float)Math.Sin(i) + 0.25f)];
            double expected = 0, size = 0;
            for (int i = 0; i < n; i++) (expected, size) = (expected + x[i + 3], size + Math.Abs(x[i + 3]));
            double sum = n == 0 ? 0 : Reduce.SumOfFloats(ref x[3], n);
            Assert.True(Math.Abs(sum - expected) <= 1e-6 * size, $"{n}: {sum}, expected {expected}");
        }
    }

    [Fact]
    public void RunningSumsAreThoseOfFloat64RoundedOnce()
    {
        foreach (int rows in (int[])[1, 2, 3, 4, 5, 7, 8, 9])
        {
            foreach (int n in (int[])[1, 2, 17, 300])
            {
                Tensor x = Numbers(rows, n), along = x.CumSum(1), down = x.CumSum(0);
                // The gradient of a running sum is a running sum from the other end.
                Tensor backwards = Scan.Sum(x, -1, reverse: true), flipped = x.Flip(1).CumSum(1).Flip(1);
                Assert.True(backwards.Eq(flipped).All().Item<bool>());
                float[,] values = new float[rows, n];
                for (int i = 0; i < rows; i++) for (int j = 0; j < n; j++) values[i, j] = x[i, j].Item<float>();
                for (int i = 0; i < rows; i++)
                {
                    double total = 0;
                    for (int j = 0; j < n; j++) Assert.Equal((float)(total += values[i, j]), along[i, j].Item<float>());
                }
                for (int j = 0; j < n; j++)
                {
                    double total = 0;
                    for (int i = 0; i < rows; i++) Assert.Equal((float)(total += values[i, j]), down[i, j].Item<float>());
                }
            }
        }
    }

    [Fact]
    public void TransposedCopiesAreRightAtEverySize()
    {
        foreach (int m in (int[])[.. Enumerable.Range(0, 34), 70])
        {
            foreach (int n in (int[])[.. Enumerable.Range(0, 20), 63, 130])
            {
                Transposed<byte>(m, n);
                Transposed<ushort>(m, n);
                Transposed<uint>(m, n);
                Transposed<ulong>(m, n);
                Transposed<UInt128>(m, n);
            }
        }
    }

    private static void Transposed<T>(int m, int n) where T : unmanaged, System.Numerics.INumber<T>
    {
        (int sx, int sy) = (m + 3, n + 5);
        T[] x = [.. Enumerable.Range(0, n * sx + 1).Select(static i => T.CreateTruncating(i * 7))], y = new T[m * sy + 1];
        TransposeTiles.Run(ref x[0], sx, ref y[0], sy, m, n);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < sy; j++) Assert.Equal(j < n ? x[i + j * sx] : T.Zero, y[i * sy + j]);
    }

    [Fact]
    public void HalfPrecisionConvertsEveryValue()
    {
        Half[] half = [.. Enumerable.Range(0, 65536).Select(static i => BitConverter.UInt16BitsToHalf((ushort)i))];
        BFloat16[] brain = [.. Enumerable.Range(0, 65536).Select(static i => BFloat16.FromBits((ushort)i))];
        float[] fromHalf = new float[65536], fromBrain = new float[65536];
        Narrow.ToSingle<Half>(half, fromHalf);
        Narrow.ToSingle<BFloat16>(brain, fromBrain);
        for (int i = 0; i < 65536; i++)
        {
            Assert.Equal(Bits((float)half[i]), Bits(fromHalf[i]));
            Assert.Equal(Bits(brain[i]), Bits(fromBrain[i]));
        }

        static int Bits(float x) => float.IsNaN(x) ? -1 : BitConverter.SingleToInt32Bits(x);
    }

    [Fact]
    public void HalfPrecisionIsRoundedAtEveryLength()
    {
        float[] special = [0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 1e-40f,
            1.00390625f, 1.01171875f];
        foreach (int n in Lengths)
        {
            float[] x = [.. Enumerable.Range(0, n).Select(i => i % 3 == 0 ? special[i / 3 % special.Length]
                : MathF.Exp(i % 80) * (i - 100))];
            BFloat16[] brain = new BFloat16[n];
            Half[] half = new Half[n];
            float[] back = new float[n];
            Narrow.FromSingle<BFloat16>(x, brain);
            Narrow.FromSingle<Half>(x, half);
            Narrow.ToSingle<BFloat16>(brain, back);
            for (int i = 0; i < n; i++)
            {
                Assert.Equal(((BFloat16)x[i]).ToBits(), brain[i].ToBits());
                Assert.Equal((Half)x[i], half[i]);
                Assert.Equal((float)brain[i], back[i]);
            }
        }
    }

    [Theory, InlineData(1), InlineData(31), InlineData(70000), InlineData(300001)]
    public void NarrowSumsAndCountsAreThoseOfWideNumbers(int n)
    {
        Tensor x = Numbers(2, n), mask = x > 0.2f;
        foreach (int[] dims in new int[][] { [0], [1], [0, 1] })
        {
            Assert.True(mask.To(DType.Int64).Sum(dims).Eq(mask.Sum(dims)).All().Item<bool>());
            foreach (DType dtype in new[] { DType.Float16, DType.BFloat16 })
                Same(x.To(dtype).To(DType.Float32).Sum(dims).To(dtype), x.To(dtype).Sum(dims));
        }
        Assert.Equal(mask.To(DType.Int64).Sum().Item<long>(), mask.Sum().Item<long>());
        Assert.Equal(DType.Int64, mask.T.Sum().DType);
    }

    [Theory, InlineData(DType.Float16), InlineData(DType.BFloat16)]
    public void NumbersMeetNarrowTensorsAsTensorsDo(DType dtype)
    {
        Tensor x = Numbers(3001).To(dtype), same = Tensor.FullLike(x, 0.3);
        Same(x * same, x * 0.3);
        Same(same - x, 0.3 - x);
        Same(x / same, x / 0.3);
    }

    [Fact]
    public void TheSlopeOfGeluIsAccurate()
    {
        Tensor x = Tensor.Arange(-14, 14, 0.003, dtype: DType.Float32), d = Tensor.OnesLike(x);
        Tensor slope = ZipOp.Apply(new Rules.GeluBackward(false), d, x);
        Tensor exact = ZipOp.Apply(new Rules.GeluBackward(false), d.To(DType.Float64), x.To(DType.Float64));
        Assert.True((slope.To(DType.Float64) - exact).Abs().Max().Item<double>() < 2.5e-7);
    }

    private static Tensor Numbers(params long[] shape)
    {
        long n = 1;
        foreach (long size in shape) n *= size;
        return (Tensor.Arange(n, dtype: DType.Float32) * 0.37f + 0.11f).Sin().Reshape(new Shape(shape));
    }

    private static void Same(Tensor expected, Tensor actual)
    {
        Assert.True(expected.layout.SameShape(actual.layout));
        Assert.True(expected.Eq(actual).All().Item<bool>());
    }
}
