using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Matrix products C[m, n] (+)= A[m, k] * B[k, n] for operands with any non-negative element strides, so that a transposed or expanded
/// operand needs no copy. Types: float, double, the integers of 8 to 64 bits (they wrap around), Half and BFloat16 (summed in float,
/// rounded once). Which path a product takes, and with it the order of every sum, depends on sizes and strides only, never on threads.
/// Structure after K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
/// </summary>
internal static unsafe class Gemm
{
    // B read in place while A has few rows or the product fits the second-level cache; copied panel by panel up to somewhat less.
    private const long DirectRows = 64, PanelRows = 48, DirectDepth = 8, DotRows = 3, DotDepth = 64;
    private const double TiledWork = 4096, DirectWork = 400.0 * 400 * 400, PanelWork = GemmGrid.Serial, AliasedWork = 200 * 200 * 200;

    // Rows this many bytes apart fall into the same few lines of the first-level cache.
    private const long Aliased = 4096;

    // A long sum into a small C is cut into slabs, because C alone would not make enough tasks.
    internal const long SlabDepth = 4096, MostSlabs = 16;
    private const long SlabResults = 4096;

    /// <summary>
    /// C (+)= A * B, or with a bias of n values C = bias + A * B. The spans begin at element (0, 0) of each matrix; C must not overlap the
    /// others.
    /// </summary>
    /// <exception cref="ArgumentException">A matrix reaches beyond its span, a stride is negative, or T is not supported.</exception>
    public static void Run<T>(
        long m, long n, long k, ReadOnlySpan<T> a, long aRow, long aCol, ReadOnlySpan<T> b, long bRow, long bCol,
        Span<T> c, long cRow, long cCol, bool accumulate, ReadOnlySpan<T> bias = default) where T : unmanaged
    {
        if (m <= 0 || n <= 0) return;
        Check(a.Length, m, aRow, k, aCol);
        Check(b.Length, k, bRow, n, bCol);
        Check(c.Length, m, cRow, n, cCol);
        if (!bias.IsEmpty) Check(bias.Length, 1, 0, n, 1);
        fixed (T* pa = a, pb = b, pc = c, pBias = bias)
        {
            Dispatch(new Product<T>(m, n, k, new(pa, aRow, aCol), new(pb, bRow, bCol), new(pc, cRow, cCol), accumulate, pBias));
        }
    }

    /// <summary>
    /// <paramref name="count"/> products, product i beginning at element i * aBatch of a, i * bBatch of b and i * cBatch of c. A batch
    /// stride of 0 uses one operand for all of them.
    /// </summary>
    /// <exception cref="ArgumentException">As for <see cref="Run{T}"/>.</exception>
    public static void Batch<T>(
        long count, long m, long n, long k, ReadOnlySpan<T> a, long aBatch, long aRow, long aCol,
        ReadOnlySpan<T> b, long bBatch, long bRow, long bCol, Span<T> c, long cBatch, long cRow, long cCol, bool accumulate)
        where T : unmanaged
    {
        if (count <= 0 || m <= 0 || n <= 0) return;
        Check(a.Length, m, aRow, k, aCol, count, aBatch);
        Check(b.Length, k, bRow, n, bCol, count, bBatch);
        Check(c.Length, m, cRow, n, cCol, count, cBatch);
        fixed (T* pa = a, pb = b, pc = c)
        {
            var first = new Product<T>(m, n, k, new(pa, aRow, aCol), new(pb, bRow, bCol), new(pc, cRow, cCol), accumulate);
            Batch(count, first, aBatch, bBatch, cBatch);
        }
    }

    /// <summary>The same for matrices in pinned memory, the product given being the first; it knows no bias.</summary>
    internal static void Batch<T>(long count, in Product<T> p, long aBatch, long bBatch, long cBatch) where T : unmanaged
    {
        // One B for all and rows that go on evenly from product to product are one tall product; the same for columns.
        if (bBatch == 0 && (p.M == 1 || (aBatch == p.M * p.A.Row && cBatch == p.M * p.C.Row)))
        {
            long aRow = p.M == 1 ? aBatch : p.A.Row, cRow = p.M == 1 ? cBatch : p.C.Row;
            Dispatch(new Product<T>(
                count * p.M, p.N, p.K, new(p.A.Data, aRow, p.A.Col), p.B, new(p.C.Data, cRow, p.C.Col), p.Accumulate));
        }
        else if (aBatch == 0 && (p.N == 1 || (bBatch == p.N * p.B.Col && cBatch == p.N * p.C.Col)))
        {
            long bCol = p.N == 1 ? bBatch : p.B.Col, cCol = p.N == 1 ? cBatch : p.C.Col;
            Dispatch(new Product<T>(
                p.M, count * p.N, p.K, p.A, new(p.B.Data, p.B.Row, bCol), new(p.C.Data, p.C.Row, cCol), p.Accumulate));
        }
        else
        {
            // Few large products one after the other with all threads inside each, all others side by side.
            var task = new BatchTask<T>(p, aBatch, bBatch, cBatch);
            if (count < 8 && p.Work >= GemmGrid.Serial) task.Run(0, count);
            else Parallel.For(count, Math.Max(1, (long)(GemmGrid.Serial / 4 / Math.Max(p.Work, 16))), task);
        }
    }

    internal static void Check(int length, long rows, long row, long columns, long col, long count = 1, long batch = 0)
    {
        if (rows <= 0 || columns <= 0) return;
        long last = (rows - 1) * row + (columns - 1) * col + (count - 1) * batch;
        if (row < 0 || col < 0 || batch < 0 || last < 0 || last >= length)
        {
            throw new ArgumentException(
                $"A {rows} x {columns} matrix with strides ({row}, {col}), {count} times at stride {batch}, does not fit {length} values.");
        }
    }

    private static void Dispatch<T>(in Product<T> p) where T : unmanaged
    {
        if (typeof(T) == typeof(float)) Multiply(As<T, float>(p));
        else if (typeof(T) == typeof(double)) Multiply(As<T, double>(p));
        else if (typeof(T) == typeof(Half)) GemmHalf.Run(As<T, Half>(p));
        else if (typeof(T) == typeof(BFloat16)) GemmHalf.Run(As<T, BFloat16>(p));
        else if (typeof(T) == typeof(long)) Multiply(As<T, long>(p));
        else if (typeof(T) == typeof(int)) Multiply(As<T, int>(p));
        else if (typeof(T) == typeof(short)) Multiply(As<T, short>(p));
        else if (typeof(T) == typeof(sbyte)) Multiply(As<T, sbyte>(p));
        else if (typeof(T) == typeof(byte)) Multiply(As<T, byte>(p));
        else throw new ArgumentException($"There is no matrix product for {typeof(T)}.");
    }

    private static ref readonly Product<U> As<T, U>(in Product<T> p) where T : unmanaged where U : unmanaged =>
        ref Unsafe.As<Product<T>, Product<U>>(ref Unsafe.AsRef(in p));

    /// <summary>Chooses the path. C may have any strides.</summary>
    public static void Multiply<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        bool slabs = TakesSlabs(p);
        if (p.Bias != null && (slabs || p.K <= 0 || p.M == 1 || p.N == 1 || p.C.Col != 1)) RunOnBias(p);
        else if (p.K <= 0) GemmVector.Clear(p);
        else if (slabs) RunSlabs(p);
        else RunWhole(p);
    }

    internal static bool TakesSlabs<T>(in Product<T> p) where T : unmanaged =>
        p.K >= 2 * SlabDepth && p.M * p.N <= SlabResults && p.Work >= GemmGrid.Serial / 4;

    private static void RunWhole<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        if (p.N == 1) GemmVector.Run(p);
        else if (p.M == 1) GemmVector.Run(p.Transposed);
        else if (p.C.Col == 1) RunRows(p);
        else if (p.C.Row == 1) RunRows(p.Transposed);
        else RunStaged(p);
    }

    /// <summary>For the paths that know no bias: C gets it first.</summary>
    internal static void RunOnBias<T>(in Product<T> p) where T : unmanaged
    {
        for (long i = 0; i < p.M; i++)
        {
            for (long j = 0; j < p.N; j++) *p.C.At(i, j).Data = p.Bias[j];
        }
        Dispatch(new Product<T>(p.M, p.N, p.K, p.A, p.B, p.C, true));
    }

    /// <summary>C has unit column stride.</summary>
    private static void RunRows<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        if (p.B.Col != 1 && (p.M <= PanelRows || p.Work <= PanelWork))
        {
            bool dots = p.M <= DotRows && p.K >= DotDepth && p.B.Row == 1 && p.A.Col == 1 && p.Bias == null;
            if (dots) GemmVector.RunColumns(p.Transposed);
            else GemmDirect.Run(p);
        }
        else if (p.B.Col == 1 && (p.M < GemmDirect.TileRows || p.Work < TiledWork || GemmDirect.IsShallow(p))) GemmDirect.Run(p);
        else if (Vector512.IsHardwareAccelerated) RunTiles<Lanes512<T>, Vector512<T>, T>(p);
        else if (Vector256.IsHardwareAccelerated) RunTiles<Lanes256<T>, Vector256<T>, T>(p);
        else if (Vector128.IsHardwareAccelerated) RunTiles<Lanes128<T>, Vector128<T>, T>(p);
        else RunTiles<Lanes1<T>, T, T>(p);
    }

    private static void RunTiles<L, V, T>(in Product<T> p)
        where L : ILanes<V, T>
        where V : struct
        where T : unmanaged, INumberBase<T>
    {
        GemmPacked<L, V, T>.Run(p, copyB: p.B.Col != 1 || !FitsInPlace(p));
    }

    private static bool FitsInPlace<T>(in Product<T> p) where T : unmanaged
    {
        if (p.M <= DirectRows || p.K <= DirectDepth) return true;
        bool aliased = p.A.Row * sizeof(T) % Aliased == 0 || p.B.Row * sizeof(T) % Aliased == 0;
        return p.Work <= (aliased ? AliasedWork : DirectWork);
    }

    /// <summary>C has no unit stride: blocks are made elsewhere and copied.</summary>
    private static void RunStaged<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        long columns = Math.Min(p.N, 512), rows = Math.Min(p.M, 512);
        T* stage = GemmBuffers.Get<T>(GemmBuffers.Stage, rows * columns);
        for (long i = 0; i < p.M; i += rows)
        {
            for (long j = 0; j < p.N; j += columns)
            {
                Product<T> block = p.Block(i, Math.Min(rows, p.M - i), j, Math.Min(columns, p.N - j));
                RunRows(block.Into(stage, columns));
                for (long r = 0; r < block.M; r++) GemmVector.Put(block.N, stage + r * columns, block.C.At(r, 0), p.Accumulate);
            }
        }
    }

    private static void RunSlabs<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        long slabs = Math.Min(MostSlabs, p.K / SlabDepth), depth = (p.K + slabs - 1) / slabs, size = p.M * p.N;
        T* partial = GemmBuffers.Get<T>(GemmBuffers.Slabs, slabs * size);
        Parallel.For(slabs, 1, new SlabTask<T>(p, partial, depth));
        for (long s = 1; s < slabs; s++)
        {
            for (long i = 0; i < size; i++) partial[i] += partial[s * size + i];
        }
        for (long r = 0; r < p.M; r++) GemmVector.Put(p.N, partial + r * p.N, p.C.At(r, 0), p.Accumulate);
    }

    private readonly struct SlabTask<T>(Product<T> p, T* partial, long depth) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            for (long s = from; s < to; s++)
            {
                Product<T> slab = p.Depth(s * depth, Math.Min(depth, p.K - s * depth));
                RunWhole(slab.Into(partial + s * p.M * p.N, p.N));
            }
        }
    }

    private readonly struct BatchTask<T>(Product<T> p, long aBatch, long bBatch, long cBatch) : IRange where T : unmanaged
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                Matrix<T> a = new(p.A.Data + i * aBatch, p.A.Row, p.A.Col), b = new(p.B.Data + i * bBatch, p.B.Row, p.B.Col);
                Dispatch(new Product<T>(p.M, p.N, p.K, a, b, new(p.C.Data + i * cBatch, p.C.Row, p.C.Col), p.Accumulate));
            }
        }
    }
}
