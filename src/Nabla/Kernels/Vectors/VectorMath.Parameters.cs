using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal readonly partial struct SoftplusMap(double beta, double threshold)
{
    // A conversion inside the loop would chain its rounds together.
    private readonly float singleBeta = (float)beta, singleThreshold = (float)threshold;
}

internal readonly partial struct SmoothL1Zip(double beta)
{
    private readonly float single = (float)beta;
}

internal readonly partial struct HuberZip(double delta)
{
    private readonly float single = (float)delta;
}

internal readonly partial struct BesselIMap(int order, bool scaled);

internal static partial class VectorMath
{
    /// <summary>log(1 + e^(beta x)) / beta, and x itself where beta x is above the threshold.</summary>
    public static void Softplus<T>(ReadOnlySpan<T> x, Span<T> y, double beta = 1, double threshold = 20) where T : unmanaged
        => VectorMap.Run(x, y, new SoftplusMap(beta, threshold));

    /// <summary>log |Gamma(x)|.</summary>
    public static void Lgamma<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<LgammaMap, T>(x, y);

    /// <summary>The logarithmic derivative of Gamma.</summary>
    public static void Digamma<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<DigammaMap, T>(x, y);

    /// <summary>x[i]^y[i].</summary>
    public static void Pow<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged => VectorZip.Run<PowZip, T>(x, y, z);

    /// <summary>x^y[i].</summary>
    public static void Pow<T>(T x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged => VectorZip.Run<PowZip, T>(x, y, z);

    /// <summary>
    /// x[i]^y. As in PyTorch, the exponents -2, -1, -1/2, 0, 1/2, 1, 2 and 3 are products, quotients and roots: (-0)^(1/2) is -0.
    /// </summary>
    public static void Pow<T>(ReadOnlySpan<T> x, T y, Span<T> z) where T : unmanaged
    {
        switch (ToDouble(y))
        {
            case -2: VectorMap.Run<ReciprocalSquareMap, T>(x, z); break;
            case -1: VectorMap.Run<ReciprocalMap, T>(x, z); break;
            case -0.5: VectorMap.Run<RsqrtMap, T>(x, z); break;
            case 0: One<T>(x.Length, z); break;
            case 0.5: VectorMap.Run<SqrtMap, T>(x, z); break;
            case 1: VectorSpan.Require(x.Length, z.Length); x.CopyTo(z); break;
            case 2: VectorMap.Run<SquareMap, T>(x, z); break;
            case 3: VectorMap.Run<CubeMap, T>(x, z); break;
            default: VectorZip.Run<PowZip, T>(x, y, z); break;
        }
    }

    private static void One<T>(int length, Span<T> z) where T : unmanaged
    {
        VectorSpan.Require(length, z.Length);
        z.Fill(FromDouble<T>(1));
    }

    private static double ToDouble<T>(T x) where T : unmanaged
        => typeof(T) == typeof(float) ? Unsafe.BitCast<T, float>(x)
        : typeof(T) == typeof(double) ? Unsafe.BitCast<T, double>(x) : VectorSpan.ThrowType<double>(typeof(T));

    private static T FromDouble<T>(double x) where T : unmanaged
        => typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>((float)x)
        : typeof(T) == typeof(double) ? Unsafe.BitCast<double, T>(x) : VectorSpan.ThrowType<T>(typeof(T));
}
