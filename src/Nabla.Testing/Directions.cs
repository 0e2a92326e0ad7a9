namespace Nabla.Testing;

/// <summary>Reproducible directions: elements of magnitude 0.5 to 1.5 and either sign (splitmix64 by G. Steele, D. Lea, C. Flood,
/// 2014).</summary>
internal sealed class Directions(ulong seed)
{
    private ulong state = seed;

    internal double Next()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        double u = 0.5 + (z >> 11) * (1.0 / (1UL << 53));
        return (z & 1) == 0 ? u : -u;
    }

    internal double[] Values(long count)
    {
        double[] values = new double[count];
        for (int i = 0; i < values.Length; i++) values[i] = Next();
        return values;
    }

    /// <summary>A direction of a tensor's shape and dtype.</summary>
    internal Tensor Like(Tensor x) => x.IsComplex
        ? Tensor.From(Values(2 * x.NumElements), Shape.Create([.. x.Shape.ToArray(), 2])).ViewAsComplex().To(x.DType)
        : Tensor.From(Values(x.NumElements), x.Shape).To(x.DType);
}
