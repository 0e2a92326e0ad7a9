using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Products of Half and BFloat16: blocks of the operands are widened to float, multiplied and summed in float, and each result is
/// rounded once.
/// </summary>
internal static unsafe class GemmHalf
{
    private const long Side = 1024, Block = 1 << 20;

    public static void Run<T>(in Product<T> p) where T : unmanaged
    {
        long rows = Math.Min(p.M, Side), columns = Math.Min(p.N, Side);
        long depth = Math.Clamp(Block / Math.Max(rows, columns), 1, Math.Max(p.K, 1));
        float* a = GemmBuffers.Get<float>(GemmBuffers.WideA, rows * depth), b = GemmBuffers.Get<float>(GemmBuffers.WideB, depth * columns);
        float* c = GemmBuffers.Get<float>(GemmBuffers.WideC, rows * columns);
        for (long i = 0; i < p.M; i += rows)
        {
            for (long j = 0; j < p.N; j += columns)
            {
                Product<T> block = p.Block(i, Math.Min(rows, p.M - i), j, Math.Min(columns, p.N - j));
                var sums = new Matrix<float>(c, block.N, 1);
                for (long q = 0; q == 0 || q < p.K; q += depth)
                {
                    Product<T> part = block.Depth(q, Math.Min(depth, p.K - q));
                    Matrix<float> wideA = Widen(part.M, part.K, part.A, a), wideB = Widen(part.K, part.N, part.B, b);
                    Gemm.Multiply(new Product<float>(part.M, part.N, part.K, wideA, wideB, sums, q > 0));
                }
                long grain = Math.Max(1, 8192 / block.N);
                Parallel.For(block.M, grain, new NarrowTask<T>(block.N, c, block.C, p.Accumulate));
            }
        }
    }

    /// <summary>Copies a matrix as float, keeping the direction in which it is contiguous.</summary>
    private static Matrix<float> Widen<T>(long rows, long columns, Matrix<T> x, float* to) where T : unmanaged
    {
        if (x.Col != 1 && x.Row == 1) return Widen(columns, rows, x.Transposed, to).Transposed;
        Parallel.For(rows, Math.Max(1, 65536 / Math.Max(columns, 1)), new WidenTask<T>(columns, x, to));
        return new(to, columns, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenRow<T>(long n, T* x, long stride, float* y) where T : unmanaged
    {
        long i = 0;
        if (stride == 1 && Vector128.IsHardwareAccelerated)
        {
            for (; n - i >= 16; i += 16)
            {
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load((ushort*)x + i));
                Widen<T>(low).Store(y + i);
                Widen<T>(high).Store(y + i + 8);
            }
        }
        for (; i < n; i++) y[i] = ToFloat(x[i * stride]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen<T>(Vector256<uint> bits)
    {
        if (typeof(T) == typeof(BFloat16)) return (bits << 16).AsSingle();
        // Exponent and fraction move to float's place; 2^112 corrects the bias, subnormals included. Infinities and NaN by hand.
        Vector256<uint> magnitude = (bits & Vector256.Create(0x7fffu)) << 13, sign = (bits & Vector256.Create(0x8000u)) << 16;
        Vector256<uint> special = Vector256.GreaterThan(magnitude.AsInt32(), Vector256.Create(0x0f7fffff)).AsUInt32();
        Vector256<uint> value = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
        return (Vector256.ConditionalSelect(special, magnitude | Vector256.Create(0x7f800000u), value) | sign).AsSingle();
    }

    private static float ToFloat<T>(T x) where T : unmanaged =>
        typeof(T) == typeof(Half) ? (float)Unsafe.BitCast<T, Half>(x) : (float)Unsafe.BitCast<T, BFloat16>(x);

    private static T FromFloat<T>(float x) where T : unmanaged =>
        typeof(T) == typeof(Half) ? Unsafe.BitCast<Half, T>((Half)x) : Unsafe.BitCast<BFloat16, T>((BFloat16)x);

    private readonly struct WidenTask<T>(long columns, Matrix<T> x, float* to) : IRange where T : unmanaged
    {
        public void Run(long from, long end)
        {
            for (long i = from; i < end; i++) WidenRow(columns, x.Data + i * x.Row, x.Col, to + i * columns);
        }
    }

    private readonly struct NarrowTask<T>(long columns, float* sums, Matrix<T> c, bool accumulate) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                T* row = c.Data + i * c.Row;
                float* sum = sums + i * columns;
                for (long j = 0; j < columns; j++)
                {
                    T* y = row + j * c.Col;
                    *y = FromFloat<T>(accumulate ? ToFloat(*y) + sum[j] : sum[j]);
                }
            }
        }
    }
}
