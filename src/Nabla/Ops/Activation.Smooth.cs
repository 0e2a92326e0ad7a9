using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>1 / (1 + e^-x)</summary>
    public readonly record struct Sigmoid : IFloatMap<Sigmoid>
    {
        static Tensor IMap<Sigmoid>.OnComplex(Sigmoid op, Tensor x) => ((-x).Exp() + 1.0).Reciprocal();
        static Saves IMap<Sigmoid>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Sigmoid(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new SigmoidBackward(), d, y);
    }

    /// <summary>d · (1 - y) · y: the derivative of the sigmoid, from its result</summary>
    public readonly record struct SigmoidBackward : IFloatZip<SigmoidBackward>
    {
        static Saves IZip<SigmoidBackward>.ForX => Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new SigmoidSlope<T>(), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x * (1 - 2 * y);
    }

    /// <summary>ln(1 / (1 + e^-x))</summary>
    public readonly record struct LogSigmoid : IFloatMap<LogSigmoid>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.LogSigmoid(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Neg().Sigmoid();
    }

    /// <summary>ln(1 + e^(Beta · x)) / Beta, and x where Beta · x is above Threshold</summary>
    public readonly record struct Softplus(double Beta, double Threshold) : IFloatMap<Softplus>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMath.Softplus(x, y, Beta, Threshold);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.Where(x * Beta > Threshold, d, d * (x * Beta).Sigmoid());
    }

    /// <summary>x · Φ(x), Φ the normal distribution function, or its approximation by tanh</summary>
    public readonly record struct Gelu(bool Tanh) : IFloatMap<Gelu>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (Tanh) VectorMath.GeluTanh(x, y);
            else VectorMath.Gelu(x, y);
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new GeluBackward(Tanh), d, x);
    }

    /// <summary>d · gelu'(x)</summary>
    public readonly record struct GeluBackward(bool Tanh) : IFloatZip<GeluBackward>
    {
        static Saves IZip<GeluBackward>.ForX => Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (Tanh) VectorZip.Run<GeluTanhSlope, T>(x, y, z);
            else VectorZip.Run<GeluSlope, T>(x, y, z);
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x * (Tanh ? SecondOfTanh(y) : Second(y));

        // gelu'' = φ(x) (2 - x²)
        private static Tensor Second(Tensor x)
        {
            Tensor square = x * x;
            return (square * -0.5).Exp() * (2 - square) * 0.39894228040143268;
        }

        // With u = k (x + c x³) and t = tanh u: t' = (1 - t²) u', t'' = (1 - t²) (u'' - 2 t u'²), gelu'' = t' + x t'' / 2.
        private static Tensor SecondOfTanh(Tensor x)
        {
            const double k = 0.79788456080286536, c = 0.044715;
            Tensor square = x * x, t = (k * x * (1 + c * square)).Tanh(), u1 = k * (1 + 3 * c * square), u2 = 6 * k * c * x, s = 1 - t * t;
            return s * u1 + 0.5 * x * s * (u2 - 2 * t * u1 * u1);
        }
    }

    /// <summary>x / (1 + e^-x)</summary>
    public readonly record struct Silu : IFloatMap<Silu>
    {
        static Tensor IMap<Silu>.OnComplex(Silu op, Tensor x) => x / ((-x).Exp() + 1.0);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Silu(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new SiluBackward(), d, x);
    }

    /// <summary>d · silu'(x)</summary>
    public readonly record struct SiluBackward : IFloatZip<SiluBackward>
    {
        static Saves IZip<SiluBackward>.ForX => Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<SiluSlope, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);

        // silu'' = s (1 - s) (2 + x (1 - 2 s))
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z)
        {
            Tensor s = y.Sigmoid();
            return d * x * (s * (1 - s)) * (2 + y * (1 - 2 * s));
        }
    }

    /// <summary>x · tanh(ln(1 + e^x))</summary>
    public readonly record struct Mish : IFloatMap<Mish>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Mish(x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y)
        {
            Tensor t = Functional.Softplus(x).Tanh();
            return d * (t + x * x.Sigmoid() * (1 - t * t));
        }
    }

    /// <summary>x · σ(y)</summary>
    public readonly record struct Gate : IFloatZip<Gate>
    {
        static Saves IZip<Gate>.ForX => Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<GateZip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(new GateBackward(), d * x, y);
    }

    /// <summary>x · σ'(y)</summary>
    public readonly record struct GateBackward : IFloatZip<GateBackward>
    {
        static Saves IZip<GateBackward>.ForX => Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<GateSlope, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        // σ'' = σ' (1 - 2 σ)
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d * x, y) * (1 - 2 * y.Sigmoid());
    }

    /// <summary>a · σ(b), a and b being the two halves of a dimension; only the whole is kept.</summary>
    public readonly record struct Glu(int Dim) : IOp<Glu>
    {
        static bool IOp<Glu>.SavesOutput(Glu op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor a, Tensor b) = Halves(x[0].Detach());
            return [ZipOp.Apply(new Gate(), a, b)];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            (Tensor a, Tensor b) = Halves(x[0]);
            into[0] = Tensor.Cat([ZipOp.Apply(new Gate(), g[0]!, b), ZipOp.Apply(new GateBackward(), g[0]! * a, b)], Dim);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            (Tensor a, Tensor b) = Halves(x[0]);
            (Tensor da, Tensor db) = Halves(t[0]!);
            return [ZipOp.Apply(new Gate(), da, b) + ZipOp.Apply(new GateBackward(), a * db, b)];
        }

        private (Tensor, Tensor) Halves(Tensor x)
        {
            long half = x.Size(Dim) / 2;
            return (x.Narrow(Dim, 0, half), x.Narrow(Dim, half, half));
        }
    }
}
