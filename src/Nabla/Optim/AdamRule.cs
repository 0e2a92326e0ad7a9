using System.Runtime.CompilerServices;

namespace Nabla.Optim;

/// <summary>The step of <see cref="Adam"/> and <see cref="AdamW"/>.</summary>
internal readonly record struct AdamRule(double Beta1, double Beta2, double Eps, double Decay, double Keep, bool Maximize, bool Amsgrad,
    double StepSize, double RootCorrection) : IUpdateRule
{
    internal static void Init(Tensor parameter, ParamState state, ParamGroup group)
    {
        state.AddScalar("step", 0);
        state["exp_avg"] = Tensor.ZerosLike(parameter);
        state["exp_avg_sq"] = Tensor.ZerosLike(parameter);
        if (Largest(group) is { } key) state[key] = Tensor.ZerosLike(parameter);
    }

    private static readonly string[] Plain = ["step", "exp_avg", "exp_avg_sq"], WithLargest = [.. Plain, "max_exp_avg_sq"];

    /// <summary>The tensors that a step reads.</summary>
    internal static string[] Entries(ParamGroup group) => group.Flag("amsgrad") ? WithLargest : Plain;

    /// <summary>The name of the largest averages, if the group keeps them.</summary>
    internal static string? Largest(ParamGroup group) => group.Flag("amsgrad") ? "max_exp_avg_sq" : null;

    /// <summary>The rule of the next step. Decoupled decay shrinks the parameter, the other adds to the gradient.</summary>
    internal static AdamRule Next(ParamState state, ParamGroup group, bool decoupled)
    {
        (double beta1, double beta2) = group.Pair("betas");
        double step = state.NextStep(), lr = group.Lr, decay = group.Number("weight_decay");
        return new(beta1, beta2, group.Number("eps"), decoupled ? 0 : decay, decoupled ? 1 - lr * decay : 1, group.Flag("maximize"),
            group.Flag("amsgrad"), lr / (1 - Math.Pow(beta1, step)), Math.Sqrt(1 - Math.Pow(beta2, step)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update<V, A>(ref V p, V g, ref V a, ref V b, ref V c) where A : struct, IAlgebra<V>
    {
        if (Maximize) g = A.Neg(g);
        if (Decay != 0) g = A.Add(g, p, Decay);
        if (Keep != 1) p = A.Mul(p, Keep);
        a = A.Lerp(a, g, 1 - Beta1);
        b = A.AddCMul(A.Mul(b, Beta2), g, g, 1 - Beta2);
        if (Amsgrad) c = A.Max(c, b);
        p = A.AddCDiv(p, a, A.Add(A.Div(A.Sqrt(Amsgrad ? c : b), RootCorrection), Eps), -StepSize);
    }
}
