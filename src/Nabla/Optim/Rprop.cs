using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>
/// Resilient propagation: every element has a step size of its own, which grows while its gradient keeps its sign and shrinks when the
/// sign changes; only signs count. Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning".
/// </summary>
public sealed class Rprop : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The step size at the beginning.</param>
    /// <param name="etas">The factors by which step sizes shrink and grow, by default 0.5 and 1.2.</param>
    /// <param name="stepSizes">The least and the largest step size, by default 1e-6 and 50.</param>
    /// <param name="capturable">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <param name="differentiable">Record the steps, so that gradients flow through them; parameters may be no leaves then.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, the learning rate is negative or NaN, or the
    /// factors are not below and above 1.</exception>
    public Rprop(IEnumerable<Tensor> parameters, double lr = 1e-2, (double, double)? etas = null, (double, double)? stepSizes = null,
        bool capturable = false, bool? @foreach = null, bool maximize = false, bool differentiable = false)
        : this(One(parameters), lr, etas, stepSizes, capturable, @foreach, maximize, differentiable)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Rprop(IEnumerable{Tensor}, double, ValueTuple{double, double}?, ValueTuple{double, double}?, bool, bool?, bool,
    ///     bool)"/>
    public Rprop(IEnumerable<ParamGroup> groups, double lr = 1e-2, (double, double)? etas = null, (double, double)? stepSizes = null,
        bool capturable = false, bool? @foreach = null, bool maximize = false, bool differentiable = false)
        : base(groups, ("lr", lr), ("etas", etas ?? (0.5, 1.2)), ("step_sizes", stepSizes is { } s ? s : (object)(1e-6, 50L)),
            ("foreach", @foreach), ("maximize", maximize), ("differentiable", differentiable), ("capturable", capturable))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        (double shrink, double grow) = group.Pair("etas");
        if (!(shrink > 0 && shrink < 1 && grow > 1))
            Throw.Range("etas", group["etas"], $"Invalid eta values: {StateValue.Repr(shrink)}, {StateValue.Repr(grow)}");
        _ = group.Pair("step_sizes");
    }

    private static readonly string[] Remembered = ["step", "prev", "step_size"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => Remembered;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        state.AddScalar("step", 0);
        state["prev"] = ZerosOf(parameter);
        double lr = group.Lr;
        Scalar value = parameter.DType.IsComplex() ? new System.Numerics.Complex(lr, lr) : lr;
        state["step_size"] = Tensor.FullLike(parameter, value);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        _ = state.NextStep();
        (double shrink, double grow) = group.Pair("etas");
        (double least, double most) = group.Pair("step_sizes");
        Apply(new Rule(shrink, grow, least, most, group.Flag("maximize")), parameter, grad, state, "prev", "step_size");
    }

    private readonly record struct Rule(double Shrink, double Grow, double Least, double Most, bool Maximize) : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
        {
            if (Maximize) g = A.Neg(g);
            V agreement = A.Sign(A.Mul(g, a));
            b = A.Clamp(A.Mul(b, A.BySign(agreement, Shrink, 1, Grow)), Least, Most);
            a = A.ZeroWhereNegative(agreement, g);
            p = A.AddCMul(p, A.Sign(a), b, -1);
        }
    }
}
