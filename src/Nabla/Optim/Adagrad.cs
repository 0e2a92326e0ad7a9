using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// s += g² and p -= lr / (1 + (t - 1) · lrDecay) · g / (√s + eps).
/// Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization".
/// </summary>
public sealed class Adagrad : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="lrDecay">How fast the learning rate falls.</param>
    /// <param name="weightDecay">The factor of the parameter that is added to its gradient (L2 penalty).</param>
    /// <param name="initialAccumulatorValue">What s begins with.</param>
    /// <param name="eps">Added to the denominator.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <param name="fused">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is negative or NaN.</exception>
    public Adagrad(IEnumerable<Tensor> parameters, double lr = 1e-2, double lrDecay = 0, double weightDecay = 0,
        double initialAccumulatorValue = 0, double eps = 1e-10, bool? @foreach = null, bool maximize = false, bool differentiable = false,
        bool? fused = null)
        : this(One(parameters), lr, lrDecay, weightDecay, initialAccumulatorValue, eps, @foreach, maximize, differentiable, fused)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Adagrad(IEnumerable{Tensor}, double, double, double, double, double, bool?, bool, bool, bool?)"/>
    public Adagrad(IEnumerable<ParamGroup> groups, double lr = 1e-2, double lrDecay = 0, double weightDecay = 0,
        double initialAccumulatorValue = 0, double eps = 1e-10, bool? @foreach = null, bool maximize = false, bool differentiable = false,
        bool? fused = null)
        : base(groups, ("lr", lr), ("lr_decay", Whole(lrDecay)), ("eps", eps), ("weight_decay", Whole(weightDecay)),
            ("initial_accumulator_value", Whole(initialAccumulatorValue)), ("foreach", @foreach), ("maximize", maximize),
            ("differentiable", differentiable), ("fused", fused))
    {
        OneImplementation(fused, @foreach, differentiable);
    }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        group.AtLeast(0, "lr_decay", "Invalid lr_decay value");
        group.AtLeast(0, "weight_decay", "Invalid weight_decay value");
        group.AtLeast(0, "initial_accumulator_value", "Invalid initial_accumulator_value value");
        group.AtLeast(0, "eps", "Invalid epsilon value");
    }

    /// <summary>Adds a group; its state begins at once.</summary>
    /// <inheritdoc/>
    public override void AddParamGroup(ParamGroup paramGroup)
    {
        base.AddParamGroup(paramGroup);
        foreach (Tensor p in paramGroup.Params) Begin(p, paramGroup);
    }

    private static readonly string[] Remembered = ["step", "sum"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        state.AddScalar("step", 0);
        double initial = group.Number("initial_accumulator_value");
        Scalar value = parameter.DType.IsComplex() ? new System.Numerics.Complex(initial, initial) : initial;
        state["sum"] = Tensor.FullLike(parameter, value);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        double lr = group.Lr / (1 + (state.NextStep() - 1) * group.Number("lr_decay"));
        Rule rule = new(lr, group.Number("eps"), group.Number("weight_decay"), group.Flag("maximize"));
        Apply(rule, parameter, grad, state, "sum");
    }

    private readonly record struct Rule(double Lr, double Eps, double Decay, bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            if (Decay != 0) g = A.Add(g, p, Decay);
            a = A.AddCMul(a, g, g, 1);
            p = A.AddCDiv(p, g, A.Add(A.Sqrt(a), Eps), -Lr);
        }
    }
}
