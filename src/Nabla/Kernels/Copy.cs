using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Copies between layouts and dtypes.</summary>
internal static partial class Copy
{
    private const long Grain = 1 << 16;

    /// <summary>Writes x, broadcast to y's shape and converted to y's dtype, into y, which may have any layout without overlap.</summary>
    internal static void Run(Tensor x, Tensor y)
    {
        if (y.layout.Count == 0) return;
        if (x.dtype != y.dtype)
        {
            if (y.layout.IsDense && x.layout.SameShape(y.layout)) Convert.Run(x, y);
            else Run(Cast(x, y.dtype), y);
            return;
        }
        if (ReferenceEquals(x.storage, y.storage) && Overlaps(x.layout, y.layout))
        {
            if (x.layout.SameShape(y.layout) && x.layout.SameStrides(y.layout) && x.layout.Offset == y.layout.Offset) return;
            x = Contiguous(x);
        }
        switch (x.dtype.ItemSize())
        {
            case 1: Move<byte>(x, y); break;
            case 2: Move<ushort>(x, y); break;
            case 4: Move<uint>(x, y); break;
            case 8: Move<ulong>(x, y); break;
            default: Move<UInt128>(x, y); break;
        }
    }

    private static bool Overlaps(Layout x, Layout y) => x.Offset < y.End && y.Offset < x.End;

    /// <summary>x itself if it is row-major, else a row-major copy. No record.</summary>
    internal static Tensor Contiguous(Tensor x)
    {
        if (x.layout.IsContiguous) return x;
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
        Run(x, y);
        return y;
    }

    /// <summary>x itself if it has the dtype, else a converted copy. No record.</summary>
    internal static Tensor Cast(Tensor x, DType dtype)
    {
        if (x.dtype == dtype) return x;
        Tensor y = Tensor.Allocate(x.layout.Fresh, dtype);
        if (y.layout.Count > 0) Convert.Run(x, y);
        return x.IsWrappedNumber ? y.AsWrappedNumber() : y;
    }

    private static void Move<T>(Tensor x, Tensor y) where T : unmanaged
    {
        long n = y.layout.Count;
        if (x.layout.IsDense && y.layout.IsDense && x.layout.SameShape(y.layout)
            && ((x.layout.IsContiguous && y.layout.IsContiguous) || x.layout.SameStrides(y.layout)))
        {
            if (n <= Grain) x.storage.Span<T>(x.layout.Offset, n).CopyTo(y.storage.Span<T>(y.layout.Offset, n));
            else Parallel.Sweep(n, Grain, new Direct<T>(x, y));
            return;
        }
        Layout source = Broadcast.To(x.layout, y.layout.shape) ?? x.layout;
        Rows rows = new(y.layout, source);
        if (rows.Inner2 > 1 && rows.YStride == 1 && rows.XStride is not (0 or 1)) Parallel.Sweep(rows.Blocks, 1, new Transposed<T>(x, y, rows));
        else Parallel.Sweep(rows.Count, Math.Max(1, Grain / rows.Inner), new ByRow<T>(x, y, rows));
    }

    private readonly struct Direct<T>(Tensor x, Tensor y) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to) => x.storage.Span<T>(x.layout.Offset + from,
            to - from).CopyTo(y.storage.Span<T>(y.layout.Offset + from, to - from));
    }

    /// <summary>Source and target as rows: dimensions by descending target stride, merged where both allow it.</summary>
    private sealed class Rows
    {
        internal readonly long[] Sizes, X, Y;
        internal readonly long XOffset, YOffset, Count;

        internal Rows(Layout y, Layout x)
        {
            int rank = y.Rank;
            List<int> order = new(rank);
            for (int d = 0; d < rank; d++)
            {
                int at = order.Count;
                while (at > 0 && y.strides[order[at - 1]] < y.strides[d]) at--;
                order.Insert(at, d);
            }
            List<(long Size, long X, long Y)> dims = [];
            foreach (int d in order)
            {
                if (y.shape[d] == 1) continue;
                if (dims.Count > 0 && dims[^1].X == x.strides[d] * y.shape[d] && dims[^1].Y == y.strides[d] * y.shape[d])
                    dims[^1] = (dims[^1].Size * y.shape[d], x.strides[d], y.strides[d]);
                else dims.Add((y.shape[d], x.strides[d], y.strides[d]));
            }
            if (dims.Count == 0) dims.Add((1, 1, 1));
            // The dimension in which the source is contiguous comes second to last, so that tiles can serve both sides.
            int unit = dims.FindIndex(static d => d.X == 1);
            if (unit >= 0 && unit < dims.Count - 2 && dims[^1].X != 1)
            {
                (long, long, long) moved = dims[unit];
                dims.RemoveAt(unit);
                dims.Insert(dims.Count - 1, moved);
            }
            Sizes = [.. dims.Select(static d => d.Size)];
            X = [.. dims.Select(static d => d.X)];
            Y = [.. dims.Select(static d => d.Y)];
            (XOffset, YOffset) = (x.Offset, y.Offset);
            Count = 1;
            for (int d = 0; d < Sizes.Length - 1; d++) Count *= Sizes[d];
        }

        internal long Inner => Sizes[^1];
        internal long Inner2 => Sizes.Length > 1 && X[^2] == 1 ? Sizes[^2] : 1;
        internal long XStride => X[^1];
        internal long YStride => Y[^1];

        /// <summary>The outer positions left when the last two dimensions are done in tiles, times the strips of each.</summary>
        internal long Blocks => Count / Sizes[^2] * Strips;

        internal long Strips => (Sizes[^2] + Tile - 1) / Tile;

        internal const int Tile = 32;

        /// <summary>Where row <paramref name="row"/> of the first <paramref name="dims"/> dimensions begins.</summary>
        internal (long X, long Y) At(long row, int dims)
        {
            (long x, long y) = (XOffset, YOffset);
            for (int d = dims - 1; d >= 0; d--)
            {
                (row, long k) = Math.DivRem(row, Sizes[d]);
                x += k * X[d];
                y += k * Y[d];
            }
            return (x, y);
        }
    }

    /// <summary>The source is contiguous in the second to last dimension and the target in the last: tiles keep both in cache.</summary>
    private readonly struct Transposed<T>(Tensor x, Tensor y, Rows rows) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = rows.Inner, m = rows.Sizes[^2], sx = rows.XStride, sy = rows.Y[^2];
            for (long block = from; block < to; block++)
            {
                (long outer, long strip) = Math.DivRem(block, rows.Strips);
                (long ax, long ay) = rows.At(outer, rows.Sizes.Length - 2);
                long first = strip * Rows.Tile, last = Math.Min(m, first + Rows.Tile);
                TransposeTiles.Run(ref x.storage.At<T>(ax + first), (nint)sx, ref y.storage.At<T>(ay + first * sy), (nint)sy,
                    (nint)(last - first), (nint)n);
            }
        }
    }
}
