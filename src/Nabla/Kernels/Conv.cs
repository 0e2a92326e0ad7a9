using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// The three forms of a convolution: output from input and weight, input from output and weight, weight from input and output. Operands are
/// [.., images, channels, sizes] and [.., out channels, channels of a group, kernel]; further leading dimensions are batches of such.
/// </summary>
internal static unsafe class Conv
{
    private enum Form : byte { Output, Input, Weight }

    /// <summary>y, from x and w, plus a bias.</summary>
    internal static Tensor Output(Tensor x, Tensor w, Tensor? bias, in Window window, long groups) =>
        Run(x, w, bias, window, groups, Form.Output);

    /// <summary>x, from y and w, plus a bias.</summary>
    internal static Tensor Input(Tensor y, Tensor w, Tensor? bias, in Window window, long groups) =>
        Run(y, w, bias, window, groups, Form.Input);

    /// <summary>w, from x and y.</summary>
    internal static Tensor Weight(Tensor x, Tensor y, in Window window, long groups) => Run(x, y, null, window, groups, Form.Weight);

    private static Tensor Run(Tensor a, Tensor b, Tensor? bias, in Window window, long groups, Form form)
    {
        DType dtype = a.dtype;
        if (dtype.Accumulator() != dtype)
        {
            DType wide = dtype.Accumulator();
            Tensor? wideBias = bias is null ? null : Copy.Cast(bias, wide);
            return Copy.Cast(Run(Copy.Cast(a, wide), Copy.Cast(b, wide), wideBias, window, groups, form), dtype);
        }
        Tensor c = Tensor.Allocate(new Layout(ResultShape(a.layout.shape, b.layout.shape, window, groups, form)), dtype);
        if (c.layout.Count == 0) return c;
        switch (dtype)
        {
            case DType.Float32: Run<float>(a, b, bias, c, window, groups, form); break;
            case DType.Float64: Run<double>(a, b, bias, c, window, groups, form); break;
            case DType.Int64: Run<long>(a, b, bias, c, window, groups, form); break;
            case DType.Int32: Run<int>(a, b, bias, c, window, groups, form); break;
            case DType.Int16: Run<short>(a, b, bias, c, window, groups, form); break;
            case DType.Int8: Run<sbyte>(a, b, bias, c, window, groups, form); break;
            case DType.UInt8: Run<byte>(a, b, bias, c, window, groups, form); break;
            default: Throw.NotImplementedFor("slow_conv2d_cpu", dtype); break;
        }
        return c;
    }

    private static long[] ResultShape(long[] a, long[] b, in Window w, long groups, Form form)
    {
        int lead = a.Length - w.Rank - 2;
        return form switch
        {
            Form.Output => [.. a[..lead], a[lead], b[lead], .. w.Output.Values],
            Form.Input => [.. a[..lead], a[lead], b[lead + 1] * groups, .. w.Input.Values],
            _ => [.. a[..lead], b[lead + 1], a[lead + 1] / groups, .. w.Kernel.Values],
        };
    }

    private static void Run<T>(Tensor a, Tensor b, Tensor? bias, Tensor c, in Window window, long groups, Form form)
        where T : unmanaged, INumberBase<T>
    {
        int lead = a.Rank - window.Rank - 2;
        Operand x = new(a, lead), y = new(b, lead), z = bias is null ? default : new(bias, lead);
        long count = 1;
        for (int d = 0; d < lead; d++) count *= c.layout.shape[d];
        long images = a.layout.shape[lead];
        // One weight for all batches: they are more images.
        if (form != Form.Weight && y.Step == 0 && z.Step == 0 && count > 1 && x.Step > 0) (images, count) = (images * count, 1);
        Sizes sizes = Sizes.Of(a.layout.shape, b.layout.shape, lead, images, groups, form);
        List<ConvTaps> taps = window.IsWhole ? []
            : form == Form.Input ? ConvTaps.Backward(window, sizes.Channels)
            : [ConvTaps.Forward(window, sizes.Outputs, sizes.Channels)];
        fixed (T* pa = x.Span<T>(), pb = y.Span<T>(), pz = bias is null ? default : z.Span<T>(), pc = c.Span<T>())
        {
            Body<T> body = new(pa, x.Step, pb, y.Step, pz, z.Step, pc, c.layout.Count / count, sizes, window, taps, form);
            if (count < 8) body.Run(0, count);
            else Parallel.For(count, 1, body);
        }
    }

    /// <summary>An operand whose batches are contiguous, with the distance between them: 0 if all are one.</summary>
    private readonly struct Operand
    {
        private readonly Tensor tensor;
        internal readonly long Step;

        internal Operand(Tensor x, int lead)
        {
            Layout l = x.layout;
            bool one = true;
            for (int d = 0; d < lead; d++) one &= l.strides[d] == 0 || l.shape[d] == 1;
            tensor = Copy.Contiguous(one ? x.Raw(new Layout(l.shape[lead..], l.strides[lead..], l.Offset)) : x);
            Step = one ? 0 : Layout.Elements(l.shape.AsSpan(lead));
        }

        internal Span<T> Span<T>() where T : unmanaged => tensor.Span<T>();
    }

    /// <summary>Numbers of images and groups, and of a group's input and output channels.</summary>
    private readonly record struct Sizes(long Images, long Groups, long Channels, long Outputs)
    {
        internal static Sizes Of(long[] a, long[] b, int lead, long images, long groups, Form form) => form == Form.Weight
            ? new(images, groups, a[lead + 1] / groups, b[lead + 1] / groups)
            : new(images, groups, b[lead + 1], b[lead] / groups);
    }

    private readonly struct Body<T>(T* a, long aStep, T* b, long bStep, T* bias, long biasStep, T* c, long cStep, Sizes n, Window window,
        List<ConvTaps> taps, Form form) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            long weights = n.Outputs * n.Channels * window.KernelPlane;
            for (long i = from; i < to; i++)
            {
                T* x = a + i * aStep, y = b + i * bStep, z = bias == null ? null : bias + i * biasStep, r = c + i * cStep;
                if (window.IsWhole)
                {
                    ConvWhole<T> whole = new(n.Images, n.Groups, n.Channels * window.KernelPlane, n.Outputs);
                    if (form == Form.Output) whole.Output(x, y, z, r);
                    else if (form == Form.Input) whole.Input(x, y, z, r, window.KernelPlane);
                    else whole.Weight(x, y, r);
                    continue;
                }
                if (form == Form.Weight)
                {
                    ConvWeight.Run(new ConvSum<T>(taps[0], n.Images, n.Groups, n.Channels, x, r, null, y, window.OutputPlane)
                    { TargetChannels = n.Outputs, WeightGroup = weights });
                    continue;
                }
                (long channels, long results, long plane) = form == Form.Output
                    ? (n.Channels, n.Outputs, window.OutputPlane)
                    : (n.Outputs, n.Channels, window.InputPlane);
                ConvSum<T>[] sums = new ConvSum<T>[taps.Count];
                for (int k = 0; k < sums.Length; k++)
                {
                    sums[k] = new ConvSum<T>(taps[k], n.Images, n.Groups, channels, x, y, z, r, plane)
                    { TargetChannels = results, WeightGroup = weights };
                }
                ConvProduct.Run(sums);
            }
        }
    }
}
