using Nabla.Kernels;

namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Convolutions()
    {
        On<Ops.Convolution>((g, c) => Convolved(g, c, static op => op.Window, c.Get(static op => op.Groups), null));
        On<Ops.ConvolutionBias<Ops.Convolution>>((g, c) =>
            Convolved(g, c, static op => op.Conv.Window, c.Get(static op => op.Conv.Groups), c[2]));
        On<Ops.ConvolutionInput>((g, c) => Transposed(g, c, static op => op.Window, c.Get(static op => op.Groups), null));
        On<Ops.ConvolutionBias<Ops.ConvolutionInput>>((g, c) =>
            Transposed(g, c, static op => op.Conv.Window, c.Get(static op => op.Conv.Groups), c[2]));
        On<Ops.Im2Col>((g, c) =>
        {
            // Each dimension becomes [kernel, windows], after zeros were added around.
            long[] kernel = Fixed(c, static op => op.Window.Kernel), stride = Fixed(c, static op => op.Window.Stride);
            long[] padding = Fixed(c, static op => op.Window.Padding), dilation = Fixed(c, static op => op.Window.Dilation);
            Dim[] windows = c.Sizes(static op => op.Window.Output.Values);
            int lead = c.X(0).Rank - 2;
            string x = g.Node("Pad", [c[0], g.Ints([.. new long[lead], .. padding, .. new long[lead], .. padding]),
                g.Number(0, c.X(0).DType)], ("mode", "constant"));
            for (int d = 0; d < 2; d++)
                x = g.Node("Gather", [x, Windows(g, windows[d], kernel[d], stride[d], dilation[d])], ("axis", lead + 2 * d));
            x = g.Transpose(x, [.. Last(lead, lead), lead + 1, lead + 3, lead, lead + 2]);
            Dim one = windows[0] * 0;
            Dim[] moved = [.. c.X(0).Shape[..lead], one + kernel[0], one + kernel[1], windows[0], windows[1]];
            return g.Reshape(x, moved, c.Y().Shape);
        });
        On<Ops.Col2Im>((g, c) =>
        {
            if (g.Opset < 18) c.Refuse("it is an operator from operator set 18 on; ask for Opset = 18.");
            long[] padding = Fixed(c, static op => op.Window.Padding);
            string size = g.Vector(c.Sizes(static op => op.Window.Input.Values));
            return g.Node("Col2Im", [c[0], size, g.Ints(Fixed(c, static op => op.Window.Kernel))],
                ("strides", Fixed(c, static op => op.Window.Stride)), ("pads", (long[])[.. padding, .. padding]),
                ("dilations", Fixed(c, static op => op.Window.Dilation)));
        });
    }

    /// <summary>Numbers that must not depend on the input's size.</summary>
    private static long[] Fixed<TOp>(Call<TOp> c, Func<TOp, Shape> read) where TOp : struct
    {
        Dim[] sizes = c.Sizes(op => read(op).Values);
        if (!Array.TrueForAll(sizes, static s => s.IsFixed)) c.Refuse("its windows depend on the input's size.");
        return Array.ConvertAll(sizes, static s => s.Value);
    }

    private static string Convolved<TOp>(GraphBuilder g, Call<TOp> c, Func<TOp, Window> read, long groups, string? bias) where TOp : struct
    {
        long[] kernel = Fixed(c, op => read(op).Kernel), stride = Fixed(c, op => read(op).Stride);
        long[] dilation = Fixed(c, op => read(op).Dilation), before = Fixed(c, op => read(op).Padding), after = [.. before];
        Dim[] input = c.Sizes(op => read(op).Input.Values), output = c.Sizes(op => read(op).Output.Values);
        for (int d = 0; d < kernel.Length; d++)
        {
            long reach = (kernel[d] - 1) * dilation[d] + 1;
            Dim even = input[d].With(output[d], (n, _) => (n + 2 * before[d] - reach) / stride[d] + 1);
            // Padding to the same size is one more at the end where it is odd.
            if (!even.Same(output[d])) after[d] = ((output[d] + -1) * stride[d] - input[d] + (reach - before[d])).Value;
        }
        return g.Node("Conv", bias is null ? [c[0], c[1]] : [c[0], c[1], bias], ("kernel_shape", kernel), ("strides", stride),
            ("pads", (long[])[.. before, .. after]), ("dilations", dilation), ("group", groups));
    }

    private static string Transposed<TOp>(GraphBuilder g, Call<TOp> c, Func<TOp, Window> read, long groups, string? bias) where TOp : struct
    {
        long[] kernel = Fixed(c, op => read(op).Kernel), stride = Fixed(c, op => read(op).Stride), pad = Fixed(c, op => read(op).Padding);
        long[] dilation = Fixed(c, op => read(op).Dilation), extra = new long[kernel.Length];
        Dim[] large = c.Sizes(op => read(op).Input.Values), small = c.Sizes(op => read(op).Output.Values);
        for (int d = 0; d < kernel.Length; d++)
            extra[d] = (large[d] - ((small[d] + -1) * stride[d] + ((kernel[d] - 1) * dilation[d] + 1 - 2 * pad[d]))).Value;
        return g.Node("ConvTranspose", bias is null ? [c[0], c[1]] : [c[0], c[1], bias], ("kernel_shape", kernel), ("strides", stride),
            ("pads", (long[])[.. pad, .. pad]), ("output_padding", extra), ("dilations", dilation), ("group", groups));
    }

    private static void Normalizations() => On<Ops.Normalize>((g, c) =>
    {
        (Ops.NormKind kind, int split, double eps) = c.Get(static op => (op.Kind, op.Split, op.Eps));
        (bool given, bool weighted, bool biased) = c.Get(static op => (op.Given, op.Weighted, op.Biased));
        int w = given ? 3 : 1, rank = c.X(0).Rank;
        DType dtype = c.X(0).DType, wide = dtype.Accumulator();
        Dim[] s = c.X(0).Shape;
        string? weight = weighted ? c.As(w, wide) : null, bias = biased ? c.As(weighted ? w + 1 : w, wide) : null;
        string x = c.As(0, wide);
        string y = kind switch
        {
            Ops.NormKind.Layer => LayerNorm(),
            Ops.NormKind.Rms => Affine(Rooted().Name, weight, bias),
            Ops.NormKind.Group => Grouped(),
            _ => given ? g.Node("BatchNormalization", [x, weight ?? PerChannel(1), bias ?? PerChannel(0), c.As(1, wide), c.As(2, wide)],
                    ("epsilon", eps))
                : Affine(Standard().Name, Aligned(weight), Aligned(bias)),
        };
        return g.Cast(y, wide, dtype);

        // The scale may not be missing; of fixed size, as a layer's own is.
        string LayerNorm() => g.Node("LayerNormalization",
            bias is null ? [x, weight ?? g.Expand(g.Number(1, wide), s[^split..])]
                : [x, weight ?? g.Expand(g.Number(1, wide), s[^split..]), bias], ("axis", -split), ("epsilon", eps));

        Term Rooted()
        {
            Term t = new(g, x, wide), square = new(g, g.Reduce("ReduceMean", t.Square().Name, Last(rank, split), keep: true), wide);
            return t / (square + eps).Op("Sqrt");
        }

        string Grouped()
        {
            Dim groups = s[0] * 0 + split;
            Dim[] flat = [s[0], groups, s[1].With(groups, static (n, k) => n / k) * (rank > 2 ? Product(s[2..]) : groups * 0 + 1)];
            string ones = g.Expand(g.Number(1, wide), [groups]), zeros = g.Expand(g.Number(0, wide), [groups]);
            string n = g.Node("InstanceNormalization", [g.Reshape(x, s, flat), ones, zeros], ("epsilon", eps));
            return Affine(g.Reshape(n, flat, s), Aligned(weight), Aligned(bias));
        }

        // With the statistics of the batch itself.
        Term Standard()
        {
            long[] axes = [0, .. Last(rank, rank - 2)];
            Term t = new(g, x, wide), centred = t - new Term(g, g.Reduce("ReduceMean", x, axes, keep: true), wide);
            return centred / (new Term(g, g.Reduce("ReduceMean", centred.Square().Name, axes, keep: true), wide) + eps).Op("Sqrt");
        }

        string PerChannel(double value) => g.Expand(g.Number(value, wide), [s[1]]);

        string? Aligned(string? p) => p is null || rank == 2 ? p : g.Unsqueeze(p, Last(rank - 1, rank - 2));

        string Affine(string n, string? factor, string? shift)
        {
            if (factor is not null) n = g.Node("Mul", [n, factor]);
            return shift is null ? n : g.Node("Add", [n, shift]);
        }
    });
}
