using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// The operands of a product of 16-bit floats, widened, in the order in which the tiles read them: slab after slab of the sum. Rows of A
/// stay rows where they are adjacent values, and columns stay columns, as long as the rows of a block; else, and in B, there are panels as
/// wide as a tile.
/// </summary>
internal readonly unsafe struct HalfPanels<L, V, T>
    where L : ILanes<V, float>
    where V : struct
    where T : unmanaged
{
    private const long SlabDepth = 512, StripValues = 4096, Strided = 64;

    private readonly float* a, b;
    private readonly long slab, slabA, slabB, row, column;
    private readonly bool byRows;

    /// <summary>Rows of the largest block of a product; blocks begin at fractions of it.</summary>
    public const long BlockRows = 192;

    /// <summary>Memory of this thread for a part of a product of at most this size, until the next one of its own.</summary>
    public HalfPanels(long rows, long columns, long depth, Matrix<T> like)
    {
        slab = SlabOf(depth);
        byRows = like.Col == 1;
        // Rows and columns do not lie whole pages apart: they would share few lines of the first-level cache.
        row = !byRows || slab < Strided ? slab : GemmGrid.Round(slab, 16) + 16;
        column = byRows || like.Row != 1 ? 0 : Math.Min(rows, BlockRows) + 16;
        slabA = column == 0 ? GemmGrid.Round(rows, TileRows) * row : Parallel.Chunks(rows, BlockRows) * column * slab;
        slabB = GemmGrid.Round(columns, TileColumns) * slab;
        long slabs = Parallel.Chunks(depth, slab);
        a = GemmBuffers.Get<float>(GemmBuffers.PackedA, slabs * slabA);
        b = GemmBuffers.Get<float>(GemmBuffers.PackedB, slabs * slabB);
    }

    private static long TileRows => GemmTiles<L, V, float>.Rows;

    private static long TileColumns => GemmTiles<L, V, float>.Columns;

    /// <summary>Equal slabs of k, as those of a product in float.</summary>
    public static long SlabOf(long k) => Parallel.Chunks(k, Parallel.Chunks(k, SlabDepth));

    /// <summary>Widens rows of A from <paramref name="i"/>, a multiple of the tile's, on.</summary>
    public void PackA(in Product<T> p, long i, long m)
    {
        float* to = AtA(a, i);
        for (long q = 0; q < p.K; q += slab, to += slabA)
        {
            long k = Math.Min(slab, p.K - q);
            T* from = p.A.At(i, q).Data;
            if (byRows) Rows(m, k, from, p.A.Row, to, row);
            else if (column != 0) Rows(k, m, from, p.A.Col, to, column);
            else Panels(m, k, from, p.A.Row, p.A.Col, to, TileRows, slab);
        }
    }

    /// <summary>Widens columns of B from <paramref name="j"/>, a multiple of the tile's, on.</summary>
    public void PackB(in Product<T> p, long j, long n)
    {
        float* to = b + j * slab;
        for (long q = 0; q < p.K; q += slab, to += slabB)
        {
            Panels(n, Math.Min(slab, p.K - q), p.B.At(q, j).Data, p.B.Col, p.B.Row, to, TileColumns, slab);
        }
    }

    /// <summary>c (+)= the product of rows from i and columns from j on, over k terms.</summary>
    public void Multiply(long m, long n, long k, long i, long j, float* c, long cRow, bool accumulate)
    {
        float* atA = a, atB = b;
        for (long q = 0; q < k; q += slab, atA += slabA, atB += slabB)
        {
            float* from = AtA(atA, i);
            Panels<float> rows = byRows ? new(new(from, row, 1), row, false)
                : column != 0 ? new(new(from, 1, column), 1, false) : new(new(from, 1, TileRows), slab, false);
            Panels<float> columns = new(new(atB, TileColumns, 1), slab, true);
            var part = new Product<float>(m, n, Math.Min(slab, k - q), default, default, new(c, cRow, 1), accumulate || q > 0);
            GemmPacked<L, V, float>.Block(part, rows, columns.From(j));
        }
    }

    /// <summary>Where row i begins in a slab.</summary>
    private float* AtA(float* slabOfA, long i) =>
        slabOfA + (column == 0 ? i * row : i / BlockRows * column * slab + i % BlockRows);

    private static void Rows(long m, long k, T* from, long fromRow, float* to, long toRow)
    {
        if (fromRow == k && toRow == k) (m, k) = (1, m * k);
        for (; m > 0; m--, from += fromRow, to += toRow) Halves.Widen(k, from, to);
    }

    /// <summary>
    /// Panels of <paramref name="tile"/> values by k, <paramref name="step"/> · tile apart, the last one filled up with zeros. Whole tiles
    /// of adjacent values are widened in place; else a strip that stays in the first-level cache is widened, and its floats are turned.
    /// </summary>
    private static void Panels(long width, long k, T* from, long inner, long outer, float* to, long tile, long step)
    {
        long w = 0;
        if (inner == 1 && tile == 2 * L.Count) w = Tiles(width / tile, k, from, outer, to, tile, step * tile);
        if (w == width) return;
        float* strip = stackalloc float[(int)StripValues];
        if (inner == 1) Lines(width - w, k, from + w, outer, to + w * step, tile, step, strip);
        else Turn(width - w, k, from + w * inner, inner, outer, to + w * step, tile, step, strip);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Tiles(long tiles, long k, T* from, long outer, float* to, long tile, long panel)
    {
        for (; k > 0; k--, from += outer, to += tile)
        {
            T* x = from;
            float* y = to;
            for (long t = tiles; t > 0; t--, x += tile, y += panel)
            {
                L.Store(y, Halves.Load<L, V, T>(x));
                L.Store(y + L.Count, Halves.Load<L, V, T>(x + L.Count));
            }
        }
        return tiles * tile;
    }

    /// <summary>Adjacent values that no whole tile covers.</summary>
    private static void Lines(long width, long k, T* from, long outer, float* to, long tile, long step, float* strip)
    {
        long lines = Math.Max(1, StripValues / width);
        for (long p = 0; p < k; p += lines)
        {
            long count = Math.Min(lines, k - p);
            for (long q = 0; q < count; q++) Halves.Widen(width, from + (p + q) * outer, strip + q * width);
            for (long w = 0; w < width; w += tile)
            {
                GemmPack.Panel(Math.Min(tile, width - w), count, strip + w, 1, width, to + w * step + p * tile, tile);
            }
        }
    }

    /// <summary>Values across a panel that lie apart.</summary>
    private static void Turn(long width, long k, T* from, long inner, long outer, float* to, long tile, long step, float* strip)
    {
        // An odd number of lines apart, so that they do not fall into the same places.
        long lines = StripValues / tile / 16 * 16 - 16;
        for (long w = 0; w < width; w += tile)
        {
            long rows = Math.Min(tile, width - w);
            for (long p = 0; p < k; p += lines)
            {
                long count = Math.Min(lines, k - p);
                for (long r = 0; r < rows; r++) Halves.Widen(count, from + (w + r) * inner + p * outer, outer, strip + r * lines);
                GemmPack.Panel(rows, count, strip, lines, 1, to + w * step + p * tile, tile);
            }
        }
    }
}
