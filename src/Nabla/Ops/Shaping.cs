namespace Nabla;

internal static partial class Ops
{
    /// <summary>The same tensor: a fresh place in the graph.</summary>
    public readonly record struct Alias : ILinear<Alias>
    {
        static bool IOperation<Alias>.TakesComplex => true;
        public Tensor Forward(Tensor x) => x.Raw(x.layout);
        public Tensor Transpose(Tensor g, TensorSpec x) => g;
    }

    /// <summary>A copy.</summary>
    public readonly record struct Clone(bool RowMajor) : ILinear<Clone>
    {
        static bool IOperation<Clone>.TakesComplex => true;
        public Tensor Forward(Tensor x)
        {
            Tensor y = Tensor.Allocate(RowMajor ? new Layout(x.layout.shape) : x.layout.Fresh, x.dtype);
            Kernels.Copy.Run(x, y);
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => g;
    }

    /// <summary>The same values in another dtype.</summary>
    public readonly record struct To(DType DType) : ILinear<To>
    {
        static bool IOperation<To>.TakesComplex => true;
        static string IOperation<To>.NodeName(To op) => "ToCopyBackward0";
        public Tensor Forward(Tensor x) => Kernels.Copy.Cast(x, DType);
        public Tensor Transpose(Tensor g, TensorSpec x) => g.To(x.DType);
    }

    /// <summary>The same values at a larger, broadcast shape. The first Lead dimensions are batches: new dimensions come after
    /// them.</summary>
    public readonly record struct Expand(Shape Shape, int Lead = 0) : ILinear<Expand>
    {
        static bool IOperation<Expand>.TakesComplex => true;
        static Expand IOperation<Expand>.Lift(Expand op, long n) => new(new Shape([n, .. op.Shape.Values]), op.Lead + 1);

        public Tensor Forward(Tensor x)
        {
            int more = Shape.Count - x.Rank;
            long[] sizes = [.. x.layout.shape[..Lead], .. Enumerable.Repeat(1L, more), .. x.layout.shape[Lead..]];
            long[] strides = [.. x.layout.strides[..Lead], .. new long[more], .. x.layout.strides[Lead..]];
            for (int d = 0; d < strides.Length; d++)
                if (sizes[d] == 1 && Shape[d] != 1) strides[d] = 0;
            return x.Raw(new Layout(Shape.Values, strides, x.layout.Offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x)
        {
            int more = Shape.Count - x.Layout.Rank;
            List<int> dims = [];
            for (int d = Lead; d < Shape.Count; d++)
                if (d < Lead + more || (x.Layout.shape[d - more] == 1 && Shape[d] != 1)) dims.Add(d - Shape.Count);
            return (dims.Count == 0 ? g : LinearOp.Apply(new Sum(new Dims([.. dims]), true), g)).Reshape(x.Shape);
        }
    }

    /// <summary>The same values, in order, at another shape: a view where the strides allow it, else a copy.</summary>
    public readonly record struct Reshape(Shape Shape) : ILinear<Reshape>
    {
        static bool IOperation<Reshape>.TakesComplex => true;
        static string IOperation<Reshape>.NodeName(Reshape op) => "ViewBackward0";
        static Reshape IOperation<Reshape>.Lift(Reshape op, long n) => new(new Shape([n, .. op.Shape.Values]));

        public Tensor Forward(Tensor x) => Kernels.Viewing.Reshape(x.layout, Shape.Values) is { } view
            ? x.Raw(view)
            : Kernels.Copy.Contiguous(x).Raw(new Layout(Shape.Values));

        public Tensor Transpose(Tensor g, TensorSpec x) => g.Reshape(x.Shape);
    }

    /// <summary>The dimensions in another order: result dimension i is operand dimension Dims[i]. All counted from the end.</summary>
    public readonly record struct Permute(Dims Dims) : ILinear<Permute>
    {
        static bool IOperation<Permute>.TakesComplex => true;
        static Permute IOperation<Permute>.Lift(Permute op, long n) => op;

        public Tensor Forward(Tensor x)
        {
            int[] dims = Dims.Values;
            int lead = x.Rank - dims.Length;
            long[] shape = [.. x.layout.shape], strides = [.. x.layout.strides];
            for (int i = 0; i < dims.Length; i++) (shape[lead + i], strides[lead + i]) = (x.layout.shape[x.Rank + dims[i]],
                x.layout.strides[x.Rank + dims[i]]);
            return x.Raw(new Layout(shape, strides, x.layout.Offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x)
        {
            int[] dims = Dims.Values, inverse = new int[dims.Length];
            for (int i = 0; i < dims.Length; i++) inverse[dims.Length + dims[i]] = i - dims.Length;
            return LinearOp.Apply(new Permute(new Dims(inverse)), g);
        }
    }

    /// <summary>Two dimensions swapped, counted from the end.</summary>
    public readonly record struct Transpose(int Dim0, int Dim1) : ILinear<Transpose>
    {
        static bool IOperation<Transpose>.TakesComplex => true;
        static string IOperation<Transpose>.NodeName(Transpose op) => "TransposeBackward0";

        public Tensor Forward(Tensor x)
        {
            long[] shape = [.. x.layout.shape], strides = [.. x.layout.strides];
            (shape[^-Dim0], shape[^-Dim1]) = (shape[^-Dim1], shape[^-Dim0]);
            (strides[^-Dim0], strides[^-Dim1]) = (strides[^-Dim1], strides[^-Dim0]);
            return x.Raw(new Layout(shape, strides, x.layout.Offset));
        }

        Tensor ILinear<Transpose>.Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g);
    }

    /// <summary>A dimension of size 1 more; Dim is its place in the result, counted from the end.</summary>
    public readonly record struct Unsqueeze(int Dim) : ILinear<Unsqueeze>
    {
        static bool IOperation<Unsqueeze>.TakesComplex => true;
        public Tensor Forward(Tensor x)
        {
            int at = x.Rank + 1 + Dim;
            long[] shape = [.. x.layout.shape[..at], 1, .. x.layout.shape[at..]];
            long stride = at < x.Rank ? x.layout.shape[at] * x.layout.strides[at] : 1;
            return x.Raw(new Layout(shape, [.. x.layout.strides[..at], stride, .. x.layout.strides[at..]], x.layout.Offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Squeeze(new Dims([Dim])), g);
    }

    /// <summary>Dimensions of size 1 taken away, counted from the end.</summary>
    public readonly record struct Squeeze(Dims Dims, bool All = false) : ILinear<Squeeze>
    {
        static bool IOperation<Squeeze>.TakesComplex => true;
        static string IOperation<Squeeze>.NodeName(Squeeze op) =>
            op.All ? "SqueezeBackward0" : op.Dims.Count == 1 ? "SqueezeBackward1" : "SqueezeBackward2";

        public Tensor Forward(Tensor x)
        {
            List<long> shape = [], strides = [];
            for (int d = -x.Rank; d < 0; d++)
            {
                if (Dims.Contains(d)) continue;
                shape.Add(x.layout.shape[^-d]);
                strides.Add(x.layout.strides[^-d]);
            }
            return x.Raw(new Layout([.. shape], [.. strides], x.layout.Offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x)
        {
            // From the back to the front: a place counted from the end is right once everything behind it is there.
            foreach (int d in Dims.Values.OrderDescending()) g = LinearOp.Apply(new Unsqueeze(d), g);
            return g;
        }
    }

    /// <summary>One index of a dimension; the dimension disappears.</summary>
    public readonly record struct Select(int Dim, long Index) : ILinear<Select>
    {
        static bool IOperation<Select>.TakesComplex => true;
        public Tensor Forward(Tensor x)
        {
            int at = x.Rank + Dim;
            long[] shape = [.. x.layout.shape[..at], .. x.layout.shape[(at + 1)..]];
            return x.Raw(new Layout(shape, [.. x.layout.strides[..at], .. x.layout.strides[(at + 1)..]],
                x.layout.Offset + Index * x.layout.strides[at]));
        }

        public Tensor Transpose(Tensor g, TensorSpec x) =>
            LinearOp.Apply(new PutSlice(Dim, x.Layout.shape[^-Dim], Index, 1), LinearOp.Apply(new Unsqueeze(Dim), g));
    }

    /// <summary>Every Step-th index of a dimension from Start, Length of them.</summary>
    public readonly record struct Slice(int Dim, long Start, long Length, long Step) : ILinear<Slice>
    {
        static bool IOperation<Slice>.TakesComplex => true;
        public Tensor Forward(Tensor x)
        {
            int at = x.Rank + Dim;
            long[] shape = [.. x.layout.shape], strides = [.. x.layout.strides];
            long offset = x.layout.Offset + (Length == 0 ? 0 : Start * strides[at]);
            shape[at] = Length;
            strides[at] *= Step;
            return x.Raw(new Layout(shape, strides, offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new PutSlice(Dim, x.Layout.shape[^-Dim], Start, Step), g);
    }

    /// <summary>Zeros of size Size along a dimension, with the operand at every Step-th index from Start: the transpose of
    /// <see cref="Slice"/>.</summary>
    public readonly record struct PutSlice(int Dim, long Size, long Start, long Step) : ILinear<PutSlice>
    {
        static string IOperation<PutSlice>.NodeName(PutSlice op) => "SliceBackward0Backward0";

        public Tensor Forward(Tensor x)
        {
            long[] shape = [.. x.layout.shape];
            shape[^-Dim] = Size;
            Tensor y = Tensor.Zeros(new Shape(shape), x.dtype);
            Kernels.Copy.Run(x, new Slice(Dim, Start, x.layout.shape[^-Dim], Step).Forward(y));
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Slice(Dim, Start, x.Layout.shape[^-Dim], Step), g);
    }
}
