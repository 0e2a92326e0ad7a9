#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// A neural differential equation (Chen, Rubanova, Bettencourt and Duvenaud 2018): a network says how fast a state changes, a solver follows
// it. The gradient comes from a second differential equation, the adjoint, that is solved backwards in time and needs no graph of the
// solver's steps. Here the network learns the Van der Pol oscillator from pieces of its paths.
// Run it: dotnet run -c Release samples/neural_ode.cs -- [--steps 30] [--seed 0] [--out neural_ode.png]
using System.CommandLine;
using Nabla;
using Nabla.Optim;

Option<uint> steps = new("--steps") { Description = "Steps of training, 20 iterations of LBFGS each.", DefaultValueFactory = _ => 30 };
Option<long> seed = new("--seed") { Description = "The seed of paths and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "neural_ode.png" };
RootCommand command = new("Learn a differential equation.") { steps, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"neural_ode: {e.Message}");
    return 1;
}

static void Run(uint steps, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // 256 starts in the plane, and where the true system has taken each after 0.1, 0.2, ... 1.
    Tensor.DefaultDType = DType.Float64;
    Tensor.ManualSeed(seed);
    const int seen = 10;
    const double interval = 0.1;
    Tensor starts = (Tensor.Rand(256, 2) - 0.5) * Tensor.Of([5.0, 7.0]);
    Tensor[] paths = [starts, .. Path(VanDerPol, starts, seen, interval)];
    Field field = Field.Random(hidden: 48);
    CheckGradient(field, starts[..16]);

    LBFGS optimizer = new(Tree.Leaves(field), maxIter: 20, historySize: 50, lineSearchFn: "strong_wolfe");
    Solver solver = new(seen, interval);
    for (uint step = 1; step <= steps; step++)
    {
        Tensor loss = optimizer.Step(() =>
        {
            optimizer.ZeroGrad();
            Tensor loss = Functional.MseLoss(Tensor.Stack(solver.Apply((starts, field))), Tensor.Stack(paths[1..]));
            loss.Backward();
            return loss;
        });
        if (step == 1 || step % Math.Max(1, steps / 10) == 0) Console.WriteLine($"step {step,4}  loss {loss.Item():0.0e-0}");
    }

    // Far beyond what it has seen: from new starts for ten times as long.
    using GradScope mode = Autograd.NoGrad();
    Tensor from = Tensor.Of([[0.1, 0.1], [-2.5, 3.0], [2.5, -3.0]]);
    Tensor truth = Tensor.Stack([from, .. Path(VanDerPol, from, 10 * seen, interval)]);
    Tensor learned = Tensor.Stack([from, .. Path(field.Apply, from, 10 * seen, interval)]);
    Console.WriteLine($"error after 10 seconds from new starts: {(truth - learned).Square().Mean().Sqrt().Item():F3}; the cycle is " +
        $"{truth[^40..].Square().Mean().Sqrt().Item():F2} wide");
    picture.Write(Draw(field, truth, learned).GetImageBytes(640, 540, ScottPlot.ImageFormat.Png));
    Console.WriteLine($"picture: {file}");
}

/// x'' = (1 - x²) x' - x, for states (x, x').
static Tensor VanDerPol(Tensor z)
{
    (Tensor x, Tensor v) = (z[.., 0], z[.., 1]);
    return Tensor.Stack([v, (1 - x.Square()) * v - x], -1);
}

/// The states after one, two, ... intervals.
static Tensor[] Path(Func<Tensor, Tensor> field, Tensor z, int count, double interval)
{
    Tensor[] path = new Tensor[count];
    for (int i = 0; i < count; i++) path[i] = z = RungeKutta.Step(state => [field(state[0])], [z], interval)[0];
    return path;
}

/// The adjoint's gradient is that of the differential equation, backpropagation's that of the solver's steps. With shorter steps both are
/// the same: half of the step, about a sixteenth of the difference.
static void CheckGradient(Field field, Tensor start)
{
    Tensor[] parameters = Tree.Leaves(field);
    foreach (int steps in new[] { 10, 20, 40 })
    {
        Tensor adjoint = Flat(new Solver(steps, 1.0 / steps).Apply((start, field))[^1]);
        Tensor through = Flat(Path(field.Apply, start, steps, 1.0 / steps)[^1]);
        Console.WriteLine($"{steps} steps: adjoint and backpropagation through the solver differ by " +
            $"{((adjoint - through).Norm() / through.Norm()).Item():0.0e-0}");
    }

    Tensor Flat(Tensor end) => Tensor.Cat([.. Autograd.Grad(end.Square().Sum(), parameters).Select(g => g!.Flatten())]);
}

static ScottPlot.Plot Draw(Field field, Tensor truth, Tensor learned)
{
    ScottPlot.Plot plot = new();
    Tensor at = Tensor.CartesianProd(Tensor.Linspace(-3, 3, 21), Tensor.Linspace(-4, 4, 21)), speed = field.Apply(at);
    ScottPlot.RootedCoordinateVector Arrow(int i) =>
        new(new(at[i, 0].Item(), at[i, 1].Item()), new((float)speed[i, 0].Item(), (float)speed[i, 1].Item()));
    plot.Add.VectorField([.. Enumerable.Range(0, 441).Select(Arrow)], ScottPlot.Colors.LightSteelBlue);
    for (int path = 0; path < truth.Size(1); path++)
    {
        var line = plot.Add.ScatterLine(truth[.., path, 0].ToArray<double>(), truth[.., path, 1].ToArray<double>());
        (line.LineWidth, line.Color, line.LegendText) = (5, ScottPlot.Colors.LightGray, path == 0 ? "truth" : "");
        line = plot.Add.ScatterLine(learned[.., path, 0].ToArray<double>(), learned[.., path, 1].ToArray<double>());
        (line.LineWidth, line.Color, line.LegendText) = (1.5f, ScottPlot.Colors.Red, path == 0 ? "learned" : "");
    }

    plot.Axes.SetLimits(-3, 3, -4, 4);
    plot.Title("the field that was learned, and paths from new starts");
    plot.ShowLegend();
    return plot;
}

/// The network: how fast each state [n, 2] changes.
sealed record Field(Tensor W1, Tensor B1, Tensor W2, Tensor B2) : ITree<Field>
{
    public static Field Random(int hidden) => new Field(Tensor.Randn(hidden, 2), Tensor.Randn(hidden),
        Tensor.Randn(2, hidden) / Math.Sqrt(hidden), Tensor.Zeros(2)).Map(t => t.RequiresGrad_());

    public Tensor Apply(Tensor z) => Functional.Linear(Functional.Linear(z, W1, B1).Tanh(), W2, B2);

    public Field Map(Func<Tensor, Tensor> f) => new(f(W1), f(B1), f(W2), f(B2));
}

static class RungeKutta
{
    /// One step of the classical method of order 4 for a state of several tensors.
    public static Tensor[] Step(Func<Tensor[], Tensor[]> field, Tensor[] y, double h)
    {
        Tensor[] k1 = field(y), k2 = field(Along(k1, h / 2)), k3 = field(Along(k2, h / 2)), k4 = field(Along(k3, h));
        return [.. y.Select((v, i) => v + h / 6 * (k1[i] + 2 * (k2[i] + k3[i]) + k4[i]))];

        Tensor[] Along(Tensor[] k, double step) => [.. y.Select((v, i) => v + step * k[i])];
    }
}

/// A solver with a gradient of its own: forward keeps the states at the ends of the intervals and nothing else.
sealed class Solver(int count, double interval) : Function<(Tensor Start, Field Field), Tensor[]>
{
    protected override Tensor[] Forward((Tensor Start, Field Field) input)
    {
        Tensor[] path = new Tensor[count];
        Tensor z = input.Start;
        for (int i = 0; i < count; i++)
            path[i] = z = RungeKutta.Step(state => [input.Field.Apply(state[0])], [z], interval)[0];
        return path;
    }

    protected override void SetupContext(FunctionContext ctx, (Tensor Start, Field Field) input, Tensor[] path)
    {
        Tensor[] parameters = Tree.Leaves(input.Field);
        ctx.SaveForBackward([.. parameters, input.Start, .. path]);
    }

    // Backwards in time: z' = f(z), the adjoint a' = -aᵀ ∂f/∂z, the parameters' gradient G' = -aᵀ ∂f/∂θ, one product for both.
    protected override (Tensor Start, Field Field) Backward(FunctionContext ctx, Tensor[] gradients)
    {
        Tensor[] saved = [.. ctx.SavedTensors];
        Field field = new(saved[0], saved[1], saved[2], saved[3]);
        Tensor[] states = saved[4..];
        Tensor a = Tensor.ZerosLike(states[0]);
        Tensor[] sums = [.. Tree.Leaves(field).Select(p => Tensor.ZerosLike(p))];
        for (int i = count; i > 0; i--)
        {
            a = a + gradients[i - 1];
            Tensor[] y = RungeKutta.Step(state =>
            {
                (Tensor f, Func<Tensor, (Tensor, Field)> pull) = Func.Vjp((Tensor z, Field p) => p.Apply(z), state[0], field);
                (Tensor gz, Field gp) = pull(-state[1]);
                return [f, gz, .. Tree.Leaves(gp)];
            }, [states[i], a, .. sums], -interval);
            (a, sums) = (y[1], y[2..]);
        }

        return (a, new(sums[0], sums[1], sums[2], sums[3]));
    }
}
