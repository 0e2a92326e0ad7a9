#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// A variational autoencoder (Kingma and Welling 2014) on pictures of digits: an encoder says where in a space of few numbers a picture may
// lie, a decoder draws the picture of any place there. Drawn are pictures and what comes back, pictures of random places, and the space.
// Run it: dotnet run -c Release samples/vae.cs -- [--steps 3000] [--latent 8] [--seed 0] [--out vae.png]
using System.CommandLine;
using Nabla;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using ScottPlot;

const int Side = 12;

Option<uint> steps = new("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 3000 };
Option<byte> latent = new("--latent") { Description = "The dimensions of the space, 2 or more.", DefaultValueFactory = _ => 8 };
Option<long> seed = new("--seed") { Description = "The seed of data and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "vae.png" };
latent.Validators.Add(given =>
{
    if (given.GetValueOrDefault<byte>() < 2) given.AddError("--latent has to be at least 2.");
});
RootCommand command = new("Learn to draw digits.") { steps, latent, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(latent), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"vae: {e.Message}");
    return 1;
}

static void Run(uint steps, int latent, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // Ten digits at six by eight places: 480 pictures, all as likely. No model can need fewer than ln 480 nats to say which one it is.
    Tensor.ManualSeed(seed);
    Tensor train = Generated.Digits(10_000, Side, Side, noise: 0).Tensors.Item1.Flatten(1);
    (Tensor test, Tensor digits) = Generated.Digits(1000, Side, Side, noise: 0).Tensors;
    test = test.Flatten(1);

    Vae model = new(Side * Side, latent);
    Adam optimizer = new(model.Parameters());
    OneCycleLR schedule = new(optimizer, maxLr: 5e-3, totalSteps: steps + 1);
    for (uint step = 1; step <= steps; step++)
    {
        Tensor bound = model.Call(train[Tensor.RandInt(0, train.Size(0), [128])]);
        optimizer.ZeroGrad();
        (-bound.Mean()).Backward();
        optimizer.Step();
        schedule.Step();
        if (step == 1 || step % Math.Max(1, steps / 10) == 0)
            Console.WriteLine($"step {step,5}  ELBO {bound.Mean().Item():F2} nats");
    }

    using GradScope mode = Autograd.NoGrad();
    double elbo = model.Call(test).Mean().Item();
    (Tensor middle, _) = model.Encode(test);
    Tensor back = model.Decode(middle).Sigmoid();
    double wrong = (back.Gt(0.5).Float() - test).Abs().Mean().Item();
    Console.WriteLine($"pictures drawn anew: ELBO {elbo:F2} nats, at most {-Math.Log(10 * 6 * 8):F2} is possible; {wrong:P2} of the points " +
        "come back wrong");

    ScottPlot.Multiplot all = new(Tiles("top: pictures; below: what comes back", 10, Tensor.Cat([
        .. Enumerable.Range(0, 5).SelectMany(i => new[] { test[(10 * i)..(10 * i + 10)], back[(10 * i)..(10 * i + 10)] })])));
    all.AddPlot(Tiles("pictures of random places", 10, model.Decode(Tensor.Randn([100, latent])).Sigmoid()));
    all.AddPlot(Space(middle, digits));
    all.Layout = new ScottPlot.MultiplotLayouts.Columns();
    picture.Write(all.Render(1350, 480).GetImageBytes(ImageFormat.Png, 100));
    Console.WriteLine($"picture: {file}");
}

static Plot Tiles(string title, int columns, Tensor pictures)
{
    Tensor tiles = Functional.Pad(pictures.View([-1, columns, Side, Side]), [1, 1, 1, 1], value: 0.3).Permute([0, 2, 1, 3]);
    Plot plot = new();
    plot.Add.Heatmap(tiles.Reshape([-1, columns * (Side + 2)]).Double().ToArray2D<double>()).Colormap = new ScottPlot.Colormaps.Grayscale();
    plot.Title(title, 14);
    plot.Axes.SquareUnits();
    plot.HideAxesAndGrid();
    return plot;
}

/// The two directions in which the places of the pictures differ most (principal components), one colour for each digit.
static Plot Space(Tensor places, Tensor digits)
{
    Tensor centred = places - places.Mean(0);
    (_, _, Tensor directions) = LinAlg.Svd(centred, fullMatrices: false);
    Tensor flat = centred.MatMul(directions[..2].T).Double();
    Plot plot = new();
    for (int digit = 0; digit < 10; digit++)
    {
        Tensor points = flat[digits.Eq(digit)];
        var markers = plot.Add.ScatterPoints(points[.., 0].ToArray<double>(), points[.., 1].ToArray<double>());
        (markers.MarkerSize, markers.LegendText) = (5, $"{digit}");
    }

    plot.ShowLegend(ScottPlot.Edge.Right);
    plot.Title("where the pictures lie", 14);
    return plot;
}

/// Called with pictures of zeros and ones, [n, pixels], it returns the evidence lower bound of each, [n].
sealed class Vae(int pixels, int latent) : Module<Tensor, Tensor>
{
    readonly Sequential encoder = new(new Linear(pixels, 256), new ReLU(), new Linear(256, 128), new ReLU(), new Linear(128, 2 * latent));
    readonly Sequential decoder = new(new Linear(latent, 128), new ReLU(), new Linear(128, 256), new ReLU(), new Linear(256, pixels));

    protected override Tensor Forward(Tensor x)
    {
        (Tensor mean, Tensor logVariance) = Encode(x);
        Tensor z = mean + (logVariance / 2).Exp() * Tensor.RandnLike(mean);   // a random place, but with a gradient to its distribution
        Tensor likelihood = -Functional.BinaryCrossEntropyWithLogits(Decode(z), x, reduction: Reduction.None).Sum(-1);
        Tensor divergence = (mean.Square() + logVariance.Exp() - 1 - logVariance).Sum(-1) / 2;
        return likelihood - divergence;
    }

    public (Tensor Mean, Tensor LogVariance) Encode(Tensor x)
    {
        Tensor[] parts = encoder.Call(x).Chunk(2, -1);
        return (parts[0], parts[1]);
    }

    public Tensor Decode(Tensor z) => decoder.Call(z);
}
