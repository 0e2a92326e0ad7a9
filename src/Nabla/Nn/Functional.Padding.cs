using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

public static partial class Functional
{
    /// <summary>The tensor with more, or fewer, elements before and after each of its last dimensions.</summary>
    /// <param name="input">[N, C, ...] or [C, ...] for modes other than "constant"; any shape for that.</param>
    /// <param name="pad">Two numbers per dimension, before and after, the last dimension first; negative ones cut off.</param>
    /// <param name="mode">"constant"; "reflect": mirrored at the border elements; "replicate": border elements repeated; "circular":
    /// elements of the other end.</param>
    /// <param name="value">The constant; 0 by default.</param>
    /// <exception cref="ShapeException">The list does not fit the input, or a size becomes negative.</exception>
    /// <exception cref="ArgumentException">The mode is unknown, or takes no value.</exception>
    public static Tensor Pad(Tensor input, Shape pad, string mode = "constant", Scalar? value = null)
    {
        if (mode is not ("constant" or "reflect" or "replicate" or "circular"))
            throw new ArgumentException($"Unrecognised padding mode {mode}: one of constant, reflect, replicate, circular.", nameof(mode));
        if (pad.Count % 2 != 0) Throw.Shapes($"Padding length must be divisible by 2: it is {pad.Count}.");
        if (pad.Count > 2 * input.Rank) Throw.Shapes("Padding length should be less than or equal to two times the input dimension " +
            $"but got padding length {pad.Count} and input of dimension {input.Rank}");
        if (mode == "constant") return input.ConstantPadNd(pad, value);
        if (value is { } v && v.ToDouble() != 0)
            throw new ArgumentException($"Padding mode \"{mode}\" doesn't take in value argument: it was {v}.", nameof(value));
        int dims = pad.Count / 2;
        if (dims is 0 or > 3 || input.Rank - dims is not (1 or 2)) Throw.Shapes("Only 2D, 3D, 4D, 5D padding with non-constant " +
            $"padding are supported for now: {dims} dimensions of [N, C, ...] or [C, ...], but the input has shape {input.Shape}.");
        CheckPad(input, pad, dims, mode);
        if (mode == "replicate" || (mode == "reflect" && dims < 3)) input = Autocast.Float32(input);
        string node = mode switch { "reflect" => "Reflection", "replicate" => "Replication", _ => "Circular" } + $"Pad{dims}D";
        ResampleMode kind = mode switch
        {
            "reflect" => ResampleMode.Reflect,
            "replicate" => ResampleMode.Replicate,
            _ => ResampleMode.Circular,
        };
        ResamplePlan[] plans = new ResamplePlan[dims];
        for (int k = 0; k < dims; k++)
        {
            long n = input.layout.shape[^(k + 1)];
            plans[k] = new(kind, n, n + pad[2 * k] + pad[2 * k + 1], pad[2 * k]);
        }
        return Nabla.LinearOp.Apply(new Ops.Resample(plans, node), input);
    }

    private static void CheckPad(Tensor x, Shape pad, int dims, string mode)
    {
        int batch = x.Rank - dims - 1;
        bool empty = false;
        for (int d = batch; d < x.Rank; d++) empty |= x.layout.shape[d] == 0;
        if (empty && mode != "circular") Throw.Shapes($"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch " +
            $"size and other non-zero dimensions for input, but got: {x.Shape}");
        for (int k = 0; k < dims; k++)
        {
            long n = x.layout.shape[^(k + 1)], before = pad[2 * k], after = pad[2 * k + 1];
            // Sums of numbers near the ends of their range would wrap.
            bool huge = Math.Abs(before / 2) > long.MaxValue / 8 || Math.Abs(after / 2) > long.MaxValue / 8;
            if (mode == "reflect" && (before >= n || after >= n))
                Throw.Shapes($"Argument #{4 + 2 * k}: Padding size should be less than the corresponding input dimension, but got: " +
                    $"padding ({before}, {after}) at dimension {x.Rank - 1 - k} of input {x.Shape}");
            if (huge) Throw.SizeOverflow([before, n, after]);
            long size = n + before + after, core = n + Math.Min(0, before) + Math.Min(0, after);
            if (mode == "circular" && size < 0) Throw.Shapes("Negative padding value is resulting in an empty dimension: " +
                $"({before}, {after}) at dimension {x.Rank - 1 - k} of input {x.Shape}");
            // What is left of the dimension goes around once at most.
            if (mode == "circular" && Math.Max(before, after) > Math.Max(0, core))
                Throw.Shapes($"Padding value causes wrapping around more than once. Got ({before}, {after}) at dimension " +
                    $"{x.Rank - 1 - k} of input {x.Shape}");
            if (mode != "circular" && (size < 0 || (size == 0 && dims == 1)))
                Throw.Shapes($"input ({"WHD"[k]}: {n}) is too small. Calculated output {"WHD"[k]}: {size}");
        }
    }
}
