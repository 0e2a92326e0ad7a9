using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Binary search in sorted rows. NaN counts as larger than every number.</summary>
internal static class Search
{
    /// <summary>Places in the last dimension of the rows; one row for all values if shared, else one per row of values. Operands have one
    /// dtype.</summary>
    internal static Tensor Run(Tensor rows, Tensor values, bool right, bool shared)
    {
        Tensor y = Tensor.Allocate(new Layout(values.layout.shape), DType.Int64);
        if (y.layout.Count == 0) return y;
        if (rows.dtype is DType.Float16 or DType.BFloat16) (rows, values) = (Copy.Cast(rows, DType.Float32),
            Copy.Cast(values, DType.Float32));
        (rows, values) = (Copy.Contiguous(rows), Copy.Contiguous(values));
        long length = rows.layout.shape[^1], count = 1;
        foreach (long n in rows.layout.shape.AsSpan(0, rows.Rank - 1)) count *= n;
        // Under a batch, a shared row has the batch in front; every row then serves an equal share of the values.
        long per = y.layout.Count / count;
        switch (rows.dtype)
        {
            case DType.Bool or DType.UInt8: Drive<byte>(rows, values, y, length, per, right); break;
            case DType.Int8: Drive<sbyte>(rows, values, y, length, per, right); break;
            case DType.Int16: Drive<short>(rows, values, y, length, per, right); break;
            case DType.Int32: Drive<int>(rows, values, y, length, per, right); break;
            case DType.Int64: Drive<long>(rows, values, y, length, per, right); break;
            case DType.Float32: Drive<float>(rows, values, y, length, per, right); break;
            default: Drive<double>(rows, values, y, length, per, right); break;
        }
        return y;
    }

    private static void Drive<T>(Tensor rows, Tensor values, Tensor y, long length, long per, bool right) where T : unmanaged, INumber<T> =>
        Parallel.For(y.layout.Count, 4096, new Body<T>(rows, values, y, length, per, right));

    private readonly struct Body<T>(Tensor rows, Tensor values, Tensor y, long length, long per, bool right) : IRange where T : unmanaged,
        INumber<T>
    {
        public void Run(long from, long to)
        {
            for (long n; from < to; from += n)
            {
                n = Math.Min(to - from, per - from % per);
                Places(rows.storage.Span<T>(rows.layout.Offset + from / per * length, length),
                    values.storage.Span<T>(values.layout.Offset + from, n), y.storage.Span<long>(from, n), right);
            }
        }
    }

    /// <summary>How many elements of a row, which ends with its NaNs, are less than each value, or not greater.</summary>
    private static void Places<T>(ReadOnlySpan<T> row, ReadOnlySpan<T> values, Span<long> places, bool right)
        where T : unmanaged, INumber<T>
    {
        if (right) Places<T, NotGreater<T>>(row, values, places);
        else Places<T, Less<T>>(row, values, places);
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double)) return;
        for (int i = 0; i < places.Length; i++)
            if (T.IsNaN(values[i])) places[i] = right ? row.Length : Numbers(row);
    }

    private static int Numbers<T>(ReadOnlySpan<T> row) where T : unmanaged, INumber<T>
    {
        int n = row.Length;
        while (n > 0 && T.IsNaN(row[n - 1])) n--;
        return n;
    }

    /// <summary>Whether an element comes before a value that is a number; no NaN does.</summary>
    private interface IBefore<T>
    {
        static abstract bool Of(T element, T value);
    }

    private readonly struct Less<T> : IBefore<T> where T : INumber<T>
    {
        public static bool Of(T element, T value) => element < value;
    }

    private readonly struct NotGreater<T> : IBefore<T> where T : INumber<T>
    {
        public static bool Of(T element, T value) => element <= value;
    }

    /// <summary>Four searches at once, without branches: a step of one need not wait for that of another, and none is guessed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Places<T, TBefore>(ReadOnlySpan<T> row, ReadOnlySpan<T> values, Span<long> places)
        where T : unmanaged, INumber<T> where TBefore : struct, IBefore<T>
    {
        if (row.IsEmpty)
        {
            places.Clear();
            return;
        }
        ref T first = ref MemoryMarshal.GetReference(row);
        int i = 0;
        for (; i <= values.Length - 4; i += 4)
        {
            T p = values[i], q = values[i + 1], r = values[i + 2], s = values[i + 3];
            nint a = 0, b = 0, c = 0, d = 0;
            for (nint n = row.Length; n > 1;)
            {
                nint half = n >> 1;
                a += Step<T, TBefore>(ref first, a, half, p);
                b += Step<T, TBefore>(ref first, b, half, q);
                c += Step<T, TBefore>(ref first, c, half, r);
                d += Step<T, TBefore>(ref first, d, half, s);
                n -= half;
            }
            places[i] = a + Step<T, TBefore>(ref first, a, 1, p);
            places[i + 1] = b + Step<T, TBefore>(ref first, b, 1, q);
            places[i + 2] = c + Step<T, TBefore>(ref first, c, 1, r);
            places[i + 3] = d + Step<T, TBefore>(ref first, d, 1, s);
        }
        for (; i < values.Length; i++)
        {
            nint a = 0;
            for (nint n = row.Length; n > 1; n -= n >> 1) a += Step<T, TBefore>(ref first, a, n >> 1, values[i]);
            places[i] = a + Step<T, TBefore>(ref first, a, 1, values[i]);
        }
    }

    /// <summary>half if the last of the next elements comes before the value, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Step<T, TBefore>(ref T row, nint at, nint half, T value) where T : unmanaged where TBefore : struct, IBefore<T>
    {
        bool before = TBefore.Of(Unsafe.Add(ref row, at + half - 1), value);
        return -(nint)Unsafe.BitCast<bool, byte>(before) & half;
    }

    /// <summary>Which elements occur in the other tensor, whose last dimension is the list.</summary>
    internal static Tensor IsIn(Tensor x, Tensor list)
    {
        Tensor sorted = Copy.Cast(Copy.Contiguous(list), DType.Float64);
        if (x.dtype == DType.Int64) return Exact(x, list);
        Tensor own = Tensor.Allocate(new Layout(sorted.layout.shape), DType.Float64);
        Copy.Run(sorted, own);
        return Find<double>(Copy.Cast(x, DType.Float64), own);
    }

    private static Tensor Exact(Tensor x, Tensor list)
    {
        Tensor own = Tensor.Allocate(new Layout(list.layout.shape), DType.Int64);
        Copy.Run(list, own);
        return Find<long>(x, own);
    }

    private static Tensor Find<T>(Tensor x, Tensor rows) where T : unmanaged, INumber<T>
    {
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), DType.Bool);
        if (y.layout.Count == 0) return y;
        long length = rows.layout.shape[^1];
        if (length == 0)
        {
            Fill.Run(y, false);
            return y;
        }
        long count = rows.layout.Count / length, per = y.layout.Count / count;
        x = Copy.Contiguous(x);
        for (long r = 0; r < count; r++) rows.storage.Span<T>(r * length, length).Sort();
        Parallel.For(y.layout.Count, 4096, new FindBody<T>(x, rows, y, length, per));
        return y;
    }

    private readonly struct FindBody<T>(Tensor x, Tensor rows, Tensor y, long length, long per) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            Span<long> places = stackalloc long[256];
            for (int n; from < to; from += n)
            {
                n = (int)Math.Min(Math.Min(to - from, per - from % per), places.Length);
                ReadOnlySpan<T> row = rows.storage.Span<T>(from / per * length, length);
                while (!row.IsEmpty && T.IsNaN(row[0])) row = row[1..]; // sorted to the front; a NaN equals nothing, itself included
                ReadOnlySpan<T> values = x.storage.Span<T>(x.layout.Offset + from, n);
                Places(row, values, places[..n], right: false);
                Span<byte> found = y.storage.Span<byte>(from, n);
                for (int i = 0; i < n; i++)
                    found[i] = places[i] < row.Length && row[(int)places[i]] == values[i] ? (byte)1 : (byte)0;
            }
        }
    }
}
