namespace Nabla.Nn;

/// <summary>A parametrisation of which a value can be taken back, so that a tensor keeps its value when it is parametrised, and can be
/// set.</summary>
public interface IRightInverse
{
    /// <summary>What the parametrisation has to be given for a value, or null if that cannot be said.</summary>
    /// <param name="value">The value.</param>
    IReadOnlyList<Tensor>? RightInverse(Tensor value);
}

/// <summary>
/// Makes a parameter or buffer of a module a function of other tensors, which are learned in its place: its value is computed anew before
/// each call of the module. In the state dict, <c>weight</c> becomes <c>parametrizations.weight.original</c> (or <c>original0</c>,
/// <c>original1</c>, ...).
/// </summary>
/// <remarks>Between calls the module's property holds the value of the last call; <see cref="Value"/> computes it.</remarks>
public static class Parametrize
{
    /// <summary>Adds a parametrisation. Of several of one tensor, the first added is computed first.</summary>
    /// <param name="module">The module.</param>
    /// <param name="tensorName">The tensor's name in the state dict, such as <c>weight</c>.</param>
    /// <param name="parametrization">What computes the value from the original, or from what the one before computed.</param>
    /// <param name="unsafe">Do not check that shape and dtype stay.</param>
    /// <exception cref="ArgumentException">There is no such tensor, or the parametrisation changes its shape or dtype.</exception>
    public static void Register(Module module, string tensorName, Module<Tensor, Tensor> parametrization, bool @unsafe = false) =>
        Add(module, tensorName, parametrization, @unsafe);

    /// <summary>Adds a parametrisation by several tensors, which its <see cref="IRightInverse"/> makes from the value. It must be the
    /// first.</summary>
    /// <inheritdoc cref="Register(Module, string, Module{Tensor, Tensor}, bool)"/>
    public static void Register(Module module, string tensorName, Module<IReadOnlyList<Tensor>, Tensor> parametrization,
        bool @unsafe = false) => Add(module, tensorName, parametrization, @unsafe);

    private static void Add(Module module, string tensorName, Module parametrization, bool @unsafe)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(parametrization);
        parametrization.Train(module.Training);
        if (module.Parametrized?.ContainsKey(tensorName) == true)
        {
            ParametrizationList list = module.Parametrized[tensorName];
            if (parametrization is not Module<Tensor, Tensor> next)
                throw new ArgumentException("A parametrization by several tensors must be the first of its tensor.",
                    nameof(parametrization));
            if (!@unsafe) list.CheckNext(tensorName, next);
            list.Append(next);
            module.Refresh();
            return;
        }
        Slot place = Place(module, tensorName);
        Tensor original = (Tensor)place.Value!;
        ParametrizationList made = new(parametrization, original);
        Tensor? value = null;
        if (!@unsafe)
        {
            value = made.Compute();
            CheckSame("tensor", original, value);
        }
        made.Keep(original);
        if (module.Parametrized is null) module.RegisterModule("parametrizations", new ModuleDict<ParametrizationList>());
        module.Parametrized!.Add(tensorName, made);
        module.ComputeBeforeCalls();
        if (value is null) module.Refresh();
        else place.Put(value);
    }

    internal static Slot Place(Module module, string name)
    {
        foreach (Slot slot in module.Slots())
            if (slot.Name == name && slot.Value is Tensor) return slot;
        throw new ArgumentException($"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{name}'",
            nameof(name));
    }

    internal static void CheckSame(string what, Tensor before, Tensor after)
    {
        if (before.DType != after.DType)
            Throw.Types($"Registering a parametrization may not change the dtype of the {what}, unless `unsafe` flag is enabled.\n" +
                $"unparametrized dtype: torch.{before.DType.Name()}\nparametrized dtype: torch.{after.DType.Name()}");
        if (before.Shape != after.Shape)
            Throw.Shapes($"Registering a parametrization may not change the shape of the {what}, unless `unsafe` flag is enabled.\n" +
                $"unparametrized shape: torch.Size({before.Shape})\nparametrized shape: torch.Size({after.Shape})");
    }

    /// <summary>Whether a tensor of a module, or any, has parametrisations.</summary>
    /// <param name="module">The module.</param>
    /// <param name="tensorName">The tensor's name; null for any.</param>
    public static bool IsParametrized(Module module, string? tensorName = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.Parametrized is { Count: > 0 } all && (tensorName is null || all.ContainsKey(tensorName));
    }

    /// <summary>The value of a parametrised tensor, computed now and differentiable. The module's property holds it from now on.</summary>
    /// <param name="module">The module.</param>
    /// <param name="tensorName">The tensor's name.</param>
    /// <exception cref="ArgumentException">The tensor is not parametrised.</exception>
    public static Tensor Value(Module module, string tensorName)
    {
        Tensor value = List(module, tensorName).Compute();
        Place(module, tensorName).Put(value);
        return value;
    }

    /// <summary>Sets the originals so that the parametrised tensor has a value, or comes close to it.</summary>
    /// <param name="module">The module.</param>
    /// <param name="tensorName">The tensor's name.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The tensor is not parametrised.</exception>
    /// <exception cref="InvalidOperationException">A parametrisation has no <see cref="IRightInverse"/>.</exception>
    public static void Set(Module module, string tensorName, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        List(module, tensorName).Set(value);
        module.Refresh();
    }

    /// <summary>Makes a parametrised tensor a parameter or buffer of its own again.</summary>
    /// <param name="module">The module.</param>
    /// <param name="tensorName">The tensor's name.</param>
    /// <param name="leaveParametrized">Leave it the value that it has; otherwise it gets its original.</param>
    /// <exception cref="ArgumentException">The tensor is not parametrised, or there are several originals to choose from.</exception>
    public static void Remove(Module module, string tensorName, bool leaveParametrized = true)
    {
        ParametrizationList list = List(module, tensorName);
        Slot place = Place(module, tensorName);
        Tensor plain = list.Plain(leaveParametrized);
        module.Parametrized!.Remove(tensorName);
        place.Put(plain);
        if (module.Parametrized.Count == 0) module.ForgetParametrizations();
    }

    private static ParametrizationList List(Module module, string tensorName)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (!IsParametrized(module, tensorName))
            throw new ArgumentException($"Module {module} does not have a parametrization on {tensorName}", nameof(tensorName));
        return module.Parametrized![tensorName];
    }
}
