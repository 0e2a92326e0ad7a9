using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>
/// Recorded values that are mathematically wrong, and the right ones, computed from the recorded inputs by another way than the
/// operation's own rule. A case is then held to the right value as strictly as any other to the recorded one; the report lists them.
/// </summary>
internal static class Corrections
{
    /// <summary>A sample's call with plain tensors, its tangents by input (null is zero), the gradients of its results, its recorded
    /// results.</summary>
    internal sealed record Case(Call Call, Tensor[] Inputs, Tensor?[] Tangents, Tensor?[] Seeds, Tensor?[] Results);

    private sealed record Rule(string File, string Kind, int Index, string Reason, Func<Case, Tensor, Tensor?> Right);

    private static readonly Rule[] All =
    [
        new("trace", "grad", 0, "the recorded gradient of a tall matrix also touches elements off the diagonal (flat places i·(n + 1) " +
            "beyond the last column)", static (c, g) => c.Inputs[0].Size(0) > c.Inputs[0].Size(1) ? g * Eye(g) : null),
        new("as_strided_scatter", "grad", 0, "the recorded gradient of the overwritten tensor is that of the region written to; it is " +
            "that of the rest", static (c, _) => Outside(c)),
        new("special.log_ndtr", "grad", 0, "the recorded derivative is e^(-x²/2)/Φ(x), which is 0/0 or has no digits in the tail; it is " +
            "e^(-x²/2 - log Φ(x))/√(2π), and -x + 1/x far out",
            static (c, _) => c.Inputs[0].DType == DType.Float64 ? Mills(c, c.Seeds[0]!) : null),
        new("special.log_ndtr", "jvp", 0, "likewise",
            static (c, _) => c.Inputs[0].DType == DType.Float64 ? Mills(c, c.Tangents[0]!) : null),
        new("polar", "grad", 0, "the recorded gradient of a length that is not positive has the wrong sign, or is 0; it is " +
            "Re(g e^(-iθ))", static (c, g) => Tensor.Where(c.Inputs[0] <= 0, Along(c), g)),
        new("logcumsumexp", "jvp", 0, "the recorded tangent divides sums that have lost digits; it is Σ e^(x[i] - y[k]) t[i]",
            static (c, _) => LogCumSumExpTangent(c)),
        new("linalg.det--singular", "grad", 0, "the recorded gradient of a matrix with an exact zero on the diagonal of its factor is " +
            "0; it is that of the cofactors", static (c, _) => (c.Seeds[0]!.Unsqueeze(-1).Unsqueeze(-1) * Cofactors(c.Inputs[0]))),
        new("linalg.det--singular", "jvp", 0, "likewise", static (c, _) => (c.Tangents[0]! * Cofactors(c.Inputs[0])).Sum((int[])[-2, -1])),
        new("cholesky_inverse", "jvp", 0, "the recorded tangent is not the transpose of the recorded gradient, which is that of a " +
            "full L: it is -A⁻¹ (dL Lᵀ + L dLᵀ) A⁻¹",
            static (c, _) => InverseTangent(c)),
        new("triangular_solve", "jvp", 0, "the recorded tangent also reads the triangle that the solution does not depend on",
            static (c, _) => SolveTangent(c)),
    ];

    // Where the last elements of a tensor do not fill a vector, PyTorch gives another derivative at NaN than before.
    private static readonly string[] VaryAtNaN =
    [
        "nn.functional.hardtanh", "nn.functional.relu6", "nn.functional.softshrink", "nn.functional.hardshrink",
        "nn.functional.hardswish", "nn.functional.elu", "nn.functional.celu", "nn.functional.selu",
    ];

    private const string AtNaN = "recorded derivatives at NaN depend on the place in the tensor; they are those of its last elements";

    /// <summary>Whether a recorded value of this operator may be wrong.</summary>
    internal static bool Concern(string file) => VaryAtNaN.Contains(file) || Array.Exists(All, r => r.File == file);

    /// <summary>The right value, or the recorded one where it is right.</summary>
    internal static Tensor Apply(string file, string kind, int index, Tensor recorded, Case of)
    {
        foreach (Rule rule in All)
            if (rule.File == file && rule.Kind == kind && rule.Index == index && rule.Right(of, recorded) is { } right) return right;
        if (index == 0 && VaryAtNaN.Contains(file) && of.Inputs[0].IsNaN().Any().Item() != 0 && Direction(kind, of) is { } d)
            return Tensor.Where(of.Inputs[0].IsNaN(), d * (file.EndsWith("selu", StringComparison.Ordinal) ? Selu : 1), recorded);
        return recorded;
    }

    private const double Selu = 1.0507009873554804934193349852946;

    private static Tensor? Direction(string kind, Case of) => kind == "grad" ? of.Seeds[0] : of.Tangents[0];

    /// <summary>One line for each rule of these operators.</summary>
    internal static IEnumerable<string> Reasons(IEnumerable<string> files) =>
        [
            .. from rule in All where files.Contains(rule.File) select $"{rule.File}: {rule.Reason}",
            .. from file in VaryAtNaN where files.Contains(file) select $"{file}: {AtNaN}",
        ];

    private static Tensor Eye(Tensor like) => Tensor.Eye(like.Size(0), like.Size(1), like.DType);

    private static Tensor Outside(Case c)
    {
        Tensor g = c.Seeds[0]!.Clone();
        g.AsStrided(c.Call.Longs(2, "size"), c.Call.Longs(3, "stride"), c.Call.Long(4, "storage_offset", 0)).Zero_();
        return g;
    }

    private static Tensor Along(Case c) =>
        (c.Seeds[0]!.Real * c.Inputs[1].Cos() + c.Seeds[0]!.Imag * c.Inputs[1].Sin()).SumToSize(c.Inputs[0].Shape);

    private static Tensor Mills(Case c, Tensor direction)
    {
        Tensor x = c.Inputs[0], y = c.Results[0]!;
        Tensor ratio = (-(x * x) / 2 - y).Exp() / Math.Sqrt(2 * Math.PI);
        // Far out both terms of the exponent lose all digits; there φ/Φ = -x + 1/x + O(x⁻³).
        return direction * Tensor.Where(x < -1e4, -x + x.Reciprocal().Neg(), ratio);
    }

    private static Tensor? LogCumSumExpTangent(Case c)
    {
        if (c.Inputs[0].NDim == 0 || c.Inputs[0].DType != DType.Float64) return null;
        int dim = c.Call.Int(1, "dim");
        Tensor x = c.Inputs[0].MoveDim(dim, -1), y = c.Results[0]!.MoveDim(dim, -1), t = c.Tangents[0]!.MoveDim(dim, -1);
        Tensor weights = (x.Unsqueeze(-2) - y.Unsqueeze(-1)).Exp().Tril();
        return (weights * t.Unsqueeze(-2)).Sum(-1).MoveDim(-1, dim);
    }

    /// <summary>(-1)^(i+j) times the determinant of the matrix without row i and column j.</summary>
    private static Tensor Cofactors(Tensor a)
    {
        long n = a.Size(-1);
        List<Tensor> all = [];
        for (long i = 0; i < n; i++)
            for (long j = 0; j < n; j++)
            {
                Tensor rows = Tensor.Cat([a.Slice(-2, 0, i), a.Slice(-2, i + 1)], -2);
                Tensor minor = Tensor.Cat([rows.Slice(-1, 0, j), rows.Slice(-1, j + 1)], -1);
                all.Add(LinAlg.Det(minor) * ((i + j) % 2 == 0 ? 1.0 : -1.0));
            }
        return all.Count == 0 ? Tensor.OnesLike(a) : Tensor.Stack(all, -1).Reshape(a.Shape);
    }

    private static Tensor InverseTangent(Case c)
    {
        bool upper = c.Call.Bool(1, "upper", false);
        Tensor l = upper ? c.Inputs[0].MT : c.Inputs[0], dl = upper ? c.Tangents[0]!.MT : c.Tangents[0]!;
        Tensor inverse = LinAlg.Inv(l.MatMul(l.MT));
        return -inverse.MatMul(dl.MatMul(l.MT) + l.MatMul(dl.MT)).MatMul(inverse);
    }

    private static Tensor SolveTangent(Case c)
    {
        bool upper = c.Call.Bool(2, "upper", true), transpose = c.Call.Bool(3, "transpose", false);
        bool unit = c.Call.Bool(4, "unitriangular", false);
        Tensor Part(Tensor a, double diagonal)
        {
            Tensor t = upper ? a.Triu(unit ? 1 : 0) : a.Tril(unit ? -1 : 0);
            if (unit) t += diagonal * Tensor.Eye(a.Size(-1), dtype: a.DType);
            return transpose ? t.MT : t;
        }
        Tensor inverse = LinAlg.Inv(Part(c.Inputs[1], 1)), rest = c.Tangents[0] ?? Tensor.ZerosLike(c.Inputs[0]);
        if (c.Tangents[1] is { } da) rest -= Part(da, 0).MatMul(c.Results[0]!);
        return inverse.MatMul(rest);
    }
}
