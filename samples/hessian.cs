#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// The matrix of second derivatives of a small network's loss with respect to all of its parameters, which are a record.
// Run it: dotnet run samples/hessian.cs
// It prints what tests/golden/transforms.py prints with PyTorch.
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Tensor.DefaultDType = DType.Float64;
Tensor.ManualSeed(0);
Tensor inputs = Tensor.Randn(8, 2), targets = Tensor.Randn(8, 1);
Network network = new(Tensor.Randn(16, 2), Tensor.Randn(16), Tensor.Randn(1, 16), Tensor.Randn(1));

// One record of blocks per parameter: row by row, the Hessian.
Network[] blocks = Func.Hessian((Network p) => (p.Apply(inputs) - targets).Square().Mean())(network);
Tensor[] parameters = Tree.Leaves(network);
Tensor hessian = Tensor.Cat([.. blocks.Select((row, i) =>
    Tensor.Cat([.. Tree.Leaves(row).Select(block => block.Reshape([parameters[i].NumElements, -1]))], 1))]);

Console.WriteLine($"parameters = {hessian.Size(0)}");
Console.WriteLine($"trace = {hessian.Trace().Item():R}");
Console.WriteLine($"norm = {hessian.Norm().Item():R}");
Console.WriteLine($"corner = {hessian[0, 0].Item():R}");
Console.WriteLine($"last row = {string.Join(" ", hessian[-1, ..4].ToArray<double>().Select(h => h.ToString("R")))}");
Console.WriteLine($"asymmetry = {(hessian - hessian.T).Abs().Max().Item() < 1e-12}");

/// A layer of hidden units between two numbers and one.
sealed record Network(Tensor W1, Tensor B1, Tensor W2, Tensor B2) : ITree<Network>
{
    public Network Map(Func<Tensor, Tensor> f) => new(f(W1), f(B1), f(W2), f(B2));

    public Tensor Apply(Tensor x) => Functional.Linear(Functional.Linear(x, W1, B1).Tanh(), W2, B2);
}
