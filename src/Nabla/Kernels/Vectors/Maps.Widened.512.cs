using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

// Functions whose float version is the double one, rounded: right to half an ulp, at half the speed a float kernel could have.

internal readonly partial struct ErfcMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Erfc(Vector512.WidenLower(x)), SimdF64.Erfc(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Erfc(x);
}

internal readonly partial struct ErfInvMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.ErfInv(Vector512.WidenLower(x)), SimdF64.ErfInv(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.ErfInv(x);
}

internal readonly partial struct TanMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Tan(Vector512.WidenLower(x)), SimdF64.Tan(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Tan(x);
}

internal readonly partial struct SinhMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Sinh(Vector512.WidenLower(x)), SimdF64.Sinh(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Sinh(x);
}

internal readonly partial struct CoshMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Cosh(Vector512.WidenLower(x)), SimdF64.Cosh(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Cosh(x);
}

internal readonly partial struct AsinhMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Asinh(Vector512.WidenLower(x)), SimdF64.Asinh(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Asinh(x);
}

internal readonly partial struct AcoshMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Acosh(Vector512.WidenLower(x)), SimdF64.Acosh(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Acosh(x);
}

internal readonly partial struct AtanhMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Atanh(Vector512.WidenLower(x)), SimdF64.Atanh(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Atanh(x);
}

internal readonly partial struct PowZip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => SimdF32.Pow(x, y);
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => SimdF64.Pow(x, y);
}

internal readonly partial struct LgammaMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.WideLgamma(Vector512.WidenLower(x)), SimdF64.WideLgamma(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Lgamma(x);
}

internal readonly partial struct DigammaMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Digamma(Vector512.WidenLower(x)), SimdF64.Digamma(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Digamma(x);
}

internal readonly partial struct BesselIMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => Vector512.Narrow(
        SimdF64.BesselI(Vector512.WidenLower(x), order, scaled), SimdF64.BesselI(Vector512.WidenUpper(x), order, scaled));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.BesselI(x, order, scaled);
}

internal readonly partial struct ErfcxMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Erfcx(Vector512.WidenLower(x)), SimdF64.Erfcx(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Erfcx(x);
}

internal readonly partial struct NdtrMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Ndtr(Vector512.WidenLower(x)), SimdF64.Ndtr(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Ndtr(x);
}

internal readonly partial struct LogNdtrMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.LogNdtr(Vector512.WidenLower(x)), SimdF64.LogNdtr(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.LogNdtr(x);
}

internal readonly partial struct NdtriMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Ndtri(Vector512.WidenLower(x)), SimdF64.Ndtri(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Ndtri(x);
}

internal readonly partial struct EntrMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x)
        => Vector512.Narrow(SimdF64.Entr(Vector512.WidenLower(x)), SimdF64.Entr(Vector512.WidenUpper(x)));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Entr(x);
}
