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
    internal static Tensor Norm(Tensor x, Dims dims, bool keepDim, double p)
    {
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(Norm(Copy.Cast(x, DType.Float32), dims, keepDim, p), x.dtype);
        Tensor y = Tensor.Allocate(Shape(x.layout, dims, keepDim), x.dtype);
        long n = Count(x.layout, dims);
        if (n > 0) x = TryBox(x.layout, dims, out Box box) && box.Inner == 1 ? x : Rows(x, dims);
        if (y.layout.Count == 1 && n > Chunk && p is 1 or 2) LongNorm(x, y, n, p);
        else Parallel.For(y.layout.Count, Math.Max(1, Chunk / Math.Max(n, 1)), new NormBody(x, y, n, p));
        return y;
    }

    private static void LongNorm(Tensor x, Tensor y, long n, double p)
    {
        Tensor parts = Tensor.Allocate(new Layout([Parallel.Chunks(n, Chunk)]), DType.Float64);
        Parallel.For(n, Chunk, new PowersBody(x, parts, p));
        double total = 0;
        foreach (double part in parts.Span<double>()) total += part;
        Set(y, 0, p == 2 ? Math.Sqrt(total) : total);
    }

    private readonly struct PowersBody(Tensor x, Tensor parts, double p) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to) => parts.storage.At<double>(from / Chunk) = x.dtype == DType.Float32
            ? Powers(ref x.storage.At<float>(x.layout.Offset + from), to - from, p)
            : Powers(ref x.storage.At<double>(x.layout.Offset + from), to - from, p);
    }

    private readonly struct NormBody(Tensor x, Tensor y, long n, double p) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                long at = x.layout.Offset + i * n;
                double s = n == 0 ? Start(p)
                    : x.dtype == DType.Float32 ? Powers(ref x.storage.At<float>(at), n, p) : Powers(ref x.storage.At<double>(at), n, p);
                Set(y, i, p is 0 or 1 || double.IsInfinity(p) ? s : p == 2 ? Math.Sqrt(s) : Math.Pow(s, 1 / p));
            }
        }

        private static double Start(double p) => double.IsNegativeInfinity(p) ? double.PositiveInfinity : 0;
    }

    private static double Powers<T>(ref T x, long n, double p) where T : unmanaged, INumber<T>
    {
        if (p == 2) return SquaresAbout(ref x, n, T.Zero);
        double r = double.IsNegativeInfinity(p) ? double.PositiveInfinity : 0;
        for (long i = 0; i < n; i++)
        {
            double v = Math.Abs(double.CreateTruncating(Unsafe.Add(ref x, (nint)i)));
            if (p == 1) r += v;
            else if (p == 0) r += v != 0 ? 1 : 0;
            else if (double.IsPositiveInfinity(p)) r = Math.Max(r, v);
            else if (double.IsNegativeInfinity(p)) r = Math.Min(r, v);
            else r += Math.Pow(v, p);
        }
        return r;
    }

    /// <summary>The place of the first largest (or smallest) element of each row of rows; NaN wins.</summary>
    internal static Tensor Arg(Tensor x, Dims dims, bool keepDim, bool max)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16) x = Copy.Cast(x, DType.Float32);
        Tensor y = Tensor.Allocate(Shape(x.layout, dims, keepDim), DType.Int64);
        if (y.layout.Count == 0) return y;
        Box box;
        // Places count in row-major order, which a dense layout in another order of dimensions does not give.
        if (!(x.layout.IsContiguous || dims.Count < 2) || !TryBox(x.layout, dims, out box))
        {
            x = Rows(x, dims);
            box = new(x.layout.shape[0], x.layout.shape[1], 1);
        }
        switch (x.dtype)
        {
            case DType.Float32: Arg<float>(x, y, box, max); break;
            case DType.Float64: Arg<double>(x, y, box, max); break;
            case DType.Int64: Arg<long>(x, y, box, max); break;
            case DType.Int32: Arg<int>(x, y, box, max); break;
            case DType.Int16: Arg<short>(x, y, box, max); break;
            case DType.Int8: Arg<sbyte>(x, y, box, max); break;
            default: Arg<byte>(x, y, box, max); break;
        }
        return y;
    }

    private static void Arg<T>(Tensor x, Tensor y, Box box, bool max) where T : unmanaged, INumber<T> =>
        Parallel.For(box.Outer * box.Inner, Math.Max(1, Chunk / Math.Max(box.N, 1)), new ArgBody<T>(x, y, box, max));

    private readonly struct ArgBody<T>(Tensor x, Tensor y, Box box, bool max) : IRange where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                (long outer, long inner) = Math.DivRem(i, box.Inner);
                ref T first = ref x.storage.At<T>(x.layout.Offset + outer * box.N * box.Inner + inner);
                y.storage.At<long>(i) = box.Inner == 1 && box.N <= int.MaxValue ? Along(ref first) : Strided(ref first);
            }
        }

        /// <summary>The extreme in vectors, then its first place.</summary>
        private long Along(ref T x)
        {
            ReadOnlySpan<T> row = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref x, (int)box.N);
            T best = max ? Row<MaxOf<T>, T, T>(ref x, box.N) : Row<MinOf<T>, T, T>(ref x, box.N);
            if (T.IsNaN(best)) return Strided(ref x);
            for (int i = 0; i < row.Length; i++) if (row[i] == best) return i;
            return 0;
        }

        private long Strided(ref T x)
        {
            T best = x;
            long at = 0;
            for (long k = 1; k < box.N && !T.IsNaN(best); k++)
            {
                T v = Unsafe.Add(ref x, (nint)(k * box.Inner));
                if (max ? v > best : v < best) (best, at) = (v, k);
                else if (T.IsNaN(v)) return k;
            }
            return at;
        }
    }
}
