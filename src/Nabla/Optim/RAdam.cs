using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// Adam with a rectified variance: while too few steps were taken to know it, the step does without.
/// Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond".
/// </summary>
public sealed class RAdam : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="betas">Coefficients of the running averages of the gradient and of its square.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="decoupledWeightDecay">Decay the weights as <see cref="AdamW"/> does.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN, or a beta
    /// not below 1.</exception>
    public RAdam(IEnumerable<Tensor> parameters, double lr = 1e-3, (double, double)? betas = null, double eps = 1e-8,
        double weightDecay = 0, bool decoupledWeightDecay = false, bool? @foreach = null, bool maximize = false, bool capturable = false,
        bool differentiable = false)
        : this(One(parameters), lr, betas, eps, weightDecay, decoupledWeightDecay, @foreach, maximize, capturable, differentiable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="RAdam(IEnumerable{Tensor}, double, ValueTuple{double, double}?, double, double, bool, bool?, bool, bool, bool)"/>
    public RAdam(IEnumerable<ParamGroup> groups, double lr = 1e-3, (double, double)? betas = null, double eps = 1e-8,
        double weightDecay = 0, bool decoupledWeightDecay = false, bool? @foreach = null, bool maximize = false, bool capturable = false,
        bool differentiable = false)
        : base(groups, ("lr", lr), ("betas", betas ?? (0.9, 0.999)), ("eps", eps), ("weight_decay", Whole(weightDecay)),
            ("maximize", maximize), ("foreach", @foreach), ("capturable", capturable), ("decoupled_weight_decay", decoupledWeightDecay),
            ("differentiable", differentiable))
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

    private static readonly string[] Remembered = ["step", "exp_avg", "exp_avg_sq"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.AddScalar("step", 0);
        state["exp_avg"] = ZerosOf(parameter);
        state["exp_avg_sq"] = ZerosOf(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        (double beta1, double beta2) = group.Pair("betas");
        double step = state.NextStep(), correction2 = 1 - Math.Pow(beta2, step);
        // The length of the average that approximates the exponential one, at the end and now.
        double longest = 2 / (1 - beta2) - 1, length = longest - 2 * step * Math.Pow(beta2, step) / correction2;
        double rectified = Math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
        Rule rule = new(group.Lr, beta1, beta2, group.Number("eps"), group.Number("weight_decay"), group.Flag("decoupled_weight_decay"),
            group.Flag("maximize"), 1 - Math.Pow(beta1, step), Math.Sqrt(correction2), length > 5 ? rectified : null);
        Apply(rule, parameter, grad, state, "exp_avg", "exp_avg_sq");
    }

    private readonly record struct Rule(double Lr, double Beta1, double Beta2, double Eps, double Decay, bool Decoupled, bool Maximize,
        double Correction1, double RootCorrection2, double? Rectified) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0)
            {
                if (Decoupled) p = A.Mul(p, 1 - Lr * Decay);
                else g = A.Add(g, p, Decay);
            }
            a = A.Lerp(a, g, 1 - Beta1);
            b = A.AddCMul(A.Mul(b, Beta2), g, g, 1 - Beta2);
            V step = A.Mul(A.Div(a, Correction1), Lr);
            if (Rectified is { } r) step = A.Mul(A.Mul(step, A.Quotient(RootCorrection2, A.Add(A.Sqrt(b), Eps))), r);
            p = A.Add(p, step, -1);
        }
    }
}
