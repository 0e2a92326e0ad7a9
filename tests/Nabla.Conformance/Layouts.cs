namespace Nabla.Conformance;

/// <summary>The same values in another place and order of memory.</summary>
public static class Layouts
{
    /// <summary>A tensor with these strides over a zero buffer; where strides of 0 let elements coincide, the last one written
    /// stays.</summary>
    public static Tensor WithStrides(Tensor x, long[] strides)
    {
        Layout layout = new(x.Shape.ToArray(), strides, 0);
        return Place(x, layout);
    }

    /// <summary>Every dimension's order reversed, gaps between elements, and an offset: nothing about it is contiguous.</summary>
    public static Tensor Scattered(Tensor x)
    {
        long[] shape = x.Shape.ToArray(), strides = new long[shape.Length];
        long step = 2;
        for (int d = 0; d < shape.Length; d++)
        {
            strides[d] = step;
            step *= Math.Max(1, shape[d]) + 1;
        }
        return Place(x, new Layout(shape, strides, 3));
    }

    /// <summary>The order of the dimensions reversed, with neither gap nor offset: dense, as a transposed tensor.</summary>
    public static Tensor Transposed(Tensor x)
    {
        long[] shape = x.Shape.ToArray(), strides = new long[shape.Length];
        long step = 1;
        for (int d = 0; d < shape.Length; d++)
        {
            strides[d] = step;
            step *= Math.Max(1, shape[d]);
        }
        return Place(x, new Layout(shape, strides, 0));
    }

    /// <summary>Row-major with a gap after every element of the first dimension, and an offset: as a slice of a larger tensor.</summary>
    public static Tensor Sliced(Tensor x)
    {
        long[] shape = x.Shape.ToArray(), strides = new long[shape.Length];
        long step = 1;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            strides[d] = step;
            step *= Math.Max(1, shape[d]) + (d == shape.Length - 1 ? 2 : 0);
        }
        return Place(x, new Layout(shape, strides, 5));
    }

    /// <summary>Row-major, at an offset.</summary>
    public static Tensor Offset(Tensor x)
    {
        Layout plain = new(x.Shape.ToArray());
        return Place(x, new Layout(plain.shape, plain.strides, 7));
    }

    private static Tensor Place(Tensor x, Layout layout)
    {
        // Elements that are not part of the tensor get a value that no result may contain.
        Tensor buffer = Tensor.Full([Math.Max(1, layout.End)], x.DType.IsFloatingPoint() ? double.NaN : x.DType == DType.Bool ? true : 77,
            x.DType);
        Tensor y = buffer.Raw(layout);
        Kernels.Copy.Run(x, y);
        return y;
    }
}
