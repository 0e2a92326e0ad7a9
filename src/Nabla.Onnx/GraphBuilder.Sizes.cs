namespace Nabla.Onnx;

/// <summary>
/// Sizes that depend on the input. Each is known by its values in the traces: it is looked for among the sizes of values that are there
/// already, then among simple formulas of them.
/// </summary>
internal sealed partial class GraphBuilder
{
    /// <summary>A size of a value of the graph; the first ones are the input's.</summary>
    private sealed record Known(Dim Size, string Value, int Axis, string? Symbol);

    private readonly List<Known> known = [];
    private readonly Dictionary<string, Known> byKey = [];
    private readonly Dictionary<string, string> computed = [], shapes = [];

    private void Learn(Dim size, string value, int axis, string? symbol)
    {
        if (size.IsFixed || byKey.ContainsKey(size.Key)) return;
        known.Add(byKey[size.Key] = new(size, value, axis, symbol));
    }

    /// <summary>The name of an output's dimension.</summary>
    private string SymbolName(Dim size, string otherwise) =>
        byKey.TryGetValue(size.Key, out Known? k) && k.Symbol is { } symbol ? Ports.Clean(symbol) : otherwise;

    /// <summary>Sizes as a vector of int64.</summary>
    internal string Vector(Dim[] sizes)
    {
        if (Array.TrueForAll(sizes, static s => s.IsFixed)) return Ints([.. sizes.Select(static s => s.Value)]);
        List<string> parts = [];
        List<long> run = [];
        foreach (Dim size in sizes)
        {
            if (size.IsFixed)
            {
                run.Add(size.Value);
                continue;
            }
            Flush();
            parts.Add(One(size));
        }
        Flush();
        return Concat(0, [.. parts]);

        void Flush()
        {
            if (run.Count > 0) parts.Add(Ints([.. run]));
            run.Clear();
        }
    }

    /// <summary>A size as a tensor without dimensions.</summary>
    internal string Zero(Dim size) => size.IsFixed ? Number(size.Value, DType.Int64) : Squeeze(One(size), 0);

    /// <summary>A size as a vector of one element.</summary>
    private string One(Dim size)
    {
        if (size.IsFixed) return Ints(size.Value);
        if (computed.TryGetValue(size.Key, out string? name)) return name;
        if (Formula(size) is { } found) return computed[size.Key] = found;
        IEnumerable<string> given = ports.Symbols.Select((s, i) => $"{s} = {new Dim(traces.Sizes[i])}");
        throw new NotSupportedException($"{path}: a size that depends on the input's is no simple function of it: {size} for " +
            $"{string.Join(", ", given)}. Fix that dimension in DynamicAxes.");
    }

    private string Of(Known k)
    {
        if (computed.TryGetValue(k.Size.Key, out string? name)) return name;
        if (!shapes.TryGetValue(k.Value, out string? shape)) shapes[k.Value] = shape = Node("Shape", [k.Value]);
        return computed[k.Size.Key] = Node("Gather", [shape, Ints(k.Axis)], ("axis", 0));
    }

    private string? Formula(Dim size)
    {
        if (byKey.TryGetValue(size.Key, out Known? exact)) return Of(exact);
        foreach (Known s in known)
            if (Linear(size, s.Size) is var (factor, shift)) return Plus(Times(Of(s), factor), shift);
        for (int i = 0; i < known.Count; i++)
            for (int j = i; j < known.Count; j++)
                if (Linear(size, known[i].Size * known[j].Size) is var (factor, shift))
                    return Plus(Times(Node("Mul", [Of(known[i]), Of(known[j])]), factor), shift);
        foreach (Known s in known)
            if (Quotient(size, s.Size) is var (divisor, shift)) return Node("Div", [Plus(Of(s), shift), Ints(divisor)]);
        foreach (Known s in known)
        {
            foreach (Known t in known)
            {
                if (ReferenceEquals(s, t)) continue;
                if (Linear(size + s.Size * -1, t.Size) is var (factor, shift))
                    return Plus(Node("Add", [Of(s), Times(Of(t), factor)]), shift);
                if (Exact(s.Size, t.Size) is { } ratio && Linear(size, ratio) is var (by, more))
                    return Plus(Times(Node("Div", [Of(s), Of(t)]), by), more);
            }
        }
        return null;
    }

    private string Times(string x, long factor) => factor == 1 ? x : Node("Mul", [x, Ints(factor)]);

    private string Plus(string x, long shift) => shift == 0 ? x : Node("Add", [x, Ints(shift)]);

    /// <summary>The whole numbers with size = factor · s + shift, if there are.</summary>
    private static (long Factor, long Shift)? Linear(Dim size, Dim s)
    {
        ReadOnlySpan<long> y = size.Values, x = s.Values;
        int other = 1;
        while (other < x.Length && x[other] == x[0]) other++;
        if (other == x.Length) return null;
        (long factor, long rest) = Math.DivRem(y[other] - y[0], x[other] - x[0]);
        long shift = y[0] - factor * x[0];
        if (rest != 0 || factor == 0) return null;
        for (int i = 0; i < x.Length; i++) if (y[i] != factor * x[i] + shift) return null;
        return (factor, shift);
    }

    /// <summary>The whole numbers with size = ⌊(s + shift) / divisor⌋, if there are.</summary>
    private static (long Divisor, long Shift)? Quotient(Dim size, Dim s)
    {
        for (long divisor = 2; divisor <= 32; divisor++)
        {
            long low = long.MinValue, high = long.MaxValue;
            for (int i = 0; i < s.Values.Length; i++)
            {
                long least = size.Values[i] * divisor - s.Values[i];
                (low, high) = (Math.Max(low, least), Math.Min(high, least + divisor - 1));
            }
            if (low > high) continue;
            // The shift of least size that fits: half of what could is not meant.
            long shift = low <= 0 && high >= 0 ? 0 : low > 0 ? low : high;
            if (Array.TrueForAll(s.Values.ToArray(), v => v + shift >= 0)) return (divisor, shift);
        }
        return null;
    }

    private static Dim? Exact(Dim a, Dim b)
    {
        long[] ratio = new long[a.Values.Length];
        for (int i = 0; i < ratio.Length; i++)
        {
            if (b.Values[i] == 0 || a.Values[i] % b.Values[i] != 0) return null;
            ratio[i] = a.Values[i] / b.Values[i];
        }
        return new(ratio);
    }

    /// <summary>A constant of the program's whose shape or values depend on the input's size.</summary>
    private string Varying(ValueSet v)
    {
        Tensor[] data = Array.ConvertAll(v.Per, static p => p.Data!);
        if (Array.TrueForAll(data, static d => d.NumElements > 0))
        {
            Tensor value = data[0].Reshape(-1)[0];
            if (Array.TrueForAll(data, d => d.Eq(value).All().Item() != 0)) return Expand(Scalar(value), v.Shape);
            if (v.Rank == 0 && Factor(data) is { } number) return number;
            if (v.Rank == 1 && Ramp(v, data) is { } ramp) return ramp;
            if (v.Rank == 2 && Array.TrueForAll(data, static d => d.Eq(Tensor.Eye(d.Size(0), d.Size(1), d.DType)).All().Item() != 0))
                return Node("EyeLike", [Expand(Number(0, v.DType), v.Shape)]);
        }
        throw new NotSupportedException($"{path}: a tensor that is made in the forward depends on the input's size or values in a way " +
            $"that cannot be exported: {v.DType.Name()} {string.Join(" or ", data.Select(static d => d.Shape).Distinct())}. Made by " +
            "Arange, Zeros, Ones, Full, Eye and operations on those it can; made of .NET numbers it cannot.");
    }

    /// <summary>a, a + step, .. with a fixed start and step.</summary>
    private string? Ramp(ValueSet v, Tensor[] data)
    {
        double[][] lists = Array.ConvertAll(data, static d => d.To(DType.Float64).ToArray<double>());
        double[] longest = lists.MaxBy(static l => l.Length)!;
        if (longest.Length < 2) return null;
        double start = longest[0], step = longest[1] - start;
        foreach (double[] list in lists)
            for (int i = 0; i < list.Length; i++)
                if (Math.Abs(list[i] - (start + i * step)) > 1e-6 * (1 + Math.Abs(list[i]))) return null;
        Dim count = v[0];
        if (v.DType is DType.Int64 && step == Math.Floor(step))
            return Node("Range", [Number(start, DType.Int64), Zero(count * (long)step + (long)start), Number(step, DType.Int64)]);
        string index = Node("Range", [Number(0, DType.Int64), Zero(count), Number(1, DType.Int64)]);
        string x = Node("Mul", [Cast(index, DType.Int64, DType.Float64), Number(step, DType.Float64)]);
        return Cast(Node("Add", [x, Number(start, DType.Float64)]), DType.Float64, v.DType);
    }

    /// <summary>A number that is a multiple of a power of a size, such as 1 / n or √n.</summary>
    private string? Factor(Tensor[] data)
    {
        double[] y = Array.ConvertAll(data, static d => d.Item());
        DType dtype = data[0].DType;
        if (!dtype.IsFloatingPoint())
            return Formula(new(Array.ConvertAll(y, static n => (long)n))) is { } whole ? Cast(Squeeze(whole, 0), DType.Int64, dtype) : null;
        if (Array.TrueForAll(y, static n => n == Math.Floor(n) && Math.Abs(n) < 1e15)
            && Formula(new(Array.ConvertAll(y, static n => (long)n))) is { } size) return Cast(Squeeze(size, 0), DType.Int64, dtype);
        IEnumerable<Dim> sizes = known.Select(static k => k.Size).Concat(known.SelectMany(a => known.Select(b => a.Size * b.Size)));
        foreach (Dim size2 in sizes.Take(64))
        {
            foreach (double power in (double[])[-1, -0.5, 0.5])
            {
                double[] x = Array.ConvertAll(size2.Values.ToArray(), n => Math.Pow(n, power));
                double factor = y[0] / x[0];
                if (!Enumerable.Range(0, y.Length).All(i => Math.Abs(y[i] - factor * x[i]) <= 1e-6 * Math.Abs(y[i]))) continue;
                string root = Node("Pow", [Cast(Squeeze(One(size2), 0), DType.Int64, DType.Float64), Number(power, DType.Float64)]);
                return Cast(Node("Mul", [root, Number(factor, DType.Float64)]), DType.Float64, dtype);
            }
        }
        return null;
    }
}
