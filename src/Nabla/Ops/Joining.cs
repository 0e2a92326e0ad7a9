using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Tensors one after the other along a dimension, in which they have these sizes.</summary>
    public readonly record struct Cat(int Dim, long[] Sizes) : IOp<Cat>
    {
        static bool IOperation<Cat>.TakesComplex => true;
        static bool IOp<Cat>.SavesInput(Cat op, int i) => false;
        static bool IOp<Cat>.SavesOutput(Cat op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            long[] shape = [.. x[0].layout.shape];
            Int128 total = 0;
            foreach (long size in Sizes) total += size;
            if (total > long.MaxValue) Throw.Shapes($"Storage size calculation overflowed with sizes={Shape.Format(Sizes)}: {total} " +
                "along one dimension.");
            shape[^-Dim] = (long)total;
            Tensor y = Tensor.Allocate(new Layout(shape), x[0].dtype);
            long start = 0;
            for (int i = 0; i < x.Length; start += Sizes[i++]) Kernels.Copy.Run(x[i], new Slice(Dim, start, Sizes[i], 1).Forward(y));
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            long start = 0;
            for (int i = 0; i < Sizes.Length; start += Sizes[i++])
                if (into.Needs(i)) into[i] = LinearOp.Apply(new Slice(Dim, start, Sizes[i], 1), d);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => Op.Apply(this, Filled(t, x));
    }

    /// <summary>Tensors of one shape side by side along a new dimension, counted from the end of the result.</summary>
    public readonly record struct Stack(int Dim) : IOp<Stack>
    {
        static bool IOperation<Stack>.TakesComplex => true;
        static bool IOp<Stack>.SavesInput(Stack op, int i) => false;
        static bool IOp<Stack>.SavesOutput(Stack op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            int at = x[0].Rank + 1 + Dim;
            Tensor y = Tensor.Allocate(new Layout([.. x[0].layout.shape[..at], x.Length, .. x[0].layout.shape[at..]]), x[0].dtype);
            for (int i = 0; i < x.Length; i++) Kernels.Copy.Run(x[i], new Select(Dim, i).Forward(y));
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            for (int i = 0; i < x.Length; i++)
                if (into.Needs(i)) into[i] = LinearOp.Apply(new Select(Dim, i), d);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => Op.Apply(this, Filled(t, x));
    }

    /// <summary>Tangents with zeros for those that are null.</summary>
    internal static Tensor[] Filled(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x)
    {
        Tensor[] all = new Tensor[t.Length];
        for (int i = 0; i < all.Length; i++) all[i] = t[i] ?? Tensor.ZerosLike(x[i]);
        return all;
    }
}

public sealed partial class Tensor
{
    /// <summary>Tensors one after the other along a dimension. dtypes promote; empty tensors of shape [0] are passed over.</summary>
    /// <param name="tensors">At least one tensor; sizes agree in all other dimensions.</param>
    /// <param name="dim">The dimension.</param>
    /// <exception cref="ShapeException">Sizes or ranks differ, or the list is empty.</exception>
    public static Tensor Cat(IReadOnlyList<Tensor> tensors, int dim = 0)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return Cat(call.Widest(tensors), dim);
        }
        Tensor[] all = Promoted(tensors, "torch.cat()");
        // One-dimensional tensors without elements fit everywhere, by tradition.
        Tensor first = Array.Find(all, static t => !(t.Rank == 1 && t.layout.shape[0] == 0)) ?? all[0];
        Tensor[] x = first.Rank < 2 ? all : Array.ConvertAll(all, t => t.Rank == 1 && t.layout.shape[0] == 0 ? None(first, dim, t) : t);
        for (int i = 0; i < x.Length; i++)
            if (x[i].Rank == 0) Throw.Shapes($"zero-dimensional tensor (at position {i}) cannot be concatenated: use Tensor.Stack.");
        int d = Dims.FromEnd(dim, first.Rank);
        long[] sizes = new long[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            CheckCat(first, x[i], d, i);
            sizes[i] = x[i].layout.shape[^-d];
        }
        return Op.Apply(new Ops.Cat(d, sizes), x)[0];
    }

    /// <summary>No elements, in the shape of a tensor to be joined with.</summary>
    private static Tensor None(Tensor like, int dim, Tensor empty)
    {
        long[] shape = [.. like.layout.shape];
        shape[^-Dims.FromEnd(dim, like.Rank)] = 0;
        return empty.Reshape(new Shape(shape));
    }

    private static void CheckCat(Tensor first, Tensor x, int dim, int i)
    {
        if (x.Rank != first.Rank)
            Throw.Shapes($"Tensors must have same number of dimensions: got {first.Rank} and {x.Rank}: Cat got {first.Shape} first and " +
                $"{x.Shape} at position {i}.");
        for (int d = 1; d <= x.Rank; d++)
            if (d != -dim && x.layout.shape[^d] != first.layout.shape[^d])
                Throw.Shapes($"Sizes of tensors must match except in dimension {dim + x.Rank}. Expected size {first.layout.shape[^d]} " +
                    $"but got size {x.layout.shape[^d]} " +
                    $"for tensor number {i} in the list: Cat got {first.Shape} first and {x.Shape} at position {i}.");
    }

    private static Tensor[] Promoted(IReadOnlyList<Tensor> tensors, string op)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count == 0)
            throw new ArgumentException(op == "stack" ? "stack expects a non-empty TensorList"
                : $"{op}: expected a non-empty list of Tensors", nameof(tensors));
        Tensor[] x = [.. tensors];
        bool same = true;
        foreach (Tensor t in x)
        {
            ArgumentNullException.ThrowIfNull(t, nameof(tensors));
            same &= t.dtype == x[0].dtype;
        }
        if (same) return x;
        DType dtype = Promotion.Result(x);
        return Array.ConvertAll(x, t => t.To(dtype));
    }

    /// <summary>Tensors of one shape side by side along a new dimension. dtypes promote.</summary>
    /// <param name="tensors">At least one tensor.</param>
    /// <param name="dim">The new dimension's place in the result.</param>
    /// <exception cref="ShapeException">Shapes differ, or the list is empty.</exception>
    public static Tensor Stack(IReadOnlyList<Tensor> tensors, int dim = 0)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return Stack(call.Widest(tensors), dim);
        }
        Tensor[] x = Promoted(tensors, "stack");
        int d = Dims.FromEnd(dim, x[0].Rank + 1);
        for (int i = 1; i < x.Length; i++)
            if (!x[i].layout.SameShape(x[0].layout))
                Throw.Shapes($"stack expects each tensor to be equal size, but got {x[0].Shape} at entry 0 and {x[i].Shape} at entry {i}");
        return Op.Apply(new Ops.Stack(d), x)[0];
    }

    /// <summary>Tensors side by side: along dimension 1, or along dimension 0 for tensors of one dimension; 0-d tensors count as
    /// [1].</summary>
    public static Tensor HStack(IReadOnlyList<Tensor> tensors)
    {
        Tensor[] x = NonEmpty(tensors, "hstack", static t => t.AtLeast1d());
        return Cat(x, x[0].Rank == 1 ? 0 : 1);
    }

    /// <summary>Tensors on top of each other: along dimension 0; those of one dimension or none are rows.</summary>
    public static Tensor VStack(IReadOnlyList<Tensor> tensors) => Cat(NonEmpty(tensors, "vstack", static t => t.AtLeast2d()), 0);

    /// <summary>Tensors behind each other: along dimension 2, after <see cref="AtLeast3d()"/>.</summary>
    public static Tensor DStack(IReadOnlyList<Tensor> tensors) => Cat(NonEmpty(tensors, "dstack", static t => t.AtLeast3d()), 2);

    /// <summary>Tensors as columns: those of one dimension or none become [n, 1], then all are put side by side.</summary>
    public static Tensor ColumnStack(IReadOnlyList<Tensor> tensors) =>
        HStack(NonEmpty(tensors, "column_stack", static t => t.Rank <= 1 ? t.Reshape([t.NumElements, 1]) : t));

    private static Tensor[] NonEmpty(IReadOnlyList<Tensor> tensors, string op, Func<Tensor, Tensor> each)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count == 0) Throw.Shapes($"{op} expects a non-empty TensorList");
        return [.. tensors.Select(each)];
    }

    /// <summary>A matrix with the given matrices along its diagonal and zeros elsewhere; tensors of one dimension or none are
    /// rows.</summary>
    /// <exception cref="ShapeException">A tensor has more than two dimensions.</exception>
    public static Tensor BlockDiag(params IReadOnlyList<Tensor> tensors)
    {
        if (tensors.Count == 0) return Zeros([1, 0]);
        Tensor[] x = Promoted(tensors, "block_diag");
        long rows = 0, columns = 0;
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i].Rank > 2) Throw.Shapes($"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has " +
                $"{x[i].Rank} dimensions");
            x[i] = x[i].AtLeast2d();
            columns += x[i].layout.shape[1];
        }
        List<Tensor> strips = [];
        foreach (Tensor t in x)
        {
            (long m, long n) = (t.layout.shape[0], t.layout.shape[1]);
            strips.Add(Cat([Zeros([m, rows], t.dtype), t, Zeros([m, columns - rows - n], t.dtype)], 1));
            rows += n;
        }
        return Cat(strips, 0);
    }

    /// <summary>Coordinate grids: tensor i varies along dimension i of the result only.</summary>
    /// <param name="tensors">Tensors of one dimension or none, of one dtype.</param>
    /// <param name="indexing">"ij": the dimensions are those of the tensors in order; "xy": the first two are swapped.</param>
    /// <returns>One view per tensor, all of one shape.</returns>
    public static Tensor[] MeshGrid(IReadOnlyList<Tensor> tensors, string indexing = "ij")
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count == 0) Throw.Shapes("meshgrid expects a non-empty TensorList");
        if (indexing is not ("ij" or "xy"))
            throw new ArgumentException($"torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {indexing}",
                nameof(indexing));
        bool swap = indexing == "xy" && tensors.Count >= 2;
        Tensor[] x = [.. tensors];
        if (swap) (x[0], x[1]) = (x[1], x[0]);
        long[] shape = new long[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i].Rank > 1) Throw.Shapes($"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x[i].Shape}");
            if (x[i].dtype != x[0].dtype) Throw.Types("torch.meshgrid expects all tensors to have the same dtype");
            shape[i] = x[i].NumElements;
        }
        Tensor[] y = new Tensor[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            long[] own = [.. Enumerable.Repeat(1L, x.Length)];
            own[i] = shape[i];
            y[i] = x[i].Reshape(new Shape(own)).Expand(new Shape(shape));
        }
        if (swap) (y[0], y[1]) = (y[1], y[0]);
        return y;
    }

    /// <summary>All combinations of one element of each tensor, one row each; a single tensor is returned as it is.</summary>
    /// <param name="tensors">Tensors of one dimension.</param>
    public static Tensor CartesianProd(params IReadOnlyList<Tensor> tensors)
    {
        foreach (Tensor t in tensors)
            if (t.Rank != 1) Throw.Shapes($"Expect a 1D vector, but got shape {t.Shape}");
        if (tensors.Count == 1) return tensors[0];
        return Stack([.. MeshGrid(tensors).Select(static t => t.Reshape([-1]))], 1);
    }

    /// <summary>All choices of r elements, one row each, in the order of their positions.</summary>
    /// <param name="r">How many to choose.</param>
    /// <param name="withReplacement">An element may be chosen several times.</param>
    public Tensor Combinations(long r = 2, bool withReplacement = false)
    {
        if (Rank != 1) Throw.Shapes($"Expect a 1D vector, but got shape {Shape}");
        if (r < 0) Throw.Range(nameof(r), r, $"Expect a non-negative number, but got {r}");
        if (r == 0) return Empty([0], dtype);
        long n = layout.shape[0], rows = 0;
        if (n == 0 || (!withReplacement && r > n)) return Take(Empty([0, r], DType.Int64));
        if (r > Array.MaxLength / dtype.ItemSize()) Throw.TooLarge(r, dtype.ItemSize(), [1, r], dtype);
        List<long> flat = [];
        long[] pick = new long[r];
        for (long i = 0; i < r; i++) pick[i] = withReplacement ? 0 : i;
        while (pick[^1] < n)
        {
            flat.AddRange(pick);
            rows++;
            long k = r - 1;
            while (k >= 0 && pick[k] == (withReplacement ? n - 1 : n - r + k)) k--;
            if (k < 0) break;
            pick[k]++;
            for (long j = k + 1; j < r; j++) pick[j] = withReplacement ? pick[k] : pick[j - 1] + 1;
        }
        return Take(From<long>([.. flat], [rows, r]));
    }

    /// <summary>Views of all tensors at the shape to which they broadcast.</summary>
    public static Tensor[] BroadcastTensors(params IReadOnlyList<Tensor> tensors)
    {
        Shape shape = BroadcastShapes([.. tensors.Select(static t => t.Shape)]);
        return [.. tensors.Select(t => t.Expand(shape))];
    }

    /// <summary>The shape to which shapes broadcast.</summary>
    /// <exception cref="ShapeException">They do not.</exception>
    public static Shape BroadcastShapes(params IReadOnlyList<Shape> shapes)
    {
        long[] common = [];
        foreach (Shape s in shapes) common = Kernels.Broadcast.Shape(common, s.Values, "broadcast_shapes");
        return new Shape(common);
    }
}
