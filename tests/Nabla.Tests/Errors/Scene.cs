using System.Runtime.InteropServices;

namespace Nabla.Tests.Errors;

/// <summary>The tensors of one call that must fail, and how each of them was before it.</summary>
public sealed class Scene
{
    private readonly List<(Tensor Tensor, Snapshot Before)> kept = [];
    private byte[] generator = Generator.Default.GetState();

    /// <summary>A tensor's visible state.</summary>
    private sealed record Snapshot(byte[] Memory, string Layout, int Version, bool RequiresGrad, Tensor? Grad, byte[]? GradBits,
        Node? GradFn, bool IsLeaf)
    {
        internal static Snapshot Of(Tensor t) => new([.. t.storage.Data], $"{t.DType} {t.layout}", t.storage.Version, t.RequiresGrad,
            t.Grad,
            t.Grad is { } g ? [.. g.storage.Data] : null, t.GradFn, t.IsLeaf);

        internal string? Difference(Snapshot after)
        {
            if (!Memory.AsSpan().SequenceEqual(after.Memory)) return "its values";
            if (Layout != after.Layout) return $"its layout, from {Layout} to {after.Layout}";
            if (Version != after.Version) return $"its version, from {Version} to {after.Version}";
            if (RequiresGrad != after.RequiresGrad || IsLeaf != after.IsLeaf) return "whether it requires a gradient or is a leaf";
            if (!ReferenceEquals(Grad, after.Grad) || (GradBits is { } b
                && !b.AsSpan().SequenceEqual(after.GradBits))) return "its gradient";
            return ReferenceEquals(GradFn, after.GradFn) ? null : $"its node, from {GradFn} to {after.GradFn}";
        }
    }

    /// <summary>Watches a tensor that the call uses.</summary>
    public Tensor Keep(Tensor t)
    {
        kept.Add((t, Snapshot.Of(t)));
        return t;
    }

    /// <summary>Float32 numbers 0.5, 1.5, ... of a shape.</summary>
    public Tensor F(params long[] shape) => Keep(Counted(shape, DType.Float32));

    /// <summary>Numbers of a dtype and shape.</summary>
    public Tensor Of(DType dtype, params long[] shape) => Keep(Counted(shape, dtype));

    /// <summary>A float32 leaf that requires a gradient.</summary>
    public Tensor Leaf(params long[] shape) => Keep(Counted(shape, DType.Float32).RequiresGrad_());

    /// <summary>int64 values in one dimension.</summary>
    public Tensor L(params long[] values) => Keep(Tensor.From(values));

    /// <summary>float32 values in one dimension.</summary>
    public Tensor V(params float[] values) => Keep(Tensor.From(values));

    private static Tensor Counted(long[] shape, DType dtype)
    {
        Tensor t = Tensor.Empty(new Shape(shape), DType.Float64);
        Span<double> values = MemoryMarshal.Cast<byte, double>(t.storage.Data);
        for (int i = 0; i < t.NumElements; i++) values[i] = i + 0.5;
        return t.To(dtype, copy: true);
    }

    /// <summary>What is there now is how it was before.</summary>
    public Scene Ready()
    {
        for (int i = 0; i < kept.Count; i++) kept[i] = (kept[i].Tensor, Snapshot.Of(kept[i].Tensor));
        generator = Generator.Default.GetState();
        return this;
    }

    /// <summary>What has changed, or null.</summary>
    public string? Changes()
    {
        for (int i = 0; i < kept.Count; i++)
            if (kept[i].Before.Difference(Snapshot.Of(kept[i].Tensor)) is { } what) return $"tensor {i} changed {what}";
        if (!Autograd.IsGradEnabled || Autograd.IsInferenceModeEnabled) return "the grad mode changed";
        return Generator.Default.GetState().AsSpan().SequenceEqual(generator) ? null : "the default generator moved on";
    }
}
