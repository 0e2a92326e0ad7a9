namespace Nabla.Kernels;

/// <summary>How the elements along a dimension follow from others of it.</summary>
internal enum ResampleMode : byte
{
    Reflect, Replicate, Circular, Nearest, NearestExact, Linear, Cubic, LinearAntialias, CubicAntialias, Area,
}

/// <summary>From In elements to Out. Scale: elements of the input per element of the output. Before: how many stand before the first
/// one.</summary>
internal readonly record struct ResamplePlan(ResampleMode Mode, long In, long Out, long Before = 0, bool Align = false, double Scale = 1)
{
    /// <summary>Whether each element is a copy of one other.</summary>
    internal bool Copies => Mode <= ResampleMode.NearestExact;

    /// <summary>Distances of neighbours with corners aligned, given by the caller, or from the sizes.</summary>
    internal static double ScaleOf(long n, long m, bool align, double? factor) =>
        align ? m > 1 ? (double)(n - 1) / (m - 1) : 0 : factor is > 0 ? 1 / factor.Value : (double)n / m;
}

/// <summary>For each of some elements the elements they are made of: the first one's place, and weights for it and its
/// neighbours.</summary>
internal sealed class ResampleTable
{
    internal readonly int Taps;
    internal readonly long[] At;
    internal readonly double[] Weights;

    /// <param name="plan">What is asked for.</param>
    /// <param name="single">Compute places in float32, as PyTorch does for all but float64.</param>
    internal ResampleTable(ResamplePlan plan, bool single)
    {
        double scale = Round(plan.Scale);
        Taps = plan.Mode switch
        {
            ResampleMode.Linear => 2,
            ResampleMode.Cubic => 4,
            ResampleMode.LinearAntialias => 2 * (int)Math.Ceiling(Support(scale, 1)) + 1,
            ResampleMode.CubicAntialias => 2 * (int)Math.Ceiling(Support(scale, 2)) + 1,
            ResampleMode.Area => (int)Math.Min(plan.In, plan.In / Math.Max(1, plan.Out) + 2),
            _ => 1,
        };
        Taps = Math.Max(1, Taps);
        if (plan.Out > Array.MaxLength / 8 / Taps) Throw.TooLarge(plan.Out * Taps, 8, [plan.Out, Taps], DType.Float64);
        At = new long[plan.Out * Taps];
        Weights = new double[At.Length];
        for (long i = 0; i < plan.Out; i++)
        {
            Span<long> at = At.AsSpan((int)i * Taps, Taps);
            Span<double> w = Weights.AsSpan((int)i * Taps, Taps);
            switch (plan.Mode)
            {
                case ResampleMode.Linear: Linear(i, at, w); break;
                case ResampleMode.Cubic: Cubic(i, at, w); break;
                case ResampleMode.LinearAntialias: Antialias(i, Support(scale, 1), false, at, w); break;
                case ResampleMode.CubicAntialias: Antialias(i, Support(scale, 2), true, at, w); break;
                case ResampleMode.Area: Area(i, at, w); break;
                default: (at[0], w[0]) = (Copied(i), 1); break;
            }
        }

        double Round(double x) => single ? (float)x : x;

        double Centre(long i) => Round(Round(scale * (i + 0.5)) - 0.5);

        long Copied(long i)
        {
            long n = plan.In, p = i - plan.Before;
            switch (plan.Mode)
            {
                case ResampleMode.Replicate: return Math.Clamp(p, 0, n - 1);
                case ResampleMode.Reflect: return p < 0 ? -p : p >= n ? 2 * (n - 1) - p : p;
                case ResampleMode.Circular:
                    long after = plan.Out - n - plan.Before, first = Math.Max(0, -plan.Before);
                    long core = n - first - Math.Max(0, -after), q = (i - Math.Max(0, plan.Before)) % core;
                    return first + (q < 0 ? q + core : q);
                case ResampleMode.Nearest: return Math.Min((long)MathF.Floor((float)Round(scale * i)), n - 1);
                default: return Math.Min((long)MathF.Floor((float)Round(Math.Max(0, Centre(i)) + 0.5)), n - 1);
            }
        }

        void Linear(long i, Span<long> at, Span<double> w)
        {
            if (plan.In == plan.Out)
            {
                (at[0], at[1], w[0]) = (i, i, 1);
                return;
            }
            double real = plan.Align ? Round(scale * i) : Math.Max(0, Centre(i));
            at[0] = Math.Min((long)MathF.Floor((float)real), plan.In - 1);
            at[1] = Math.Min(at[0] + 1, plan.In - 1);
            w[1] = Math.Clamp(Round(real - at[0]), 0, 1);
            w[0] = Round(1 - w[1]);
        }

        void Cubic(long i, Span<long> at, Span<double> w)
        {
            double real = plan.Align ? Round(scale * i) : Centre(i);
            long first = Math.Min((long)MathF.Floor((float)real), plan.In - 1);
            double t = Math.Clamp(Round(real - first), 0, 1);
            for (int k = 0; k < 4; k++)
            {
                at[k] = Math.Clamp(first + k - 1, 0, plan.In - 1);
                w[k] = Keys(Math.Abs(t - (k - 1)), -0.75);
            }
        }

        void Antialias(long i, double support, bool cubic, Span<long> at, Span<double> w)
        {
            if (plan.In == plan.Out)
            {
                at.Fill(i);
                w[0] = 1;
                return;
            }
            double centre = Round(scale * (i + 0.5)), inverse = scale >= 1 ? 1 / scale : 1, total = 0;
            long first = Math.Max((long)(centre - support + 0.5), 0);
            long count = Math.Clamp(Math.Min((long)(centre + support + 0.5), plan.In) - first, 0, at.Length);
            at.Fill(first < plan.In ? first : plan.In - 1);
            for (int k = 0; k < count; k++)
            {
                double d = Math.Abs((k + first - centre + 0.5) * inverse);
                at[k] = first + k;
                w[k] = cubic ? Keys(d, -0.5) : Math.Max(0, 1 - d);
                total += w[k];
            }
            for (int k = 0; k < count && total != 0; k++) w[k] /= total;
        }

        void Area(long i, Span<long> at, Span<double> w)
        {
            long first = (long)((Int128)i * plan.In / plan.Out);
            long end = (long)(((Int128)(i + 1) * plan.In + plan.Out - 1) / plan.Out);
            at.Fill(first);
            for (int k = 0; k < end - first; k++) (at[k], w[k]) = (first + k, 1.0 / (end - first));
        }
    }

    private static double Support(double scale, double reach) => scale >= 1 ? reach * scale : reach;

    /// <summary>The cubic convolution kernel at a distance below 2. R. Keys, Cubic Convolution Interpolation for Digital Image Processing,
    /// 1981.</summary>
    internal static double Keys(double x, double a) => x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1
        : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
