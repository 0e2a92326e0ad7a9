#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:project ../src/Nabla.Testing/Nabla.Testing.csproj

// Operations of your own: one of each kind that the library's operations are made of, and a function with its own backward. All of it uses
// public members only. Each is checked by finite differences: first and second order, forward mode, batches.
// Run it: dotnet run samples/custom_function.cs
using System.Numerics;
using Nabla;
using Nabla.Testing;

Tensor.DefaultDType = DType.Float64;
Tensor.ManualSeed(1);
Tensor x = Tensor.Randn(3, 4), y = Tensor.Randn(3, 4), v = Tensor.Randn(2, 3, 5);

Check("Softplus, a map", a => MapOp.Apply(new Softplus(), a[0]), x);
Check("Hypotenuse, a zip", a => ZipOp.Apply(new Hypotenuse(), a[0], a[1]), x, y);
Check("Decay, linear", a => LinearOp.Apply(new Decay(0.5), a[0]), v);
Check("Outer, bilinear", a => BilinearOp.Apply(new Outer(), a[0], a[1]), x, y);
Check("Polar, an op with two results", a => Op.Apply(new Polar(), a[0], a[1])[1], x, y);
Check("SquareRoot, a function", a => new SquareRoot(50).Apply(a[0].Square() + 1), x);

static void Check(string name, Func<Tensor[], Tensor> f, params Tensor[] at)
{
    Tensor[] x = [.. at.Select(t => t.Detach().RequiresGrad_())];
    bool first = GradCheck.Run(a => [f(a)], x, checkForwardAd: true, checkBatchedGrad: true, checkBatchedForwardGrad: true);
    bool second = GradGradCheck.Run(a => [f(a)], x, checkFwdOverRev: true, checkBatchedGrad: true);
    Tensor one = f(at), batch = Func.Vmap((Tensor s) => f([at[0] * s, .. at[1..]]))(Tensor.Of([1.0, 2.0]));
    Console.WriteLine($"{name}: {first && second && batch[0].AllClose(one)} {f(x).GradFn}");
}

/// <summary>log(1 + eˣ): a kernel over memory, and f'(x) · d.</summary>
readonly record struct Softplus : IFloatMap<Softplus>
{
    public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++) y[i] = T.Max(x[i], T.Zero) + T.LogP1(T.Exp(-T.Abs(x[i])));
    }

    public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Sigmoid();
}

/// <summary>√(x² + y²), broadcast.</summary>
readonly record struct Hypotenuse : IFloatZip<Hypotenuse>
{
    public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++) z[i] = T.Hypot(x[i], y[i]);
    }

    public static Saves ForX => Saves.X | Saves.Result;
    public static Saves ForY => Saves.Y | Saves.Result;
    public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * x / z;
    public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * y / z;
}

/// <summary>h[t] = factor · h[t - 1] + x[t] along the last dimension, whatever is in front of it.</summary>
readonly record struct Decay(double Factor) : ILinear<Decay>
{
    public Tensor Forward(Tensor x)
    {
        Tensor from = x.Detach().Contiguous(), h = Tensor.EmptyLike(from);
        if (x.DType == DType.Float64) Run<double>(from, h);
        else Run<float>(from, h);
        return h;
    }

    public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g.Flip([-1])).Flip([-1]);

    private void Run<T>(Tensor from, Tensor to) where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> x = from.AsSpan<T>();
        Span<T> h = to.AsWritableSpan<T>();
        T factor = T.CreateTruncating(Factor);
        long n = from.Size(-1);
        for (int i = 0; i < x.Length; i++) h[i] = i % n == 0 ? x[i] : factor * h[i - 1] + x[i];
    }
}

/// <summary>z[.., i, j] = x[.., i] · y[.., j].</summary>
readonly record struct Outer : IBilinear<Outer>
{
    public Tensor Forward(Tensor x, Tensor y) => x.Unsqueeze(-1) * y.Unsqueeze(-2);
    public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => (g * y.Unsqueeze(-2)).Sum(-1);
    public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => (g * x.Unsqueeze(-1)).Sum(-2);
}

/// <summary>Radius and angle of points (x, y).</summary>
readonly record struct Polar : IOp<Polar>
{
    public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [(x[0].Square() + x[1].Square()).Sqrt(), x[1].Atan2(x[0])];

    public static bool SavesOutput(Polar op, int i) => i == 0;

    public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
    {
        (Tensor c, Tensor s, Tensor r) = (x[0] / y[0], x[1] / y[0], y[0]);
        Tensor radius = g[0] ?? Tensor.ZerosLike(r), angle = (g[1] ?? Tensor.ZerosLike(r)) / r;
        if (into.Needs(0)) into[0] = radius * c - angle * s;
        if (into.Needs(1)) into[1] = radius * s + angle * c;
    }

    public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
    {
        Tensor dx = t[0] ?? Tensor.ZerosLike(x[0]), dy = t[1] ?? Tensor.ZerosLike(x[1]);
        return [(x[0] * dx + x[1] * dy) / y[0], (x[0] * dy - x[1] * dx) / y[0].Square()];
    }
}

/// <summary>√x by Newton's iteration, whose steps nobody needs to keep: the gradient follows from y² = x.</summary>
sealed class SquareRoot(int steps) : Function<Tensor, Tensor>
{
    protected override bool GenerateVmapRule => true;

    protected override Tensor Forward(Tensor x)
    {
        Tensor y = Tensor.OnesLike(x);
        for (int i = 0; i < steps; i++) y = (y + x / y) / 2;
        return y;
    }

    protected override void SetupContext(FunctionContext ctx, Tensor x, Tensor y) => ctx.SaveForBackward(y);

    protected override Tensor Backward(FunctionContext ctx, Tensor g) => g / (2 * ctx.SavedTensors[0]);

    protected override Tensor Jvp(FunctionContext ctx, Tensor t) => t / (2 * ctx.SavedTensors[0]);
}
