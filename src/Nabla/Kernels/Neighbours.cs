namespace Nabla.Kernels;

/// <summary>The next 16-bit floating-point number in a direction: a step in the bits.</summary>
internal static class Neighbours
{
    /// <summary>z = nextafter(x, y), both broadcast to z.</summary>
    internal static void Run(Tensor x, Tensor y, Tensor z)
    {
        Layout shape = new(z.layout.shape);
        float[] from = Wide(x, shape), to = Wide(y, shape);
        Tensor bits = Tensor.Allocate(shape, z.dtype);
        Span<ushort> into = bits.storage.Span<ushort>(0, shape.Count);
        for (int i = 0; i < into.Length; i++) into[i] = Next(from[i], to[i], z.dtype);
        Copy.Run(bits, z);
    }

    private static float[] Wide(Tensor x, Layout shape) =>
        Copy.Cast(Copy.Contiguous(x.Raw(Broadcast.To(x.layout, shape.shape)!)), DType.Float32).Span<float>().ToArray();

    private static ushort Next(float a, float b, DType dtype)
    {
        ushort bits = Bits(float.IsNaN(a) || float.IsNaN(b) ? float.NaN : a == b ? b : a, dtype);
        if (float.IsNaN(a) || float.IsNaN(b) || a == b) return bits;
        if (a == 0) return (ushort)(b > 0 ? 1 : 0x8001);
        // Away from zero the bits grow, on either side.
        return (ushort)(a < b == a > 0 ? bits + 1 : bits - 1);
    }

    private static ushort Bits(float x, DType dtype) =>
        dtype == DType.Float16 ? BitConverter.HalfToUInt16Bits((Half)x) : ((BFloat16)x).ToBits();
}
