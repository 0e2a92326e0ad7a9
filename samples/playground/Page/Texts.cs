using System.Globalization;

namespace Nabla.Playground;

/// <summary>What can be chosen, and how numbers are written.</summary>
internal static class Texts
{
    internal static readonly (DataKind, string)[] Data =
    [
        (DataKind.Moons, "moons"), (DataKind.Circles, "circles"), (DataKind.Spirals, "spirals"), (DataKind.Xor, "xor"),
        (DataKind.Gaussians, "gaussians"),
    ];

    internal static readonly (int, string)[] BatchSizes = Numbers(1, 4, 16, 60, 240);
    internal static readonly (int, string)[] Layers = Numbers(1, 2, 3, 4);
    internal static readonly (int, string)[] Widths = Numbers(1, 2, 3, 4, 5, 6, 7, 8);

    internal static readonly (Activation, string)[] Activations =
    [
        (Activation.Tanh, "tanh"), (Activation.Relu, "relu"), (Activation.Gelu, "gelu"), (Activation.Silu, "silu"),
        (Activation.Sigmoid, "sigmoid"),
    ];

    internal static readonly (Method, string)[] Methods =
    [
        (Method.Sgd, "SGD"), (Method.Momentum, "SGD, momentum 0.9"), (Method.RmsProp, "RMSprop"), (Method.Adam, "Adam"),
        (Method.Lion, "Lion"),
    ];

    internal static readonly (double, string)[] Rates =
        [.. new[] { 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10 }.Select(static r => (r, Short(r)))];

    internal static readonly (int, string)[] Paces = [(1, "one step a frame"), (5, "five steps a frame"), (0, "full")];

    internal static readonly (string, string)[] Edges =
        [("both", "weights and gradients"), ("weights", "weights"), ("gradients", "gradients")];

    internal static string Short(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    internal static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    internal static string Loss(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    internal static string Percent(double value) => value.ToString("P1", CultureInfo.InvariantCulture);

    internal static string Rate(double value) => value > 0 ? value.ToString("F0", CultureInfo.InvariantCulture) : "–";

    private static (int, string)[] Numbers(params int[] values) =>
        [.. values.Select(static v => (v, v.ToString(CultureInfo.InvariantCulture)))];
}
