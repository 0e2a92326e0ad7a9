namespace Nabla;

/// <summary>What factorizations and solvers require of their operands, with PyTorch's words.</summary>
internal static class SolverChecks
{
    internal static void Matrix(Tensor a, string op, string name = "A")
    {
        if (a.Rank < 2) Throw.Shapes($"{op}: The input tensor {name} must have at least 2 dimensions. It has shape {a.Shape}.");
    }

    internal static void Square(Tensor a, string op)
    {
        Matrix(a, op);
        SquareOnly(a, op + ": ");
    }

    internal static void SquareOnly(Tensor a, string prefix)
    {
        if (a.layout.shape[^2] != a.layout.shape[^1])
            Throw.Shapes($"{prefix}A must be batches of square matrices, but they are {a.layout.shape[^2]} by {a.layout.shape[^1]} " +
                "matrices");
    }

    /// <summary>Refuses integers, and the 16-bit types with the words of the kernel or, without one, those for low precision.</summary>
    internal static void Float(Tensor a, string op, string? kernel)
    {
        if (!a.dtype.IsFloatingPoint())
            Throw.Types($"{op}: Expected a floating point or complex tensor as input. Got {a.dtype.ScalarName()}. Convert it first, for " +
                "example with To(DType.Float32).");
        if (kernel is not null) Kernel(a, kernel);
        else if (a.dtype.Accumulator() != a.dtype)
            Throw.Types($"{op}: Low precision dtypes not supported. Got {a.dtype.ScalarName()}. Convert it first, for example with " +
                "To(DType.Float32).");
    }

    /// <summary>Refuses all but float32 and float64.</summary>
    internal static void Kernel(Tensor a, string kernel)
    {
        if (a.dtype is not (DType.Float32 or DType.Float64)) Throw.NotImplementedFor(kernel, a.dtype);
    }

    internal static void SameType(Tensor a, Tensor b, string op, string first = "A", string second = "B")
    {
        if (a.dtype != b.dtype)
            Throw.Types($"{op}: Expected {first} and {second} to have the same dtype, but found {first} of type {a.dtype.ScalarName()} " +
                $"and {second} of type {b.dtype.ScalarName()} instead. Convert one of them with To(...).");
    }

    /// <summary>As the older functions say it.</summary>
    internal static void SameTypeOf(Tensor b, Tensor a)
    {
        if (a.dtype != b.dtype)
            Throw.Types($"Expected b and A to have the same dtype, but found b of type {b.dtype.ScalarName()} and A of type " +
                $"{a.dtype.ScalarName()} instead. Convert one of them with To(...).");
    }

    internal static void SizesOf(Tensor b, Tensor a, string op)
    {
        if (a.layout.shape[^2] != b.layout.shape[^2])
            Throw.Shapes($"Incompatible matrix sizes for {op}: each A matrix is {a.layout.shape[^2]} by {a.layout.shape[^1]} but each b " +
                $"matrix is {b.layout.shape[^2]} by {b.layout.shape[^1]}");
    }

    internal static void Fit(Tensor a, Tensor b, bool left, string op)
    {
        if (a.layout.shape[^2] != b.layout.shape[left ? ^2 : ^1])
            Throw.Shapes($"{op}: Incompatible shapes of A and B for the equation {(left ? "AX = B" : "XA = B")} " +
                $"({a.layout.shape[^2]}x{a.layout.shape[^1]} and {b.layout.shape[^2]}x{b.layout.shape[^1]})");
    }

    /// <summary>The batch dimensions that both have after broadcasting; PyTorch names the right-hand side first.</summary>
    internal static long[] Batch(Tensor a, Tensor b, string op) =>
        Kernels.Broadcast.Shape(b.layout.shape.AsSpan(0, b.Rank - 2).ToArray(), a.layout.shape.AsSpan(0, a.Rank - 2).ToArray(), op);

    /// <summary>x with these batch dimensions in front of its last <paramref name="own"/> ones.</summary>
    internal static Tensor Expand(Tensor x, long[] batch, int own = 2) => x.Expand(new Shape([.. batch, .. x.layout.shape[^own..]]));

    /// <summary>Refuses a batch in which a matrix could not be treated.</summary>
    /// <param name="info">Zero, or a number from 1, for every matrix.</param>
    /// <param name="op">The operation.</param>
    /// <param name="message">What that number means.</param>
    internal static void Info(Tensor info, string op, Func<int, string> message)
    {
        ReadOnlySpan<int> all = Kernels.Copy.Contiguous(info).Span<int>();
        int at = all.IndexOfAnyExcept(0);
        if (at >= 0) Throw.Numerics($"{op}: {(info.Rank > 0 ? $"(Batch element {at}): " : "")}{message(all[at])}");
    }
}
