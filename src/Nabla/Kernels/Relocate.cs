using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Planes whose elements are copies of others, or zeros, by a list of rows and a list of columns.</summary>
internal static unsafe class Relocate
{
    private const long Grain = 1 << 15;

    /// <summary>
    /// y[plane, i, j] = x[plane, rows[i], columns[j]], or 0 where either is negative. x is contiguous, and so is y.
    /// </summary>
    /// <param name="x">Planes of height by width elements, of any dtype.</param>
    /// <param name="y">As many planes.</param>
    /// <param name="height">Rows of x.</param>
    /// <param name="width">Columns of x.</param>
    /// <param name="rows">The row of x for each row of y.</param>
    /// <param name="columns">The column of x for each column of y.</param>
    internal static void Run(Tensor x, Tensor y, long height, long width, long[] rows, long[] columns) =>
        Run(x, y, height, width, rows, columns, LongestRun(columns));

    private static void Run(Tensor x, Tensor y, long height, long width, long[] rows, long[] columns, ColumnRun run)
    {
        switch (x.dtype.ItemSize())
        {
            case 1: Run<byte>(x, y, height, width, rows, columns, run); break;
            case 2: Run<ushort>(x, y, height, width, rows, columns, run); break;
            case 4: Run<uint>(x, y, height, width, rows, columns, run); break;
            case 8: Run<ulong>(x, y, height, width, rows, columns, run); break;
            default: Run<UInt128>(x, y, height, width, rows, columns, run); break;
        }
    }

    /// <summary>Writes x, contiguous, into y with zeros before and after its last dimensions, the last one first; negative numbers cut
    /// off. False if that would need a long list of rows.</summary>
    internal static bool TryPad(Tensor x, Tensor y, ReadOnlySpan<long> before)
    {
        const long MostRows = 1 << 16;
        (long[] from, long[] to) = (x.layout.shape, y.layout.shape);
        // Outer dimensions that stay are more planes.
        int dims = before.Length;
        while (dims > 1 && before[dims - 1] == 0 && to[^dims] == from[^dims]) dims--;
        if (Layout.Elements(to.AsSpan()[^dims..^1]) > MostRows) return false;
        long[] rows = [0];
        long height = 1;
        for (int k = dims; k > 1; height *= from[^k--]) rows = Pairs(rows, Places(before[k - 1], from[^k], to[^k]), from[^k]);
        long first = Math.Clamp(before[0], 0, to[^1]), last = Math.Clamp(before[0] + from[^1], first, to[^1]);
        Run(x, y, height, from[^1], rows, [], new(first, first - before[0], last - first));
        return true;
    }

    /// <summary>Where each of count elements is among n of which the first one stands after <paramref name="before"/> others.</summary>
    private static long[] Places(long before, long n, long count)
    {
        long[] at = new long[count];
        for (long i = 0; i < count; i++) at[i] = (ulong)(i - before) < (ulong)n ? i - before : -1;
        return at;
    }

    /// <summary>Places in planes of lines of n elements, from those of the planes and those in the lines; negative ones stay so.</summary>
    internal static long[] Pairs(long[] planes, long[] lines, long n)
    {
        long[] pairs = new long[checked(planes.Length * lines.Length)];
        int i = 0;
        foreach (long p in planes)
            foreach (long q in lines) pairs[i++] = p < 0 || q < 0 ? -1 : p * n + q;
        return pairs;
    }

    private static void Run<T>(Tensor x, Tensor y, long height, long width, long[] rows, long[] columns, ColumnRun run) where T : unmanaged
    {
        long count = y.layout.shape[^1], lines = y.layout.Count / count;
        fixed (T* px = &x.storage.At<T>(x.layout.Offset), py = &y.storage.At<T>(y.layout.Offset))
        fixed (long* r = rows, c = columns)
            Parallel.Sweep(lines, Math.Max(1, Grain / count), new Body<T>(px, py, height, width, r, rows.Length, c, count, run));
    }

    /// <summary>Columns from First on that are neighbours there, from At on, as here. Others are in a list, or zeros if that is
    /// empty.</summary>
    private readonly record struct ColumnRun(long First, long At, long Length);

    private static ColumnRun LongestRun(long[] columns)
    {
        (long first, long length) = (0, 0);
        for (long i = 0; i < columns.Length;)
        {
            long start = i++;
            if (columns[start] < 0) continue;
            while (i < columns.Length && columns[i] == columns[i - 1] + 1) i++;
            if (i - start > length) (first, length) = (start, i - start);
        }
        return length < 8 ? default : new(first, columns[first], length);
    }

    private readonly struct Body<T>(T* x, T* y, long height, long width, long* rows, long rowCount, long* columns, long count,
        ColumnRun run) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            (long plane, long row) = Math.DivRem(from, rowCount);
            T* target = y + from * count, source = x + plane * height * width;
            long before = -1;
            for (long i = from; i < to; i++, target += count)
            {
                long at = rows[row];
                if (at < 0) new Span<T>(target, checked((int)count)).Clear();
                // Enlarged images repeat rows.
                else if (at == before) Copy(target - count, target, count);
                else
                {
                    Single(source + at * width, target, 0, run.First);
                    if (run.Length > 0) Copy(source + at * width + run.At, target + run.First, run.Length);
                    Single(source + at * width, target, run.First + run.Length, count);
                }
                before = at;
                if (++row < rowCount) continue;
                (row, before) = (0, -1);
                source += height * width;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Single(T* source, T* target, long from, long to)
        {
            if (columns == null)
            {
                for (; from < to; from++) target[from] = default;
                return;
            }
            for (; from < to; from++) target[from] = source[columns[from]];
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Copy(T* from, T* to, long n)
        {
            byte* x = (byte*)from, y = (byte*)to;
            long left = n * sizeof(T);
            for (; left >= 64; left -= 64, x += 64, y += 64)
            {
                Vector256<byte> low = Vector256.Load(x), high = Vector256.Load(x + 32);
                low.Store(y);
                high.Store(y + 32);
            }
            for (; left >= 16; left -= 16, x += 16, y += 16) Vector128.Load(x).Store(y);
            for (; left > 0; left -= sizeof(T), x += sizeof(T), y += sizeof(T)) *(T*)y = *(T*)x;
        }
    }
}
