#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// A layer whose result z solves z = f(z) = tanh(W z + x). Its gradient needs no graph of the iterations: by the implicit function
// theorem, a gradient v of z goes to W and x through u, the solution of u = v + Jᵀu with J = ∂f/∂z; each Jᵀu is one backward.
// Run it: dotnet run samples/fixed_point.cs
// It prints what tests/golden/transforms.py prints with PyTorch.
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Tensor.DefaultDType = DType.Float64;
Tensor.ManualSeed(3);
Tensor w = (Tensor.Randn(10, 10) * 0.15).RequiresGrad_(), x = Tensor.Randn(10).RequiresGrad_();

Tensor z = new FixedPoint().Apply(w, x);
z.Square().Sum().Backward();
(Tensor gw, Tensor gx, z) = (w.Grad!, x.Grad!, z.Detach());
Console.WriteLine($"residual = {(z - FixedPoint.Step(w, x, z)).Abs().Max().Item() < 1e-14}");
Console.WriteLine($"z = {Numbers(z[..4])}");
Console.WriteLine($"gradient of w = {gw.Norm().Item():R}");
Console.WriteLine($"gradient of x = {Numbers(gx[..4])}");

// The same by differentiating through 200 iterations.
(Tensor uw, Tensor ux) = Func.Grad((a, b) =>
{
    Tensor y = Tensor.Zeros([10]);
    for (int i = 0; i < 200; i++) y = FixedPoint.Step(a, b, y);
    return y.Square().Sum();
}, (0, 1))(w.Detach(), x.Detach());
Console.WriteLine($"unrolled agrees = {uw.AllClose(gw, rtol: 1e-10, atol: 1e-12) && ux.AllClose(gx, rtol: 1e-10, atol: 1e-12)}");

static string Numbers(Tensor t) => string.Join(" ", t.ToArray<double>().Select(n => n.ToString("R")));

sealed class FixedPoint : Function<(Tensor W, Tensor X), Tensor>
{
    public static Tensor Step(Tensor w, Tensor x, Tensor z) => (w.MatMul(z) + x).Tanh();

    protected override Tensor Forward((Tensor W, Tensor X) input) => Solve(z => Step(input.W, input.X, z), Tensor.ZerosLike(input.X));

    protected override void SetupContext(FunctionContext ctx, (Tensor W, Tensor X) input, Tensor z) =>
        ctx.SaveForBackward(input.W, input.X, z);

    protected override (Tensor W, Tensor X) Backward(FunctionContext ctx, Tensor v)
    {
        (Tensor w, Tensor x, Tensor z) = (ctx.SavedTensors[0], ctx.SavedTensors[1], ctx.SavedTensors[2]);
        (_, Func<Tensor, (Tensor W, Tensor X, Tensor Z)> pull) = Func.Vjp<Tensor, Tensor, Tensor, Tensor>(Step, w, x, z);
        (Tensor gw, Tensor gx, _) = pull(Solve(u => v + pull(u).Z, v));
        return (gw, gx);
    }

    private static Tensor Solve(Func<Tensor, Tensor> f, Tensor start)
    {
        for (int i = 0; i < 1000; i++)
        {
            Tensor next = f(start);
            if ((next - start).Abs().Max().Item() < 1e-15) return next;
            start = next;
        }
        return start;
    }
}
