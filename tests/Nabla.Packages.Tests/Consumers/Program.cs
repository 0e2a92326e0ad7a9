using System.Diagnostics;
using System.Globalization;
using Nabla;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Testing;
using Nabla.Training;

Tensor x = Tensor.Of([3.0], requiresGrad: true);
(2 * x.Pow(2) + 3).Backward();
using (Process self = Process.GetCurrentProcess())
{
    double milliseconds = (DateTime.Now - self.StartTime).TotalMilliseconds;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"gradient {x.Grad} after {milliseconds:F0} ms"));
}

Tensor.ManualSeed(0);
Net net = new();
AdamW adam = new(net.Parameters(), lr: 0.02);
Tensor inputs = Tensor.Randn([64, 2]), targets = (inputs[.., ..1] * inputs[.., 1..]).Gt(0).To(DType.Float32);
double first = 0, last = 0;
for (int step = 0; step < 200; step++)
{
    adam.ZeroGrad();
    Tensor loss = Functional.BinaryCrossEntropyWithLogits(net.Call(inputs), targets);
    loss.Backward();
    adam.Step();
    (first, last) = (step == 0 ? loss.Item() : first, loss.Item());
}
Console.WriteLine(last < first / 4 ? "learned" : $"not learned: {first} {last}");
string folder = Directory.CreateTempSubdirectory("nabla-app-").FullName;
net.Save(Path.Combine(folder, "net.safetensors"));
net.Save(Path.Combine(folder, "net.pt"));
Net other = new();
other.Load(Path.Combine(folder, "net.pt"));
Console.WriteLine($"{string.Join(" ", other.StateDict().Keys)} {(other.Call(inputs) - net.Call(inputs)).Abs().Max().Item()}");
using (SummaryWriter board = new(folder))
{
    board.AddScalar("loss", last, 200);
    board.AddGraph(net, inputs);
}
Console.WriteLine(net.Summary(inputs).Parameters);
Params p = new(Tensor.Of(2.0), Tensor.Of(3.0));
Console.WriteLine(Func.Grad((Params q) => q.A * q.A * q.B)(p).A.Item());
Console.WriteLine(GradCheck.Run(static t => t.Sin(), Tensor.Of([0.5, 1.5], DType.Float64, requiresGrad: true)));
Directory.Delete(folder, recursive: true);

sealed record Params(Tensor A, Tensor B) : ITree<Params>
{
    public Params Map(Func<Tensor, Tensor> f) => new(f(A), f(B));
}

sealed class Net : Module<Tensor, Tensor>
{
    private readonly Linear fc1 = new(2, 16), fc2 = new(16, 1);

    protected override Tensor Forward(Tensor input) => fc2.Call(fc1.Call(input).Tanh());
}
