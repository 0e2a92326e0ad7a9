using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal readonly partial struct LogAddExpZip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => Vector512.ConditionalSelect(
        Vector512.Equals(x, y), x + Vector512.Create(0.693147181f),
        Vector512.Max(x, y) + SimdF32.Log1P(SimdF32.Exp(-Vector512.Abs(x - y))));

    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => Vector512.ConditionalSelect(
        Vector512.Equals(x, y), x + Vector512.Create(0.69314718055994531),
        Vector512.Max(x, y) + SimdF64.Log1P(SimdF64.Exp(-Vector512.Abs(x - y))));
}

internal readonly partial struct LogAddExp2Zip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => Vector512.ConditionalSelect(Vector512.Equals(x, y),
        x + Vector512<float>.One, Vector512.Max(x, y) + SimdF32.Log1P(SimdF32.Exp2(-Vector512.Abs(x - y))) * Vector512.Create(1.44269504f));

    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => Vector512.ConditionalSelect(Vector512.Equals(x, y),
        x + Vector512<double>.One,
        Vector512.Max(x, y) + SimdF64.Log1P(SimdF64.Exp2(-Vector512.Abs(x - y))) * Vector512.Create(1.4426950408889634));
}

internal readonly partial struct XLogYZip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => Vector512.ConditionalSelect(
        Vector512.Equals(x, Vector512<float>.Zero) & Vector512.Equals(y, y), Vector512<float>.Zero, x * SimdF32.Log(y));

    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => Vector512.ConditionalSelect(
        Vector512.Equals(x, Vector512<double>.Zero) & Vector512.Equals(y, y), Vector512<double>.Zero, x * SimdF64.Log(y));
}

internal readonly partial struct XLog1PYZip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => Vector512.ConditionalSelect(
        Vector512.Equals(x, Vector512<float>.Zero) & Vector512.Equals(y, y), Vector512<float>.Zero, x * SimdF32.Log1P(y));

    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => Vector512.ConditionalSelect(
        Vector512.Equals(x, Vector512<double>.Zero) & Vector512.Equals(y, y), Vector512<double>.Zero, x * SimdF64.Log1P(y));
}

/// <summary>d · gelu'(x): d (Phi(x) + x phi(x)).</summary>
internal readonly partial struct GeluSlope : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> d, Vector512<float> x) =>
        d * SimdF32.GeluSlope(x);

    public Vector512<double> Invoke(Vector512<double> d, Vector512<double> x) =>
        d * (Vector512.Create(0.5) * (Vector512<double>.One + SimdF64.Erf(x * Vector512.Create(0.70710678118654752)))
            + x * Vector512.Create(0.39894228040143268) * SimdF64.Exp(Vector512.Create(-0.5) * x * x));
}

/// <summary>The derivative of x (1 + tanh u) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3), times d.</summary>
internal readonly partial struct GeluTanhSlope : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> d, Vector512<float> x)
    {
        Vector512<float> k = Vector512.Create(0.79788456f), x2 = x * x;
        Vector512<float> t = SimdF32.Tanh(k * x * (Vector512<float>.One + Vector512.Create(0.044715f) * x2));
        Vector512<float> du = k * (Vector512<float>.One + Vector512.Create(0.134145f) * x2);
        return d * Vector512.Create(0.5f) * (Vector512<float>.One + t + x * (Vector512<float>.One - t * t) * du);
    }

    public Vector512<double> Invoke(Vector512<double> d, Vector512<double> x)
    {
        Vector512<double> k = Vector512.Create(0.79788456080286536), x2 = x * x;
        Vector512<double> t = SimdF64.Tanh(k * x * (Vector512<double>.One + Vector512.Create(0.044715) * x2));
        Vector512<double> du = k * (Vector512<double>.One + Vector512.Create(0.134145) * x2);
        return d * Vector512.Create(0.5) * (Vector512<double>.One + t + x * (Vector512<double>.One - t * t) * du);
    }
}

/// <summary>x σ(y)</summary>
internal readonly partial struct GateZip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => x * SimdF32.Sigmoid(y);
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => x * SimdF64.Sigmoid(y);
}

/// <summary>x σ'(y) = x σ(y) (1 - σ(y))</summary>
internal readonly partial struct GateSlope : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> s = SimdF32.Sigmoid(y);
        return x * s * (Vector512<float>.One - s);
    }

    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> s = SimdF64.Sigmoid(y);
        return x * s * (Vector512<double>.One - s);
    }
}

/// <summary>d · silu'(x): d s (1 + x (1 - s)) with s the sigmoid of x.</summary>
internal readonly partial struct SiluSlope : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> d, Vector512<float> x)
    {
        Vector512<float> s = SimdF32.Sigmoid(x);
        return d * s * Vector512.MultiplyAddEstimate(x, Vector512<float>.One - s, Vector512<float>.One);
    }

    public Vector512<double> Invoke(Vector512<double> d, Vector512<double> x)
    {
        Vector512<double> s = SimdF64.Sigmoid(x);
        return d * s * Vector512.MultiplyAddEstimate(x, Vector512<double>.One - s, Vector512<double>.One);
    }
}
