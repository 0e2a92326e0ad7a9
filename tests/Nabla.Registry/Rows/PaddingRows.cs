namespace Nabla.Registry;

internal static class PaddingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.pad", c => Functional.Pad(c.T(0), c.Shape(1, "pad"), c.String(2, "mode", "constant"), c.OptNumber(3, "value")))
        {
            Covers = ["Resample", "ConstantPad"],
            Samples = () =>
            [
                new([In.Real(2, 3), L(1, 2), "constant", 0.5]), new([In.Real(2, 3), L(-1, 1, 2, 0)]), new([In.Real(0, 3), L(1, 1)]),
                new([In.Real(1, 2, 4), L(2, 3), "reflect"]), new([In.Real(2, 3, 3), L(1, 2, 2, 1), "reflect"]),
                new([In.Real(1, 2, 2, 3, 3), L(1, 1, 0, 2, 1, 0), "reflect"]), new([In.Real(1, 4), L(-1, 3), "reflect"]),
                new([In.Real(1, 2, 3), L(2, 5), "replicate"]), new([In.Real(1, 2, 3), L(-1, 2, 1, -1), "replicate"]),
                new([In.Real(1, 2, 2, 2), L(1, 1, 2, 0, 0, 3), "replicate"]), new([In.Real(0, 2, 3), L(1, 1), "replicate"]),
                new([In.Real(1, 2, 3), L(3, 2), "circular"]), new([In.Real(2, 3, 4), L(-1, 2, 1, 2), "circular"]),
                new([In.Real(1, 0, 3), L(1, 1), "circular"]), new([In.Real(3), L()]),
            ],
            Errors =
            [
                (() => Functional.Pad(In.Real(1, 1, 3), [3, 3], "reflect"), typeof(ShapeException),
                    "Padding size should be less than the corresponding input dimension, but got: padding (3, 3) at dimension 2 of input " +
                    "[1, 1, 3]"),
                (() => Functional.Pad(In.Real(3), [1, 1], "reflect"), typeof(ShapeException),
                    "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now"),
                (() => Functional.Pad(In.Real(1, 1, 3), [4, 0], "circular"), typeof(ShapeException),
                    "Padding value causes wrapping around more than once."),
                (() => Functional.Pad(In.Real(1, 1, 3), [-2, -2], "replicate"), typeof(ShapeException),
                    "input (W: 3) is too small. Calculated output W: -1"),
                (() => Functional.Pad(In.Real(1, 1, 3), [1, 1], "foo"), typeof(ArgumentException), "Unrecognised padding mode foo"),
                (() => Functional.Pad(In.Real(1, 1, 3), [1, 1], "reflect", 1.0), typeof(ArgumentException),
                    "Padding mode \"reflect\" doesn't take in value argument"),
                (() => Functional.Pad(In.Real(1, 1, 3), [1]), typeof(ShapeException), "Padding length must be divisible by 2"),
                (() => Functional.Pad(In.Real(2), [1, 1, 1, 1]), typeof(ShapeException), "Padding length should be less than or equal to " +
                    "two times the input dimension but got padding length 4 and input of dimension 1"),
                (() => Functional.Pad(In.Real(1, 0, 3), [1, 1], "reflect"), typeof(ShapeException),
                    "Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: " +
                    "[1, 0, 3]"),
            ],
        },
    ];

    private static object?[] L(params long[] values) => [.. values];
}
