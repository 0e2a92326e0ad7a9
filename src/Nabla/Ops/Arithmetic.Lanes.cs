using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

// The kernels of arithmetic on whole vectors.
internal static partial class Ops
{
    private readonly struct AddLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x + y;
    }

    private readonly struct AddScaledLanes<T>(T alpha) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y)
        {
            if (typeof(T) == typeof(float))
                return Vector.MultiplyAddEstimate(y.As<T, float>(), Vector.Create(alpha).As<T, float>(), x.As<T, float>()).As<float, T>();
            if (typeof(T) == typeof(double))
                return Vector.MultiplyAddEstimate(y.As<T, double>(), Vector.Create(alpha).As<T, double>(), x.As<T, double>()).As<double, T>();
            return y * Vector.Create(alpha) + x;
        }
    }

    private readonly struct SubLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x - y;
    }

    private readonly struct MulLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x * y;
    }

    private readonly struct DivLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x / y;
    }

    private readonly struct NegLanes<T> : ILaneMap<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x)
        {
            if (typeof(T) == typeof(float)) return (x.As<T, float>() ^ Vector.Create(-0f)).As<float, T>();
            if (typeof(T) == typeof(double)) return (x.As<T, double>() ^ Vector.Create(-0.0)).As<double, T>();
            return Vector<T>.Zero - x;
        }
    }

    private readonly struct AbsLanes<T> : ILaneMap<T> where T : unmanaged, INumber<T>
    {
        public Vector<T> Invoke(Vector<T> x) => typeof(T) == typeof(float) || typeof(T) == typeof(double)
            ? Vector.Abs(x)
            : Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero - x, x);
    }

    private readonly struct SignLanes<T> : ILaneMap<T> where T : unmanaged, INumber<T>
    {
        public Vector<T> Invoke(Vector<T> x) => Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One,
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero - Vector<T>.One, Vector<T>.Zero));
    }
}
