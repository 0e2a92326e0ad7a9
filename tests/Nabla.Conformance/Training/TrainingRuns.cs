using System.Globalization;
using System.Text.Json;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Conformance;

/// <summary>One recorded training: what was trained and how, how close it came, and where it differs.</summary>
/// <param name="Name">linreg, mlp, charlstm or gpt.</param>
/// <param name="Run">The dtype, and where the initial weights come from.</param>
/// <param name="Closeness">The largest differences.</param>
/// <param name="Differences">What is not within the tolerance.</param>
public sealed record TrainingResult(string Name, string Run, string Closeness, IReadOnlyList<string> Differences);

/// <summary>
/// Recorded trainings: losses and gradient norms of every step, the first gradients and the final weights, in float32 from the recorded
/// weights and from the seed alone, and in float64.
/// </summary>
/// <remarks>
/// In float64, losses and norms agree to 1e-9. In float32 the order of additions decides the last bits: losses may differ by
/// <see cref="RoundingFactor"/> times what reversing the rows of the batches changed in PyTorch itself.
/// </remarks>
public static class TrainingRuns
{
    private const double RoundingFactor = 10;

    private static readonly string[] Names = ["linreg", "mlp", "charlstm", "gpt"];

    /// <summary>The trainings that the data has.</summary>
    public static IReadOnlyList<string> In(Archive data) => [.. Names.Where(name => data.Contains($"training/{name}.json"))];

    /// <summary>Runs every training that is chosen by its name, one after the other: they share the default generator.</summary>
    public static IEnumerable<TrainingResult> Run(Archive data, Func<string, bool> chooses)
    {
        foreach (string name in In(data).Where(chooses))
        {
            using JsonDocument json = JsonDocument.Parse(data.Read($"training/{name}.json"));
            if (name == "linreg")
            {
                yield return LinearRegression.Run(json.RootElement, DType.Float32);
                yield return LinearRegression.Run(json.RootElement, DType.Float64);
                continue;
            }
            TensorFile file = new(data.Read($"training/{name}.safetensors"));
            foreach ((DType dtype, bool seed) in ((DType, bool)[])[(DType.Float32, false), (DType.Float32, true), (DType.Float64, false)])
                yield return new Training(name, json.RootElement, file, dtype, seed).Result();
        }
    }

    internal static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(static x => x.GetDouble())];

    internal static string Text(double x) => x.ToString("G3", CultureInfo.InvariantCulture);

    /// <summary>A network in training.</summary>
    private sealed class Training
    {
        private readonly string name;
        private readonly JsonElement json, problem, expected;
        private readonly TensorFile file;
        private readonly DType dtype;
        private readonly bool seed;
        private readonly Module<Tensor, Tensor> network;
        private readonly List<string> differences = [];

        internal Training(string name, JsonElement json, TensorFile file, DType dtype, bool seed)
        {
            (this.name, this.json, this.file, this.dtype, this.seed) = (name, json, file, dtype, seed);
            (problem, expected) = (json.GetProperty("problem"), json.GetProperty(dtype == DType.Float32 ? "float32" : "float64"));
            Tensor.ManualSeed(problem.GetProperty("seed").GetInt64());
            long vocabulary = json.TryGetProperty("vocabulary", out JsonElement letters) ? letters.GetArrayLength() : 0;
            network = name switch { "mlp" => Mlp(), "charlstm" => new CharLstm(vocabulary, problem), _ => new Gpt(vocabulary, problem) };
            foreach ((string parameter, Tensor p) in network.NamedParameters())
            {
                Tensor recorded = file.Tensor("initial/" + parameter);
                if (seed && !p.Detach().Equal(recorded)) differences.Add($"the seed gives other first values of {parameter}");
                if (seed) continue;
                using (Autograd.NoGrad()) p.Copy_(recorded);
            }
            network.To(dtype);
        }

        private Sequential Mlp()
        {
            long[] sizes = [.. problem.GetProperty("sizes").EnumerateArray().Select(static s => s.GetInt64())];
            List<Module<Tensor, Tensor>> layers = [];
            for (int i = 1; i < sizes.Length; i++)
            {
                if (i > 1) layers.Add(new ReLU());
                layers.Add(new Linear(sizes[i - 1], sizes[i]));
            }
            return new Sequential([.. layers]);
        }

        internal TrainingResult Result()
        {
            string run = $"{dtype.Name()} from the {(seed ? "seed" : "recorded weights")}";
            string closeness = "";
            try { closeness = Train(); }
            catch (Exception e) { differences.Add($"{e.GetType().Name}: {e.Message}"); }
            return new(name, run, closeness, [.. differences.Take(8)]);
        }

        private Optimizer MakeOptimizer()
        {
            JsonElement given = json.TryGetProperty("optimizer", out JsonElement own) ? own : problem;
            string kind = given.TryGetProperty("name", out JsonElement title) ? title.GetString()! : name == "gpt" ? "AdamW" : "Adam";
            Dictionary<string, JsonElement> options = [];
            foreach (string option in (string[])["lr", "betas", "eps", "weight_decay", "amsgrad", "momentum", "nesterov", "dampening", "alpha"])
                if (given.TryGetProperty(option, out JsonElement value)) options[option] = value;
            return Constructor.Call<Optimizer>(kind, JsonSerializer.SerializeToElement(options), network.Parameters().ToList());
        }

        /// <summary>Input and targets of a step.</summary>
        private (Tensor X, Tensor Y) Batch(long step)
        {
            if (name == "mlp") return (file.Tensor("data/x").To(dtype), file.Tensor("data/y"));
            long[] ids = [.. json.GetProperty("ids").EnumerateArray().Select(static i => i.GetInt64())];
            long Of(string key) => problem.GetProperty(key).GetInt64();
            (long rows, long length) = (Of("batch"), Of("length"));
            long[] x = new long[rows * length], y = new long[rows * length];
            for (long r = 0; r < rows; r++)
            {
                long start = (step * Of("stride_step") + r * Of("stride_row")) % (ids.Length - length);
                for (long i = 0; i < length; i++) (x[r * length + i], y[r * length + i]) = (ids[start + i], ids[start + i + 1]);
            }
            return (Tensor.From<long>(x, [rows, length]), Tensor.From<long>(y, [rows, length]));
        }

        private Tensor Loss(Tensor logits, Tensor y) => Functional.CrossEntropy(logits.Reshape([-1, logits.Size(-1)]), y.Reshape([-1]));

        private string Train()
        {
            Optimizer optimizer = MakeOptimizer();
            double[] losses = Doubles(expected.GetProperty("losses"));
            double[] norms = Doubles(expected.GetProperty(name == "charlstm" ? "grad_norms_before_clipping" : "grad_norms"));
            double clip = problem.TryGetProperty("clip", out JsonElement c) && c.ValueKind == JsonValueKind.Number ? c.GetDouble()
                : double.PositiveInfinity;
            double rounding = json.TryGetProperty("float32_rows_reversed_max_loss_difference", out JsonElement r) ? r.GetDouble() : 1e-6;
            bool wide = dtype == DType.Float64;
            double worstLoss = 0, worstNorm = 0;
            for (int step = 0; step < losses.Length; step++)
            {
                (Tensor x, Tensor y) = Batch(step);
                optimizer.ZeroGrad();
                Tensor loss = Loss(network.Call(x), y);
                loss.Backward();
                if (step == 0) Gradients();
                double norm = double.IsInfinity(clip) ? Utils.GetTotalNorm(network.Parameters().Select(static p => p.Grad!)).Item()
                    : Utils.ClipGradNorm_(network.Parameters(), clip).Item();
                optimizer.Step();
                double error = Math.Abs(loss.Item() - losses[step]), other = Math.Abs(norm - norms[step]) / Math.Max(1e-3, norms[step]);
                (worstLoss, worstNorm) = (Math.Max(worstLoss, error), Math.Max(worstNorm, other));
                if (!(error <= (wide ? 1e-9 * Math.Max(1, losses[step]) : RoundingFactor * Math.Max(rounding, 1e-7 * losses[step]))))
                    differences.Add($"loss {step} is {loss.Item():R}, expected {losses[step]:R}");
                if (!(other <= (wide ? 1e-8 : 1e-3))) differences.Add($"gradient norm {step} is {norm:R}, expected {norms[step]:R}");
            }
            return $"losses within {Text(worstLoss)}, gradient norms {Text(worstNorm)}, " + Weights(wide) + Final(wide, rounding);
        }

        private void Gradients()
        {
            foreach ((string parameter, Tensor p) in network.NamedParameters())
            {
                Tensor g = file.Tensor("first_grad/" + parameter).To(DType.Float64);
                double error = Largest(p.Grad!.To(DType.Float64) - g), scale = Largest(g);
                // The recorded gradients are those of the float32 run.
                if (!(error <= 1e-5 * scale + 1e-7)) differences.Add($"first gradient of {parameter} differs by {Text(error)} of {Text(scale)}");
            }
        }

        private string Weights(bool wide)
        {
            // In float64 they are recorded only of some trainings.
            string prefix = wide ? "final_float64/" : "final/";
            double worst = 0;
            foreach ((string parameter, Tensor p) in network.NamedParameters())
            {
                if (!file.Has(prefix + parameter)) return "";
                Tensor error = (p.Detach().To(DType.Float64) - file.Tensor(prefix + parameter).To(DType.Float64)).Abs();
                // A gradient that is 0 but for rounding, as that of the bias of attention's keys, moves a weight at random, and as far as
                // any other, since Adam divides by the gradient's size.
                Tensor first = file.Tensor("first_grad/" + parameter), noise = first.Abs().Lt(1e-8);
                // An embedding's row without any gradient was not in the first batch.
                if (p.NDim > 1) noise = noise.LogicalAnd(first.Ne(0));
                if (!wide) error = error.MaskedFill(noise, 0);
                double largest = Largest(error);
                if (!(largest <= (wide ? 1e-8 : 5e-5))) differences.Add($"final {parameter} differs by {Text(largest)}");
                worst = Math.Max(worst, largest);
            }
            return $"final weights {Text(worst)}";
        }

        private string Final(bool wide, double rounding)
        {
            if (!expected.TryGetProperty("final_loss", out JsonElement value)) return "";
            using GradScope scope = Autograd.NoGrad();
            (Tensor x, Tensor y) = Batch(0);
            Tensor logits = network.Call(x);
            double loss = Loss(logits, y).Item(), accuracy = logits.ArgMax(-1).Eq(y).To(DType.Float64).Mean().Item();
            if (!(Math.Abs(loss - value.GetDouble()) <= (wide ? 1e-9 : RoundingFactor * rounding)))
                differences.Add($"final loss is {loss:R}, expected {value.GetDouble():R}");
            if (!(Math.Abs(accuracy - expected.GetProperty("final_accuracy").GetDouble()) < (wide ? 1e-9 : 1.5 / y.NumElements)))
                differences.Add($"final accuracy is {accuracy:R}, expected {expected.GetProperty("final_accuracy").GetDouble():R}");
            return $", accuracy {Text(accuracy)}";
        }

        private static double Largest(Tensor t) => t.NumElements == 0 ? 0 : t.Abs().Max().Item();
    }
}
