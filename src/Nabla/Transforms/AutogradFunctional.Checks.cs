using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class AutogradFunctional
{
    private enum Stage { Back, DoubleBack, DoubleBackTrick }

    /// <summary>The inputs at fresh places; with createGraph they stay connected to their history.</summary>
    private static Tensor[] Prepare(Tensor[] inputs, bool createGraph, string name, bool needGraph = true)
    {
        if (inputs.Length == 0)
            throw new ArgumentException($"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the given tuple " +
                "is empty.",
                nameof(inputs));
        Tensor[] x = new Tensor[inputs.Length];
        for (int i = 0; i < x.Length; i++)
        {
            Tensor t = inputs[i] ?? throw new ArgumentNullException(nameof(inputs),
                $"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the value at index {i} has type null.");
            x[i] = createGraph && t.RequiresGrad ? LinearOp.Apply(new Ops.Alias(), t)
                : needGraph && t.dtype.IsDifferentiable() ? t.WithoutHistory().RequiresGrad_() : t.WithoutHistory();
        }
        return x;
    }

    private static Tensor[] Outputs(Tensor[]? outputs, string name)
    {
        if (outputs is null || Array.Exists(outputs, static t => t is null))
            Throw.Graph($"The outputs of the user-provided function given to {name} must be either a Tensor or a tuple of Tensors but " +
                "the given outputs of the user-provided function has type null.");
        return outputs!;
    }

    private static void RequireGrad(Tensor[] tensors, string what, bool strict)
    {
        for (int i = 0; i < tensors.Length && strict; i++)
        {
            if (tensors[i].RequiresGrad) continue;
            Throw.Graph(what switch
            {
                "outputs" => $"Output {i} of the user-provided function does not require gradients. The outputs must be computed in a " +
                    "differentiable manner from the input when running in strict mode.",
                "grad_inputs" => $"The gradient with respect to input {i} is independent of the inputs of the user-provided function. " +
                "This is not allowed in strict mode.",
                _ => $"The hessian of the user-provided function with respect to input {i} is independent of the input. This is not " +
                "allowed in strict mode. You should ensure that your function is thrice differentiable and the hessian depends on the " +
                "inputs.",
            });
        }
    }

    private static void CheckVector(Tensor[] v, Tensor[] like)
    {
        if (v.Length != like.Length)
            Throw.Graph(like.Length == 1 ? "The given v should contain a single Tensor."
                : $"v is a tuple of invalid length: should be {like.Length} but got {v.Length}.");
        for (int i = 0; i < v.Length; i++)
            if (!v[i].layout.SameShape(like[i].layout))
                Throw.Shapes($"{(v.Length == 1 ? "v" : $"Entry {i} in v")} has invalid size: should be torch.Size({like[i].Shape}) but " +
                    $"got torch.Size({v[i].Shape}).");
    }

    [DoesNotReturn]
    private static void NeedsVector() => Throw.Graph("The vector v can only be None if the input to the user-provided function is a " +
        "single Tensor with a single element.");

    [DoesNotReturn]
    private static void Independent(int i) => Throw.Graph("While computing the hessian, found that the jacobian of the user-provided " +
        $"function with respect to input {i} is independent of the input. This is not allowed in strict mode. You should ensure that " +
        "your function is twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function " +
        "for example).");

    private static (Tensor[] X, Tensor[]? V) HessianArguments(Tensor[] inputs, Tensor[]? v, bool createGraph, string name)
    {
        Tensor[] x = Prepare(inputs, createGraph, name);
        if (v is not null)
        {
            v = Prepare(v, createGraph, name, needGraph: false);
            CheckVector(v, x);
        }
        else if (x.Length != 1 || x[0].NumElements != 1) NeedsVector();
        return (x, v);
    }

    /// <summary>The value of a scalar function and its recorded gradient.</summary>
    private static (Tensor Output, Tensor[] Gradient) Slope(Func<Tensor[], Tensor> f, Tensor[] x, bool strict, string name,
        bool always = false)
    {
        Tensor y = Outputs([f(x)], name)[0];
        RequireGrad([y], "outputs", strict);
        if (y.NumElements != 1)
            Throw.Graph($"The Tensor returned by the function given to {name} should contain a single element: it has shape {y.Shape}.");
        Tensor?[] g = Gradients([y], x, null, createGraph: true);
        Tensor[] filled = Fill(g, x, strict, true, Stage.Back);
        for (int i = 0; i < filled.Length && strict && !always; i++)
            if (!filled[i].RequiresGrad) Independent(i);
        return (y, filled);
    }

    /// <summary>The gradients of what has any; null for the rest.</summary>
    private static Tensor?[] Gradients(Tensor[] y, Tensor[] x, Tensor[]? v, bool createGraph)
    {
        List<Tensor> roots = [];
        List<Tensor?> seeds = [];
        for (int i = 0; i < y.Length; i++)
        {
            if (!y[i].RequiresGrad) continue;
            roots.Add(y[i]);
            seeds.Add(v?[i]);
        }
        if (roots.Count == 0) return new Tensor?[x.Length];
        return Autograd.Grad(roots, x, seeds, retainGraph: true, createGraph: createGraph, allowUnused: true);
    }

    /// <summary>Zeros where no gradient arrived, which is an error in strict mode.</summary>
    private static Tensor[] Fill(Tensor?[] g, Tensor[] x, bool strict, bool createGraph, Stage stage)
    {
        Tensor[] filled = new Tensor[g.Length];
        for (int i = 0; i < g.Length; i++)
        {
            if (g[i] is null && strict)
                Throw.Graph(stage switch
                {
                    Stage.Back => $"The output of the user-provided function is independent of input {i}. This is not allowed in strict " +
                        "mode.",
                    Stage.DoubleBack => $"The jacobian of the user-provided function is independent of input {i}. This is not allowed in " +
                    "strict mode.",
                    _ => $"The hessian of the user-provided function is independent of entry {i} in the grad_jacobian. This is not " +
                    "allowed in strict mode as it prevents from using the double backward trick to replace forward mode AD.",
                });
            if (g[i] is { RequiresGrad: false } && strict && createGraph && stage == Stage.DoubleBack)
                Throw.Graph($"The jacobian of the user-provided function is independent of input {i}. This is not allowed in strict mode " +
                    "when create_graph=True.");
            filled[i] = g[i] ?? Tensor.ZerosLike(x[i].WithoutHistory());
        }
        return filled;
    }

    private static (Tensor[], Tensor[]) Finish(Tensor[] y, Tensor[] p, bool createGraph) =>
        createGraph ? (y, p) : (Array.ConvertAll(y, static t => t.WithoutHistory()), Array.ConvertAll(p, static t => t.WithoutHistory()));
}
