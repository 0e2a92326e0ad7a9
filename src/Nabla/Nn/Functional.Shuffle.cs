namespace Nabla;

internal static partial class Ops
{
    /// <summary>Channels to blocks of pixels: [..., C r², H, W] to [..., C, H r, W r].</summary>
    public readonly record struct PixelShuffle(long Factor) : ILinear<PixelShuffle>
    {
        public Tensor Forward(Tensor x)
        {
            long[] s = x.layout.shape, lead = s[..^3];
            long c = s[^3] / (Factor * Factor), h = s[^2], w = s[^1];
            return Reordered(x, [.. lead, c, Factor, Factor, h, w], [-5, -2, -4, -1, -3], [.. lead, c, h * Factor, w * Factor]);
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new PixelUnshuffle(Factor), g);
    }

    /// <summary>Blocks of pixels to channels: [..., C, H r, W r] to [..., C r², H, W].</summary>
    public readonly record struct PixelUnshuffle(long Factor) : ILinear<PixelUnshuffle>
    {
        public Tensor Forward(Tensor x)
        {
            long[] s = x.layout.shape, lead = s[..^3];
            long c = s[^3], h = s[^2] / Factor, w = s[^1] / Factor;
            return Reordered(x, [.. lead, c, h, Factor, w, Factor], [-5, -3, -1, -4, -2], [.. lead, c * Factor * Factor, h, w]);
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new PixelShuffle(Factor), g);
    }

    /// <summary>Channels, at dimension Dim from the end, as [Groups, C / Groups], transposed.</summary>
    public readonly record struct ChannelShuffle(int Dim, long Groups) : ILinear<ChannelShuffle>
    {
        public Tensor Forward(Tensor x)
        {
            long[] s = x.layout.shape;
            long inner = Layout.Elements(s.AsSpan(s.Length + Dim + 1));
            return Reordered(x, [.. s[..^-Dim], Groups, s[^-Dim] / Groups, inner], [-2, -3, -1], s);
        }

        public Tensor Transpose(Tensor g, TensorSpec x) =>
            x.Layout.Count == 0 ? g : LinearOp.Apply(new ChannelShuffle(Dim, x.Layout.shape[^-Dim] / Groups), g);
    }

    /// <summary>A copy of x, seen as <paramref name="split"/>, with its last dimensions in another order.</summary>
    private static Tensor Reordered(Tensor x, long[] split, int[] order, long[] shape)
    {
        Tensor y = Tensor.Allocate(new Layout(shape), x.dtype);
        if (y.layout.Count == 0) return y;
        Layout from = new(split);
        long[] sizes = [.. split], strides = [.. from.strides];
        int first = split.Length - order.Length;
        for (int d = 0; d < order.Length; d++)
            (sizes[first + d], strides[first + d]) = (split[^-order[d]], from.strides[^-order[d]]);
        Tensor source = Kernels.Copy.Contiguous(x);
        Kernels.Copy.Run(source.Raw(new Layout(sizes, strides, source.layout.Offset)), y.Raw(new Layout(sizes)));
        return y;
    }
}

public static partial class Functional
{
    /// <summary>Moves channels into blocks of pixels: [..., C r², H, W] becomes [..., C, H r, W r].</summary>
    /// <param name="input">Any dtype.</param>
    /// <param name="upscaleFactor">r.</param>
    /// <remarks>W. Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
    /// Network, 2016.</remarks>
    /// <exception cref="ShapeException">The channels cannot be divided by r².</exception>
    public static Tensor PixelShuffle(Tensor input, long upscaleFactor)
    {
        CheckPixels("pixel_shuffle", "upscale_factor", input, upscaleFactor);
        long c = input.layout.shape[^3];
        // Without overflow: a factor whose square exceeds the channels divides them only if there are none.
        bool divides = c == 0 || (upscaleFactor <= c && c % upscaleFactor == 0 && c / upscaleFactor % upscaleFactor == 0);
        if (!divides) Throw.Shapes("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of " +
            $"upscale_factor, but input.size(-3)={c} is not divisible by {(System.Int128)upscaleFactor * upscaleFactor}: the input has " +
            $"shape {input.Shape}.");
        return Nabla.LinearOp.Apply(new Ops.PixelShuffle(upscaleFactor), input);
    }

    /// <summary>Moves blocks of pixels into channels: [..., C, H r, W r] becomes [..., C r², H, W].</summary>
    /// <param name="input">Any dtype.</param>
    /// <param name="downscaleFactor">r.</param>
    /// <exception cref="ShapeException">Height or width cannot be divided by r.</exception>
    public static Tensor PixelUnshuffle(Tensor input, long downscaleFactor)
    {
        CheckPixels("pixel_unshuffle", "downscale_factor", input, downscaleFactor);
        foreach ((int dim, string name) in (ReadOnlySpan<(int, string)>)[(-2, "height"), (-1, "width")])
            if (input.Size(dim) % downscaleFactor != 0)
                Throw.Shapes($"pixel_unshuffle expects {name} to be divisible by downscale_factor, but " +
                    $"input.size({dim})={input.Size(dim)} is not divisible by {downscaleFactor}: the input has shape {input.Shape}.");
        return Nabla.LinearOp.Apply(new Ops.PixelUnshuffle(downscaleFactor), input);
    }

    private static void CheckPixels(string op, string name, Tensor x, long factor)
    {
        if (x.Rank < 3) Throw.Shapes($"{op} expects input to have at least 3 dimensions, but got input with {x.Rank} dimension(s)");
        if (factor <= 0) Throw.Range(name, factor, $"{op} expects a positive {name}, but got {factor}");
    }

    /// <summary>Takes channels from the groups in turn: channel i of group j becomes channel i · groups + j.</summary>
    /// <param name="input">[N, C, ...], of more than 2 dimensions.</param>
    /// <param name="groups">Divides C.</param>
    /// <remarks>X. Zhang et al., ShuffleNet, 2018.</remarks>
    /// <exception cref="ShapeException">There are too few dimensions, or the channels cannot be divided.</exception>
    public static Tensor ChannelShuffle(Tensor input, long groups)
    {
        if (input.Rank <= 2) Throw.Shapes($"channel_shuffle expects input with > 2 dims, but got input with sizes {input.Shape}");
        return NativeChannelShuffle(input, groups);
    }

    /// <summary>As <see cref="ChannelShuffle"/>, of 2 or more dimensions.</summary>
    /// <inheritdoc cref="ChannelShuffle"/>
    public static Tensor NativeChannelShuffle(Tensor input, long groups)
    {
        if (input.Rank < 2) Throw.Shapes($"channel_shuffle expects input with 2 or more dims, but got input with sizes {input.Shape}");
        if (groups <= 0) Throw.Range(nameof(groups), groups,
            $"Number of groups to divide channels in must be positive. Value of groups:{groups}");
        if (input.Size(1) % groups != 0)
            Throw.Shapes($"Number of channels must be divisible by groups. Got {input.Size(1)} channels and {groups} groups.");
        return Nabla.LinearOp.Apply(new Ops.ChannelShuffle(1 - input.Rank, groups), input);
    }
}
