namespace Nabla.Browser.Checks;

/// <summary>Loops over many whole vectors, in every dtype: what the rows of the registry, being small, do not run for long enough to be
/// translated (some 2000 rounds). Compiled into the tests as well.</summary>
public static class LoopValues
{
    private const int Count = 2000;

    private static readonly (string Name, Func<Tensor> Run)[] All = [.. Make()];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static l => l.Name)];

    /// <summary>What a loop gives when it has been run this often.</summary>
    public static double[] Of(int index, int times)
    {
        for (int i = 1; i < times; i++) All[index].Run();
        return All[index].Run().To(DType.Float64).ToArray<double>();
    }

    private static IEnumerable<(string, Func<Tensor>)> Make()
    {
        DType[] dtypes = [DType.Bool, DType.UInt8, DType.Int8, DType.Int16, DType.Int32, DType.Int64, DType.Float16, DType.BFloat16,
            DType.Float32, DType.Float64];
        foreach (DType dtype in dtypes)
        {
            Tensor a = (Tensor.Arange(Count) % 7).To(dtype), b = (Tensor.Arange(Count) % 5 - 1).Abs().To(dtype);
            yield return ($"{dtype} ==", () => a.Eq(b));
            yield return ($"{dtype} <", () => a.Lt(b));
            yield return ($"{dtype} !", a.LogicalNot);
            yield return ($"{dtype} where", () => Tensor.Where(a.Ne(b), a, b));
            yield return ($"{dtype} max", () => a.Maximum(b));
            yield return ($"{dtype} sum", () => a.Sum());
            foreach (DType to in dtypes) yield return ($"{dtype} to {to}", () => a.To(to));
            if (!dtype.IsFloatingPoint()) continue;
            yield return ($"{dtype} +", () => a + b);
            yield return ($"{dtype} /", () => a / (b + 1));
            yield return ($"{dtype} exp", a.Exp);
            yield return ($"{dtype} log1p", a.Log1p);
            yield return ($"{dtype} tanh", a.Tanh);
            yield return ($"{dtype} relu", a.Relu);
            yield return ($"{dtype} softmax", () => a.Softmax(0));
        }
        Tensor m = (Tensor.Arange(400) % 11).To(DType.Float32).View([20, 20]);
        yield return ("product", () => m.MatMul(m));
        yield return ("transpose", () => m.T.Contiguous());
        yield return ("sort", () => m.Sort().Values);
        yield return ("cumsum", () => m.CumSum(0));
        yield return ("argmax", () => m.ArgMax(1));
        yield return ("mean", () => m.Mean(0));
        yield return ("mask", () => m[m > 4]);
    }
}
