using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// v = ρ v + (1 - ρ) g², Δ = √(u + eps) / √(v + eps) · g, u = ρ u + (1 - ρ) Δ² and p -= lr · Δ.
/// Zeiler, "ADADELTA: An Adaptive Learning Rate Method".
/// </summary>
public sealed class Adadelta : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="rho">The coefficient of both running averages, in [0, 1].</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN, or rho
    /// above 1.</exception>
    public Adadelta(IEnumerable<Tensor> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weightDecay = 0,
        bool? @foreach = null, bool capturable = false, bool maximize = false, bool differentiable = false)
        : this(One(parameters), lr, rho, eps, weightDecay, @foreach, capturable, maximize, differentiable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Adadelta(IEnumerable{Tensor}, double, double, double, double, bool?, bool, bool, bool)"/>
    public Adadelta(IEnumerable<ParamGroup> groups, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weightDecay = 0,
        bool? @foreach = null, bool capturable = false, bool maximize = false, bool differentiable = false)
        : base(groups, ("lr", lr), ("rho", rho), ("eps", eps), ("weight_decay", Whole(weightDecay)), ("maximize", maximize),
            ("capturable", capturable), ("foreach", @foreach), ("differentiable", differentiable))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        if (!(group.Number("rho") is >= 0 and <= 1)) group.Refuse("rho", "Invalid rho value");
        group.AtLeast(0, "eps", "Invalid epsilon value");
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
    }

    private static readonly string[] Remembered = ["step", "square_avg", "acc_delta"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.AddScalar("step", 0);
        state["square_avg"] = ZerosOf(parameter);
        state["acc_delta"] = ZerosOf(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        _ = state.NextStep();
        Rule rule = new(group.Lr, group.Number("rho"), group.Number("eps"), group.Number("weight_decay"), group.Flag("maximize"));
        Apply(rule, parameter, grad, state, "square_avg", "acc_delta");
    }

    private readonly record struct Rule(double Lr, double Rho, double Eps, double Decay, bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) g = A.Add(g, p, Decay);
            a = A.AddCMul(A.Mul(a, Rho), g, g, 1 - Rho);
            V step = A.Mul(A.Div(A.Sqrt(A.Add(b, Eps)), A.Sqrt(A.Add(a, Eps))), g);
            b = A.AddCMul(A.Mul(b, Rho), step, step, 1 - Rho);
            p = A.Add(p, step, -Lr);
        }
    }
}
