using System.Runtime.CompilerServices;

namespace Nabla;

// The streams are PyTorch's: the same seed and the same calls give the same numbers, bit for bit.
public sealed partial class Tensor
{
    /// <summary>Starts the default generator's stream of a seed: the same seed gives the same numbers as in PyTorch.</summary>
    /// <param name="seed">The seed; only its low 32 bits choose the stream, and a negative one counts as 2^64 + seed.</param>
    /// <returns><see cref="Generator.Default"/>.</returns>
    public static Generator ManualSeed(long seed) => Generator.Default.ManualSeed(seed);

    /// <summary>Numbers drawn evenly from [0, 1).</summary>
    /// <param name="size">The sizes.</param>
    /// <param name="dtype">A floating-point type; <see cref="DefaultDType"/> by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="DTypeException">The type is not a floating-point one.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Rand(Shape size, DType? dtype = null, bool requiresGrad = false, Generator? generator = null) =>
        Drawn(size, Floating(dtype ?? DefaultDType, "check_uniform_bounds"), requiresGrad, generator, new UniformDraw(0, 1));

    /// <summary>Numbers of the default dtype drawn evenly from [0, 1): <c>Tensor.Rand(2, 3)</c>.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Rand(params ReadOnlySpan<long> size) => Rand(Nabla.Shape.Create(size));

    /// <summary>The same for languages without span parameters.</summary>
    public static Tensor Rand(params long[] size) => Rand((Shape)size);

    /// <summary>Numbers drawn evenly from [0, 1), of a tensor's shape, dtype and order of dimensions in memory.</summary>
    /// <param name="input">The tensor to take after.</param>
    /// <param name="dtype">A floating-point type; the tensor's by default.</param>
    /// <param name="requiresGrad">Whether the result is a leaf that receives a gradient.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    public static Tensor RandLike(Tensor input, DType? dtype = null, bool requiresGrad = false, Generator? generator = null) =>
        DrawnLike(input, Floating(dtype ?? input.dtype, "check_uniform_bounds"), requiresGrad, generator, new UniformDraw(0, 1));

    /// <summary>Numbers drawn from the standard normal distribution: mean 0, variance 1.</summary>
    /// <inheritdoc cref="Rand(Nabla.Shape, DType?, bool, Generator?)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Randn(Shape size, DType? dtype = null, bool requiresGrad = false, Generator? generator = null) =>
        Drawn(size, Floating(dtype ?? DefaultDType, "normal_kernel_cpu"), requiresGrad, generator, new NormalDraw(0, 1));

    /// <summary>Numbers of the default dtype from the standard normal distribution: <c>Tensor.Randn(2, 3)</c>.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Randn(params ReadOnlySpan<long> size) => Randn(Nabla.Shape.Create(size));

    /// <summary>The same for languages without span parameters.</summary>
    public static Tensor Randn(params long[] size) => Randn((Shape)size);

    /// <summary>Numbers from the standard normal distribution, of a tensor's shape, dtype and order of dimensions in memory.</summary>
    /// <inheritdoc cref="RandLike"/>
    public static Tensor RandnLike(Tensor input, DType? dtype = null, bool requiresGrad = false, Generator? generator = null) =>
        DrawnLike(input, Floating(dtype ?? input.dtype, "normal_kernel_cpu"), requiresGrad, generator, new NormalDraw(0, 1));

    /// <summary>Integers drawn evenly from [low, high).</summary>
    /// <param name="low">The smallest value.</param>
    /// <param name="high">One more than the largest.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="dtype">The element type; int64 by default.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such integer, or the dtype cannot hold it.</exception>
    public static Tensor RandInt(long low, long high, Shape size, DType? dtype = null, Generator? generator = null) =>
        Drawn(size, dtype ?? DType.Int64, false, generator, new IntegerDraw(low, high));

    /// <summary>Integers drawn evenly from [0, high).</summary>
    /// <inheritdoc cref="RandInt(long, long, Nabla.Shape, DType?, Generator?)"/>
    public static Tensor RandInt(long high, Shape size, DType? dtype = null, Generator? generator = null) =>
        RandInt(0, high, size, dtype, generator);

    /// <summary>Integers drawn evenly from [low, high), of a tensor's shape, dtype and order of dimensions in memory.</summary>
    /// <param name="input">The tensor to take after.</param>
    /// <param name="low">The smallest value.</param>
    /// <param name="high">One more than the largest.</param>
    /// <param name="dtype">The element type; the tensor's by default.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    public static Tensor RandIntLike(Tensor input, long low, long high, DType? dtype = null, Generator? generator = null) =>
        DrawnLike(input, dtype ?? input.dtype, false, generator, new IntegerDraw(low, high));

    /// <summary>Integers drawn evenly from [0, high), of a tensor's shape, dtype and order of dimensions in memory.</summary>
    /// <inheritdoc cref="RandIntLike(Tensor, long, long, DType?, Generator?)"/>
    public static Tensor RandIntLike(Tensor input, long high, DType? dtype = null, Generator? generator = null) =>
        RandIntLike(input, 0, high, dtype, generator);

    /// <summary>The integers 0 to n - 1 in random order.</summary>
    /// <param name="n">How many.</param>
    /// <param name="dtype">The element type; int64 by default.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">n is negative, or the dtype cannot hold n.</exception>
    public static Tensor RandPerm(long n, DType? dtype = null, Generator? generator = null) =>
        RandomFrames.Each(() => Drawn(new Shape([n]), dtype ?? DType.Int64, false, generator, default(PermutationDraw)));

    /// <summary>Numbers from the normal distribution with one mean and one standard deviation.</summary>
    /// <param name="mean">The mean.</param>
    /// <param name="std">The standard deviation.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="dtype">A floating-point type; <see cref="DefaultDType"/> by default.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is negative.</exception>
    public static Tensor Normal(double mean, double std, Shape size, DType? dtype = null, Generator? generator = null) =>
        Drawn(size, Floating(dtype ?? DefaultDType, "normal_kernel_cpu"), false, generator, new NormalDraw(mean, std));

    /// <summary>For every element a number from the normal distribution with its own mean and standard deviation, broadcast.</summary>
    /// <param name="mean">The means; the result has their dtype.</param>
    /// <param name="std">The standard deviations.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A standard deviation is negative.</exception>
    public static Tensor Normal(Tensor mean, Tensor std, Generator? generator = null)
    {
        if (RandomFrames.Inside)
            return RandomFrames.Over([mean, std], t => Normal(t[0], t[1], generator));
        Tensor m = RandomDraw.Plain(mean), s = RandomDraw.Plain(std);
        if (s.dtype.IsComplex()) Throw.Types("normal expects standard deviation to be non-complex");
        foreach (double v in Kernels.Copy.Cast(Kernels.Copy.Contiguous(s), DType.Float64).Span<double>())
            if (!(v >= 0)) Throw.Range(nameof(std), v, "normal expects all elements of std >= 0.0");
        Shape size = new(Kernels.Broadcast.Shape(m.layout.shape, s.layout.shape, "normal"));
        Tensor y = Drawn(size, Floating(m.dtype, "normal_kernel_cpu"), false, generator, new NormalDraw(0, 1));
        using (Autograd.NoGrad()) y.Mul_(s).Add_(m);
        return RandomDraw.Recorded(y, "NormalBackward3", mean, std);
    }

    /// <summary>For every element a number from the normal distribution with its own mean.</summary>
    /// <inheritdoc cref="Normal(Tensor, Tensor, Generator?)"/>
    public static Tensor Normal(Tensor mean, double std = 1, Generator? generator = null)
    {
        if (RandomFrames.Inside) return RandomFrames.Over([mean], t => Normal(t[0], std, generator));
        Tensor m = RandomDraw.Plain(mean);
        Tensor y = Drawn(m.Shape, Floating(m.dtype, "normal_kernel_cpu"), false, generator, new NormalDraw(0, std));
        using (Autograd.NoGrad()) y.Add_(m);
        return RandomDraw.Recorded(y, "NormalBackward1", mean);
    }

    /// <summary>For every element a number from the normal distribution with its own standard deviation.</summary>
    /// <inheritdoc cref="Normal(Tensor, Tensor, Generator?)"/>
    public static Tensor Normal(double mean, Tensor std, Generator? generator = null)
    {
        if (RandomFrames.Inside) return RandomFrames.Over([std], t => Normal(mean, t[0], generator));
        Tensor y = Normal(Full(default, mean, std.dtype), RandomDraw.Plain(std).Detach(), generator);
        return RandomDraw.Recorded(y, "NormalBackward2", std);
    }

    /// <summary>For every element 1 with the probability that stands there, else 0.</summary>
    /// <param name="input">Probabilities in [0, 1]; their gradient is zero.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A probability is not in [0, 1].</exception>
    /// <exception cref="DTypeException">The probabilities are not floating point.</exception>
    public static Tensor Bernoulli(Tensor input, Generator? generator = null)
    {
        if (RandomFrames.Inside) return RandomFrames.Over([input], t => Bernoulli(t[0], generator));
        Tensor p = Kernels.Copy.Contiguous(RandomDraw.Plain(input));
        Floating(p.dtype, "bernoulli_tensor_cpu_p_");
        Tensor y = RandomDraw.Fresh(new Layout(p.layout.shape), p.dtype, generator, new BernoulliEachDraw(p));
        return RandomDraw.Recorded(y, "BernoulliBackward0", input);
    }

    /// <summary>For every element 1 with one probability, else 0; of the tensor's shape and dtype.</summary>
    /// <param name="input">The tensor to take after.</param>
    /// <param name="p">The probability, in [0, 1].</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not in [0, 1].</exception>
    public static Tensor Bernoulli(Tensor input, double p, Generator? generator = null) =>
        DrawnLike(input, input.dtype, false, generator, new BernoulliDraw(p));

    /// <summary>Indices of categories, drawn with the given weights.</summary>
    /// <param name="numSamples">How many for each row.</param>
    /// <param name="replacement">Whether a category may be drawn more than once.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <returns>An int64 tensor of shape [numSamples] for weights [categories], or [rows, numSamples] for [rows, categories].</returns>
    /// <exception cref="ArgumentException">The weights have another rank or are not all finite, not negative and in sum
    /// positive.</exception>
    public Tensor Multinomial(long numSamples, bool replacement = false, Generator? generator = null)
    {
        if (Rank is < 1 or > 2) Throw.Shapes($"prob_dist must be 1 or 2 dim: it has shape {Shape}.");
        if (RandomFrames.Inside)
            return RandomFrames.Over([this], t => t[0].Reshape(new Shape([-1, t[0].layout.shape[^1]]))
                .Multinomial(numSamples, replacement, generator).Reshape(new Shape([.. t[0].layout.shape[..^1], numSamples])));
        if (numSamples > int.MaxValue || NumElements > int.MaxValue)
            Throw.Range(nameof(numSamples), numSamples, $"multinomial draws at most {int.MaxValue} samples from as many weights: got " +
                $"{numSamples} samples of shape {Shape}.");
        Tensor p = Kernels.Copy.Contiguous(RandomDraw.Plain(this));
        int categories = checked((int)p.layout.shape[^1]), n = (int)Math.Max(numSamples, -1);
        int rows = Rank == 1 ? 1 : checked((int)p.layout.shape[0]);
        if (OpTrace.On) OpTrace.RefuseRandom("MultinomialBackward0");
        Generator g = generator ?? Generator.Default;
        if (!p.dtype.IsFloatingPoint()) Throw.Types("multinomial only supports floating-point dtypes for input, got: " +
            $"{p.dtype.ScalarName()}");
        RandomChecks.Multinomial<float>(categories, n, replacement);
        Tensor y = Allocate(new Layout(Rank == 1 ? [numSamples] : [rows, numSamples]), DType.Int64);
        Span<long> into = y.Span<long>();
        switch (p.dtype)
        {
            case DType.Float32: RandomKernels.Multinomial<float>(g, p.Span<float>(), rows, categories, n, replacement, into); break;
            case DType.Float64: RandomKernels.Multinomial<double>(g, p.Span<double>(), rows, categories, n, replacement, into); break;
            case DType.Float16: RandomKernels.Multinomial<Half>(g, p.Span<Half>(), rows, categories, n, replacement, into); break;
            default: RandomKernels.Multinomial<BFloat16>(g, p.Span<BFloat16>(), rows, categories, n, replacement, into); break;
        }
        return y;
    }

    private static DType Floating(DType dtype, string kernel)
    {
        if (!Defined(dtype).IsFloatingPoint()) Throw.NotImplementedFor(kernel, dtype);
        return dtype;
    }

    private static Tensor Drawn<TDraw>(Shape size, DType dtype, bool requiresGrad, Generator? generator, TDraw draw)
        where TDraw : struct, IRandomDraw =>
        Leaf(RandomDraw.Fresh(new Layout(size.ToArray()), Defined(dtype), generator, draw), requiresGrad);

    private static Tensor DrawnLike<TDraw>(Tensor input, DType dtype, bool requiresGrad, Generator? generator, TDraw draw)
        where TDraw : struct, IRandomDraw
    {
        return Leaf(RandomDraw.Fresh(input.layout.Fresh, Defined(dtype), generator, draw), requiresGrad);
    }
}
