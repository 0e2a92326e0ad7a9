using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// An associative combination of functions of elements, with an identity; blocks are combined in T, blocks among each other in the wider
/// TAcc.
/// </summary>
internal interface IFold<T, TAcc> where T : unmanaged where TAcc : unmanaged
{
    static abstract T Identity { get; }

    /// <summary>The most elements combined in T.</summary>
    static abstract int Block { get; }

    /// <summary>Whether a result counts as an element: what is combined are the elements themselves, and the end changes nothing.</summary>
    static virtual bool Plain => true;

    static abstract TAcc Start { get; }

    /// <summary>What is combined of an element: itself, unless Plain is false.</summary>
    static virtual T Of(T x) => x;

    static virtual Vector<T> Of(Vector<T> x) => x;
    static abstract T Combine(T a, T b);
    static abstract Vector<T> Combine(Vector<T> a, Vector<T> b);
    static abstract T Across(Vector<T> a);
    static abstract TAcc Add(TAcc total, T part);
    static abstract TAcc Join(TAcc a, TAcc b);
    static abstract T Finish(TAcc total);
}

internal static partial class Reduce
{
    private readonly struct SumOf<T> : IFold<T, T> where T : unmanaged, INumber<T>
    {
        public static T Identity => T.Zero;
        public static int Block => 4096;
        public static T Start => T.Zero;
        public static T Combine(T a, T b) => a + b;
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => a + b;
        public static T Across(Vector<T> a) => Vector.Sum(a);
        public static T Add(T total, T part) => total + part;
        public static T Join(T a, T b) => a + b;
        public static T Finish(T total) => total;
    }

    /// <summary>Sums of float32: blocks in float32, their sums in float64, rounded once.</summary>
    private readonly struct SumFloat : IFold<float, double>
    {
        public static float Identity => 0;
        public static int Block => 2048;
        public static double Start => 0;
        public static float Combine(float a, float b) => a + b;
        public static Vector<float> Combine(Vector<float> a, Vector<float> b) => a + b;
        public static float Across(Vector<float> a) => Vector.Sum(a);
        public static double Add(double total, float part) => total + part;
        public static double Join(double a, double b) => a + b;
        public static float Finish(double total) => (float)total;
    }

    private readonly struct ProdOf<T> : IFold<T, T> where T : unmanaged, INumber<T>
    {
        public static T Identity => T.One;
        public static int Block => 1 << 30;
        public static T Start => T.One;
        public static T Combine(T a, T b) => a * b;
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => a * b;
        public static T Across(Vector<T> a) => OneByOne<ProdOf<T>, T>(a);
        public static T Add(T total, T part) => total * part;
        public static T Join(T a, T b) => a * b;
        public static T Finish(T total) => total;
    }

    private readonly struct MaxOf<T> : IFold<T, T> where T : unmanaged, INumber<T>
    {
        public static T Identity => Lowest<T>();
        public static int Block => 1 << 30;
        public static T Start => Lowest<T>();
        public static T Combine(T a, T b) => T.Max(a, b);
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => Vector.Max(a, b);
        public static T Across(Vector<T> a) => OneByOne<MaxOf<T>, T>(a);
        public static T Add(T total, T part) => T.Max(total, part);
        public static T Join(T a, T b) => T.Max(a, b);
        public static T Finish(T total) => total;
    }

    private readonly struct MinOf<T> : IFold<T, T> where T : unmanaged, INumber<T>
    {
        public static T Identity => Highest<T>();
        public static int Block => 1 << 30;
        public static T Start => Highest<T>();
        public static T Combine(T a, T b) => T.Min(a, b);
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => Vector.Min(a, b);
        public static T Across(Vector<T> a) => OneByOne<MinOf<T>, T>(a);
        public static T Add(T total, T part) => T.Min(total, part);
        public static T Join(T a, T b) => T.Min(a, b);
        public static T Finish(T total) => total;
    }

    /// <summary>Σ |x|: blocks in T, their sums in float64.</summary>
    private readonly struct AbsSum<T> : IFold<T, double> where T : unmanaged, INumber<T>
    {
        public static T Identity => T.Zero;
        public static int Block => 2048;
        public static bool Plain => false;
        public static double Start => 0;
        public static T Of(T x) => T.Abs(x);
        public static Vector<T> Of(Vector<T> x) => Vector.Abs(x);
        public static T Combine(T a, T b) => a + b;
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => a + b;
        public static T Across(Vector<T> a) => Vector.Sum(a);
        public static double Add(double total, T part) => total + double.CreateTruncating(part);
        public static double Join(double a, double b) => a + b;
        public static T Finish(double total) => T.CreateTruncating(total);
    }

    /// <summary>√ Σ x²: blocks in T, their sums in float64.</summary>
    private readonly struct Length<T> : IFold<T, double> where T : unmanaged, INumber<T>
    {
        public static T Identity => T.Zero;
        public static int Block => 2048;
        public static bool Plain => false;
        public static double Start => 0;
        public static T Of(T x) => x * x;
        public static Vector<T> Of(Vector<T> x) => x * x;
        public static T Combine(T a, T b) => a + b;
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => a + b;
        public static T Across(Vector<T> a) => Vector.Sum(a);
        public static double Add(double total, T part) => total + double.CreateTruncating(part);
        public static double Join(double a, double b) => a + b;
        public static T Finish(double total) => T.CreateTruncating(Math.Sqrt(total));
    }

    /// <summary>How many elements are not zero.</summary>
    private readonly struct NonZeros<T> : IFold<T, double> where T : unmanaged, INumber<T>
    {
        public static T Identity => T.Zero;
        public static int Block => 2048;
        public static bool Plain => false;
        public static double Start => 0;
        public static T Of(T x) => x == T.Zero ? T.Zero : T.One;
        public static Vector<T> Of(Vector<T> x) => Vector.AndNot(Vector<T>.One, Vector.Equals(x, Vector<T>.Zero));
        public static T Combine(T a, T b) => a + b;
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => a + b;
        public static T Across(Vector<T> a) => Vector.Sum(a);
        public static double Add(double total, T part) => total + double.CreateTruncating(part);
        public static double Join(double a, double b) => a + b;
        public static T Finish(double total) => T.CreateTruncating(total);
    }

    /// <summary>max |x|; NaN wins.</summary>
    private readonly struct AbsMax<T> : IFold<T, T> where T : unmanaged, INumber<T>
    {
        public static T Identity => T.Zero;
        public static int Block => 1 << 30;
        public static bool Plain => false;
        public static T Start => T.Zero;
        public static T Of(T x) => T.Abs(x);
        public static Vector<T> Of(Vector<T> x) => Vector.Abs(x);
        public static T Combine(T a, T b) => T.Max(a, b);
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => Vector.Max(a, b);
        public static T Across(Vector<T> a) => OneByOne<AbsMax<T>, T>(a);
        public static T Add(T total, T part) => T.Max(total, part);
        public static T Join(T a, T b) => T.Max(a, b);
        public static T Finish(T total) => total;
    }

    /// <summary>min |x|; NaN wins.</summary>
    private readonly struct AbsMin<T> : IFold<T, T> where T : unmanaged, INumber<T>
    {
        public static T Identity => Highest<T>();
        public static int Block => 1 << 30;
        public static bool Plain => false;
        public static T Start => Highest<T>();
        public static T Of(T x) => T.Abs(x);
        public static Vector<T> Of(Vector<T> x) => Vector.Abs(x);
        public static T Combine(T a, T b) => T.Min(a, b);
        public static Vector<T> Combine(Vector<T> a, Vector<T> b) => Vector.Min(a, b);
        public static T Across(Vector<T> a) => OneByOne<AbsMin<T>, T>(a);
        public static T Add(T total, T part) => T.Min(total, part);
        public static T Join(T a, T b) => T.Min(a, b);
        public static T Finish(T total) => total;
    }

    private static T OneByOne<TFold, T>(Vector<T> a) where TFold : struct, IFold<T, T> where T : unmanaged
    {
        T r = a.GetElement(0);
        for (int k = 1; k < Vector<T>.Count; k++) r = TFold.Combine(r, a.GetElement(k));
        return r;
    }

    /// <summary>The identity of the maximum.</summary>
    internal static T Lowest<T>() where T : unmanaged, INumber<T>
    {
        if (typeof(T) == typeof(float)) return T.CreateTruncating(float.NegativeInfinity);
        if (typeof(T) == typeof(double)) return T.CreateTruncating(double.NegativeInfinity);
        return T.CreateSaturating(long.MinValue);
    }

    /// <summary>The identity of the minimum.</summary>
    internal static T Highest<T>() where T : unmanaged, INumber<T>
    {
        if (typeof(T) == typeof(float)) return T.CreateTruncating(float.PositiveInfinity);
        if (typeof(T) == typeof(double)) return T.CreateTruncating(double.PositiveInfinity);
        return T.CreateSaturating(long.MaxValue);
    }
}
