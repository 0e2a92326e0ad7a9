namespace Nabla;

// Every element is drawn anew; the old value's gradient is zero.
public sealed partial class Tensor
{
    /// <summary>Fills with numbers drawn evenly from [from, to).</summary>
    /// <param name="from">The lower bound.</param>
    /// <param name="to">The upper bound.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">from is above to, or the dtype cannot hold a bound.</exception>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Uniform_(double from = 0, double to = 1, Generator? generator = null)
    {
        Floating(dtype, "check_uniform_bounds");
        return RandomDraw.InPlace(this, generator, new UniformDraw(from, to));
    }

    /// <summary>Fills with numbers from a normal distribution.</summary>
    /// <param name="mean">The mean.</param>
    /// <param name="std">The standard deviation.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is negative.</exception>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Normal_(double mean = 0, double std = 1, Generator? generator = null)
    {
        Floating(dtype, "normal_kernel_cpu");
        return RandomDraw.InPlace(this, generator, new NormalDraw(mean, std));
    }

    /// <summary>Fills with numbers from the exponential distribution of density λ·exp(-λx).</summary>
    /// <param name="lambd">λ.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">λ is not positive.</exception>
    public Tensor Exponential_(double lambd = 1, Generator? generator = null) =>
        RandomDraw.InPlace(this, generator, new ExponentialDraw(lambd));

    /// <summary>Fills with numbers from the Cauchy distribution.</summary>
    /// <param name="median">The median.</param>
    /// <param name="sigma">Half the width at half the maximum.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">sigma is not positive.</exception>
    public Tensor Cauchy_(double median = 0, double sigma = 1, Generator? generator = null) =>
        RandomDraw.InPlace(this, generator, new CauchyDraw(median, sigma));

    /// <summary>Fills with numbers whose logarithms are normally distributed.</summary>
    /// <param name="mean">The mean of the logarithms.</param>
    /// <param name="std">Their standard deviation.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is not positive.</exception>
    public Tensor LogNormal_(double mean = 1, double std = 2, Generator? generator = null) =>
        RandomDraw.InPlace(this, generator, new LogNormalDraw(mean, std));

    /// <summary>Fills with numbers of trials up to the first success.</summary>
    /// <param name="p">The probability of success, between 0 and 1.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not between 0 and 1.</exception>
    public Tensor Geometric_(double p, Generator? generator = null) => RandomDraw.InPlace(this, generator, new GeometricDraw(p));

    /// <summary>Fills with 1 with probability p, else 0.</summary>
    /// <param name="p">The probability, in [0, 1].</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not in [0, 1].</exception>
    public Tensor Bernoulli_(double p = 0.5, Generator? generator = null) => RandomDraw.InPlace(this, generator, new BernoulliDraw(p));

    /// <summary>Fills with 1 with each element's own probability, else 0.</summary>
    /// <param name="p">Probabilities in [0, 1] that broadcast to this tensor; their gradient is zero.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A probability is not in [0, 1].</exception>
    public Tensor Bernoulli_(Tensor p, Generator? generator = null)
    {
        if (RandomFrames.Inside)
        {
            RandomFrames.CheckInPlace(this);
            return Become(Bernoulli(p.Detach().Expand(Shape), generator).To(dtype));
        }
        Tensor each = RandomDraw.Plain(p).Detach().Expand(Shape);
        Floating(p.dtype, "bernoulli_tensor_cpu_p_");
        Tensor drawn = RandomDraw.Fresh(new Layout(layout.shape), dtype, generator, new BernoulliEachDraw(Kernels.Copy.Contiguous(each)));
        bool record = Views.Check(this, false, "bernoulli_");
        if (wrap is not null) return Become(drawn);
        Edge edge = record ? Edge : default;
        Kernels.Copy.Run(drawn, this);
        storage.Version++;
        if (record) Views.Rebase(this, new RandomNode("BernoulliBackward1", edge));
        return this;
    }

    /// <summary>Fills with integers: all the dtype has from 0 on; for floating point, from 0 to 2^digits.</summary>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    public Tensor Random_(Generator? generator = null) => RandomDraw.InPlace(this, generator, new IntegerDraw(null, null));

    /// <summary>Fills with integers drawn evenly from [0, to).</summary>
    /// <inheritdoc cref="Random_(long, long?, Generator?)"/>
    public Tensor Random_(long to, Generator? generator = null) => RandomDraw.InPlace(this, generator, new IntegerDraw(null, to));

    /// <summary>Fills with integers drawn evenly from [from, to).</summary>
    /// <param name="from">The smallest value.</param>
    /// <param name="to">One more than the largest; by default all the dtype has.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such integer, or the dtype cannot hold it.</exception>
    public Tensor Random_(long from, long? to, Generator? generator = null) =>
        RandomDraw.InPlace(this, generator, new IntegerDraw(from, to));
}
