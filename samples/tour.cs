#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// A tour of automatic differentiation in eight steps. Run it: dotnet run samples/tour.cs
// It prints what the same steps print in PyTorch, to the digit.
using Nabla;

Title(1, "A tensor that wants a gradient");
Tensor x = Tensor.Of([3.0], requiresGrad: true);
Console.WriteLine($"x = {x}");
Console.WriteLine($"x.requires_grad = {x.RequiresGrad}, x.is_leaf = {x.IsLeaf}, x.grad = {x.Grad?.ToString() ?? "null"}");

Title(2, "The graph and the chain rule");
Tensor y = x.Pow(2);
Tensor z = 2 * y + 3;
Console.WriteLine($"z = 2x² + 3 = {z:F1}");
Console.WriteLine($"y.grad_fn = {y.GradFn}, z.grad_fn = {z.GradFn}");
z.Backward();
Console.WriteLine($"dz/dx = 4x = {x.Grad:F0}, x.grad = {x.Grad}");

Title(3, "Several variables");
Tensor a = Tensor.Of(2.0, requiresGrad: true);
Tensor b = Tensor.Of(3.0, requiresGrad: true);
Tensor f = a * b + a.Pow(2);
f.Backward();
Console.WriteLine($"f = ab + a² = {f:F0}");
Console.WriteLine($"df/da = b + 2a = {a.Grad:F0}, df/db = a = {b.Grad:F0}");

Title(4, "Gradients accumulate");
x = Tensor.Of(2.0, requiresGrad: true);
x.Pow(2).Backward();
Console.WriteLine($"after one backward: {x.Grad:F0}");
x.Pow(2).Backward();
Console.WriteLine($"after two: {x.Grad:F0}");
x.Grad!.Zero_();
x.Pow(2).Backward();
Console.WriteLine($"zeroed, then one more: {x.Grad:F0}");

Title(5, "With and without recording");
y = x * 2;
Console.WriteLine($"recorded: requires_grad = {y.RequiresGrad}, grad_fn = {y.GradFn}");
using (Autograd.NoGrad()) y = x * 2;
Console.WriteLine($"in no_grad: requires_grad = {y.RequiresGrad}, grad_fn = {y.GradFn?.ToString() ?? "null"}");

Title(6, "Learning y = 2x + 1 by hand");
Tensor X = [[1f], [2f], [3f], [4f]];
Tensor Y = [[3f], [5f], [7f], [9f]];
Tensor w = Tensor.Zeros([1, 1], requiresGrad: true);
b = Tensor.Zeros([1, 1], requiresGrad: true);
for (int epoch = 0; epoch < 100; epoch++)
{
    Tensor loss = (X.MatMul(w) + b - Y).Pow(2).Mean();
    loss.Backward();
    using (Autograd.NoGrad())
    {
        w -= 0.1 * w.Grad!;   // in place, as in PyTorch
        b -= 0.1 * b.Grad!;
    }

    w.Grad!.Zero_();
    b.Grad!.Zero_();
    if (epoch % 20 == 0) Console.WriteLine($"Epoch {epoch,3}: loss={loss:F4}, w={w:F3}, b={b:F3}");
}

Console.WriteLine($"Final: w={w:F3}, b={b:F3}");

Title(7, "The gradient of a matrix");
Tensor.ManualSeed(42);
Tensor W = Tensor.Randn([2, 3], requiresGrad: true);
Tensor v = Tensor.Randn([3, 2]);
Tensor output = W.MatMul(v);
Tensor squares = output.Pow(2).Sum();
squares.Backward();
Console.WriteLine($"W = {W}");
Console.WriteLine($"out = {output}");
Console.WriteLine($"loss = {squares:F4}");
Console.WriteLine($"W.grad = {W.Grad}");

Title(8, "Detaching");
x = Tensor.Of([1.0, 2.0, 3.0], requiresGrad: true);
y = x * 2;
Tensor d = y.Detach();
Console.WriteLine($"y = {y}");
Console.WriteLine($"y.detach() = {d}, requires_grad = {d.RequiresGrad}");
(y * d).Sum().Backward();
Console.WriteLine($"x.grad with one factor detached = {x.Grad}");

static void Title(int n, string text) => Console.WriteLine($"{n}. {text}");
