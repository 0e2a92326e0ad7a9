using System.Text.Json;
using Nabla.Conformance;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Tests.Optim;

/// <summary>Losses, parameters, states and schedules are PyTorch's, on the data the project carries.</summary>
public sealed class RecordedRunsTests
{
    [Theory]
    [InlineData("optim.zip")]
    [InlineData("optim-options.zip")]
    public void OptimizersAndSchedulesAgreeWithPyTorch(string file)
    {
        using Archive data = new(Path.Combine(AppContext.BaseDirectory, "Data", file));
        OptimResult[] results = [.. OptimizerRuns.Run(data, static _ => true)];
        Assert.NotEmpty(results);
        Assert.All(results, static r => Assert.True(r.Differences.Count == 0, $"{r.Name} {r.Call}: {string.Join("; ", r.Differences)}"));
    }

    /// <summary>Each operation rounds where PyTorch's does, so that 16-bit parameters go the same way.</summary>
    [Fact]
    public void OtherDTypesStepAsInPyTorch()
    {
        foreach (JsonElement run in Golden.Section("dtypes"))
        {
            DType dtype = Enum.GetValues<DType>().First(d => d.Name() == run.GetProperty("dtype").GetString());
            Tensor Make(JsonElement values)
            {
                Tensor t = Tensor.From(Golden.Doubles(values), dtype.IsComplex() ? [3, 4, 2] : [3, 4]);
                return dtype.IsComplex() ? t.ViewAsComplex().Clone() : t.To(dtype);
            }
            Tensor p = Make(run.GetProperty("start")).RequiresGrad_();
            string name = run.GetProperty("name").GetString()!;
            Optimizer optimizer = Constructor.Call<Optimizer>(name, run.GetProperty("kwargs"), new List<ParamGroup> { new([p]) });
            // 16-bit numbers agree to the last bit, where a rule rounds as often as PyTorch's operations.
            double tolerance = dtype switch { DType.Float32 => 2e-6, DType.Complex128 => 1e-11, _ => name == "Adafactor" ? 1.6e-2 : 0 };
            foreach ((JsonElement g, JsonElement value) in run.GetProperty("grads").EnumerateArray().Zip(
                run.GetProperty("values").EnumerateArray()))
            {
                p.Grad = Make(g);
                optimizer.Step();
                double[] expected = Golden.Doubles(value);
                Tensor reals = dtype.IsComplex() ? p.Detach().ViewAsReal() : p.Detach();
                double[] actual = reals.To(DType.Float64).Reshape([-1]).ToArray<double>();
                for (int i = 0; i < expected.Length; i++)
                {
                    double allowed = tolerance * Math.Max(1e-2, Math.Abs(expected[i]));
                    Assert.True(actual[i].Equals(expected[i]) || Math.Abs(actual[i] - expected[i]) <= allowed,
                        $"{name} {run.GetProperty("kwargs")} {dtype}: element {i} is {actual[i]}, expected {expected[i]}");
                }
            }
        }
    }

    [Fact]
    public void GradientsAreClippedAsInPyTorch()
    {
        foreach (JsonElement run in Golden.Section("clipping"))
        {
            Tensor[] ps = [Tensor.Zeros([2, 3], DType.Float64, true), Tensor.Zeros([4], DType.Float64, true),
                Tensor.Zeros([5], DType.Float64, true)];
            for (int i = 0; i < 2; i++) ps[i].Grad = Tensor.From(Golden.Doubles(run.GetProperty("before")[i]), ps[i].Shape);
            double norm = run.GetProperty("norm").GetString() is "inf" ? double.PositiveInfinity
                : double.Parse(run.GetProperty("norm").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
            Tensor total = Utils.ClipGradNorm_(ps, run.GetProperty("max").GetDouble(), norm);
            Assert.Equal(run.GetProperty("total").GetDouble(), total.Item(), 12);
            for (int i = 0; i < 2; i++)
            {
                double[] expected = Golden.Doubles(run.GetProperty("after")[i]), actual = ps[i].Grad!.Reshape([-1]).ToArray<double>();
                for (int k = 0; k < expected.Length; k++) Assert.Equal(expected[k], actual[k], 12);
            }
            Assert.Null(ps[2].Grad);
        }
    }
}
