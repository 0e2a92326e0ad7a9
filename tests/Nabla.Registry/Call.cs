namespace Nabla.Registry;

/// <summary>
/// The arguments of one call of an operation, by PyTorch's positions and names. Values are: null, bool, long, double,
/// <see cref="System.Numerics.Complex"/>, string, <see cref="Tensor"/>, <see cref="DType"/>, object?[] (a tuple, sizes, a shape),
/// List&lt;object?&gt; (a list), <see cref="SliceValue"/>, <see cref="EllipsisValue"/>, <see cref="FunctionValue"/>,
/// <see cref="ModuleValue"/>. Memory formats, layouts and devices are strings.
/// </summary>
public sealed class Call(object?[] args, IReadOnlyDictionary<string, object?>? kwargs = null)
{
    public object?[] Args { get; } = args;
    public IReadOnlyDictionary<string, object?> Kwargs { get; } = kwargs ?? new Dictionary<string, object?>();

    /// <summary>Whether an argument was given and is not None. Position -1: by name only.</summary>
    public bool Has(int position, string name) => Get(position, name) is not null;

    /// <summary>The argument, or null if it was not given.</summary>
    public object? Get(int position, string name) =>
        position >= 0 && position < Args.Length ? Args[position] : Kwargs.GetValueOrDefault(name);

    /// <summary>Argument <paramref name="position"/> as a tensor; plain numbers become 0-d tensors. Beside tensors they are as exact as
    /// those and weak in promotion.</summary>
    public Tensor T(int position, string name = "")
    {
        object? value = Get(position, name);
        // A keyword of another name than the row's is known by its place.
        if (value is null && position >= Args.Length) value = Kwargs.Values.ElementAtOrDefault(position - Args.Length);
        if (value is Tensor t) return t;
        Scalar number = OptNumber(value, name) ?? throw new ArgumentException($"Argument {position} '{name}' is missing.");
        return AllTensors().MaxBy(static x => (x.DType.IsComplex(), x.DType.IsFloatingPoint(), x.DType.ItemSize())) is { } with
            ? Tensor.Full([], number, Promotion.Result(with.DType, number)).AsWrappedNumber()
            : Tensor.Full([], number);
    }

    /// <summary>A tensor, or null.</summary>
    public Tensor? OptT(int position, string name) => Get(position, name) as Tensor;

    /// <summary>True if the argument is a plain number.</summary>
    public bool IsNumber(int position, string name = "") => Get(position, name) is long or double or bool or System.Numerics.Complex;

    /// <summary>A plain number.</summary>
    public Scalar Number(int position, string name) => OptNumber(position, name)
        ?? throw new ArgumentException($"Argument '{name}' is missing.");

    public Scalar Number(int position, string name, Scalar fallback) => OptNumber(position, name) ?? fallback;

    public Scalar? OptNumber(int position, string name) => OptNumber(Get(position, name), name);

    private static Scalar? OptNumber(object? value, string name) => value switch
    {
        null => null,
        long v => v,
        double v => v,
        bool v => v,
        System.Numerics.Complex v => v,
        Tensor { NDim: 0 } t => t.DType.IsFloatingPoint() ? t.Item() : (Scalar)(long)t,
        var other => throw new ArgumentException($"Argument '{name}' is {other}, not a number."),
    };

    public double Double(int position, string name, double fallback) => OptNumber(position, name)?.ToDouble() ?? fallback;

    public long Long(int position, string name, long fallback) => OptNumber(position, name)?.ToInt64() ?? fallback;

    public long Long(int position, string name) => Number(position, name).ToInt64();

    public int Int(int position, string name, int fallback) => checked((int)Long(position, name, fallback));

    public int Int(int position, string name) => checked((int)Long(position, name));

    public bool Bool(int position, string name, bool fallback) =>
        Get(position, name) switch
        {
            null => fallback,
            bool b => b,
            long v => v != 0,
            var o =>
        throw new ArgumentException($"'{name}' is {o}.")
        };

    public string String(int position, string name, string fallback) => Get(position, name) as string ?? fallback;

    public DType? DType(int position, string name) => Get(position, name) as DType?;

    /// <summary>A number or a tuple or list of numbers.</summary>
    public long[] Longs(int position, string name) => Get(position, name) switch
    {
        long v => [v],
        System.Collections.IEnumerable list and not string =>
            [.. list.Cast<object>().Select(v => v is Tensor t ? (long)t
            : System.Convert.ToInt64(v, System.Globalization.CultureInfo.InvariantCulture))],
        var other => throw new ArgumentException($"Argument '{name}' is {other ?? "missing"}, not a list of integers."),
    };

    public long[]? OptLongs(int position, string name) => Has(position, name) ? Longs(position, name) : null;

    public Shape Shape(int position, string name) => Longs(position, name);

    /// <summary>All arguments from a position on as one shape: <c>x.view(2, 3)</c> and <c>x.view((2, 3))</c>.</summary>
    public Shape ShapeFrom(int position, string name) => position < Args.Length && Args[position] is long
        ? Args[position..].Select(v => (long)v!).ToArray()
        : Longs(position, name);

    public Dims Dims(int position, string name) => Longs(position, name).Select(d => checked((int)d)).ToArray();

    /// <summary>A tuple or list of tensors.</summary>
    public Tensor[] Tensors(int position, string name) => Get(position, name) switch
    {
        Tensor t => [t],
        System.Collections.IEnumerable list and not string => [.. list.Cast<Tensor>()],
        var other => throw new ArgumentException($"Argument '{name}' is {other ?? "missing"}, not a list of tensors."),
    };

    /// <summary>The same call with every tensor, also inside tuples and lists, replaced.</summary>
    public Call Replace(Func<Tensor, Tensor> change) => new([.. Args.Select(a => Replace(a, change))],
        Kwargs.ToDictionary(p => p.Key, p => Replace(p.Value, change)));

    private static object? Replace(object? value, Func<Tensor, Tensor> change) => value switch
    {
        Tensor t => change(t),
        object?[] tuple => tuple.Select(v => Replace(v, change)).ToArray(),
        List<object?> list => list.Select(v => Replace(v, change)).ToList(),
        SliceValue s => new SliceValue(Replace(s.Start, change), Replace(s.Stop, change), Replace(s.Step, change)),
        _ => value,
    };

    /// <summary>All tensors of the call, in order.</summary>
    public IReadOnlyList<Tensor> AllTensors()
    {
        List<Tensor> found = [];
        Replace(t =>
        {
            found.Add(t);
            return t;
        });
        return found;
    }
}

/// <summary>A slice as an argument; parts are null, long or tensors.</summary>
public sealed record SliceValue(object? Start, object? Stop, object? Step);

/// <summary>The ellipsis as an argument.</summary>
public sealed record EllipsisValue;

/// <summary>A function as an argument, by PyTorch's name, such as <c>torch.nn.functional.relu</c>.</summary>
public sealed record FunctionValue(string Name);

/// <summary>A module as an argument: PyTorch's class, such as <c>torch.nn.PairwiseDistance</c>, and how it is constructed.</summary>
public sealed record ModuleValue(string Class, Call Arguments);
