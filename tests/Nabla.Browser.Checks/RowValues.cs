using Nabla.Registry;

namespace Nabla.Browser.Checks;

/// <summary>What an operation gives for its samples. Compiled into the tests as well.</summary>
public static class RowValues
{
    /// <summary>
    /// The results of a row's samples and the gradients of their sum, as numbers one after the other; complex ones as two. The calls
    /// are made again and again: a browser's runtime interprets code first and translates it later.
    /// </summary>
    public static double[] Of(OpRow row, int times)
    {
        double[] values = [];
        for (int i = 0; i < times; i++)
        {
            Tensor.ManualSeed(0);
            values = [.. row.Samples().SelectMany(call => Of(row, call))];
        }
        return values;
    }

    private static List<double> Of(OpRow row, Call call)
    {
        List<double> values = [];
        Tensor[] results = [.. OpRow.Flatten(row.Run(call)).OfType<Tensor>()];
        foreach (Tensor result in results) Add(values, result.Detach());
        Tensor[] roots = [.. results.Where(static t => t.RequiresGrad && t.DType.IsFloatingPoint())];
        if (roots.Length == 0) return values;
        Tensor[] inputs = [.. call.AllTensors().Where(static t => t.RequiresGrad && t.IsLeaf)];
        if (inputs.Length == 0) return values;
        Tensor total = roots[0].Square().Sum();
        foreach (Tensor root in roots.Skip(1)) total = total + root.Square().Sum();
        foreach (Tensor? g in Autograd.Grad([total], inputs, allowUnused: true))
            if (g is not null) Add(values, g);
        return values;
    }

    private static void Add(List<double> values, Tensor t)
    {
        if (t.DType.IsComplex()) t = t.ViewAsReal();
        values.AddRange(t.To(DType.Float64).ToArray<double>());
    }
}
