using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>The modified Bessel function I_n(x) of order 0 or 1, times e^-|x| if scaled. Below 3 ulp.</summary>
    /// <remarks>
    /// Up to 8 the sum of (x²/4)^k / (k! (k + n)!), whose terms all have one sign, as a polynomial (minimax fit); from there e^x / sqrt(x)
    /// times a polynomial in 1/x - 1/16. At infinity the unscaled product is NaN, as in PyTorch.
    /// </remarks>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> BesselI(Vector512<double> x, int order, bool scaled)
    {
        Vector512<double> a = Vector512.Abs(x), far = Vector512.GreaterThan(a, C512(8.0));
        Vector512<double> y = order == 0 ? NearI0(a) : NearI1(a);
        if (scaled) y *= Exp(-a);
        if (Vector512.GreaterThanAny(a, C512(8.0)))
        {
            Vector512<double> t = C512(1.0) / a - C512(0.0625), outer = (order == 0 ? FarI0(t) : FarI1(t)) / Vector512.Sqrt(a);
            // In two halves where e^x alone would overflow before the product does.
            Vector512<double> large = Vector512.GreaterThan(a, C512(700.0)), half = Exp(Select(large, a * C512(0.5), a));
            if (!scaled) outer = Select(large, outer * half, outer) * half;
            y = Select(far, outer, y);
        }
        return order == 0 ? y : Vector512.CopySign(y, x);
    }

    /// <summary>x²/4, with its rounding error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> QuarterSquare(Vector512<double> x, out Vector512<double> rest)
    {
        Vector512<double> half = x * C512(0.5), q = half * half;
        rest = SimdMethod.HasFusedMultiplyAdd ? MulAdd(half, half, -q) : Vector512<double>.Zero;
        return q;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> NearI0(Vector512<double> x)
    {
        Vector512<double> q = QuarterSquare(x, out Vector512<double> rest);
        Vector512<double> p = C512(9.198727158729598e-25);
        p = Horner(p, q, 1.1272167928514894e-22, 2.6397613237281117e-20, 4.345589026205521e-18, 6.277945500115567e-16);
        p = Horner(p, q, 7.593865005529789e-14, 7.594072898658588e-12, 6.151186546470124e-10, 3.936759919137292e-08);
        p = Horner(p, q, 1.9290123448751015e-06, 6.944444444589305e-05, 0.0017361111111094518, 0.027777777777778883);
        p = Horner(p, q, 0.24999999999999964, 1.0, 1.0);
        // The slope, to a tenth.
        Vector512<double> slope = C512(-0.0005193306812532693);
        slope = Horner(slope, q, 0.016611785478762662, -0.17620361320266037, 0.9055432450067504);
        return MulAdd(rest * slope, p, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> NearI1(Vector512<double> x)
    {
        Vector512<double> q = QuarterSquare(x, out Vector512<double> rest);
        Vector512<double> p = C512(5.650615819349666e-26);
        p = Horner(p, q, 7.625405687495011e-24, 1.879983900205491e-21, 3.3444133205787235e-19, 5.231298170012809e-17);
        p = Horner(p, q, 6.903557365471487e-15, 7.594068700201518e-13, 6.834652006772021e-11, 4.920949884792754e-09);
        p = Horner(p, q, 2.755731921735941e-07, 1.1574074074201518e-05, 0.00034722222222206476, 0.006944444444444559);
        p = Horner(p, q, 0.08333333333333329, 0.5, 1.0);
        Vector512<double> slope = C512(-0.00012147889147279412);
        slope = Horner(slope, q, 0.0042486294492511826, -0.05494790675391326, 0.4896798884749137);
        return MulAdd(rest * slope, p, p) * (x * C512(0.5));
    }

    /// <summary>sqrt(x) e^-x I0(x) for t = 1/x - 1/16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> FarI0(Vector512<double> t)
    {
        Vector512<double> p = C512(-8.43097587993505e+16);
        p = Horner(p, t, 2.9867350203633828e+16, 2597317399264726.0, -820903246546101.9, -39707771779808.0);
        p = Horner(p, t, 10550687514233.943, 429383145242.14667, -85327581536.1896, -3975170843.1115103);
        p = Horner(p, t, 475714039.0488286, 33862299.63591298, -1424386.8594561953, -235667.53906051768);
        p = Horner(p, t, -7522.4863951289635, 518.9407791659139, 92.61927942624531, 10.556574765497098);
        p = Horner(p, t, 1.4884838219960808, 0.31180437137755135, 0.09724543971773363, 0.045641866413599616);
        p = Horner(p, t, 0.03487131504388529, 0.053768831738685526, 0.4021765094450081);
        return p;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> FarI1(Vector512<double> t)
    {
        Vector512<double> p = C512(8.108186500610787e+16);
        p = Horner(p, t, -3.1070324170023564e+16, -2472687679474226.5, 855308124692630.0, 37698386342201.47);
        p = Horner(p, t, -11024366197189.066, -411788093008.03625, 89668334303.53087, 3905395775.570889);
        p = Horner(p, t, -506261659.26396435, -34316534.861449406, 1580716.1425439068, 246741.4357211807);
        p = Horner(p, t, 7512.320707586422, -579.0068263735517, -100.46292871606589, -11.577484970417236);
        p = Horner(p, t, -1.6779088937598035, -0.36530872640106454, -0.12025267634986081, -0.06159788933763318);
        p = Horner(p, t, -0.05612435554100639, -0.1559932350917716, 0.38939845902587233);
        return p;
    }
}
