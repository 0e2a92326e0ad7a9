#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:property TieredCompilation=false

// Training steps of thirteen usual models: median and fastest step in milliseconds. The figures beside PyTorch's are in
// bench/results/models.md.
// Run it: dotnet run -c Release bench/models.cs -- [seconds per model, default 1] [threads, default 2] [a model's name]
using System.Diagnostics;
using System.Globalization;
using Nabla;
using Nabla.Nn;
using Nabla.Optim;
using F = Nabla.Functional;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 1;
Threads.Count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2;
Tensor.ManualSeed(0);

Measure("resnet", () =>
{
    Sequential net = new(new Conv2d(3, 32, 3, 1, 1, bias: false), new BatchNorm2d(32), new ReLU(), new Residual(32, 32, 1),
        new Residual(32, 64, 2), new Residual(64, 128, 2), new AdaptiveAvgPool2d(1), new Flatten(), new Linear(128, 10));
    Tensor x = Tensor.Randn([16, 3, 32, 32]), y = Classes(10, 16);
    return (() => F.CrossEntropy(net.Call(x), y), new SGD(net.Parameters(), lr: 0.01, momentum: 0.9));
});
Measure("mobilenet", () =>
{
    Sequential net = new(new Conv2d(3, 24, 3, 2, 1), new Inverted(24, 1), new Inverted(24, 2), new Inverted(24, 1),
        new AdaptiveAvgPool2d(1), new Flatten(), new Linear(24, 10));
    Tensor x = Tensor.Randn([16, 3, 64, 64]), y = Classes(10, 16);
    return (() => F.CrossEntropy(net.Call(x), y), new SGD(net.Parameters(), lr: 0.01, momentum: 0.9));
});
Measure("encoder", () =>
{
    Embedding tokens = new(1000, 128);
    TransformerEncoder layers = new(new TransformerEncoderLayer(128, 4, 512, 0.1, batchFirst: true), 3);
    Linear head = new(128, 1000);
    Tensor x = Classes(1000, 16, 64), y = Classes(1000, 1024);
    return (() => F.CrossEntropy(head.Call(layers.Call(new EncoderInput(tokens.Call(x)))).Reshape([-1, 1000]), y),
        new AdamW(All(tokens, layers, head), lr: 1e-3));
});
Measure("bilstm", () =>
{
    Embedding tokens = new(1000, 64);
    LSTM lstm = new(64, 128, 2, batchFirst: true, bidirectional: true, dropout: 0.2);
    Linear head = new(256, 10);
    Tensor x = Classes(1000, 32, 40), y = Classes(10, 1280);
    return (() => F.CrossEntropy(head.Call(lstm.Call(tokens.Call(x)).Output).Reshape([-1, 10]), y), new Adam(All(tokens, lstm, head)));
});
Measure("gru", () =>
{
    Embedding tokens = new(1000, 64);
    GRU gru = new(64, 128, batchFirst: true);
    Linear head = new(128, 5);
    Tensor x = Classes(1000, 32, 40), y = Classes(5, 32);
    return (() => F.CrossEntropy(head.Call(gru.Call(tokens.Call(x)).Output[.., -1]), y), new Adam(All(tokens, gru, head)));
});
Measure("vae", () =>
{
    Sequential encoder = new(new Linear(784, 400), new ReLU()), decoder = new(new Linear(20, 400), new ReLU(), new Linear(400, 784));
    Linear mean = new(400, 20), spread = new(400, 20);
    Tensor x = Tensor.Rand([128, 784]);
    return (() =>
    {
        Tensor h = encoder.Call(x), m = mean.Call(h), v = spread.Call(h), z = m + Tensor.RandnLike(m) * (0.5 * v).Exp();
        return F.BinaryCrossEntropyWithLogits(decoder.Call(z), x, reduction: Reduction.Sum) - 0.5 * (1 + v - m * m - v.Exp()).Sum();
    }, new Adam(All(encoder, mean, spread, decoder)));
});
Measure("dcgan", () =>
{
    Sequential generator = new(new ConvTranspose2d(64, 128, 4, 1, 0, bias: false), new BatchNorm2d(128), new ReLU(),
        new ConvTranspose2d(128, 64, 4, 2, 1, bias: false), new BatchNorm2d(64), new ReLU(),
        new ConvTranspose2d(64, 32, 4, 2, 1, bias: false), new BatchNorm2d(32), new ReLU(), new ConvTranspose2d(32, 3, 4, 2, 1),
        new Tanh());
    Sequential critic = new(new Conv2d(3, 32, 4, 2, 1), new LeakyReLU(0.2), new Conv2d(32, 64, 4, 2, 1), new BatchNorm2d(64),
        new LeakyReLU(0.2), new Conv2d(64, 1, 8));
    Tensor noise = Tensor.Randn([16, 64, 1, 1]), ones = Tensor.Ones([16, 1, 1, 1]);
    return (() => F.BinaryCrossEntropyWithLogits(critic.Call(generator.Call(noise)), ones), new Adam(generator.Parameters(), lr: 2e-4));
});
Measure("unet", () =>
{
    UNet net = new();
    Tensor x = Tensor.Randn([4, 1, 64, 64]), y = Classes(2, 4, 64, 64);
    return (() => F.CrossEntropy(net.Call(x), y), new Adam(net.Parameters()));
});
Measure("temporal", () =>
{
    Sequential net = new();
    for (int i = 0; i < 4; i++)
    {
        net.Add(new Conv1d(i == 0 ? 8 : 32, 32, 3, padding: 1 << i, dilation: 1 << i));
        net.Add(new GroupNorm(4, 32));
        net.Add(new SiLU());
    }
    net.Add(new Conv1d(32, 8, 1));
    Tensor x = Tensor.Randn([16, 8, 256]);
    return (() => F.MseLoss(net.Call(x), x), new AdamW(net.Parameters()));
});
Measure("volumes", () =>
{
    Sequential net = new(new Conv3d(1, 8, 3, 2, 1), new ELU(), new Conv3d(8, 16, 3, 2, 1), new ELU(), new ConvTranspose3d(16, 8, 4, 2, 1),
        new ELU(), new ConvTranspose3d(8, 1, 4, 2, 1));
    Tensor x = Tensor.Randn([4, 1, 16, 32, 32]);
    return (() => F.SmoothL1Loss(net.Call(x), x), new Adam(net.Parameters()));
});
Measure("skipgram", () =>
{
    Embedding words = new(5000, 100), contexts = new(5000, 100);
    Tensor x = Classes(5000, 512), y = Classes(5000, 512), others = Classes(5000, 512, 5);
    return (() =>
    {
        Tensor hits = (words.Call(x) * contexts.Call(y)).Sum(1);
        Tensor misses = contexts.Call(others).Bmm(words.Call(x).Unsqueeze(2)).Squeeze(2);
        return -(F.LogSigmoid(hits).Mean() + F.LogSigmoid(-misses).Mean());
    }, new Adam(All(words, contexts)));
});
Measure("burgers", () =>
{
    Sequential net = new(new Linear(2, 32), new Tanh(), new Linear(32, 32), new Tanh(), new Linear(32, 1));
    Tensor x = Tensor.Rand([256, 2]).RequiresGrad_();
    return (() =>
    {
        Tensor u = net.Call(x), du = Autograd.Grad(u.Sum(), x, createGraph: true);
        Tensor ddu = Autograd.Grad(du[.., 0].Sum(), x, createGraph: true);
        return (du[.., 1] - 0.1 * ddu[.., 0] + u[.., 0] * du[.., 0]).Pow(2).Mean();
    }, new Adam(net.Parameters()));
});
Measure("dqn", () =>
{
    Sequential net = new(new Linear(8, 64), new ReLU(), new Linear(64, 64), new ReLU(), new Linear(64, 4));
    Tensor state = Tensor.Randn([64, 8]), action = Classes(4, 64, 1), reward = Tensor.Randn([64]);
    return (() =>
    {
        Tensor target;
        using (Autograd.NoGrad()) target = reward + 0.99 * net.Call(state).Max(1).Values;
        return F.HuberLoss(net.Call(state).Gather(1, action).Squeeze(1), target);
    }, new RMSprop(net.Parameters(), lr: 1e-3));
});

static Tensor Classes(long count, params long[] shape) => Tensor.RandInt(0, count, shape);

static IEnumerable<Tensor> All(params Module[] modules) => modules.SelectMany(m => m.Parameters());

void Measure(string name, Func<(Func<Tensor> Loss, Optimizer Optimizer)> make)
{
    if (args.Length > 2 && args[2] != name) return;
    (Func<Tensor> loss, Optimizer optimizer) = make();
    List<double> times = [];
    for (double left = seconds; left > 0;)
    {
        long start = Stopwatch.GetTimestamp();
        optimizer.ZeroGrad();
        loss().Backward();
        optimizer.Step();
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        if (times.Count > 5) left -= times[^1] / 1000;
    }
    times.Sort();
    Console.WriteLine($"{name,-10} {times[times.Count / 2],9:F3} {times[0],9:F3}");
}

internal sealed class Residual(long from, long to, long stride) : Module<Tensor, Tensor>
{
    private readonly Sequential path = new(new Conv2d(from, to, 3, stride, 1, bias: false), new BatchNorm2d(to), new ReLU(),
        new Conv2d(to, to, 3, 1, 1, bias: false), new BatchNorm2d(to));

    private readonly Sequential? direct = stride == 1 && from == to ? null
        : new(new Conv2d(from, to, 1, stride, bias: false), new BatchNorm2d(to));

    protected override Tensor Forward(Tensor x) => F.Relu(path.Call(x) + (direct is null ? x : direct.Call(x)));
}

internal sealed class Inverted(long channels, long stride) : Module<Tensor, Tensor>
{
    private readonly Sequential path = new(new Conv2d(channels, 4 * channels, 1, bias: false), new BatchNorm2d(4 * channels), new ReLU6(),
        new Conv2d(4 * channels, 4 * channels, 3, stride, 1, groups: 4 * channels, bias: false), new BatchNorm2d(4 * channels), new ReLU6(),
        new Conv2d(4 * channels, channels, 1, bias: false), new BatchNorm2d(channels));

    protected override Tensor Forward(Tensor x) => stride == 1 ? x + path.Call(x) : path.Call(x);
}

internal sealed class UNet : Module<Tensor, Tensor>
{
    private readonly Sequential first = Block(1, 16), second = Block(16, 32), third = Block(32, 64), fourth = Block(96, 32),
        fifth = Block(48, 16);

    private readonly Conv2d head = new(16, 2, 1);

    protected override Tensor Forward(Tensor x)
    {
        Tensor a = first.Call(x), b = second.Call(F.MaxPool2d(a, 2)), c = third.Call(F.MaxPool2d(b, 2));
        Tensor d = fourth.Call(Tensor.Cat([F.Interpolate(c, scaleFactor: [2.0, 2.0], mode: "bilinear"), b], 1));
        return head.Call(fifth.Call(Tensor.Cat([F.Interpolate(d, scaleFactor: [2.0, 2.0]), a], 1)));
    }

    private static Sequential Block(long from, long to) =>
        new(new Conv2d(from, to, 3, padding: 1), new ReLU(), new Conv2d(to, to, 3, padding: 1), new ReLU());
}
