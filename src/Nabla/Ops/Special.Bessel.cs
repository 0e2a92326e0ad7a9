using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The modified Bessel function of the first kind, of order 0 or 1, times e^-|x| if scaled</summary>
    public readonly record struct BesselI(int Order, bool Scaled) : IFloatMap<BesselI>
    {
        static string IOperation<BesselI>.NodeName(BesselI op) => op switch
        {
            (0, false) => "I0Backward0",
            (0, true) => "SpecialI0EBackward0",
            (1, false) => "SpecialI1Backward0",
            _ => "SpecialI1EBackward0",
        };

        static Saves IMap<BesselI>.Saves => Saves.X | Saves.Result;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run(x, y, new BesselIMap(Order, Scaled));

        // I0' = I1; I1' = I0 - I1 / x, which is 1/2 near 0, where the quotient of subnormal numbers is not; the scaled ones lose sign(x)
        // times themselves.
        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor slope = MapOp.Apply(new BesselI(1 - Order, Scaled), x), away = x.Abs() > 1e-7;
            if (Scaled) slope = slope - x.Sgn() * y;
            return d * (Order == 0 ? slope : Tensor.Where(away, slope - y / Tensor.Where(away, x, 1), 0.5));
        }
    }

    /// <summary>The modified Bessel function of the second kind, times e^x if scaled</summary>
    public readonly record struct BesselK(int Order, bool Scaled) : IFloatMap<BesselK>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++)
                y[i] = T.CreateTruncating(SpecialMath.BesselK(Order, double.CreateTruncating(x[i]), Scaled));
        }

        // K0' = -K1, else minus half the sum of the neighbours (DLMF 10.29.1); the scaled ones gain themselves.
        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor fall = Order == 0 ? At(1, x) : (At(Order - 1, x) + At(Order + 1, x)) / 2;
            return d * (Scaled ? At(Order, x) - fall : -fall);
        }

        private Tensor At(int order, Tensor x) => MapOp.Apply(this with { Order = order }, x);
    }

    /// <summary>The Bessel function of the first or second kind</summary>
    public readonly record struct Bessel(int Order, bool Second) : IFloatMap<Bessel>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++)
            {
                double v = double.CreateTruncating(x[i]);
                y[i] = T.CreateTruncating(Second ? SpecialMath.BesselY(Order, v) : SpecialMath.BesselJ(Order, v));
            }
        }

        // J0' = -J1, else half the difference of the neighbours (DLMF 10.6.1); Y alike.
        public Tensor Diff(Tensor d, Tensor x, Tensor y) =>
            d * (Order == 0 ? -At(1, x) : (At(Order - 1, x) - At(Order + 1, x)) / 2);

        private Tensor At(int order, Tensor x) => MapOp.Apply(this with { Order = order }, x);
    }

    /// <summary>The spherical Bessel function of the first kind</summary>
    public readonly record struct SphericalBesselJ(int Order) : IFloatMap<SphericalBesselJ>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++)
                y[i] = T.CreateTruncating(SpecialMath.SphericalBesselJ(Order, double.CreateTruncating(x[i])));
        }

        // (2n + 1) j_n' = n j_(n-1) - (n + 1) j_(n+1) (DLMF 10.51.2), which needs no division by x.
        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor fall = At(Order + 1, x) * (Order + 1);
            return d * (Order == 0 ? -fall : (At(Order - 1, x) * Order - fall) / (2 * Order + 1));
        }

        private static Tensor At(int order, Tensor x) => MapOp.Apply(new SphericalBesselJ(order), x);
    }

    /// <summary>The Airy function Ai or its derivative</summary>
    public readonly record struct AiryAi(bool Derivative) : IFloatMap<AiryAi>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < x.Length; i++)
                y[i] = T.CreateTruncating(SpecialMath.AiryAi(double.CreateTruncating(x[i]), Derivative));
        }

        // Ai'' = x Ai
        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor other = MapOp.Apply(new AiryAi(!Derivative), x);
            return d * (Derivative ? x * other : other);
        }
    }
}

public static partial class Special
{
    // PyTorch has kernels of these functions for float32 and float64 only.
    private static Tensor Wide(Tensor x, string kernel)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16 || x.dtype.IsComplex()) Throw.NotImplementedFor(kernel, x.dtype);
        return x;
    }

    private static Tensor Wide(Tensor x, Tensor y, string kernel)
    {
        DType promoted = Promotion.Result(x, y);
        if (promoted is DType.Float16 or DType.BFloat16 || promoted.IsComplex()) Throw.NotImplementedFor(kernel, promoted);
        return x;
    }

    /// <summary>e^-|x| I₀(x).</summary>
    public static Tensor I0e(Tensor input) => MapOp.Apply(new Ops.BesselI(0, true), input);
    /// <summary>The modified Bessel function I₁(x).</summary>
    public static Tensor I1(Tensor input) => MapOp.Apply(new Ops.BesselI(1, false), input);
    /// <summary>e^-|x| I₁(x).</summary>
    public static Tensor I1e(Tensor input) => MapOp.Apply(new Ops.BesselI(1, true), input);

    /// <summary>The Airy function Ai(x), the solution of y'' = xy that falls for positive x. With gradient: Ai'(x).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// Accuracy: 1e-15, relative for positive x and of the amplitude for negative x, measured against 40 digits from -10000 to 100. NaN
    /// at both infinities, as in PyTorch.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor AiryAi(Tensor input) => MapOp.Apply(new Ops.AiryAi(false), Wide(input, "airy_ai_cpu"));

    /// <summary>The Bessel function of the first kind J₀(x). Derivative: -J₁(x).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// NaN at both infinities. Accuracy: at most 2e-15 of the amplitude √(2 / πx), measured against 40 digits up to 30000.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor BesselJ0(Tensor input) => MapOp.Apply(new Ops.Bessel(0, false), Wide(input, "bessel_j0_cpu"));

    /// <summary>The Bessel function of the first kind J₁(x). Derivative: (J₀(x) - J₂(x)) / 2.</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// NaN at both infinities. Accuracy: at most 2e-15 of the amplitude √(2 / πx), measured against 40 digits up to 30000.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor BesselJ1(Tensor input) => MapOp.Apply(new Ops.Bessel(1, false), Wide(input, "bessel_j1_cpu"));

    /// <summary>The Bessel function of the second kind Y₀(x). Derivative: -Y₁(x).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// -inf at 0, NaN for negative numbers. Accuracy: at most 2e-15 of the amplitude √(2 / πx), or relative where Y grows, measured
    /// against 40 digits up to 30000.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor BesselY0(Tensor input) => MapOp.Apply(new Ops.Bessel(0, true), Wide(input, "bessel_y0_cpu"));

    /// <summary>The Bessel function of the second kind Y₁(x). Derivative: (Y₀(x) - Y₂(x)) / 2.</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// -inf at 0, NaN for negative numbers. Accuracy: at most 2e-15 of the amplitude √(2 / πx), or relative where Y grows, measured
    /// against 40 digits up to 30000.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor BesselY1(Tensor input) => MapOp.Apply(new Ops.Bessel(1, true), Wide(input, "bessel_y1_cpu"));

    /// <summary>The modified Bessel function of the first kind I₀(x). Derivative: I₁(x).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// NaN at both infinities, as in PyTorch. Relative accuracy: 2e-15 before the factor e^|x|, measured against 40 digits up to 30000.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor ModifiedBesselI0(Tensor input) => MapOp.Apply(new Ops.BesselI(0, false), Wide(input, "modified_bessel_i0_cpu"));

    /// <summary>The modified Bessel function of the first kind I₁(x). Derivative: I₀(x) - I₁(x) / x.</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// NaN at both infinities, as in PyTorch. Relative accuracy: 2e-15 before the factor e^|x|, measured against 40 digits up to 30000.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor ModifiedBesselI1(Tensor input) => MapOp.Apply(new Ops.BesselI(1, false), Wide(input, "modified_bessel_i1_cpu"));

    /// <summary>The modified Bessel function of the second kind K₀(x). Derivative: -K₁(x).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>inf at 0, NaN for negative numbers. Relative accuracy: 1e-15, measured against 40 digits up to 30000.</remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor ModifiedBesselK0(Tensor input) => MapOp.Apply(new Ops.BesselK(0, false), Wide(input, "modified_bessel_k0_cpu"));

    /// <summary>The modified Bessel function of the second kind K₁(x). Derivative: -(K₀(x) + K₂(x)) / 2.</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>inf at 0, NaN for negative numbers. Relative accuracy: 1e-15, measured against 40 digits up to 30000.</remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor ModifiedBesselK1(Tensor input) => MapOp.Apply(new Ops.BesselK(1, false), Wide(input, "modified_bessel_k1_cpu"));

    /// <summary>e^x K₀(x), which does not vanish for large x. Derivative: e^x (K₀(x) - K₁(x)).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>inf at 0, NaN for negative numbers. Relative accuracy: 1e-15, measured against 40 digits up to 30000.</remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor ScaledModifiedBesselK0(Tensor input) =>
        MapOp.Apply(new Ops.BesselK(0, true), Wide(input, "scaled_modified_bessel_k0_cpu"));

    /// <summary>e^x K₁(x), which does not vanish for large x. Derivative: e^x (K₁(x) - (K₀(x) + K₂(x)) / 2).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>inf at 0, NaN for negative numbers. Relative accuracy: 1e-15, measured against 40 digits up to 30000.</remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor ScaledModifiedBesselK1(Tensor input) =>
        MapOp.Apply(new Ops.BesselK(1, true), Wide(input, "scaled_modified_bessel_k1_cpu"));

    /// <summary>The spherical Bessel function j₀(x) = sin(x) / x, 1 at 0. Derivative: -j₁(x).</summary>
    /// <param name="input">Float32 or float64; integers give the default floating-point dtype.</param>
    /// <remarks>
    /// 0 at both infinities. Accuracy: 1e-15, relative below 1 and of the amplitude 1 / x above, measured against 40 digits.
    /// </remarks>
    /// <exception cref="DTypeException">The tensor is float16 or bfloat16.</exception>
    public static Tensor SphericalBesselJ0(Tensor input) =>
        MapOp.Apply(new Ops.SphericalBesselJ(0), Wide(input, "spherical_bessel_j0_cpu"));
}
