using System.Collections;

namespace Nabla.Optim;

/// <summary>
/// Changes parameters by their gradients, as <c>torch.optim.Optimizer</c>. A derived class says in <see cref="Init"/> what it remembers
/// of a parameter and in <see cref="Update"/> how it changes one.
/// </summary>
/// <remarks>
/// A step checks every parameter, gradient and state before it changes the first one. Its arithmetic is that of PyTorch's
/// single-tensor implementation, operation by operation, in one pass over memory and with the same bits for any number of threads;
/// the options <c>foreach</c>, <c>fused</c> and <c>capturable</c>, which choose between PyTorch's implementations, are kept for state
/// dictionaries and change nothing.
/// </remarks>
public abstract partial class Optimizer : IStateful
{
    private readonly List<ParamGroup> groups = [];
    private readonly OrderedDictionary<string, object?> defaults = [];
    private readonly bool isOurs;
    private Dictionary<Tensor, ParamState> states = [];

    /// <summary>An optimizer of groups of parameters.</summary>
    /// <param name="groups">The parameters.</param>
    /// <param name="defaults">Options and their values where a group has none, in the order of state dictionaries.</param>
    /// <exception cref="ArgumentException">There is no group; or a group is refused, see <see cref="AddParamGroup"/>.</exception>
    protected Optimizer(IEnumerable<ParamGroup> groups, params ReadOnlySpan<(string Name, object? Value)> defaults)
    {
        ArgumentNullException.ThrowIfNull(groups);
        isOurs = GetType().Assembly == typeof(Optimizer).Assembly;
        foreach ((string name, object? value) in defaults) this.defaults[name] = StateValue.Normal(value, name);
        foreach (ParamGroup group in groups) AddParamGroup(group);
        if (this.groups.Count == 0) Throw.Argument(nameof(groups), "optimizer got an empty parameter list");
    }

    /// <summary>A list of parameters as one group.</summary>
    /// <exception cref="ArgumentException">There are no parameters.</exception>
    protected static IEnumerable<ParamGroup> One(IEnumerable<Tensor> parameters)
    {
        ParamGroup group = new(parameters);
        if (group.Params.Count == 0)
            Throw.Argument(nameof(parameters), "optimizer got an empty parameter list: there is nothing to optimize.");
        return [group];
    }

    /// <summary>PyTorch's default of some options is the integer 0, which state dictionaries keep.</summary>
    private protected static object Whole(double value) => value == 0 ? (object)0L : value;

    private protected static void OneImplementation(bool? fused, bool? @foreach, bool differentiable)
    {
        if (fused is not true) return;
        if (differentiable) Throw.Argument(nameof(fused), "`fused` does not support `differentiable`");
        if (@foreach is true) Throw.Argument(nameof(fused), "`fused` and `foreach` cannot be `True` together.");
    }

    /// <summary>The groups of parameters with their options, which may be changed between steps.</summary>
    public IReadOnlyList<ParamGroup> ParamGroups => groups;

    /// <summary>The options of groups that do not set them.</summary>
    public IReadOnlyDictionary<string, object?> Defaults => defaults;

    /// <summary>What the optimizer remembers of each parameter that it has changed.</summary>
    public IReadOnlyDictionary<Tensor, ParamState> State => states;

    /// <summary>True once a step was taken: schedulers ask.</summary>
    internal bool HasStepped { get; private set; }

    /// <summary>Adds a group of parameters; options that it does not set are filled in.</summary>
    /// <exception cref="ArgumentException">A parameter is no leaf, is there already or twice, some groups have names and others have not,
    /// or an option's value is refused.</exception>
    public virtual void AddParamGroup(ParamGroup paramGroup)
    {
        ArgumentNullException.ThrowIfNull(paramGroup);
        HashSet<Tensor> others = [.. groups.SelectMany(static g => g.Params)], own = [];
        bool differentiable = paramGroup.Contains("differentiable") ? paramGroup.Flag("differentiable")
            : StateValue.Flag(defaults.GetValueOrDefault("differentiable"), "differentiable");
        foreach (Tensor p in paramGroup.Params)
        {
            if (!differentiable && !p.IsLeaf && !p.RetainsGrad)
                Throw.Argument(nameof(paramGroup), $"can't optimize a non-leaf Tensor: one is the result of {p.GradFn!.Name}. Optimize " +
                    "the leaf it was computed from, or Detach() it.");
            if (others.Contains(p)) Throw.Argument(nameof(paramGroup), "some parameters appear in more than one parameter group");
            if (!own.Add(p))
                Throw.Argument(nameof(paramGroup), "optimizer contains a parameter group with duplicate parameters: pass each once.");
        }
        if (groups.Count > 0 && (groups[0].ParamNames is null) != (paramGroup.ParamNames is null))
            Throw.Argument(nameof(paramGroup), "all optimizer param groups should be with/without names. cannot add param group " +
                $"{(paramGroup.ParamNames is null ? "without names" : "with names")} to the optimizer");
        OrderedDictionary<string, object?> before = new(paramGroup.Options);
        Fill(paramGroup.Options);
        try
        {
            Check(paramGroup);
        }
        catch
        {
            paramGroup.Options = before;
            throw;
        }
        groups.Add(paramGroup);
    }

    private void Fill(OrderedDictionary<string, object?> options)
    {
        foreach ((string name, object? value) in defaults)
            if (!options.ContainsKey(name)) options[name] = StateValue.Copy(value);
    }

    /// <summary>Drops the gradients of all parameters.</summary>
    /// <param name="setToNone">True: <see cref="Tensor.Grad"/> becomes null; false: it is filled with zeros.</param>
    public void ZeroGrad(bool setToNone = true)
    {
        foreach (ParamGroup group in groups)
        {
            foreach (Tensor p in group.Params)
            {
                if (p.meta?.Grad is not { } g) continue;
                if (setToNone)
                {
                    p.meta.Assign(null);
                    continue;
                }
                if (g.GradFn is not null) g.Detach_();
                else g.RequiresGrad = false;
                g.Zero_();
            }
        }
    }

    /// <summary>Changes every parameter that has a gradient.</summary>
    /// <exception cref="ShapeException">A loaded state does not have its parameter's shape. Nothing was changed.</exception>
    public void Step() => Hooked(null);

    /// <summary>Calls a function that computes the loss and its gradients, then changes every parameter that has a gradient.</summary>
    /// <param name="closure">Clears the gradients, computes the loss, calls <see cref="Tensor.Backward"/> and returns the loss. Runs with
    /// recording on.</param>
    /// <returns>The loss that the closure returned.</returns>
    public Tensor Step(Func<Tensor> closure)
    {
        ArgumentNullException.ThrowIfNull(closure);
        return Hooked(closure)!;
    }

    /// <summary>A step without hooks; <see cref="Step()"/> calls it.</summary>
    /// <param name="closure">Computes the loss, or null.</param>
    /// <returns>The loss, or null without closure.</returns>
    protected virtual Tensor? StepCore(Func<Tensor>? closure)
    {
        Tensor? loss = null;
        if (closure is not null)
        {
            using (Autograd.EnableGrad()) loss = closure();
        }
        UpdateAll();
        return loss;
    }

    /// <summary>Fails for a group whose options have values that make no sense.</summary>
    protected virtual void Check(ParamGroup group) { }

    /// <summary>True if <see cref="Init"/> has to run before <see cref="Update"/>: at first.</summary>
    protected virtual bool NeedsInit(ParamState state, ParamGroup group) => state.Count == 0;

    /// <summary>Fills the state of a parameter before its first update.</summary>
    protected virtual void Init(Tensor parameter, ParamState state, ParamGroup group) { }

    /// <summary>Changes one parameter in place. Recording is off unless the group is <c>differentiable</c>.</summary>
    protected abstract void Update(Tensor parameter, Tensor grad, ParamState state, ParamGroup group);

    /// <summary>The tensors of a parameter's state that a step cannot do without: counts, and others of the parameter's dtype.</summary>
    private protected virtual string[] Entries(Tensor p, ParamGroup group) => [];

    /// <summary>True of numbers that are kept in a tensor of one element and of any dtype.</summary>
    private static bool IsNumber(string key) => key is "step" or "mu_product" or "eta" or "mu";

    private void CheckEntries(Tensor p, ParamState state, ParamGroup group)
    {
        foreach (string key in Entries(p, group))
        {
            DType dtype = state.Get(key).dtype;
            if (IsNumber(key) ? dtype.IsComplex() : dtype != p.dtype)
                Throw.Types($"The state '{key}' is {dtype.Name()}, but its parameter is {p.dtype.Name()}: convert it, or load a state " +
                    "dictionary, which converts floating-point states to the parameter's dtype. Nothing was changed.");
        }
    }

    /// <summary>Makes the state of a parameter before any step.</summary>
    private protected void Begin(Tensor p, ParamGroup group)
    {
        ParamState state = [];
        using (Autograd.NoGrad()) Init(p, state, group);
        KeepAll(state);
        states[p] = state;
    }

    /// <summary>Puts a state in the place of a parameter's.</summary>
    private protected void SetState(Tensor p, ParamState state)
    {
        KeepAll(state);
        states[p] = state;
    }

    private void UpdateAll()
    {
        string name = $"{GetType().Name}.Step";
        List<(ParamGroup Group, List<(Tensor P, ParamState State)> Parts)> work = [];
        using (Autograd.NoGrad())
        {
            foreach (ParamGroup group in groups)
            {
                List<(Tensor P, ParamState State)> parts = [];
                foreach (Tensor p in group.Params)
                {
                    if (p.meta?.Grad is null) continue;
                    parts.Add((p, Prepare(p, group)));
                    if (!group.Flag("differentiable")) _ = Views.Check(p, false, name);
                }
                work.Add((group, parts));
            }
        }
        foreach ((ParamGroup group, List<(Tensor P, ParamState State)> parts) in work)
        {
            using GradScope scope = Autograd.SetGradEnabled(group.Flag("differentiable"));
            foreach ((Tensor p, ParamState state) in parts)
            {
                if (state.Count > 0) states[p] = state;
                // A user's rule may keep the gradient; the library's own do not.
                Update(p, isOurs ? p.meta!.Grad! : p.Grad!, state, group);
                state.IsFresh = false;
                KeepAll(state);
            }
        }
    }

    /// <summary>What a step of training makes inside a scope and the next step needs.</summary>
    private static void KeepAll(ParamState state)
    {
        if (TensorScope.Current is null) return;
        foreach ((_, object? value) in state)
        {
            if (value is Tensor t) TensorScope.Keep(t);
            else if (value is IEnumerable many)
                foreach (Tensor inner in many.OfType<Tensor>()) TensorScope.Keep(inner);
        }
    }

    /// <summary>The state of a parameter, made or found to fit; the optimizer is not changed yet.</summary>
    private ParamState Prepare(Tensor p, ParamGroup group)
    {
        if (p.wrap is not null && !group.Flag("differentiable"))
            Throw.Graph($"{GetType().Name}.Step: a parameter belongs to a running transform; step outside of the function that is " +
                "transformed.");
        if (!p.dtype.IsDifferentiable()) Throw.NotImplementedFor($"{GetType().Name}.Step", p.dtype);
        ParamState state = states.GetValueOrDefault(p) ?? [];
        foreach ((string key, object? value) in state)
            if (value is Tensor t) CheckState(p, key, t);
        if (NeedsInit(state, group))
        {
            ParamState fresh = [];
            foreach ((string key, object? value) in state) fresh[key] = value;
            fresh.IsFresh = true;
            Init(p, fresh, group);
            state = fresh;
        }
        CheckEntries(p, state, group);
        return state;
    }

    /// <summary>Fails if a tensor of a parameter's state does not fit: it has one element or the parameter's shape, unless stated
    /// otherwise.</summary>
    /// <exception cref="ShapeException">It does not fit.</exception>
    protected virtual void CheckState(Tensor parameter, string key, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(value);
        if (IsNumber(key) ? value.NumElements == 1 : value.layout.SameShape(parameter.layout)) return;
        Throw.Shapes($"The state '{key}' has the shape {value.Shape}, but its parameter has {parameter.Shape}: the state dictionary " +
            "belongs to another model, or the parameter has changed. Nothing was changed.");
    }

    /// <summary>Zeros of a parameter's shape, dtype and order of dimensions.</summary>
    private protected static Tensor ZerosOf(Tensor p) => Tensor.ZerosLike(p);

    /// <summary>Changes a parameter and up to three tensors of its state by a rule: in one pass over memory, or, if the group is
    /// differentiable, by recorded operations.</summary>
    private protected static void Apply<TRule>(TRule rule, Tensor p, Tensor g, ParamState state, string? a = null, string? b = null,
        string? c = null) where TRule : struct, IUpdateRule
    {
        Tensor? x = a is null ? null : state.Get(a), y = b is null ? null : state.Get(b), z = c is null ? null : state.Get(c);
        if (GradMode.Enabled)
        {
            Tensor next = p;
            rule.Update<Tensor, Recorded>(ref next, g, ref x!, ref y!, ref z!);
            if (a is not null) state[a] = x;
            if (b is not null) state[b] = y;
            if (c is not null) state[c] = z;
            p.Copy_(next);
            return;
        }
        Kernels.Updates.Run(rule, p, g, x, y, z);
        p.storage.Version++;
        if (x is not null) x.storage.Version++;
        if (y is not null) y.storage.Version++;
        if (z is not null) z.storage.Version++;
    }
}
