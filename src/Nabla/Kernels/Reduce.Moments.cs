using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal static partial class Reduce
{
    /// <summary>Variances (and means) in two passes over each row: the second sums squared distances from the mean.</summary>
    internal static (Tensor Var, Tensor Mean) Var(Tensor x, Dims dims, bool keepDim, double correction, bool root)
    {
        if (x.dtype.Accumulator() != x.dtype)
        {
            (Tensor v, Tensor m) = Var(Copy.Cast(x, DType.Float32), dims, keepDim, correction, root);
            return (Copy.Cast(v, x.dtype), Copy.Cast(m, x.dtype));
        }
        Layout layout = Shape(x.layout, dims, keepDim);
        Tensor var = Tensor.Allocate(layout, x.dtype), mean = Tensor.Allocate(layout, x.dtype);
        long n = Count(x.layout, dims), rows = layout.Count;
        if (n > 0) x = TryBox(x.layout, dims, out Box box) && box.Inner == 1 ? x : Rows(x, dims);
        Parallel.For(rows, Math.Max(1, Chunk / Math.Max(n, 1)), new VarBody(x, var, mean, n, correction, root));
        return (var, mean);
    }

    private readonly struct VarBody(Tensor x, Tensor var, Tensor mean, long n, double correction, bool root) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                double m = double.NaN, s = 0;
                long at = x.layout.Offset + i * n;
                if (x.dtype == DType.Float32)
                {
                    if (n > 0) m = Row<SumFloat, float, double>(ref x.storage.At<float>(at), n) / n;
                    if (n > 0) s = SquaresAbout(ref x.storage.At<float>(at), n, (float)m);
                }
                else
                {
                    if (n > 0) m = Row<SumOf<double>, double, double>(ref x.storage.At<double>(at), n) / n;
                    if (n > 0) s = SquaresAbout(ref x.storage.At<double>(at), n, m);
                }
                s /= Math.Max(0, n - correction);
                if (root) s = Math.Sqrt(s);
                Set(var, i, s);
                Set(mean, i, m);
            }
        }
    }

    /// <summary>Makes every NaN 0.</summary>
    internal static void DropNaN(Tensor y)
    {
        switch (y.dtype)
        {
            case DType.Float32: foreach (ref float v in y.Span<float>()) if (float.IsNaN(v)) v = 0; break;
            case DType.Float64: foreach (ref double v in y.Span<double>()) if (double.IsNaN(v)) v = 0; break;
            case DType.Float16: foreach (ref Half v in y.Span<Half>()) if (Half.IsNaN(v)) v = default; break;
            case DType.BFloat16: foreach (ref BFloat16 v in y.Span<BFloat16>()) if (float.IsNaN(v)) v = default; break;
        }
    }

    private static void Set(Tensor y, long i, double value)
    {
        if (y.dtype == DType.Float32) y.storage.At<float>(i) = (float)value;
        else y.storage.At<double>(i) = value;
    }

    /// <summary>The sum of (x - c)², in blocks.</summary>
    internal static double SquaresAbout<T>(ref T x, long n, T c) where T : unmanaged, INumber<T>
    {
        double total = 0;
        for (long i = 0; i < n; i += 2048)
            total += double.CreateTruncating(SquaresBlock(ref Unsafe.Add(ref x, (nint)i), (int)Math.Min(2048, n - i), c));
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T SquaresBlock<T>(ref T x, int n, T c) where T : unmanaged, INumber<T>
    {
        int w = Vector<T>.Count, i = 0;
        Vector<T> center = new(c), p = default, q = default, r = default, s = default;
        for (; i <= n - 4 * w; i += 4 * w)
        {
            Vector<T> a = Load(ref x, i) - center, b = Load(ref x, i + w) - center;
            Vector<T> d = Load(ref x, i + 2 * w) - center, e = Load(ref x, i + 3 * w) - center;
            p += a * a;
            q += b * b;
            r += d * d;
            s += e * e;
        }
        for (; i <= n - w; i += w)
        {
            Vector<T> a = Load(ref x, i) - center;
            p += a * a;
        }
        T total = Vector.Sum((p + q) + (r + s));
        for (; i < n; i++)
        {
            T d = Unsafe.Add(ref x, i) - c;
            total += d * d;
        }
        return total;
    }

    /// <summary>(Σ |x|^p)^(1/p); the largest or smallest |x| for infinite p, the number of elements that are not 0 for p = 0.</summary>
    internal static Tensor Norm(Tensor x, Dims dims, bool keepDim, double p) => x.dtype switch
    {
        DType.Float32 => Norm<float>(x, dims, keepDim, p),
        DType.Float64 => Norm<double>(x, dims, keepDim, p),
        _ => Copy.Cast(Norm<float>(Copy.Cast(x, DType.Float32), dims, keepDim, p), x.dtype),
    };

    private static Tensor Norm<T>(Tensor x, Dims dims, bool keepDim, double p) where T : unmanaged, INumber<T>
    {
        switch (p)
        {
            case 0: return Fold<NonZeros<T>, T, double>(x, dims, keepDim);
            case 1: return Fold<AbsSum<T>, T, double>(x, dims, keepDim);
            case 2: return Fold<Length<T>, T, double>(x, dims, keepDim);
            case double.PositiveInfinity: return Fold<AbsMax<T>, T, T>(x, dims, keepDim);
            case double.NegativeInfinity: return Fold<AbsMin<T>, T, T>(x, dims, keepDim);
        }
        Tensor y = Tensor.Allocate(Shape(x.layout, dims, keepDim), x.dtype);
        long n = Count(x.layout, dims);
        if (n > 0) x = TryBox(x.layout, dims, out Box box) && box.Inner == 1 ? x : Rows(x, dims);
        Parallel.For(y.layout.Count, Math.Max(1, Chunk / Math.Max(n, 1)), new PowersBody<T>(x, y, n, p));
        return y;
    }

    private readonly struct PowersBody<T>(Tensor x, Tensor y, long n, double p) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                double sum = 0;
                foreach (T v in x.storage.Span<T>(x.layout.Offset + i * n, n)) sum += Math.Pow(Math.Abs(double.CreateTruncating(v)), p);
                y.storage.At<T>(i) = T.CreateTruncating(Math.Pow(sum, 1 / p));
            }
        }
    }
}
