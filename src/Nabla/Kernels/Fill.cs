using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Fills with one value.</summary>
internal static partial class Fill
{
    private const long Grain = 1 << 17;

    /// <summary>Writes a number, converted to y's dtype, into every element.</summary>
    internal static void Run(Tensor y, Scalar value)
    {
        if (y.layout.Count == 0) return;
        switch (y.dtype)
        {
            case DType.Bool: With(y, (byte)(value.IsZero ? 0 : 1)); break;
            case DType.UInt8: With(y, unchecked((byte)value.ToInt64())); break;
            case DType.Int8: With(y, unchecked((sbyte)value.ToInt64())); break;
            case DType.Int16: With(y, unchecked((short)value.ToInt64())); break;
            case DType.Int32: With(y, unchecked((int)value.ToInt64())); break;
            case DType.Int64: With(y, value.ToInt64()); break;
            case DType.Float16: With(y, (Half)(float)value.ToDouble()); break;
            case DType.BFloat16: With(y, (BFloat16)value.ToDouble()); break;
            case DType.Float32: With(y, (float)value.ToDouble()); break;
            case DType.Float64: With(y, value.ToDouble()); break;
            case DType.Complex64: With(y, new Pairs.Single((float)value.ToDouble(), (float)value.Imaginary)); break;
            case DType.Complex128: With(y, value.ToComplex()); break;
        }
    }

    private static void With<T>(Tensor y, T value) where T : unmanaged
    {
        if (y.layout.IsDense)
        {
            if (y.layout.Count == 1) y.storage.At<T>(y.layout.Offset) = value;
            else Parallel.Sweep(y.layout.Count, Grain, new Piece<T>(y, value));
            return;
        }
        Tensor one = Tensor.Allocate(Layout.Scalar, y.dtype);
        one.storage.At<T>(0) = value;
        Copy.Run(one, y);
    }

    /// <summary>y[i] = value, in stores that do not straddle two lines of the cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Row<T>(ref T y, nint n, T value) where T : unmanaged
    {
        nint i = 0, w = Vector512<byte>.Count / Unsafe.SizeOf<T>();
        if (Vector512.IsHardwareAccelerated && Unsafe.SizeOf<T>() <= 8 && n >= 4 * w)
        {
            Vector512<byte> many = Unsafe.SizeOf<T>() switch
            {
                1 => Vector512.Create(Unsafe.BitCast<T, byte>(value)),
                2 => Vector512.Create(Unsafe.BitCast<T, ushort>(value)).AsByte(),
                4 => Vector512.Create(Unsafe.BitCast<T, uint>(value)).AsByte(),
                _ => Vector512.Create(Unsafe.BitCast<T, ulong>(value)).AsByte(),
            };
            many.StoreUnsafe(ref Unsafe.As<T, byte>(ref y));
            for (i = VectorSpan.Start(ref y, n, Vector512<byte>.Count); i <= n - w; i += w)
                many.StoreUnsafe(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref y, i)));
            many.StoreUnsafe(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref y, n - w)));
            return;
        }
        for (; i < n; i += 1 << 30)
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, i), (int)Math.Min(n - i, 1 << 30)).Fill(value);
    }

    private readonly struct Piece<T>(Tensor y, T value) : IRange where T : unmanaged
    {
        public void Run(long from, long to)
        {
            Span<T> part = y.storage.Span<T>(y.layout.Offset + from, to - from);
            // The system clears memory without fetching it first. A negative zero has a bit.
            if (MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ContainsAnyExcept((byte)0)) part.Fill(value);
            else part.Clear();
        }
    }
}
