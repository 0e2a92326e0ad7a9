namespace Nabla.Kernels;

/// <summary>d scale above 0, else d (e^(inputScale x) factor).</summary>
internal readonly partial struct EluSlope(double factor, double scale, double inputScale)
{
    private readonly float singleFactor = (float)factor, singleScale = (float)scale, singleInput = (float)inputScale;
}

/// <summary>scale x above 0, else factor (e^(inputScale x) - 1).</summary>
internal readonly partial struct EluMap(double factor, double scale, double inputScale)
{
    // A conversion inside the loop would chain its rounds together.
    private readonly float singleFactor = (float)factor, singleScale = (float)scale, singleInput = (float)inputScale;
}
