using Nabla.Kernels;

namespace Nabla;

/// <summary>
/// The elements of an image that a sampling combines for each place of a grid. Weights, their slopes and places are made of recorded
/// operations on the grid and have the shape [N, taps, ...]; dimensions count from the end.
/// </summary>
internal readonly record struct GridTaps(int Dims, string Mode, string Padding, bool Align)
{
    /// <summary>Along one dimension: the weight of an element, its derivative by the grid's coordinate (null is 0), and its place, -1
    /// outside.</summary>
    private readonly record struct Tap(Tensor Weight, Tensor? Slope, Tensor Place);

    /// <summary>The same for a kernel.</summary>
    internal GridRule Rule => new(
        Mode switch { "bilinear" => GridRule.Mode.Linear, "nearest" => GridRule.Mode.Nearest, _ => GridRule.Mode.Cubic },
        Padding switch { "zeros" => GridRule.Outside.Zeros, "border" => GridRule.Outside.Border, _ => GridRule.Outside.Reflection }, Align);

    /// <summary>The factor of each sampled element.</summary>
    internal Tensor Weights(Tensor grid, long[] sizes) => Combine(grid, sizes, -1);

    /// <summary>The derivatives of the weights by the coordinate along dimension <paramref name="d"/> of the image.</summary>
    internal Tensor Slopes(Tensor grid, long[] sizes, int d) => Combine(grid, sizes, d);

    /// <summary>Where the elements are in the flat image, -1 outside.</summary>
    internal Tensor Places(Tensor grid, long[] sizes)
    {
        using GradScope unrecorded = Autograd.NoGrad();
        List<Tensor> all = [];
        List<Tap>[] lines = Lines(grid, sizes);
        Flatten(0, null);
        return Tensor.Stack(all, -(Dims + 1));

        void Flatten(int d, Tensor? before)
        {
            if (d == lines.Length)
            {
                all.Add(before!);
                return;
            }
            foreach (Tap tap in lines[d])
                Flatten(d + 1, before is null ? tap.Place
                    : Tensor.Where((before < 0).LogicalOr(tap.Place < 0), -1, before * sizes[d] + tap.Place));
        }
    }

    /// <summary>Products of one weight per dimension; at dimension <paramref name="slope"/>, of the slope instead.</summary>
    private Tensor Combine(Tensor grid, long[] sizes, int slope)
    {
        List<Tensor> all = [];
        List<Tap>[] lines = Lines(grid, sizes);
        Multiply(0, null);
        return Tensor.Stack(all, -(Dims + 1));

        void Multiply(int d, Tensor? before)
        {
            if (d == lines.Length)
            {
                all.Add(before!);
                return;
            }
            foreach (Tap tap in lines[d])
            {
                Tensor factor = d != slope ? tap.Weight : tap.Slope ?? Tensor.ZerosLike(tap.Weight.Detach());
                Multiply(d + 1, before is null ? factor : before * factor);
            }
        }
    }

    private List<Tap>[] Lines(Tensor grid, long[] sizes)
    {
        Tensor g = grid.To(grid.dtype.Accumulator());
        List<Tap>[] lines = new List<Tap>[Dims];
        for (int d = 0; d < lines.Length; d++)
        {
            // The grid names x first, the last dimension.
            long n = sizes[d];
            Tensor c = g.Select(-1, Dims - 1 - d), at = Align ? (c + 1) / 2 * (n - 1) : ((c + 1) * n - 1) / 2;
            double scale = (Align ? n - 1 : n) / 2.0;
            lines[d] = Mode switch
            {
                "bilinear" => Two(at, n, scale),
                "nearest" => One(at, n),
                _ => Four(at, n, scale),
            };
        }
        return lines;
    }

    private List<Tap> One(Tensor at, long n)
    {
        Tensor place = Place(Inside(at, n).At.Round(), n);
        return [new(Tensor.OnesLike(at.Detach()), null, place)];
    }

    private List<Tap> Two(Tensor at, long n, double scale)
    {
        (Tensor inside, Tensor? factor) = Inside(at, n);
        Tensor first = inside.Detach().Floor(), second = inside - first;
        Tensor slope = factor is null ? Tensor.FullLike(at.Detach(), scale) : factor * scale;
        return [new(1 - second, -slope, Place(first, n)), new(second, slope, Place(first + 1, n))];
    }

    private List<Tap> Four(Tensor at, long n, double scale)
    {
        const double a = -0.75;
        GridTaps self = this;
        Tensor first = at.Detach().Floor(), t = at - first, s = 1 - t;
        return
        [
            new(Far(t + 1), FarSlope(t + 1) * scale, At(-1)), new(Near(t), NearSlope(t) * scale, At(0)),
            new(Near(s), NearSlope(s) * -scale, At(1)), new(Far(s + 1), FarSlope(s + 1) * -scale, At(2)),
        ];

        Tensor At(int k) => Place(self.Inside(first + k, n).At, n);
        static Tensor Near(Tensor x) => ((a + 2) * x - (a + 3)) * x * x + 1;
        static Tensor NearSlope(Tensor x) => (3 * (a + 2) * x - 2 * (a + 3)) * x;
        static Tensor Far(Tensor x) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
        static Tensor FarSlope(Tensor x) => (3 * a * x - 10 * a) * x + 8 * a;
    }

    /// <summary>Whole numbers as places along a dimension; -1 for what is outside or NaN.</summary>
    private static Tensor Place(Tensor at, long n)
    {
        Tensor x = at.Detach();
        return Tensor.Where((x >= 0).LogicalAnd(x <= n - 1), x, -1).To(DType.Int64);
    }

    /// <summary>Coordinates brought into the image, and the derivative (null is 1), which is 0 from its border on; NaN becomes 0.</summary>
    private (Tensor At, Tensor? Factor) Inside(Tensor at, long n)
    {
        if (Padding == "zeros") return (at, null);
        Tensor? turn = null;
        if (Padding == "reflection")
        {
            double low = Align ? 0 : -0.5, span = Align ? n - 1 : n;
            if (span == 0)
            {
                at = at * 0;
                turn = Tensor.ZerosLike(at.Detach());
            }
            else
            {
                Tensor x = at - low, y = Tensor.Where(x < 0, -x, x), rest = y.FMod(span), turns = (y / span).Detach().Floor();
                Tensor even = turns.Remainder(2).Eq(0);
                at = Tensor.Where(even, rest + low, span - rest + low);
                turn = Tensor.Where(even.Eq(x.Detach() < 0), -1.0, 1.0).To(at.dtype);
            }
        }
        Tensor value = at.Detach(), inner = (value > 0).LogicalAnd(value < n - 1).To(at.dtype);
        at = Tensor.Where(at > 0, at, 0);
        return (Tensor.Where(at < n - 1, at, n - 1), turn is null ? inner : inner * turn);
    }
}
