using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Kernels;

namespace Nabla;

// The kernels of piecewise functions on whole vectors.
internal static partial class Ops
{
    private readonly struct ThresholdLanes<T>(T limit, T value) : ILaneMap<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) =>
            Vector.ConditionalSelect(Vector.LessThanOrEqual(x, Vector.Create(limit)), Vector.Create(value), x);
    }

    /// <summary>Of zeros the sign is kept, of NaN everything.</summary>
    private readonly struct ReluLanes<T> : ILaneMap<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero, x);
    }

    private readonly struct AboveLanes<T>(T limit) : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> d, Vector<T> x) => Vector.AndNot(d, Vector.LessThanOrEqual(x, Vector.Create(limit)));
    }

    private readonly struct BetweenLanes<T>(T min, T max, T slope, bool nanInside) : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> d, Vector<T> x)
        {
            Vector<T> inside = Vector.GreaterThan(x, Vector.Create(min)) & Vector.LessThan(x, Vector.Create(max));
            if (nanInside) inside |= ~Vector.Equals(x, x);
            return d * Vector.Create(slope) & inside;
        }
    }

    private readonly struct LeakyLanes<T>(T slope) : ILaneMap<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) =>
            Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), x, x * Vector.Create(slope));
    }

    private readonly struct LeakySlopeLanes<T>(T slope) : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> d, Vector<T> x) =>
            Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), d, d * Vector.Create(slope));
    }

    private readonly struct PReluLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> weight) =>
            Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), x, x * weight);
    }

    private readonly struct HardsigmoidLanes<T> : ILaneMap<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => Ramp(x) / Vector.Create(T.CreateTruncating(6));

        /// <summary>min(max(x + 3, 0), 6)</summary>
        internal static Vector<T> Ramp(Vector<T> x) =>
            Vector.Min(Vector.Max(x + Vector.Create(T.CreateTruncating(3)), Vector<T>.Zero), Vector.Create(T.CreateTruncating(6)));
    }

    private readonly struct HardswishLanes<T> : ILaneMap<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x) => x * HardsigmoidLanes<T>.Ramp(x) / Vector.Create(T.CreateTruncating(6));
    }

    private readonly struct HardswishSlope<T> : ILaneZip<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> d, Vector<T> x)
        {
            Vector<T> three = Vector.Create(T.CreateTruncating(3)), inner = d * (x / three + Vector.Create(T.CreateTruncating(0.5)));
            return Vector.ConditionalSelect(Vector.GreaterThan(x, three), d, Vector.AndNot(inner, Vector.LessThan(x, -three)));
        }
    }

    private readonly struct BeyondLanes<T>(T lambda) : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> d, Vector<T> x) => Vector.AndNot(d,
            Vector.LessThanOrEqual(x, Vector.Create(lambda)) & Vector.GreaterThanOrEqual(x, -Vector.Create(lambda)));
    }

    private readonly struct SoftshrinkLanes<T>(T lambda) : ILaneMap<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x)
        {
            Vector<T> l = Vector.Create(lambda), inner = Vector.ConditionalSelect(Vector.LessThan(x, -l), x + l, x * Vector<T>.Zero);
            return Vector.ConditionalSelect(Vector.GreaterThan(x, l), x - l, inner);
        }
    }

    private readonly struct SigmoidSlope<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> d, Vector<T> y) => d * (Vector<T>.One - y) * y;
    }
}
