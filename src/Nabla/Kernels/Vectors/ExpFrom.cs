namespace Nabla.Kernels;

/// <summary>e^(x - shift).</summary>
internal readonly partial struct ExpFromMap(double shift)
{
    // A conversion inside the loop would chain its rounds together.
    private readonly float singleShift = (float)shift;
}
