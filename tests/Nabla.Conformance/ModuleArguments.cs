using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Nabla.Registry;
using Module = Nabla.Nn.Module;

namespace Nabla.Conformance;

/// <summary>Makes and calls modules from PyTorch's arguments, by the names and types of the library's own parameters.</summary>
public static class ModuleArguments
{
    /// <summary>PyTorch's positional arguments where they are not just the library's.</summary>
    private static readonly Dictionary<string, string> Signatures = new()
    {
        ["AdaptiveMaxPool1d"] = "output_size return_indices",
        ["AdaptiveMaxPool2d"] = "output_size return_indices",
        ["AdaptiveMaxPool3d"] = "output_size return_indices",
        ["BCELoss"] = "weight size_average reduce reduction",
        ["BCEWithLogitsLoss"] = "weight size_average reduce reduction pos_weight",
        ["CosineEmbeddingLoss"] = "margin size_average reduce reduction",
        ["CrossEntropyLoss"] = "weight size_average ignore_index reduce reduction label_smoothing",
        ["Embedding"] = "num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse _weight _freeze",
        ["EmbeddingBag"] =
            "num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq mode sparse _weight include_last_offset padding_idx",
        ["FractionalMaxPool2d"] = "kernel_size output_size output_ratio return_indices _random_samples",
        ["FractionalMaxPool3d"] = "kernel_size output_size output_ratio return_indices _random_samples",
        ["HingeEmbeddingLoss"] = "margin size_average reduce reduction",
        ["KLDivLoss"] = "size_average reduce reduction log_target",
        ["L1Loss"] = "size_average reduce reduction",
        ["MSELoss"] = "size_average reduce reduction",
        ["MarginRankingLoss"] = "margin size_average reduce reduction",
        ["MaxPool1d"] = "kernel_size stride padding dilation return_indices ceil_mode",
        ["MaxPool2d"] = "kernel_size stride padding dilation return_indices ceil_mode",
        ["MaxPool3d"] = "kernel_size stride padding dilation return_indices ceil_mode",
        ["MultiLabelMarginLoss"] = "size_average reduce reduction",
        ["MultiLabelSoftMarginLoss"] = "weight size_average reduce reduction",
        ["MultiMarginLoss"] = "p margin weight size_average reduce reduction",
        ["NLLLoss"] = "weight size_average ignore_index reduce reduction",
        ["PoissonNLLLoss"] = "log_input full size_average eps reduce reduction",
        ["SmoothL1Loss"] = "size_average reduce reduction beta",
        ["SoftMarginLoss"] = "size_average reduce reduction",
        ["TransformerEncoder"] = "encoder_layer num_layers norm enable_nested_tensor mask_check",
        ["TripletMarginLoss"] = "margin p eps swap size_average reduce reduction",
    };

    /// <summary>PyTorch's names of what is called with, where they are not the library's.</summary>
    private static readonly Dictionary<string, string> Forwards = new()
    {
        ["Bilinear"] = "input1 input2",
        ["CosineSimilarity"] = "x1 x2",
        ["MaxUnpool1d"] = "input indices output_size",
        ["MaxUnpool2d"] = "input indices output_size",
        ["MaxUnpool3d"] = "input indices output_size",
        ["PairwiseDistance"] = "x1 x2",
        ["PoissonNLLLoss"] = "log_input target",
    };

    /// <summary>Arguments that change nothing here.</summary>
    private static readonly HashSet<string> Ignored = ["device", "sparse", "enable_nested_tensor", "mask_check"];

    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["lambd"] = "lambda",
        ["min_value"] = "min_val",
        ["max_value"] = "max_val",
    };

    /// <summary>The library's class of PyTorch's name, or null.</summary>
    public static Type? Find(string name) =>
        typeof(Module).Assembly.GetType($"Nabla.Nn.{name[(name.LastIndexOf('.') + 1)..]}") is { IsAbstract: false } t ? t : null;

    /// <summary>The module that PyTorch's constructor makes.</summary>
    public static Module Make(string name, Call call)
    {
        string simple = name[(name.LastIndexOf('.') + 1)..];
        // It takes any arguments and uses none.
        if (simple == nameof(Nn.Identity)) call = new([]);
        Dictionary<string, object?> named = Named(simple, call, out List<object?> rest);
        if (named.Remove("return_indices", out object? indices) && indices is true) simple += "WithIndices";
        Type type = Find(simple) ?? throw new MissingMemberException($"There is no module {simple}.");
        foreach (ConstructorInfo constructor in type.GetConstructors().OrderByDescending(static c => c.GetParameters().Length))
            if (Match(constructor.GetParameters(), null, rest, named) is { } arguments)
                return (Module)Invoke(() => constructor.Invoke(arguments))!;
        throw new MissingMethodException(TypedValue.Describe(simple, call) + " fits no constructor.");
    }

    private static Dictionary<string, object?> Named(string name, Call call, out List<object?> rest)
    {
        Dictionary<string, object?> named = new(call.Kwargs);
        rest = [.. call.Args];
        if (Signatures.TryGetValue(name, out string? names))
        {
            foreach ((string argument, object? value) in names.Split(' ').Zip(call.Args)) named.Add(argument, value);
            rest.Clear();
        }
        foreach (string ignored in Ignored) named.Remove(ignored);
        foreach ((string old, string now) in Renamed)
            if (named.Remove(old, out object? value) && value is not null) named[now] = value;
        bool average = named.Remove("size_average", out object? a) && a is not null;
        bool reduce = named.Remove("reduce", out object? r) && r is not null;
        if (average || reduce) named["reduction"] = r is false ? "none" : a is false ? "sum" : "mean";
        return named;
    }

    /// <summary>The result of a call with PyTorch's arguments: of the overload that takes them with the fewest others.</summary>
    public static object? Run(Module module, Call call)
    {
        if (Forwards.TryGetValue(module.GetType().Name, out string? known))
        {
            Dictionary<string, object?> named = new(call.Kwargs);
            List<object?> positional = [.. call.Args];
            foreach (string name in known.Split(' ').Skip(positional.Count))
                if (named.Remove(name, out object? value)) positional.Add(value);
                else break;
            call = new([.. positional], named);
        }
        const BindingFlags all = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        MethodInfo[] methods = module.GetType().GetMethods(all);
        foreach (MethodInfo method in methods.Where(static m => m.Name == "Call").OrderBy(static m => m.GetParameters().Length))
        {
            Type[] types = [.. method.GetParameters().Select(static p => p.ParameterType)];
            ParameterInfo[]? names = methods.FirstOrDefault(m => m.Name == "Forward"
                && m.GetParameters().Select(static p => p.ParameterType).SequenceEqual(types))?.GetParameters();
            if (Match(method.GetParameters(), names, [.. call.Args], call.Kwargs) is { } arguments)
                return Invoke(() => method.Invoke(module, arguments));
        }
        throw new MissingMethodException(TypedValue.Describe(module.GetType().Name, call) + " fits no Call.");
    }

    /// <summary>What reflection throws tells less than what it wraps.</summary>
    private static object? Invoke(Func<object?> call)
    {
        try { return call(); }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    /// <summary>The arguments in the order of the parameters, or null if they do not fit.</summary>
    private static object?[]? Match(ParameterInfo[] parameters, ParameterInfo[]? names, List<object?> positional,
        IReadOnlyDictionary<string, object?> named)
    {
        if (positional.Count > parameters.Length) return null;
        object?[] result = new object?[parameters.Length];
        Dictionary<string, object?> left = named.ToDictionary(static p => Plain(p.Key), static p => p.Value);
        for (int i = 0; i < parameters.Length; i++)
        {
            object? value;
            if (i < positional.Count) value = positional[i];
            else if (!left.Remove(Plain(parameters[i].Name!), out value)
                && !(names is not null && left.Remove(Plain(names[i].Name!), out value)))
            {
                if (!parameters[i].HasDefaultValue) return null;
                result[i] = parameters[i].DefaultValue;
                continue;
            }
            if (!Convert(value, parameters[i].ParameterType, out result[i])) return null;
        }
        return left.Values.All(static v => v is null) ? result : null;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>A typed value as the library's type, if it can be one.</summary>
    private static bool Convert(object? value, Type type, out object? made)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (value is null && plain != typeof(AdaptiveSize))
        {
            made = null;
            return type != plain || !type.IsValueType;
        }
        made = value switch
        {
            ModuleValue m => Function(Make(m.Class, m.Arguments), plain),
            FunctionValue f => Function(f.Name, plain),
            string s => Word(s, plain),
            object?[] or List<object?> => List(((System.Collections.IEnumerable)value).Cast<object?>().ToArray(), plain),
            null => new AdaptiveSize(),
            long or double or bool => Number(value, plain),
            _ => plain.IsInstanceOfType(value) ? value : null,
        };
        if (value is null) made = (AdaptiveSize)new long?[] { null };
        return made is not null;
    }

    private static object? Number(object value, Type type)
    {
        if (type == value.GetType() || type == typeof(object)) return value;
        if (value is bool) return null;
        if (type == typeof(double)) return System.Convert.ToDouble(value, CultureInfo.InvariantCulture);
        if (type == typeof(Scalar)) return value is long n ? (Scalar)n : (Scalar)(double)value;
        if (type == typeof(Tensor)) return value is long n ? Tensor.Of(n) : Tensor.Of((double)value);
        if (type.IsAssignableFrom(typeof(double[]))) return (double[])[System.Convert.ToDouble(value, CultureInfo.InvariantCulture)];
        if (value is not long whole) return null;
        if (type == typeof(int)) return checked((int)whole);
        return List([whole], type);
    }

    private static object? Word(string word, Type type)
    {
        if (type == typeof(string)) return word;
        if (type == typeof(Padding)) return (Padding)word;
        if (type.IsEnum) return Enum.TryParse(type, Plain(word), ignoreCase: true, out object? value) ? value : null;
        return Function(word, type);
    }

    private static object? List(object?[] items, Type type)
    {
        if (typeof(ITuple).IsAssignableFrom(type)) return Tuple(items, type);
        if (type == typeof(AdaptiveSize)) return (AdaptiveSize)items.Select(static v => (long?)v).ToArray();
        if (items.All(static v => v is Tensor) && type.IsAssignableFrom(typeof(Tensor[]))) return items.Cast<Tensor>().ToArray();
        if (items.All(static v => v is long))
        {
            long[] numbers = [.. items.Cast<long>()];
            if (type == typeof(Shape)) return (Shape)numbers;
            if (type == typeof(Padding)) return (Padding)numbers;
            if (type == typeof(Tensor)) return Tensor.From<long>(numbers);
            if (type.IsAssignableFrom(typeof(long[]))) return numbers;
        }
        return type.IsAssignableFrom(typeof(double[])) && items.All(static v => v is long or double)
            ? items.Select(static v => System.Convert.ToDouble(v, CultureInfo.InvariantCulture)).ToArray() : null;
    }

    private static object? Tuple(object?[] items, Type type)
    {
        Type[] parts = type.GetGenericArguments();
        if (parts.Length != items.Length) return null;
        object?[] made = new object?[items.Length];
        for (int i = 0; i < made.Length; i++)
            if (!Convert(items[i], parts[i], out made[i])) return null;
        return Activator.CreateInstance(type, made);
    }

    /// <summary>A module, or its call.</summary>
    private static object? Function(Module module, Type type)
    {
        if (type.IsInstanceOfType(module)) return module;
        return typeof(Delegate).IsAssignableFrom(type) ? Delegated(type, module.GetType().GetMethods(), module, "Call") : null;
    }

    /// <summary>A function of PyTorch's name, such as <c>torch.nn.functional.relu</c>, as a delegate or a word.</summary>
    private static object? Function(string name, Type type)
    {
        string word = name[(name.LastIndexOf('.') + 1)..];
        if (type == typeof(string)) return word;
        if (type.IsEnum) return Word(word, type);
        return typeof(Delegate).IsAssignableFrom(type) ? Delegated(type, typeof(Functional).GetMethods(), null, Plain(word)) : null;
    }

    private static object? Delegated(Type type, MethodInfo[] methods, object? target, string name)
    {
        MethodInfo invoke = type.GetMethod("Invoke")!;
        int count = invoke.GetParameters().Length;
        foreach (MethodInfo method in methods.Where(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            ParameterInfo[] parameters = method.GetParameters();
            if (method.IsGenericMethod || parameters.Length < count
                || parameters.Take(count).Any(static p => p.ParameterType != typeof(Tensor))
                || parameters.Skip(count).Any(static p => !p.HasDefaultValue)) continue;
            object? Called(object?[] tensors) => Invoke(() => method.Invoke(target,
                [.. tensors, .. parameters.Skip(count).Select(static p => p.DefaultValue)]));
            return type == typeof(Func<Tensor, Tensor>) ? (Func<Tensor, Tensor>)(x => (Tensor)Called([x])!)
                : type == typeof(Func<Tensor, Tensor, Tensor>) ? (Func<Tensor, Tensor, Tensor>)((x, y) => (Tensor)Called([x, y])!) : null;
        }
        return null;
    }
}
