using System.Numerics;

namespace Nabla.Kernels;

/// <summary>A complex number as a complex tensor holds it; division after R. Smith, Communications of the ACM 5(8), 1962.</summary>
internal readonly record struct Complex<T>(T Re, T Im) where T : unmanaged, IFloatingPointIeee754<T>
{
    internal T Size => T.Abs(Re) + T.Abs(Im);
    internal T Square => Re * Re + Im * Im;
    internal Complex<T> Conj => new(Re, -Im);

    /// <summary>The square root with a real part that is not negative.</summary>
    internal Complex<T> Root()
    {
        if (Re == T.Zero && Im == T.Zero) return default;
        T half = T.CreateTruncating(0.5), root = T.Sqrt(half * (Strips.Length(Re, Im) + T.Abs(Re)));
        return Re >= T.Zero ? new(root, half * Im / root) : new(half * T.Abs(Im) / root, T.CopySign(root, Im));
    }

    public static Complex<T> operator +(Complex<T> x, Complex<T> y) => new(x.Re + y.Re, x.Im + y.Im);
    public static Complex<T> operator -(Complex<T> x, Complex<T> y) => new(x.Re - y.Re, x.Im - y.Im);
    public static Complex<T> operator *(Complex<T> x, Complex<T> y) => new(x.Re * y.Re - x.Im * y.Im, x.Re * y.Im + x.Im * y.Re);
    public static Complex<T> operator *(T a, Complex<T> y) => new(a * y.Re, a * y.Im);

    public static Complex<T> operator /(Complex<T> x, Complex<T> y)
    {
        if (T.Abs(y.Re) >= T.Abs(y.Im))
        {
            T r = y.Im / y.Re, d = y.Re + r * y.Im;
            return new((x.Re + r * x.Im) / d, (x.Im - r * x.Re) / d);
        }
        else
        {
            T r = y.Re / y.Im, d = r * y.Re + y.Im;
            return new((r * x.Re + x.Im) / d, (r * x.Im - x.Re) / d);
        }
    }
}
