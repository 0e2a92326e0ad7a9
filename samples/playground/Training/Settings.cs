namespace Nabla.Playground;

public enum DataKind { Moons, Circles, Spirals, Xor, Gaussians }

public enum Activation { Tanh, Relu, Gelu, Silu, Sigmoid }

public enum Method { Sgd, Momentum, RmsProp, Adam, Lion }

/// <summary>What a training is made of. The same settings give the same losses, in the page and out of it.</summary>
public sealed record Settings
{
    public DataKind Data { get; init; } = DataKind.Moons;
    public double Noise { get; init; } = 0.1;
    public int BatchSize { get; init; } = 16;
    public int Layers { get; init; } = 2;
    public int Width { get; init; } = 6;
    public Activation Activation { get; init; } = Activation.Tanh;
    public Method Method { get; init; } = Method.Adam;
    public double LearningRate { get; init; } = 0.03;
    public long Seed { get; init; } = 1;
}
