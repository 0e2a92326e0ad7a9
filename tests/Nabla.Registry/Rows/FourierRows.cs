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
            Covers = ["Dft", "HalfDft", "RealDft"],
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
                new([In.Real(2, 3, 4), null, new object?[] { 0L, -1L }, "forward"]),
                new([In.Real(0, 3, 2), null, new object?[] { 1L, 2L }]),
            ],
            Covers = ["Dft", "HalfDft", "RealDft"],
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
        .. ShortTime,
        new("fft.fftfreq", c => Fourier.FftFreq(c.Long(0, "n"), c.Double(1, "d", 1), c.DType(-1, "dtype")))
        {
            Samples = () => [new([5L]), new([4L, 0.5])],
        },
        new("fft.rfftfreq", c => Fourier.RfftFreq(c.Long(0, "n"), c.Double(1, "d", 1), c.DType(-1, "dtype")))
        {
            Samples = () => [new([5L]), new([4L, 0.5])],
        },
        Shift("fftshift", Fourier.FftShift), Shift("ifftshift", Fourier.IfftShift),
    ];

    private static bool? Flag(Call c, int position, string name) => c.Has(position, name) ? c.Bool(position, name, false) : null;

    private static long? Long(Call c, int position, string name) => c.Has(position, name) ? c.Long(position, name) : null;

    private static Call With(Tensor x, params (string Name, object? Value)[] arguments) =>
        new([x], arguments.ToDictionary(static a => a.Name, static a => a.Value));

    private static Tensor Spectrum(long frequencies, long pieces) =>
        Tensor.Complex(In.Const(In.Real(frequencies, pieces)), In.Const(In.Real2(frequencies, pieces)));

    private static IEnumerable<OpRow> ShortTime =>
    [
        new("stft", c => c.T(0).Stft(c.Long(1, "n_fft"), Long(c, 2, "hop_length"), Long(c, 3, "win_length"), c.OptT(4, "window"),
            c.Bool(5, "center", true), c.String(6, "pad_mode", "reflect"), c.Bool(7, "normalized", false), Flag(c, 8, "onesided"),
            Flag(c, 9, "return_complex")))
        {
            Samples = () =>
            [
                With(In.Real(20), ("n_fft", 8L), ("return_complex", true)),
                With(In.Real(2, 15), ("n_fft", 6L), ("hop_length", 2L), ("win_length", 4L), ("window", In.Const(In.Positive(4))),
                    ("normalized", true), ("return_complex", false)),
                With(In.Real(9), ("n_fft", 5L), ("center", false), ("onesided", false), ("return_complex", true)),
            ],
            Except = [("empty", "a signal is at least as long as a piece"), ("scalar", "a signal has a dimension")],
            Errors =
            [
                (() => Tensor.Ones(9).Stft(4), typeof(ArgumentException),
                    "stft requires the return_complex parameter be given for real inputs"),
                (() => Tensor.Ones(2, 2, 9).Stft(4, returnComplex: true), Shapes, "expected a 1D or 2D tensor"),
                (() => Tensor.Ones(9).Stft(0, center: false, returnComplex: true), Shapes, "expected 0 < n_fft < 9, but got n_fft=0"),
                (() => Tensor.Ones(9).Stft(4, 0, returnComplex: true), Shapes, "expected hop_length > 0, but got hop_length=0"),
                (() => Tensor.Ones(9).Stft(4, null, 5, returnComplex: true), Shapes,
                    "expected 0 < win_length <= n_fft, but got win_length=5"),
                (() => Tensor.Ones(9).Stft(4, window: Tensor.Ones(3), returnComplex: true), Shapes,
                    "expected a 1D window tensor of size equal to win_length=4, but got window with size [3]"),
                (() => Tensor.Ones([9], DType.Int64).Stft(4, returnComplex: true), DTypes,
                    "expected a tensor of floating point or complex values"),
                (() => Tensor.Complex(Tensor.Ones(9), Tensor.Ones(9)).Stft(4, onesided: true), DTypes,
                    "Cannot have onesided output if window or input is complex"),
            ],
        },
        new("istft", c => c.T(0).Istft(c.Long(1, "n_fft"), Long(c, 2, "hop_length"), Long(c, 3, "win_length"), c.OptT(4, "window"),
            c.Bool(5, "center", true), c.Bool(6, "normalized", false), Flag(c, 7, "onesided"), Long(c, 8, "length"),
            c.Bool(9, "return_complex", false)))
        {
            Samples = () =>
            [
                With(Spectrum(5, 6), ("n_fft", 8L)),
                With(Spectrum(5, 6), ("n_fft", 8L), ("window", In.Positive(8)), ("length", 14L)),
                With(Spectrum(4, 6), ("n_fft", 4L), ("onesided", false), ("normalized", true), ("return_complex", true)),
            ],
            Except = [("empty", "no piece, no signal"), ("scalar", "a transform has dimensions"),
                ("vmap", "whether the windows cover the signal is read from them")],
            Errors =
            [
                (() => Tensor.Ones(3, 4).Istft(4), DTypes, "istft requires a complex-valued input tensor matching the output from stft"),
                (() => Spectrum(5, 11).Istft(20), Shapes, "istft(CPUComplexDoubleType[5, 11], n_fft=20, hop_length=5, win_length=20, " +
                    "window=None, center=1, normalized=0, onesided=None, length=None, return_complex=0) : expected the frequency " +
                        "dimension"),
                (() => Spectrum(5, 11).Istft(8, 9), Shapes, "expected 0 < hop_length <= win_length"),
                (() => Spectrum(5, 11).Istft(8, null, 9), Shapes, "expected 0 < win_length <= n_fft"),
                (() => Spectrum(5, 11).Istft(8, window: Tensor.Ones(3)), Shapes, "Invalid window shape"),
                (() => Spectrum(5, 11).Istft(8, onesided: false), Shapes, "to match n_fft when onesided=False, but got 5"),
                (() => Spectrum(5, 11).Istft(8, window: Tensor.Zeros([8], DType.Float64)), Shapes, "window overlap add min: 1"),
            ],
        },
    ];
}
