#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package Spectre.Console@0.57.2
#:package System.CommandLine@3.0.0

// Pictures of digits, told apart by a convolutional network: by default drawn by the library at random places under noise, or the MNIST
// files of a folder. Prints how often each digit is right, and draws which digits are taken for which.
// Run it: dotnet run -c Release samples/digits.cs -- [--mnist FOLDER] [--steps 600] [--seed 0] [--out digits.png]
using System.CommandLine;
using Nabla;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Training;
using ScottPlot;
using Spectre.Console;

Option<string?> mnist = new("--mnist") { Description = "A folder with MNIST's four IDX files, plain or .gz." };
Option<uint> steps = new("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 600 };
Option<long> seed = new("--seed") { Description = "The seed of data and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "digits.png" };
RootCommand command = new("Read digits with a convolutional network.") { mnist, steps, seed, file };
command.SetAction(given => Run(given.GetValue(mnist), given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
{
    Console.Error.WriteLine($"digits: {e.Message}");
    return 1;
}

static void Run(string? mnist, uint steps, long seed, string file)
{
    Tensor.ManualSeed(seed);
    TensorDataset<(Tensor, Tensor)> train = mnist is null ? Generated.Digits(8000, 14, 14, noise: 0.3) : Mnist(mnist, "train");
    TensorDataset<(Tensor, Tensor)> test = mnist is null ? Generated.Digits(2000, 14, 14, noise: 0.3) : Mnist(mnist, "t10k");
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // Two convolutions that each halve the picture, then a score for each digit.
    Shape shape = train.Tensors.Item1.Shape;
    Sequential model = new(
        new Conv2d(1, 16, 3, padding: 1), new ReLU(), new MaxPool2d(2),
        new Conv2d(16, 32, 3, padding: 1), new ReLU(), new MaxPool2d(2),
        new Flatten(), new Linear(32 * (shape[^2] / 4) * (shape[^1] / 4), 10));
    Adam optimizer = new(model.Parameters(), lr: 2e-3);
    OneCycleLR schedule = new(optimizer, maxLr: 1e-2, totalSteps: steps + 1);
    var batches = DataLoader.Of(train, batchSize: 64, shuffle: true);
    Mean running = new();
    uint step = 0;
    while (step < steps)
    {
        foreach (var (x, y) in batches)
        {
            if (step++ == steps) break;
            Tensor loss = Functional.CrossEntropy(model.Call(x), y);
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
            schedule.Step();
            running.Update(loss.Item());
            if (step % Math.Max(1, steps / 10) != 0) continue;
            Console.WriteLine($"step {step,5}  loss {running.Compute():F4}");
            running.Reset();
        }
    }

    // The test: how sure the network is of each digit, for every picture it has not seen.
    (Tensor pictures, Tensor digits) = test.Tensors;
    Tensor sure;
    using (Autograd.NoGrad()) sure = Tensor.Cat([.. pictures.Split(500).Select(part => model.Call(part).Softmax(-1))]);
    ConfusionMatrix matrix = new(10);
    matrix.Update(sure, digits);
    Show(matrix.Counts);
    Console.WriteLine($"accuracy on pictures not seen: {matrix.Compute():P2} of {digits.NumElements:N0}");

    // The picture: what is taken for what, and the pictures that leave the network least sure.
    Multiplot both = new(Confusion(matrix.Counts)) { Layout = new ScottPlot.MultiplotLayouts.Columns() };
    Tensor hardest = sure.Max(-1).Values.TopK(25, largest: false).Indices;
    both.AddPlot(Gallery(pictures[hardest], sure[hardest].ArgMax(-1), digits[hardest]));
    picture.Write(both.Render(1000, 500).GetImageBytes(ImageFormat.Png, 100));
    Console.WriteLine($"picture: {file}");
}

/// Pictures of shape [n, 1, height, width] with ink from 0 to 1.
static TensorDataset<(Tensor, Tensor)> Mnist(string folder, string part)
{
    string Find(string name) => File.Exists(Path.Combine(folder, name + ".gz")) ? Path.Combine(folder, name + ".gz")
        : Path.Combine(folder, name);
    var (pictures, digits) = Idx.ReadPair(Find($"{part}-images-idx3-ubyte"), Find($"{part}-labels-idx1-ubyte")).Tensors;
    if (pictures.NDim != 3 || pictures.Shape.ToArray().Min() < 25 || digits.Max().Item() > 9)
        throw new InvalidDataException($"{folder}: {part}: expected 25 pictures or more of 25 points or more a side, and digits; these " +
            $"have shape {pictures.Shape}.");
    return TensorDataset.Of(pictures.Unsqueeze(1).Float() / 255, digits.Long());
}

static void Show(Tensor counts)
{
    Table table = new Table().Border(Console.IsOutputRedirected ? TableBorder.Ascii : TableBorder.Rounded)
        .AddColumns("digit", "pictures", "right", "most often taken for");
    Tensor wrong = counts * (1 - Tensor.Eye(10, dtype: DType.Int64));
    for (int digit = 0; digit < 10; digit++)
    {
        long all = counts[digit].Sum().Item<long>(), most = wrong[digit].ArgMax().Item<long>(), times = wrong[digit, most].Item<long>();
        table.AddRow($"{digit}", $"{all}", $"{(double)counts[digit, digit].Item<long>() / all:P1}", times > 0 ? $"{most} ({times})" : "");
    }

    AnsiConsole.Write(table);
}

static Plot Confusion(Tensor counts)
{
    Plot plot = new();
    plot.Add.Heatmap((-(counts + 1).Log()).Double().ToArray2D<double>()).Colormap = new ScottPlot.Colormaps.Blues();
    for (int digit = 0; digit < 10; digit++)
        for (int taken = 0; taken < 10; taken++)
        {
            long count = counts[digit, taken].Item<long>();
            if (count == 0) continue;
            ScottPlot.Plottables.Text text = plot.Add.Text($"{count}", taken, 9 - digit);
            text.Alignment = Alignment.MiddleCenter;
            text.LabelFontColor = digit == taken ? Colors.White : Colors.Black;
        }

    double[] places = [.. Enumerable.Range(0, 10).Select(i => (double)i)];
    plot.Axes.Bottom.SetTicks(places, [.. places.Select(i => $"{i}")]);
    plot.Axes.Left.SetTicks(places, [.. places.Select(i => $"{9 - i}")]);
    plot.Title("rows: the digit; columns: taken for");
    plot.HideGrid();
    return plot;
}

static Plot Gallery(Tensor pictures, Tensor taken, Tensor digits)
{
    // A margin around each, more above it for the answer, and all of them as one picture of 5 x 5.
    Tensor tiles = Functional.Pad(pictures, [1, 1, pictures.Size(-2) / 3, 1]);
    (long height, long width) = (tiles.Size(-2), tiles.Size(-1));
    tiles = tiles.View([5, 5, height, width]).Permute([0, 2, 1, 3]).Reshape([5 * height, 5 * width]);
    Plot plot = new();
    plot.Add.Heatmap(tiles.Double().ToArray2D<double>()).Colormap = new ScottPlot.Colormaps.GrayscaleReversed();
    for (int i = 0; i < 25; i++)
    {
        (long read, long real) = (taken[i].Item<long>(), digits[i].Item<long>());
        string answer = read == real ? $"{read}" : $"{read}, not {real}";
        ScottPlot.Plottables.Text text = plot.Add.Text(answer, i % 5 * width, (5 - i / 5) * height);
        (text.LabelFontColor, text.LabelBold) = (read == real ? Colors.Green : Colors.Red, true);
    }

    plot.Title("what it is least sure of, and its answers");
    plot.HideAxesAndGrid();
    plot.Axes.Title.IsVisible = true;
    return plot;
}
