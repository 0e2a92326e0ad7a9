namespace Nabla.Kernels;

/// <summary>Complex tensors as real ones over the same memory, without any trace in the graph.</summary>
internal static class Pairs
{
    /// <summary>A complex64 number in memory.</summary>
    internal readonly record struct Single(float Real, float Imaginary);

    /// <summary>The real and imaginary parts as a last dimension of size 2.</summary>
    internal static Tensor Of(Tensor x) => new(x.storage, Layout(x.layout), x.dtype.Part());

    /// <summary>The real (0) or imaginary (1) parts.</summary>
    internal static Tensor Part(Tensor x, int part)
    {
        Layout pairs = Layout(x.layout);
        return new(x.storage, new(pairs.shape[..^1], pairs.strides[..^1], pairs.Offset + part), x.dtype.Part());
    }

    /// <summary>Pairs in the last dimension as complex numbers; a copy if memory does not allow it.</summary>
    internal static Tensor Join(Tensor x)
    {
        if (!Joins(x.layout)) x = Copy.Contiguous(x);
        Layout l = x.layout;
        return new(x.storage, new(l.shape[..^1], Array.ConvertAll(l.strides[..^1], static s => s / 2), l.Offset / 2), x.dtype.ToComplex());
    }

    private static bool Joins(Layout l)
    {
        if (l.strides[^1] != 1 || l.Offset % 2 != 0) return false;
        foreach (long s in l.strides.AsSpan(0, l.Rank - 1))
            if (s % 2 != 0) return false;
        return true;
    }

    private static Layout Layout(Layout l) => new([.. l.shape, 2], [.. Array.ConvertAll(l.strides, static s => 2 * s), 1], 2 * l.Offset);
}
