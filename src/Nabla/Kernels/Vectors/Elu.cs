namespace Nabla.Kernels;

/// <summary>scale x above 0, else factor (e^(inputScale x) - 1).</summary>
internal readonly partial struct EluMap(double factor, double scale, double inputScale)
{
    // A conversion inside the loop would chain its rounds together.
    private readonly float singleFactor = (float)factor, singleScale = (float)scale, singleInput = (float)inputScale;
}
