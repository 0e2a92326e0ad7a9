using System.Collections;

namespace Nabla.Tests.Errors;

/// <summary>A call that must fail.</summary>
/// <param name="Name">Its number in the catalogue, and which of several.</param>
/// <param name="Exception">The exact type.</param>
/// <param name="Words">What the message begins with: PyTorch 2.6's own words, where it refuses the same.</param>
/// <param name="Call">The call, on tensors of the scene.</param>
/// <param name="Contains">What else the message says.</param>
public sealed record ErrorRow(string Name, Type Exception, string Words, Func<Scene, object?> Call, string[] Contains)
{
    /// <summary>Makes the call, and throws unless it fails as it must and leaves everything as it was.</summary>
    public void Check()
    {
        Scene scene = new();
        Exception? error = null;
        object? result = null;
        try
        {
            result = Call(scene);
        }
        catch (Exception e)
        {
            error = e;
        }
        if (error is null) Assert.Fail($"{Name}: no exception, but the result {OneLine(result)}.");
        if (error.GetType() != Exception) Assert.Fail($"{Name}: {error.GetType().Name} instead of {Exception.Name}: {error}");
        // A full stop may have become a colon, with more to say.
        if (!error.Message.StartsWith(Words.TrimEnd('.'),
            StringComparison.Ordinal)) Assert.Fail($"{Name}: expected words\n{Words}\nbut the message is\n{error.Message}");
        foreach (string piece in Contains)
            if (!error.Message.Contains(piece,
                StringComparison.Ordinal)) Assert.Fail($"{Name}: \"{piece}\" is missing in\n{error.Message}");
        if (scene.Changes() is { } change) Assert.Fail($"{Name}: {change}, although the call failed with: {error.Message}");
    }

    private static string OneLine(object? result) => result switch
    {
        null => "null",
        Tensor t => t.ToString(),
        _ => result.ToString()
        ?? ""
    };
}

/// <summary>Rows of calls that must fail, and rows of calls that must not.</summary>
public sealed class ErrorTable : IEnumerable
{
    private readonly Dictionary<string, ErrorRow> errors = [];
    private readonly Dictionary<string, (string Text, Func<Scene, object?> Call)> results = [];

    /// <summary>A call that must fail.</summary>
    public void Add(string name, Type exception, string words, Func<Scene, object?> call, params string[] contains) =>
        errors.Add(name, new(name, exception, words, call, contains));

    /// <summary>A call that is legal, and its result as PyTorch prints it.</summary>
    public void Add(string name, string result, Func<Scene, object?> call) => results.Add(name, (result, call));

    /// <summary>The names of the calls that must fail.</summary>
    public TheoryData<string> Errors => [.. errors.Keys];

    /// <summary>The names of the legal calls.</summary>
    public TheoryData<string> Results => [.. results.Keys];

    /// <summary>Checks one row of either sort.</summary>
    public void Check(string name)
    {
        if (errors.TryGetValue(name, out ErrorRow? row))
        {
            row.Check();
            return;
        }
        (string text, Func<Scene, object?> call) = results[name];
        Assert.Equal(text, Print(call(new Scene())));
    }

    private static string Print(object? result) => result switch
    {
        null => "None",
        Tensor t => t.ToString(),
        Shape s => s.ToString(),
        System.Runtime.CompilerServices.ITuple tuple => string.Join("; ", Enumerable.Range(0, tuple.Length).Select(i => Print(tuple[i]))),
        IEnumerable list and not string => string.Join("; ", list.Cast<object?>().Select(Print)),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => result.ToString() ?? "",
    };

    /// <summary>The rows that must fail.</summary>
    public IEnumerator GetEnumerator() => errors.Values.GetEnumerator();
}

/// <summary>The exception types in the rows' short names.</summary>
public static class Kinds
{
    public static readonly Type Shape = typeof(ShapeException), DType = typeof(DTypeException), Graph = typeof(AutogradException),
        Range = typeof(ArgumentOutOfRangeException), Argument = typeof(ArgumentException), Null = typeof(ArgumentNullException),
        State = typeof(InvalidOperationException), Memory = typeof(InsufficientMemoryException), Zero = typeof(DivideByZeroException);
}

/// <summary>These tests watch the default generator, so nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ErrorCollection
{
    public const string Name = "Errors";
}
