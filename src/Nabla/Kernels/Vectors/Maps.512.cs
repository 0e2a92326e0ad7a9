using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal readonly partial struct ExpMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Exp(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Exp(x);
}

internal readonly partial struct LogMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Log(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Log(x);
}

internal readonly partial struct Exp2Map : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Exp2(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Exp2(x);
}

internal readonly partial struct ExpM1Map : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.ExpM1(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.ExpM1(x);
}

internal readonly partial struct Log1PMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Log1P(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Log1P(x);
}

internal readonly partial struct TanhMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Tanh(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Tanh(x);
}

internal readonly partial struct SigmoidMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Sigmoid(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Sigmoid(x);
}

internal readonly partial struct LogSigmoidMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.LogSigmoid(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.LogSigmoid(x);
}

internal readonly partial struct MishMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Mish(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Mish(x);
}

internal readonly partial struct GeluTanhMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.GeluTanh(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.GeluTanh(x);
}

internal readonly partial struct GeluMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Gelu(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Gelu(x);
}

internal readonly partial struct ErfMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Erf(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Erf(x);
}

internal readonly partial struct SiluMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Silu(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Silu(x);
}

internal readonly partial struct SoftplusMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Softplus(x, singleBeta, singleThreshold);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Softplus(x, beta, threshold);
}

internal readonly partial struct SqrtMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => Vector512.Sqrt(x);
    public Vector512<double> Invoke(Vector512<double> x) => Vector512.Sqrt(x);
}

internal readonly partial struct RsqrtMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => Vector512<float>.One / Vector512.Sqrt(x);
    public Vector512<double> Invoke(Vector512<double> x) => Vector512<double>.One / Vector512.Sqrt(x);
}

internal readonly partial struct ReciprocalMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => Vector512<float>.One / x;
    public Vector512<double> Invoke(Vector512<double> x) => Vector512<double>.One / x;
}

internal readonly partial struct SquareMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => x * x;
    public Vector512<double> Invoke(Vector512<double> x) => x * x;
}

internal readonly partial struct CubeMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => x * x * x;
    public Vector512<double> Invoke(Vector512<double> x) => x * x * x;
}

internal readonly partial struct ReciprocalSquareMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => Vector512<float>.One / (x * x);
    public Vector512<double> Invoke(Vector512<double> x) => Vector512<double>.One / (x * x);
}

internal readonly partial struct Log2Map : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Log2(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Log2(x);
}

internal readonly partial struct Log10Map : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Log10(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Log10(x);
}

internal readonly partial struct SinMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Sin(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Sin(x);
}

internal readonly partial struct CosMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Cos(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Cos(x);
}

internal readonly partial struct AsinMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Asin(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Asin(x);
}

internal readonly partial struct AcosMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Acos(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Acos(x);
}

internal readonly partial struct AtanMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Atan(x);
    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Atan(x);
}
