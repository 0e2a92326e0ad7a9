namespace Nabla.Playground;

/// <summary>What the network says of the plane: the pixels of the decision boundary, and of each neuron's own picture.</summary>
public sealed class Picture
{
    public const int Side = 40;

    private readonly Tensor grid;

    public Picture()
    {
        // Rows from the top: the second coordinate falls.
        Tensor along = Tensor.Linspace(-Experiment.Reach, Experiment.Reach, Side);
        Tensor[] mesh = Tensor.MeshGrid([along.Flip(0), along]);
        grid = Tensor.Stack([mesh[1].Flatten(), mesh[0].Flatten()], dim: 1);
    }

    /// <summary>For every pixel the class (0, 1, 2) and how sure the network is: 0 for a tie, 255 for certain.</summary>
    public byte[] Boundary { get; } = new byte[2 * Side * Side];

    /// <summary>For every neuron, layer by layer, its picture: 128 is 0, 0 and 255 are the largest value there is.</summary>
    public byte[] Neurons { get; private set; } = [];

    public void Draw(Experiment experiment)
    {
        using GradScope off = Autograd.NoGrad();
        int neurons = experiment.Layers.Sum(l => (int)l.Weight.Shape[0]), at = 0;
        if (Neurons.Length != neurons * Side * Side) Neurons = new byte[neurons * Side * Side];
        experiment.Network.Watch = (layer, output) =>
        {
            foreach (Tensor neuron in output.Unbind(1)) Shade(neuron.ToArray<float>(), Neurons.AsSpan(Side * Side * at++, Side * Side));
        };
        Tensor sure = experiment.Network.Call(grid).Softmax(-1);
        experiment.Network.Watch = null;
        (Tensor p, Tensor best) = sure.Max(1);
        float[] probability = p.ToArray<float>();
        long[] classes = best.ToArray<long>();
        float least = 1f / experiment.Classes;
        for (int i = 0; i < classes.Length; i++)
        {
            Boundary[2 * i] = (byte)classes[i];
            Boundary[2 * i + 1] = (byte)Math.Clamp(255 * (probability[i] - least) / (1 - least), 0, 255);
        }
    }

    private static void Shade(ReadOnlySpan<float> values, Span<byte> pixels)
    {
        float most = 1e-6f;
        foreach (float v in values) most = Math.Max(most, Math.Abs(v));
        for (int i = 0; i < values.Length; i++) pixels[i] = (byte)Math.Clamp(128 + 127 * values[i] / most, 0, 255);
    }
}
