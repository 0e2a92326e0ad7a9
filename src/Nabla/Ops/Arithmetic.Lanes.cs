using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Kernels;

namespace Nabla;

// The kernels of arithmetic on whole vectors.
internal static partial class Ops
{
    /// <summary>z[i] = x[i] · y[i].</summary>
    internal static void Product<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged =>
        Lanes.Zip(new MulLanes<T>(), x, y, z);

    /// <summary>z[i] = op(x[i], number), or op(number, x[i]) if swapped, for the operations that have such a loop; else false.</summary>
    internal static bool WithNumber<TOp, T>(ReadOnlySpan<T> x, T number, Span<T> z, bool swap) where T : unmanaged
    {
        if (typeof(TOp) == typeof(Add)) Bind<AddLanes<T>, T>(x, number, z, swap);
        else if (typeof(TOp) == typeof(Sub)) Bind<SubLanes<T>, T>(x, number, z, swap);
        else if (typeof(TOp) == typeof(Mul)) Bind<MulLanes<T>, T>(x, number, z, swap);
        else if (typeof(TOp) == typeof(Div)) Bind<DivLanes<T>, T>(x, number, z, swap);
        else return false;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Bind<TLanes, T>(ReadOnlySpan<T> x, T number, Span<T> z, bool swap) where TLanes : struct, ILaneZip<T>
        where T : unmanaged
    {
        if (swap) Lanes.Map(new NumberFirst<TLanes, T>(Vector.Create(number)), x, z);
        else Lanes.Map(new NumberSecond<TLanes, T>(Vector.Create(number)), x, z);
    }

    private readonly struct NumberFirst<TLanes, T>(Vector<T> number) : ILaneMap<T> where TLanes : struct, ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => default(TLanes).Invoke(number, x);
    }

    private readonly struct NumberSecond<TLanes, T>(Vector<T> number) : ILaneMap<T> where TLanes : struct, ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => default(TLanes).Invoke(x, number);
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
