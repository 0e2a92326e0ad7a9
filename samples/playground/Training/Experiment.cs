using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Playground;

/// <summary>A training: the data, the network, the optimizer and where they are. Nothing in it knows of a page.</summary>
public sealed class Experiment
{
    public const int Count = 240;

    /// <summary>The largest coordinate that is looked at.</summary>
    public const double Reach = 1.5;

    private readonly Generator generator;
    private readonly DataLoader<(Tensor, Tensor), (Tensor, Tensor)> loader;
    private readonly Optimizer optimizer;
    private readonly double[] flow;
    private IEnumerator<(Tensor X, Tensor Y)> batches;

    public Experiment(Settings settings)
    {
        Settings = settings;
        Tensor.ManualSeed(settings.Seed);
        generator = new Generator().ManualSeed(settings.Seed);
        (TrainX, TrainY) = Points.Draw(settings.Data, Count, settings.Noise, generator);
        (TestX, TestY) = Points.Draw(settings.Data, Count, settings.Noise, generator);
        Classes = settings.Data == DataKind.Gaussians ? Points.Classes : 2;
        Network = new(settings.Layers, settings.Width, Classes, settings.Activation);
        Layers = [.. Network.Layers];
        flow = new double[Layers.Count];
        optimizer = Make(settings.Method, Network.Parameters(), settings.LearningRate);
        loader = DataLoader.Of(TensorDataset.Of(TrainX, TrainY), batchSize: settings.BatchSize, shuffle: true, generator: generator);
        batches = loader.GetEnumerator();
        Evaluate();
    }

    public Settings Settings { get; }
    public Tensor TrainX { get; }
    public Tensor TrainY { get; }
    public Tensor TestX { get; }
    public Tensor TestY { get; }
    public int Classes { get; }
    public Network Network { get; }
    public IReadOnlyList<Linear> Layers { get; }
    public int StepCount { get; private set; }

    /// <summary>The loss of the last batch.</summary>
    public double BatchLoss { get; private set; } = double.NaN;

    /// <summary>Of all points the network learns from, at the last <see cref="Evaluate"/>.</summary>
    public Score Training { get; private set; }

    /// <summary>Of points it has not seen.</summary>
    public Score Unseen { get; private set; }

    public double LearningRate
    {
        get => optimizer.ParamGroups[0].Lr;
        set => optimizer.ParamGroups[0].Lr = value;
    }

    /// <summary>One batch, forward, backward, and a step of the optimizer. Whether the loss was a finite number: if not, nothing was
    /// changed.</summary>
    public bool Step()
    {
        if (!batches.MoveNext())
        {
            batches = loader.GetEnumerator();
            batches.MoveNext();
        }
        var (x, y) = batches.Current;
        optimizer.ZeroGrad();
        // Hooks see the gradient that flows back into each layer's output, when backward comes by.
        Network.Watch = (layer, output) => output.RegisterHook(g => { flow[layer] = g.Norm().Item(); });
        Tensor loss = Functional.CrossEntropy(Network.Call(x), y);
        Network.Watch = null;
        BatchLoss = loss.Item();
        if (!double.IsFinite(BatchLoss)) return false;
        loss.Backward();
        optimizer.Step();
        StepCount++;
        return true;
    }

    /// <summary>Brings <see cref="Training"/> and <see cref="Unseen"/> up to date.</summary>
    public void Evaluate() => (Training, Unseen) = (ScoreOf(TrainX, TrainY), ScoreOf(TestX, TestY));

    private Score ScoreOf(Tensor x, Tensor y)
    {
        using GradScope off = Autograd.NoGrad();
        Tensor scores = Network.Call(x);
        return new(Functional.CrossEntropy(scores, y).Item(), scores.ArgMax(-1).Eq(y).To(DType.Float32).Mean().Item());
    }

    /// <summary>The gradients of the last step, layer by layer.</summary>
    public IReadOnlyList<LayerGradients> Gradients() => [.. Layers.Select((layer, i) => new LayerGradients(Name(i),
        layer.Weight.Norm().Item(), layer.Weight.Grad is { } g ? g.Norm().Item() : 0, flow[i], LayerGradients.Bins(layer.Weight.Grad)))];

    public string Name(int layer) => layer == Layers.Count - 1 ? "output" : $"hidden {layer + 1}";

    /// <summary>The recorded graph of one loss, as text.</summary>
    public string GraphText()
    {
        Tensor loss = Functional.CrossEntropy(Network.Call(TrainX.Narrow(0, 0, 1)), TrainY.Narrow(0, 0, 1));
        return GraphPicture.ToText(loss);
    }

    private static Optimizer Make(Method method, IEnumerable<Tensor> parameters, double rate) => method switch
    {
        Method.Sgd => new SGD(parameters, lr: rate),
        Method.Momentum => new SGD(parameters, lr: rate, momentum: 0.9),
        Method.RmsProp => new RMSprop(parameters, lr: rate),
        Method.Lion => new Lion(parameters, lr: rate),
        _ => new Adam(parameters, lr: rate),
    };
}

/// <summary>How good the network is on some points.</summary>
public readonly record struct Score(double Loss, double Accuracy);
