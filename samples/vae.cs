#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// A variational autoencoder (Kingma and Welling 2014) on pictures of digits: an encoder says where in a plane a picture may lie, a decoder
// draws the picture of any place there. Shown are pictures and what comes back, the plane as the decoder draws it, and where digits lie.
// Run it: dotnet run -c Release samples/vae.cs -- [--steps 3000] [--seed 0] [--out vae.png]
using System.CommandLine;
using Nabla;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using ScottPlot;

const int Height = 9, Width = 7;

Option<uint> steps = new("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 3000 };
Option<long> seed = new("--seed") { Description = "The seed of data and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "vae.png" };
RootCommand command = new("Learn to draw digits.") { steps, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"vae: {e.Message}");
    return 1;
}

static void Run(uint steps, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // Ten digits at three by three places: 90 pictures, all as likely. To say which one it is takes ln 90 nats; no model needs fewer.
    Tensor.ManualSeed(seed);
    Tensor train = Generated.Digits(10_000, Height, Width, noise: 0).Tensors.Item1.Flatten(1);
    (Tensor test, Tensor digits) = Generated.Digits(1000, Height, Width, noise: 0).Tensors;
    test = test.Flatten(1);

    Vae model = new(Height * Width, latent: 2);
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
    Console.WriteLine($"new pictures: ELBO {elbo:F2} nats, at most {-Math.Log(90):F2} is possible; {wrong:P2} of the points come back " +
        "wrong");

    ScottPlot.Multiplot all = new(Tiles("rows of pictures, and what comes back", Tensor.Stack([test[..50].View([5, 10, -1]),
        back[..50].View([5, 10, -1])], 1).Flatten(0, 1)));
    Tensor side = Tensor.Linspace(-2.5, 2.5, 17);
    Tensor plane = Tensor.CartesianProd(side.Flip(0), side).Flip(1);
    all.AddPlot(Tiles("the plane, as the decoder draws it", model.Decode(plane).Sigmoid().View([17, 17, -1])));
    all.AddPlot(Places("the plane, and where the digits lie", middle.Double(), digits));
    all.Layout = new ScottPlot.MultiplotLayouts.Columns();
    picture.Write(all.Render(1500, 520).GetImageBytes(ImageFormat.Png, 100));
    Console.WriteLine($"picture: {file}");
}

/// Pictures of shape [rows, columns, pixels] side by side.
static Plot Tiles(string title, Tensor pictures)
{
    (long rows, long columns) = (pictures.Size(0), pictures.Size(1));
    Tensor tiles = Functional.Pad(pictures.View([rows, columns, Height, Width]), [1, 1, 1, 1], value: 0.4).Permute([0, 2, 1, 3]);
    Plot plot = new();
    double[,] points = tiles.Reshape([rows * (Height + 2), columns * (Width + 2)]).Double().ToArray2D<double>();
    plot.Add.Heatmap(points).Colormap = new ScottPlot.Colormaps.Grayscale();
    plot.Title(title, 14);
    plot.HideAxesAndGrid();
    plot.Axes.Title.IsVisible = true;
    return plot;
}

static Plot Places(string title, Tensor places, Tensor digits)
{
    Plot plot = new();
    for (int digit = 0; digit < 10; digit++)
    {
        Tensor points = places[digits.Eq(digit)];
        var markers = plot.Add.ScatterPoints(points[.., 0].ToArray<double>(), points[.., 1].ToArray<double>());
        (markers.MarkerSize, markers.LegendText) = (6, $"{digit}");
    }

    plot.Axes.SetLimits(-2.7, 2.7, -2.7, 2.7);
    plot.ShowLegend(ScottPlot.Edge.Right);
    plot.Title(title, 14);
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
