namespace Nabla.Registry;

internal static class ShuffleRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.pixel_shuffle", c => Functional.PixelShuffle(c.T(0), c.Long(1, "upscale_factor")))
        {
            Samples = () => [new([In.Real(1, 8, 2, 3), 2L]), new([In.Real(9, 1, 2), 3L]), new([In.Real(0, 4, 2, 2), 2L]),
                new([In.Real(2, 1, 1), 1L])],
            Errors =
            [
                (() => Functional.PixelShuffle(In.Real(1, 5, 2, 2), 2), typeof(ShapeException), "pixel_shuffle expects its input's " +
                    "'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=5 is not divisible by 4"),
                (() => Functional.PixelShuffle(In.Real(5, 2), 2), typeof(ShapeException),
                    "pixel_shuffle expects input to have at least 3 dimensions, but got input with 2 dimension(s)"),
                (() => Functional.PixelShuffle(In.Real(1, 4, 2, 2), 0), typeof(ArgumentOutOfRangeException),
                    "pixel_shuffle expects a positive upscale_factor, but got 0"),
            ],
        },
        new("nn.functional.pixel_unshuffle", c => Functional.PixelUnshuffle(c.T(0), c.Long(1, "downscale_factor")))
        {
            Samples = () => [new([In.Real(1, 2, 4, 6), 2L]), new([In.Real(1, 3, 3), 3L]), new([In.Real(1, 0, 2, 2), 2L])],
            Errors =
            [
                (() => Functional.PixelUnshuffle(In.Real(1, 4, 3, 2), 2), typeof(ShapeException), "pixel_unshuffle expects height to be " +
                    "divisible by downscale_factor, but input.size(-2)=3 is not divisible by 2"),
                (() => Functional.PixelUnshuffle(In.Real(1, 4, 2, 2), 0), typeof(ArgumentOutOfRangeException),
                    "pixel_unshuffle expects a positive downscale_factor, but got 0"),
            ],
        },
        new("nn.functional.channel_shuffle", c => Functional.ChannelShuffle(c.T(0), c.Long(1, "groups")))
        {
            Samples = () => [new([In.Real(2, 6, 2, 2), 3L]), new([In.Real(1, 4, 2), 2L]), new([In.Real(1, 0, 2), 2L]),
                new([In.Real(0, 4, 2), 2L])],
            Errors =
            [
                (() => Functional.ChannelShuffle(In.Real(1, 4), 2), typeof(ShapeException),
                    "channel_shuffle expects input with > 2 dims, but got input with sizes [1, 4]"),
                (() => Functional.ChannelShuffle(In.Real(1, 4, 2, 2), 3), typeof(ShapeException),
                    "Number of channels must be divisible by groups. Got 4 channels and 3 groups."),
                (() => Functional.ChannelShuffle(In.Real(1, 4, 2, 2), 0), typeof(ArgumentOutOfRangeException),
                    "Number of groups to divide channels in must be positive. Value of groups:0"),
            ],
        },
        new("native_channel_shuffle", c => Functional.NativeChannelShuffle(c.T(0), c.Long(1, "groups")))
            { Covers = ["ChannelShuffle"], Samples = () => [new([In.Real(2, 6, 2, 2), 3L]), new([In.Real(2, 4), 2L])] },
    ];
}
