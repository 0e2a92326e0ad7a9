namespace Nabla.Kernels;

/// <summary>Elementary functions over contiguous spans of float or double, vectorised: y[i] = f(x[i]).</summary>
/// <remarks>
/// The spans have the same length; y may be the memory of x, but must not overlap it otherwise. Special values are C99's (Annex F).
/// The errors measured are stated at the kernels, <see cref="SimdF32"/> and <see cref="SimdF64"/>.
/// </remarks>
internal static partial class VectorMath
{
    /// <summary>e^x.</summary>
    public static void Exp<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<ExpMap, T>(x, y);

    /// <summary>The natural logarithm.</summary>
    public static void Log<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<LogMap, T>(x, y);

    /// <summary>2^x.</summary>
    public static void Exp2<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<Exp2Map, T>(x, y);

    /// <summary>e^x - 1, accurate near 0.</summary>
    public static void ExpM1<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<ExpM1Map, T>(x, y);

    /// <summary>log(1 + x), accurate near 0.</summary>
    public static void Log1P<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<Log1PMap, T>(x, y);

    /// <summary>tanh x.</summary>
    public static void Tanh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<TanhMap, T>(x, y);

    /// <summary>1 / (1 + e^-x).</summary>
    public static void Sigmoid<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<SigmoidMap, T>(x, y);

    /// <summary>log(1 / (1 + e^-x)).</summary>
    public static void LogSigmoid<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<LogSigmoidMap, T>(x, y);

    /// <summary>x tanh(log(1 + e^x)).</summary>
    public static void Mish<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<MishMap, T>(x, y);

    /// <summary>x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.</summary>
    public static void GeluTanh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<GeluTanhMap, T>(x, y);

    /// <summary>x (1 + erf(x / sqrt(2))) / 2.</summary>
    public static void Gelu<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<GeluMap, T>(x, y);

    /// <summary>erf x.</summary>
    public static void Erf<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<ErfMap, T>(x, y);

    /// <summary>log2 x.</summary>
    public static void Log2<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<Log2Map, T>(x, y);

    /// <summary>log10 x.</summary>
    public static void Log10<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<Log10Map, T>(x, y);

    /// <summary>1 - erf x, accurate relative to itself.</summary>
    public static void Erfc<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<ErfcMap, T>(x, y);

    /// <summary>The inverse of erf.</summary>
    public static void ErfInv<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<ErfInvMap, T>(x, y);

    /// <summary>sin x.</summary>
    public static void Sin<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<SinMap, T>(x, y);

    /// <summary>cos x.</summary>
    public static void Cos<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<CosMap, T>(x, y);

    /// <summary>tan x.</summary>
    public static void Tan<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<TanMap, T>(x, y);

    /// <summary>asin x.</summary>
    public static void Asin<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<AsinMap, T>(x, y);

    /// <summary>acos x.</summary>
    public static void Acos<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<AcosMap, T>(x, y);

    /// <summary>atan x.</summary>
    public static void Atan<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<AtanMap, T>(x, y);

    /// <summary>sinh x.</summary>
    public static void Sinh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<SinhMap, T>(x, y);

    /// <summary>cosh x.</summary>
    public static void Cosh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<CoshMap, T>(x, y);

    /// <summary>asinh x.</summary>
    public static void Asinh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<AsinhMap, T>(x, y);

    /// <summary>acosh x.</summary>
    public static void Acosh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<AcoshMap, T>(x, y);

    /// <summary>atanh x.</summary>
    public static void Atanh<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<AtanhMap, T>(x, y);

    /// <summary>x / (1 + e^-x).</summary>
    public static void Silu<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<SiluMap, T>(x, y);

    /// <summary>The square root.</summary>
    public static void Sqrt<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<SqrtMap, T>(x, y);

    /// <summary>1 / sqrt(x).</summary>
    public static void Rsqrt<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<RsqrtMap, T>(x, y);

    /// <summary>1 / x.</summary>
    public static void Reciprocal<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<ReciprocalMap, T>(x, y);

    /// <summary>x^2.</summary>
    public static void Square<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged => VectorMap.Run<SquareMap, T>(x, y);
}
