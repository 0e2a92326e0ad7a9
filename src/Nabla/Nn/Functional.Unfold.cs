using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Patches as columns, zeros outside.</summary>
    internal readonly record struct Im2Col(Window Window) : ILinear<Im2Col>
    {
        public Tensor Forward(Tensor x) => ConvPatches.Columns(x, Window);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Col2Im(Window), g);
    }

    /// <summary>The sum of patches given as columns: the transpose of <see cref="Im2Col"/>.</summary>
    internal readonly record struct Col2Im(Window Window) : ILinear<Col2Im>
    {
        public Tensor Forward(Tensor x) => ConvPatches.Image(x, Window);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Im2Col(Window), g);
    }
}

public static partial class Functional
{
    /// <summary>
    /// The patches of an image that a window sees as it slides, each as a column: [n, c, h, w] becomes
    /// [n, c · kernel height · kernel width, windows]. Outside the image is zero.
    /// </summary>
    /// <param name="input">[n, c, h, w] or [c, h, w]; a floating-point or complex type or bool.</param>
    /// <param name="kernelSize">The window's size: one number or two.</param>
    /// <param name="dilation">Distance of a window's elements; 1 by default.</param>
    /// <param name="padding">Zeros on both sides; none by default.</param>
    /// <param name="stride">Distance of windows; 1 by default.</param>
    /// <exception cref="ShapeException">The rank does not fit, a size is zero, or no window fits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Kernel, dilation or stride is not positive, or padding is negative.</exception>
    public static Tensor Unfold(Tensor input, Shape kernelSize, Shape? dilation = null, Shape? padding = null, Shape? stride = null)
    {
        (Shape k, Shape d, Shape p, Shape s) = Sliding(kernelSize, dilation, padding, stride);
        if (input.Rank is not (3 or 4) || input.layout.shape.AsSpan(input.Rank - 3).Contains(0))
            Throw.Shapes("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but " +
                $"got: {input.Shape}");
        CheckDType("im2col_out_cpu", input.dtype);
        Shape size = input.Shape[^2..];
        Int128[] blocks = Blocks(size, k, d, p, s);
        if (blocks[0] < 1 || blocks[1] < 1)
            Throw.Shapes($"Given input with spatial size {Pair(size)}, kernel_size={Pair(k)}, dilation={Pair(d)}, padding={Pair(p)}, " +
                $"calculated shape of the array of sliding blocks as ({blocks[0]}, {blocks[1]}), but its components must be at least one.");
        Shape count = (Fits(blocks[0], size.Values), Fits(blocks[1], size.Values));
        return Nabla.LinearOp.Apply(new Ops.Im2Col(new(size, k, count, s, p, d)), input);
    }

    /// <summary>
    /// The sum of patches given as columns, the transpose of <see cref="Unfold"/>: [n, c · kernel height · kernel width, windows] becomes
    /// [n, c, h, w].
    /// </summary>
    /// <param name="input">[n, c · kernel height · kernel width, windows], or without n; a floating-point or complex type or bool.</param>
    /// <param name="outputSize">h and w: one number or two.</param>
    /// <param name="kernelSize">The window's size: one number or two.</param>
    /// <param name="dilation">Distance of a window's elements; 1 by default.</param>
    /// <param name="padding">Zeros on both sides; none by default.</param>
    /// <param name="stride">Distance of windows; 1 by default.</param>
    /// <exception cref="ShapeException">The input's shape does not fit the windows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Kernel, dilation or stride is not positive, or padding is negative.</exception>
    public static Tensor Fold(Tensor input, Shape outputSize, Shape kernelSize, Shape? dilation = null, Shape? padding = null,
        Shape? stride = null)
    {
        Shape size = Two("output_size", outputSize);
        (Shape k, Shape d, Shape p, Shape s) = Sliding(kernelSize, dilation, padding, stride);
        if (input.Rank is not (2 or 3) || input.layout.shape.AsSpan(input.Rank - 2).Contains(0))
            Throw.Shapes("Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, " +
                $"but got: {input.Shape}");
        (long rows, long columns) = (input.layout.shape[^2], input.layout.shape[^1]);
        if ((Int128)rows % ((Int128)k[0] * k[1]) != 0)
            Throw.Shapes("Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got " +
                $"input.size(1)={rows} and kernel_size={Pair(k)}.");
        Int128[] blocks = Blocks(size, k, d, p, s);
        if (blocks[0] * blocks[1] != columns || blocks[0] < 1)
            Throw.Shapes($"Given output_size={Pair(size)}, kernel_size={Pair(k)}, dilation={Pair(d)}, padding={Pair(p)}, " +
                $"stride={Pair(s)}, expected size of input's dimension 2 to match the calculated number of sliding blocks {blocks[0]} * " +
                $"{blocks[1]} = {blocks[0] * blocks[1]}, but got input.size(2)={columns}.");
        CheckDType("col2im_out_cpu", input.dtype);
        Shape count = ((long)blocks[0], (long)blocks[1]);
        return Nabla.LinearOp.Apply(new Ops.Col2Im(new(size, k, count, s, p, d)), input);
    }

    private static void CheckDType(string op, DType dtype)
    {
        if (!dtype.IsFloatingPoint() && !dtype.IsComplex() && dtype != DType.Bool) Throw.NotImplementedFor(op, dtype);
    }

    private static Shape Two(string name, Shape list)
    {
        if (list.Count is not (1 or 2)) Throw.Shapes($"It is expected {name} equals to 2, but got size {list.Count}");
        return list.Count == 2 ? list : (list[0], list[0]);
    }

    private static (Shape Kernel, Shape Dilation, Shape Padding, Shape Stride) Sliding(Shape kernel, Shape? dilation, Shape? padding,
        Shape? stride)
    {
        Shape k = Two("kernel_size", kernel), d = Two("dilation", dilation ?? 1), p = Two("padding", padding ?? 0);
        Shape s = Two("stride", stride ?? 1);
        Positive("kernel size", "kernel", k);
        Positive("stride", "stride", s);
        Positive("dilation", "dilation", d);
        if (Least(p) < 0)
            Throw.Range(nameof(padding), Least(p), $"padding should be non-negative, but got pad_height: {p[0]} pad_width: {p[1]}");
        return (k, d, p, s);
    }

    private static void Positive(string what, string name, Shape list)
    {
        if (Least(list) <= 0)
            Throw.Range(name, Least(list), $"{what} should be greater than zero, but got {name}_height: {list[0]} {name}_width: {list[1]}");
    }

    private static Int128[] Blocks(Shape size, Shape kernel, Shape dilation, Shape padding, Shape stride)
    {
        Int128[] blocks = new Int128[2];
        for (int i = 0; i < 2; i++)
        {
            Int128 room = size[i] + 2 * (Int128)padding[i] - dilation[i] * (Int128)(kernel[i] - 1) - 1;
            Int128 floor = room / stride[i];
            blocks[i] = (room < 0 && floor * stride[i] != room ? floor - 1 : floor) + 1;
        }
        return blocks;
    }

    private static string Pair(Shape list) => $"({list[0]}, {list[1]})";
}
