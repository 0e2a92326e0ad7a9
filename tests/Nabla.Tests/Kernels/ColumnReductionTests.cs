namespace Nabla.Tests.Kernels;

/// <summary>Reductions along a dimension whose elements lie apart give what rows of a copy give.</summary>
[Collection("Threads")]
public sealed class ColumnReductionTests
{
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 7, 5 }, { 3, 2, 300 }, { 1, 1, 33 }, { 3, 4, 37 }, { 2, 8, 600 }, { 2, 300, 9 }, { 1, 40000, 5 }, { 1, 700, 260 }, { 5, 131, 64 },
    };

    [Theory, MemberData(nameof(Sizes))]
    public void The_first_extreme_of_a_column_is_found_for_every_type(int outer, int n, int inner)
    {
        foreach (DType dtype in new[] { DType.UInt8, DType.Int8, DType.Int16, DType.Int32, DType.Int64, DType.Float32, DType.Float64 })
        {
            Tensor x = Numbers(outer, n, inner).Remainder(97).To(dtype), rows = x.Transpose(1, 2).Contiguous();
            Assert.True(x.ArgMax(1).Equal(rows.ArgMax(2)));
            Assert.True(x.ArgMin(1).Equal(rows.ArgMin(2)));
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_first_NaN_of_a_column_wins(int outer, int n, int inner)
    {
        Tensor x = Numbers(outer, n, inner).To(DType.Float32);
        x = x.MaskedFill(x.Remainder(7).Eq(3), float.NaN);
        Tensor rows = x.Transpose(1, 2).Contiguous();
        Assert.True(x.ArgMax(1).Equal(rows.ArgMax(2)));
        Assert.True(x.ArgMin(1).Equal(rows.ArgMin(2)));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Norms_of_columns_are_those_of_rows(int outer, int n, int inner)
    {
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            Tensor x = Numbers(outer, n, inner).Remainder(97).Sub(48).To(dtype), rows = x.Transpose(1, 2).Contiguous();
            foreach (double p in new[] { 0, 1, 2, 3, double.PositiveInfinity, double.NegativeInfinity })
            {
                Assert.True(x.Norm(p, 1).AllClose(rows.Norm(p, 2), 1e-6, 0));
                Assert.True(x.Norm(p, [0, 2]).AllClose(x.Transpose(0, 1).Reshape([n, -1]).Norm(p, 1), 1e-6, 0));
            }
            Assert.True(x.Norm(1, 1).Equal(x.Abs().Sum(1)));
            Assert.True(x.Norm(0, 1).Equal(x.Ne(0).Sum(1).To(dtype)));
            Assert.True(x.Norm(double.PositiveInfinity, 1).Equal(x.Abs().AMax([1])));
        }
    }

    [Fact]
    public void Norms_pass_NaN_on()
    {
        Tensor x = Tensor.Ones(40, 20);
        x[7, 3] = float.NaN;
        foreach (double p in new[] { 1, 2, double.PositiveInfinity, double.NegativeInfinity })
        {
            Assert.Equal([3L], x.Norm(p, 0).IsNaN().Nonzero().Reshape(-1).ToArray<long>());
            Assert.Equal([7L], x.Norm(p, 1).IsNaN().Nonzero().Reshape(-1).ToArray<long>());
        }
        Assert.Equal(40, x.Norm(0, 0)[3].Item());
    }

    [Fact]
    public void Places_and_norms_are_the_same_for_any_number_of_threads()
    {
        Tensor x = Numbers(1, 40000, 5).Remainder(97).To(DType.Float32).Sin();
        (Tensor Places, Tensor Norm)[] each = [.. Counts().Select(_ => (x.ArgMax(1), x.Norm(2, 1)))];
        Assert.All(each, r => Assert.True(r.Places.Equal(each[0].Places) && r.Norm.Equal(each[0].Norm)));
    }

    private static IEnumerable<int> Counts()
    {
        int before = Threads.Count;
        try
        {
            foreach (int count in new[] { 1, 2, 3, 8 })
            {
                Threads.Count = count;
                yield return count;
            }
        }
        finally
        {
            Threads.Count = before;
        }
    }

    private static Tensor Numbers(int outer, int n, int inner) =>
        Tensor.Arange(outer * n * inner).Mul(7919).Remainder(10007).View([outer, n, inner]);
}
