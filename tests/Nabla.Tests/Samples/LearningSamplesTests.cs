using System.Globalization;
using System.Text.RegularExpressions;

namespace Nabla.Tests.Samples;

/// <summary>Each sample that learns, with fewer steps than its default: the figures that it prints, and its picture.</summary>
[Collection("Samples that learn")]
public sealed class LearningSamplesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-samples-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string File(string name) => Path.Combine(folder, name);

    [Fact]
    public void Two_moons_are_told_apart()
    {
        string output = Learn("moons", 700, 450, "--steps", "200");
        Assert.True(Falls(output, "loss ") < 0.3, output);
        Assert.True(Figure(output, "accuracy on points not seen: ") > 95, output);
        // The boundary in digits: class 0 at the top left, class 1 at the bottom right.
        string[] map = [.. output.Split('\n').Where(line => Regex.IsMatch(line, "^[0-9]{60}$"))];
        Assert.Equal(24, map.Length);
        Assert.Equal(('0', '9'), (map[0][0], map[^1][^1]));
    }

    [Fact]
    public void Digits_are_read()
    {
        string output = Learn("digits", 1000, 500, "--steps", "300");
        Assert.True(Figure(output, "accuracy on pictures not seen: ") > 95, output);
        Assert.Equal(10, Regex.Count(output, @"^\| [0-9] .*%", RegexOptions.Multiline));
    }

    [Fact]
    public void Digits_come_from_the_files_of_a_folder()
    {
        foreach (var (part, count) in new[] { ("train", 256), ("t10k", 100) })
        {
            (Tensor x, Tensor y) = Nabla.Data.Generated.Digits(count, 28, 28, generator: new Generator(1)).Tensors;
            Write($"{part}-images-idx3-ubyte", [count, 28, 28], (x * 255).To(DType.UInt8).ToArray<byte>());
            Write($"{part}-labels-idx1-ubyte", [count], y.To(DType.UInt8).ToArray<byte>());
        }

        string output = Learn("digits", 1000, 500, "--steps", "5", "--mnist", folder);
        Assert.Contains("of 100", output, StringComparison.Ordinal);

        Write("t10k-images-idx3-ubyte", [100, 5, 5], new byte[2500]);
        Refuses("t10k: expected 25 pictures or more", "digits", "--mnist", folder);
        System.IO.File.WriteAllBytes(File("train-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 1, 0]);
        Refuses("train-images-idx3-ubyte: offset 8", "digits", "--mnist", folder);

        void Write(string name, int[] shape, byte[] values) => System.IO.File.WriteAllBytes(File(name),
            [0, 0, 8, (byte)shape.Length, .. shape.SelectMany(n => new[] { (byte)0, (byte)0, (byte)(n >> 8), (byte)n }), .. values]);
    }

    [Fact]
    public void Words_are_reversed()
    {
        string output = Learn("reverse", 500, 500, "--steps", "350", "tensor", "aaa");
        Assert.True(Falls(output, "loss ") < 0.2, output);
        Assert.True(Figure(output, "reversed without a fault: ") > 50, output);
        Assert.Matches(new Regex("^tensor -> [a-z?]+\naaa -> [a-z?]+$", RegexOptions.Multiline), output);
    }

    [Fact]
    public void A_sine_is_forecast()
    {
        string output = Learn("sine", 1000, 400, "--steps", "200");
        Assert.True(Falls(output, "loss ") < 0.2, output);
        Assert.True(Figure(output, "error of the forecast: ") < 0.5 * Figure(output, "always saying the mean: "), output);
    }

    [Fact]
    public void Digits_are_drawn()
    {
        string output = Learn("vae", 1500, 520, "--steps", "600");
        double[] bounds = Figures(output, "ELBO ");
        Assert.True(bounds[^1] > bounds[0] / 2, output);
        Assert.True(bounds[^1] < -Math.Log(90), output);
        Assert.True(Figure(output, "is possible; ") < 10, output);
    }

    [Fact]
    public void A_differential_equation_is_solved_without_data()
    {
        string output = Learn("physics_informed", 1000, 420, "--steps", "12");
        Assert.True(Falls(output, "residual ") < 0.1, output);
        Assert.True(Figure(output, "exact solution: ") < 0.1, output);
    }

    [Fact]
    public void A_differential_equation_is_learned()
    {
        string output = Learn("neural_ode", 640, 540, "--steps", "6");
        double[] differences = Figures(output, "the solver differ by ");
        Assert.Equal(3, differences.Length);
        // Of order four.
        for (int i = 1; i < 3; i++) Assert.InRange(differences[i - 1] / differences[i], 10, 24);
        Assert.True(Falls(output, "loss ") < 0.01, output);
        Assert.True(Figure(output, "from new starts: ") < 1, output);
    }

    [Fact]
    public void Curvature_needs_no_matrix()
    {
        string output = Learn("landscape", 900, 420, "--steps", "10", "--products", "40");
        Assert.True(Falls(output, "loss ") < 0.3, output);
        Assert.True(Figure(output, "whole matrix: ") < 1e-8, output);
        Refuses("--products has to be at least 3", "landscape", "--products", "2");
    }

    [Fact]
    public void Checkpoints_save_memory()
    {
        SampleRunner.Result run = SampleRunner.Run("checkpoint.cs", "4096", "128", "9");
        Assert.True(run.ExitCode == 0, run.Error);
        Dictionary<string, double> peaks = Regex.Matches(run.Output, @"^\| (\S.*?) +\| +([0-9.]+) MiB", RegexOptions.Multiline)
            .ToDictionary(m => m.Groups[1].Value, m => Number(m.Groups[2].Value));
        Assert.Equal(7, peaks.Count);
        Assert.True(peaks["each layer"] < 0.75 * peaks["all saved"], run.Output);

        run = SampleRunner.Run("checkpoint.cs", "4096", "wide");
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("checkpoint: rows, width and layers are whole numbers", run.Error, StringComparison.Ordinal);
    }

    [Theory, InlineData("moons"), InlineData("digits"), InlineData("reverse"), InlineData("sine"), InlineData("vae"),
        InlineData("physics_informed"), InlineData("neural_ode"), InlineData("landscape")]
    public void A_picture_that_cannot_be_written_is_an_error_before_the_training(string sample) =>
        Refuses($"{sample}: Could not find a part of the path", sample, "--out", Path.Combine(folder, "nowhere", "picture.png"));

    [Theory, InlineData("moons"), InlineData("reverse"), InlineData("sine"), InlineData("vae"), InlineData("physics_informed")]
    public void A_sample_that_has_learned_nothing_still_draws(string sample)
    {
        SampleRunner.Result run = SampleRunner.Run($"{sample}.cs", ["--steps", "0", "--out", File("untaught.png")]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.True(Picture.Read(File("untaught.png")).Colours > 1);
    }

    [Theory, InlineData("--stepz", "3", "Unrecognized command or argument '--stepz'"),
        InlineData("--steps", "-3", "Cannot parse argument '-3' for option '--steps'"),
        InlineData("--seed", "x", "Cannot parse argument 'x' for option '--seed'"),
        InlineData("--steps", null, "Required argument missing for option: '--steps'")]
    public void Wrong_arguments_are_named(string option, string? value, string message) =>
        Refuses(message, "moons", value is null ? [option] : [option, value]);

    [Fact]
    public void Only_words_are_reversed() => Refuses("'Tensor' is no word of 1 to 12 letters", "reverse", "Tensor");

    [Fact]
    public void The_gallery_shows_what_there_is()
    {
        string docs = Path.Combine(SampleRunner.Root(), "docs"), page = System.IO.File.ReadAllText(Path.Combine(docs, "samples.md"));
        string[] links = [.. Regex.Matches(page, @"\]\(([^)#]+)\)").Select(m => m.Groups[1].Value)];
        Assert.Equal(8, links.Count(l => l.EndsWith(".png", StringComparison.Ordinal)));
        Assert.All(links, link => Assert.True(System.IO.File.Exists(Path.Combine(docs, link)), link));
        foreach (string link in links.Where(l => l.EndsWith(".png", StringComparison.Ordinal)))
            Assert.True(Picture.Read(Path.Combine(docs, link)).Colours > 20, link);
        MatchCollection commands = Regex.Matches(page, @"samples/([a-z_]+\.cs)");
        Assert.All(commands, m => Assert.True(System.IO.File.Exists(Path.Combine(SampleRunner.Root(), m.Value)), m.Value));
    }

    private string Learn(string sample, int width, int height, params string[] arguments)
    {
        string picture = File(sample + ".png");
        SampleRunner.Result run = SampleRunner.Run(sample + ".cs", [.. arguments, "--out", picture]);
        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Equal("", run.Error);
        Assert.Contains($"picture: {picture}", run.Output, StringComparison.Ordinal);
        Picture drawn = Picture.Read(picture);
        Assert.Equal((width, height), (drawn.Width, drawn.Height));
        Assert.True(drawn.Colours > 20, $"{drawn.Colours} colours");
        return run.Output;
    }

    private static void Refuses(string message, string sample, params string[] arguments)
    {
        SampleRunner.Result run = SampleRunner.Run(sample + ".cs", arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error + run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("step ", run.Output, StringComparison.Ordinal);
    }

    /// <summary>The last of the figures after a word, divided by the first.</summary>
    private static double Falls(string output, string label)
    {
        double[] figures = [.. Figures(output, label, "^step .*")];
        Assert.True(figures.Length > 5, output);
        return figures[^1] / figures[0];
    }

    private static double Figure(string output, string label) => Figures(output, label)[0];

    private static double[] Figures(string output, string label, string before = "") =>
        [.. Regex.Matches(output, $"{before}{Regex.Escape(label)}(-?[0-9.]+(e-?[0-9]+)?)", RegexOptions.Multiline)
            .Select(m => Number(m.Groups[1].Value))];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
