using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>What is applied to a raw result before it is compared, where a decomposition is unique only up to sign or order.</summary>
public static class PostProcessing
{
    /// <summary>The named function of the flattened results.</summary>
    public static object?[] Apply(string? name, object?[] raw)
    {
        if (name is null) return raw;
        Tensor a = (Tensor)raw[0]!, b = (Tensor)raw[1]!;
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
            "eig_sorted_abs" or "eigvals_sorted" => throw new NotRealException("eigenvalues are complex"),
            _ => throw new InvalidDataException($"Unknown post-processing '{name}'."),
        };
    }

    // The last dimension of the singular values is their number.
    private static Tensor Columns(Tensor u, Tensor s) => u.Slice(-1, 0, s.Size(-1));

    private static Tensor Rows(Tensor vh, Tensor s) => vh.Slice(-2, 0, s.Size(-1));

    private static Tensor Abs(Tensor x) => Call("abs", x);

    private static Tensor MatMul(Tensor x, Tensor y) => Call("matmul", x, y);

    private static Tensor Call(string name, params object?[] args) => (Tensor)(Registry.Registry.Find(name, null)
        ?? throw new InvalidOperationException($"Post-processing needs the operator '{name}', which has no row.")).Run(new Call(args))!;
}
