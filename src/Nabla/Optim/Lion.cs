using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// Evolved sign momentum: p -= lr · (sign(β₁ m + (1 - β₁) g) + weightDecay · p), then m = β₂ m + (1 - β₂) g.
/// Chen et al., "Symbolic Discovery of Optimization Algorithms", algorithm 2.
/// </summary>
/// <remarks>Steps are larger than Adam's: take a learning rate 3 to 10 times smaller, and a weight decay as much larger.</remarks>
public sealed class Lion : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="betas">Coefficients of the step and of the momentum, by default 0.9 and 0.99.</param>
    /// <param name="weightDecay">How much of the parameter is taken away in each step, times the learning rate.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN, or a beta
    /// not below 1.</exception>
    public Lion(IEnumerable<Tensor> parameters, double lr = 1e-4, (double, double)? betas = null, double weightDecay = 0,
        bool maximize = false, bool differentiable = false)
        : this(One(parameters), lr, betas, weightDecay, maximize, differentiable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Lion(IEnumerable{Tensor}, double, ValueTuple{double, double}?, double, bool, bool)"/>
    public Lion(IEnumerable<ParamGroup> groups, double lr = 1e-4, (double, double)? betas = null, double weightDecay = 0,
        bool maximize = false, bool differentiable = false)
        : base(groups, ("lr", lr), ("betas", betas ?? (0.9, 0.99)), ("weight_decay", weightDecay), ("maximize", maximize),
            ("differentiable", differentiable))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.Betas();
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
    }

    private static readonly string[] Remembered = ["exp_avg"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["exp_avg"] = ZerosOf(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        (double beta1, double beta2) = group.Pair("betas");
        Apply(new Rule(group.Lr, beta1, beta2, group.Number("weight_decay"), group.Flag("maximize")), parameter, grad, state, "exp_avg");
    }

    private readonly record struct Rule(double Lr, double Beta1, double Beta2, double Decay, bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) p = A.Mul(p, 1 - Lr * Decay);
            p = A.Add(p, A.Sign(A.Lerp(a, g, 1 - Beta1)), -Lr);
            a = A.Lerp(a, g, 1 - Beta2);
        }
    }
}
