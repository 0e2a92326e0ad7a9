namespace Nabla.Registry;

/// <summary>One operation: how to call it, and the calls on which every law is tried.</summary>
/// <param name="Name">PyTorch's name in its operator database, such as <c>exp</c>, <c>nn.functional.relu</c> or
/// <c>linalg.vector_norm</c>.</param>
/// <param name="Run">The call. The result is a <see cref="Tensor"/>, an array or list of tensors and plain values, or a value tuple of
/// tensors.</param>
public sealed record OpRow(string Name, Func<Call, object?> Run)
{
    /// <summary>The variant in PyTorch's operator database; a row without one serves every variant that has no row of its own.</summary>
    public string? Variant { get; init; }

    /// <summary>The public member, where it cannot be found by the row's name: <c>x[index]</c>.</summary>
    public string? Member { get; init; }

    /// <summary>Calls for the laws: small, in float64, differentiable inputs made with requiresGrad. Made anew at each request.</summary>
    public Func<IEnumerable<Call>> Samples { get; init; } = static () => [];

    /// <summary>The in-place variant, on the first tensor.</summary>
    public Func<Call, Tensor>? InPlace { get; init; }

    /// <summary>Calls that must fail: the call, the exception type, a piece of the message.</summary>
    public (Func<object?> Call, Type Exception, string Message)[] Errors { get; init; } = [];

    /// <summary>The structs in <c>Nabla.Ops</c> this row covers, by name; by default the one whose name is the row's without
    /// underscores.</summary>
    public string[] Covers { get; init; } = [];

    /// <summary>
    /// Laws that do not apply, each with its reason: "grad", "gradgrad", "forward", "vmap", "strides", "threads", "empty", "scalar" (0-d),
    /// "inplace", "saves", "allocation".
    /// </summary>
    public (string Law, string Reason)[] Except { get; init; } = [];

    /// <summary>A tolerance for values and first derivatives that differs from the format's, with its reason.</summary>
    public (double Relative, double Absolute, string Reason)? Tolerance { get; init; }

    /// <summary>The results of a call, flattened from left to right.</summary>
    public static IReadOnlyList<object?> Flatten(object? result)
    {
        List<object?> flat = [];
        Add(result);
        return flat;

        void Add(object? value)
        {
            if (value is Tensor or string) flat.Add(value);
            else if (value is System.Runtime.CompilerServices.ITuple tuple)
                for (int i = 0; i < tuple.Length; i++) Add(tuple[i]);
            else if (value is System.Collections.IEnumerable list)
                foreach (object? item in list) Add(item);
            else flat.Add(value);
        }
    }
}
