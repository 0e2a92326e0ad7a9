using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// Adam with the maximum norm: u = max(β₂ u, |g| + eps) and p -= lr / (1 - β₁ᵗ) · m / u.
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization", section 7.1.
/// </summary>
public sealed class Adamax : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="betas">Coefficients of the running averages of the gradient and of its square.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN, or a beta
    /// not below 1.</exception>
    public Adamax(IEnumerable<Tensor> parameters, double lr = 2e-3, (double, double)? betas = null, double eps = 1e-8,
        double weightDecay = 0, bool? @foreach = null, bool maximize = false, bool differentiable = false, bool capturable = false)
        : this(One(parameters), lr, betas, eps, weightDecay, @foreach, maximize, differentiable, capturable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Adamax(IEnumerable{Tensor}, double, ValueTuple{double, double}?, double, double, bool?, bool, bool, bool)"/>
    public Adamax(IEnumerable<ParamGroup> groups, double lr = 2e-3, (double, double)? betas = null, double eps = 1e-8,
        double weightDecay = 0, bool? @foreach = null, bool maximize = false, bool differentiable = false, bool capturable = false)
        : base(groups, ("lr", lr), ("betas", betas ?? (0.9, 0.999)), ("eps", eps), ("weight_decay", Whole(weightDecay)),
            ("foreach", @foreach), ("maximize", maximize), ("differentiable", differentiable), ("capturable", capturable))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "eps", "Invalid epsilon value");
        group.Betas();
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
    }

    private static readonly string[] Remembered = ["step", "exp_avg", "exp_inf"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.AddScalar("step", 0);
        state["exp_avg"] = ZerosOf(parameter);
        state["exp_inf"] = ZerosOf(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        (double beta1, double beta2) = group.Pair("betas");
        double correction = 1 - Math.Pow(beta1, state.NextStep());
        Rule rule = new(group.Lr / correction, beta1, beta2, group.Number("eps"), group.Number("weight_decay"), group.Flag("maximize"));
        Apply(rule, parameter, grad, state, "exp_avg", "exp_inf");
    }

    private readonly record struct Rule(double StepSize, double Beta1, double Beta2, double Eps, double Decay, bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) g = A.Add(g, p, Decay);
            a = A.Lerp(a, g, 1 - Beta1);
            b = A.Max(A.Mul(b, Beta2), A.Add(A.Abs(g), Eps));
            p = A.AddCDiv(p, a, b, -StepSize);
        }
    }
}
