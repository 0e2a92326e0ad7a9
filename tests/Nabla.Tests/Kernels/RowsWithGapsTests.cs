namespace Nabla.Tests.Kernels;

/// <summary>Reductions of rows that lie evenly, but with gaps between them: no copy is made, and the gaps do not count.</summary>
public sealed class RowsWithGapsTests
{
    public static TheoryData<int, int, int, int> Sizes => new()
    {
        { 5, 7, 3, 2 }, { 1, 9, 17, 5 }, { 9, 1, 2, 1 }, { 64, 32, 1024, 16 }, { 3, 4, 1, 2 },
        { 700, 9, 5, 3 }, { 1, 1, 6, 2 }, { 300, 40, 65, 1 },
    };

    [Theory, MemberData(nameof(Sizes))]
    public void Sums_and_extremes_are_those_of_a_copy(int steps, int rows, int width, int gap)
    {
        foreach (DType dtype in new[] { DType.Int32, DType.Int64, DType.Float64 })
        {
            Tensor wide = Tensor.Arange(steps * rows * (width + gap)).Mul(31).Remainder(101).Sub(50).To(dtype)
                .View([steps, rows, width + gap]);
            Tensor x = wide.Narrow(2, 0, width);
            foreach (Tensor t in new[] { x, x.Transpose(0, 1), x[0], x.Narrow(0, 0, Math.Max(1, steps / 2)) })
            {
                Dims dims = t.NDim == 3 ? [0, 1] : [0];
                Tensor flat = t.Clone().Reshape([-1, width]);
                Assert.True(t.Sum(dims).Equal(flat.Sum(0)));
                Assert.True(t.AMax(dims).Equal(flat.AMax([0])));
            }
        }
    }
}
