using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Kernels;

namespace Nabla;

// The predicates on whole vectors: all bits of a lane are set where they hold.
internal static partial class Ops
{
    private readonly struct EqLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Equals(x, y);
    }

    private readonly struct NeLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => ~Vector.Equals(x, y);
    }

    private readonly struct LtLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.LessThan(x, y);
    }

    private readonly struct LeLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.LessThanOrEqual(x, y);
    }

    private readonly struct GtLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.GreaterThan(x, y);
    }

    private readonly struct GeLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.GreaterThanOrEqual(x, y);
    }

    private readonly struct LogicalAndLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => ~(Vector.Equals(x, Vector<T>.Zero) | Vector.Equals(y, Vector<T>.Zero));
    }

    private readonly struct LogicalOrLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => ~(Vector.Equals(x, Vector<T>.Zero) & Vector.Equals(y, Vector<T>.Zero));
    }

    private readonly struct LogicalXorLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Equals(x, Vector<T>.Zero) ^ Vector.Equals(y, Vector<T>.Zero);
    }

    private readonly struct LogicalNotLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Equals(x, Vector<T>.Zero);
    }

    private readonly struct IsNaNLanes<T> : ILaneZip<T> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => ~Vector.Equals(x, x);
    }
}
