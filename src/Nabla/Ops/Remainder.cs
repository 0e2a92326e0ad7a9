using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    private static bool IsFloat<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double);

    private static DType NotForBool(DType promoted, string kernel)
    {
        if (promoted == DType.Bool) Throw.NotImplementedFor(kernel, promoted);
        return promoted;
    }

    /// <summary>x / y without its fraction; the derivative is zero wherever it exists.</summary>
    public readonly record struct DivTrunc : INumberZip<DivTrunc>
    {
        static string IOperation<DivTrunc>.NodeName(DivTrunc op) => "DivBackward2";
        static Saves IZip<DivTrunc>.ForX => Saves.None;
        static Saves IZip<DivTrunc>.ForY => Saves.None;
        static DType IZip<DivTrunc>.ComputeType(DType promoted) => NotForBool(promoted, "div_trunc_cpu");

        static void IZip<DivTrunc>.Run(DivTrunc op, Tensor x, Tensor y, Tensor z)
        {
            Kernels.Divisor.Check("Div", y);
            Kernels.Zip.Number(op, x, y, z);
        }

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            for (int i = 0; i < z.Length; i++) z[i] = Quotient(x[i], y[i]);
        }

        /// <summary>x / y cut off; in integers, MinValue / -1 would trap, and wraps instead.</summary>
        internal static T Quotient<T>(T x, T y) where T : unmanaged, INumber<T>
        {
            if (typeof(T) == typeof(float)) return (T)(object)MathF.Truncate((float)(object)x / (float)(object)y);
            if (typeof(T) == typeof(double)) return (T)(object)Math.Truncate((double)(object)x / (double)(object)y);
            return y == T.Zero - T.One && typeof(T) != typeof(byte) ? T.Zero - x : x / y;
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    /// <summary>⌊x / y⌋; the derivative is zero wherever it exists.</summary>
    public readonly record struct DivFloor : INumberZip<DivFloor>
    {
        static string IOperation<DivFloor>.NodeName(DivFloor op) => "DivBackward2";
        static Saves IZip<DivFloor>.ForX => Saves.None;
        static Saves IZip<DivFloor>.ForY => Saves.None;
        static DType IZip<DivFloor>.ComputeType(DType promoted) => NotForBool(promoted, "div_floor_cpu");

        static void IZip<DivFloor>.Run(DivFloor op, Tensor x, Tensor y, Tensor z)
        {
            Kernels.Divisor.Check("FloorDivide", y);
            Kernels.Zip.Number(op, x, y, z);
        }

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>()) VectorZip.Run<FloorDivideZip, T>(x, y, z);
            else if (typeof(T) == typeof(long) && Vector.IsHardwareAccelerated) Lanes.Zip(new FloorDivideLanes<T>(), x, y, z);
            else for (int i = 0; i < z.Length; i++) z[i] = Integers(x[i], y[i]);
        }

        internal static T Integers<T>(T x, T y) where T : unmanaged, INumber<T>
        {
            T q = DivTrunc.Quotient(x, y);
            return T.IsNegative(x) != T.IsNegative(y) && q * y != x ? q - T.One : q;
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    /// <summary>⌊x / y⌋ of 64-bit integers below 2^52 by a quotient of doubles, too large by one at most; else one by one.</summary>
    private readonly struct FloorDivideLanes<T> : ILaneZip<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y)
        {
            Vector<long> a = x.As<T, long>(), b = y.As<T, long>(), limit = Vector.Create(1L << 52);
            if (Vector.GreaterThanAny(a, limit) || Vector.LessThanAny(a, -limit) || Vector.GreaterThanAny(b, limit)
                || Vector.LessThanAny(b, -limit)) return OneByOne(x, y);
            Vector<long> q = Vector.ConvertToInt64(Vector.Floor(Vector.ConvertToDouble(a) / Vector.ConvertToDouble(b))), rest = a - q * b;
            // Rounding reaches the next integer at most; the remainder then lacks the divisor's sign. A comparison is -1 where it holds.
            Vector<long> above = Vector.LessThan(rest ^ b, Vector<long>.Zero) & ~Vector.Equals(rest, Vector<long>.Zero);
            return (q + above).As<long, T>();
        }

        /// <summary>Lanes beyond the operands' ends are 0 / 0.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static Vector<T> OneByOne(Vector<T> x, Vector<T> y)
        {
            Vector<T> z = default;
            for (int i = 0; i < Vector<T>.Count; i++)
                if (y[i] != T.Zero) z = z.WithElement(i, DivFloor.Integers(x[i], y[i]));
            return z;
        }
    }

    /// <summary>x - y·⌊x / y⌋: the remainder with the sign of y.</summary>
    public readonly record struct Remainder(bool Number) : INumberZip<Remainder>
    {
        static string IOperation<Remainder>.NodeName(Remainder op) => op.Number ? "RemainderBackward0" : "RemainderBackward1";
        static Saves IZip<Remainder>.ForX => Saves.None;
        static Saves IZip<Remainder>.ForY => Saves.X | Saves.Y;
        static DType IZip<Remainder>.ComputeType(DType promoted) => NotForBool(promoted, "remainder_cpu");

        static void IZip<Remainder>.Run(Remainder op, Tensor x, Tensor y, Tensor z)
        {
            Kernels.Divisor.Check("Remainder", y);
            Kernels.Zip.Number(op, x, y, z);
        }

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>())
            {
                VectorZip.Run<RemainderZip, T>(x, y, z);
                return;
            }
            for (int i = 0; i < z.Length; i++)
            {
                T b = y[i], r = Fmod.Rest(x[i], b);
                z[i] = r != T.Zero && T.IsNegative(r) != T.IsNegative(b) ? r + b : r;
            }
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -d * x.Div(y, "floor");
    }

    /// <summary>x - y·trunc(x / y): the remainder with the sign of x.</summary>
    public readonly record struct Fmod(bool Number) : INumberZip<Fmod>
    {
        static string IOperation<Fmod>.NodeName(Fmod op) => op.Number ? "FmodBackward0" : "FmodBackward1";
        static Saves IZip<Fmod>.ForX => Saves.None;
        static Saves IZip<Fmod>.ForY => Saves.X | Saves.Y;
        static DType IZip<Fmod>.ComputeType(DType promoted) => NotForBool(promoted, "fmod_cpu");

        static void IZip<Fmod>.Run(Fmod op, Tensor x, Tensor y, Tensor z)
        {
            Kernels.Divisor.Check("FMod", y);
            Kernels.Zip.Number(op, x, y, z);
        }

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>()) VectorZip.Run<FmodZip, T>(x, y, z);
            else for (int i = 0; i < z.Length; i++) z[i] = Rest(x[i], y[i]);
        }

        /// <summary>x % y; in integers, MinValue % -1 would trap, and is 0 instead.</summary>
        internal static T Rest<T>(T x, T y) where T : unmanaged, INumber<T> =>
            y == T.Zero - T.One && typeof(T) != typeof(byte) ? T.Zero : x % y;

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -d * x.Div(y, "trunc");
    }

    /// <summary>The greatest common divisor, never negative; gcd(0, 0) = 0.</summary>
    public readonly record struct Gcd : IBitZip<Gcd>
    {
        static DType IZip<Gcd>.ComputeType(DType promoted) => IntegersOnly(promoted, "gcd_cpu");

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T>
        {
            for (int i = 0; i < z.Length; i++) z[i] = Of(x[i], y[i]);
        }

        internal static T Of<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>
        {
            while (b != T.Zero) (a, b) = (b, Fmod.Rest(a, b));
            return T.IsNegative(a) ? T.Zero - a : a;
        }

        internal static DType IntegersOnly(DType promoted, string kernel)
        {
            if (!promoted.IsInteger()) Throw.NotImplementedFor(kernel, promoted);
            return promoted;
        }
    }

    /// <summary>The least common multiple, never negative; 0 if an operand is 0.</summary>
    public readonly record struct Lcm : IBitZip<Lcm>
    {
        static DType IZip<Lcm>.ComputeType(DType promoted) => Gcd.IntegersOnly(promoted, "lcm_cpu");

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IBinaryInteger<T>
        {
            for (int i = 0; i < z.Length; i++)
            {
                T g = Gcd.Of(x[i], y[i]), m = g == T.Zero ? g : DivTrunc.Quotient(x[i], g) * y[i];
                z[i] = T.IsNegative(m) ? T.Zero - m : m;
            }
        }
    }
}

public sealed partial class Tensor
{
    /// <summary>x / y rounded to an integer, broadcast; integers stay integers. The gradient of a rounded quotient is 0.</summary>
    /// <param name="other">y.</param>
    /// <param name="roundingMode">"trunc" towards zero, "floor" downwards, null for no rounding.</param>
    /// <exception cref="DivideByZeroException">The quotient of integers is rounded, and a divisor is 0.</exception>
    /// <exception cref="ArgumentException">The rounding mode is none of these.</exception>
    public Tensor Div(Tensor other, string? roundingMode) => Rounds(roundingMode) switch
    {
        'n' => Div(other),
        't' => ZipOp.Apply(new Ops.DivTrunc(), this, other),
        _ => ZipOp.Apply(new Ops.DivFloor(), this, other),
    };

    /// <inheritdoc cref="Div(Tensor, string?)"/>
    public Tensor Div(Scalar other, string? roundingMode) =>
        Rounds(roundingMode) == 'n' ? Div(other) : Div(ScalarCache.Get(other, dtype), roundingMode);

    /// <summary>x = x / y rounded as by <see cref="Div(Tensor, string?)"/>.</summary>
    public Tensor Div_(Tensor other, string? roundingMode) => Rounds(roundingMode) switch
    {
        'n' => Div_(other),
        't' => ZipOp.InPlace(new Ops.DivTrunc(), this, other),
        _ => ZipOp.InPlace(new Ops.DivFloor(), this, other),
    };

    /// <inheritdoc cref="Div_(Tensor, string?)"/>
    public Tensor Div_(Scalar other, string? roundingMode) =>
        Rounds(roundingMode) == 'n' ? Div_(other) : Div_(ScalarCache.Get(other, dtype), roundingMode);

    private static char Rounds(string? mode)
    {
        if (mode is not (null or "trunc" or "floor"))
            throw new ArgumentException(
                $"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'", nameof(mode));
        return mode is null ? 'n' : mode[0];
    }

    /// <summary>⌊x / y⌋, broadcast; integers stay integers. The gradient is 0.</summary>
    /// <exception cref="DivideByZeroException">An integer divisor is 0.</exception>
    public Tensor FloorDivide(Tensor other) => ZipOp.Apply(new Ops.DivFloor(), this, other);
    /// <summary>⌊x / y⌋ for a plain number.</summary>
    public Tensor FloorDivide(Scalar other) => ZipOp.Apply(new Ops.DivFloor(), this, other);
    /// <summary>x = ⌊x / y⌋.</summary>
    public Tensor FloorDivide_(Tensor other) => ZipOp.InPlace(new Ops.DivFloor(), this, other);
    /// <summary>x = ⌊x / y⌋ for a plain number.</summary>
    public Tensor FloorDivide_(Scalar other) => ZipOp.InPlace(new Ops.DivFloor(), this, other);

    /// <summary>x - y·⌊x / y⌋: the remainder with the sign of y, broadcast.</summary>
    /// <exception cref="DivideByZeroException">An integer divisor is 0.</exception>
    public Tensor Remainder(Tensor other) => ZipOp.Apply(new Ops.Remainder(), this, other);
    /// <summary>x - y·⌊x / y⌋ for a plain number.</summary>
    public Tensor Remainder(Scalar other) => ZipOp.Apply(new Ops.Remainder(true), this, other);
    /// <summary>x = x - y·⌊x / y⌋.</summary>
    public Tensor Remainder_(Tensor other) => ZipOp.InPlace(new Ops.Remainder(), this, other);
    /// <summary>x = x - y·⌊x / y⌋ for a plain number.</summary>
    public Tensor Remainder_(Scalar other) => ZipOp.InPlace(new Ops.Remainder(true), this, other);

    /// <summary>x - y·trunc(x / y): the remainder with the sign of x, broadcast, as C's % and fmod.</summary>
    /// <exception cref="DivideByZeroException">An integer divisor is 0.</exception>
    public Tensor FMod(Tensor other) => ZipOp.Apply(new Ops.Fmod(), this, other);
    /// <summary>x - y·trunc(x / y) for a plain number.</summary>
    public Tensor FMod(Scalar other) => ZipOp.Apply(new Ops.Fmod(true), this, other);
    /// <summary>x = x - y·trunc(x / y).</summary>
    public Tensor FMod_(Tensor other) => ZipOp.InPlace(new Ops.Fmod(), this, other);
    /// <summary>x = x - y·trunc(x / y) for a plain number.</summary>
    public Tensor FMod_(Scalar other) => ZipOp.InPlace(new Ops.Fmod(true), this, other);

    /// <summary>The greatest common divisor of integers, broadcast; never negative, gcd(0, 0) = 0.</summary>
    /// <exception cref="DTypeException">An operand is not of an integer dtype.</exception>
    public Tensor Gcd(Tensor other) => ZipOp.Apply(new Ops.Gcd(), this, other);
    /// <summary>x = gcd(x, y).</summary>
    public Tensor Gcd_(Tensor other) => ZipOp.InPlace(new Ops.Gcd(), this, other);

    /// <summary>The least common multiple of integers, broadcast; never negative, 0 if an operand is 0.</summary>
    /// <exception cref="DTypeException">An operand is not of an integer dtype.</exception>
    public Tensor Lcm(Tensor other) => ZipOp.Apply(new Ops.Lcm(), this, other);
    /// <summary>x = lcm(x, y).</summary>
    public Tensor Lcm_(Tensor other) => ZipOp.InPlace(new Ops.Lcm(), this, other);
}
