using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>
/// Conversion between dtypes. Integers wrap, as in PyTorch; floating point to integer cuts the fraction off, saturates, and turns NaN
/// into 0; anything to bool is "not zero".
/// </summary>
internal static class Convert
{
    /// <summary>Writes x into y of the same shape and another dtype; y is dense.</summary>
    internal static void Run(Tensor x, Tensor y)
    {
        if (x.dtype.IsComplex() || y.dtype.IsComplex()) Complex(x, y);
        else Real(x, y);
    }

    /// <summary>A real number is the real part; the imaginary part is dropped, except that bool asks whether either is not
    /// zero.</summary>
    private static void Complex(Tensor x, Tensor y)
    {
        if (x.dtype.IsComplex() && y.dtype.IsComplex()) Real(Pairs.Of(x), Pairs.Of(y));
        else if (x.dtype.IsComplex())
        {
            if (x.layout.IsDense && y.dtype == x.dtype.Part())
            {
                ComplexKernels.ToReal<FirstZip>(x, y);
                return;
            }
            Copy.Run(Pairs.Part(x, 0), y);
            if (y.dtype != DType.Bool) return;
            Tensor either = Copy.Cast(Pairs.Part(x, 1), DType.Bool);
            Zip.Bits(default(Ops.BitwiseOr), y, Copy.Contiguous(either), y);
        }
        else
        {
            ComplexKernels.FromReal(Copy.Cast(x, y.dtype.Part()), y);
        }
    }

    private static void Real(Tensor x, Tensor y)
    {
        switch (x.dtype)
        {
            case DType.Bool or DType.UInt8: From<byte>(x, y); break;
            case DType.Int8: From<sbyte>(x, y); break;
            case DType.Int16: From<short>(x, y); break;
            case DType.Int32: From<int>(x, y); break;
            case DType.Int64: From<long>(x, y); break;
            case DType.Float32: From<float>(x, y); break;
            case DType.Float64: From<double>(x, y); break;
            case DType.Float16: FromNarrow<Half>(x, y); break;
            case DType.BFloat16: FromNarrow<BFloat16>(x, y); break;
        }
    }

    private static void From<T>(Tensor x, Tensor y) where T : unmanaged, INumber<T>
    {
        switch (y.dtype)
        {
            case DType.Bool: Map.Drive<NotZero<T>, T, byte>(default, x, y); break;
            case DType.UInt8: Map.Drive<Plain<T, byte>, T, byte>(default, x, y); break;
            case DType.Int8: Map.Drive<Plain<T, sbyte>, T, sbyte>(default, x, y); break;
            case DType.Int16: Map.Drive<Plain<T, short>, T, short>(default, x, y); break;
            case DType.Int32: Map.Drive<Plain<T, int>, T, int>(default, x, y); break;
            case DType.Int64: Map.Drive<Plain<T, long>, T, long>(default, x, y); break;
            case DType.Float32: Map.Drive<Plain<T, float>, T, float>(default, x, y); break;
            case DType.Float64: Map.Drive<Plain<T, double>, T, double>(default, x, y); break;
            case DType.Float16: Map.Drive<ToNarrow<T, Half>, T, Half>(default, x, y); break;
            case DType.BFloat16: Map.Drive<ToNarrow<T, BFloat16>, T, BFloat16>(default, x, y); break;
        }
    }

    private static void FromNarrow<T>(Tensor x, Tensor y) where T : unmanaged
    {
        switch (y.dtype)
        {
            case DType.Bool: Map.Drive<Wide<T, byte, NotZero<float>>, T, byte>(default, x, y); break;
            case DType.UInt8: Map.Drive<Wide<T, byte, Plain<float, byte>>, T, byte>(default, x, y); break;
            case DType.Int8: Map.Drive<Wide<T, sbyte, Plain<float, sbyte>>, T, sbyte>(default, x, y); break;
            case DType.Int16: Map.Drive<Wide<T, short, Plain<float, short>>, T, short>(default, x, y); break;
            case DType.Int32: Map.Drive<Wide<T, int, Plain<float, int>>, T, int>(default, x, y); break;
            case DType.Int64: Map.Drive<Wide<T, long, Plain<float, long>>, T, long>(default, x, y); break;
            case DType.Float32: Map.Drive<Wide<T, float, Plain<float, float>>, T, float>(default, x, y); break;
            case DType.Float64: Map.Drive<Wide<T, double, Plain<float, double>>, T, double>(default, x, y); break;
            case DType.Float16: Map.Drive<Wide<T, Half, ToNarrow<float, Half>>, T, Half>(default, x, y); break;
            case DType.BFloat16: Map.Drive<Wide<T, BFloat16, ToNarrow<float, BFloat16>>, T, BFloat16>(default, x, y); break;
        }
    }

    private readonly struct Plain<TIn, TOut> : IMapKernel<TIn, TOut> where TIn : unmanaged, INumber<TIn> where TOut : unmanaged,
        INumber<TOut>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<TIn> x, Span<TOut> y)
        {
            if (typeof(TIn) == typeof(TOut)) Narrow.Reinterpret<TIn, TOut>(x).CopyTo(y);
            else if (typeof(TIn) == typeof(float) || typeof(TIn) == typeof(double)) TensorPrimitives.ConvertSaturating(x, y);
            else TensorPrimitives.ConvertTruncating(x, y);
        }
    }

    private readonly struct NotZero<T> : IMapKernel<T, byte> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<T> x, Span<byte> y)
        {
            Lanes.Test(default(IsNotZero<T>), x, x, MemoryMarshal.Cast<byte, bool>(y));
        }
    }

    private readonly struct IsNotZero<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => ~Vector.Equals(x, Vector<T>.Zero);
    }

    /// <summary>To a 16-bit float by way of float32, as PyTorch rounds.</summary>
    private readonly struct ToNarrow<TIn, TOut> : IMapKernel<TIn, TOut> where TIn : unmanaged, INumber<TIn> where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<TIn> x, Span<TOut> y)
        {
            if (typeof(TIn) == typeof(float))
            {
                Narrow.FromSingle(Narrow.Reinterpret<TIn, float>(x), y);
                return;
            }
            Span<float> wide = stackalloc float[Map.Chunk];
            for (int i = 0; i < x.Length; i += Map.Chunk)
            {
                int n = Math.Min(Map.Chunk, x.Length - i);
                default(Plain<TIn, float>).Run(x.Slice(i, n), wide);
                Narrow.FromSingle(wide[..n], y.Slice(i, n));
            }
        }
    }

    private readonly struct Wide<TIn, TOut, TKernel> : IMapKernel<TIn, TOut>
        where TIn : unmanaged where TOut : unmanaged where TKernel : struct, IMapKernel<float, TOut>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<TIn> x, Span<TOut> y)
        {
            if (typeof(TOut) == typeof(float))
            {
                Narrow.ToSingle(x, Narrow.Reinterpret<TOut, float>(y));
                return;
            }
            Span<float> wide = stackalloc float[Map.Chunk];
            for (int i = 0; i < x.Length; i += Map.Chunk)
            {
                int n = Math.Min(Map.Chunk, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), wide);
                default(TKernel).Run(wide[..n], y.Slice(i, n));
            }
        }
    }
}
