using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>Loops that take another way for rows that repeat and for memory larger than the caches.</summary>
public sealed class BroadcastRowTests
{
    private static readonly DType[] DTypes =
        [DType.Float32, DType.Float64, DType.Int8, DType.Int32, DType.Int64, DType.Float16, DType.BFloat16, DType.Complex64];

    public static TheoryData<DType> Kinds => [.. DTypes];

    /// <summary>The same elements as with the row written out, for every length of row around a vector's and a strip's.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void A_row_is_added_to_every_row(DType dtype)
    {
        foreach (int width in new[] { 1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 65, 100, 255, 511, 512, 513, 1000, 1025, 4099 })
        {
            int rows = 40_000 / width + 2;
            Tensor x = Values(rows * width, dtype).View([rows, width]), row = Values(width + 1, dtype)[1..];
            Tensor whole = row.Expand([rows, width]).Clone();
            Same(x - row, x - whole, width);
            Same(row - x, whole - x, width);
            Same(x.Clone().Sub_(row), x - whole, width);
            Tensor part = x.Narrow(0, 1, rows - 1);
            Same(part * row, part * whole.Narrow(0, 1, rows - 1), width);
        }
    }

    /// <summary>The same where the row changes with leading dimensions, in all of them or in some.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void A_row_is_added_to_every_row_of_its_block(DType dtype)
    {
        foreach (int width in new[] { 1, 16, 65, 600 })
        {
            foreach (int rows in new[] { 2, 5 })
            {
                Tensor x = Values(6 * rows * width, dtype).View([3, 2, rows, width]);
                Tensor all = Values(6 * width, dtype), turned = all.View([2, 3, 1, width]).Transpose(0, 1);
                Tensor outer = Values(3 * width, dtype).View([3, 1, 1, width]), inner = Values(2 * width, dtype).View([2, 1, width]);
                foreach (Tensor row in new[] { all.View([3, 2, 1, width]), outer, inner, turned })
                {
                    Tensor whole = row.Expand([3, 2, rows, width]).Clone();
                    Same(x - row, x - whole, width);
                    Same(row - x, whole - x, width);
                    Same(x.Narrow(0, 1, 2) * row.Expand([3, 2, 1, width])[1..], x.Narrow(0, 1, 2) * whole[1..], width);
                }
            }
        }
        Tensor large = Values(40 * 30 * 64, dtype).View([40, 30, 64]), few = Values(40 * 64, dtype).View([40, 1, 64]);
        Same(large - few, large - few.Expand([40, 30, 64]).Clone(), 64);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Results_stored_past_the_caches_are_the_same(DType dtype)
    {
        const int n = 100_003;
        Tensor x = Values(n + 1, dtype)[1..], y = Values(n + 3, dtype)[3..];
        Tensor[] expected = Results(x, y);
        long cache = Streaming.CacheBytes;
        Streaming.CacheBytes = 1 << 16;
        try
        {
            Tensor[] actual = Results(x, y);
            for (int i = 0; i < expected.Length; i++) Same(actual[i], expected[i], i);
        }
        finally { Streaming.CacheBytes = cache; }
    }

    private static Tensor[] Results(Tensor x, Tensor y) => x.DType.IsComplex() ? [x + y, x * y, -x]
        : [x + y, x - y, x * y, x.Maximum(y), -x, x.Relu(), x.Abs(), x < y, x.Clone().Add_(y)];

    private static Tensor Values(int n, DType dtype)
    {
        Tensor x = Tensor.Arange(n).Mul(7).Remainder(41).Sub(20);
        return (dtype.IsComplex() ? Tensor.Complex(x.To(DType.Float32), x.Flip(0).To(DType.Float32)) : x).To(dtype);
    }

    private static void Same(Tensor actual, Tensor expected, int at)
    {
        Assert.True(actual.DType == expected.DType && actual.Shape == expected.Shape, $"{at}");
        Assert.True(actual.Equal(expected), $"{expected.DType} {at}");
    }
}
