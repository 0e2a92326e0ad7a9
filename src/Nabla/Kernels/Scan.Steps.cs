using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>One step of a running combination, of single numbers and of four side by side.</summary>
internal interface IStep<TAcc> where TAcc : unmanaged
{
    /// <summary>Whether there are vectors of steps.</summary>
    static abstract bool HasLanes { get; }

    /// <summary>Whether an element of a second operand takes part.</summary>
    static abstract bool Two { get; }

    static abstract TAcc Start { get; }

    /// <summary>The next total and the result from the last total and an element of each operand.</summary>
    static abstract (TAcc Total, TAcc Y) Next(TAcc total, TAcc a, TAcc b);

    static abstract (Vector256<TAcc> Total, Vector256<TAcc> Y) Next(Vector256<TAcc> total, Vector256<TAcc> a, Vector256<TAcc> b);
}

internal static partial class Scan
{
    private readonly struct Plus<TAcc> : IStep<TAcc> where TAcc : unmanaged, INumber<TAcc>
    {
        public static bool HasLanes => true;
        public static bool Two => false;
        public static TAcc Start => TAcc.Zero;

        public static (TAcc Total, TAcc Y) Next(TAcc total, TAcc a, TAcc b)
        {
            total += a;
            return (total, total);
        }

        public static (Vector256<TAcc> Total, Vector256<TAcc> Y) Next(Vector256<TAcc> total, Vector256<TAcc> a, Vector256<TAcc> b)
        {
            total += a;
            return (total, total);
        }
    }

    private readonly struct Times<TAcc> : IStep<TAcc> where TAcc : unmanaged, INumber<TAcc>
    {
        public static bool HasLanes => true;
        public static bool Two => false;
        public static TAcc Start => TAcc.One;

        public static (TAcc Total, TAcc Y) Next(TAcc total, TAcc a, TAcc b)
        {
            total *= a;
            return (total, total);
        }

        public static (Vector256<TAcc> Total, Vector256<TAcc> Y) Next(Vector256<TAcc> total, Vector256<TAcc> a, Vector256<TAcc> b)
        {
            total *= a;
            return (total, total);
        }
    }

    /// <summary>The product of what comes before.</summary>
    private readonly struct TimesBefore<TAcc> : IStep<TAcc> where TAcc : unmanaged, INumber<TAcc>
    {
        public static bool HasLanes => true;
        public static bool Two => false;
        public static TAcc Start => TAcc.One;
        public static (TAcc Total, TAcc Y) Next(TAcc total, TAcc a, TAcc b) => (total * a, total);

        public static (Vector256<TAcc> Total, Vector256<TAcc> Y) Next(Vector256<TAcc> total, Vector256<TAcc> a, Vector256<TAcc> b) =>
            (total * a, total);
    }

    /// <summary>b times the product of what comes before.</summary>
    private readonly struct TimesBeforeInto<TAcc> : IStep<TAcc> where TAcc : unmanaged, INumber<TAcc>
    {
        public static bool HasLanes => true;
        public static bool Two => true;
        public static TAcc Start => TAcc.One;
        public static (TAcc Total, TAcc Y) Next(TAcc total, TAcc a, TAcc b) => (total * a, total * b);

        public static (Vector256<TAcc> Total, Vector256<TAcc> Y) Next(Vector256<TAcc> total, Vector256<TAcc> a, Vector256<TAcc> b) =>
            (total * a, total * b);
    }

    /// <summary>b + a · total: a first-order linear recurrence.</summary>
    private readonly struct Affine : IStep<double>
    {
        public static bool HasLanes => true;
        public static bool Two => true;
        public static double Start => 0;

        public static (double Total, double Y) Next(double total, double a, double b)
        {
            total = b + a * total;
            return (total, total);
        }

        public static (Vector256<double> Total, Vector256<double> Y) Next(Vector256<double> total, Vector256<double> a,
            Vector256<double> b)
        {
            total = b + a * total;
            return (total, total);
        }
    }

    /// <summary>b + total, and a times that is the next total: a recurrence with factors that lie one step before.</summary>
    private readonly struct AffineAhead : IStep<double>
    {
        public static bool HasLanes => true;
        public static bool Two => true;
        public static double Start => 0;

        public static (double Total, double Y) Next(double total, double a, double b)
        {
            total += b;
            return (a * total, total);
        }

        public static (Vector256<double> Total, Vector256<double> Y) Next(Vector256<double> total, Vector256<double> a,
            Vector256<double> b)
        {
            total += b;
            return (a * total, total);
        }
    }

    private readonly struct LogPlusExp : IStep<double>
    {
        public static bool HasLanes => false;
        public static bool Two => false;
        public static double Start => double.NegativeInfinity;

        public static (double Total, double Y) Next(double total, double a, double b)
        {
            double max = Math.Max(total, a);
            if (!double.IsInfinity(max)) max += Math.Log(Math.Exp(total - max) + Math.Exp(a - max));
            return (max, max);
        }

        public static (Vector256<double> Total, Vector256<double> Y) Next(Vector256<double> total, Vector256<double> a,
            Vector256<double> b) => throw new System.Diagnostics.UnreachableException();
    }
}
