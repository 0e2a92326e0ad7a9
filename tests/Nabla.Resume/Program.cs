// A run that a test kills: it resumes from the folder it is given, trains, and saves every few steps. It prints each step, and at the end a
// digest of everything that training has changed.
using System.Globalization;
using System.Security.Cryptography;
using Nabla;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Training;

string path = args[0];
long epochs = long.Parse(args[1], CultureInfo.InvariantCulture);

Tensor.ManualSeed(7);
Tensor inputs = Tensor.Randn([50, 4]), targets = inputs.Sum([1], keepDim: true).Sin();
Sequential model = new(new Linear(4, 16), new BatchNorm1d(16), new Tanh(), new Dropout(0.3), new Linear(16, 1));
Adam optimizer = new(model.Parameters(), lr: 0.01);
CosineAnnealingLR schedule = new(optimizer, tMax: epochs);
AveragedModel<Tensor, Tensor> average = new(model, multiAvgFn: SwaUtils.GetEmaMultiAvgFn(0.9));
using DataLoader<(Tensor, Tensor), (Tensor, Tensor)> loader = DataLoader.Of(TensorDataset.Of(inputs, targets), batchSize: 8, shuffle: true);

TrainingCheckpoint run = new(model, optimizer) { Scheduler = schedule, Average = average, Loader = loader };
CheckpointFolder folder = new(path);
folder.Resume(run);
for (; run.Epoch < epochs; run.Epoch++)
{
    foreach ((Tensor x, Tensor y) in loader)
    {
        optimizer.ZeroGrad();
        Functional.MseLoss(model.Call(x), y).Backward();
        optimizer.Step();
        average.UpdateParameters(model);
        run.Step++;
        if (run.Step % 3 == 0) folder.Save(run);
        Console.WriteLine($"step {run.Step}");
    }
    schedule.Step();
}

using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
foreach (Tensor t in model.StateDict().Values.Concat(average.StateDict().Values).Concat(Moments()))
    foreach (double value in t.To(DType.Float64).ToArray<double>()) hash.AppendData(BitConverter.GetBytes(value));
hash.AppendData(Generator.Default.GetState());
Console.WriteLine($"digest {Convert.ToHexString(hash.GetHashAndReset())}");

IEnumerable<Tensor> Moments() =>
    optimizer.ParamGroups[0].Params.SelectMany(p => optimizer.State[p].Select(static s => s.Value).OfType<Tensor>());
