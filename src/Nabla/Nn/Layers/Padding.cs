namespace Nabla.Nn;

/// <summary>What the paddings share: how much is put before and after each of the last dimensions, the last one first.</summary>
public abstract class PadBase : Module<Tensor, Tensor>
{
    private protected readonly Shape padding;
    private readonly string mode;
    private readonly Scalar? value;

    private protected PadBase(int n, Shape padding, string mode, Scalar? value = null)
    {
        this.padding = Sizes.Repeat(2 * n, padding, nameof(padding));
        (this.mode, this.value) = (mode, value);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Pad(x, padding, mode, value);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.Tuple(padding);
}

/// <summary>Widens (N, C, L) or (C, L) with what is at the other end.</summary>
/// <param name="padding">(left, right); one number stands for all.</param>
public class CircularPad1d(Shape padding) : PadBase(1, padding, "circular")
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        if (x.NDim is not (2 or 3)) Throw.Shapes($"expected 2D or 3D input (got {x.NDim}D input)");
        return base.Forward(x);
    }
}

/// <summary>Widens (N, C, H, W) or (C, H, W) with what is at the other end.</summary>
/// <param name="padding">(left, right, top, bottom); one number stands for all.</param>
public class CircularPad2d(Shape padding) : PadBase(2, padding, "circular")
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        if (x.NDim is not (3 or 4)) Throw.Shapes($"expected 3D or 4D input (got {x.NDim}D input)");
        return base.Forward(x);
    }
}

/// <summary>Widens (N, C, D, H, W) or (C, D, H, W) with what is at the other end.</summary>
/// <param name="padding">(left, right, top, bottom, front, back); one number stands for all.</param>
public class CircularPad3d(Shape padding) : PadBase(3, padding, "circular")
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        if (x.NDim is not (4 or 5)) Throw.Shapes($"expected 4D or 5D input (got {x.NDim}D input)");
        return base.Forward(x);
    }
}

/// <summary>Widens (N, C, L) or (C, L) with its mirror image without the edge.</summary>
/// <param name="padding">(left, right); one number stands for all.</param>
public class ReflectionPad1d(Shape padding) : PadBase(1, padding, "reflect");

/// <summary>Widens (N, C, H, W) or (C, H, W) with its mirror image without the edge.</summary>
/// <param name="padding">(left, right, top, bottom); one number stands for all.</param>
public class ReflectionPad2d(Shape padding) : PadBase(2, padding, "reflect");

/// <summary>Widens (N, C, D, H, W) or (C, D, H, W) with its mirror image without the edge.</summary>
/// <param name="padding">(left, right, top, bottom, front, back); one number stands for all.</param>
public class ReflectionPad3d(Shape padding) : PadBase(3, padding, "reflect");

/// <summary>Widens (N, C, L) or (C, L) with its edge.</summary>
/// <param name="padding">(left, right); one number stands for all.</param>
public class ReplicationPad1d(Shape padding) : PadBase(1, padding, "replicate");

/// <summary>Widens (N, C, H, W) or (C, H, W) with its edge.</summary>
/// <param name="padding">(left, right, top, bottom); one number stands for all.</param>
public class ReplicationPad2d(Shape padding) : PadBase(2, padding, "replicate");

/// <summary>Widens (N, C, D, H, W) or (C, D, H, W) with its edge.</summary>
/// <param name="padding">(left, right, top, bottom, front, back); one number stands for all.</param>
public class ReplicationPad3d(Shape padding) : PadBase(3, padding, "replicate");

/// <summary>Widens the last dimension with one value.</summary>
/// <param name="padding">(left, right); one number stands for all; negative numbers cut off.</param>
/// <param name="value">The value.</param>
public class ConstantPad1d(Shape padding, Scalar value) : PadBase(1, padding, "constant", value)
{
    /// <inheritdoc/>
    protected override string ExtraRepr => $"padding={Repr.Tuple(padding)}, value={Repr.Of(value)}";
}

/// <summary>Widens the last dimension with zeros.</summary>
/// <param name="padding">(left, right); one number stands for all; negative numbers cut off.</param>
public class ZeroPad1d(Shape padding) : PadBase(1, padding, "constant", 0.0);

/// <summary>Widens the last two dimensions with one value.</summary>
/// <param name="padding">(left, right, top, bottom); one number stands for all; negative numbers cut off.</param>
/// <param name="value">The value.</param>
public class ConstantPad2d(Shape padding, Scalar value) : PadBase(2, padding, "constant", value)
{
    /// <inheritdoc/>
    protected override string ExtraRepr => $"padding={Repr.Tuple(padding)}, value={Repr.Of(value)}";
}

/// <summary>Widens the last two dimensions with zeros.</summary>
/// <param name="padding">(left, right, top, bottom); one number stands for all; negative numbers cut off.</param>
public class ZeroPad2d(Shape padding) : PadBase(2, padding, "constant", 0.0);

/// <summary>Widens the last three dimensions with one value.</summary>
/// <param name="padding">(left, right, top, bottom, front, back); one number stands for all; negative numbers cut off.</param>
/// <param name="value">The value.</param>
public class ConstantPad3d(Shape padding, Scalar value) : PadBase(3, padding, "constant", value)
{
    /// <inheritdoc/>
    protected override string ExtraRepr => $"padding={Repr.Tuple(padding)}, value={Repr.Of(value)}";
}

/// <summary>Widens the last three dimensions with zeros.</summary>
/// <param name="padding">(left, right, top, bottom, front, back); one number stands for all; negative numbers cut off.</param>
public class ZeroPad3d(Shape padding) : PadBase(3, padding, "constant", 0.0);
