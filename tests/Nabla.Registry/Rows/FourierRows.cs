namespace Nabla.Registry;

internal static class FourierRows
{
    private static readonly Type Shapes = typeof(ShapeException), DTypes = typeof(DTypeException);

    private static long? N(Call c) => c.Has(1, "n") ? c.Long(1, "n") : null;

    private static string? Norm(Call c) => c.Get(3, "norm") as string;

    private static Shape? S(Call c) => c.Has(1, "s") ? c.Shape(1, "s") : (Shape?)null;

    private static Dims? D(Call c) => c.Has(2, "dim") ? c.Dims(2, "dim") : (Dims?)null;

    private static OpRow One(string name, Func<Tensor, long?, int, string?, Tensor> run, params (Func<object?>, Type, string)[] errors) =>
        new("fft." + name, c => run(c.T(0), N(c), c.Int(2, "dim", -1), Norm(c)))
        {
            Samples = () =>
            [
                new([In.Real(3, 4)]), new([In.Real(7)]), new([In.Real(4, 3).T, 6L, -1L, "ortho"]), new([In.Real(6, 2), 3L, 0L, "forward"]),
                new([In.Real(37)]), new([In.Real(0, 3)]),
            ],
            Covers = ["Dft"],
            Except = [("scalar", "a tensor without dimensions has nothing to transform")],
            Errors =
            [
                (() => run(Tensor.Ones(3, 4), 0, -1, null), Shapes, "Invalid number of data points (0) specified"),
                (() => run(Tensor.Ones(3, 4), -1, -1, null), Shapes, "Invalid number of data points (-1) specified"),
                (() => run(Tensor.Ones(3, 4), null, -1, "x"), typeof(ArgumentException), "Invalid normalization mode: \"x\""),
                (() => run(Tensor.Ones(), null, -1, null), typeof(ArgumentOutOfRangeException),
                    "Dimension specified as -1 but tensor has no dimensions"),
                (() => run(Tensor.Ones(3, 4), null, 3, null), typeof(ArgumentOutOfRangeException),
                    "Dimension out of range (expected to be in range of [-2, 1], but got 3)"),
                (() => run(Tensor.Ones([4], DType.Float16), null, -1, null), DTypes, "Unsupported dtype Half"),
                .. errors,
            ],
        };

    private static OpRow Many(string name, Func<Tensor, Shape?, Dims?, string?, Tensor> run) =>
        new("fft." + name, c => run(c.T(0), S(c), D(c), Norm(c)))
        {
            Samples = () =>
            [
                new([In.Real(3, 4)]), new([In.Real(4, 3).T, new object?[] { 2L, 6L }, null, "ortho"]),
                new([In.Real(2, 3, 4), null, new object?[] { 0L, -1L }, "forward"]), new([In.Real(0, 3, 2), null, new object?[] { 1L, 2L }]),
            ],
            Covers = ["Dft"],
            Except = [("scalar", "a tensor without dimensions has nothing to transform")],
            Errors =
            [
                (() => run(Tensor.Ones(3, 4), (long[])[1, 2, 3], new Dims(), null), Shapes,
                    "When given, dim and shape arguments must have the same length"),
                (() => run(Tensor.Ones(3, 4), null, (int[])[0, 0], null), Shapes, "FFT dims must be unique"),
                (() => run(Tensor.Ones(3, 4), (long[])[0, 2], null, null), Shapes, "Invalid number of data points (0) specified"),
                (() => run(Tensor.Ones(3, 4), null, null, "x"), typeof(ArgumentException), "Invalid normalization mode: \"x\""),
            ],
        };

    private static OpRow Shift(string name, Func<Tensor, Dims?, Tensor> run) => new("fft." + name, c =>
        run(c.T(0), c.Has(1, "dim") ? c.Dims(1, "dim") : (Dims?)null))
    {
        Samples = () => [new([In.Real(3, 4)]), new([In.Real(5)]), new([In.Real(5, 4), 0L]), new([In.Real(0, 3)]), new([In.Real()])],
    };

    private static readonly Tensor Pair = Tensor.Complex(Tensor.Ones(4), Tensor.Ones(4));

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        One("fft", Fourier.Fft), One("ifft", Fourier.Ifft),
        One("rfft", Fourier.Rfft,
            (() => Fourier.Rfft(Pair), DTypes, "rfft expects a real input tensor, but got ComplexFloat")),
        One("irfft", Fourier.Irfft, (() => Fourier.Irfft(Tensor.Ones(1)), Shapes, "Invalid number of data points (0) specified")),
        One("hfft", Fourier.Hfft, (() => Fourier.Hfft(Tensor.Ones(1)), Shapes, "Invalid number of data points (0) specified")),
        One("ihfft", Fourier.Ihfft,
            (() => Fourier.Ihfft(Pair), DTypes, "ihfft expects a real input tensor, but got ComplexFloat")),
        Many("fftn", Fourier.Fftn), Many("ifftn", Fourier.Ifftn), Many("rfftn", Fourier.Rfftn), Many("irfftn", Fourier.Irfftn),
        Many("hfftn", Fourier.Hfftn), Many("ihfftn", Fourier.Ihfftn),
        Many("fft2", Fourier.Fft2), Many("ifft2", Fourier.Ifft2), Many("rfft2", Fourier.Rfft2), Many("irfft2", Fourier.Irfft2),
        Many("hfft2", Fourier.Hfft2), Many("ihfft2", Fourier.Ihfft2),
        Shift("fftshift", Fourier.FftShift), Shift("ifftshift", Fourier.IfftShift),
    ];
}
