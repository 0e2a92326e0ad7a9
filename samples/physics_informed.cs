#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// A network that solves a differential equation without any data (Raissi, Perdikaris and Karniadakis 2019). Burgers' equation,
// u_t + u u_x = ν u_xx, steepens a sine into a front. The loss is how far the network is from fulfilling it, which takes derivatives of
// the network by its inputs, the second one too, and training takes the gradient of all that. The exact solution only judges the result.
// Run it: dotnet run -c Release samples/physics_informed.cs -- [--steps 80] [--seed 0] [--out physics_informed.png]
using System.CommandLine;
using Nabla;
using Nabla.Nn;
using Nabla.Optim;
using ScottPlot;

const double Viscosity = 0.02;

Option<uint> steps = new("--steps") { Description = "Steps of training, 20 iterations of LBFGS each.", DefaultValueFactory = _ => 80 };
Option<long> seed = new("--seed") { Description = "The seed of points and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "physics_informed.png" };
RootCommand command = new("Solve Burgers' equation with a network.") { steps, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"physics_informed: {e.Message}");
    return 1;
}

static void Run(uint steps, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // Points (t, x) of [0, 1] x [-1, 1] where the equation is asked for; half of them near x = 0, where the front will be.
    Tensor.DefaultDType = DType.Float64;
    Tensor.ManualSeed(seed);
    Tensor t = Tensor.Rand(1500), x = Tensor.Rand(1500) * 2 - 1;
    x = Tensor.Cat([x[..750], x[750..].Pow(3)]);

    Sequential network = new(new Linear(2, 24), new Tanh(), new Linear(24, 24), new Tanh(), new Linear(24, 24), new Tanh(),
        new Linear(24, 1));
    LBFGS optimizer = new(network.Parameters(), maxIter: 20, historySize: 50, lineSearchFn: "strong_wolfe");
    for (uint step = 1; step <= steps; step++)
    {
        Tensor loss = optimizer.Step(() =>
        {
            optimizer.ZeroGrad();
            Tensor loss = Residual(network, t, x).Square().Mean();
            loss.Backward();
            return loss;
        });
        if (step == 1 || step % Math.Max(1, steps / 10) == 0)
            Console.WriteLine($"step {step,4}  mean square of the residual {loss.Item():0.0e-0}");
    }

    // The judge: the exact solution on a grid, one row for each x from the top, one column for each time.
    using GradScope mode = Autograd.NoGrad();
    Tensor[] grid = Tensor.MeshGrid([Tensor.Linspace(1, -1, 201), Tensor.Linspace(0, 1, 101)]);
    Tensor u = Solution(network, grid[1].Flatten(), grid[0].Flatten()).View([201, 101]);
    Tensor exact = Exact(grid[1], grid[0]);
    Console.WriteLine($"error against the exact solution: {((u - exact).Norm() / exact.Norm()).Item():0.0e-0} relative, " +
        $"{(u - exact).Abs().Max().Item():0.0e-0} at most");
    picture.Write(Draw(u, exact).Render(1000, 420).GetImageBytes(ScottPlot.ImageFormat.Png, 100));
    Console.WriteLine($"picture: {file}");
}

/// What the network contributes vanishes at t = 0 and x = ±1, so that u is -sin πx at the start and 0 at both ends, whatever it learns.
static Tensor Solution(Sequential network, Tensor t, Tensor x) =>
    -(Math.PI * x).Sin() + t * (1 - x.Square()) * network.Call(Tensor.Stack([t, x], -1)).Squeeze(-1);

/// u_t + u u_x - ν u_xx, with a graph, so that it can be differentiated once more: by the weights.
static Tensor Residual(Sequential network, Tensor t, Tensor x)
{
    (t, x) = (t.Detach().RequiresGrad_(), x.Detach().RequiresGrad_());
    Tensor u = Solution(network, t, x);
    // The sum over points has each point's own derivative as its gradient.
    Tensor[] first = Autograd.Grad(u.Sum(), [t, x], createGraph: true)!;
    Tensor second = Autograd.Grad(first[1].Sum(), x, createGraph: true);
    return first[0] + u * first[1] - Viscosity * second;
}

/// The Cole-Hopf transformation makes the equation linear: u is a mean of -sin π(x - η) with the weights
/// exp(-cos(π(x - η)) / 2πν - η² / 4νt), here summed over s = η / √(4νt).
static Tensor Exact(Tensor t, Tensor x)
{
    Tensor s = Tensor.Linspace(-8, 8, 1001);
    Tensor at = Math.PI * (x.Unsqueeze(-1) - s * (4 * Viscosity * t.Unsqueeze(-1)).Sqrt());
    return -((-at.Cos() / (2 * Math.PI * Viscosity) - s.Square()).Softmax(-1) * at.Sin()).Sum(-1);
}

static ScottPlot.Multiplot Draw(Tensor u, Tensor exact)
{
    ScottPlot.Plot map = new();
    ScottPlot.Plottables.Heatmap heat = map.Add.Heatmap(u.ToArray2D<double>());
    (heat.Colormap, heat.Extent) = (new ScottPlot.Colormaps.Balance(), new(0, 1, -1, 1));
    map.Title("u(t, x) of the network");
    map.XLabel("t");
    map.YLabel("x");
    map.Axes.SetLimits(0, 1, -1, 1);

    ScottPlot.Plot curves = new();
    double[] x = Tensor.Linspace(1, -1, 201).ToArray<double>();
    for (int time = 0; time <= 100; time += 25)
    {
        var line = curves.Add.ScatterLine(x, exact[.., time].ToArray<double>());
        (line.LineWidth, line.Color) = (5, ScottPlot.Colors.LightGray);
        line = curves.Add.ScatterLine(x, u[.., time].ToArray<double>());
        (line.LineWidth, line.LegendText) = (1.5f, $"t = {time / 100.0}");
    }

    curves.Title("the exact solution (grey) and the network");
    curves.ShowLegend(ScottPlot.Alignment.UpperRight);
    ScottPlot.Multiplot both = new(map) { Layout = new ScottPlot.MultiplotLayouts.Columns() };
    both.Subplots.Add(curves);
    return both;
}
