namespace Nabla.Playground;

/// <summary>What backward left at a layer.</summary>
/// <param name="Name">The layer.</param>
/// <param name="Weight">The norm of its weights.</param>
/// <param name="Gradient">The norm of the weights' gradient.</param>
/// <param name="Flow">The norm of the gradient that came to its output.</param>
/// <param name="Counts">How many weights have a gradient in each of the equal parts of [-m, m], m being the largest of the layer's
/// gradients in size.</param>
public sealed record LayerGradients(string Name, double Weight, double Gradient, double Flow, IReadOnlyList<int> Counts)
{
    public const int BinCount = 21;

    public static int[] Bins(Tensor? gradient)
    {
        int[] counts = new int[BinCount];
        if (gradient is null) return counts;
        double most = gradient.Abs().Max().Item();
        if (!(most > 0) || !double.IsFinite(most)) return counts;
        foreach (float g in gradient.ToArray<float>())
            counts[Math.Clamp((int)((g / most + 1) / 2 * BinCount), 0, BinCount - 1)]++;
        return counts;
    }
}
