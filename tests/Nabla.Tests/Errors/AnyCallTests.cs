using System.Reflection;
using System.Text;

namespace Nabla.Tests.Errors;

/// <summary>Any public operation with any arguments gives a result or one of the documented exceptions, and changes nothing if it
/// fails.</summary>
[Collection(ErrorCollection.Name)]
public sealed class AnyCallTests
{
    private static readonly HashSet<Type> Allowed =
    [
        typeof(ShapeException), typeof(DTypeException), typeof(LinAlgException), typeof(AutogradException), typeof(ArgumentException),
            typeof(ArgumentNullException),
        typeof(ArgumentOutOfRangeException), typeof(InvalidOperationException), typeof(InsufficientMemoryException),
            typeof(DivideByZeroException),
        typeof(NotSupportedException),
    ];

    private static readonly long[][] Shapes = [[], [0], [1], [3], [4], [2, 3], [3, 2], [3, 3], [0, 3], [2, 0], [1, 3], [2, 1, 3],
        [2, 3, 3], [1, 1], [5]];

    private static readonly string[] Words = ["sum", "mean", "none", "linear", "floor", "trunc", "amax", "prod", "tanh", "add", "multiply",
        "foo", ""];

    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly MethodInfo[] Methods =
    [
        .. new[] { typeof(Tensor), typeof(Functional), typeof(LinAlg), typeof(Special) }
            .SelectMany(static t => t.GetMethods(Declared))
            .Where(static m => !m.IsGenericMethodDefinition && !m.ReturnType.IsByRefLike
                && Array.TrueForAll(m.GetParameters(), static p => Supported(p.ParameterType)))
            .Where(static m => m.Name is not ("set_DefaultDType" or "ManualSeed" or "GetEnumerator")),
    ];

    private static bool Supported(Type t)
    {
        t = Nullable.GetUnderlyingType(t) ?? t;
        return t == typeof(Tensor) || t == typeof(int) || t == typeof(long) || t == typeof(double) || t == typeof(bool)
            || t == typeof(string)
            || t == typeof(Scalar) || t == typeof(Shape) || t == typeof(Dims) || t == typeof(Generator) || t.IsEnum || t == typeof(Tensor[])
            || t == typeof(IReadOnlyList<Tensor>) || t == typeof(IReadOnlyList<long>);
    }

    [Fact]
    public void Any_call_fails_only_as_documented()
    {
        // The same calls at every run; one finding per method is enough.
        SortedDictionary<string, string> found = [];
        for (int seed = 0; seed < 6000; seed++)
        {
            MethodInfo m = Methods[seed % Methods.Length];
            if (!found.ContainsKey(m.Name) && Finding(m, new Random(seed)) is { } finding) found[m.Name] = finding;
        }

        Assert.True(found.Count == 0, string.Join("\n", found.Values));
    }

    private static string? Finding(MethodInfo m, Random random)
    {
        Scene scene = new();
        object? self = m.IsStatic ? null : Some(scene, random, typeof(Tensor));
        object?[] arguments = Array.ConvertAll(m.GetParameters(), p => Some(scene, random, p.ParameterType));
        scene.Ready();
        try
        {
            // A scope left open would own all that this thread makes from here on.
            (m.Invoke(self, arguments) as IDisposable)?.Dispose();
            return null;
        }
        catch (TargetInvocationException e)
        {
            Exception inner = e.InnerException!;
            string call = Text(m, self, arguments);
            if (!Allowed.Contains(inner.GetType())) return $"{call}: {inner}";
            if (inner.Message.Length == 0) return $"{call}: no message";
            return scene.Changes() is { } change ? $"{call}: {change}, although it failed with {inner.Message}" : null;
        }
    }

    private static object? Some(Scene scene, Random random, Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value) return random.Next(2) == 0 ? null : Some(scene, random, value);
        if (type == typeof(Tensor)) return SomeTensor(scene, random);
        if (type == typeof(int)) return Pick(random, 0, 1, 2, -1, -2, 3, 7, -9, int.MaxValue, int.MinValue);
        if (type == typeof(long)) return SomeLong(random);
        if (type == typeof(double)) return Pick(random, 0.0, 0.5, 1, 2, -1, double.NaN, double.PositiveInfinity, 1e300, -1e-300);
        if (type == typeof(bool)) return random.Next(2) == 0;
        if (type == typeof(string)) return random.Next(12) == 0 ? null : Words[random.Next(Words.Length)];
        if (type == typeof(Scalar)) return random.Next(2) == 0 ? (Scalar)SomeLong(random)
            : (Scalar)Pick(random, 0.0, 0.5, -1, double.NaN, 1e300);
        if (type == typeof(Shape)) return Shape.Create([.. Enumerable.Range(0, random.Next(4)).Select(_ => SomeLong(random))]);
        if (type == typeof(Dims)) return Dims.Create([.. Enumerable.Range(0, random.Next(3)).Select(_ =>
            Pick(random, 0, 1, -1, 2, 9, int.MinValue))]);
        if (type == typeof(Generator)) return null;
        if (type == typeof(Tensor[]) || type == typeof(IReadOnlyList<Tensor>))
            return Enumerable.Range(0, random.Next(4)).Select(_ => SomeTensor(scene, random)).ToArray();
        if (type == typeof(IReadOnlyList<long>)) return Enumerable.Range(0, random.Next(4)).Select(_ => SomeLong(random)).ToArray();
        return Enum.ToObject(type, random.Next(12));
    }

    private static Tensor SomeTensor(Scene scene, Random random)
    {
        DType dtype = random.Next(3) == 0 ? (DType)random.Next((int)DType.Complex128 + 1) : random.Next(4) == 0 ? DType.Int64
            : DType.Float32;
        long[] shape = Shapes[random.Next(Shapes.Length)];
        Tensor t = scene.Of(dtype, shape);
        if (random.Next(4) == 0 && dtype.IsFloatingPoint()) t.RequiresGrad_();
        if (random.Next(4) == 0 && shape.Length > 1) t = scene.Keep(t.Transpose(0, 1));
        if (random.Next(10) == 0 && shape.Length > 0) t = scene.Keep(t.Unsqueeze(0).Expand(new Shape([2, .. t.Shape])));
        return t;
    }

    private static long SomeLong(Random random) => Pick<long>(random, 0, 1, 2, 3, -1, -2, 4, 6, 1L << 41, long.MaxValue, long.MinValue);

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];

    private static string Text(MethodInfo m, object? self, object?[] arguments)
    {
        StringBuilder text = new();
        text.Append(m.DeclaringType!.Name).Append('.').Append(m.Name).Append(" of ");
        foreach (object? a in arguments.Prepend(self))
            text.Append(a is Tensor t ? $"{t.DType.Name()} {t.layout}" : a is Tensor[] list
                ? string.Join(" & ", list.Select(static t => $"{t.DType.Name()} {t.Shape}")) : a).Append("; ");
        return text.ToString();
    }
}
