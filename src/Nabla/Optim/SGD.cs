using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// Stochastic gradient descent: b = momentum · b + (1 - dampening) · g and p -= lr · b, where g is the gradient plus the weight decay;
/// with Nesterov momentum p -= lr · (g + momentum · b).
/// </summary>
public sealed class SGD : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="momentum">The factor of the former step.</param>
    /// <param name="dampening">How much less of the gradient enters the momentum.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="nesterov">Look ahead along the momentum; needs momentum and no dampening.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <param name="fused">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN.</exception>
    public SGD(IEnumerable<Tensor> parameters, double lr = 1e-3, double momentum = 0, double dampening = 0, double weightDecay = 0,
        bool nesterov = false, bool maximize = false, bool? @foreach = null, bool differentiable = false, bool? fused = null)
        : this(One(parameters), lr, momentum, dampening, weightDecay, nesterov, maximize, @foreach, differentiable, fused)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="SGD(IEnumerable{Tensor}, double, double, double, double, bool, bool, bool?, bool, bool?)"/>
    public SGD(IEnumerable<ParamGroup> groups, double lr = 1e-3, double momentum = 0, double dampening = 0, double weightDecay = 0,
        bool nesterov = false, bool maximize = false, bool? @foreach = null, bool differentiable = false, bool? fused = null)
        : base(groups, ("lr", lr), ("momentum", Whole(momentum)), ("dampening", Whole(dampening)), ("weight_decay", Whole(weightDecay)),
            ("nesterov", nesterov), ("maximize", maximize), ("foreach", @foreach), ("differentiable", differentiable), ("fused", fused))
    {
        if (nesterov && (momentum <= 0 || dampening != 0))
            Throw.Argument(nameof(nesterov), "Nesterov momentum requires a momentum and zero dampening");
        OneImplementation(fused, @foreach, differentiable);
    }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "momentum", "Invalid momentum value");
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
    }

    /// <inheritdoc/>
    protected override bool NeedsInit(ParamState state, ParamGroup group) =>
        group?.Number("momentum") != 0 && state?.Find("momentum_buffer") is null;

    private static readonly string[] Buffer = ["momentum_buffer"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => group.Number("momentum") != 0 ? Buffer : [];

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        // The first step writes it.
        state["momentum_buffer"] = Tensor.EmptyLike(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        double momentum = group.Number("momentum");
        Rule rule = new(group.Lr, momentum, group.Number("dampening"), group.Number("weight_decay"), group.Flag("nesterov"),
            group.Flag("maximize"), state.IsFresh);
        Apply(rule, parameter, grad, state, momentum != 0 ? "momentum_buffer" : null);
    }

    private readonly record struct Rule(double Lr, double Momentum, double Dampening, double Decay, bool Nesterov, bool Maximize,
        bool First) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) g = A.Add(g, p, Decay);
            if (Momentum != 0)
            {
                a = First ? g : A.Add(A.Mul(a, Momentum), g, 1 - Dampening);
                g = Nesterov ? A.Add(g, a, Momentum) : a;
            }
            p = A.Add(p, g, -Lr);
        }
    }
}
