namespace Nabla.Nn;

/// <summary>Sizes of windows, steps and paddings as layers are given them.</summary>
internal static class Sizes
{
    /// <summary>As many sizes as there are dimensions; one stands for all.</summary>
    internal static Shape Repeat(int n, Shape sizes, string name)
    {
        if (sizes.Count == n) return sizes;
        if (sizes.Count != 1)
            throw new ShapeException($"{name} must be a single number or {n} of them, but got {sizes}.");
        long[] all = new long[n];
        Array.Fill(all, sizes[0]);
        return all;
    }
}
