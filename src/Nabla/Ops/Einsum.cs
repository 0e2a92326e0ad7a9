namespace Nabla;

internal static partial class Ops
{
    /// <summary>The diagonal of two dimensions of one size, counted from the end: the second one disappears.</summary>
    public readonly record struct MergedDims(int Kept, int Dropped) : ILinear<MergedDims>
    {
        static bool IOperation<MergedDims>.TakesComplex => true;
        static string IOperation<MergedDims>.NodeName(MergedDims op) => "DiagonalBackward0";

        public Tensor Forward(Tensor x)
        {
            int kept = x.Rank + Kept, dropped = x.Rank + Dropped;
            List<long> shape = [.. x.layout.shape], strides = [.. x.layout.strides];
            strides[kept] += strides[dropped];
            shape.RemoveAt(dropped);
            strides.RemoveAt(dropped);
            return x.Raw(new Layout([.. shape], [.. strides], x.layout.Offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new SplitDims(Kept, Dropped), g);
    }

    /// <summary>Zeros with the operand on the diagonal of two dimensions: the transpose of <see cref="MergedDims"/>.</summary>
    public readonly record struct SplitDims(int Kept, int Dropped) : ILinear<SplitDims>
    {
        static bool IOperation<SplitDims>.TakesComplex => true;
        static string IOperation<SplitDims>.NodeName(SplitDims op) => "DiagonalBackwardBackward0";

        public Tensor Forward(Tensor x)
        {
            int rank = x.Rank + 1, kept = rank + Kept, dropped = rank + Dropped;
            long size = x.layout.shape[kept > dropped ? kept - 1 : kept];
            List<long> shape = [.. x.layout.shape];
            shape.Insert(dropped, size);
            Tensor y = Tensor.Zeros(new Shape([.. shape]), x.dtype);
            Kernels.Copy.Run(x, new MergedDims(Kept, Dropped).Forward(y));
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new MergedDims(Kept, Dropped), g);
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// Einstein's summation: products of elements whose subscripts agree, summed over the subscripts that the output does not name.
    /// <c>Einsum("ij,jk->ik", a, b)</c> is a matrix product. Two operands at a time are multiplied, from left to right, as batched matrix
    /// products.
    /// </summary>
    /// <param name="equation">One letter per dimension, operands separated by commas; <c>...</c> stands for leading dimensions that
    /// broadcast.
    /// Without <c>-&gt;</c>, the output has the ellipsis and the letters that occur once, in alphabetic order, capitals first.</param>
    /// <param name="operands">The operands.</param>
    /// <exception cref="ShapeException">The equation is not well formed, or the operands do not fit it.</exception>
    public static Tensor Einsum(string equation, params Tensor[] operands)
    {
        ArgumentNullException.ThrowIfNull(equation);
        ArgumentNullException.ThrowIfNull(operands);
        if (operands.Length == 0)
            Throw.Equation("einsum(): must specify the equation string and at least one operand, or at least one operand and its " +
                "subscripts list");
        return new EinsumPlan(equation, operands).Run();
    }
}

/// <summary>A parsed equation and its operands, permuted to one order of subscripts: the output's first, the summed ones last.</summary>
internal sealed class EinsumPlan
{
    private const int Ellipsis = 52;

    private readonly List<int>[] subscripts;
    private readonly int[] place = new int[Ellipsis];
    private readonly Tensor[] aligned;
    private readonly long[] sizes;
    private readonly int outputs, ellipsisAt, total;
    private int ellipsisRank;

    internal EinsumPlan(string equation, Tensor[] operands)
    {
        int arrow = equation.IndexOf("->", StringComparison.Ordinal);
        subscripts = Parse(arrow < 0 ? equation : equation[..arrow], operands.Length);
        int[] counts = Count(operands);
        List<int> output = arrow < 0 ? Implicit(counts) : Explicit(equation, arrow + 2, counts);
        Array.Fill(place, -1);
        ellipsisAt = -1;
        int next = 0;
        foreach (int s in output)
        {
            if (s == Ellipsis)
            {
                ellipsisAt = next;
                next += ellipsisRank;
            }
            else place[s] = next++;
        }
        outputs = next;
        if (ellipsisAt < 0)
        {
            ellipsisAt = next;
            next += ellipsisRank;
        }
        for (int s = 0; s < Ellipsis; s++)
            if (counts[s] > 0 && place[s] < 0) place[s] = next++;
        total = next;
        sizes = new long[total];
        Array.Fill(sizes, 1);
        aligned = new Tensor[operands.Length];
        for (int i = 0; i < operands.Length; i++) aligned[i] = Align(operands[i], i);
    }

    private static int Index(char c, int at) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        _ => throw new ArgumentException($"einsum(): invalid subscript given at index {at} in the equation string, subscripts must be " +
            "in [a-zA-Z]"),
    };

    private static char Letter(int s) => (char)(s < 26 ? 'A' + s : 'a' + s - 26);

    private static List<int>[] Parse(string left, int operands)
    {
        List<int>[] all = new List<int>[operands];
        int current = 0;
        all[0] = [];
        for (int i = 0; i < left.Length; i++)
        {
            char c = left[i];
            if (c == ' ') continue;
            if (c == ',')
            {
                if (++current >= operands) Throw.Equation("einsum(): fewer operands were provided than specified in the equation");
                all[current] = [];
            }
            else if (c == '.')
            {
                if (all[current].Contains(Ellipsis)) Throw.Equation($"einsum(): found '.' for operand {current} for which an ellipsis " +
                    "was already found");
                if (i + 2 >= left.Length || left[i + 1] != '.' || left[i + 2] != '.')
                    Throw.Equation($"einsum(): found '.' for operand {current} that is not part of any ellipsis");
                all[current].Add(Ellipsis);
                i += 2;
            }
            else all[current].Add(Index(c, i));
        }
        if (current < operands - 1) Throw.Equation("einsum(): more operands were provided than specified in the equation");
        return all;
    }

    /// <summary>How often each subscript occurs; also finds how many dimensions the ellipsis stands for.</summary>
    private int[] Count(Tensor[] operands)
    {
        int[] counts = new int[Ellipsis];
        for (int i = 0; i < operands.Length; i++)
        {
            bool dots = subscripts[i].Contains(Ellipsis);
            int letters = subscripts[i].Count - (dots ? 1 : 0), rank = operands[i].NDim;
            if (dots ? letters > rank : letters != rank)
            {
                Throw.Shapes(dots || letters < 0
                    ? $"einsum(): the number of subscripts in the equation ({letters}) is more than the number of dimensions ({rank}) " +
                        $"for operand {i}"
                    : $"einsum(): the number of subscripts in the equation ({letters}) does not match the number of dimensions ({rank}) " +
                        $"for operand {i} and no ellipsis was given");
            }
            if (dots) ellipsisRank = Math.Max(ellipsisRank, rank - letters);
            foreach (int s in subscripts[i])
                if (s != Ellipsis) counts[s]++;
        }
        return counts;
    }

    private static List<int> Implicit(int[] counts)
    {
        List<int> output = [Ellipsis];
        for (int s = 0; s < Ellipsis; s++)
            if (counts[s] == 1) output.Add(s);
        return output;
    }

    private static List<int> Explicit(string equation, int from, int[] counts)
    {
        List<int> output = [];
        for (int i = from; i < equation.Length; i++)
        {
            char c = equation[i];
            if (c == ' ') continue;
            if (c == '.')
            {
                if (output.Contains(Ellipsis)) Throw.Equation("einsum(): found '.' for output but an ellipsis (...) was already found");
                if (i + 2 >= equation.Length || equation[i + 1] != '.' || equation[i + 2] != '.')
                    Throw.Equation("einsum(): found '.' for output that is not part of any ellipsis (...)");
                output.Add(Ellipsis);
                i += 2;
                continue;
            }
            int s = Index(c, i);
            if (output.Contains(s)) Throw.Equation($"einsum(): output subscript {c} appears more than once in the output");
            if (counts[s] == 0) Throw.Equation($"einsum(): output subscript {c} does not appear in the equation for any input operand");
            output.Add(s);
        }
        return output;
    }

    /// <summary>The operand with one dimension per subscript in the common order; subscripts it does not have get size 1.</summary>
    private Tensor Align(Tensor x, int operand)
    {
        List<int> places = [];
        int dots = x.NDim - (subscripts[operand].Count - 1);
        foreach (int s in subscripts[operand])
        {
            if (s != Ellipsis)
            {
                int seen = places.IndexOf(place[s]);
                if (seen < 0) places.Add(place[s]);
                else x = Merge(x, seen, places.Count, s, operand);
                continue;
            }
            for (int i = 0; i < dots; i++) places.Add(ellipsisAt + ellipsisRank - dots + i);
        }
        int[] order = [.. Enumerable.Range(0, places.Count).OrderBy(i => places[i])];
        if (places.Count > 1) x = x.Permute(new Dims(order));
        long[] shape = new long[total];
        Array.Fill(shape, 1);
        for (int i = 0; i < places.Count; i++) shape[places[order[i]]] = x.Shape[i];
        for (int p = 0; p < total; p++)
        {
            if (shape[p] == 1 || shape[p] == sizes[p]) continue;
            if (sizes[p] != 1)
                Throw.Shapes($"einsum(): subscript {Name(p)} has size {shape[p]} for operand {operand} which does not broadcast with " +
                    $"previously seen size {sizes[p]}");
            sizes[p] = shape[p];
        }
        return x.Reshape(new Shape(shape));
    }

    private string Name(int p)
    {
        int s = Array.IndexOf(place, p);
        return s < 0 ? "..." : Letter(s).ToString();
    }

    private static Tensor Merge(Tensor x, int kept, int dropped, int subscript, int operand)
    {
        long a = x.Shape[kept], b = x.Shape[dropped];
        if (a != b)
            Throw.Shapes($"einsum(): subscript {Letter(subscript)} is repeated for operand {operand} but the sizes don't match, {b} != " +
                $"{a}");
        return LinearOp.Apply(new Ops.MergedDims(kept - x.NDim, dropped - x.NDim), x);
    }

    internal Tensor Run()
    {
        Tensor x = aligned[0];
        for (int i = 1; i < aligned.Length; i++)
        {
            // A subscript can be summed as soon as no later operand has it.
            List<int> sum = [];
            for (int p = outputs; p < total; p++)
            {
                bool later = false;
                for (int j = i + 1; j < aligned.Length; j++) later |= aligned[j].Shape[p] != 1;
                if (!later && (x.Shape[p] != 1 || aligned[i].Shape[p] != 1)) sum.Add(p);
            }
            x = SumProduct(x, aligned[i], sum);
        }
        if (aligned.Length == 1)
        {
            int[] rest = [.. Enumerable.Range(outputs, total - outputs).Where(p => x.Shape[p] != 1)];
            if (rest.Length > 0) x = x.Sum(new Dims(rest), true, x.DType);
        }
        return total == outputs ? x : x.Reshape(new Shape([.. x.Shape.Values[..outputs]]));
    }

    /// <summary>Σ x · y over some dimensions, which are kept with size 1, as one batched matrix product.</summary>
    private static Tensor SumProduct(Tensor x, Tensor y, List<int> sum)
    {
        List<int> batch = [], left = [], right = [], inner = [];
        for (int p = 0; p < x.NDim; p++)
        {
            bool a = x.Shape[p] != 1, b = y.Shape[p] != 1;
            if (sum.Contains(p))
            {
                if (a && b) inner.Add(p);
                else if (a) x = x.Sum(p, true, x.DType);
                else if (b) y = y.Sum(p, true, y.DType);
            }
            else if (a && b) batch.Add(p);
            else (a ? left : right).Add(p);
        }
        if (inner.Count == 0) return x * y;
        // Dimensions that were summed already have size 1 and go anywhere.
        int[] ones = [.. Enumerable.Range(0, x.NDim).Where(p => !batch.Contains(p) && !left.Contains(p) && !right.Contains(p)
            && !inner.Contains(p))];
        right.AddRange(ones);
        long b0 = Size(x, batch), m = Size(x, left), n = Size(y, right), k = Size(x, inner);
        Tensor u = x.Permute(new Dims([.. batch, .. left, .. inner, .. right])).Reshape(new Shape([b0, m, k]));
        Tensor v = y.Permute(new Dims([.. batch, .. inner, .. right, .. left])).Reshape(new Shape([b0, k, n]));
        int[] order = [.. batch, .. left, .. right, .. inner];
        long[] shape = [.. batch.Select(p => x.Shape[p]), .. left.Select(p => x.Shape[p]), .. right.Select(p => y.Shape[p]),
            .. inner.Select(_ => 1L)];
        int[] back = new int[order.Length];
        for (int i = 0; i < order.Length; i++) back[order[i]] = i;
        return u.Bmm(v).Reshape(new Shape(shape)).Permute(new Dims(back));
    }

    private static long Size(Tensor x, List<int> dims)
    {
        long n = 1;
        foreach (int p in dims) n *= x.Shape[p];
        return n;
    }
}
