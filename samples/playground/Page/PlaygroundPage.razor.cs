using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using Nabla.Nn;

namespace Nabla.Playground;

/// <summary>The page: it trains a little, lets the browser paint, and so on.</summary>
public sealed partial class PlaygroundPage : ComponentBase
{
    private const double TrainingTime = 9;      // milliseconds of each frame
    private const int DrawEvery = 4, FiguresEvery = 8;      // frames

    private static readonly (string, string)[] Themes = [("light dark", "as the system"), ("light", "light"), ("dark", "dark")];

    private readonly Picture picture = new();
    private readonly LossHistory history = new();
    private Settings settings = new();
    private Experiment experiment = new(new Settings());
    private IReadOnlyList<LayerGradients> gradients = [];
    private bool running, showUnseen, recorded;
    private int pace, run;
    private double stepsPerSecond;
    private string status = "Ready", edges = "both", theme = "light dark", graphText = "";

    private int StepCount => experiment.StepCount;
    private double BatchLoss => experiment.BatchLoss;
    private Score Learning => experiment.Training;
    private Score Unseen => experiment.Unseen;
    private bool Diverged { get; set; }

    private string BoundaryText => string.Create(CultureInfo.InvariantCulture,
        $"Decision boundary on the data set {settings.Data} after {StepCount} steps, {Unseen.Accuracy:P0} of unseen points right");

    private string NetworkText => string.Create(CultureInfo.InvariantCulture,
        $"Network of {settings.Layers} hidden layers with {settings.Width} neurons each; the table below has its numbers");

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender) Reset();
    }

    private async Task Toggle()
    {
        if (running)
        {
            Stop("Paused");
            return;
        }
        running = true;
        status = "Training";
        int mine = ++run;
        (long since, int from) = (Stopwatch.GetTimestamp(), StepCount);
        for (int frame = 1; running && mine == run; frame++)
        {
            Train();
            if (frame % DrawEvery == 0) Draw();
            if (frame % FiguresEvery == 0)
            {
                double seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
                stepsPerSecond = (StepCount - from) / seconds;
                if (seconds > 1) (since, from) = (Stopwatch.GetTimestamp(), StepCount);
                gradients = experiment.Gradients();
                StateHasChanged();
            }
            await Canvas.NextFrame();
        }
    }

    /// <summary>As many steps as were asked for, or as fit into a frame.</summary>
    private void Train()
    {
        long start = Stopwatch.GetTimestamp();
        int steps = 0;
        do
        {
            if (!Advance()) return;
            steps++;
        }
        while (steps != pace && Stopwatch.GetElapsedTime(start).TotalMilliseconds < TrainingTime);
    }

    private bool Advance()
    {
        if (!experiment.Step())
        {
            Diverged = true;
            Stop("The loss is no longer a number: choose a lower learning rate and reset");
            return false;
        }
        if (history.Wants(StepCount)) Note();
        return true;
    }

    private void Note()
    {
        experiment.Evaluate();
        history.Add(new(Learning.Loss, Unseen.Loss));
    }

    private void StepOnce()
    {
        if (Advance()) Stop("Paused");
    }

    private void Stop(string why)
    {
        running = false;
        status = why;
        experiment.Evaluate();
        ShowAll();
    }

    private void Reset()
    {
        run++;
        experiment = new(settings);
        history.Clear();
        Note();
        (Diverged, stepsPerSecond) = (false, 0);
        SendPoints();
        Stop("Ready");
        StateHasChanged();
    }

    private void Change(Settings changed)
    {
        settings = changed;
        Reset();
    }

    private void SetNoise(ChangeEventArgs e)
    {
        if (double.TryParse(e.Value as string, CultureInfo.InvariantCulture, out double noise))
            Change(settings with { Noise = Math.Clamp(noise, 0, 1) });
    }

    private void SetSeed(ChangeEventArgs e)
    {
        if (long.TryParse(e.Value as string, CultureInfo.InvariantCulture, out long seed)) Change(settings with { Seed = seed });
    }

    private void SetRate(double rate)
    {
        settings = settings with { LearningRate = rate };
        experiment.LearningRate = rate;
    }

    private void SetEdges(string value)
    {
        edges = value;
        Draw();
    }

    private void SetShowUnseen(ChangeEventArgs e)
    {
        showUnseen = e.Value is true;
        Draw();
    }

    private async Task SetTheme(string value)
    {
        theme = value;
        Canvas.SetTheme(value);
        await Canvas.NextFrame();
        Draw();
    }

    private void ShowGraph()
    {
        recorded = !recorded;
        graphText = recorded ? experiment.GraphText() : "";
    }

    private void ShowAll()
    {
        gradients = experiment.Gradients();
        if (recorded) graphText = experiment.GraphText();
        Draw();
    }

    private void Draw()
    {
        picture.Draw(experiment);
        Canvas.DrawBoundary(Picture.Side, picture.Boundary, showUnseen);
        int[] sizes = [2, .. experiment.Layers.Select(static l => (int)l.Weight.Shape[0])];
        double[] weights = [.. experiment.Layers.SelectMany(static l => l.Weight.ToArray<float>()).Select(static w => (double)w)];
        double[] slopes = [.. experiment.Layers.SelectMany(Slopes)];
        Canvas.DrawNetwork(sizes, weights, slopes, Picture.Side, picture.Neurons, edges);
    }

    private static IEnumerable<double> Slopes(Linear layer) => layer.Weight.Grad is { } g
        ? g.ToArray<float>().Select(static v => (double)v) : Enumerable.Repeat(0.0, (int)layer.Weight.NumElements);

    private void SendPoints()
    {
        double[] points = [.. Rows(experiment.TrainX, experiment.TrainY, 1), .. Rows(experiment.TestX, experiment.TestY, 0)];
        Canvas.SetPoints(points, Experiment.Reach);
    }

    private static IEnumerable<double> Rows(Tensor x, Tensor y, double learnt)
    {
        float[] at = x.ToArray<float>();
        long[] classes = y.ToArray<long>();
        for (int i = 0; i < classes.Length; i++)
        {
            yield return at[2 * i];
            yield return at[2 * i + 1];
            yield return classes[i];
            yield return learnt;
        }
    }
}
