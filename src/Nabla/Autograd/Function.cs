using System.Diagnostics.CodeAnalysis;
using Nabla.Amp;

namespace Nabla;

/// <summary>
/// An operation with rules of its own: derive from it, state forward and backward, and apply an instance.
/// <code>
/// sealed class Exp : Function&lt;Tensor, Tensor&gt;
/// {
///     protected override Tensor Forward(FunctionContext ctx, Tensor x)
///     {
///         Tensor y = x.Exp();
///         ctx.SaveForBackward(y);
///         return y;
///     }
///
///     protected override Tensor Backward(FunctionContext ctx, Tensor g) => g * ctx.SavedTensors[0];
/// }
///
/// Tensor y = new Exp().Apply(x);   // y.GradFn is &lt;ExpBackward&gt;
/// </code>
/// </summary>
/// <remarks>
/// Input and output are tensors, or tuples, lists, dictionaries, records of tensors and of anything else (see <see cref="Tree"/>). Every
/// tensor in them is tracked; one that would not be found is an error. Fields of the instance are parameters: an instance holds nothing of
/// a call, so that one serves any number of calls, in any thread.
/// <para>State the forward in one of two ways: <see cref="Forward(FunctionContext, TIn)"/>, which computes and saves, or
/// <see cref="Forward(TIn)"/>, which computes, with <see cref="SetupContext"/>, which saves inputs and outputs. The second works in every
/// nesting of transforms.</para>
/// </remarks>
/// <typeparam name="TIn">The input: a tensor, or a structure of tensors and other values.</typeparam>
/// <typeparam name="TOut">The output, likewise.</typeparam>
public abstract class Function<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>
{
    /// <summary>What the derived class states: 1 looked at, 2 the forward that does not save, 4 a rule for vmap.</summary>
    private byte states;

    /// <summary>The name in messages; with <c>Backward</c> after it that of the node. The type's name unless stated.</summary>
    public virtual string Name => GetType().Name.Split('`')[0];

    /// <summary>For rules: the gradient or tangent of what has none.</summary>
    protected static Tensor None => null!;

    /// <summary>True if the result of <see cref="Backward"/> is not to be differentiated again: trying so is an error. It then runs
    /// unrecorded.</summary>
    protected virtual bool OnceDifferentiable => false;

    /// <summary>True if vmap may run the function's own code on tensors that stand for a whole batch: all of it is made of operations on
    /// tensors.</summary>
    protected virtual bool GenerateVmapRule => false;

    /// <summary>If not null: while <see cref="Autocast"/> is on, floating-point inputs but float64 are converted to this dtype first, and
    /// forward runs without autocast. As <c>custom_fwd(cast_inputs=...)</c>.</summary>
    protected virtual DType? AutocastInputs => null;

    /// <summary>True if the rule for backward runs under the autocast that held in forward, as by <c>custom_bwd</c>. Without it, or with
    /// <see cref="AutocastInputs"/>, none does.</summary>
    protected virtual bool AutocastBackward => false;

    /// <summary>Computes the output and saves what the rules need. It runs unrecorded, without tangents.</summary>
    /// <param name="ctx">Of this call.</param>
    /// <param name="input">The input. Not to be written to, unless by <see cref="FunctionContext.MarkDirty"/>.</param>
    protected virtual TOut Forward(FunctionContext ctx, TIn input) => Forward(input);

    /// <summary>Computes the output. It runs unrecorded, without tangents.</summary>
    /// <param name="input">The input.</param>
    protected virtual TOut Forward(TIn input)
    {
        Throw.Graph($"You must implement the forward function for custom autograd.Function. {Name} has none: override Forward.");
        return default!;
    }

    /// <summary>Saves what the rules need, after <see cref="Forward(TIn)"/>. It runs unrecorded.</summary>
    /// <param name="ctx">Of this call.</param>
    /// <param name="input">The input.</param>
    /// <param name="output">The output.</param>
    protected virtual void SetupContext(FunctionContext ctx, TIn input, TOut output) { }

    /// <summary>From the gradient of the output to that of the input: null for a tensor that has none, anything for what is no tensor.
    /// Write it with operations on tensors, and it can be differentiated again.</summary>
    /// <param name="ctx">Of this call.</param>
    /// <param name="gradOutput">A gradient in the place of each tensor of the output; zeros where none arrived, or null, see
    /// <see cref="FunctionContext.SetMaterializeGrads"/>.</param>
    protected virtual TIn Backward(FunctionContext ctx, TOut gradOutput)
    {
        Throw.Graph("You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode " +
            $"AD. {Name} has none: override Backward.");
        return default!;
    }

    /// <summary>From the tangent of the input to that of the output: null for what has none.</summary>
    /// <remarks>If an output is a view of an input, return the same view of its tangent; if an input was written to, write to its tangent
    /// likewise, and return it.</remarks>
    /// <param name="ctx">Of this call.</param>
    /// <param name="tangents">A tangent in the place of each tensor of the input; zeros where there is none, or null.</param>
    protected virtual TOut Jvp(FunctionContext ctx, TIn tangents)
    {
        Throw.Graph("You must implement the jvp function for custom autograd.Function to use it with forward mode AD. " +
            $"{Name} has none: override Jvp.");
        return default!;
    }

    /// <summary>What <see cref="Apply"/> does in vmap. Without it, see <see cref="GenerateVmapRule"/>.</summary>
    /// <param name="info">The batch.</param>
    /// <param name="inDims">Where each tensor of the input, from left to right, has the batch; null if it has none.</param>
    /// <param name="input">The whole batch.</param>
    /// <returns>The output of the whole batch, and where its tensors have it.</returns>
    protected virtual (TOut Output, VmapDims OutDims) Vmap(VmapInfo info, IReadOnlyList<int?> inDims, TIn input)
    {
        Throw.Graph($"You tried to vmap over {Name}, but it does not have vmap support.");
        return default;
    }

    /// <summary>The output, tracked.</summary>
    /// <exception cref="AutogradException">A rule is missing or returned what does not fit, an output would not be tracked, or an input may
    /// not be written to.</exception>
    public TOut Apply(TIn input)
    {
        ArgumentNullException.ThrowIfNull(input);
        (Tensor[] x, TIn skeleton) = FunctionSlots.Open(input, Name, "input");
        Rule rule = new(this, skeleton, x.Length);
        Tensor[] y = Autocast.IsEnabled ? Mixed(rule, x, out FunctionContext ctx) : FunctionRule.Apply(rule, x, out ctx);
        ctx.Close();
        return FunctionSlots.Fill(rule.Output, y);
    }

    private Tensor[] Mixed(Rule rule, Tensor[] x, out FunctionContext ctx)
    {
        if (AutocastInputs is not { } dtype)
        {
            if (AutocastBackward) rule.Precision = Autocast.Active;
            return FunctionRule.Apply(rule, x, out ctx);
        }
        using AutocastCall call = Autocast.Begin();
        return FunctionRule.Apply(rule, Array.ConvertAll(x, t => AutocastScope.Converts(t.DType) ? t.To(dtype) : t), out ctx);
    }

    private bool Split => (States & 2) != 0;

    private bool OverridesVmap => (States & 4) != 0;

    private byte States
    {
        get
        {
            if (states != 0) return states;
            Type here = typeof(Function<TIn, TOut>);
            bool saves = ((Func<FunctionContext, TIn, TOut>)Forward).Method.DeclaringType != here;
            bool vmap = ((Func<VmapInfo, IReadOnlyList<int?>, TIn, (TOut, VmapDims)>)Vmap).Method.DeclaringType != here;
            return states = (byte)(1 | (saves ? 0 : 2) | (vmap ? 4 : 0));
        }
    }

    /// <summary>The function on flat tensors.</summary>
    private sealed class Rule(Function<TIn, TOut> f, TIn input, int count) : FunctionRule
    {
        private TOut? output;
        private int outputs;

        /// <summary>The structure of the output.</summary>
        internal TOut Output => output!;

        /// <summary>The autocast under which backward runs.</summary>
        internal AutocastScope? Precision { get; set; }

        internal override string Name => f.Name;
        internal override bool Split => f.Split;
        internal override bool OnceDifferentiable => f.OnceDifferentiable;
        internal override bool GenerateVmapRule => f.GenerateVmapRule;
        internal override bool OverridesVmap => f.OverridesVmap;

        internal override Tensor[] Forward(FunctionContext ctx, Tensor[] x)
        {
            TIn here = FunctionSlots.Fill(input, x);
            return Flat(Split ? f.Forward(here) : f.Forward(ctx, here));
        }

        internal override void SetupContext(FunctionContext ctx, Tensor[] x, Tensor[] y) =>
            f.SetupContext(ctx, FunctionSlots.Fill(input, x), FunctionSlots.Fill(Output, y));

        internal override Tensor?[] Backward(FunctionContext ctx, Tensor?[] g)
        {
            TIn gradient;
            AutocastScope? outer = Autocast.Active;
            if (Precision is not null) Autocast.Exchange(AutocastScope.Again(Precision));
            try { gradient = f.Backward(ctx, FunctionSlots.Fill(Output, g)); }
            finally
            {
                if (Precision is not null) Autocast.Exchange(outer);
            }
            return FunctionSlots.Match(input, gradient, count, (expected, got) => Throw.Graph(expected < 0
                ? $"function {Name}Backward returned a gradient different than None at position {got}, but the corresponding forward " +
                    "input was not a Variable. Return null there."
                : $"function {Name}Backward returned an incorrect number of gradients (expected {expected}, got {got}). Backward returns " +
                    $"one gradient, or null, for each part of the input {Tree.Describe(input)}."));
        }

        internal override Tensor?[] Jvp(FunctionContext ctx, Tensor?[] t)
        {
            TOut tangents = f.Jvp(ctx, FunctionSlots.Fill(input, t));
            return FunctionSlots.Match(output, tangents, outputs, (expected, got) => Throw.Graph(expected < 0
                ? $"Function's jvp returned a gradient at position {got - 1}, but  the corresponding forward output is not a " +
                    "differentiable Tensor.You should return None at that position instead."
                : $"Function's jvp returned an invalid number of forward gradients (expected {expected} but got {got}). The Jvp of " +
                    $"{Name} returns one tangent, or null, for each part of the output {Tree.Describe(output)}."));
        }

        internal override (Tensor[] Y, int?[] Dims) Vmap(VmapInfo info, int?[] dims, Tensor[] x)
        {
            (TOut made, VmapDims outDims) = f.Vmap(info, dims, FunctionSlots.Fill(input, x));
            Tensor[] y = Flat(made);
            List<int?> places = [];
            if (!outDims.Resolve(made, places))
                Throw.Graph("The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected " +
                    $"out_dims={outDims} to be compatible with the structure of `output`. out_dims has structure {outDims} but output " +
                    $"has structure {Tree.Describe(made)}. The function is {Name}.");
            return (y, [.. places]);
        }

        internal override bool[] Arguments(bool[] needs)
        {
            if (input is not System.Runtime.CompilerServices.ITuple tuple) return needs;
            bool[] arguments = new bool[tuple.Length];
            int next = 0;
            for (int i = 0; i < arguments.Length; i++)
                for (int n = FunctionSlots.Leaves(tuple[i]); n > 0; n--) arguments[i] |= needs[next++];
            return arguments;
        }

        private Tensor[] Flat(TOut made)
        {
            if (made is null && typeof(TOut) == typeof(Tensor))
                Throw.Graph($"{Name}: Forward returned null. Return a tensor.");
            (Tensor[] y, output) = FunctionSlots.Open(made, Name, "output");
            outputs = y.Length;
            return y;
        }
    }
}

/// <summary>What a function's own rule for vmap knows of the batch.</summary>
/// <param name="BatchSize">The number of items.</param>
/// <param name="Randomness">What random operations do: <c>"error"</c>, <c>"different"</c>, <c>"same"</c>.</param>
public readonly record struct VmapInfo(long BatchSize, string Randomness);
