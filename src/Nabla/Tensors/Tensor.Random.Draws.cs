using System.Runtime.InteropServices;

namespace Nabla;

/// <summary>A distribution, drawn into a span of a dtype's CLR type in memory order.</summary>
internal interface IRandomDraw
{
    /// <summary>PyTorch's name of the recorded node.</summary>
    string NodeName { get; }

    /// <summary>Fills the values. <paramref name="contiguous"/>: they belong to a tensor that is row-major without gaps.</summary>
    void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged;
}

/// <summary>Draws into tensors of any layout, in the order in which PyTorch walks their memory.</summary>
internal static class RandomDraw
{
    /// <summary>Writes fresh numbers into x, recorded: the old value's gradient is zero.</summary>
    internal static Tensor InPlace<TDraw>(Tensor x, Generator? generator, TDraw draw) where TDraw : struct, IRandomDraw
    {
        bool record = Views.Check(x, false, draw.NodeName);
        RandomFrames.CheckInPlace(x);
        if (x.wrap is not null) return x.Become(Fresh(x.layout.Fresh, x.dtype, generator, draw));
        Edge edge = record ? x.Edge : default;
        Fill(x, generator ?? Generator.Default, draw);
        x.storage.Version++;
        if (record) Views.Rebase(x, new RandomNode(draw.NodeName, edge));
        return x;
    }

    /// <summary>A new tensor of random numbers; inside vmap, of each item's own or the same for all.</summary>
    internal static Tensor Fresh<TDraw>(Layout layout, DType dtype, Generator? generator, TDraw draw) where TDraw : struct, IRandomDraw
    {
        if (Frame.Current is { } frame) return RandomFrames.Fresh(frame, layout, dtype, generator, draw);
        return Plain(layout, dtype, generator, draw);
    }

    internal static Tensor Plain<TDraw>(Layout layout, DType dtype, Generator? generator, TDraw draw) where TDraw : struct, IRandomDraw
    {
        Tensor y = Tensor.Allocate(layout, dtype);
        Fill(y, generator ?? Generator.Default, draw);
        return y;
    }

    private static void Fill<TDraw>(Tensor x, Generator g, TDraw draw) where TDraw : struct, IRandomDraw
    {
        if (OpTrace.On) OpTrace.RefuseRandom(draw.NodeName);
        ProfilerEvent? span = Profiling.On ? Profiling.BeginOperation($"{OperatorNames.Of(draw.NodeName)}_", [x]) : null;
        try { Draw(x, g, draw); }
        finally { Profiling.End(span); }
    }

    private static void Draw<TDraw>(Tensor x, Generator g, TDraw draw) where TDraw : struct, IRandomDraw
    {
        Tensor y = x.layout.IsDense ? x : Tensor.Allocate(Packed(x.layout), x.dtype);
        bool contiguous = x.layout.IsContiguous;
        switch (x.dtype)
        {
            case DType.Bool: draw.Run(g, MemoryMarshal.Cast<byte, bool>(y.Span<byte>()), contiguous); break;
            case DType.UInt8: draw.Run(g, y.Span<byte>(), contiguous); break;
            case DType.Int8: draw.Run(g, y.Span<sbyte>(), contiguous); break;
            case DType.Int16: draw.Run(g, y.Span<short>(), contiguous); break;
            case DType.Int32: draw.Run(g, y.Span<int>(), contiguous); break;
            case DType.Int64: draw.Run(g, y.Span<long>(), contiguous); break;
            case DType.Float16: draw.Run(g, y.Span<Half>(), contiguous); break;
            case DType.BFloat16: draw.Run(g, y.Span<BFloat16>(), contiguous); break;
            case DType.Float32: draw.Run(g, y.Span<float>(), contiguous); break;
            default: draw.Run(g, y.Span<double>(), contiguous); break;
        }
        if (!ReferenceEquals(x, y)) Kernels.Copy.Run(y, x);
    }

    /// <summary>The same shape and order of dimensions in memory without gaps: PyTorch draws in the order of addresses.</summary>
    private static Layout Packed(Layout x)
    {
        int[] order = [.. Enumerable.Range(0, x.Rank).OrderByDescending(d => x.strides[d])];
        long[] strides = new long[x.Rank];
        long n = 1;
        for (int i = order.Length - 1; i >= 0; i--)
        {
            strides[order[i]] = n;
            n *= Math.Max(1, x.shape[order[i]]);
        }
        return new Layout(x.shape, strides, 0);
    }

    /// <summary>The value under forward-mode levels: random numbers have no tangent.</summary>
    internal static Tensor Plain(Tensor x)
    {
        while (x.wrap is Dual dual) x = dual.Primal;
        return x;
    }

    /// <summary>Records that y was drawn with parameters from x, whose gradient is zero.</summary>
    internal static Tensor Recorded(Tensor y, string name, params ReadOnlySpan<Tensor> x)
    {
        if (!GradMode.Enabled || !y.dtype.IsFloatingPoint()) return y;
        foreach (Tensor t in x)
        {
            if (!t.RequiresGrad) continue;
            Edge[] edges = new Edge[x.Length];
            TensorSpec[] specs = new TensorSpec[x.Length];
            for (int i = 0; i < edges.Length; i++) (edges[i], specs[i]) = (x[i].Edge, new TensorSpec(x[i]));
            y.SetHistory(new RandomNode(name, edges, specs));
            return y;
        }
        return y;
    }
}

/// <summary>The node of a random number: what it was drawn from, or over, has a zero gradient.</summary>
internal sealed class RandomNode : Node
{
    private readonly string name;
    private readonly Edge[] edges;
    private readonly TensorSpec[]? specs;

    internal RandomNode(string name, Edge edge) => (this.name, edges) = (name, [edge]);

    internal RandomNode(string name, Edge[] edges, TensorSpec[] specs) => (this.name, this.edges, this.specs) = (name, edges, specs);

    public override string Name => name;
    internal override int InputCount => edges.Length;
    internal override Edge Input(int i) => edges[i];

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        for (int i = 0; i < edges.Length; i++)
        {
            if (edges[i].Node is null) continue;
            into[i] = specs is null ? Tensor.ZerosLike(g) : Tensor.Zeros(specs[i].Shape, specs[i].DType);
        }
    }
}

internal readonly record struct UniformDraw(double From, double To) : IRandomDraw
{
    public string NodeName => "UniformBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.Uniform(g, values, From, To);
}

internal readonly record struct NormalDraw(double Mean, double Std) : IRandomDraw
{
    public string NodeName => "NormalBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged =>
        RandomKernels.Normal(g, values, Mean, Std, contiguous);
}

internal readonly record struct ExponentialDraw(double Lambda) : IRandomDraw
{
    public string NodeName => "ExponentialBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.Exponential(g, values, Lambda);
}

internal readonly record struct CauchyDraw(double Median, double Sigma) : IRandomDraw
{
    public string NodeName => "CauchyBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.Cauchy(g, values, Median, Sigma);
}

internal readonly record struct LogNormalDraw(double Mean, double Std) : IRandomDraw
{
    public string NodeName => "LogNormalBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.LogNormal(g, values, Mean, Std);
}

internal readonly record struct GeometricDraw(double P) : IRandomDraw
{
    public string NodeName => "GeometricBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.Geometric(g, values, P);
}

internal readonly record struct BernoulliDraw(double P) : IRandomDraw
{
    public string NodeName => "BernoulliBackward2";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.Bernoulli(g, values, P);
}

/// <summary>A probability for each element; they are read in the order of the result, which must be row-major.</summary>
internal readonly record struct BernoulliEachDraw(Tensor P) : IRandomDraw
{
    public string NodeName => "BernoulliBackward1";

    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged
    {
        switch (P.dtype)
        {
            case DType.Float64: RandomKernels.Bernoulli<T, double>(g, values, P.Span<double>()); break;
            case DType.Float32: RandomKernels.Bernoulli<T, float>(g, values, P.Span<float>()); break;
            case DType.Float16: RandomKernels.Bernoulli<T, Half>(g, values, P.Span<Half>()); break;
            case DType.BFloat16: RandomKernels.Bernoulli<T, BFloat16>(g, values, P.Span<BFloat16>()); break;
            default: Throw.NotImplementedFor("bernoulli_tensor_cpu_p_", P.dtype); break;
        }
    }
}

/// <summary>All values of the dtype (no bounds), or the integers from From to To.</summary>
internal readonly record struct IntegerDraw(long? From, long? To) : IRandomDraw
{
    public string NodeName => From is null ? To is null ? "RandomBackward2" : "RandomBackward1" : "RandomBackward0";

    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged
    {
        if (From is null && To is null) RandomKernels.Random(g, values);
        else RandomKernels.Random(g, values, From ?? 0, To);
    }
}

internal readonly record struct PermutationDraw : IRandomDraw
{
    public string NodeName => "RandpermBackward0";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.RandPerm(g, values);
}

/// <summary>Zeros with probability P, else 1 / (1 - P).</summary>
internal readonly record struct DropoutDraw(double P) : IRandomDraw
{
    public string NodeName => "BernoulliBackward2";
    public void Run<T>(Generator g, Span<T> values, bool contiguous) where T : unmanaged => RandomKernels.DropoutNoise(g, values, P);
}
