using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// Averaged stochastic gradient descent: p -= η (g + λ p) with a falling η, and an average of the parameters from step t0 on.
/// Polyak and Juditsky, "Acceleration of stochastic approximation by averaging".
/// </summary>
/// <remarks>The average is the state <c>ax</c>.</remarks>
public sealed class ASGD : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="lambd">λ: how the parameter decays.</param>
    /// <param name="alpha">The power by which η falls.</param>
    /// <param name="t0">The step at which averaging begins.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or learning rate or weight decay are
    /// negative or NaN.</exception>
    public ASGD(IEnumerable<Tensor> parameters, double lr = 1e-2, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
        double weightDecay = 0, bool? @foreach = null, bool maximize = false, bool differentiable = false, bool capturable = false)
        : this(One(parameters), lr, lambd, alpha, t0, weightDecay, @foreach, maximize, differentiable, capturable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="ASGD(IEnumerable{Tensor}, double, double, double, double, double, bool?, bool, bool, bool)"/>
    public ASGD(IEnumerable<ParamGroup> groups, double lr = 1e-2, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
        double weightDecay = 0, bool? @foreach = null, bool maximize = false, bool differentiable = false, bool capturable = false)
        : base(groups, ("lr", lr), ("lambd", lambd), ("alpha", alpha), ("t0", t0), ("weight_decay", Whole(weightDecay)),
            ("foreach", @foreach), ("maximize", maximize), ("differentiable", differentiable), ("capturable", capturable))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
    }

    private static readonly string[] Remembered = ["step", "eta", "mu", "ax"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        state.AddScalar("step", 0);
        state.AddScalar("eta", group.Lr);
        state.AddScalar("mu", 1);
        state["ax"] = ZerosOf(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        double step = state.NextStep(), eta = state.Get("eta").Item(), lr = group.Lr, lambda = group.Number("lambd");
        Rule rule = new(1 - lambda * eta, eta, state.Get("mu").Item(), group.Number("weight_decay"), group.Flag("maximize"));
        Apply(rule, parameter, grad, state, "ax");
        _ = state.Set("eta", lr / Math.Pow(1 + lambda * lr * step, group.Number("alpha")));
        _ = state.Set("mu", 1 / Math.Max(1, step - group.Number("t0")));
    }

    private readonly record struct Rule(double Keep, double Eta, double Mu, double Decay, bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) g = A.Add(g, p, Decay);
            p = A.Add(A.Mul(p, Keep), g, -Eta);
            a = Mu == 1 ? p : A.Add(a, A.Mul(A.Add(p, a, -1), Mu), 1);
        }
    }
}
