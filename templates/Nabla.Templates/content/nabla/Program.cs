using Nabla;
using Nabla.Data;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Training;

// Two interleaved half-circles: which of them does a point belong to?
Tensor.ManualSeed(0);
var moons = Generated.Moons(1000);
var parts = moons.RandomSplit([0.8, 0.2]);
var train = DataLoader.Of(parts[0], batchSize: 32, shuffle: true);
var test = DataLoader.Of(parts[1], batchSize: 100);

Net model = new();
Console.WriteLine(model.Summary(inputSize: [32, 2]));

AdamW optimizer = new(model.Parameters(), lr: 0.01);
for (int epoch = 1; epoch <= 10; epoch++)
{
    Mean loss = new();
    foreach (var (points, classes) in train)
    {
        optimizer.ZeroGrad();
        Tensor batch = Functional.CrossEntropy(model.Call(points), classes);
        batch.Backward();
        optimizer.Step();
        loss.Update(batch.Item());
    }
    Console.WriteLine($"epoch {epoch,2}: loss {loss.Compute():F4}, accuracy on unseen points {Accuracy():P1}");
}

string path = Path.Combine(AppContext.BaseDirectory, "model.safetensors");
model.Save(path);
Console.WriteLine($"Saved {path}");

double Accuracy()
{
    Accuracy accuracy = new();
    model.Eval();
    using (Autograd.NoGrad())
        foreach (var (points, classes) in test) accuracy.Update(model.Call(points), classes);
    model.Train();
    return accuracy.Compute();
}

// Fields that are modules or parameters register themselves.
class Net : Module<Tensor, Tensor>
{
    readonly Linear first = new(2, 32), second = new(32, 32), last = new(32, 2);

    protected override Tensor Forward(Tensor x) => last.Call(second.Call(first.Call(x).Relu()).Relu());
}
