using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>A function of complex numbers whose parts come in memory of their own, at most <see cref="Map.Chunk"/> at a time.</summary>
internal interface IPlanarMap
{
    /// <summary>Replaces real and imaginary parts by those of the function.</summary>
    static abstract void Run<T>(Span<T> re, Span<T> im) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>
/// Kernels for complex numbers: functions of registers in which real and imaginary parts alternate, and functions of parts held apart.
/// Strides, broadcasting and threads are those of <see cref="Map"/> and <see cref="Zip"/>.
/// </summary>
internal static class ComplexKernels
{
    /// <summary>z = f(x, y) for an f of registers.</summary>
    internal static void Zip<TOp>(Tensor x, Tensor y, Tensor z) where TOp : struct, IVectorZip
    {
        if (z.dtype == DType.Complex64) Kernels.Zip.Drive<OfZip<TOp, float>, Complex<float>, Complex<float>>(default, x, y, z);
        else Kernels.Zip.Drive<OfZip<TOp, double>, Complex<double>, Complex<double>>(default, x, y, z);
    }

    /// <summary>y = f(x) for an f of registers.</summary>
    internal static void Map<TOp>(Tensor x, Tensor y) where TOp : struct, IVectorMap
    {
        if (y.dtype == DType.Complex64) Kernels.Map.Drive<OfMap<TOp, float>, Complex<float>, Complex<float>>(default, x, y);
        else Kernels.Map.Drive<OfMap<TOp, double>, Complex<double>, Complex<double>>(default, x, y);
    }

    /// <summary>y = f(x) for an f of parts.</summary>
    internal static void Planar<TOp>(Tensor x, Tensor y) where TOp : struct, IPlanarMap
    {
        if (y.dtype == DType.Complex64) Kernels.Map.Drive<OfPlanar<TOp, float>, Complex<float>, Complex<float>>(default, x, y);
        else Kernels.Map.Drive<OfPlanar<TOp, double>, Complex<double>, Complex<double>>(default, x, y);
    }

    /// <summary>The real number y = f(Re x, Im x).</summary>
    internal static void ToReal<TOp>(Tensor x, Tensor y) where TOp : struct, IVectorZip
    {
        if (x.dtype == DType.Complex64) Kernels.Map.Drive<OfParts<TOp, float>, Complex<float>, float>(default, x, y);
        else Kernels.Map.Drive<OfParts<TOp, double>, Complex<double>, double>(default, x, y);
    }

    /// <summary>z = x + iy.</summary>
    internal static void Join(Tensor x, Tensor y, Tensor z)
    {
        if (z.dtype == DType.Complex64) Kernels.Zip.Drive<Joined<float>, float, Complex<float>>(default, x, y, z);
        else Kernels.Zip.Drive<Joined<double>, double, Complex<double>>(default, x, y, z);
    }

    /// <summary>y = x + 0i.</summary>
    internal static void FromReal(Tensor x, Tensor y)
    {
        if (y.dtype == DType.Complex64) Kernels.Map.Drive<OfReal<float>, float, Complex<float>>(default, x, y);
        else Kernels.Map.Drive<OfReal<double>, double, Complex<double>>(default, x, y);
    }

    private static ReadOnlySpan<T> Parts<T>(ReadOnlySpan<Complex<T>> x) where T : unmanaged, IFloatingPointIeee754<T> =>
        MemoryMarshal.Cast<Complex<T>, T>(x);

    private static Span<T> Parts<T>(Span<Complex<T>> x) where T : unmanaged, IFloatingPointIeee754<T> =>
        MemoryMarshal.Cast<Complex<T>, T>(x);

    private readonly struct OfZip<TOp, T> : IZipKernel<Complex<T>, Complex<T>>
        where TOp : struct, IVectorZip where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<Complex<T>> x, ReadOnlySpan<Complex<T>> y, Span<Complex<T>> z) =>
            VectorZip.Run<TOp, T>(Parts(x), Parts(y), Parts(z));
    }

    private readonly struct OfMap<TOp, T> : IMapKernel<Complex<T>, Complex<T>>
        where TOp : struct, IVectorMap where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<Complex<T>> x, Span<Complex<T>> y) => VectorMap.Run<TOp, T>(Parts(x), Parts(y));
    }

    private readonly struct OfPlanar<TOp, T> : IMapKernel<Complex<T>, Complex<T>>
        where TOp : struct, IPlanarMap where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<Complex<T>> x, Span<Complex<T>> y)
        {
            int size = Math.Min(x.Length, Kernels.Map.Chunk);
            Span<T> re = stackalloc T[size], im = stackalloc T[size];
            for (int i = 0, n; i < x.Length; i += n)
            {
                n = Math.Min(size, x.Length - i);
                Planes.Split(Parts(x.Slice(i, n)), re[..n], im[..n]);
                TOp.Run(re[..n], im[..n]);
                Planes.Merge(re[..n], im[..n], Parts(y.Slice(i, n)));
            }
        }
    }

    private readonly struct OfParts<TOp, T> : IMapKernel<Complex<T>, T>
        where TOp : struct, IVectorZip where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<Complex<T>> x, Span<T> y)
        {
            int size = Math.Min(x.Length, Kernels.Map.Chunk);
            Span<T> re = stackalloc T[size], im = stackalloc T[size];
            for (int i = 0, n; i < x.Length; i += n)
            {
                n = Math.Min(size, x.Length - i);
                Planes.Split(Parts(x.Slice(i, n)), re[..n], im[..n]);
                VectorZip.Run<TOp, T>(re[..n], im[..n], y.Slice(i, n));
            }
        }
    }

    private readonly struct Joined<T> : IZipKernel<T, Complex<T>> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<Complex<T>> z) => Planes.Merge(x, y, Parts(z));
    }

    private readonly struct OfReal<T> : IMapKernel<T, Complex<T>> where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<T> x, Span<Complex<T>> y)
        {
            int size = Math.Min(x.Length, Kernels.Map.Chunk);
            Span<T> zeros = stackalloc T[size];
            zeros.Clear();
            for (int i = 0, n; i < x.Length; i += n)
            {
                n = Math.Min(size, x.Length - i);
                Planes.Merge(x.Slice(i, n), zeros[..n], Parts(y.Slice(i, n)));
            }
        }
    }
}

/// <summary>e^x = e^Re x (cos Im x + i sin Im x)</summary>
internal readonly struct ExpPlanes : IPlanarMap
{
    public static void Run<T>(Span<T> re, Span<T> im) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> sine = stackalloc T[im.Length];
        VectorMath.Exp<T>(re, re);
        VectorMath.Sin<T>(im, sine);
        VectorMath.Cos<T>(im, im);
        Ops.Product<T>(re, sine, sine);
        Ops.Product<T>(re, im, re);
        sine.CopyTo(im);
    }
}

/// <summary>x / |x|, or 0</summary>
internal readonly struct SignPlanes : IPlanarMap
{
    public static void Run<T>(Span<T> re, Span<T> im) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> size = stackalloc T[im.Length];
        VectorZip.Run<HypotZip, T>(re, im, size);
        VectorZip.Run<ShareZip, T>(re, size, re);
        VectorZip.Run<ShareZip, T>(im, size, im);
    }
}
