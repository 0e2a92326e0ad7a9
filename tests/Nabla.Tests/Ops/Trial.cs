using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>One sample of a row: its tensors, which of them are differentiable, and the row as a function of them.</summary>
internal sealed class Trial
{
    private readonly OpRow row;
    private readonly Call call;

    internal Trial(OpRow row, Call call, int number)
    {
        (this.row, this.call) = (row, call);
        Inputs = [.. call.AllTensors()];
        Smooth = [.. Enumerable.Range(0, Inputs.Length).Where(i => Inputs[i].RequiresGrad)];
        Text = $"{row.Name} sample {number}: {Conformance.TypedValue.Describe(row.Name, call)}";
    }

    /// <summary>All tensors of the call, in order.</summary>
    internal Tensor[] Inputs { get; }

    /// <summary>The positions of the inputs that require a gradient.</summary>
    internal int[] Smooth { get; }

    /// <summary>The call in readable form, for failure messages.</summary>
    internal string Text { get; }

    internal Call Call => call;

    internal OpRow Row => row;

    internal Tensor[] SmoothInputs => Pick(Inputs);

    /// <summary>The differentiable ones of a full list of inputs.</summary>
    internal Tensor[] Pick(Tensor[] x) => [.. Smooth.Select(i => x[i])];

    /// <summary>The full list of inputs with the differentiable ones replaced.</summary>
    internal Tensor[] With(Tensor[] smooth)
    {
        Tensor[] x = [.. Inputs];
        for (int n = 0; n < smooth.Length; n++) x[Smooth[n]] = smooth[n];
        return x;
    }

    /// <summary>The row's results that are tensors, complex ones as pairs of real numbers. Buffers such as running statistics are copied
    /// first, since a call may write to them.</summary>
    internal Tensor[] Run(Tensor[] x) => RunAsIs([.. x.Select((t, i) => Smooth.Contains(i) || !t.DType.IsFloatingPoint() ? t : t.Clone())]);

    internal Tensor[] Run() => Run(Inputs);

    internal Tensor[] RunAsIs(Tensor[] x) =>
        [.. OpRow.Flatten(row.Run(Rebuild(x))).OfType<Tensor>().Select(static t => t.IsComplex ? t.ViewAsReal() : t)];

    /// <summary>The call with other tensors in the places of its own.</summary>
    internal Call Rebuild(Tensor[] x)
    {
        int next = 0;
        return call.Replace(_ => x[next++]);
    }

    /// <summary>Inputs with the same values that share nothing with these.</summary>
    internal Tensor[] Copies(bool requiresGrad) =>
        [.. Inputs.Select((t, i) => requiresGrad && Smooth.Contains(i) ? t.Detach().Clone().RequiresGrad_() : t.Detach().Clone())];
}

/// <summary>The registry's rows by name, for theories.</summary>
internal static class LawRows
{
    private static readonly Dictionary<string, OpRow> ByName = Registry.Registry.All.ToDictionary(NameOf);

    /// <summary>One theory case per row.</summary>
    public static TheoryData<string> Names => [.. ByName.Keys];

    internal static IReadOnlyCollection<OpRow> All => ByName.Values;

    internal static OpRow Get(string name) => ByName[name];

    internal static string NameOf(OpRow row) => row.Variant is null ? row.Name : $"{row.Name}--{row.Variant}";

    /// <summary>True if the row states, with its reason, that a law does not apply.</summary>
    internal static bool Excepts(OpRow row, string law)
    {
        foreach ((string name, string reason) in row.Except)
        {
            if (name != law) continue;
            Assert.False(string.IsNullOrWhiteSpace(reason), $"{row.Name} makes an exception of the law '{law}' without a reason.");
            return true;
        }
        return false;
    }

    /// <summary>The row's samples, made anew.</summary>
    internal static IEnumerable<Trial> Trials(OpRow row)
    {
        int number = 0;
        foreach (Call call in row.Samples()) yield return new Trial(row, call, number++);
        Assert.True(number > 0, $"{row.Name} has no samples, so nothing about it is tried.");
    }
}

/// <summary>Numbers and comparisons that the laws share.</summary>
internal static class Law
{
    /// <summary>A reproducible tensor like x with elements of magnitude 0.5 to 1.5 and either sign.</summary>
    internal static Tensor Direction(Tensor x, int salt = 1)
    {
        double[] values = new double[x.NumElements];
        for (int i = 0; i < values.Length; i++)
        {
            double u = (i + 1 + 31 * salt) * 0.7548776662466927 % 1.0;
            values[i] = u < 0.5 ? -0.5 - 2 * u : 0.5 + 2 * (u - 0.5);
        }
        return Tensor.From(values, x.Shape).To(x.DType);
    }

    internal static Tensor[] Directions(IEnumerable<Tensor> x, int salt = 1) => [.. x.Select((t, i) => Direction(t, salt + i))];

    internal static double[] Doubles(Tensor x) => Conformance.Comparison.Doubles(x);

    /// <summary>Σ a·b and Σ |a·b|.</summary>
    internal static (double Sum, double Scale) Dot(Tensor? a, Tensor b)
    {
        if (a is null) return (0, 0);
        double[] x = Doubles(a), y = Doubles(b);
        double sum = 0, scale = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double p = x[i] * y[i];
            sum += p;
            scale += Math.Abs(p);
        }
        return (sum, scale);
    }

    /// <summary>Fails unless shape, dtype and values agree. Null stands for zeros.</summary>
    internal static void Same(Tensor? expected, Tensor? actual, string what, double tolerance = 1e-10)
    {
        if (expected is null && actual is null) return;
        expected ??= Tensor.ZerosLike(actual!.Detach());
        actual ??= Tensor.ZerosLike(expected.Detach());
        if (Conformance.Comparison.Tensors("value", "", actual, expected, new(tolerance, tolerance)) is { } difference)
            Assert.Fail($"{what}: {difference.Text}");
    }

    internal static void Same(Tensor[] expected, Tensor[] actual, string what, double tolerance = 1e-10)
    {
        if (expected.Length != actual.Length) Assert.Fail($"{what}: {actual.Length} results instead of {expected.Length}");
        for (int i = 0; i < expected.Length; i++) Same(expected[i], actual[i], $"{what}, result {i}", tolerance);
    }

    /// <summary>Tensors of one shape along a new first dimension, without a graph and without the library's own operation.</summary>
    internal static Tensor Stack(Tensor[] parts) =>
        Tensor.From(parts.SelectMany(Doubles).ToArray(), new Shape([parts.Length, .. parts[0].Shape.ToArray()])).To(parts[0].DType);

    /// <summary>The bytes of a tensor's memory, as they are.</summary>
    internal static byte[] Bits(Tensor x)
    {
        Tensor flat = Nabla.Kernels.Copy.Contiguous(x.Detach());
        int size = x.DType.ItemSize();
        return flat.storage.Span<byte>(flat.layout.Offset * size, flat.layout.Count * size).ToArray();
    }

    /// <summary>Gradients of the differentiable results, seeded with directions, with respect to the differentiable inputs.</summary>
    internal static Tensor?[] Gradients(Trial trial, Tensor[] x, Tensor[] y)
    {
        Tensor[] roots = [.. y.Where(static t => t.RequiresGrad)];
        Tensor[] targets = trial.Pick(x);
        if (roots.Length == 0 || targets.Length == 0) return new Tensor?[targets.Length];
        return Autograd.Grad(roots, targets, Directions(roots.Select(static r => r.Detach()), 3), allowUnused: true);
    }
}
