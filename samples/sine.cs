#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// Two sines added, seen through noise, and an LSTM that learns to say the next value. Then it goes on by itself: what it predicts is what
// it reads next, for four hundred steps, and the forecast is drawn against the truth.
// Run it: dotnet run -c Release samples/sine.cs -- [--steps 600] [--seed 0] [--out sine.png]
using System.CommandLine;
using Nabla;
using Nabla.Nn;
using Nabla.Optim;

Option<uint> steps = new("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 600 };
Option<long> seed = new("--seed") { Description = "The seed of noise and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "sine.png" };
RootCommand command = new("Forecast a sum of sines with an LSTM.") { steps, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"sine: {e.Message}");
    return 1;
}

static void Run(uint steps, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // The truth, of which 2,000 values are measured, with an error of 0.1 each; the 400 after them are to be forecast.
    const int known = 2000, ahead = 400, window = 160;
    Tensor.ManualSeed(seed);
    Tensor time = Tensor.Arange(0.0, known + ahead);
    Tensor truth = (time / 8).Sin() + 0.5 * (time / 3).Sin();
    Tensor measured = truth[..known] + 0.1 * Tensor.Randn([known]);
    Tensor windows = measured.Unfold(0, window + 1, 1);

    Forecaster model = new(hidden: 48);
    Adam optimizer = new(model.Parameters());
    OneCycleLR schedule = new(optimizer, maxLr: 1e-2, totalSteps: steps + 1);
    for (uint step = 1; step <= steps; step++)
    {
        Tensor batch = windows[Tensor.RandInt(0, windows.Size(0), [32])].Unsqueeze(-1);
        (Tensor next, _) = model.Call((batch[.., ..^1], null));
        Tensor loss = Functional.MseLoss(next, batch[.., 1..]);
        optimizer.ZeroGrad();
        loss.Backward();
        Utils.ClipGradNorm_(model.Parameters(), 1);
        optimizer.Step();
        schedule.Step();
        if (step == 1 || step % Math.Max(1, steps / 10) == 0) Console.WriteLine($"step {step,5}  loss {loss.Item():F4}");
    }

    Tensor forecast = model.Forecast(measured[^400..], ahead), future = truth[known..];
    Console.WriteLine($"error of the forecast: {Error(forecast[..100], future[..100]):F3} over 100 steps, {Error(forecast, future):F3} " +
        $"over {ahead}; always saying the mean: {Error(measured.Mean().Expand([ahead]), future):F3}; of one measurement: 0.100");

    ScottPlot.Plot plot = new();
    var line = plot.Add.ScatterLine(Numbers(time[(known - 150)..]), Numbers(truth[(known - 150)..]));
    (line.LegendText, line.Color, line.LineWidth) = ("truth", ScottPlot.Colors.LightGray, 5);
    plot.Add.ScatterPoints(Numbers(time[(known - 150)..known]), Numbers(measured[^150..])).LegendText = "measured";
    line = plot.Add.ScatterLine(Numbers(time[known..]), Numbers(forecast));
    (line.LegendText, line.Color, line.LineWidth) = ("forecast", ScottPlot.Colors.Red, 1.5f);
    plot.Add.VerticalLine(known).Color = ScottPlot.Colors.Black;
    plot.Axes.SetLimitsY(-2, 2.7);
    plot.ShowLegend(ScottPlot.Alignment.UpperLeft, ScottPlot.Orientation.Horizontal);
    plot.Title($"An LSTM goes on by itself from {known}");
    picture.Write(plot.GetImageBytes(1000, 400, ScottPlot.ImageFormat.Png));
    Console.WriteLine($"picture: {file}");
}

/// The root of the mean square of the difference.
static double Error(Tensor x, Tensor y) => (x - y).Square().Mean().Sqrt().Item();

static double[] Numbers(Tensor x) => x.Double().ToArray<double>();

/// Reads numbers, [n, length, 1], and says after each which one comes next.
sealed class Forecaster(int hidden) : Module<(Tensor X, (Tensor H, Tensor C)? State), (Tensor Next, (Tensor H, Tensor C) State)>
{
    readonly LSTM lstm = new(1, hidden, batchFirst: true);
    readonly Linear head = new(hidden, 1);

    protected override (Tensor Next, (Tensor H, Tensor C) State) Forward((Tensor X, (Tensor H, Tensor C)? State) input)
    {
        (Tensor y, (Tensor H, Tensor C) state) = lstm.Call(input.X, input.State);
        return (head.Call(y), state);
    }

    public Tensor Forecast(Tensor past, int count)
    {
        using GradScope mode = Autograd.NoGrad();
        (Tensor next, (Tensor H, Tensor C) state) = Call((past.View([1, -1, 1]), null));
        List<Tensor> forecast = [next[.., ^1..]];
        while (forecast.Count < count)
        {
            (next, state) = Call((forecast[^1], state));
            forecast.Add(next);
        }

        return Tensor.Cat(forecast, 1).Flatten();
    }
}
