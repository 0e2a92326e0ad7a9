using System.Diagnostics.CodeAnalysis;

namespace Nabla;

/// <summary>Functions with rules of their own, made of delegates; and short forms of applying one.</summary>
public static class Function
{
    /// <summary>A function of one tensor with its backward: <c>Function.Of(x => x.Exp(), (x, y, g) => g * y)</c>.</summary>
    /// <param name="forward">The value. It runs unrecorded.</param>
    /// <param name="backward">From input, output and the output's gradient to the input's gradient.</param>
    /// <param name="jvp">From input, output and the input's tangent to the output's tangent; null if there is none.</param>
    /// <param name="name">The name in messages and, with <c>Backward</c> after it, of the node.</param>
    public static Function<Tensor, Tensor> Of(Func<Tensor, Tensor> forward, Func<Tensor, Tensor, Tensor, Tensor> backward,
        Func<Tensor, Tensor, Tensor, Tensor>? jvp = null, string name = "Lambda") => Of<Tensor, Tensor>(forward, backward, jvp, name);

    /// <summary>A function of two tensors with its backward: <c>Function.Of((x, y) => x * y, (x, y, z, g) => (g * y, g * x))</c>.</summary>
    /// <param name="forward">The value. It runs unrecorded.</param>
    /// <param name="backward">From inputs, output and the output's gradient to the inputs' gradients.</param>
    /// <param name="jvp">From inputs, output and the inputs' tangents to the output's tangent; null if there is none.</param>
    /// <param name="name">The name in messages and, with <c>Backward</c> after it, of the node.</param>
    public static Function<(Tensor, Tensor), Tensor> Of(Func<Tensor, Tensor, Tensor> forward,
        Func<Tensor, Tensor, Tensor, Tensor, (Tensor, Tensor)> backward,
        Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>? jvp = null, string name = "Lambda")
    {
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(backward);
        return Of<(Tensor, Tensor), Tensor>(x => forward(x.Item1, x.Item2), (x, z, g) => backward(x.Item1, x.Item2, z, g),
            jvp is null ? null : (x, z, t) => jvp(x.Item1, x.Item2, z, t.Item1, t.Item2), name);
    }

    /// <summary>A function over any structures with its backward.</summary>
    /// <typeparam name="TIn">The input: a tensor, or a structure of tensors and other values.</typeparam>
    /// <typeparam name="TOut">The output, likewise.</typeparam>
    /// <inheritdoc cref="Of(Func{Tensor, Tensor}, Func{Tensor, Tensor, Tensor, Tensor}, Func{Tensor, Tensor, Tensor, Tensor}, string)"/>
    public static Function<TIn, TOut> Of<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        Func<TIn, TOut> forward, Func<TIn, TOut, TOut, TIn> backward, Func<TIn, TOut, TIn, TOut>? jvp = null, string name = "Lambda")
    {
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(backward);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new Plain<TIn, TOut>(forward, backward, jvp, name);
    }

    /// <summary>A function that saves what it chooses.</summary>
    /// <typeparam name="TIn">The input: a tensor, or a structure of tensors and other values.</typeparam>
    /// <typeparam name="TOut">The output, likewise.</typeparam>
    /// <param name="forward">Computes the output and saves in the context what the rules need. It runs unrecorded.</param>
    /// <param name="backward">From the output's gradient to the input's.</param>
    /// <param name="jvp">From the input's tangent to the output's; null if there is none.</param>
    /// <param name="name">The name in messages and, with <c>Backward</c> after it, of the node.</param>
    public static Function<TIn, TOut> Of<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        Func<FunctionContext, TIn, TOut> forward, Func<FunctionContext, TOut, TIn> backward,
        Func<FunctionContext, TIn, TOut>? jvp = null, string name = "Lambda")
    {
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(backward);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new Saving<TIn, TOut>(forward, backward, jvp, name);
    }

    /// <summary>Applies a function of two arguments.</summary>
    public static TOut Apply<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] TOut>(this Function<(T1, T2), TOut> f, T1 x, T2 y)
    {
        ArgumentNullException.ThrowIfNull(f);
        return f.Apply((x, y));
    }

    /// <summary>Applies a function of three arguments.</summary>
    public static TOut Apply<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] T3, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        this Function<(T1, T2, T3), TOut> f, T1 x, T2 y, T3 z)
    {
        ArgumentNullException.ThrowIfNull(f);
        return f.Apply((x, y, z));
    }

    /// <summary>Applies a function of four arguments.</summary>
    public static TOut Apply<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] T3, [DynamicallyAccessedMembers(Tree.Needs)] T4,
        [DynamicallyAccessedMembers(Tree.Needs)] TOut>(this Function<(T1, T2, T3, T4), TOut> f, T1 x, T2 y, T3 z, T4 w)
    {
        ArgumentNullException.ThrowIfNull(f);
        return f.Apply((x, y, z, w));
    }

    private sealed class Saving<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        Func<FunctionContext, TIn, TOut> forward, Func<FunctionContext, TOut, TIn> backward, Func<FunctionContext, TIn, TOut>? jvp,
        string name) : Function<TIn, TOut>
    {
        public override string Name => name;
        protected override bool GenerateVmapRule => true;
        protected override TOut Forward(FunctionContext ctx, TIn input) => forward(ctx, input);
        protected override TIn Backward(FunctionContext ctx, TOut gradOutput) => backward(ctx, gradOutput);
        protected override TOut Jvp(FunctionContext ctx, TIn tangents) => jvp is null ? base.Jvp(ctx, tangents) : jvp(ctx, tangents);
    }

    private sealed class Plain<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        Func<TIn, TOut> forward, Func<TIn, TOut, TOut, TIn> backward, Func<TIn, TOut, TIn, TOut>? jvp, string name) : Function<TIn, TOut>
    {
        public override string Name => name;
        protected override bool GenerateVmapRule => true;
        protected override TOut Forward(TIn input) => forward(input);

        protected override void SetupContext(FunctionContext ctx, TIn input, TOut output)
        {
            (Tensor[] x, TIn ins) = FunctionSlots.Open(input, name, "input");
            (Tensor[] y, TOut outs) = FunctionSlots.Open(output, name, "output");
            ctx.SaveForBackward([.. x, .. y]);
            ctx.Set((ins, x.Length, outs));
        }

        protected override TIn Backward(FunctionContext ctx, TOut gradOutput)
        {
            (TIn x, TOut y) = Saved(ctx);
            return backward(x, y, gradOutput);
        }

        protected override TOut Jvp(FunctionContext ctx, TIn tangents)
        {
            if (jvp is null) return base.Jvp(ctx, tangents);
            (TIn x, TOut y) = Saved(ctx);
            return jvp(x, y, tangents);
        }

        private static (TIn, TOut) Saved(FunctionContext ctx)
        {
            (TIn x, int count, TOut y) = ctx.Get<(TIn, int, TOut)>();
            Tensor[] saved = [.. ctx.SavedTensors];
            return (FunctionSlots.Fill(x, saved[..count]), FunctionSlots.Fill(y, saved[count..]));
        }
    }
}
