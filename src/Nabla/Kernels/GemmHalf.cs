using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Products of Half and BFloat16: operands are widened to float while they are copied into the panels of the tiles, or while a vector
/// passes over them; sums are made in float, and each result is rounded once. Nothing as large as an operand or a result is copied.
/// </summary>
internal static unsafe class GemmHalf
{
    private const long LongSlab = 1 << 16, DotDepth = 64;

    public static void Run<T>(in Product<T> p) where T : unmanaged
    {
        var results = new HalfResults<T>(p);
        if (p.K <= 0 && p.Bias != null) Gemm.RunOnBias(p);
        else if (p.K <= 0) GemmVector.Clear(p);
        else if (Gemm.TakesSlabs(p)) RunSlabs(p, results);
        else if (p.C.Col != 1 && p.C.Row == 1) RunWhole(p.Transposed, results.Transposed);
        else RunWhole(p, results);
    }

    private static void RunWhole<T>(in Product<T> p, in HalfResults<T> results) where T : unmanaged
    {
        if (p.N == 1) GemmHalfVector.Run(p, results);
        else if (p.M == 1) GemmHalfVector.Run(p.Transposed, results.Transposed);
        else if (p.M <= FewRows<T>() && p.B.Row == 1 && p.K >= DotDepth) GemmHalfVector.RunColumns(p.Transposed, results.Transposed);
        else if (Vector512.IsHardwareAccelerated) GemmHalf<Lanes512<float>, Vector512<float>, T>.Run(p, results);
        else if (Vector256.IsHardwareAccelerated) GemmHalf<Lanes256<float>, Vector256<float>, T>.Run(p, results);
        else if (Vector128.IsHardwareAccelerated) GemmHalf<Lanes128<float>, Vector128<float>, T>.Run(p, results);
        else GemmHalf<Lanes1<float>, float, T>.Run(p, results);
    }

    /// <summary>So many rows are cheaper by widening B once for each than by turning it; a Half is dearer to widen.</summary>
    private static long FewRows<T>() => typeof(T) == typeof(BFloat16) ? 6 : 2;

    /// <summary>A long sum into a small C is cut into slabs, because C alone would not make enough tasks.</summary>
    private static void RunSlabs<T>(in Product<T> p, in HalfResults<T> results) where T : unmanaged
    {
        long slabs = Math.Max(Math.Min(Gemm.MostSlabs, p.K / Gemm.SlabDepth), p.K / LongSlab);
        long depth = (p.K + slabs - 1) / slabs, size = p.M * p.N;
        float* partial = GemmBuffers.Get<float>(GemmBuffers.Slabs, slabs * size);
        Parallel.For(slabs, 1, new SlabTask<T>(p, partial, depth));
        for (long s = 1; s < slabs; s++)
        {
            for (long i = 0; i < size; i++) partial[i] += partial[s * size + i];
        }
        for (long i = 0; i < p.M; i++) results.Put(i, 0, p.N, partial + i * p.N);
    }

    private readonly struct SlabTask<T>(Product<T> p, float* partial, long depth) : IRange where T : unmanaged
    {
        public void Run(long from, long to)
        {
            for (long s = from; s < to; s++)
            {
                Product<T> slab = p.Depth(s * depth, Math.Min(depth, p.K - s * depth));
                RunWhole(slab, new HalfResults<T>(new Matrix<float>(partial + s * p.M * p.N, p.N, 1)));
            }
        }
    }
}

/// <summary>Where the sums of a product go: into C, rounded, on top of what C or its rows begin with, or into floats as they are.</summary>
internal readonly unsafe struct HalfResults<T> where T : unmanaged
{
    private readonly Matrix<T> c, start;
    private readonly Matrix<float> sums;

    public HalfResults(in Product<T> p) : this(p.C, p.Start, default)
    {
    }

    public HalfResults(Matrix<float> sums) : this(default, default, sums)
    {
    }

    private HalfResults(Matrix<T> c, Matrix<T> start, Matrix<float> sums) => (this.c, this.start, this.sums) = (c, start, sums);

    public HalfResults<T> Transposed => new(c.Transposed, start.Transposed, sums.Transposed);

    /// <summary>Finishes n values of row i from column j on.</summary>
    public void Put(long i, long j, long n, float* row)
    {
        if (sums.Data != null)
        {
            float* to = sums.At(i, j).Data;
            for (long q = 0; q < n; q++) to[q * sums.Col] = row[q];
        }
        else
        {
            T* from = start.Data == null ? null : start.At(i, j).Data;
            Halves.Round(n, row, from, start.Col, c.At(i, j).Data, c.Col);
        }
    }
}
