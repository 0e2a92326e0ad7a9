using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>A kernel of one operand over contiguous memory.</summary>
internal interface IMapKernel<TIn, TOut>
{
    void Run(ReadOnlySpan<TIn> x, Span<TOut> y);
}

/// <summary>Maps: dtype, strides and threads, once for all operations. The result is dense.</summary>
internal static class Map
{
    internal const int Chunk = 1024;
    private const long Grain = 1 << 14;

    /// <summary>The grain of n elements: at least <paramref name="least"/>, so that a second thread pays, and longer for long ones, since
    /// memory is read ahead within a chunk; never so long that threads wait for each other.</summary>
    internal static long GrainOf(long n, long least) => Math.Clamp((n / 16 + Chunk - 1) / Chunk * Chunk, least, 1 << 17);

    internal static void Float<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IFloatMap<TOp>
    {
        switch (x.dtype)
        {
            case DType.Float32: Drive<OfFloat<TOp, float>, float, float>(new(op), x, y); break;
            case DType.Float64: Drive<OfFloat<TOp, double>, double, double>(new(op), x, y); break;
            case DType.Float16: Drive<Widened<OfFloat<TOp, float>, Half>, Half, Half>(new(new(op)), x, y); break;
            case DType.BFloat16: Drive<Widened<OfFloat<TOp, float>, BFloat16>, BFloat16, BFloat16>(new(new(op)), x, y); break;
            default: Throw.NotImplementedFor(typeof(TOp).Name, x.dtype); break;
        }
    }

    internal static void Number<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, INumberMap<TOp>
    {
        switch (x.dtype)
        {
            case DType.Float32: Drive<OfNumber<TOp, float>, float, float>(new(op), x, y); break;
            case DType.Float64: Drive<OfNumber<TOp, double>, double, double>(new(op), x, y); break;
            case DType.Int64: Drive<OfNumber<TOp, long>, long, long>(new(op), x, y); break;
            case DType.Int32: Drive<OfNumber<TOp, int>, int, int>(new(op), x, y); break;
            case DType.Int16: Drive<OfNumber<TOp, short>, short, short>(new(op), x, y); break;
            case DType.Int8: Drive<OfNumber<TOp, sbyte>, sbyte, sbyte>(new(op), x, y); break;
            case DType.UInt8: Drive<OfNumber<TOp, byte>, byte, byte>(new(op), x, y); break;
            case DType.Float16: Drive<Widened<OfNumber<TOp, float>, Half>, Half, Half>(new(new(op)), x, y); break;
            case DType.BFloat16: Drive<Widened<OfNumber<TOp, float>, BFloat16>, BFloat16, BFloat16>(new(new(op)), x, y); break;
            // An operation that takes complex numbers and states no kernel for them treats both parts alike.
            case DType.Complex64 or DType.Complex128: Number(op, Pairs.Of(x), Pairs.Of(y)); break;
            default: Throw.NotImplementedFor(typeof(TOp).Name, x.dtype); break;
        }
    }

    internal static void Test<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, ITest<TOp>
    {
        switch (x.dtype)
        {
            case DType.Float32: Drive<OfTest<TOp, float>, float, bool>(new(op), x, y); break;
            case DType.Float64: Drive<OfTest<TOp, double>, double, bool>(new(op), x, y); break;
            case DType.Int64: Drive<OfTest<TOp, long>, long, bool>(new(op), x, y); break;
            case DType.Int32: Drive<OfTest<TOp, int>, int, bool>(new(op), x, y); break;
            case DType.Int16: Drive<OfTest<TOp, short>, short, bool>(new(op), x, y); break;
            case DType.Int8: Drive<OfTest<TOp, sbyte>, sbyte, bool>(new(op), x, y); break;
            case DType.UInt8 or DType.Bool: Drive<OfTest<TOp, byte>, byte, bool>(new(op), x, y); break;
            case DType.Float16: Drive<WidenedTest<OfTest<TOp, float>, Half>, Half, bool>(new(new(op)), x, y); break;
            case DType.BFloat16: Drive<WidenedTest<OfTest<TOp, float>, BFloat16>, BFloat16, bool>(new(new(op)), x, y); break;
        }
    }

    /// <summary>y = kernel(x) for tensors of one shape; y is dense.</summary>
    internal static void Drive<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y)
        where TKernel : struct, IMapKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        long n = y.layout.Count;
        if (n == 0) return;
        if (x.layout.IsDense && (ReferenceEquals(x.layout, y.layout) || x.layout.SameStrides(y.layout)
            || (x.layout.IsContiguous && y.layout.IsContiguous)))
        {
            if (n <= Grain) kernel.Run(x.storage.Span<TIn>(x.layout.Offset, n), y.storage.Span<TOut>(y.layout.Offset, n));
            else
            {
                bool streams = Streaming.Pays(n * (Unsafe.SizeOf<TIn>() + Unsafe.SizeOf<TOut>())) && y.storage != x.storage;
                Parallel.Sweep(n, GrainOf(n, Grain), new Direct<TKernel, TIn, TOut>(kernel, x, y, streams));
            }
            return;
        }
        Parallel.Sweep(n, Grain, new Strided<TKernel, TIn, TOut>(kernel, x, y, new Plan(y.layout, x.layout, null)));
    }

    private readonly struct Direct<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, bool streams) : IRange
        where TKernel : struct, IMapKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            if (streams) Streaming.Wanted = true;
            kernel.Run(x.storage.Span<TIn>(x.layout.Offset + from, to - from), y.storage.Span<TOut>(y.layout.Offset + from, to - from));
            if (streams) Streaming.End();
        }
    }

    private readonly struct Strided<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Plan plan) : IRange
        where TKernel : struct, IMapKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<TIn> buffer = stackalloc TIn[Chunk];
            Walker<TIn> walker = new(x, plan.Sizes, plan.X, stackalloc long[plan.Sizes.Length], from);
            while (from < to)
            {
                int n = (int)Math.Min(to - from, Chunk);
                kernel.Run(walker.Next(n, buffer), y.storage.Span<TOut>(y.layout.Offset + from, n));
                from += n;
            }
        }
    }

    private readonly struct OfFloat<TOp, T>(TOp op) : IMapKernel<T, T> where TOp : struct, IFloatMap<TOp> where T : unmanaged,
        IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, Span<T> y) => op.Run(x, y);
    }

    private readonly struct OfNumber<TOp, T>(TOp op) : IMapKernel<T, T> where TOp : struct, INumberMap<TOp> where T : unmanaged, INumber<T>
    {
        public void Run(ReadOnlySpan<T> x, Span<T> y) => op.Run(x, y);
    }

    private readonly struct OfTest<TOp, T>(TOp op) : IMapKernel<T, bool> where TOp : struct, ITest<TOp> where T : unmanaged, INumber<T>
    {
        public void Run(ReadOnlySpan<T> x, Span<bool> y) => op.Run(x, y);
    }

    /// <summary>A kernel on 16-bit floats, computed in float32 and rounded once.</summary>
    private readonly struct Widened<TKernel, T>(TKernel kernel) : IMapKernel<T, T> where TKernel : struct, IMapKernel<float,
        float> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<T> x, Span<T> y)
        {
            Span<float> wide = stackalloc float[Chunk];
            for (int i = 0; i < x.Length; i += Chunk)
            {
                int n = Math.Min(Chunk, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), wide);
                kernel.Run(wide[..n], wide[..n]);
                Narrow.FromSingle(wide[..n], y.Slice(i, n));
            }
        }
    }

    private readonly struct WidenedTest<TKernel, T>(TKernel kernel) : IMapKernel<T, bool> where TKernel : struct, IMapKernel<float,
        bool> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<T> x, Span<bool> y)
        {
            Span<float> wide = stackalloc float[Chunk];
            for (int i = 0; i < x.Length; i += Chunk)
            {
                int n = Math.Min(Chunk, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), wide);
                kernel.Run(wide[..n], y.Slice(i, n));
            }
        }
    }
}
