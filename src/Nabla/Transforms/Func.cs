namespace Nabla;

/// <summary>
/// Functions of functions: gradients, Jacobian products, vectorisation. They nest in any order and to any depth. Arguments and results are
/// tensors or values made of tensors, as <see cref="Tree"/> has them: tuples, lists, dictionaries, records.
/// </summary>
/// <remarks>
/// A grad mode outside a transform does not change what it computes, one inside the function does. Where the function uses tensors from
/// outside that require a gradient, and recording is on, the transform's results are part of their graph.
/// </remarks>
public static partial class Func
{
    /// <summary>The value of a function on fresh places in the graph, where gradients can be asked for.</summary>
    private readonly struct Traced<TResult>(TResult result, Tensor[] here)
    {
        internal readonly TResult Result = result;
        internal readonly Tensor[] Here = here;
        private readonly HashSet<Node> own = Graphs.Leaves(here);

        /// <summary>The gradients of the sum of y[i]·v[i] at the places, zeros where there are none.</summary>
        internal Tensor[] Pull(ReadOnlySpan<Tensor> y, ReadOnlySpan<Tensor?> v, bool again)
        {
            List<Tensor> roots = [];
            List<Tensor?> seeds = [];
            bool outside = Frame.Current is not null;
            for (int i = 0; i < y.Length; i++)
            {
                if (!y[i].RequiresGrad) continue;
                roots.Add(y[i]);
                seeds.Add(v[i]);
                outside |= v[i] is { RequiresGrad: true } || y[i].wrap is not null || Graphs.ReachesOther(y[i].Edge.Node, own);
            }
            bool keep = outside && GradMode.Enabled;
            Tensor[] results = new Tensor[Here.Length];
            if (roots.Count > 0)
            {
                Tensor?[] g = Autograd.Grad(roots, Here, seeds, retainGraph: again || keep, createGraph: keep, allowUnused: true);
                for (int i = 0; i < g.Length; i++)
                    if (g[i] is { } found) results[i] = Settle(found);
            }
            for (int i = 0; i < results.Length; i++) results[i] ??= Tensor.ZerosLike(Here[i].WithoutHistory());
            return results;
        }

        /// <summary>A result as the outside sees it: with history only where something outside may be differentiated.</summary>
        internal Tensor Settle(Tensor y)
        {
            if (y.RequiresGrad && GradMode.Enabled && Graphs.ReachesOther(y.Edge.Node, own)) return y;
            // What is inside a batch or a dual was recorded as well if a leaf of this call met it there.
            Tensor settled = y.wrap?.Settle(y, Settle) ?? y;
            return settled.RequiresGrad ? settled.WithoutHistory() : settled;
        }
    }

    private static Traced<TResult> Trace<TResult>(ReadOnlySpan<Tensor> x, Func<Tensor[], TResult> f)
    {
        Frame frame = Frame.Enter(Frame.Kind.Grad);
        try
        {
            using GradScope? normal = GradMode.InferenceEnabled ? Autograd.InferenceMode(false) : null;
            using GradScope mode = Autograd.EnableGrad();
            Tensor[] here = new Tensor[x.Length];
            for (int i = 0; i < here.Length; i++)
                here[i] = x[i].RequiresGrad ? LinearOp.Apply(new Ops.Alias(), x[i])
                    : (x[i].IsInference ? x[i].Clone() : x[i].WithoutHistory()).RequiresGrad_();
            try
            {
                return new(f(here), here);
            }
            finally { Graphs.Close(here); }
        }
        finally { frame.Exit(); }
    }

    private static int[] Argnums(ReadOnlySpan<int> argnums, int count)
    {
        int[] result = new int[argnums.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int n = argnums[i];
            if (n < -count || n >= count) Throw.Range(nameof(argnums), n, $"Got argnum={n}, but only {count} positional inputs");
            result[i] = n < 0 ? n + count : n;
            if (Array.IndexOf(result, result[i], 0, i) >= 0)
                throw new ArgumentException($"argnums elements must be unique, got ({string.Join(", ", argnums.ToArray())})",
                    nameof(argnums));
        }
        return result;
    }

    /// <summary>The arguments with those of some numbers replaced.</summary>
    private static Tensor[] With(Tensor[] all, int[] argnums, ReadOnlySpan<Tensor> some)
    {
        Tensor[] x = [.. all];
        for (int i = 0; i < argnums.Length; i++) x[argnums[i]] = some[i];
        return x;
    }

    private static Tensor[] Pick(Tensor[] all, int[] argnums) => Array.ConvertAll(argnums, n => all[n]);

    /// <summary>A function's name for messages, as PyTorch writes it.</summary>
    private static string Name(Delegate f) => f.Method.Name is ['<', ..] ? "<lambda>" : f.Method.Name;
}

/// <summary>What lies below a node.</summary>
internal static class Graphs
{
    /// <summary>The accumulators of those tensors that are leaves.</summary>
    internal static HashSet<Node> Leaves(Tensor[] here)
    {
        HashSet<Node> own = new(ReferenceEqualityComparer.Instance);
        foreach (Tensor t in here)
            if (t.gradFn is null && t.RequiresGrad) own.Add(t.Accumulator);
        return own;
    }

    /// <summary>Marks leaves that nobody outside the call can reach any more.</summary>
    internal static void Close(Tensor[] here)
    {
        foreach (Tensor t in here)
            if (t.gradFn is null && t.RequiresGrad) t.Accumulator.Closed = true;
    }

    /// <summary>Whether a leaf other than these lies below a node.</summary>
    internal static bool ReachesOther(Node? root, HashSet<Node> own)
    {
        HashSet<Node> seen = new(ReferenceEqualityComparer.Instance);
        Stack<Node> work = [];
        if (root is not null) work.Push(root);
        while (work.TryPop(out Node? node))
        {
            if (node is AccumulateGrad { Closed: false } && !own.Contains(node)) return true;
            for (int i = 0; i < node.InputCount; i++)
                if (node.Input(i).Node is { } input && seen.Add(input)) work.Push(input);
        }
        return false;
    }
}
