#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// Second derivatives of a model with 100,450 parameters: their matrix would need 81 GB, its product with a vector costs about two
// gradients. A few products give the direction in which the loss bends most.
// Run it: dotnet run samples/hvp.cs
// It prints what tests/golden/transforms.py prints with PyTorch.
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Tensor.DefaultDType = DType.Float64;
Tensor.ManualSeed(2);
Tensor x = Tensor.Randn(4, 200), y = Tensor.Randn(4, 200);
(Tensor W1, Tensor B1, Tensor W2, Tensor B2) p = (Tensor.Randn(250, 200) * 0.05, Tensor.Zeros([250]), Tensor.Randn(200, 250) * 0.05,
    Tensor.Zeros([200]));
(Tensor, Tensor, Tensor, Tensor) v = Tree.Map(p, t => Tensor.RandnLike(t));
Console.WriteLine($"parameters = {Tree.Leaves(p).Sum(t => t.NumElements)}");

(Tensor loss, (Tensor, Tensor, Tensor, Tensor) hv) = Func.Hvp(Loss, p, v);
Console.WriteLine($"loss = {loss.Item():R}");
Console.WriteLine($"norm = {Math.Sqrt(Dot(hv, hv)):R}");
Console.WriteLine($"bend = {Dot(v, hv):R}");

for (int step = 0; step < 10; step++)
{
    double length = Math.Sqrt(Dot(v, v));
    v = Tree.Map(v, t => t / length);
    v = Func.Hvp(Loss, p, v).Product;
}
Console.WriteLine($"largest = {Math.Sqrt(Dot(v, v)):R}");

Tensor Loss((Tensor W1, Tensor B1, Tensor W2, Tensor B2) p) =>
    (Functional.Linear(Functional.Linear(x, p.W1, p.B1).Tanh(), p.W2, p.B2) - y).Square().Mean();

static double Dot((Tensor, Tensor, Tensor, Tensor) a, (Tensor, Tensor, Tensor, Tensor) b) =>
    Tree.Leaves(a).Zip(Tree.Leaves(b), (s, t) => (s * t).Sum().Item()).Sum();
