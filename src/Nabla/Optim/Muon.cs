namespace Nabla.Optim;

/// <summary>
/// Muon: momentum, made orthogonal by five Newton-Schulz iterations, for the matrices inside a network. Keller Jordan et al., "Muon: An
/// optimizer for hidden layers in neural networks" (2024). Give embeddings, output layers and vectors to <see cref="AdamW"/>.
/// </summary>
/// <remarks>m = momentum · m + (1 - momentum) · g; the step is the orthogonal part of (1 - momentum) · g + momentum · m with Nesterov
/// momentum, else of m, times √max(1, rows / columns). A parameter of more than two dimensions, as that of a convolution, is taken as a
/// matrix of its first dimension by all others. Weight decay is decoupled.</remarks>
public sealed class Muon : Optimizer
{
    /// <summary>Optimizes a list of parameters of at least two dimensions.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate: the spectral norm of a step.</param>
    /// <param name="momentum">The factor of the former average.</param>
    /// <param name="nesterov">Look ahead along the momentum.</param>
    /// <param name="nsSteps">How many Newton-Schulz iterations.</param>
    /// <param name="weightDecay">How much of the parameter is taken away in each step, times the learning rate.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused or has fewer than two dimensions, or an option
    /// is negative or NaN.</exception>
    public Muon(IEnumerable<Tensor> parameters, double lr = 0.02, double momentum = 0.95, bool nesterov = true, long nsSteps = 5,
        double weightDecay = 0, bool maximize = false)
        : this(One(parameters), lr, momentum, nesterov, nsSteps, weightDecay, maximize)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Tensor}, double, double, bool, long, double, bool)"/>
    public Muon(IEnumerable<ParamGroup> groups, double lr = 0.02, double momentum = 0.95, bool nesterov = true, long nsSteps = 5,
        double weightDecay = 0, bool maximize = false)
        : base(groups, ("lr", lr), ("weight_decay", Whole(weightDecay)), ("momentum", momentum), ("nesterov", nesterov),
            ("ns_steps", nsSteps), ("maximize", maximize))
    { }

    /// <inheritdoc/>
    public override void AddParamGroup(ParamGroup paramGroup)
    {
        ArgumentNullException.ThrowIfNull(paramGroup);
        foreach (Tensor p in paramGroup.Params)
            if (p.NDim < 2 || p.DType.IsComplex())
                Throw.Argument(nameof(paramGroup), "Muon only supports real parameters of at least 2 dimensions, but got " +
                    $"{Throw.Text(p)}: give vectors and numbers to AdamW.");
        base.AddParamGroup(paramGroup);
    }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "momentum", "Invalid momentum value");
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
        if (group.Integer("ns_steps") is < 0 or > 99) group.Refuse("ns_steps", "Invalid ns_steps value");
    }

    private static readonly string[] Remembered = ["momentum_buffer"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["momentum_buffer"] = Tensor.ZerosLike(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(grad);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        if (parameter.NumElements == 0) return;
        if (group.Flag("maximize")) grad = -grad;
        double momentum = group.Number("momentum"), lr = group.Lr;
        Tensor average = state.Get("momentum_buffer").Lerp_(grad, 1 - momentum);
        Tensor update = group.Flag("nesterov") ? grad.Lerp(average, momentum) : average;
        update = Orthogonal(update.Reshape([parameter.Size(0), -1]), group.Integer("ns_steps"));
        double size = Math.Sqrt(Math.Max(1, (double)update.Size(0) / update.Size(1)));
        parameter.Mul_(1 - lr * group.Number("weight_decay"));
        parameter.Add_(update.Reshape(parameter.Shape), -lr * size);
    }

    /// <summary>A matrix with the same singular vectors and singular values near 1: a quintic Newton-Schulz iteration whose coefficients
    /// make the slope at zero as large as it can be.</summary>
    private static Tensor Orthogonal(Tensor g, long steps)
    {
        const double a = 3.4445, b = -4.7750, c = 2.0315;
        bool tall = g.Size(0) > g.Size(1);
        Tensor x = tall ? g.T : g;
        x = x / (x.Norm() + 1e-7);
        for (long i = 0; i < steps; i++)
        {
            Tensor square = x.MatMul(x.T);
            Tensor polynomial = b * square + c * square.MatMul(square);
            x = a * x + polynomial.MatMul(x);
        }
        return tall ? x.T : x;
    }
}
