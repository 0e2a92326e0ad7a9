using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    private const double TwoOverRootPi = 1.1283791670955126;

    /// <summary>erf(x)</summary>
    public readonly record struct Erf : IFloatMap<Erf>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Erf(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => TwoOverRootPi * (-x.Square()).Exp() * d;
    }

    /// <summary>1 - erf(x)</summary>
    public readonly record struct Erfc : IFloatMap<Erfc>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Erfc(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => -TwoOverRootPi * (-x.Square()).Exp() * d;
    }

    /// <summary>The inverse of erf</summary>
    public readonly record struct Erfinv : IFloatMap<Erfinv>
    {
        static Saves IMap<Erfinv>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.ErfInv(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => 1 / TwoOverRootPi * y.Square().Exp() * d;
    }

    /// <summary>ln |Γ(x)|</summary>
    public readonly record struct Lgamma : IFloatMap<Lgamma>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Lgamma(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Digamma();
    }

    /// <summary>The logarithmic derivative of Γ</summary>
    public readonly record struct Digamma : IFloatMap<Digamma>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Digamma(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Polygamma(1);
    }

    /// <summary>Derivative number Order of digamma, for Order of at least 1</summary>
    public readonly record struct Polygamma(int Order) : IFloatMap<Polygamma>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++) y[i] = T.CreateTruncating(SpecialMath.Polygamma(Order, double.CreateTruncating(x[i])));
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Polygamma(Order + 1);
    }

    /// <summary>ln(x / (1 - x)) with x bounded to [Eps, 1 - Eps], or unbounded for a negative Eps</summary>
    public readonly record struct Logit(double Eps) : IFloatMap<Logit>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            T low = T.CreateTruncating(Eps), high = T.One - low;
            for (int i = 0; i < x.Length; i++)
            {
                T v = Eps < 0 ? x[i] : x[i] < low ? low : x[i] > high ? high : x[i];
                y[i] = v / (T.One - v);
            }
            VectorMath.Log(y[..x.Length], y);
        }

        // Outside of the bounds the derivative is 0, or NaN where there are none.
        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor slope = d / (x * (1 - x));
            return Eps < 0
                ? Tensor.Where((x >= 0).LogicalAnd(x <= 1), slope, double.NaN)
                : Tensor.Where((x >= Eps).LogicalAnd(x <= 1 - Eps), slope, 0);
        }
    }

    /// <summary>sin(πx) / (πx), 1 at 0</summary>
    public readonly record struct Sinc : IFloatMap<Sinc>
    {
        static Tensor IMap<Sinc>.OnComplex(Sinc op, Tensor x) => Complexes.Sinc(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++)
            {
                T p = T.Pi * x[i];
                y[i] = x[i] == T.Zero ? T.One : T.Sin(p) / p;
            }
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor p = x * Math.PI, square = p * x;
            return d * (((p * p.Cos() - p.Sin()) / square).ZeroWhere(square == 0));
        }
    }
}

public sealed partial class Tensor
{
    /// <summary>The error function 2/√π ∫₀ˣ e^(-t²) dt; integers give the default floating-point dtype.</summary>
    public Tensor Erf() => MapOp.Apply(new Ops.Erf(), this);
    /// <summary>x = erf(x)</summary>
    public Tensor Erf_() => MapOp.InPlace(new Ops.Erf(), this);
    /// <summary>1 - erf(x), accurate also where that is tiny; integers give the default floating-point dtype.</summary>
    public Tensor Erfc() => MapOp.Apply(new Ops.Erfc(), this);
    /// <summary>x = 1 - erf(x)</summary>
    public Tensor Erfc_() => MapOp.InPlace(new Ops.Erfc(), this);
    /// <summary>The inverse of erf on (-1, 1); ±inf at ±1, NaN outside.</summary>
    public Tensor ErfInv() => MapOp.Apply(new Ops.Erfinv(), this);
    /// <summary>x = erfinv(x)</summary>
    public Tensor ErfInv_() => MapOp.InPlace(new Ops.Erfinv(), this);
    /// <summary>ln |Γ(x)|; inf at 0 and the negative integers.</summary>
    public Tensor LGamma() => MapOp.Apply(new Ops.Lgamma(), this);
    /// <summary>x = ln |Γ(x)|</summary>
    public Tensor LGamma_() => MapOp.InPlace(new Ops.Lgamma(), this);
    /// <summary>Γ'(x) / Γ(x), the logarithmic derivative of Γ.</summary>
    public Tensor Digamma() => MapOp.Apply(new Ops.Digamma(), this);
    /// <summary>x = digamma(x)</summary>
    public Tensor Digamma_() => MapOp.InPlace(new Ops.Digamma(), this);

    /// <summary>Derivative number n of digamma: (-1)^(n+1) n! ζ(n + 1, x).</summary>
    /// <param name="n">The order; 0 is digamma itself.</param>
    /// <exception cref="ArgumentOutOfRangeException">n is negative.</exception>
    public Tensor Polygamma(int n)
    {
        if (n < 0) Throw.Range(nameof(n), n, "polygamma(n, x) does not support negative n.");
        return n == 0 ? Digamma() : MapOp.Apply(new Ops.Polygamma(n), this);
    }

    /// <summary>ln(x / (1 - x)), the inverse of the sigmoid.</summary>
    /// <param name="eps">Bounds x to [eps, 1 - eps] first; by default x is not bounded, and NaN results outside of [0, 1].</param>
    public Tensor Logit(double? eps = null) => MapOp.Apply(new Ops.Logit(eps ?? -1), this);
    /// <summary>x = logit(x)</summary>
    /// <inheritdoc cref="Logit(double?)"/>
    public Tensor Logit_(double? eps = null) => MapOp.InPlace(new Ops.Logit(eps ?? -1), this);

    /// <summary>sin(πx) / (πx), 1 at 0.</summary>
    public Tensor Sinc() => MapOp.Apply(new Ops.Sinc(), this);
    /// <summary>x = sinc(x)</summary>
    public Tensor Sinc_() => MapOp.InPlace(new Ops.Sinc(), this);
}
