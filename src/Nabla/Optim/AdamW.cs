namespace Nabla.Optim;

/// <summary>
/// <see cref="Adam"/> with decoupled weight decay: first p -= lr · weightDecay · p, then Adam's step without decay.
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization".
/// </summary>
public sealed class AdamW : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="betas">Coefficients of the running averages of the gradient and of its square.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">How much of the parameter is taken away in each step, times the learning rate.</param>
    /// <param name="amsgrad">Divide by the largest average so far: AMSGrad.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <param name="fused">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN, or a beta
    /// not below 1.</exception>
    public AdamW(IEnumerable<Tensor> parameters, double lr = 1e-3, (double, double)? betas = null, double eps = 1e-8,
        double weightDecay = 1e-2, bool amsgrad = false, bool maximize = false, bool? @foreach = null, bool capturable = false,
        bool differentiable = false, bool? fused = null)
        : this(One(parameters), lr, betas, eps, weightDecay, amsgrad, maximize, @foreach, capturable, differentiable, fused)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="AdamW(IEnumerable{Tensor}, double, ValueTuple{double, double}?, double, double, bool, bool, bool?, bool, bool,
    ///     bool?)"/>
    public AdamW(IEnumerable<ParamGroup> groups, double lr = 1e-3, (double, double)? betas = null, double eps = 1e-8,
        double weightDecay = 1e-2, bool amsgrad = false, bool maximize = false, bool? @foreach = null, bool capturable = false,
        bool differentiable = false, bool? fused = null)
        : base(groups, ("lr", lr), ("betas", betas ?? (0.9, 0.999)), ("eps", eps), ("weight_decay", Whole(weightDecay)),
            ("amsgrad", amsgrad), ("foreach", @foreach), ("maximize", maximize), ("capturable", capturable),
            ("differentiable", differentiable), ("fused", fused))
    {
        OneImplementation(fused, @foreach, differentiable);
    }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "eps", "Invalid epsilon value");
        group.Betas();
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
    }

    private protected override string[] Entries(Tensor p, ParamGroup group) => AdamRule.Entries(group);

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group) => AdamRule.Init(parameter, state, group);

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group) =>
        Apply(AdamRule.Next(state, group, decoupled: true), parameter, grad, state, "exp_avg", "exp_avg_sq", AdamRule.Largest(group));
}
