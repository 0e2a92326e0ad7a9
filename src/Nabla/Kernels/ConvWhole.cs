using System.Numerics;

namespace Nabla.Kernels;

/// <summary>Convolutions whose one window is the whole input: images are the rows of a matrix product for each group.</summary>
/// <param name="images">Rows.</param>
/// <param name="groups">Products.</param>
/// <param name="depth">Input values of a group: channels by places of the window.</param>
/// <param name="outputs">Output channels of a group.</param>
internal readonly unsafe struct ConvWhole<T>(long images, long groups, long depth, long outputs) where T : unmanaged, INumberBase<T>
{
    /// <summary>y[i, o] = bias[o] + Σ x[i, d] · w[o, d]</summary>
    internal void Output(T* x, T* w, T* bias, T* y)
    {
        if (bias != null) Fill(bias, y, groups * outputs, 1);
        Gemm.Batch(groups, new Product<T>(images, outputs, depth, new(x, groups * depth, 1), new(w, 1, depth), new(y, groups * outputs, 1),
            bias != null), depth, outputs * depth, outputs);
    }

    /// <summary>x[i, d] = bias[channel of d] + Σ y[i, o] · w[o, d]</summary>
    internal void Input(T* y, T* w, T* bias, T* x, long plane)
    {
        if (bias != null) Fill(bias, x, groups * depth / plane, plane);
        Gemm.Batch(groups, new Product<T>(images, depth, outputs, new(y, groups * outputs, 1), new(w, depth, 1), new(x, groups * depth, 1),
            bias != null), outputs, outputs * depth, depth);
    }

    /// <summary>w[o, d] = Σ x[i, d] · y[i, o]</summary>
    internal void Weight(T* x, T* y, T* w) =>
        Gemm.Batch(groups, new Product<T>(outputs, depth, images, new(y, 1, groups * outputs), new(x, groups * depth, 1), new(w, depth, 1),
            false), outputs, depth, outputs * depth);

    private void Fill(T* bias, T* to, long channels, long plane)
    {
        for (long i = 0; i < images; i++)
        {
            for (long c = 0; c < channels; c++, to += plane) new Span<T>(to, (int)plane).Fill(bias[c]);
        }
    }
}
