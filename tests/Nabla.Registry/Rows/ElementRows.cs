namespace Nabla.Registry;

/// <summary>Rows of element-wise operations, which mostly differ in their function and domain only.</summary>
internal static class ElementRows
{
    /// <summary>A function of one tensor.</summary>
    internal static OpRow Unary(string name, Func<Tensor, object?> run, Func<Tensor, Tensor>? inPlace, Func<long[], Tensor> input,
        params string[] covers) =>
        new(name, c => run(c.T(0, "input")))
        {
            InPlace = inPlace is null ? null : c => inPlace(c.T(0, "input")),
            Samples = () => [new([input([2, 3])]), new([input([])]), new([input([0, 2])]), new([input([2, 3]).Transpose(0, 1)])],
            Covers = covers,
        };

    /// <summary>A function of two tensors that broadcast.</summary>
    internal static OpRow Binary(string name, Func<Tensor, Tensor, object?> run, Func<Tensor, Tensor, Tensor>? inPlace,
        Func<long[], Tensor> x, Func<long[], Tensor> y, params string[] covers) => new(name, c => run(c.T(0, "input"), c.T(1, "other")))
        {
            InPlace = inPlace is null ? null : c => inPlace(c.T(0, "input"), c.T(1, "other")),
            Samples = () => Pairs(x, y),
            Covers = covers,
        };

    /// <summary>A function of a tensor and a tensor or plain number.</summary>
    internal static OpRow Binary(string name, Func<Tensor, Tensor, object?> tensors, Func<Tensor, Scalar, object?> number,
        Func<Tensor, Tensor, Tensor>? inPlace, Func<Tensor, Scalar, Tensor>? inPlaceNumber, Func<long[], Tensor> x, Func<long[], Tensor> y,
        params string[] covers) => new(name, c => c.IsNumber(1, "other") ? number(c.T(0, "input"), c.Number(1, "other"))
            : tensors(c.T(0, "input"), c.T(1, "other")))
        {
            InPlace = inPlace is null ? null : c => c.IsNumber(1, "other") && inPlaceNumber is not null
                ? inPlaceNumber(c.T(0, "input"), c.Number(1, "other"))
                : inPlace(c.T(0, "input"), c.T(1, "other")),
            Samples = () => [.. Pairs(x, y), new([x([2, 3]), 1.75])],
            Covers = covers,
        };

    /// <summary>Two operands of one shape, of shapes that broadcast, 0-d and empty.</summary>
    internal static IEnumerable<Call> Pairs(Func<long[], Tensor> x, Func<long[], Tensor> y) =>
    [
        new([x([2, 3]), y([2, 3])]),
        new([x([2, 3]), y([3])]),
        new([x([2, 1, 3]), y([4, 1])]),
        new([x([]), y([])]),
        new([x([3]), y([])]),
        new([x([0, 2]), y([1, 2])]),
        new([x([3, 2]).Transpose(0, 1), y([2, 3])]),
    ];

    /// <summary>Values as 64-bit integers.</summary>
    internal static Tensor Integers(params long[] shape) => In.Between(-9, 9, shape).Detach().Round().To(DType.Int64);

    /// <summary>Positive 64-bit integers.</summary>
    internal static Tensor Naturals(params long[] shape) => In.Between(1, 9, shape).Detach().Round().To(DType.Int64);

    /// <summary>Few different values, so that many are equal.</summary>
    internal static Tensor Repeated(params long[] shape) => In.Between(-1.5, 1.5, shape).Detach().Round();
}
