namespace Nabla.Optim;

/// <summary>
/// Limited-memory BFGS: a quasi-Newton method that needs a closure, which it may call several times in a step. Nocedal and Wright,
/// "Numerical Optimization", chapter 7, as in Schmidt's minFunc.
/// </summary>
/// <remarks>One group only. If the closure fails, parameters and state are put back as they were before the step.</remarks>
public sealed class LBFGS : Optimizer
{
    private IReadOnlyList<Tensor> Parameters => ParamGroups[0].Params;

    /// <summary>Optimizes a list of parameters.</summary>
    /// <param name="parameters">Leaves that receive gradients.</param>
    /// <param name="lr">The learning rate: the length of a step without line search, and the first length that a search tries.</param>
    /// <param name="maxIter">The most iterations in a step.</param>
    /// <param name="maxEval">The most calls of the closure in a step; 1.25 · maxIter by default.</param>
    /// <param name="toleranceGrad">Stop where no gradient is larger.</param>
    /// <param name="toleranceChange">Stop where loss or parameters change by less.</param>
    /// <param name="historySize">How many steps are remembered.</param>
    /// <param name="lineSearchFn">Null for steps of fixed length, or "strong_wolfe".</param>
    /// <exception cref="ArgumentException">There are no parameters, one of them is refused, or the learning rate is negative or
    /// NaN.</exception>
    public LBFGS(IEnumerable<Tensor> parameters, double lr = 1, long maxIter = 20, long? maxEval = null, double toleranceGrad = 1e-7,
        double toleranceChange = 1e-9, long historySize = 100, string? lineSearchFn = null)
        : this(One(parameters), lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn)
    { }

    /// <summary>Optimizes one group of parameters.</summary>
    /// <inheritdoc cref="LBFGS(IEnumerable{Tensor}, double, long, long?, double, double, long, string)"/>
    public LBFGS(IEnumerable<ParamGroup> groups, double lr = 1, long maxIter = 20, long? maxEval = null, double toleranceGrad = 1e-7,
        double toleranceChange = 1e-9, long historySize = 100, string? lineSearchFn = null)
        : base(groups, ("lr", lr == 1 ? (object)1L : lr), ("max_iter", maxIter), ("max_eval", maxEval ?? maxIter * 5 / 4),
            ("tolerance_grad", toleranceGrad), ("tolerance_change", toleranceChange), ("history_size", historySize),
            ("line_search_fn", lineSearchFn))
    { }

    /// <inheritdoc/>
    public override void AddParamGroup(ParamGroup paramGroup)
    {
        if (ParamGroups.Count > 0)
            Throw.Argument(nameof(paramGroup), "LBFGS doesn't support per-parameter options (parameter groups)");
        base.AddParamGroup(paramGroup);
    }

    /// <inheritdoc/>
    protected override void Check(ParamGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.AtLeast(0, "lr", "Invalid learning rate");
        if (group["line_search_fn"] is not (null or "strong_wolfe"))
            Throw.Range("lineSearchFn", group["line_search_fn"], "only 'strong_wolfe' is supported");
    }

    /// <inheritdoc/>
    protected override void CheckState(Tensor parameter, string key, Tensor value) { }

    /// <inheritdoc/>
    protected override void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group) =>
        Throw.State("LBFGS changes all parameters together.");

    /// <inheritdoc/>
    protected override Tensor? StepCore(Func<Tensor>? closure)
    {
        if (closure is null)
            Throw.State("step() missing 1 required positional argument: 'closure'. LBFGS evaluates the loss several times in a step: " +
                "call Step(() => ...).");
        using (Autograd.NoGrad())
        {
            foreach (Tensor p in Parameters) _ = Views.Check(p, false, "LBFGS.Step");
            Tensor[] before = Values();
            try
            {
                return new LbfgsStep(this, ParamGroups[0], closure).Run();
            }
            catch
            {
                Restore(before);
                throw;
            }
        }
    }

    internal ParamState Remembered => State.TryGetValue(Parameters[0], out ParamState? state) ? state : [];

    internal void Remember(ParamState state) => SetState(Parameters[0], state);

    /// <summary>All gradients in one vector; complex numbers as pairs.</summary>
    internal Tensor FlatGrad()
    {
        Tensor[] flat = new Tensor[Parameters.Count];
        for (int i = 0; i < flat.Length; i++)
        {
            Tensor p = Parameters[i], g = (p.Grad ?? Tensor.ZerosLike(p)).Detach();
            flat[i] = (g.DType.IsComplex() ? g.ViewAsReal() : g).Reshape([-1]);
        }
        return Tensor.Cat(flat);
    }

    /// <summary>Moves all parameters along a direction.</summary>
    internal void Move(double length, Tensor direction)
    {
        long at = 0;
        foreach (Tensor parameter in Parameters)
        {
            Tensor p = parameter.Detach();
            if (p.DType.IsComplex()) p = p.ViewAsReal();
            p.Add_(direction.Narrow(0, at, p.NumElements).View(p.Shape), length);
            at += p.NumElements;
        }
    }

    internal Tensor[] Values() => [.. Parameters.Select(static p => p.Detach().Clone())];

    internal void Restore(Tensor[] values)
    {
        for (int i = 0; i < values.Length; i++) Parameters[i].Detach().Copy_(values[i]);
    }
}
