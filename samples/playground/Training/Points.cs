using Nabla.Data;

namespace Nabla.Playground;

/// <summary>Points of a plane, about [-1, 1] in both directions, with their classes.</summary>
public static class Points
{
    public const int Classes = 3;

    public static (Tensor X, Tensor Y) Draw(DataKind kind, int count, double noise, Generator generator)
    {
        var (x, y) = kind switch
        {
            DataKind.Moons => Generated.Moons(count, 1.3 * noise, generator).Tensors,
            DataKind.Circles => Generated.Circles(count, noise, 0.45, generator).Tensors,
            DataKind.Spirals => Generated.Spirals(count, turns: 1.25, noise: noise / 3, generator: generator).Tensors,
            DataKind.Xor => Xor(count, noise, generator),
            _ => Gaussians(count, noise, generator),
        };
        return kind == DataKind.Moons ? ((x - Tensor.Of([0.5f, 0.25f])) / 1.3, y) : (x, y);
    }

    /// <summary>Of one class where the signs of both coordinates agree.</summary>
    private static (Tensor X, Tensor Y) Xor(int count, double noise, Generator generator)
    {
        Tensor x = Tensor.Rand([count, 2], generator: generator) * 2 - 1;
        Tensor y = (x.Select(1, 0) * x.Select(1, 1) < 0).To(DType.Int64);
        return (x + Tensor.Randn([count, 2], generator: generator) * noise / 2, y);
    }

    /// <summary>Three clouds around the corners of a triangle.</summary>
    private static (Tensor X, Tensor Y) Gaussians(int count, double noise, Generator generator)
    {
        Tensor y = Tensor.Arange(count) % Classes;
        Tensor angle = y.To(DType.Float32) * (2 * Math.PI / Classes) + Math.PI / 2;
        Tensor centre = Tensor.Stack([angle.Cos(), angle.Sin()], dim: 1) * 0.65;
        return (centre + Tensor.Randn([count, 2], generator: generator) * (0.08 + noise), y);
    }
}
