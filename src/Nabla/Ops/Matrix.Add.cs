namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// β·input + α·B(x, y): the input broadcasts to the product. With β = 0 the input is not read, so that its NaN does not spread.
    /// </summary>
    /// <param name="Beta">β.</param>
    /// <param name="Alpha">α.</param>
    /// <param name="Input">The input's shape.</param>
    /// <param name="Keep">Which factors to save: those whose partner needs a gradient.</param>
    /// <param name="XColumns">The first factor lies by columns.</param>
    /// <param name="YColumns">The second factor lies by columns.</param>
    internal readonly record struct AddProduct<TProduct>(Scalar Beta, Scalar Alpha, Shape Input, Saves Keep, bool XColumns, bool YColumns)
        : IOp<AddProduct<TProduct>> where TProduct : struct, IProduct<TProduct>
    {
        static string IOperation<AddProduct<TProduct>>.NodeName(AddProduct<TProduct> op) =>
            typeof(TProduct) == typeof(Mm) ? "AddmmBackward0"
            : typeof(TProduct) == typeof(Mv) ? "AddmvBackward0"
            : typeof(TProduct) == typeof(Bmm) ? "BaddbmmBackward0"
            : typeof(TProduct) == typeof(SumBmm) ? "AddbmmBackward0" : "AddrBackward0";

        static AddProduct<TProduct> IOperation<AddProduct<TProduct>>.Lift(AddProduct<TProduct> op, long n) =>
            op with { Input = new Shape([n, .. op.Input.Values]) };

        static bool IOp<AddProduct<TProduct>>.SavesInput(AddProduct<TProduct> op, int i) =>
            (i == 1 && (op.Keep & Saves.X) != 0) || (i == 2 && (op.Keep & Saves.Y) != 0);

        static bool IOp<AddProduct<TProduct>>.SavesOutput(AddProduct<TProduct> op, int i) => false;

        static Tensor[] IOp<AddProduct<TProduct>>.OnComplex(AddProduct<TProduct> op, ReadOnlySpan<Tensor> x)
        {
            Tensor product = BilinearOp.Apply(default(TProduct), x[1], x[2]).Mul(op.Alpha);
            // With β = 0 the input is not read, and its gradient is 0.
            return [(op.Beta.IsZero ? x[0].MaskedFill(Tensor.Of(true), 0) : x[0].Mul(op.Beta)) + product];
        }

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            TProduct product = default;
            if (Beta.IsZero) return [Scaled(product.Forward(x[1], x[2]), Alpha)];
            bool bias = Beta.ToDouble() == 1 && Alpha.ToDouble() == 1 && IsBias(x[0].layout, x[2].layout);
            if (bias && TProduct.OnBias(x[1], x[2], x[0]) is { } y) return [y];
            Tensor input = x[0].Raw(Padded(x[0].layout, x[1].Rank - TProduct.OperandRank));
            if (Alpha.ToDouble() == 1 && TProduct.ResultShape(x[1].layout, x[2].layout) is { } shape)
            {
                Tensor sum = Tensor.Allocate(new Layout(shape), x[1].dtype);
                Kernels.Copy.Run(Scaled(input, Beta), sum);
                TProduct.Add(x[1], x[2], sum);
                return [sum];
            }
            Tensor z = Scaled(product.Forward(x[1], x[2]), Alpha);
            ZipOp.RunInPlace(new Add(), z, Scaled(input, Beta));
            return [z];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            if (into.Needs(0)) into[0] = Times(Reduced(d), Beta);
            if (into.Needs(1)) into[1] = Times(TProduct.ForX(d, x[2], XColumns), Alpha);
            if (into.Needs(2)) into[2] = Times(TProduct.ForY(d, x[1], YColumns), Alpha);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? sum = null;
            if (t[1] is { } tx) sum = Times(BilinearOp.Apply(default(TProduct), tx, x[2]), Alpha);
            if (t[2] is { } ty) sum = Plus(sum, Times(BilinearOp.Apply(default(TProduct), x[1], ty), Alpha));
            if (t[0] is { } ti)
            {
                Layout padded = Padded(ti.layout, x[1].Rank - TProduct.OperandRank);
                sum = Plus(sum, Times(ti.Reshape(new Shape(padded.shape)).Expand(y[0].Shape), Beta));
            }
            return [sum];
        }

        /// <summary>Whether an input is one value for each of the product's columns, adjacent in memory.</summary>
        private static bool IsBias(Layout input, Layout y) =>
            input.Rank == 1 && y.Rank == 2 && input.shape[0] == y.shape[1] && (input.strides[0] == 1 || input.shape[0] == 1);

        /// <summary>The input's layout with ones between the batch and its own dimensions, so that it broadcasts to the product.</summary>
        private static Layout Padded(Layout x, int lead)
        {
            int ones = lead + TProduct.ResultRank - x.Rank;
            if (lead == 0 || ones <= 0) return x;
            long[] shape = new long[x.Rank + ones], strides = new long[shape.Length];
            shape.AsSpan().Fill(1);
            for (int d = 0; d < x.Rank; d++)
            {
                int at = d < lead ? d : d + ones;
                (shape[at], strides[at]) = (x.shape[d], x.strides[d]);
            }
            return new Layout(shape, strides, x.Offset);
        }

        /// <summary>The gradient summed over the dimensions along which the input was repeated.</summary>
        private Tensor Reduced(Tensor g)
        {
            long[] input = Input.Values;
            int own = input.Length - (g.Rank - TProduct.ResultRank);
            List<int> dims = [];
            for (int d = 1; d <= TProduct.ResultRank; d++)
                if (d > own || (input[^d] == 1 && g.layout.shape[^d] != 1)) dims.Add(-d);
            return dims.Count == 0 ? g : g.Sum(new Dims([.. dims]), true).Reshape(Input);
        }

        private static Tensor Scaled(Tensor x, Scalar factor) =>
            factor.ToDouble() == 1 ? x : Kernels.Copy.Cast(ZipOp.Compute(new Mul(), x, ScalarCache.Get(factor, x.dtype)), x.dtype);

        private static Tensor Times(Tensor x, Scalar factor) => factor.ToDouble() == 1 ? x : x.Mul(factor);

        private static Tensor Plus(Tensor? a, Tensor b) => a is null ? b : a + b;
    }
}
