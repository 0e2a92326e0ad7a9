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

    /// <summary>There is one window, and it is the whole input.</summary>
    internal bool IsWhole
    {
        get
        {
            for (int d = 0; d < Rank; d++)
            {
                if (Output[d] != 1 || Padding[d] != 0 || Kernel[d] != Input[d] || (Dilation[d] != 1 && Kernel[d] != 1)) return false;
            }
            return true;
        }
    }

    internal long InputPlane => Layout.Elements(Input.Values);
    internal long KernelPlane => Layout.Elements(Kernel.Values);
    internal long OutputPlane => Layout.Elements(Output.Values);
}
