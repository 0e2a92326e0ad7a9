using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>x^Exponent for floating-point x; the exponents -2, -1, ±1/2, 1, 2, 3 are products, quotients and roots.</summary>
    public readonly record struct PowNumber(double Exponent) : IFloatMap<PowNumber>
    {
        static Tensor IMap<PowNumber>.OnComplex(PowNumber op, Tensor x) => Complexes.Power(x, Tensor.FullLike(x, op.Exponent));
        static string IOperation<PowNumber>.NodeName(PowNumber op) => "PowBackward0";

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMath.Pow(x, T.CreateTruncating(Exponent), y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Exponent switch
        {
            0 => Tensor.ZerosLike(d),
            1 => d,
            2 => d * (x * 2),
            _ => d * (x.Pow(Exponent - 1) * Exponent),
        };
    }

    /// <summary>x^Exponent for integers; the result wraps.</summary>
    public readonly record struct PowInteger(long Exponent) : INumberMap<PowInteger>
    {
        static Tensor IMap<PowInteger>.OnComplex(PowInteger op, Tensor x) => Complexes.Power(x, Tensor.FullLike(x, op.Exponent));
        static bool IOperation<PowInteger>.Differentiable => false;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T>
        {
            for (int i = 0; i < x.Length; i++) y[i] = Pow.Integer(x[i], Exponent);
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => throw new InvalidOperationException("Integers have no derivative.");
    }

    /// <summary>x^y; in integers it wraps, and negative exponents give 0 except for bases 1 and -1.</summary>
    public readonly record struct Pow(bool NumberBase) : INumberZip<Pow>
    {
        static Tensor IZip<Pow>.OnComplex(Pow op, Tensor x, Tensor y) => Complexes.Power(x, y);
        static string IOperation<Pow>.NodeName(Pow op) => op.NumberBase ? "PowBackward2" : "PowBackward1";
        static Saves IZip<Pow>.ForY => Saves.X | Saves.Y | Saves.Result;
        static DType IZip<Pow>.ComputeType(DType promoted) => NotForBool(promoted, "pow");

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>()) VectorMath.Pow(x, y, z);
            else
                for (int i = 0; i < z.Length; i++) z[i] = Integer(x[i], long.CreateTruncating(y[i]));
        }

        /// <summary>By repeated squaring.</summary>
        internal static T Integer<T>(T x, long exponent) where T : unmanaged, INumber<T>
        {
            T minus = T.Zero - T.One, result = T.One;
            if (exponent < 0)
                return x == T.One || (x == minus && exponent % 2 == 0) ? T.One : x == minus && T.IsNegative(x) ? minus : T.Zero;
            for (; exponent > 0; exponent >>= 1, x *= x)
                if ((exponent & 1) != 0) result *= x;
            return result;
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => (d * (y * x.Pow(y - 1))).ZeroWhere(y == 0);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) =>
            (d * (z * x.To(z.dtype).Log())).ZeroWhere((x == 0).LogicalAnd(y >= 0));
    }
}

public sealed partial class Tensor
{
    /// <summary>x^y for a plain number y. Integers with an integer exponent stay integers and wrap. The gradient of x^0 is 0.</summary>
    /// <param name="exponent">y.</param>
    /// <exception cref="ArgumentException">An integer tensor is raised to a negative integer.</exception>
    public Tensor Pow(Scalar exponent)
    {
        DType result = PowType(exponent);
        return result.IsFloatingPoint()
            ? MapOp.Apply(new Ops.PowNumber(exponent.ToDouble()), To(result))
            : MapOp.Apply(new Ops.PowInteger(exponent.ToInt64()), To(result));
    }

    /// <summary>The same; languages that choose among conversions less freely than C# need it: <c>x.Pow(2)</c> in F#.</summary>
    public Tensor Pow(int exponent) => Pow((Scalar)exponent);

    /// <inheritdoc cref="Pow(int)"/>
    public Tensor Pow(long exponent) => Pow((Scalar)exponent);

    /// <inheritdoc cref="Pow(int)"/>
    public Tensor Pow(double exponent) => Pow((Scalar)exponent);

    /// <summary>x^y, broadcast. The gradient by x is 0 where y = 0, that by y is 0 where x = 0 and y ≥ 0.</summary>
    /// <exception cref="DTypeException">Both are bool.</exception>
    public Tensor Pow(Tensor exponent) => ZipOp.Apply(new Ops.Pow(), this, exponent);

    /// <summary>x^y for a plain number x.</summary>
    public static Tensor Pow(Scalar self, Tensor exponent) => ZipOp.Apply(new Ops.Pow(true), self, exponent);

    /// <summary>x = x^y for a plain number y.</summary>
    /// <inheritdoc cref="Pow(Scalar)"/>
    public Tensor Pow_(Scalar exponent)
    {
        DType result = PowType(exponent);
        if (result != dtype) Throw.CannotCast("Pow_", result, dtype);
        return result.IsFloatingPoint()
            ? MapOp.InPlace(new Ops.PowNumber(exponent.ToDouble()), this)
            : MapOp.InPlace(new Ops.PowInteger(exponent.ToInt64()), this);
    }

    /// <summary>x = x^y.</summary>
    public Tensor Pow_(Tensor exponent) => ZipOp.InPlace(new Ops.Pow(), this, exponent);

    /// <summary>x²</summary>
    public Tensor Square() => Pow(2);
    /// <summary>x = x²</summary>
    public Tensor Square_() => Pow_(2);

    /// <summary>x^y computed in float64 whatever the dtypes, broadcast.</summary>
    public Tensor FloatPower(Tensor exponent) => Widest(this).Pow(Widest(exponent));
    /// <summary>x^y computed in float64, for a plain number y.</summary>
    public Tensor FloatPower(Scalar exponent) => Widest(this).Pow(exponent.IsComplex ? exponent : exponent.ToDouble());
    /// <summary>x^y computed in float64, for a plain number x.</summary>
    public static Tensor FloatPower(Scalar self, Tensor exponent) =>
        Pow(self.IsComplex ? self : self.ToDouble(), Widest(exponent));
    /// <summary>x = x^y for a float64 tensor.</summary>
    /// <exception cref="DTypeException">The tensor is not float64.</exception>
    public Tensor FloatPower_(Tensor exponent) => DoubleOnly().Pow_(exponent.To(DType.Float64));
    /// <summary>x = x^y for a float64 tensor and a plain number y.</summary>
    /// <exception cref="DTypeException">The tensor is not float64.</exception>
    public Tensor FloatPower_(Scalar exponent) => DoubleOnly().Pow_(exponent.ToDouble());

    private static Tensor Widest(Tensor x) => x.To(x.dtype.IsComplex() ? DType.Complex128 : DType.Float64);

    private DType PowType(Scalar exponent)
    {
        DType result = Promotion.Result(dtype, exponent);
        if (result == DType.Bool) Throw.NotImplementedFor("pow", result);
        if (!result.IsFloatingPoint() && exponent.ToInt64() < 0)
            throw new ArgumentException($"Integers to negative integer powers are not allowed. The tensor is {dtype.Name()}, the " +
                $"exponent {exponent}; " +
                "convert the tensor to floating point first.", nameof(exponent));
        return result;
    }

    private Tensor DoubleOnly()
    {
        if (dtype != DType.Float64)
            Throw.Types($"the base given to float_power_ has dtype {dtype.ScalarName()} but the operation's result requires dtype Double");
        return this;
    }
}
