namespace Nabla.Kernels;

/// <summary>
/// How windows lie over the trailing dimensions of a tensor: element k of window o is at o · stride - padding + k · dilation, and zero
/// where that is outside. All lists have one entry for each of these dimensions.
/// </summary>
internal readonly record struct Window(Shape Input, Shape Kernel, Shape Output, Shape Stride, Shape Padding, Shape Dilation)
{
    internal int Rank => Input.Count;

    /// <summary>A list as three entries, of which the first ones are filled up.</summary>
    internal static long[] Three(Shape list, long fill)
    {
        long[] three = [fill, fill, fill];
        list.Values.CopyTo(three, 3 - list.Count);
        return three;
    }

    internal long InputPlane => Layout.Elements(Input.Values);
    internal long KernelPlane => Layout.Elements(Kernel.Values);
    internal long OutputPlane => Layout.Elements(Output.Values);
}
