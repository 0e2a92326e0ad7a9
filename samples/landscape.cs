#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59
#:package System.CommandLine@3.0.0

// How a loss bends around the weights that training has found. The matrix of second derivatives is never made: Lanczos' method finds its
// largest eigenvalues from products with vectors, each of which costs about two gradients. Then the loss is drawn over the plane of the two
// directions in which it bends most, and the eigenvalues beside those of the whole matrix.
// Run it: dotnet run -c Release samples/landscape.cs -- [--steps 40] [--products 60] [--seed 0] [--out landscape.png]
using System.CommandLine;
using Nabla;
using Nabla.Data;
using Nabla.Optim;
using ScottPlot;

Option<uint> steps = new("--steps") { Description = "Steps of training, 20 iterations of LBFGS each.", DefaultValueFactory = _ => 40 };
Option<ushort> products = new("--products") { Description = "Products with the Hessian, 3 or more.", DefaultValueFactory = _ => 60 };
Option<long> seed = new("--seed") { Description = "The seed of data and first weights.", DefaultValueFactory = _ => 0 };
Option<string> file = new("--out") { Description = "Where the picture goes.", DefaultValueFactory = _ => "landscape.png" };
products.Validators.Add(given =>
{
    if (given.GetValueOrDefault<ushort>() < 3) given.AddError("--products has to be at least 3.");
});
RootCommand command = new("Look at the curvature of a loss.") { steps, products, seed, file };
command.SetAction(given => Run(given.GetValue(steps), given.GetValue(products), given.GetValue(seed), given.GetValue(file)!));
try
{
    return command.Parse(args).Invoke(new() { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"landscape: {e.Message}");
    return 1;
}

static void Run(uint steps, int products, long seed, string file)
{
    using FileStream picture = File.Create(file);   // before the training, so that a wrong path shows at once

    Tensor.DefaultDType = DType.Float64;
    Tensor.ManualSeed(seed);
    (Tensor x, Tensor y) = Generated.Moons(200, noise: 0.15).Tensors;
    const int hidden = 12, weights = 2 * hidden + hidden + hidden * hidden + hidden + 2 * hidden + 2;

    // The loss as a function of one vector that holds all weights.
    Tensor Loss(Tensor w)
    {
        Tensor[] p = w.Split([2 * hidden, hidden, hidden * hidden, hidden, 2 * hidden, 2]);
        Tensor h = Functional.Linear(x, p[0].View([hidden, 2]), p[1]).Tanh();
        h = Functional.Linear(h, p[2].View([hidden, hidden]), p[3]).Tanh();
        return Functional.CrossEntropy(Functional.Linear(h, p[4].View([2, hidden]), p[5]), y) + 1e-3 * w.Square().Sum();
    }

    Tensor w = (Tensor.Randn(weights) / 2).RequiresGrad_();
    LBFGS optimizer = new([w], maxIter: 20, lineSearchFn: "strong_wolfe");
    for (uint step = 1; step <= steps; step++)
    {
        Tensor loss = optimizer.Step(() =>
        {
            optimizer.ZeroGrad();
            Tensor loss = Loss(w);
            loss.Backward();
            return loss;
        });
        if (step == 1 || step % Math.Max(1, steps / 10) == 0) Console.WriteLine($"step {step,5}  loss {loss.Item():F6}");
    }

    w = w.Detach();
    Tensor gradient = Func.Grad((Func<Tensor, Tensor>)Loss)(w);
    (Tensor values, Tensor vectors) = Lanczos(v => Func.Hvp(Loss, w, v).Product, weights, products);

    // Small enough to make the matrix after all, and compare.
    Tensor all = LinAlg.EigValsH(Func.Hessian((Func<Tensor, Tensor>)Loss)(w)).Flip(0);
    Console.WriteLine($"gradient {gradient.Norm().Item():0.0e-0}; largest eigenvalues of {weights}, by {products} products: " +
        $"{string.Join(", ", values[..3].ToArray<double>().Select(v => v.ToString("F4")))}");
    Console.WriteLine($"difference from those of the whole matrix: {((values[..3] - all[..3]).Abs() / all[..3]).Max().Item():0.0e-0}");
    Console.WriteLine($"the smallest of the whole matrix: {all[^1].Item():0.0e-0}; above 0 it is a minimum");

    // The plane of the two sharpest directions.
    const double width = 1.5;
    Tensor side = Tensor.Linspace(-width, width, 61);
    Tensor points = Tensor.CartesianProd(side.Flip(0), side).Flip(1).MatMul(vectors[..2]) + w;
    Tensor heights = Func.Vmap((Func<Tensor, Tensor>)Loss)(points).View([61, 61]);
    Console.WriteLine($"loss {heights[30, 30].Item():F4} in the middle, {heights.Min().Item():F4} to {heights.Max().Item():F2} in the " +
        "plane");
    picture.Write(Draw(heights, width, all, values).Render(900, 420).GetImageBytes(ScottPlot.ImageFormat.Png, 100));
    Console.WriteLine($"picture: {file}");
}

/// The eigenvalues of a symmetric matrix that show first, largest first, and their vectors as rows (Golub and Van Loan, chapter 10). In the
/// space of v, Av, A²v, ... with an orthonormal basis, the matrix has three diagonals.
static (Tensor Values, Tensor Vectors) Lanczos(Func<Tensor, Tensor> product, int size, int count)
{
    count = Math.Min(count, size);
    Tensor v = Tensor.Randn(size);
    Tensor basis = (v / v.Norm()).Unsqueeze(0), small = Tensor.Zeros(count, count);
    for (int i = 0; i < count; i++)
    {
        Tensor next = product(basis[i]);
        small[i, i] = next.Dot(basis[i]);
        // Against all earlier ones, twice: rounding would bring them back.
        for (int again = 0; again < 2; again++) next = next - basis.T.MatMul(basis.MatMul(next));
        if (i + 1 == count) break;
        small[i, i + 1] = small[i + 1, i] = next.Norm();
        basis = Tensor.Cat([basis, (next / next.Norm()).Unsqueeze(0)]);
    }

    (Tensor values, Tensor vectors) = LinAlg.Eigh(small);
    return (values.Flip(0), vectors.T.Flip(0).MatMul(basis));
}

static ScottPlot.Multiplot Draw(Tensor heights, double width, Tensor all, Tensor values)
{
    ScottPlot.Plot map = new();
    Tensor log = heights.Log();
    var heat = map.Add.Heatmap(log.ToArray2D<double>());
    heat.Extent = new(-width, width, -width, width);
    double[] at = Tensor.Linspace(-width, width, 61).ToArray<double>();
    ScottPlot.Coordinates3d[,] surface = new ScottPlot.Coordinates3d[61, 61];
    for (int i = 0; i < 61; i++)
        for (int j = 0; j < 61; j++) surface[i, j] = new(at[j], -at[i], log[i, j].Item());
    var lines = map.Add.ContourLines(surface, 15);
    (lines.LineColor, lines.LabelStyle.IsVisible) = (ScottPlot.Colors.White.WithAlpha(0.5), false);
    map.Add.Marker(0, 0, ScottPlot.MarkerShape.FilledCircle, 8, ScottPlot.Colors.Red);
    map.Title("log of the loss over the two sharpest directions", 14);
    map.Axes.SetLimits(-width, width, -width, width);

    ScottPlot.Plot spectrum = new();
    double[] Logs(Tensor t) => t.Clamp(min: 1e-6).Log10().ToArray<double>();
    double[] Places(Tensor t) => Tensor.Arange(1.0, t.NumElements + 1).ToArray<double>();
    spectrum.Add.ScatterPoints(Places(all), Logs(all)).LegendText = "the whole matrix";
    var found = spectrum.Add.ScatterPoints(Places(values[..20]), Logs(values[..20]));
    (found.LegendText, found.MarkerShape, found.MarkerSize) = ("Lanczos", ScottPlot.MarkerShape.OpenCircle, 10);
    spectrum.Title("log10 of the eigenvalues", 14);
    spectrum.ShowLegend();
    ScottPlot.Multiplot both = new(map) { Layout = new ScottPlot.MultiplotLayouts.Columns() };
    both.Subplots.Add(spectrum);
    return both;
}
