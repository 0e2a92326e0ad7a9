#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj

// A gradient for every sample of a batch, without a loop: the gradient of the loss of one sample, mapped over the batch.
// Run it: dotnet run samples/per_sample.cs
// It prints what tests/golden/transforms.py prints with PyTorch.
using System.Globalization;
using Nabla;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Tensor.DefaultDType = DType.Float64;
Tensor.ManualSeed(1);
Tensor inputs = Tensor.Randn(8, 5), targets = Tensor.RandInt(0, 3, [8]);
Dictionary<string, Tensor> parameters = new()
{
    ["w1"] = Tensor.Randn(16, 5) * 0.5,
    ["b1"] = Tensor.Randn(16) * 0.1,
    ["w2"] = Tensor.Randn(3, 16) * 0.5,
    ["b2"] = Tensor.Zeros([3]),
};

// One gradient per sample: parameters are shared (null), samples and targets are mapped over dimension 0.
Dictionary<string, Tensor> gradients = Func.Vmap(Func.Grad<Dictionary<string, Tensor>, Tensor, Tensor>(Loss), VmapDims.Of(VmapDims.None, 0,
    0))(
    parameters, inputs, targets);
Tensor norms = gradients.Values.Aggregate(Tensor.Zeros([8]), (sum, g) => sum + g.Reshape([8, -1]).Square().Sum(1)).Sqrt();
Console.WriteLine($"norms = {string.Join(" ", norms.ToArray<double>().Select(n => n.ToString("R")))}");

// Clipped to norm 1 each and averaged, as private training does.
Dictionary<string, Tensor> clipped = Tree.Map(gradients, g => (g.Reshape([8, -1]) / norms.Clamp(min: 1.0).Unsqueeze(1)).Mean(0));
Console.WriteLine($"clipped = {clipped.Values.Aggregate(Tensor.Zeros([]), (sum, g) => sum + g.Square().Sum()).Sqrt().Item():R}");

// Their mean is the gradient of the mean.
Dictionary<string, Tensor> whole = Func.Grad((Dictionary<string, Tensor> p) =>
    Functional.CrossEntropy(Logits(p, inputs), targets))(parameters);
bool same = whole.All(entry => entry.Value.AllClose(gradients[entry.Key].Mean(0), rtol: 1e-12, atol: 1e-14));
Console.WriteLine($"mean agrees = {same}");

static Tensor Logits(Dictionary<string, Tensor> p, Tensor x) =>
    Functional.Linear(Functional.Linear(x, p["w1"], p["b1"]).Relu(), p["w2"], p["b2"]);

static Tensor Loss(Dictionary<string, Tensor> p, Tensor x, Tensor target) =>
    Functional.CrossEntropy(Logits(p, x.Unsqueeze(0)), target.Unsqueeze(0));
