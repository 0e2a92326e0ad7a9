#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// Sequence to sequence with attention: an encoder reads a word, a decoder writes it backwards letter by letter. For each letter that it
// writes, it chooses where to look in the word; that choice is drawn as a map, and nobody told it that it is a diagonal.
// Run it: dotnet run -c Release samples/reverse.cs -- [WORD...] [--steps 800] [--seed 0] [--out reverse.png]
using System.CommandLine;
using Nabla;
using Nabla.Nn;
using Nabla.Optim;

Argument<string[]> words = new("word") { Description = "Words to reverse at the end: letters a to z.", Arity = ArgumentArity.ZeroOrMore };
Option<uint> steps = new("--steps") { Description = "Steps of training.", DefaultValueFactory = _ => 800 };
Option<long> seed = new("--seed") { Description = "The seed of data and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "reverse.png" };
words.Validators.Add(given =>
{
    foreach (string word in given.GetValueOrDefault<string[]>() ?? [])
        if (word.Length is 0 or > Words.Longest || word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
            given.AddError($"'{word}' is no word of 1 to {Words.Longest} letters from a to z.");
});
RootCommand command = new("Learn to reverse words.") { words, steps, seed, file };
command.SetAction(given => Run(given.GetValue(words)!, given.GetValue(steps), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"reverse: {e.Message}");
    return 1;
}

static void Run(string[] words, uint steps, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    // Words of random letters; those of the test are none that it learns from.
    Tensor.ManualSeed(seed);
    string[] test = Words.Random(1000);
    HashSet<string> held = [.. test];
    Reverser model = new(width: 32, hidden: 96);
    Adam optimizer = new(model.Parameters(), lr: 1e-3);
    OneCycleLR schedule = new(optimizer, maxLr: 1e-2, totalSteps: steps + 1);
    for (uint step = 1; step <= steps; step++)
    {
        string[] batch = [.. Words.Random(64).Where(word => !held.Contains(word))];
        Tensor source = Words.Encode(batch), target = Words.Encode(batch.Select(Words.Reverse));

        // Teacher forcing: the decoder is given the right letter before each that it has to guess.
        Tensor given = Tensor.Cat([Tensor.Full([batch.Length, 1], Words.Start, DType.Int64), target[.., ..^1]], 1);
        Tensor scores = model.Call((source, given)).Scores;
        Tensor loss = Functional.CrossEntropy(scores.Flatten(0, 1), target.Flatten(), ignoreIndex: Words.Padding);
        optimizer.ZeroGrad();
        loss.Backward();
        Utils.ClipGradNorm_(model.Parameters(), 1);
        optimizer.Step();
        schedule.Step();
        if (step == 1 || step % Math.Max(1, steps / 10) == 0) Console.WriteLine($"step {step,5}  loss {loss.Item():F4}");
    }

    // Greedy decoding: nobody gives the right letter any more.
    string[] answers = [.. test.Chunk(250).SelectMany(part => model.Reverse(part).Words)];
    int right = test.Zip(answers, (word, answer) => answer == Words.Reverse(word) ? 1 : 0).Sum();
    Console.WriteLine($"words not seen, reversed without a fault: {100.0 * right / test.Length:F1} %");
    if (words.Length == 0) words = ["automatic", "gradient", "nabla"];
    (answers, Tensor looks) = model.Reverse(words);
    for (int i = 0; i < words.Length; i++) Console.WriteLine($"{words[i]} -> {answers[i]}");

    picture.Write(Draw(words[0], answers[0], looks[0]).GetImageBytes(500, 500, ScottPlot.ImageFormat.Png));
    Console.WriteLine($"picture: {file}");
}

static ScottPlot.Plot Draw(string word, string answer, Tensor look)
{
    ScottPlot.Plot plot = new();
    // An answer that has not ended when there is no more room has no end to look from.
    string read = word + ".", written = (answer + ".")[..Math.Min(answer.Length + 1, (int)look.Size(0))];
    plot.Add.Heatmap(look[..written.Length, ..read.Length].Double().ToArray2D<double>());
    plot.Axes.Bottom.SetTicks([.. read.Select((_, i) => (double)i)], [.. read.Select(c => $"{c}")]);
    plot.Axes.Left.SetTicks([.. written.Select((_, i) => (double)(written.Length - 1 - i))], [.. written.Select(c => $"{c}")]);
    plot.Title("where it looks (across) for each letter it writes (down)", 14);
    plot.HideGrid();
    return plot;
}

/// An encoder that reads in both directions, a decoder, and attention between them (Luong, Pham and Manning 2015).
sealed class Reverser(int width, int hidden) : Module<(Tensor Source, Tensor Given), (Tensor Scores, Tensor Look)>
{
    readonly Embedding letters = new(Words.Symbols, width, paddingIdx: Words.Padding);
    readonly GRU encoder = new(width, hidden / 2, batchFirst: true, bidirectional: true), decoder = new(width, hidden, batchFirst: true);
    readonly Linear query = new(hidden, hidden, bias: false), mix = new(2 * hidden, hidden), scores = new(hidden, Words.Symbols);

    protected override (Tensor Scores, Tensor Look) Forward((Tensor Source, Tensor Given) input)
    {
        (Tensor read, Tensor state) = Read(input.Source);
        (Tensor result, Tensor look, _) = Write(read, input.Source, input.Given, state);
        return (result, look);
    }

    /// One vector per letter that is read, [n, length, hidden], and the decoder's first state, [1, n, hidden].
    (Tensor Read, Tensor State) Read(Tensor source)
    {
        // Packed, so that the encoder reads no padding and a word means the same whatever it is read together with.
        PackedSequence packed = Utils.PackPaddedSequence(letters.Call(source), source.Ne(Words.Padding).Sum(1), batchFirst: true,
            enforceSorted: false);
        (PackedSequence read, Tensor last) = encoder.Call(packed);
        return (Utils.PadPackedSequence(read, batchFirst: true).Output, Tensor.Cat([last[0], last[1]], -1).Unsqueeze(0));
    }

    (Tensor Scores, Tensor Look, Tensor State) Write(Tensor read, Tensor source, Tensor given, Tensor state)
    {
        (Tensor thought, state) = decoder.Call(letters.Call(given), state);
        Tensor fit = query.Call(thought).MatMul(read.Transpose(1, 2));                   // [n, written, read]
        Tensor look = fit.MaskedFill(source.Eq(Words.Padding).Unsqueeze(1), double.NegativeInfinity).Softmax(-1);
        Tensor seen = Tensor.Cat([look.MatMul(read), thought], -1);
        return (scores.Call(mix.Call(seen).Tanh()), look, state);
    }

    public (string[] Words, Tensor Look) Reverse(string[] words)
    {
        using GradScope mode = Autograd.NoGrad();
        Tensor source = Words.Encode(words), next = Tensor.Full([words.Length, 1], Words.Start, DType.Int64);
        (Tensor read, Tensor state) = Read(source);
        List<Tensor> written = [], looks = [];
        for (int i = 0; i <= Words.Longest; i++)
        {
            (Tensor result, Tensor look, state) = Write(read, source, next, state);
            next = result.ArgMax(-1);
            written.Add(next);
            looks.Add(look);
        }

        return (Words.Decode(Tensor.Cat(written, 1)), Tensor.Cat(looks, 1));
    }
}

/// Words as numbers: 0 fills up, 1 starts, 2 ends, the letters follow.
static class Words
{
    public const int Padding = 0, Start = 1, End = 2, Symbols = 3 + 26, Longest = 12;

    public static string Reverse(string word) => string.Concat(word.Reverse());

    public static string[] Random(int count)
    {
        long[] lengths = Tensor.RandInt(3, Longest + 1, [count]).ToArray<long>();
        long[] letters = Tensor.RandInt('a', 'z' + 1, [count * Longest]).ToArray<long>();
        return [.. lengths.Select((n, i) => string.Concat(letters.Skip(i * Longest).Take((int)n).Select(c => (char)c)))];
    }

    public static Tensor Encode(IEnumerable<string> words) => Utils.PadSequence(
        [.. words.Select(word => Tensor.From([.. word.Select(c => c - 'a' + 3L), End]))], batchFirst: true, paddingValue: Padding);

    public static string[] Decode(Tensor ids) => [.. ids.ToArray<long>().Chunk((int)ids.Size(1)).Select(word =>
        string.Concat(word.TakeWhile(id => id != End).Select(id => id < 3 ? '?' : (char)('a' + id - 3))))];
}
