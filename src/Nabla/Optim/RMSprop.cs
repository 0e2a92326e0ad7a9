using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// v = α v + (1 - α) g² and p -= lr · g / (√v + eps); centered: v less the square of the average gradient; with momentum:
/// b = momentum · b + g / (√v + eps) and p -= lr · b. Hinton, lecture notes of "Neural Networks for Machine Learning".
/// </summary>
public sealed class RMSprop : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="alpha">The coefficient of the running averages.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="momentum">The factor of the former step.</param>
    /// <param name="centered">Divide by an estimate of the standard deviation.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN.</exception>
    public RMSprop(IEnumerable<Tensor> parameters, double lr = 1e-2, double alpha = 0.99, double eps = 1e-8, double weightDecay = 0,
        double momentum = 0, bool centered = false, bool capturable = false, bool? @foreach = null, bool maximize = false,
        bool differentiable = false)
        : this(One(parameters), lr, alpha, eps, weightDecay, momentum, centered, capturable, @foreach, maximize, differentiable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="RMSprop(IEnumerable{Tensor}, double, double, double, double, double, bool, bool, bool?, bool, bool)"/>
    public RMSprop(IEnumerable<ParamGroup> groups, double lr = 1e-2, double alpha = 0.99, double eps = 1e-8, double weightDecay = 0,
        double momentum = 0, bool centered = false, bool capturable = false, bool? @foreach = null, bool maximize = false,
        bool differentiable = false)
        : base(groups, ("lr", lr), ("momentum", Whole(momentum)), ("alpha", alpha), ("eps", eps), ("centered", centered),
            ("weight_decay", Whole(weightDecay)), ("capturable", capturable), ("foreach", @foreach), ("maximize", maximize),
            ("differentiable", differentiable))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "eps", "Invalid epsilon value");
        group.AtLeast(0, "momentum", "Invalid momentum value");
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
        group.AtLeast(0, "alpha", "Invalid alpha value");
    }

    private static readonly string[] Plain = ["step", "square_avg"], WithMomentum = [.. Plain, "momentum_buffer"],
        Centered = [.. Plain, "grad_avg"], All = [.. WithMomentum, "grad_avg"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => (group.Number("momentum") > 0, group.Flag("centered")) switch
    {
        (true, true) => All,
        (true, false) => WithMomentum,
        (false, true) => Centered,
        _ => Plain,
    };

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        state.AddScalar("step", 0);
        state["square_avg"] = ZerosOf(parameter);
        if (group.Number("momentum") > 0) state["momentum_buffer"] = ZerosOf(parameter);
        if (group.Flag("centered")) state["grad_avg"] = ZerosOf(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        _ = state.NextStep();
        double momentum = group.Number("momentum");
        bool centered = group.Flag("centered");
        Rule rule = new(group.Lr, group.Number("alpha"), group.Number("eps"), group.Number("weight_decay"), momentum, centered,
            group.Flag("maximize"));
        Apply(rule, parameter, grad, state, "square_avg", momentum > 0 ? "momentum_buffer" : null, centered ? "grad_avg" : null);
    }

    private readonly record struct Rule(double Lr, double Alpha, double Eps, double Decay, double Momentum, bool Centered,
        bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) g = A.Add(g, p, Decay);
            a = A.AddCMul(A.Mul(a, Alpha), g, g, 1 - Alpha);
            V variance = a;
            if (Centered)
            {
                c = A.Lerp(c, g, 1 - Alpha);
                variance = A.AddCMul(a, c, c, -1);
            }
            V denominator = A.Add(A.Sqrt(variance), Eps);
            if (Momentum > 0)
            {
                b = A.AddCDiv(A.Mul(b, Momentum), g, denominator, 1);
                p = A.Add(p, b, -Lr);
            }
            else p = A.AddCDiv(p, g, denominator, -Lr);
        }
    }
}
