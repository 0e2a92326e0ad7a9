using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Nabla.Nn;

/// <summary>
/// Something with parameters: a layer, a loss, a network. What its fields and automatic properties hold registers itself: modules are
/// children; a <see cref="Tensor"/> is a parameter if <see cref="Parameter.Of"/> made it or it is a leaf that requires a gradient, and a
/// buffer if the field carries <see cref="BufferAttribute"/>; arrays, lists and dictionaries of modules or parameters count too. Names in
/// the state dict are the fields' in snake case, as PyTorch's modules have them. Derive from <see cref="Module{TIn, TOut}"/>.
/// </summary>
/// <remarks>Fields are found by reflection, once per type, in the order of their declaration, base classes first. The class is annotated so
/// that trimming keeps them.</remarks>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields)]
public abstract partial class Module
{
    /// <summary>Whether the module is in training mode, where dropout drops and batch normalisation uses the batch's statistics. Set it
    /// with <see cref="Train"/> and <see cref="Eval"/>.</summary>
    public bool Training { get; private set; } = true;

    /// <summary>The name that the module which called this one last has for it.</summary>
    internal string? LastName;

    /// <summary>Sets training mode for this module and all below.</summary>
    /// <param name="mode">True for training, false for evaluation.</param>
    public void Train(bool mode = true)
    {
        foreach (Module module in Modules()) module.Training = mode;
    }

    /// <summary>The same for this module alone.</summary>
    internal void SetTraining(bool mode) => Training = mode;

    /// <summary>Sets evaluation mode for this module and all below.</summary>
    public void Eval() => Train(false);

    /// <summary>Calls a function with every module below and then with this one, children first.</summary>
    /// <param name="f">For example an initialiser of weights.</param>
    public void Apply(Action<Module> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        // A child comes after its parent in the listing, so that the reverse has every child before its parent.
        foreach (Module module in NamedModules(removeDuplicate: false).Select(static m => m.Module).Reverse().ToArray()) f(module);
    }

    /// <summary>Sets whether gradients are computed for all parameters below.</summary>
    /// <param name="requiresGrad">False freezes them.</param>
    public void RequiresGrad_(bool requiresGrad = true)
    {
        foreach (Tensor p in Parameters()) p.RequiresGrad = requiresGrad;
    }

    /// <summary>Drops the gradients of all parameters, or sets them to zero.</summary>
    /// <param name="setToNone">Drop them; otherwise memory stays and holds zeros.</param>
    public void ZeroGrad(bool setToNone = true)
    {
        foreach (Tensor p in Parameters())
        {
            if (setToNone || p.meta?.Grad is null) p.Grad = null;
            else p.Grad = p.Grad!.Detach().Zero_();
        }
    }

    /// <summary>
    /// Converts all floating-point and complex parameters and buffers, with their gradients. A converted tensor is a new one in its place:
    /// make optimizers afterwards. Tied parameters stay tied.
    /// </summary>
    /// <param name="dtype">A floating-point or complex type.</param>
    /// <exception cref="DTypeException">The type is neither.</exception>
    public void To(DType dtype)
    {
        if (!dtype.IsFloatingPoint() && !dtype.IsComplex())
            Throw.Types($"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.{dtype.Name()}");
        ReplaceTensors(t => (!t.DType.IsFloatingPoint() && !t.DType.IsComplex()) || t.DType == dtype ? t : Converted(t, dtype));
    }

    /// <summary>Converts to float32; see <see cref="To"/>.</summary>
    public void Float() => To(DType.Float32);

    /// <summary>Converts to float64; see <see cref="To"/>.</summary>
    public void Double() => To(DType.Float64);

    /// <summary>Converts to float16; see <see cref="To"/>.</summary>
    public void Half() => To(DType.Float16);

    /// <summary>Converts to bfloat16; see <see cref="To"/>.</summary>
    public void BFloat16() => To(DType.BFloat16);

    private static Tensor Converted(Tensor t, DType dtype)
    {
        Tensor y = t.Detach().To(dtype);
        y.IsParameter = t.IsParameter;
        y.RequiresGrad = t.RequiresGrad;
        y.Grad = t.Grad?.Detach().To(dtype);
        return y;
    }

    /// <summary>Puts another tensor into the place of each parameter and buffer, the same one where the old was the same.</summary>
    internal void ReplaceTensors(Func<Tensor, Tensor> f)
    {
        Dictionary<Tensor, Tensor> done = new(ReferenceEqualityComparer.Instance);
        foreach (Module module in Modules())
            foreach (Slot slot in module.Tensors())
            {
                Tensor t = (Tensor)slot.Value!;
                if (!done.TryGetValue(t, out Tensor? y)) done[t] = y = f(t);
                if (!ReferenceEquals(y, t)) slot.Put(y);
            }
        foreach (Module module in Modules()) module.Refresh();
    }

    /// <summary>This module and those below with their parameters, without a call and so without shapes; print it.</summary>
    public ModuleSummary Summary() => SummaryRecord.Of(this, null, null);

    /// <summary>What stands in the parentheses of <see cref="ToString"/>: the arguments that the module was made with.</summary>
    protected virtual string ExtraRepr => "";

    /// <summary>The name of the class as <see cref="ToString"/> prints it.</summary>
    private protected virtual string TypeName => GetType().Name.Split('`')[0];

    internal string Label => Parametrized is null ? TypeName : "Parametrized" + TypeName;

    internal string Arguments => ExtraRepr;

    /// <summary>The modules that this thread is printing, from the outermost to the innermost.</summary>
    [ThreadStatic] private static HashSet<Module>? printing;

    /// <summary>The module and its children as PyTorch prints them; of a module inside of itself only the name.</summary>
    public override string ToString()
    {
        if (!(printing ??= []).Add(this)) return $"{Label}(...)";
        try { return Lines(); }
        finally { printing.Remove(this); }
    }

    private string Lines()
    {
        StringBuilder text = new(Label);
        string extra = ExtraRepr;
        List<string> lines = ChildLines();
        text.Append('(');
        if (extra.Length > 0 && lines.Count == 0 && !extra.Contains('\n', StringComparison.Ordinal)) text.Append(extra);
        else if (extra.Length > 0 || lines.Count > 0)
        {
            if (extra.Length > 0) lines.InsertRange(0, extra.Split('\n'));
            foreach (string line in lines) text.Append("\n  ").Append(line);
            text.Append('\n');
        }
        return text.Append(')').ToString();
    }

    private protected virtual List<string> ChildLines() =>
        [.. NamedChildren().Select(static c => $"({c.Name}): {Indent(c.Module.ToString())}")];

    /// <summary>All lines but the first two blanks further in.</summary>
    private protected static string Indent(string text) => text.Replace("\n", "\n  ", StringComparison.Ordinal);
}
