namespace Nabla.Optim;

/// <summary>
/// Adafactor: of the second moments of a matrix only the averages of rows and of columns are kept. Shazeer and Stern, "Adafactor:
/// Adaptive Learning Rates with Sublinear Memory Cost", as in torch.optim: without momentum, with a relative step size.
/// </summary>
public sealed class Adafactor : Optimizer
{
    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The largest relative step size; step t takes the smaller of it and 1/√t.</param>
    /// <param name="beta2Decay">The power of t by which the average forgets; not above 0.</param>
    /// <param name="eps">The least root of a second moment (null: the machine epsilon of the dtype), and the least root mean square of a
    /// parameter; by default (null, 1e-3).</param>
    /// <param name="d">The largest root mean square of an update, at least 1.</param>
    /// <param name="weightDecay">How much of the parameter is taken away in each step, times the learning rate.</param>
    /// <param name="foreach">Kept for state dictionaries; see <see cref="Optimizer"/>.</param>
    /// <param name="maximize">Go up the gradient.</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or an option is out of its range.</exception>
    public Adafactor(IEnumerable<Tensor> parameters, double lr = 1e-2, double beta2Decay = -0.8, (double?, double)? eps = null,
        double d = 1.0, double weightDecay = 0.0, bool? @foreach = null, bool maximize = false)
        : this(One(parameters), lr, beta2Decay, eps, d, weightDecay, @foreach, maximize)
    { }

    /// <summary>Optimizes groups of parameters with options of their own.</summary>
    /// <inheritdoc cref="Adafactor(IEnumerable{Tensor}, double, double, ValueTuple{double?, double}?, double, double, bool?, bool)"/>
    public Adafactor(IEnumerable<ParamGroup> groups, double lr = 1e-2, double beta2Decay = -0.8, (double?, double)? eps = null,
        double d = 1.0, double weightDecay = 0.0, bool? @foreach = null, bool maximize = false)
        : base(groups, ("lr", lr), ("beta2_decay", beta2Decay), ("eps", eps ?? (null, 1e-3)), ("d", d), ("weight_decay", weightDecay),
            ("foreach", @foreach), ("maximize", maximize))
    { }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Learning rate should be >= 0 but is");
        if (!(group.Number("beta2_decay") <= 0)) group.Refuse("beta2_decay", "beta2_decay should be <= 0 but is");
        (double? first, double second) = Eps(group);
        if (first is { } e && !(e >= 0)) Throw.Range("eps", e, $"epsilon1 should be >= 0 but is: {StateValue.Repr(e)}");
        if (!(second >= 0)) Throw.Range("eps", second, $"epsilon2 should be >= 0 but is: {StateValue.Repr(second)}");
        group.AtLeast(1, "d", "Clipping threshold d should be >= 1 but is");
        group.AtLeast(0, "weight_decay", "weight_decay should be >= 0 but is");
    }

    private static (double? First, double Second) Eps(ParamGroup group)
    {
        IReadOnlyList<object?> eps = StateValue.Items(group["eps"], "eps");
        if (eps.Count != 2) Throw.Argument("eps", $"'eps' must be a pair, but is {StateValue.Repr(group["eps"])}.");
        return (eps[0] is null ? null : StateValue.Number(eps[0], "eps"), StateValue.Number(eps[1], "eps"));
    }

    /// <inheritdoc/>
    protected override void CheckState(Tensor parameter, string key, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(value);
        if (key is not ("row_var" or "col_var"))
        {
            base.CheckState(parameter, key, value);
            return;
        }
        long[] expected = Means(parameter, key);
        if (!value.Shape.AsSpan().SequenceEqual(expected))
            Throw.Shapes($"The state '{key}' has the shape {value.Shape}, but should have {Shape.Format(expected)}: the state dictionary " +
                "belongs to another model, or the parameter has changed. Nothing was changed.");
    }

    private static long[] Means(Tensor parameter, string key)
    {
        long[] shape = parameter.Shape.ToArray();
        if (shape.Length > 1) shape[^(key == "row_var" ? 1 : 2)] = 1;
        return shape;
    }

    private static readonly string[] OfVector = ["step", "variance"], OfMatrix = ["step", "row_var", "col_var"];

    private protected override string[] Entries(Tensor p, ParamGroup group) => p.NDim > 1 ? OfMatrix : OfVector;

    /// <inheritdoc/>
    protected override void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(state);
        if (parameter.DType.IsComplex()) Throw.Types("Adafactor does not support complex parameters");
        state.AddScalar("step", 0);
        if (parameter.NDim > 1)
        {
            foreach (string key in (string[])["row_var", "col_var"])
                state[key] = Tensor.Zeros(new Shape(Means(parameter, key)), parameter.DType);
        }
        else state["variance"] = Tensor.ZerosLike(parameter);
    }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(grad);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(group);
        if (parameter.NumElements == 0) return;
        if (group.Flag("maximize")) grad = -grad;
        double step = state.NextStep(), lr = group.Lr, forget = Math.Pow(step, group.Number("beta2_decay"));
        (double? first, double least) = Eps(group);
        double eps = first ?? MachineEpsilon(parameter.DType), root = Math.Sqrt(parameter.NumElements);
        double alpha = Math.Max(least, parameter.Detach().Norm().Item() / root) * Math.Min(lr, 1 / Math.Sqrt(step));
        if (group.Number("weight_decay") is not 0 and var decay) parameter.Mul_(1 - lr * decay);
        Tensor variance = grad.NDim > 1 ? Factored(grad, state, forget, eps) : state.Get("variance").Lerp_(grad * grad, forget).Clone();
        Tensor update = variance.Clamp_(min: eps * eps).Rsqrt_().Mul_(grad);
        double size = Math.Max(1, update.Norm().Item() / (root * group.Number("d")));
        parameter.Add_(update, -alpha / size);
    }

    /// <summary>The second moments as the product of the means of rows and of columns.</summary>
    private static Tensor Factored(Tensor grad, ParamState state, double forget, double eps)
    {
        Tensor rows = state.Get("row_var"), columns = state.Get("col_var");
        rows.Lerp_(grad.Norm(2, -1, keepDim: true).Square_().Div_(grad.Size(-1)), forget);
        columns.Lerp_(grad.Norm(2, -2, keepDim: true).Square_().Div_(grad.Size(-2)), forget);
        return rows.MatMul(columns).Div_(rows.Mean(-2, keepDim: true).Clamp_(min: eps));
    }

    private static double MachineEpsilon(DType dtype) => dtype switch
    {
        DType.Float16 => 0.0009765625,
        DType.BFloat16 => 0.0078125,
        DType.Float32 => 1.1920928955078125e-07,
        _ => 2.220446049250313e-16,
    };
}
