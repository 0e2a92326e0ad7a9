namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// A product that may stand in <see cref="AddProduct{TProduct}"/>: the ranks of its first operand and its result, without batch.
    /// </summary>
    internal interface IProduct<TSelf> : IBilinear<TSelf> where TSelf : struct, IProduct<TSelf>
    {
        static abstract int OperandRank { get; }
        static abstract int ResultRank { get; }

        /// <summary>The first operand's gradient, laid out by columns or by rows.</summary>
        static abstract Tensor ForX(Tensor g, Tensor y, bool columns);

        /// <summary>The second operand's gradient, laid out by columns or by rows.</summary>
        static abstract Tensor ForY(Tensor g, Tensor x, bool columns);

        /// <summary>The product's shape if it can be added to what is there already, else null.</summary>
        static virtual long[]? ResultShape(Layout x, Layout y) => null;

        /// <summary>B(x, y) plus a bias of one value for each column, adjacent in memory; null if there is no quick way.</summary>
        static virtual Tensor? OnBias(Tensor x, Tensor y, Tensor bias) => null;

        /// <summary>z += B(x, y); z is row-major.</summary>
        static virtual void Add(Tensor x, Tensor y, Tensor z) =>
            throw new InvalidOperationException("This product cannot be added in place.");
    }

    /// <summary>The product of two matrices.</summary>
    public readonly record struct Mm : IProduct<Mm>
    {
        public static int OperandRank => 2;
        public static int ResultRank => 2;
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Products.Matrix(x, y);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => ForX(g, y, Products.ByColumns(x.Layout));
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => ForY(g, x, Products.ByColumns(y.Layout));
        public static Tensor ForX(Tensor g, Tensor y, bool columns) => Products.ForX(new Mm(), g, y, columns);
        public static Tensor ForY(Tensor g, Tensor x, bool columns) => Products.ForY(new Mm(), g, x, columns);

        static long[] IProduct<Mm>.ResultShape(Layout x, Layout y) => [.. x.shape[..^1], y.shape[^1]];
        static Tensor? IProduct<Mm>.OnBias(Tensor x, Tensor y, Tensor bias) =>
            x.Rank == 2 ? Kernels.Products.Matrix(x, y, bias) : null;
        static void IProduct<Mm>.Add(Tensor x, Tensor y, Tensor z) => Kernels.Products.Add(x, y, z, accumulate: true);
    }

    /// <summary>The products of two equally long lists of matrices; the lists may have several dimensions.</summary>
    public readonly record struct Bmm : IProduct<Bmm>
    {
        public static int OperandRank => 3;
        public static int ResultRank => 3;
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Products.Matrix(x, y);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => ForX(g, y, Products.ByColumns(x.Layout));
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => ForY(g, x, Products.ByColumns(y.Layout));
        public static Tensor ForX(Tensor g, Tensor y, bool columns) => Products.ForX(new Bmm(), g, y, columns);
        public static Tensor ForY(Tensor g, Tensor x, bool columns) => Products.ForY(new Bmm(), g, x, columns);

        static long[] IProduct<Bmm>.ResultShape(Layout x, Layout y) => [.. x.shape[..^1], y.shape[^1]];
        static void IProduct<Bmm>.Add(Tensor x, Tensor y, Tensor z) => Kernels.Products.Add(x, y, z, accumulate: true);
    }

    /// <summary>The sum of the products of two lists of matrices.</summary>
    public readonly record struct SumBmm : IProduct<SumBmm>
    {
        public static int OperandRank => 3;
        public static int ResultRank => 2;
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Reduce.Sum(Kernels.Products.Matrix(x, y), new Dims([-3]), false);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => ForX(g, y, Products.ByColumns(x.Layout));
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => ForY(g, x, Products.ByColumns(y.Layout));
        public static Tensor ForX(Tensor g, Tensor y, bool columns) => Products.ForX(new Bmm(), Spread(g, y), y, columns);
        public static Tensor ForY(Tensor g, Tensor x, bool columns) => Products.ForY(new Bmm(), Spread(g, x), x, columns);

        private static Tensor Spread(Tensor g, Tensor other)
        {
            long[] shape = [.. g.layout.shape[..^2], other.layout.shape[^3], g.layout.shape[^2], g.layout.shape[^1]];
            return g.Unsqueeze(-3).Expand(new Shape(shape));
        }
    }

    /// <summary>The product of a matrix and a vector.</summary>
    public readonly record struct Mv : IProduct<Mv>
    {
        public static int OperandRank => 2;
        public static int ResultRank => 1;

        public Tensor Forward(Tensor x, Tensor y)
        {
            Tensor z = Kernels.Products.Matrix(x, Products.Column(y));
            return z.Raw(new Layout(z.layout.shape[..^1]));
        }

        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => ForX(g, y, Products.ByColumns(x.Layout));
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => ForY(g, x, false);
        public static Tensor ForX(Tensor g, Tensor y, bool columns) => columns
            ? BilinearOp.Apply(new Ger(), y, g).Transpose(-2, -1)
            : BilinearOp.Apply(new Ger(), g, y);
        public static Tensor ForY(Tensor g, Tensor x, bool columns) => BilinearOp.Apply(new Mv(), x.Transpose(-2, -1), g);
    }

    /// <summary>The inner product of two vectors.</summary>
    public readonly record struct Dot : IBilinear<Dot>
    {
        public Tensor Forward(Tensor x, Tensor y)
        {
            Tensor z = Kernels.Products.Matrix(Products.Row(x), Products.Column(y));
            return z.Raw(new Layout(z.layout.shape[..^2]));
        }

        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => g.Unsqueeze(-1) * y;
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => g.Unsqueeze(-1) * x;
    }

    /// <summary>The outer product of two vectors.</summary>
    public readonly record struct Ger : IProduct<Ger>
    {
        public static int OperandRank => 1;
        public static int ResultRank => 2;
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Products.Matrix(Products.Column(x), Products.Row(y));
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => ForX(g, y, false);
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => ForY(g, x, false);
        public static Tensor ForX(Tensor g, Tensor y, bool columns) => BilinearOp.Apply(new Mv(), g, y);
        public static Tensor ForY(Tensor g, Tensor x, bool columns) => BilinearOp.Apply(new Mv(), g.Transpose(-2, -1), x);
    }

    /// <summary>A fresh result at another shape: the last step of products that fold dimensions, and no view.</summary>
    public readonly record struct UnsafeView(Shape Shape) : ILinear<UnsafeView>
    {
        static bool IOperation<UnsafeView>.TakesComplex => true;
        static UnsafeView IOperation<UnsafeView>.Lift(UnsafeView op, long n) => new(new Shape([n, .. op.Shape.Values]));
        public Tensor Forward(Tensor x) => new Reshape(Shape).Forward(x);
        public Tensor Transpose(Tensor g, TensorSpec x) => g.Reshape(x.Shape);

        /// <summary>Applies it to a result that nobody else holds, so that it need not be tracked as a view.</summary>
        internal static Tensor Of(Tensor x, params long[] shape)
        {
            UnsafeView op = new(new Shape(shape));
            if (x.wrap is not null) return LinearOp.Apply(op, x);
            Tensor y = op.Forward(x);
            if (GradMode.Enabled && x.RequiresGrad) y.SetHistory(new LinearNode<UnsafeView>(op, x));
            return y;
        }
    }

    /// <summary>A weight matrix transposed.</summary>
    public readonly record struct WeightT : ILinear<WeightT>
    {
        static bool IOperation<WeightT>.TakesComplex => true;
        static string IOperation<WeightT>.NodeName(WeightT op) => "TBackward0";
        public Tensor Forward(Tensor x) => new Transpose(-2, -1).Forward(x);
        Tensor ILinear<WeightT>.Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g);
    }

    /// <summary>The one row of a matrix as a vector: the last step of a vector times a matrix.</summary>
    public readonly record struct Unrow : ILinear<Unrow>
    {
        static bool IOperation<Unrow>.TakesComplex => true;
        static string IOperation<Unrow>.NodeName(Unrow op) => "SqueezeBackward4";
        public Tensor Forward(Tensor x) => new Squeeze(new Dims([-2])).Forward(x);
        public Tensor Transpose(Tensor g, TensorSpec x) => g.Unsqueeze(-2);
    }

    /// <summary>What the products share.</summary>
    internal static class Products
    {
        /// <summary>g · yᵀ, laid out by columns or by rows.</summary>
        internal static Tensor ForX<TOp>(TOp op, Tensor g, Tensor y, bool columns) where TOp : struct, IBilinear<TOp> => columns
            ? BilinearOp.Apply(op, y, g.Transpose(-2, -1)).Transpose(-2, -1)
            : BilinearOp.Apply(op, g, y.Transpose(-2, -1));

        /// <summary>xᵀ · g, laid out by columns or by rows.</summary>
        internal static Tensor ForY<TOp>(TOp op, Tensor g, Tensor x, bool columns) where TOp : struct, IBilinear<TOp> => columns
            ? BilinearOp.Apply(op, g.Transpose(-2, -1), x).Transpose(-2, -1)
            : BilinearOp.Apply(op, x.Transpose(-2, -1), g);

        /// <summary>A gradient lies in memory as its tensor does, so that it can become the leaf's gradient as it is.</summary>
        internal static bool ByColumns(Layout x) => x.strides[^2] == 1 && x.strides[^1] == x.shape[^2] && x.shape[^2] > 1;

        internal static Tensor Column(Tensor x) => x.Raw(new Layout([.. x.layout.shape, 1], [.. x.layout.strides, 1], x.layout.Offset));

        internal static Tensor Row(Tensor x)
        {
            Layout l = x.layout;
            return x.Raw(new Layout([.. l.shape[..^1], 1, l.shape[^1]], [.. l.strides[..^1], 1, l.strides[^1]], l.Offset));
        }
    }
}
