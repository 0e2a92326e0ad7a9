using System.Globalization;
using System.Text;

namespace Nabla.IO;

/// <summary>What the header of an .npy file says.</summary>
internal readonly record struct NpyHeader(DType DType, bool BigEndian, bool Fortran, long[] Shape, long Count)
{
    /// <summary>NumPy's own limit on the length of a header, which keeps its grammar from being abused.</summary>
    internal const int MaxLength = 10_000;

    private const int Align = 64;

    /// <summary>NumPy leaves room for the first size to grow to as many digits as 64 bits can have.</summary>
    private const int GrowthDigits = 21;

    /// <summary>The bytes per element.</summary>
    internal int ItemSize => DType.ItemSize();

    /// <summary>The strides that the order of the elements means.</summary>
    internal Layout Layout()
    {
        if (!Fortran || Shape.Length < 2) return new(Shape);
        long[] strides = new long[Shape.Length];
        long n = 1;
        for (int i = 0; i < strides.Length; i++)
        {
            strides[i] = n;
            n *= Math.Max(Shape[i], 1);
        }
        return new(Shape, strides, 0);
    }

    /// <summary>The header that NumPy writes, to the byte: version 1.0, sorted keys, padded to 64.</summary>
    internal static byte[] Write(DType dtype, bool fortran, ReadOnlySpan<long> shape)
    {
        StringBuilder text = new();
        string order = fortran ? "True" : "False";
        text.Append(CultureInfo.InvariantCulture, $"{{'descr': '{Code(dtype)}', 'fortran_order': {order}, 'shape': (");
        for (int i = 0; i < shape.Length; i++)
        {
            if (i > 0) text.Append(' ');
            text.Append(CultureInfo.InvariantCulture, $"{shape[i]}");
            if (i == 0 || i + 1 < shape.Length) text.Append(',');
        }
        text.Append("), }");
        if (shape.Length > 0)
            text.Append(' ', GrowthDigits - (fortran ? shape[^1] : shape[0]).ToString(CultureInfo.InvariantCulture).Length);
        int length = ((10 + text.Length + 1) / Align + 1) * Align - 10;
        text.Append(' ', length - 1 - text.Length).Append('\n');
        byte[] header = new byte[10 + length];
        ReadOnlySpan<byte> start = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)length, (byte)(length >> 8)];
        start.CopyTo(header);
        Encoding.ASCII.GetBytes(text.ToString(), header.AsSpan(start.Length));
        return header;
    }

    /// <summary>NumPy's code of a dtype.</summary>
    /// <exception cref="DTypeException">NumPy has none for bfloat16.</exception>
    internal static string Code(DType dtype)
    {
        if (dtype == DType.BFloat16) Throw.Types("Got unsupported ScalarType BFloat16: NumPy's files have no bfloat16. Save " +
            "x.To(DType.Float32), which holds the same values, or use SafeTensors.");
        return dtype switch
        {
            DType.Bool => "|b1",
            DType.UInt8 => "|u1",
            DType.Int8 => "|i1",
            DType.Int16 => "<i2",
            DType.Int32 => "<i4",
            DType.Int64 => "<i8",
            DType.Float16 => "<f2",
            DType.Float32 => "<f4",
            DType.Float64 => "<f8",
            DType.Complex64 => "<c8",
            _ => "<c16",
        };
    }
}
