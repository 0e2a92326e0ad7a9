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
Tensor w = Tensor.Randn(10, 10) * 0.15, x = Tensor.Randn(10);

(Tensor z, Func<Tensor, (Tensor W, Tensor X)> back) = FixedPoint(w, x);
(Tensor gw, Tensor gx) = back(2 * z);   // the gradient of Σ z²
Console.WriteLine($"residual = {(z - Step(w, x, z)).Abs().Max().Item() < 1e-14}");
Console.WriteLine($"z = {Numbers(z[..4])}");
Console.WriteLine($"gradient of w = {gw.Norm().Item():R}");
Console.WriteLine($"gradient of x = {Numbers(gx[..4])}");

// The same by differentiating through 200 iterations.
(Tensor uw, Tensor ux) = Func.Grad((a, b) =>
{
    Tensor y = Tensor.Zeros([10]);
    for (int i = 0; i < 200; i++) y = Step(a, b, y);
    return y.Square().Sum();
}, (0, 1))(w, x);
Console.WriteLine($"unrolled agrees = {uw.AllClose(gw, rtol: 1e-10, atol: 1e-12) && ux.AllClose(gx, rtol: 1e-10, atol: 1e-12)}");

static Tensor Step(Tensor w, Tensor x, Tensor z) => (w.MatMul(z) + x).Tanh();

static (Tensor Z, Func<Tensor, (Tensor W, Tensor X)> Back) FixedPoint(Tensor w, Tensor x)
{
    Tensor z = Solve(y => Step(w, x, y), Tensor.ZerosLike(x));
    (_, Func<Tensor, (Tensor W, Tensor X, Tensor Z)> vjp) = Func.Vjp((Tensor w, Tensor x, Tensor z) => Step(w, x, z), w, x, z);
    return (z, v =>
    {
        Tensor u = Solve(u => v + vjp(u).Z, v);
        (Tensor gw, Tensor gx, _) = vjp(u);
        return (gw, gx);
    });
}

static Tensor Solve(Func<Tensor, Tensor> f, Tensor start)
{
    using GradScope mode = Autograd.NoGrad();
    for (int i = 0; i < 1000; i++)
    {
        Tensor next = f(start);
        if ((next - start).Abs().Max().Item() < 1e-15) return next;
        start = next;
    }
    return start;
}

static string Numbers(Tensor t) => string.Join(" ", t.ToArray<double>().Select(n => n.ToString("R")));
