#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package Spectre.Console@0.57.2

// A character model with one hidden layer, written with nothing but tensors and gradients: it reads any text, learns to guess the
// next character from the few before it, and writes some text of its own.
//
// dotnet run samples/names.cs -- TEXTFILE [--steps 3000] [--context 8] [--width 24] [--hidden 200] [--batch 64] [--rate 0.2] [--seed 42]
// [--length 300]
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Nabla;
using Spectre.Console;

try
{
    return Run(Options.Parse(args));
}
catch (UserException e)
{
    Console.Error.WriteLine($"names: {e.Message}");
    return 2;
}

static int Run(Options o)
{
    string text = ReadText(o.File, o.Context);
    char[] vocabulary = [.. text.Distinct().Order()];
    long[] ids = [.. text.Select(c => (long)Array.BinarySearch(vocabulary, c))];
    int split = ids.Length * 9 / 10;
    (Tensor trainX, Tensor trainY) = Windows(ids.AsSpan(0, split), o.Context);
    (Tensor validX, Tensor validY) = Windows(ids.AsSpan(split), o.Context);

    Tensor.ManualSeed(o.Seed);
    Model model = new(vocabulary.Length, o);
    Console.WriteLine($"{text.Length:N0} characters, {vocabulary.Length} different ones; {trainY.NumElements:N0} to learn from, " +
        $"{validY.NumElements:N0} to check on; {model.Parameters.Sum(p => p.NumElements):N0} parameters.");
    Train(model, o, trainX, trainY, validX, validY);
    Console.WriteLine($"\n{Generate(model, o, vocabulary)}");
    return 0;
}

static void Train(Model model, Options o, Tensor trainX, Tensor trainY, Tensor validX, Tensor validY)
{
    Stopwatch clock = Stopwatch.StartNew();
    double running = double.NaN;
    Progress(o.Steps, report =>
    {
        for (int step = 1; step <= o.Steps; step++)
        {
            Tensor rows = Tensor.RandInt(0, trainY.NumElements, [o.Batch]);
            Tensor loss = model.Loss(trainX[rows], trainY[rows]);
            foreach (Tensor p in model.Parameters) p.Grad = null;
            loss.Backward();
            double rate = step <= o.Steps * 2 / 3 ? o.Rate : o.Rate / 10;
            using (Autograd.NoGrad())
                foreach (Tensor p in model.Parameters) p.Sub_(rate * p.Grad!);

            running = double.IsNaN(running) ? loss.Item() : 0.98 * running + 0.02 * loss.Item();
            if (!double.IsFinite(running)) throw new UserException($"the loss is {running} in step {step}: give a lower --rate.");
            if (step % Math.Max(1, o.Steps / 10) == 0 || step == 1)
                report(step, $"step {step,6}  training loss {running:F3}  validation loss {Validate(model, validX, validY):F3}  " +
                    $"{step / clock.Elapsed.TotalSeconds:F0} steps/s", true);
            else report(step, $"training loss {running:F3}", false);
        }
    });
}

static double Validate(Model model, Tensor x, Tensor y)
{
    using GradScope mode = Autograd.NoGrad();
    const long most = 4096;
    long n = Math.Min(most, y.NumElements);
    return model.Loss(x.Narrow(0, 0, n), y.Narrow(0, 0, n)).Item();
}

static string Generate(Model model, Options o, char[] vocabulary)
{
    using GradScope mode = Autograd.NoGrad();
    long[] window = new long[o.Context];
    int start = Array.IndexOf(vocabulary, '\n');
    Array.Fill(window, Math.Max(start, 0));
    StringBuilder written = new();
    while (written.Length < o.Length)
    {
        Tensor next = model.Logits(Tensor.From(window, [1, o.Context])).Softmax(-1).Multinomial(1);
        long id = next.Item<long>();
        written.Append(vocabulary[id]);
        window = [.. window[1..], id];
    }

    return written.ToString();
}

static void Progress(int steps, Action<Action<int, string, bool>> work)
{
    // A bar where somebody watches, plain lines where output goes to a file.
    if (Console.IsOutputRedirected)
    {
        work((_, text, milestone) =>
        {
            if (milestone) Console.WriteLine(text);
        });
        return;
    }

    AnsiConsole.Progress().Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(),
        new TaskDescriptionColumn { Alignment = Justify.Left })
        .Start(context =>
        {
            ProgressTask task = context.AddTask("starting", maxValue: steps);
            work((step, text, milestone) =>
            {
                task.Value = step;
                task.Description = Markup.Escape(text);
                if (milestone) AnsiConsole.WriteLine(text);
            });
        });
}

static string ReadText(string file, int context)
{
    byte[] bytes;
    try
    {
        bytes = File.ReadAllBytes(file);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new UserException($"cannot read '{file}': {e.Message}");
    }

    if (bytes.Length == 0) throw new UserException($"'{file}' is empty; give a text file of at least a few hundred characters.");
    string text;
    try
    {
        text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
    }
    catch (DecoderFallbackException e)
    {
        throw new UserException($"'{file}' is not text: it is not valid UTF-8 at byte {e.Index}.");
    }

    int control = text.AsSpan().IndexOfAnyInRange('\0', '\b');
    if (control >= 0) throw new UserException($"'{file}' is not text: character {control} is the control code {(int)text[control]}.");
    if (text.Length < 20 * (context + 1))
        throw new UserException($"'{file}' has only {text.Length} characters; with a context of {context} at least {20 * (context + 1)} " +
            "are needed.");
    return text.Replace("\r\n", "\n", StringComparison.Ordinal);
}

/// Every run of `context` characters, and the character that follows it.
static (Tensor X, Tensor Y) Windows(ReadOnlySpan<long> ids, int context)
{
    Tensor all = Tensor.From(ids);
    long n = ids.Length - context;
    return (all.Unfold(0, context, 1).Narrow(0, 0, n), all.Narrow(0, context, n));
}

/// Characters become vectors, their vectors one hidden layer, the layer a score for each next character.
sealed class Model
{
    private readonly Tensor table, w1, b1, w2, b2;
    private readonly int inputs;

    public Tensor[] Parameters { get; }

    public Model(int characters, Options o)
    {
        inputs = o.Context * o.Width;
        table = Tensor.Randn([characters, o.Width]);
        w1 = Tensor.Randn([inputs, o.Hidden]) * (5.0 / 3 / Math.Sqrt(inputs));
        b1 = Tensor.Zeros([o.Hidden]);
        w2 = Tensor.Randn([o.Hidden, characters]) * 0.01;
        b2 = Tensor.Zeros([characters]);
        Parameters = [table, w1, b1, w2, b2];
        foreach (Tensor p in Parameters) p.RequiresGrad_();
    }

    public Tensor Logits(Tensor x) => (table[x].View([-1, inputs]).MatMul(w1) + b1).Tanh().MatMul(w2) + b2;

    public Tensor Loss(Tensor x, Tensor y) => Functional.CrossEntropy(Logits(x), y);
}

sealed record Options(string File, int Steps, int Context, int Width, int Hidden, int Batch, double Rate, long Seed, int Length)
{
    public static Options Parse(string[] args)
    {
        string? file = null;
        Dictionary<string, double> given = new()
        {
            ["--steps"] = 3000,
            ["--context"] = 8,
            ["--width"] = 24,
            ["--hidden"] = 200,
            ["--batch"] = 64,
            ["--rate"] = 0.2,
            ["--seed"] = 42,
            ["--length"] = 300,
        };
        for (int i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith('-') && file is null) file = args[i];
            else if (!given.ContainsKey(args[i])) throw new UserException($"unknown argument '{args[i]}'; known are " +
                $"{string.Join(", ", given.Keys)}.");
            else if (i + 1 == args.Length || !double.TryParse(args[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture,
                out double value) || !(value > 0 && double.IsFinite(value)) ||
                (args[i] != "--rate" && (value % 1 != 0 || value > int.MaxValue)))
                throw new UserException($"{args[i]} needs a positive {(args[i] == "--rate" ? "" : "whole ")}number.");
            else given[args[i++]] = value;
        }

        if (file is null) throw new UserException("which text? Usage: dotnet run samples/names.cs -- TEXTFILE [--steps N] [--context N] " +
            "...");
        return new(file, (int)given["--steps"], (int)given["--context"], (int)given["--width"], (int)given["--hidden"],
            (int)given["--batch"],
            given["--rate"], (long)given["--seed"], (int)given["--length"]);
    }
}

sealed class UserException(string message) : Exception(message);
