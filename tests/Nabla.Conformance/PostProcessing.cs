using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>What is applied to a raw result before it is compared, where a decomposition is unique only up to sign or order.</summary>
public static class PostProcessing
{
    /// <summary>The named function of the flattened results.</summary>
    public static object?[] Apply(string? name, object?[] raw)
    {
        if (name is null) return raw;
        Tensor a = (Tensor)raw[0]!, b = raw.Length > 1 ? (Tensor)raw[1]! : a;
        Tensor? c = raw.Length > 2 ? (Tensor)raw[2]! : null;
        return name switch
        {
            "svd_abs_u" => [Abs(Columns(a, b))],
            "svd_s" => [b],
            "svd_s_abs_v" => [b, Abs(Columns(c!, b))],
            "linalg_svd_s_abs_vh" => [b, Abs(Rows(c!, b))],
            "svd_uvh_s" => [MatMul(Columns(a, b), Columns(c!, b).Transpose(-2, -1)), b],
            "linalg_svd_uvh_s" => [MatMul(Columns(a, b), Rows(c!, b)), b],
            "eigh_abs" => [a, Abs(b)],
            "eig_sorted_abs" => [Sorted(a, a), Abs(Sorted(a, b))],
            "eigvals_sorted" => [Sorted(a, a)],
            _ => throw new InvalidDataException($"Unknown post-processing '{name}'."),
        };
    }

    /// <summary>The last dimension of x in the order of the eigenvalues: by imaginary part, rounded to 1e-6, then by real part.</summary>
    private static Tensor Sorted(Tensor values, Tensor x)
    {
        Tensor by = (values.Imag.Detach() * 1e6).Round();
        Tensor first = values.Real.Detach().ArgSort(-1);
        Tensor order = first.Gather(-1, by.Gather(-1, first).ArgSort(-1, stable: true));
        Tensor index = x.NDim == values.NDim ? order : order.Unsqueeze(-2).Expand(x.Shape);
        return x.Gather(-1, index);
    }

    // The last dimension of the singular values is their number.
    private static Tensor Columns(Tensor u, Tensor s) => u.Slice(-1, 0, s.Size(-1));

    private static Tensor Rows(Tensor vh, Tensor s) => vh.Slice(-2, 0, s.Size(-1));

    private static Tensor Abs(Tensor x) => Call("abs", x);

    private static Tensor MatMul(Tensor x, Tensor y) => Call("matmul", x, y);

    private static Tensor Call(string name, params object?[] args) => (Tensor)(Registry.Registry.Find(name, null)
        ?? throw new InvalidOperationException($"Post-processing needs the operator '{name}', which has no row.")).Run(new Call(args))!;
}
