using System.Numerics;
using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>One product, or a batch of them: sizes, memory layout, and a check against plain loops.</summary>
internal sealed record GemmCase(long M, long N, long K)
{
    public long Count { get; init; } = 1;
    public bool SharedA { get; init; }
    public bool SharedB { get; init; }
    public bool TransposeA { get; init; }
    public bool TransposeB { get; init; }
    public bool CTransposed { get; init; }
    public bool Accumulate { get; init; }

    /// <summary>Every row of C begins with given values.</summary>
    public bool Bias { get; init; }

    /// <summary>B is packed first, and used twice.</summary>
    public bool Packed { get; init; }

    /// <summary>Elements left out after each row, and the stride within a row.</summary>
    public long APad { get; init; }
    public long BPad { get; init; }
    public long CPad { get; init; }
    public long ACol { get; init; } = 1;
    public long BCol { get; init; } = 1;
    public long CCol { get; init; } = 1;

    public void Check<T>() where T : unmanaged
    {
        var a = new Operand(M, K, TransposeA, APad, ACol, SharedA ? 1 : Count);
        var b = new Operand(K, N, TransposeB, BPad, BCol, SharedB ? 1 : Count);
        var c = new Operand(M, N, CTransposed, CPad, CCol, Count);
        long[] x = Fill(a.Length, 1), y = Fill(b.Length, 2), z = Fill(c.Length, 3);
        long[] bias = Bias ? Fill(N, 4) : [];
        T[] result = To<T>(z);
        if (Packed && typeof(T) == typeof(float)) RunPacked((float[])(object)result, To<float>(x), a, To<float>(y), b, c, To<float>(bias));
        else if (Packed) RunPacked((double[])(object)result, To<double>(x), a, To<double>(y), b, c, To<double>(bias));
        else if (Count == 1)
        {
            Gemm.Run<T>(M, N, K, To<T>(x), a.Row, a.Col, To<T>(y), b.Row, b.Col, result, c.Row, c.Col, Accumulate, To<T>(bias));
        }
        else
        {
            Gemm.Batch<T>(
                Count, M, N, K, To<T>(x), SharedA ? 0 : a.Batch, a.Row, a.Col, To<T>(y), SharedB ? 0 : b.Batch, b.Row, b.Col,
                result, c.Batch, c.Row, c.Col, Accumulate);
        }
        Expect(x, a, y, b, z, c, bias);
        T[] expected = To<T>(z);
        for (int i = 0; i < result.Length; i++)
        {
            if (!result[i].Equals(expected[i])) Assert.Fail($"{this}, {typeof(T)}: element {i} is {result[i]}, not {expected[i]}");
        }
    }

    private void RunPacked<T>(T[] result, T[] x, Operand a, T[] y, Operand b, Operand c, T[] bias) where T : unmanaged, INumberBase<T>
    {
        using var packed = new PackedMatrix<T>(K, N, y, b.Row, b.Col);
        packed.Multiply(M, x, a.Row, a.Col, [.. result], c.Row, Accumulate, bias);
        packed.Multiply(M, x, a.Row, a.Col, result, c.Row, Accumulate, bias);
    }

    private void Expect(long[] x, Operand a, long[] y, Operand b, long[] z, Operand c, long[] bias)
    {
        for (long t = 0; t < Count; t++)
        {
            for (long i = 0; i < M; i++)
            {
                for (long j = 0; j < N; j++)
                {
                    long at = t * c.Batch + i * c.Row + j * c.Col, sum = Accumulate ? z[at] : Bias ? bias[j] : 0;
                    long p = (SharedA ? 0 : t * a.Batch) + i * a.Row, q = (SharedB ? 0 : t * b.Batch) + j * b.Col;
                    for (long k = 0; k < K; k++, p += a.Col, q += b.Row) sum += x[p] * y[q];
                    z[at] = sum;
                }
            }
        }
    }

    // Whole numbers from -1 to 2, so that sums up to a million terms are exact even in float.
    private static long[] Fill(long length, int seed)
    {
        var random = new Random(seed);
        long[] x = new long[length];
        for (int i = 0; i < x.Length; i++) x[i] = random.Next(-1, 3);
        return x;
    }

    private static T[] To<T>(long[] x) where T : unmanaged
    {
        T[] y = new T[x.Length];
        for (int i = 0; i < x.Length; i++) y[i] = To<T>(x[i]);
        return y;
    }

    private static T To<T>(long x) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return (T)(object)(float)x;
        if (typeof(T) == typeof(double)) return (T)(object)(double)x;
        if (typeof(T) == typeof(Half)) return (T)(object)(Half)(float)x;
        if (typeof(T) == typeof(BFloat16)) return (T)(object)(BFloat16)(float)x;
        if (typeof(T) == typeof(long)) return (T)(object)x;
        if (typeof(T) == typeof(int)) return (T)(object)(int)x;
        if (typeof(T) == typeof(short)) return (T)(object)(short)x;
        if (typeof(T) == typeof(sbyte)) return (T)(object)(sbyte)x;
        return (T)(object)(byte)x;
    }

    /// <summary>A matrix in memory, stored by rows or, transposed, by columns, with the exact number of elements it needs.</summary>
    private readonly struct Operand
    {
        public readonly long Row, Col, Batch, Length;

        public Operand(long rows, long columns, bool transposed, long pad, long col, long count)
        {
            long inner = transposed ? rows : columns, outer = transposed ? columns : rows, step = inner * col + pad;
            (Row, Col) = transposed ? (col, step) : (step, col);
            Batch = outer * step;
            Length = rows == 0 || columns == 0 ? 0 : (count - 1) * Batch + (rows - 1) * Row + (columns - 1) * Col + 1;
        }
    }
}
