namespace Nabla.Nn;

/// <summary>The parametrisations of <c>torch.nn.utils.parametrizations</c>.</summary>
public static class Parametrizations
{
    /// <summary>Learns length and direction of a weight's rows apart: w = g v / |v| (T. Salimans and D. Kingma, Weight normalization,
    /// 2016). The originals are g and v.</summary>
    /// <param name="module">The module, which is changed.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="dim">The dimension along which there is one length each; null or -1 for one in all.</param>
    /// <returns>The module.</returns>
    public static TModule WeightNorm<TModule>(TModule module, string name = "weight", int? dim = 0) where TModule : Module
    {
        Tensor weight = Tensor(module, name);
        int d = dim ?? -1;
        if (d < -1 || d >= Math.Max(weight.NDim, 1)) Throw.DimOutOfRange(d, weight.NDim);
        Parametrize.Register(module, name, new WeightNormed(d), @unsafe: true);
        return module;
    }

    /// <summary>Divides a weight by its largest singular value, which power iterations follow in training (T. Miyato et al., Spectral
    /// normalization for generative adversarial networks, 2018).</summary>
    /// <param name="module">The module, which is changed.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="nPowerIterations">How many iterations each computation makes.</param>
    /// <param name="eps">The least norm of the vectors.</param>
    /// <param name="dim">The dimension of the outputs; by default 1 of transposed convolutions, else 0.</param>
    /// <returns>The module.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension, or the number is not positive.</exception>
    public static TModule SpectralNorm<TModule>(TModule module, string name = "weight", int nPowerIterations = 1, double eps = 1e-12,
        int? dim = null) where TModule : Module
    {
        Tensor weight = Tensor(module, name);
        int d = dim ?? (module is ConvTransposeBase ? 1 : 0);
        if (d >= weight.NDim || d < -weight.NDim) Throw.DimOutOfRange(d, weight.NDim);
        if (nPowerIterations <= 0)
            Throw.Range(nameof(nPowerIterations), nPowerIterations, "Expected n_power_iterations to be positive, but got " +
                $"n_power_iterations={nPowerIterations}");
        Parametrize.Register(module, name, new SpectrallyNormed(weight, nPowerIterations, d < 0 ? d + weight.NDim : d, eps));
        return module;
    }

    /// <summary>Keeps a matrix, or each of a batch, orthogonal or unitary; of a rectangular one, the columns or rows orthonormal
    /// (M. Lezcano-Casado, Trivializations for gradient-based optimization on manifolds, 2019).</summary>
    /// <param name="module">The module, which is changed.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="orthogonalMap">"matrix_exp", "cayley" or "householder"; by default the first for square and complex matrices, else the
    /// last.</param>
    /// <param name="useTrivialization">Learn the difference to a base, the value now, so that any orthogonal value can be set.</param>
    /// <returns>The module.</returns>
    /// <exception cref="ArgumentException">The tensor is no matrix, or the map is none of these or not for complex matrices.</exception>
    public static TModule Orthogonal<TModule>(TModule module, string name = "weight", string? orthogonalMap = null,
        bool useTrivialization = true) where TModule : Module
    {
        Tensor weight = Tensor(module, name);
        if (weight.NDim < 2) Throw.Shapes($"Expected a matrix or batch of matrices. Got a tensor of {weight.NDim} dimensions.");
        string map = orthogonalMap ?? (weight.Size(-2) == weight.Size(-1) || weight.DType.IsComplex() ? "matrix_exp" : "householder");
        if (map is not ("matrix_exp" or "cayley" or "householder"))
            throw new ArgumentException("orthogonal_map has to be one of \"matrix_exp\", \"cayley\", \"householder\". " +
                $"Got: {orthogonalMap}", nameof(orthogonalMap));
        if (weight.DType.IsComplex() && map == "householder")
            throw new ArgumentException("The householder parametrization does not support complex tensors.", nameof(orthogonalMap));
        Parametrize.Register(module, name, new Orthogonalized(map, useTrivialization), @unsafe: true);
        return module;
    }

    private static Tensor Tensor(Module module, string name)
    {
        ArgumentNullException.ThrowIfNull(module);
        foreach (Slot slot in module.Slots())
            if (slot.Name == name && slot.Value is Tensor t) return t;
        throw new ArgumentException($"Module '{module}' has no parameter or buffer with name '{name}'", nameof(name));
    }
}

/// <summary>g v / |v|</summary>
internal sealed class WeightNormed(int dim) : Module<IReadOnlyList<Tensor>, Tensor>, IRightInverse
{
    private protected override string TypeName => "_WeightNorm";

    protected override Tensor Forward(IReadOnlyList<Tensor> originals) => originals[1] * (originals[0] / Norm(originals[1]));

    public IReadOnlyList<Tensor> RightInverse(Tensor value) => [Norm(value), value];

    /// <summary>The norm over all dimensions but one, which stay with size 1.</summary>
    private Tensor Norm(Tensor v)
    {
        if (dim < 0 || v.NDim == 0) return v.Norm();
        if (v.NDim == 1) return v.Abs();
        return LinAlg.VectorNorm(v, 2, Enumerable.Range(0, v.NDim).Where(d => d != dim).ToArray(), keepDim: true);
    }
}

/// <summary>w / σ with the power iteration's estimate σ of the largest singular value</summary>
internal sealed class SpectrallyNormed : Module<Tensor, Tensor>, IRightInverse
{
    private readonly int iterations, dim;
    private readonly double eps;

    [Buffer, StateName("_u")] private readonly Tensor? u;
    [Buffer, StateName("_v")] private readonly Tensor? v;

    internal SpectrallyNormed(Tensor weight, int iterations, int dim, double eps)
    {
        (this.iterations, this.dim, this.eps) = (iterations, dim, eps);
        if (weight.NDim < 2) return;
        using GradScope mode = Autograd.NoGrad();
        Tensor w = Matrix(weight);
        u = Functional.Normalize(Tensor.Empty([w.Size(0)], dtype: w.DType).Normal_(), dim: 0, eps: eps);
        v = Functional.Normalize(Tensor.Empty([w.Size(1)], dtype: w.DType).Normal_(), dim: 0, eps: eps);
        Iterate(w, 15);
    }

    private protected override string TypeName => "_SpectralNorm";

    private Tensor Matrix(Tensor weight) => (dim == 0 ? weight : weight.MoveDim(dim, 0)).Flatten(1);

    private void Iterate(Tensor w, int count)
    {
        using GradScope mode = Autograd.NoGrad();
        for (int i = 0; i < count; i++)
        {
            u!.Copy_(Functional.Normalize(w.Mv(v!), dim: 0, eps: eps));
            v!.Copy_(Functional.Normalize(w.MH.Mv(u), dim: 0, eps: eps));
        }
    }

    protected override Tensor Forward(Tensor weight)
    {
        if (u is null) return Functional.Normalize(weight, dim: 0, eps: eps);
        Tensor w = Matrix(weight);
        if (Training) Iterate(w.Detach(), iterations);
        // Copies: the next iteration must not disturb what backward needs.
        return weight / u.Clone().VDot(w.Mv(v!.Clone()));
    }

    public IReadOnlyList<Tensor> RightInverse(Tensor value) => [value];
}

/// <summary>An orthogonal matrix of a skew-symmetric one or of reflections</summary>
internal sealed class Orthogonalized(string map, bool trivialize) : Module<Tensor, Tensor>, IRightInverse
{
    [field: Buffer, StateName("base")]
    private Tensor? Base { get; set; }

    private protected override string TypeName => "_Orthogonal";

    protected override Tensor Forward(Tensor x)
    {
        bool wide = x.Size(-2) < x.Size(-1);
        if (wide) x = x.MT;
        Tensor q = map == "householder" ? Reflections(x) : Rotations(x);
        if (Base is not null) q = Base.MatMul(q);
        return wide ? q.MT : q;
    }

    private Tensor Rotations(Tensor x)
    {
        long n = x.Size(-2), k = x.Size(-1);
        x = x.Tril();
        if (n != k) x = Tensor.Cat([x, Tensor.Zeros([.. x.Shape[..^1], n - k], x.DType)], -1);
        Tensor a = x - x.MH;
        Tensor q = a;
        if (map == "matrix_exp") q = a.MatrixExp();
        else
        {
            Tensor one = Tensor.Eye(n, dtype: a.DType), half = a * 0.5;
            q = LinAlg.Solve(one - half, one + half);
        }
        return n == k ? q : q.Narrow(-1, 0, k);
    }

    private static Tensor Reflections(Tensor x)
    {
        Tensor a = x.Tril(-1), tau = 2.0 / ((a * a).Sum(-2) + 1.0);
        // The diagonal holds signs, which are not learned.
        return LinAlg.HouseholderProduct(a, tau) * x.Detach().Diagonal(0, -2, -1).Trunc().Unsqueeze(-2);
    }

    public IReadOnlyList<Tensor>? RightInverse(Tensor value)
    {
        using GradScope mode = Autograd.NoGrad();
        Tensor q = value.Size(-2) < value.Size(-1) ? value.MT : value;
        if (!trivialize)
        {
            if (map != "householder") return null;
            (Tensor a, Tensor tau) = q.Geqrf();
            a = a.Clone();
            Tensor signs = a.Diagonal(0, -2, -1);
            signs.Copy_(Tensor.Where(tau.Eq(0), -signs.Sign(), signs.Sign()));
            return [ReferenceEquals(q, value) ? a : a.MT];
        }
        long n = q.Size(-2), k = q.Size(-1);
        if (n != k) q = Orthogonal(Tensor.Cat([q, Tensor.Randn([.. q.Shape[..^1], n - k], q.DType)], -1));
        else q = IsOrthogonal(q) ? q.Clone() : Orthogonal(q);
        Base = q;
        // Of -1 on the diagonal, the reflections make the identity.
        Tensor start = Tensor.ZerosLike(value);
        start.Diagonal(0, -2, -1).Fill_(-1);
        return [start];
    }

    private static bool IsOrthogonal(Tensor q)
    {
        double eps = q.DType is DType.Float64 or DType.Complex128 ? double.BitIncrement(1) - 1 : MathF.BitIncrement(1) - 1;
        return q.MH.MatMul(q).AllClose(Tensor.Eye(q.Size(-1), dtype: q.DType), atol: 10.0 * q.Size(-2) * eps);
    }

    private static Tensor Orthogonal(Tensor a)
    {
        (Tensor x, Tensor tau) = a.Geqrf();
        return LinAlg.HouseholderProduct(x, tau) * x.Diagonal(0, -2, -1).Sgn().Unsqueeze(-2);
    }
}
