using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Kernels;

namespace Nabla;

// The kernels of arithmetic on whole vectors.
internal static partial class Ops
{
    /// <summary>z[i] = op(x[i], number), or op(number, x[i]) if swapped, for the operations that have such a loop; else false.</summary>
    internal static bool WithNumber<TOp, T>(ReadOnlySpan<T> x, T number, Span<T> z, bool swap) where T : unmanaged
    {
        if (typeof(TOp) == typeof(Add)) Lanes.Map(new Bound<AddLanes<T>, T>(number, swap), x, z);
        else if (typeof(TOp) == typeof(Sub)) Lanes.Map(new Bound<SubLanes<T>, T>(number, swap), x, z);
        else if (typeof(TOp) == typeof(Mul)) Lanes.Map(new Bound<MulLanes<T>, T>(number, swap), x, z);
        else if (typeof(TOp) == typeof(Div)) Lanes.Map(new Bound<DivLanes<T>, T>(number, swap), x, z);
        else return false;
        return true;
    }

    private readonly struct Bound<TLanes, T>(T number, bool swap) : ILaneMap<T> where TLanes : struct, ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) =>
            swap ? default(TLanes).Invoke(Vector.Create(number), x) : default(TLanes).Invoke(x, Vector.Create(number));
    }

    private readonly struct AddLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x + y;
    }

    private readonly struct AddScaledLanes<T>(T alpha) : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y)
        {
            if (typeof(T) == typeof(float))
                return Vector.MultiplyAddEstimate(y.As<T, float>(), Vector.Create(alpha).As<T, float>(), x.As<T, float>()).As<float, T>();
            if (typeof(T) == typeof(double))
            {
                Vector<double> a = Vector.Create(alpha).As<T, double>();
                return Vector.MultiplyAddEstimate(y.As<T, double>(), a, x.As<T, double>()).As<double, T>();
            }
            return y * Vector.Create(alpha) + x;
        }
    }

    private readonly struct SubLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x - y;
    }

    private readonly struct MulLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x * y;
    }

    private readonly struct DivLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x / y;
    }

    private readonly struct NegLanes<T> : ILaneMap<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x)
        {
            if (typeof(T) == typeof(float)) return (x.As<T, float>() ^ Vector.Create(-0f)).As<float, T>();
            if (typeof(T) == typeof(double)) return (x.As<T, double>() ^ Vector.Create(-0.0)).As<double, T>();
            return Vector<T>.Zero - x;
        }
    }

    private readonly struct AbsLanes<T> : ILaneMap<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => typeof(T) == typeof(float) || typeof(T) == typeof(double)
            ? Vector.Abs(x)
            : Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero - x, x);
    }

    private readonly struct SignLanes<T> : ILaneMap<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One,
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero - Vector<T>.One, Vector<T>.Zero));
    }
}
