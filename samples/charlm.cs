#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:project ../src/Nabla.Onnx/Nabla.Onnx.csproj
#:package Spectre.Console@0.57.2
#:package System.CommandLine@3.0.0
#:package ScottPlot@5.1.59

// A language model of characters: it reads a text of yours, learns to foretell the next character, and writes text of its own.
//
// dotnet run -c Release samples/charlm.cs -- train --text FILE [--model gpt|lstm|gru|rnn] [--size tiny|small|medium] [--out DIR]
// dotnet run -c Release samples/charlm.cs -- sample --from DIR --prompt "The " [--temperature 0.8] [--top-k 40] [--top-p 0.95]
// dotnet run -c Release samples/charlm.cs -- resume --from DIR
// dotnet run -c Release samples/charlm.cs -- export --from DIR --onnx FILE
//
// A run's folder holds all there is to it: the text and the settings; checkpoints, from which `resume` goes on bit for bit; the best
// weights, a state dict that PyTorch loads; the figures of all steps, for programs and for TensorBoard; the curves as a picture.
using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Nabla;
using Nabla.Data;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Onnx;
using Nabla.Optim;
using Nabla.Training;
using Spectre.Console;

// ---- The command line

Option<T> Given<T>(string name, string description, T value) => new(name) { Description = description, DefaultValueFactory = _ => value };
Option<string> text = new("--text") { Required = true, Description = "The text to learn from, UTF-8; it may be compressed by gzip" };
Option<string> kind = Given("--model", "The model", "gpt").AcceptOnlyFromAmong("gpt", "lstm", "gru", "rnn");
Option<string> size = Given("--size", "Its size", "small").AcceptOnlyFromAmong("tiny", "small", "medium");
Option<string?> output = new("--out") { Description = "The run's folder [default: runs/MODEL]" };
Option<uint?> steps = new("--steps") { Description = "How many steps to learn, made a multiple of --every [default: by size]" };
Option<double?> rate = new("--rate") { Description = "The greatest learning rate [default: by size]" };
Option<uint> every = Given("--every", "After how many steps the model is validated and saved", 50u);
Option<uint> seed = Given("--seed", "Where random numbers begin", 1337u);
Command train = new("train", "Learn from a text") { text, kind, size, output, steps, rate, every, seed };
train.SetAction(o => Train(o.GetValue(text)!, o.GetValue(output) ?? Path.Combine("runs", o.GetValue(kind)!),
    Settings.Of(o.GetValue(kind)!, o.GetValue(size)!, o.GetValue(every), o.GetValue(steps), o.GetValue(rate), o.GetValue(seed))));

Option<string> from = new("--from") { Required = true, Description = "The folder of a run" };
Command resume = new("resume", "Go on with a run that was stopped") { from };
resume.SetAction(o => Learn(o.GetValue(from)!));

Option<string> prompt = Given("--prompt", "How the text begins", "The ");
Option<uint> length = Given("--length", "How many characters to write", 500u);
Option<double> temperature = Given("--temperature", "Below 1 safer, above bolder; 0 always takes the likeliest", 0.8);
Option<long> topK = Given("--top-k", "Choose among the k likeliest characters; 0 for all", 0L);
Option<double> topP = Given("--top-p", "Choose among the likeliest that together have this probability", 1.0);
Option<uint?> start = new("--seed") { Description = "Where random numbers begin [default: each time elsewhere]" };
Command sample = new("sample", "Write text") { from, prompt, length, temperature, topK, topP, start };
sample.SetAction(o => Write(o.GetValue(from)!, o.GetValue(prompt)!, (int)Math.Min(o.GetValue(length), int.MaxValue),
    new TokenSampler(o.GetValue(temperature), o.GetValue(topK), o.GetValue(topP)), o.GetValue(start) ?? (uint)Random.Shared.Next()));

Option<string> onnx = new("--onnx") { Required = true, Description = "The file to write" };
Command export = new("export", "Write the model for ONNX Runtime: tokens [batch, sequence] to logits") { from, onnx };
export.SetAction(o => OnnxExporter.Export(Load(Settings.Read(o.GetValue(from)!), o.GetValue(from)!), o.GetValue(onnx)!,
    Tensor.Zeros([2, 8], DType.Int64),
    new() { InputNames = ["tokens"], OutputNames = ["logits"], DynamicAxes = { ["tokens"] = ["batch", "sequence"] } }));

ParseResult line = new RootCommand("A language model of characters") { train, resume, sample, export }.Parse(args);
try
{
    if (args.Length > 0 && line.Errors.Count > 0)
        throw new ArgumentException(line.Errors[0].Message.Split(" as expected type")[0].TrimEnd('.') + "; see --help.");
    return line.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException or InvalidDataException
    or NonFiniteLossException)
{
    // What users can cause has a message of its own; every other exception is a bug.
    Console.Error.WriteLine($"charlm: {e.Message.ReplaceLineEndings(" ").Replace("\t", "").Split(" (Parameter '")[0]}");
    return e is ArgumentException ? 2 : 1;
}

// ---- Learning

static int Train(string file, string folder, Settings s)
{
    string text = new TextFile(file).ReadAll();
    int control = text.AsSpan().IndexOfAnyInRange('\0', '\b'), least = 20 * (s.Context + 1);
    if (control >= 0) throw new InvalidDataException($"'{file}' is not text: character {control} is U+{(int)text[control]:X4}.");
    if (text.Length < least)
        throw new InvalidDataException($"'{file}' is too short: it has {text.Length} characters, and this model needs {least}.");
    if (File.Exists(Path.Combine(folder, Settings.Name)))
        throw new ArgumentException($"'{folder}' holds a run already: `resume --from {folder}`, or name another folder by --out.");
    Directory.CreateDirectory(folder);
    string copy = Path.Combine(folder, "text.txt");
    if (File.Exists(copy) && File.ReadAllText(copy) != text) throw new ArgumentException($"'{copy}' is another text; name another --out.");
    AtomicFile.Write(copy, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    s = s with { Characters = string.Concat(Vocabulary.OfCharacters(text).Tokens), TextHash = Settings.Hash(text) };
    AtomicFile.Write(Path.Combine(folder, Settings.Name), stream => JsonSerializer.Serialize(stream, s, Json.Default.Settings));
    return Learn(folder);
}

static int Learn(string folder)
{
    Settings s = Settings.Read(folder);
    string all = new TextFile(Path.Combine(folder, "text.txt")).ReadAll();
    if (Settings.Hash(all) != s.TextHash) throw new InvalidDataException($"'{folder}/text.txt' is not the text that this run began with.");
    Tensor text = s.Vocabulary.Encode(all);
    long split = text.Size(0) * 9 / 10;
    // Stretches of the first nine tenths in random order to learn from, at most 20 batches of the last tenth to validate with.
    Tensor.ManualSeed(s.Seed);
    WindowDataset known = new(text.Narrow(0, 0, split), s.Context);
    WindowDataset unseen = new(text.Narrow(0, split, text.Size(0) - split), s.Context, stride: s.Context);
    var training = DataLoader.Of(known, s.Batch, sampler: new RandomSampler(known, numSamples: s.Every * s.Batch));
    var validation = DataLoader.Of(unseen, s.Batch, generator: new Generator(0)).Take(20).ToArray();

    CharModel model = CharModel.Of(s);
    AdamW optimizer = new(model.Parameters(), s.Rate, betas: (0.9, 0.99), weightDecay: 0.1);
    OneCycleLR schedule = new(optimizer, s.Rate, totalSteps: s.Epochs * s.Every, pctStart: 0.1, cycleMomentum: false);
    CheckpointFolder checkpoints = new(Path.Combine(folder, "checkpoints"), keepLast: 2);
    bool fresh = checkpoints.Files().Count == 0;
    using MetricsLog metrics = new(Path.Combine(folder, "metrics.jsonl"), withTime: false);
    if (fresh) metrics.Rewind(-1);
    using SummaryWriter board = new(Path.Combine(folder, "tensorboard"), purgeStep: fresh ? 0 : null);
    Trainer<CharModel, (Tensor X, Tensor Y)> trainer = null!;
    Watch watch = new(s.Epochs * s.Every, epoch =>
    {
        if (epoch.Value("loss") <= trainer.History.Min(past => past.Value("loss"))) model.Save(Path.Combine(folder, "weights.pt"));
        Draw(trainer.History, Path.Combine(folder, "loss.png"));
    });
    trainer = new(model, optimizer, (m, b) => Functional.CrossEntropy(m.Call(b.X).Flatten(0, 1), b.Y.Flatten()))
    {
        Scheduler = schedule,
        SchedulePerStep = true,
        ClipNorm = 1,
        Checkpoints = checkpoints,
        Callbacks = [metrics, new TensorBoardLog(board), watch],
    };
    Console.WriteLine($"{text.Size(0):N0} characters, {s.Vocabulary.Count} different ones; {s.Model} with " +
        $"{model.Parameters().Sum(p => p.NumElements):N0} parameters; the run is in '{folder}'.");
    using StopOnSignal stop = new();
    try { watch.During(() => trainer.Fit(training, s.Epochs, validation: validation, resume: true, cancellationToken: stop.Token)); }
    catch (OperationCanceledException) { }
    Console.WriteLine(trainer.Epoch < s.Epochs ? $"Stopped after step {trainer.Step}, all is saved; go on with `resume --from {folder}`."
        : $"Done: {trainer.Step} steps; the best validation loss is {trainer.History.Min(epoch => epoch.Value("loss")):F3}.");
    return stop.ExitCode;
}

static void Draw(IReadOnlyList<EpochResult> history, string file)
{
    ScottPlot.Plot plot = new();
    long[] steps = [.. history.Select(epoch => epoch.Step)];
    plot.Add.Scatter(steps, history.Select(epoch => epoch.Loss).ToArray()).LegendText = "training";
    plot.Add.Scatter(steps, history.Select(epoch => epoch.Value("loss")).ToArray()).LegendText = "validation";
    plot.XLabel("step");
    plot.YLabel("loss per character");
    plot.ShowLegend(ScottPlot.Alignment.UpperRight);
    AtomicFile.Write(file, stream => stream.Write(plot.GetImageBytes(800, 450, ScottPlot.ImageFormat.Png)));
}

// ---- Writing

static CharModel Load(Settings s, string folder)
{
    string weights = Path.Combine(folder, "weights.pt");
    if (!File.Exists(weights)) throw new ArgumentException($"'{folder}' has no weights yet: the first validation writes them.");
    CharModel model = CharModel.Of(s);
    model.Load(weights);
    model.Eval();
    return model;
}

static int Write(string folder, string prompt, int length, TokenSampler sampler, uint seed)
{
    Settings s = Settings.Read(folder);
    CharModel model = Load(s, folder);
    if (prompt.Length == 0) throw new ArgumentException("--prompt needs at least one character.");
    if (prompt.EnumerateRunes().FirstOrDefault(c => !s.Vocabulary.Contains($"{c}")) is { Value: > 0 } c)
        throw new ArgumentException($"the text that the model learned from has no '{c}': it cannot be in the prompt.");
    using GradScope mode = Autograd.NoGrad();
    Console.Write(prompt);
    Stopwatch clock = Stopwatch.StartNew();
    foreach (long next in Generate(model, [.. s.Vocabulary.Encode(prompt).ToArray<long>()], sampler, new Generator(seed)).Take(length))
        Console.Write(s.Vocabulary[next]);
    Console.WriteLine();
    Console.Error.WriteLine($"[{length / clock.Elapsed.TotalSeconds:F0} characters/s]");
    return 0;
}

/// The model remembers what it has read: each character is read once. When there is no more room, the last half is read anew.
static IEnumerable<long> Generate(CharModel model, List<long> text, TokenSampler sampler, Generator random)
{
    model.Remember();
    for (int read = 0; ;)
    {
        if (model.Room < text.Count - read)
        {
            model.Remember();
            read = Math.Max(0, text.Count - (int)Math.Max(1, model.Room / 2));
        }
        Tensor scores = model.Call(Tensor.From(text[read..].ToArray(), [1, text.Count - read]))[0, ^1];
        read = text.Count;
        text.Add(sampler.Next(scores, random).Item<long>());
        yield return text[^1];
    }
}

// ---- The models: numbers of characters [batch, length] to scores for each next one [batch, length, characters]

abstract class CharModel : Module<Tensor, Tensor>
{
    public static CharModel Of(Settings s) => s.Model == "gpt" ? new Gpt(s) : new Recurrent(s);
    /// Forget what was read; from now on each call reads on where the one before ended.
    public abstract void Remember();
    /// How many further characters can be read.
    public abstract long Room { get; }
}

/// A transformer: characters and places become vectors, blocks let each place look at those before it.
sealed class Gpt(Settings s) : CharModel
{
    private readonly Embedding tokens = new(s.Vocabulary.Count, s.Width), places = new(s.Context, s.Width);
    private readonly Dropout dropout = new(s.Dropout);
    private readonly ModuleList<Block> blocks = [.. Enumerable.Range(0, s.Layers).Select(_ => new Block(s))];
    private readonly LayerNorm norm = new(s.Width);
    private readonly Linear head = new(s.Width, s.Vocabulary.Count);

    public override long Room => places.Weight.Size(0) - (blocks[0].Attention.Cache?.Length ?? 0);

    public override void Remember()
    {
        foreach (Block block in blocks) block.Attention.Cache = new KeyValueCache(places.Weight.Size(0));
    }

    protected override Tensor Forward(Tensor ids)
    {
        long first = blocks[0].Attention.Cache?.Length ?? 0;
        Tensor x = dropout.Call(tokens.Call(ids) + places.Call(Tensor.Arange(first, first + ids.Size(1))));
        foreach (Block block in blocks) x = block.Call(x);
        return head.Call(norm.Call(x));
    }
}

sealed class Block(Settings s) : Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1 = new(s.Width), norm2 = new(s.Width);
    private readonly Attention attention = new(s);
    private readonly Linear fc = new(s.Width, 4 * s.Width), proj = new(4 * s.Width, s.Width);
    private readonly Dropout dropout = new(s.Dropout);

    public Attention Attention => attention;

    protected override Tensor Forward(Tensor x)
    {
        x = x + attention.Call(norm1.Call(x));
        return x + dropout.Call(proj.Call(Functional.Gelu(fc.Call(norm2.Call(x)))));
    }
}

sealed class Attention(Settings s) : Module<Tensor, Tensor>
{
    private readonly Linear qkv = new(s.Width, 3 * s.Width), proj = new(s.Width, s.Width);
    private readonly Dropout dropout = new(s.Dropout);
    private readonly int heads = s.Heads;
    /// While writing: the keys and values of what was read.
    public KeyValueCache? Cache { get; set; }

    protected override Tensor Forward(Tensor x)
    {
        // [batch, length, width] to [batch, heads, length, width / heads] and back
        Tensor[] parts = qkv.Call(x).Chunk(3, -1);
        (Tensor q, Tensor k, Tensor v) = (Heads(parts[0]), Heads(parts[1]), Heads(parts[2]));
        Tensor y = Cache?.Attend(q, k, v) ?? Functional.ScaledDotProductAttention(q, k, v, isCausal: true);
        return dropout.Call(proj.Call(y.Transpose(1, 2).Flatten(2)));
    }

    private Tensor Heads(Tensor x) => x.Unflatten(-1, [heads, -1]).Transpose(1, 2);
}

/// Reads one character after the other and keeps what it wants to know in a state.
sealed class Recurrent(Settings s) : CharModel
{
    private readonly Embedding tokens = new(s.Vocabulary.Count, s.Width);
    private readonly Dropout dropout = new(s.Dropout);
    private readonly Module rnn = s.Model switch
    {
        "lstm" => new LSTM(s.Width, s.Width, s.Layers, batchFirst: true),
        "gru" => new GRU(s.Width, s.Width, s.Layers, batchFirst: true),
        _ => new RNN(s.Width, s.Width, s.Layers, batchFirst: true),
    };
    private readonly Linear head = new(s.Width, s.Vocabulary.Count);
    private bool remember;
    private object? state;
    public override long Room => long.MaxValue;
    public override void Remember() => (remember, state) = (true, null);

    protected override Tensor Forward(Tensor ids)
    {
        Tensor x = dropout.Call(tokens.Call(ids));
        (Tensor y, object next) = rnn switch
        {
            LSTM lstm => Pair(lstm.Call(x, ((Tensor, Tensor)?)state)),
            GRU gru => Pair(gru.Call(x, (Tensor?)state)),
            _ => Pair(((RNN)rnn).Call(x, (Tensor?)state)),
        };
        if (remember) state = next;
        return head.Call(y);
    }

    private static (Tensor, object) Pair<T>((Tensor Output, T State) result) where T : notnull => (result.Output, result.State);
}

// ---- A run's settings, and what one sees of it

sealed record Settings(string Model, int Layers, int Width, int Heads, int Context, int Batch, long Steps, double Rate)
{
    public const string Name = "settings.json";
    public double Dropout { get; init; } = 0.1;
    public long Every { get; init; }
    public long Seed { get; init; }
    public string Characters { get; init; } = "";
    public string TextHash { get; init; } = "";

    [JsonIgnore] public Vocabulary Vocabulary => field ??= Vocabulary.OfCharacters(Characters);
    [JsonIgnore] public long Epochs => (Steps + Every - 1) / Every;

    public static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    public static Settings Of(string model, string size, long every, long? steps, double? rate, long seed)
    {
        Settings s = (model, size) switch
        {
            ("gpt", "tiny") => new(model, 2, 64, 4, 64, 16, 1000, 3e-3),
            ("gpt", "small") => new(model, 4, 128, 4, 64, 16, 2000, 3e-3),
            ("gpt", _) => new(model, 6, 256, 8, 256, 32, 3000, 1e-3),
            (_, "tiny") => new(model, 1, 96, 1, 64, 16, 1000, 5e-3),
            (_, "small") => new(model, 1, 256, 1, 64, 16, 2000, 3e-3),
            _ => new(model, 2, 512, 1, 256, 32, 3000, 2e-3),
        };
        s = s with { Steps = steps ?? s.Steps, Rate = rate ?? s.Rate, Seed = seed };
        if (every == 0 || s.Steps == 0 || !(s.Rate > 0)) throw new ArgumentException("--steps, --every and --rate should be positive.");
        return s with { Every = Math.Min(every, s.Steps) };
    }

    public static Settings Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path)) throw new ArgumentException($"'{folder}' is not the folder of a run: it has no {Name}.");
        try { return JsonSerializer.Deserialize(File.ReadAllBytes(path), Json.Default.Settings) ?? throw new JsonException("it is null"); }
        catch (JsonException e) { throw new InvalidDataException($"'{path}' is damaged: {e.Message}", e); }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Settings))]
sealed partial class Json : JsonSerializerContext;

/// A bar where somebody watches, plain lines every few seconds where output goes to a file.
sealed class Watch(long steps, Action<EpochResult> milestone) : TrainingCallback
{
    private readonly Stopwatch clock = new();
    private ProgressTask? bar;
    private double recent, validation = double.NaN, shown, first;

    public void During(Action work)
    {
        bool plain = Environment.GetEnvironmentVariable("CI") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";
        if (plain || Console.IsOutputRedirected) work();
        else AnsiConsole.Progress().Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn()).Start(display =>
        {
            bar = display.AddTask("the first step", maxValue: steps);
            work();
        });
    }

    public override bool OnStepEnd(TrainingProgress progress)
    {
        if (!clock.IsRunning) (first, recent) = (progress.Step, progress.Loss);   // what compiles the program does not count
        clock.Start();
        recent += 0.05 * (progress.Loss - recent);
        return Show(progress.Step, clock.Elapsed.TotalSeconds > shown + 5);
    }

    public override bool OnEpochEnd(EpochResult result)
    {
        validation = result.Value("loss");
        milestone(result);
        return Show(result.Step, true);
    }

    private bool Show(long step, bool line)
    {
        double rate = (step - first) / clock.Elapsed.TotalSeconds, left = rate > 0 ? (steps - step) / rate : 0;
        string text = $"step {step}/{steps}  loss {recent:F3}  validation {validation:F3}  {rate:F1} steps/s  " +
            $"{TimeSpan.FromSeconds(left):h\\:mm\\:ss} left";
        if (line) shown = clock.Elapsed.TotalSeconds;
        if (bar is not null) (bar.Value, bar.Description) = (step, Markup.Escape(text));
        else if (line) Console.WriteLine(text);
        return false;
    }
}
