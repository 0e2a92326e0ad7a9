using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla;

static partial class ExactMath
{
    /// <summary>
    /// The natural logarithm of positive float32 values as PyTorch's AVX2 kernel computes it: the polynomial of S. Moshier's Cephes
    /// library in the vector form of J. Pommier's sse_mathfun, products and sums fused in the order of its compiled code.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> LogPolynomial(Vector<float> x)
    {
        x = Vector.Max(x, Vector.Create(1.17549435e-38f)); // the smallest normal
        var bits = Vector.AsVectorInt32(x);
        var e = Vector.ConvertToSingle((bits >>> 23) - Vector.Create(0x7F)) + Vector<float>.One;
        x = Vector.AsVectorSingle(bits & Vector.Create(~0x7F800000) | Vector.Create(0x3F000000));
        var small = Vector.LessThan(x, Vector.Create(0.707106781186547524f));
        x = x - Vector<float>.One + Vector.ConditionalSelect(small, x, Vector<float>.Zero);
        e -= Vector.ConditionalSelect(small, Vector<float>.One, Vector<float>.Zero);
        var z = x * x;
        var y = Fma(Vector.Create(7.0376836292e-2f), x, -1.1514610310e-1f);
        y = Fma(y, x, 1.1676998740e-1f);
        y = Fma(y, x, -1.2420140846e-1f);
        y = Fma(y, x, 1.4249322787e-1f);
        y = Fma(y, x, -1.6668057665e-1f);
        y = Fma(y, x, 2.0000714765e-1f);
        y = Fma(y, x, -2.4999993993e-1f);
        y = Fma(y, x, 3.3333331174e-1f);
        y = Vector.FusedMultiplyAdd(y * x, z, e * Vector.Create(-2.12194440e-4f));
        y = Vector.FusedMultiplyAdd(-z, Vector.Create(0.5f), y);
        return Vector.FusedMultiplyAdd(e, Vector.Create(0.693359375f), x + y);
    }

    /// <summary>Sine and cosine of float32 values from 0 up, of the same origin as <see cref="LogPolynomial"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector<float> Sin, Vector<float> Cos) SinCosPolynomial(Vector<float> x)
    {
        var j = Vector.ConvertToInt32Native(x * Vector.Create(1.27323954473516f)) + Vector<int>.One & Vector.Create(~1);
        var y = Vector.ConvertToSingle(j);
        var sinSign = Vector.AsVectorSingle((j & Vector.Create(4)) << 29);
        var cosSign = Vector.AsVectorSingle((~(j - Vector.Create(2)) & Vector.Create(4)) << 29);
        var sine = Vector.AsVectorSingle(Vector.Equals(j & Vector.Create(2), Vector<int>.Zero));
        x = Vector.FusedMultiplyAdd(y, Vector.Create(-0.78515625f), x);
        x = Vector.FusedMultiplyAdd(y, Vector.Create(-2.4187564849853515625e-4f), x);
        x = Vector.FusedMultiplyAdd(y, Vector.Create(-3.77489497744594108e-8f), x);
        var z = x * x;
        var c = Fma(Fma(Vector.Create(2.443315711809948e-005f), z, -1.388731625493765e-003f), z, 4.166664568298827e-002f) * z;
        c = Vector.FusedMultiplyAdd(c, z, -(z * Vector.Create(0.5f))) + Vector<float>.One;
        var s = Fma(Fma(Vector.Create(-1.9515295891e-4f), z, 8.3321608736e-3f), z, -1.6666654611e-1f) * z;
        s = Vector.FusedMultiplyAdd(s, x, x);
        return (Vector.ConditionalSelect(sine, s, c) ^ sinSign, Vector.ConditionalSelect(sine, c, s) ^ cosSign);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector<float> Fma(Vector<float> a, Vector<float> b, float c) => Vector.FusedMultiplyAdd(a, b, Vector.Create(c));

    /// <summary>The natural logarithm as glibc's logf (Arm Optimized Routines) rounds it, for positive normal values.</summary>
    internal static float Log(float x)
    {
        if (x == 1) return 0;
        if (!(x >= 1.17549435e-38f && x < float.PositiveInfinity)) return MathF.Log(x);
        int bits = BitConverter.SingleToInt32Bits(x), offset = bits - 0x3F330000;
        int i = (offset >> 19 & 15) * 2;
        double z = BitConverter.Int32BitsToSingle(bits - (offset & unchecked((int)0xFF800000)));
        double r = Fma(z, SingleLogTable[i], -1.0), y = Fma(offset >> 23, 0.6931471805599453, SingleLogTable[i + 1]), r2 = r * r;
        double p = Fma(r2, -0.25089342214237154, Fma(r, 0.333456765744066, -0.4999997485802103));
        return (float)Fma(r2, p, r + y);
    }

    /// <summary>Sine and cosine as glibc's sinf and cosf (Arm Optimized Routines) round them, for |x| below 120.</summary>
    internal static (float Sin, float Cos) SinCos(float x)
    {
        float size = MathF.Abs(x);
        if (!(size < 120)) return MathF.SinCos(x);
        if (size < 0.000244140625f) return (x, 1); // 2^-12
        double y = x;
        int turn = 0;
        if (BitConverter.SingleToInt32Bits(size) >> 20 >= 0x3F4) // 0.75 and above
        {
            turn = (int)(y * 10680707.430881744) + 0x800000 >> 24; // 2^24 * 2/pi
            y = Fma(-turn, HalfPi, y);
        }
        float sin = SinSeries(y), cos = CosSeries(y);
        return (turn & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    static float SinSeries(double x)
    {
        double square = x * x, cube = x * square;
        double low = Fma(cube, -0.16666654943701084, x);
        return (float)Fma(Fma(-0.00019517298981385725, square, 0.008332178146138854), square * cube, low);
    }

    static float CosSeries(double x)
    {
        double square = x * x, fourth = square * square;
        double low = Fma(fourth, 0.041666623324344516, Fma(-0.49999999725108224, square, 1.0));
        return (float)Fma(Fma(2.4390450703564542e-05, square, -0.001388676379437604), square * fourth, low);
    }
}
