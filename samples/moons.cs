#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package Spectre.Console@0.57.2
#:package System.CommandLine@3.0.0

// Two moons: points of a plane in two classes that no straight line separates. A network with two hidden layers learns where one class
// ends and the other begins; the boundary is drawn in the terminal and as a PNG.
// Run it: dotnet run -c Release samples/moons.cs -- [--steps 500] [--seed 0] [--out moons.png]
using System.CommandLine;
using Nabla;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using Spectre.Console;

Option<uint> steps = new("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 500 };
Option<long> seed = new("--seed") { Description = "The seed of data and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "moons.png" };
RootCommand command = new("Classify two moons.") { steps, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"moons: {e.Message}");
    return 1;
}

static void Run(uint steps, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // 500 points to learn from and 1,000 that the network never sees.
    Tensor.ManualSeed(seed);
    (Tensor x, Tensor y) = Generated.Moons(500, noise: 0.15).Tensors;
    (Tensor unseenX, Tensor unseenY) = Generated.Moons(1000, noise: 0.15).Tensors;

    // Two numbers in, a score for each class out.
    Sequential model = new(new Linear(2, 32), new Tanh(), new Linear(32, 32), new Tanh(), new Linear(32, 2));
    Adam optimizer = new(model.Parameters(), lr: 0.01);
    for (uint step = 1; step <= steps; step++)
    {
        Tensor rows = Tensor.RandInt(0, x.Size(0), [64]);
        Tensor loss = Functional.CrossEntropy(model.Call(x[rows]), y[rows]);
        optimizer.ZeroGrad();
        loss.Backward();
        optimizer.Step();
        if (step == 1 || step % Math.Max(1, steps / 10) == 0)
            Console.WriteLine($"step {step,5}  loss {loss.Item():F4}  accuracy {Accuracy(model, x, y):P1}");
    }

    // The probability of class 1 at the nodes of a grid over the plane, from its top left corner, row by row.
    (double left, double right, double bottom, double top) = (-1.7, 2.7, -1.3, 1.8);
    double[,] Probability(int rows, int columns)
    {
        using GradScope mode = Autograd.NoGrad();
        Tensor grid = Tensor.CartesianProd(Tensor.Linspace(top, bottom, rows), Tensor.Linspace(left, right, columns)).Flip(1);
        return model.Call(grid).Softmax(-1)[.., 1].View([rows, columns]).Double().ToArray2D<double>();
    }

    Terminal.Draw(Probability(24, 60));
    Console.WriteLine($"accuracy on points not seen: {Accuracy(model, unseenX, unseenY):P1}");

    ScottPlot.Plot plot = new();
    ScottPlot.Plottables.Heatmap map = plot.Add.Heatmap(Probability(62, 88));
    map.Extent = new(left, right, bottom, top);
    (map.Colormap, map.Opacity) = (new ScottPlot.Colormaps.Balance(), 0.6);
    ScottPlot.Color[] colors = [ScottPlot.Colors.DarkBlue, ScottPlot.Colors.DarkRed];
    for (int label = 0; label < 2; label++)
    {
        Tensor points = unseenX[unseenY.Eq(label)].Double();
        var markers = plot.Add.ScatterPoints(points[.., 0].ToArray<double>(), points[.., 1].ToArray<double>());
        (markers.Color, markers.MarkerSize, markers.LegendText) = (colors[label], 4, $"class {label}");
    }

    plot.Axes.SetLimits(left, right, bottom, top);
    plot.Title("Two moons: what the network answers, and points it has not seen");
    picture.Write(plot.GetImageBytes(700, 450, ScottPlot.ImageFormat.Png));
    Console.WriteLine($"picture: {file}");
}

static double Accuracy(Sequential model, Tensor x, Tensor y)
{
    using GradScope mode = Autograd.NoGrad();
    return model.Call(x).ArgMax(-1).Eq(y).Float().Mean().Item();
}

static class Terminal
{
    /// Colours where there are some, digits where output goes to a file: 0 is surely class 0, 9 is surely class 1.
    public static void Draw(double[,] p)
    {
        (int rows, int columns) = (p.GetLength(0), p.GetLength(1));
        if (Console.IsOutputRedirected || AnsiConsole.Profile.Capabilities.ColorSystem == ColorSystem.NoColors)
        {
            for (int i = 0; i < rows; i++)
                Console.WriteLine(string.Concat(Enumerable.Range(0, columns).Select(j => (char)('0' + Math.Min(9, (int)(p[i, j] * 10))))));
            return;
        }

        Canvas canvas = new(columns, rows);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                canvas.SetPixel(j, i, Color.Blue.Blend(Color.Red, (float)p[i, j]));
        AnsiConsole.Write(canvas);
    }
}
