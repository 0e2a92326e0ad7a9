namespace Nabla;

static partial class RandomKernels
{
    /// <summary>
    /// PyTorch's <c>exponential_(lambda)</c>: -1/lambda log1p(-u), two words an element. In the MKL flavour one word (float64: two, of
    /// which the second counts) starts MCG31m1, and an element is -log(u)/lambda plus the smallest normal number.
    /// </summary>
    internal static void Exponential<T>(Generator g, Span<T> values, double lambda) where T : unmanaged
    {
        RandomChecks.Exponential<T>(lambda);
        if (g.Flavor != RandomFlavor.TorchX64Mkl || double.IsInfinity(lambda))
        {
            DrawUniform(g, values, new ExponentialDraw(-1.0 / lambda));
            return;
        }
        uint seed;
        lock (g.Gate) seed = typeof(T) == typeof(double) ? (uint)g.Random64() : g.Random32();
        var stream = new Mcg31(seed);
        if (typeof(T) == typeof(double))
            foreach (ref double value in As<T, double>(values))
                value = -ExactMath.Log(stream.Next() / Mcg31.Modulus) * (1 / lambda) + 2.2250738585072014e-308;
        else
            foreach (ref T value in values)
            {
                double logarithm = ExactMath.Log((float)(stream.Next() / Mcg31.Modulus));
                value = FromDouble<T>((float)-logarithm * (float)(1 / lambda) + 1.17549435e-38f);
            }
    }

    readonly struct ExponentialDraw(double scale) : IUniformDraw
    {
        public double Of(double u) => scale * ExactMath.Log1P(-u);
    }

    /// <summary>PyTorch's <c>cauchy_(median, sigma)</c>: median + sigma tan(pi (u - 1/2)), two words an element.</summary>
    internal static void Cauchy<T>(Generator g, Span<T> values, double median, double sigma) where T : unmanaged
    {
        RandomChecks.Cauchy<T>(sigma);
        DrawUniform(g, values, new CauchyDraw(median, sigma, g.Fused));
    }

    readonly struct CauchyDraw(double median, double sigma, bool fused) : IUniformDraw
    {
        public double Of(double u)
        {
            double t = ExactMath.Tan(Math.PI * (u - 0.5));
            return fused ? Math.FusedMultiplyAdd(sigma, t, median) : median + sigma * t;
        }
    }

    /// <summary>PyTorch's <c>log_normal_(mean, std)</c>: exp of the generator's Box-Muller pairs, at every size.</summary>
    internal static void LogNormal<T>(Generator g, Span<T> values, double mean, double std) where T : unmanaged
    {
        RandomChecks.LogNormal<T>(std);
        Draw(g, values, new LogNormalDraw(new NormalDraw(mean, std, g.Fused)));
    }

    readonly struct LogNormalDraw(NormalDraw normal) : IDraw
    {
        public double Next(Generator g) => ExactMath.Exp(normal.Next(g));
    }

    /// <summary>PyTorch's <c>geometric_(p)</c>: ceil(log u / log1p(-p)), two words an element.</summary>
    internal static void Geometric<T>(Generator g, Span<T> values, double p) where T : unmanaged
    {
        RandomChecks.Geometric<T>(p);
        DrawUniform(g, values, new GeometricDraw(ExactMath.Log1P(-p)));
    }

    readonly struct GeometricDraw(double logarithm) : IUniformDraw
    {
        public double Of(double u) => Math.Ceiling(ExactMath.Log(u) / logarithm);
    }

    /// <summary>MKL's MCG31m1 (P. L'Ecuyer, Math. Comp. 68, 1999): x becomes 1132489760 x mod 2^31 - 1.</summary>
    struct Mcg31(uint seed)
    {
        internal const double Modulus = int.MaxValue;

        uint x = seed % int.MaxValue is var start && start == 0 ? 1 : start;

        internal uint Next()
        {
            uint current = x;
            ulong product = 1132489760UL * x;
            ulong folded = (product & int.MaxValue) + (product >> 31); // 2^31 is 1 here; below 2^32
            x = (uint)(folded >= int.MaxValue ? folded - int.MaxValue : folded);
            return current;
        }
    }
}
