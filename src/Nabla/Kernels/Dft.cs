using System.Numerics;

namespace Nabla.Kernels;

/// <summary>Discrete Fourier transforms along one dimension.</summary>
internal static class Dft
{
    /// <summary>scale · Σ x[p] e^(∓2πipq/n) along a dimension counted from the end, of a complex tensor.</summary>
    internal static Tensor Run(Tensor x, int dim, bool inverse, double scale)
    {
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
        if (y.layout.Count > 0) Run(x, y, dim, new(DftKind.Complex, x.layout.shape[^-dim], inverse, scale, 1));
        return y;
    }

    /// <summary>
    /// The first half, n / 2 + 1 elements, of scale · Σ x[p] e^(-2πipq/n) of a real tensor; all but the first element and that at n / 2
    /// times <paramref name="inner"/>.
    /// </summary>
    internal static Tensor Half(Tensor x, int dim, double scale, double inner)
    {
        long[] shape = [.. x.layout.shape];
        long n = shape[^-dim];
        shape[^-dim] = n / 2 + 1;
        Tensor y = Tensor.Allocate(new Layout(shape), x.dtype.ToComplex());
        if (y.layout.Count > 0) Run(x, y, dim, new(DftKind.ToHalf, n, false, scale, inner));
        return y;
    }

    /// <summary>
    /// scale · Σ x[q] e^(2πipq/n), real, of the first half of a spectrum, of which all but the first element and that at n / 2 come times
    /// <paramref name="inner"/>; the others are conjugates. Imaginary parts of those two have no influence.
    /// </summary>
    internal static Tensor FromHalf(Tensor x, int dim, long n, double scale, double inner)
    {
        long[] shape = [.. x.layout.shape];
        shape[^-dim] = n;
        Tensor y = Tensor.Allocate(new Layout(shape), x.dtype.Part());
        if (y.layout.Count > 0) Run(x, y, dim, new(DftKind.FromHalf, n, true, scale, inner));
        return y;
    }

    private static void Run(Tensor x, Tensor y, int dim, DftTask task)
    {
        if (x.dtype.Part() == DType.Float32) Run<float>(x, y, dim, task);
        else Run<double>(x, y, dim, task);
    }

    private static unsafe void Run<T>(Tensor x, Tensor y, int dim, DftTask task) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = checked((int)task.Length);
        // A real sequence of an even length is a complex one of half the length.
        bool halved = task.Kind != DftKind.Complex && n % 2 == 0;
        DftPlan<T> plan = DftPlan<T>.Of(halved ? n / 2 : n);
        DftSide from = new(x, dim), into = new(y, dim);
        long sequences = y.layout.Count / y.layout.shape[^-dim];
        bool beside = from.Beside && into.Beside;
        long registers = Parallel.Chunks(sequences, Vector<T>.Count);
        int width = plan.Alone && !beside ? 1 : (int)Math.Min(DftSide.Width, registers * Vector<T>.Count);
        long grain = Math.Max(1, (1 << 14) / n / DftSide.Width) * (width == 1 ? 1 : DftSide.Width);
        if (width == 1) grain = Math.Max(1, (1 << 13) / n);
        T[][]? roots = halved ? plan.Halves : null;
        fixed (T* px = &x.storage.At<T>(from.Offset), py = &y.storage.At<T>(into.Offset))
            Parallel.For(sequences, grain, new DftSequences<T>(px, py, from, into, plan, task, n, width, roots));
    }
}

internal enum DftKind : byte { Complex, ToHalf, FromHalf }

/// <summary>What to compute: lengths n, a factor, and one for all of a half spectrum but its ends.</summary>
internal readonly record struct DftTask(DftKind Kind, long Length, bool Inverse, double Scale, double Inner);

/// <summary>Where the sequences along a dimension of a tensor are, in real numbers.</summary>
internal readonly struct DftSide
{
    /// <summary>Sequences transformed side by side.</summary>
    internal const int Width = 16;

    private readonly Layout others;

    /// <summary>The distances of elements, and of the real numbers that an element has from one place to the next: 1 or 2.</summary>
    internal readonly long Step, Parts;

    /// <summary>The number of elements.</summary>
    internal readonly int Count;

    /// <summary>Where the tensor begins.</summary>
    internal long Offset { get; }

    /// <summary>Whether sequences that follow each other begin at neighbours.</summary>
    internal readonly bool Beside;

    internal DftSide(Tensor x, int dim)
    {
        Layout l = x.layout;
        int at = l.Rank + dim;
        Parts = x.dtype.IsComplex() ? 2 : 1;
        (Step, Count, Offset) = (l.strides[at] * Parts, checked((int)l.shape[at]), l.Offset * Parts);
        others = new([.. l.shape[..at], .. l.shape[(at + 1)..]], [.. l.strides[..at], .. l.strides[(at + 1)..]], 0);
        Beside = others.Rank > 0 && others.strides[^1] == 1 && others.shape[^1] >= 4 && Step != Parts;
    }

    /// <summary>The first element of each of count sequences from one on, and of the last one again up to the number of places. Whether
    /// they are neighbours.</summary>
    internal bool Places(long first, int count, Span<long> places)
    {
        bool beside = true;
        for (int s = 0; s < places.Length; s++)
        {
            places[s] = s < count ? others.At(first + s) * Parts : places[count - 1];
            beside &= places[s] == places[0] + s * Parts;
        }
        return beside;
    }
}
