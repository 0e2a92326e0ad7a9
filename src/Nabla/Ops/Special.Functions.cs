using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    private static void Each<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, Func<double, double, double> f)
        where T : unmanaged, INumberBase<T>
    {
        for (int i = 0; i < x.Length; i++) z[i] = T.CreateTruncating(f(double.CreateTruncating(x[i]), double.CreateTruncating(y[i])));
    }

    /// <summary>e^(x²) erfc(x)</summary>
    public readonly record struct SpecialErfcx : IFloatMap<SpecialErfcx>
    {
        static Saves IMap<SpecialErfcx>.Saves => Saves.X | Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run<ErfcxMap, T>(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (2 * x * y - TwoOverRootPi);
    }

    /// <summary>The normal distribution function</summary>
    public readonly record struct SpecialNdtr : IFloatMap<SpecialNdtr>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run<NdtrMap, T>(x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (x * x * -0.5).Exp() * 0.39894228040143268;
    }

    /// <summary>The logarithm of the normal distribution function</summary>
    public readonly record struct SpecialLogNdtr : IFloatMap<SpecialLogNdtr>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run<LogNdtrMap, T>(x, y);

        // φ / Φ = √(2/π) / erfcx(-x / √2): exact in the tail too, where PyTorch's e^-(y + x²/2) / √(2π) loses all digits.
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / Special.Erfcx(x * -Math.Sqrt(0.5)) * Math.Sqrt(2 / Math.PI);
    }

    /// <summary>The inverse of the normal distribution function</summary>
    public readonly record struct SpecialNdtri : IFloatMap<SpecialNdtri>
    {
        static Saves IMap<SpecialNdtri>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run<NdtriMap, T>(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (y * y * 0.5).Exp() * Math.Sqrt(2 * Math.PI);
    }

    /// <summary>-x ln(x), 0 at 0 and -inf below</summary>
    public readonly record struct SpecialEntr : IFloatMap<SpecialEntr>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run<EntrMap, T>(x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (-x.Log() - 1);
    }

    /// <summary>x ln(1 + y), 0 where x is 0</summary>
    public readonly record struct SpecialXlog1Py(byte Overload) : IFloatZip<SpecialXlog1Py>
    {
        static string IOperation<SpecialXlog1Py>.NodeName(SpecialXlog1Py op) => "SpecialXlog1PyBackward" + op.Overload;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<XLog1PYZip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * y.To(d.dtype).Log1p().ZeroWhere((x == 0).LogicalAnd(y <= -1));
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x / (y + 1);
    }

    /// <summary>The Hurwitz zeta function of s and q; the derivative exists for q only</summary>
    public readonly record struct SpecialZeta(byte Overload) : IFloatZip<SpecialZeta>
    {
        static string IOperation<SpecialZeta>.NodeName(SpecialZeta op) => "SpecialZetaBackward" + op.Overload;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Each(x, y, z, SpecialMath.Zeta);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z)
        {
            Throw.Graph("the derivative for 'self' is not implemented: zeta(s, q) has a derivative by q only.");
            return d;
        }

        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * -x * Special.Zeta(x + 1, y);
    }

    /// <summary>The regularised incomplete gamma functions</summary>
    public readonly record struct Igamma(bool Upper) : IFloatZip<Igamma>
    {
        static string IOperation<Igamma>.NodeName(Igamma op) => op.Upper ? "IgammacBackward0" : "IgammaBackward0";

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            bool upper = Upper;
            Each(x, y, z, (a, v) => SpecialMath.IncompleteGamma(a, v, upper));
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z)
        {
            Throw.Graph("the derivative for 'input' is not implemented: igamma(a, x) has a derivative by x only.");
            return d;
        }

        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z)
        {
            Tensor density = ((x - 1) * y.Log() - y - x.LGamma()).Exp();
            return d * (Upper ? -density : density);
        }
    }

    /// <summary>An orthogonal polynomial of x, of degree y, its argument 2x - 1 if shifted</summary>
    public readonly record struct SpecialPolynomial(Polynomial Family, bool Shifted) : IFloatZip<SpecialPolynomial>
    {
        static bool IOperation<SpecialPolynomial>.Differentiable => false;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            (Polynomial family, bool shifted) = (Family, Shifted);
            Each(x, y, z, (v, n) => SpecialMath.Evaluate(family, shifted ? 2 * v - 1 : v, n));
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    /// <summary>The mantissa of x, in [1/2, 1), or its binary exponent</summary>
    public readonly record struct Frexp(bool Exponent) : IFloatMap<Frexp>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++)
            {
                bool plain = T.IsFinite(x[i]) && x[i] != T.Zero;
                int e = plain ? T.ILogB(x[i]) + 1 : 0;
                y[i] = Exponent ? T.CreateTruncating(e) : plain ? T.ScaleB(x[i], -e) : x[i];
            }
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Exponent
            ? Tensor.ZerosLike(d)
            : d / Tensor.Pow(2.0, MapOp.Apply(new Frexp(true), x.Detach()));
    }

    /// <summary>The angle of a real number in the complex plane: π below 0, else 0</summary>
    public readonly record struct Angle : IFloatMap<Angle>
    {
        static Tensor IMap<Angle>.OnComplex(Angle op, Tensor x) => Complexes.Angle(x);
        static Saves IMap<Angle>.Saves => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++) y[i] = x[i] < T.Zero ? T.Pi : T.IsNaN(x[i]) ? x[i] : T.Zero;
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }
}
