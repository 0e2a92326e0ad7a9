using System.Diagnostics.CodeAnalysis;

namespace Nabla;

/// <summary>
/// Every error, out of line so that hot methods stay small. A message begins with PyTorch's words where it has some, then names the
/// operation, what was given and what to do.
/// </summary>
internal static partial class Throw
{
    internal static string Text(Tensor t) => $"{t.dtype.Name()} {Shape.Format(t.layout.shape)}";

    [DoesNotReturn]
    internal static void Shapes(string message) => throw new ShapeException(message);

    [DoesNotReturn]
    internal static void Types(string message) => throw new DTypeException(message);

    [DoesNotReturn]
    internal static void Numerics(string message) => throw new LinAlgException(message);

    [DoesNotReturn]
    internal static void Graph(string message) => throw new AutogradException(message);

    /// <summary>Fails if an operand that has no derivative requires one.</summary>
    internal static void IfRequiresGrad(Tensor? x, string function, string argument)
    {
        if (x is { RequiresGrad: true } && GradMode.Enabled)
            Graph($"The function '{function}' is not differentiable with respect to argument '{argument}'. This input cannot have " +
                "requires_grad True. Detach() it: it is a constant here.");
    }

    [DoesNotReturn]
    internal static Tensor NoDerivative(string message) => throw new AutogradException(
        $"{message} Call Detach() on the operands to treat the result as a constant.");

    [DoesNotReturn]
    internal static void Range(string parameter, object? value, string message) =>
        throw new ArgumentOutOfRangeException(parameter, value, message);

    [DoesNotReturn]
    internal static void State(string message) => throw new InvalidOperationException(message);

    [DoesNotReturn]
    internal static void NegativeSize(ReadOnlySpan<long> shape, long size) => Range(nameof(shape), size,
        $"Trying to create tensor with negative dimension {size}: {Shape.Format(shape)}.");

    [DoesNotReturn]
    internal static void SizeOverflow(ReadOnlySpan<long> shape) => Shapes(shape.Contains(0)
        ? $"Stride calculation overflowed: the strides of sizes={Shape.Format(shape)} do not fit into 64 bits."
        : $"Storage size calculation overflowed with sizes={Shape.Format(shape)}: the number of elements, or a stride, does not fit into " +
            "64 bits.");

    [DoesNotReturn]
    internal static void TooLarge(long count, int itemSize, ReadOnlySpan<long> shape, DType dtype)
    {
        if (count > long.MaxValue / itemSize)
            Shapes($"Storage size calculation overflowed with sizes={Shape.Format(shape)}: {count} elements of {dtype.Name()} " +
                $"({itemSize} bytes each) do not fit into 64 bits.");
        OutOfMemory(count * itemSize, shape, dtype, null);
    }

    [DoesNotReturn]
    internal static void OutOfMemory(long bytes, ReadOnlySpan<long> shape, DType dtype, Exception? cause) =>
        throw new InsufficientMemoryException(
        $"DefaultCPUAllocator: can't allocate memory: you tried to allocate {bytes} bytes, for {dtype.Name()} {Shape.Format(shape)}; " +
        $"{StoragePool.Available(collect: false)} bytes are available, and one tensor holds at most {Array.MaxLength} bytes. " +
        "Use smaller batches or a smaller dtype; check the shape if it is larger than intended.", cause);

    [DoesNotReturn]
    internal static void ValueOverflow(string value, DType dtype) => Range("value", value,
        $"value cannot be converted to type {dtype.ValueName()} without overflow: {value} does not fit into {dtype.Name()}.");

    [DoesNotReturn]
    internal static void Equation(string message) => throw new ArgumentException(message, "equation");

    [DoesNotReturn]
    internal static void TooManyDims(int rank) => Range("shape", rank,
        $"A tensor has at most {Layout.MaxRank} dimensions, but got {rank}.");

    [DoesNotReturn]
    internal static void DimOutOfRange(int dim, int rank) => Range(nameof(dim), dim, rank == 0
        ? $"Dimension out of range (expected to be in range of [-1, 0], but got {dim}): the tensor is 0-d."
        : $"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {dim}).");

    [DoesNotReturn]
    internal static void DimRepeated(int dim, int rank) =>
        Shapes($"dim {(dim < 0 ? dim + rank : dim)} appears multiple times in the list of dims of a tensor of {rank} dimensions.");

    [DoesNotReturn]
    internal static void CannotBroadcast(string op, ReadOnlySpan<long> a, ReadOnlySpan<long> b)
    {
        int rank = Math.Max(a.Length, b.Length);
        for (int d = rank - 1; d >= 0; d--)
        {
            int i = d - (rank - a.Length), j = d - (rank - b.Length);
            if (i < 0 || j < 0 || a[i] == b[j] || a[i] == 1 || b[j] == 1) continue;
            Shapes($"The size of tensor a ({a[i]}) must match the size of tensor b ({b[j]}) at non-singleton dimension {d}. " +
                $"{op}: {Shape.Format(a)} and {Shape.Format(b)} do not broadcast; use Unsqueeze or Reshape to align them.");
        }
        Shapes($"{op}: {Shape.Format(a)} and {Shape.Format(b)} do not broadcast.");
    }

    [DoesNotReturn]
    internal static void NotImplementedFor(string op, DType dtype) =>
        Types($"\"{op}\" not implemented for '{dtype.ScalarName()}'. Convert the tensor first, for example .To(DType.Float32).");

    /// <summary>PyTorch's name of the kernel behind an operation, as far as the operation's own name does not do.</summary>
    internal static string Kernel(string op) => op switch
    {
        "BitwiseAnd" => "bitwise_and_cpu",
        "BitwiseOr" => "bitwise_or_cpu",
        "BitwiseXor" => "bitwise_xor_cpu",
        _ => op,
    };

    [DoesNotReturn]
    internal static void CannotCast(string op, DType from, DType to) => Types(
        $"result type {from.ScalarName()} can't be cast to the desired output type {to.ScalarName()}. " +
        $"{op}: in place, the tensor keeps its dtype {to.Name()}; use the operation without the underscore, or convert it first.");

    [DoesNotReturn]
    internal static void InPlaceShape(string op, Layout result, Layout self) => Shapes(
        $"output with shape {Shape.Format(self.shape)} doesn't match the broadcast shape {Shape.Format(result.shape)}. " +
        $"{op}: in place, the tensor keeps its shape; use the operation without the underscore.");

    [DoesNotReturn]
    internal static void LeafInPlace(bool view) => Graph(
        $"a {(view ? "view of a " : "")}leaf Variable that requires grad is being used in an in-place operation. " +
        "Wrap the update in `using (Autograd.NoGrad())`, or use the operation without the underscore.");

    [DoesNotReturn]
    internal static void CapturedInPlace(string op) => Graph(
        "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation (" +
        $"aten::{op.TrimEnd('_').ToLowerInvariant()}_) that would mutate a captured Tensor. This is not supported; please rewrite the " +
        "function being transformed to explicitly accept the mutated Tensor(s) as inputs.");

    [DoesNotReturn]
    internal static void ModifiedInPlace(Node node, Tensor saved, int version)
    {
        int current = saved.storage.Version;
        string by = saved.gradFn is { } fn ? $", which is output {saved.outputNr} of {fn.Name}," : "";
        Graph("one of the variables needed for gradient computation has been modified by an inplace operation: " +
            $"[torch.{saved.dtype.ScalarName()}Tensor {Shape.Format(saved.layout.shape)}]{by} is at version {current}; " +
            $"expected version {version} instead. {(saved.Name is { } name ? $"The tensor is '{name}'. " : "")}{node.Name} saved it for " +
            $"its backward at version {version}{(WriteLog.Describe(saved, version) is { Length: > 0 } who ? $"; {who}" : "")}; change " +
            $"the tensor after Backward, or work on a Clone().{(node.Extra?.Site is null ? "" : $" {Anomaly.Called(node)}")}");
    }

    [DoesNotReturn]
    internal static void BackwardTwice(Node node) => Graph(
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). " +
        "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). " +
        "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors " +
        $"after calling backward. The freed node is {node.Name}{(CallSite.Of(node.FreedBy) is { } site ? $", freed by the call in {site}"
            : "")}; pass retainGraph: true to the earlier Backward, or Detach what crosses iterations.");

    [DoesNotReturn]
    internal static void OverlappingWrite(string op) => State(
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. " +
        $"Please clone() the tensor before performing the operation. {op}: the tensor is expanded; write to x.Clone() instead.");

    [DoesNotReturn]
    internal static void PartialOverlap(string op) => State(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. " +
        $"Please clone() the tensor before performing the operation. {op}: clone the operand that shares memory with the result.");
}
