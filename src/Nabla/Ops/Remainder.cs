using System.Numerics;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>x - y·⌊x / y⌋: the remainder with the sign of y.</summary>
    public readonly record struct Remainder : INumberZip<Remainder>
    {
        static Saves IZip<Remainder>.ForX => Saves.None;
        static Saves IZip<Remainder>.ForY => Saves.X | Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            for (int i = 0; i < z.Length; i++)
            {
                T b = y[i];
                // In integers, MinValue % -1 would trap.
                T r = b == -T.One && !T.IsNaN(x[i]) && !T.IsInfinity(x[i]) ? T.Zero : x[i] % b;
                z[i] = r != T.Zero && T.IsNegative(r) != T.IsNegative(b) ? r + b : r;
            }
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -d * x.Div(y).Floor();
    }
}

public sealed partial class Tensor
{
    /// <summary>x - y·⌊x / y⌋: the remainder with the sign of y, broadcast.</summary>
    /// <exception cref="DivideByZeroException">An integer divisor is 0.</exception>
    public Tensor Remainder(Tensor other) => Zip.Apply(new Ops.Remainder(), this, other);
    /// <summary>x - y·⌊x / y⌋ for a plain number.</summary>
    public Tensor Remainder(Scalar other) => Zip.Apply(new Ops.Remainder(), this, other);
    /// <summary>x = x - y·⌊x / y⌋.</summary>
    public Tensor Remainder_(Tensor other) => Zip.InPlace(new Ops.Remainder(), this, other);
    /// <summary>x = x - y·⌊x / y⌋ for a plain number.</summary>
    public Tensor Remainder_(Scalar other) => Zip.InPlace(new Ops.Remainder(), this, other);
}
