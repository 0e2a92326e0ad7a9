using System.Text.Json;

namespace Nabla.Conformance;

/// <summary>A line through points by gradient descent, written out with tensors: every recorded number of every epoch.</summary>
internal static class LinearRegression
{
    internal static TrainingResult Run(JsonElement json, DType dtype)
    {
        JsonElement problem = json.GetProperty("problem");
        double Of(string key) => problem.GetProperty(key).GetDouble();
        Tensor x = Tensor.From(TrainingRuns.Doubles(problem.GetProperty("x"))).To(dtype);
        Tensor target = Of("slope") * x + Of("offset");
        Tensor w = Tensor.Full([], Of("w"), dtype).RequiresGrad_(), b = Tensor.Full([], Of("b"), dtype).RequiresGrad_();
        double tolerance = dtype == DType.Float64 ? 1e-12 : 2e-6, worst = 0;
        List<string> differences = [];
        int epoch = 0;
        foreach (JsonElement row in json.GetProperty(dtype.Name()).EnumerateArray())
        {
            (w.Grad, b.Grad) = (null, null);
            Tensor loss = Functional.MseLoss(x * w + b, target);
            loss.Backward();
            (double dw, double db) = (w.Grad!.Item(), b.Grad!.Item());
            using (Autograd.NoGrad())
            {
                w.Sub_(w.Grad! * Of("lr"));
                b.Sub_(b.Grad! * Of("lr"));
            }
            double[] actual = [loss.Item(), w.Item(), b.Item(), dw, db], expected = TrainingRuns.Doubles(row);
            for (int i = 0; i < expected.Length; i++)
            {
                double error = Math.Abs(actual[i] - expected[i]) / Math.Max(1, Math.Abs(expected[i]));
                worst = Math.Max(worst, error);
                if (!(error <= tolerance)) differences.Add($"{json.GetProperty("columns")[i]} of epoch {epoch} is {actual[i]:R}, expected {expected[i]:R}");
            }
            epoch++;
        }
        return new("linreg", dtype.Name(), $"all numbers within {TrainingRuns.Text(worst)}", [.. differences.Take(8)]);
    }
}
