namespace Nabla.Optim;

/// <summary>
/// A line search for the strong Wolfe conditions: a bracket, then cubic interpolation inside it. Nocedal and Wright, "Numerical
/// Optimization", algorithms 3.5 and 3.6, with minFunc's safeguards.
/// </summary>
internal sealed class StrongWolfe(Func<double, (double Loss, Tensor Grad)> at, double loss, Tensor grad, double slope, double norm,
    double toleranceChange, Tensor direction)
{
    private const double Sufficient = 1e-4, Curvature = 0.9;
    private const int Most = 25;

    /// <summary>A point of the line.</summary>
    private readonly record struct Point(double T, double Loss, Tensor Grad, double Slope);

    /// <summary>How often the function was called.</summary>
    internal long Evaluations { get; private set; }

    private Point Try(double t)
    {
        (double f, Tensor g) = at(t);
        Evaluations++;
        return new(t, f, g, g.Dot(direction).Item());
    }

    private bool TooHigh(Point x) => x.Loss > loss + Sufficient * x.T * slope;

    private bool Flat(Point x) => Math.Abs(x.Slope) <= -Curvature * slope;

    /// <summary>Loss, gradient and distance of the point found, beginning with a distance.</summary>
    internal (double Loss, Tensor Grad, double T) Run(double t)
    {
        Point start = new(0, loss, grad, slope), previous = start, next = Try(t);
        Point[]? bracket = null;
        bool done = false;
        int tries = 0;
        while (tries < Most)
        {
            if (TooHigh(next) || (tries > 1 && next.Loss >= previous.Loss) || (!Flat(next) && next.Slope >= 0))
            {
                bracket = [previous, next];
                break;
            }
            if (Flat(next))
            {
                bracket = [next];
                done = true;
                break;
            }
            t = Cubic(previous, next, next.T + 0.01 * (next.T - previous.T), next.T * 10);
            previous = next;
            next = Try(t);
            tries++;
        }
        bracket = tries == Most ? [start, next] : bracket!;
        Point best = done ? bracket[0] : Zoom(bracket, tries);
        return (best.Loss, best.Grad, best.T);
    }

    /// <summary>Narrows the bracket around a point that satisfies the conditions.</summary>
    private Point Zoom(Point[] b, int tries)
    {
        bool stuck = false;
        int low = b[0].Loss <= b[1].Loss ? 0 : 1;
        for (; tries < Most; tries++)
        {
            if (Math.Abs(b[1].T - b[0].T) * norm < toleranceChange) break;
            double left = Math.Min(b[0].T, b[1].T), right = Math.Max(b[0].T, b[1].T), margin = 0.1 * (right - left);
            double t = Cubic(b[0], b[1], left, right);
            if (Math.Min(right - t, t - left) < margin)
            {
                // Near an end for the second time, or on it: a tenth inwards.
                bool inwards = stuck || t >= right || t <= left;
                if (inwards) t = Math.Abs(t - right) < Math.Abs(t - left) ? right - margin : left + margin;
                stuck = !inwards;
            }
            else stuck = false;
            Point next = Try(t);
            if (TooHigh(next) || next.Loss >= b[low].Loss)
            {
                b[1 - low] = next;
                low = b[0].Loss <= b[1].Loss ? 0 : 1;
                continue;
            }
            bool found = Flat(next);
            if (!found && next.Slope * (b[1 - low].T - b[low].T) >= 0) b[1 - low] = b[low];
            b[low] = next;
            if (found) break;
        }
        return b[low];
    }

    /// <summary>Where the cubic through two points with their slopes is least, kept inside bounds.</summary>
    private static double Cubic(Point x, Point y, double min, double max)
    {
        double d1 = x.Slope + y.Slope - 3 * (x.Loss - y.Loss) / (x.T - y.T), square = d1 * d1 - x.Slope * y.Slope;
        if (!(square >= 0)) return (min + max) / 2;
        double d2 = Math.Sqrt(square);
        double t = x.T <= y.T ? y.T - (y.T - x.T) * ((y.Slope + d2 - d1) / (y.Slope - x.Slope + 2 * d2))
            : x.T - (x.T - y.T) * ((x.Slope + d2 - d1) / (x.Slope - y.Slope + 2 * d2));
        // As Python's min and max: what is not a number gives way to a bound.
        t = min > t ? min : t;
        return max < t ? max : t;
    }
}
