namespace Nabla.Kernels;

/// <summary>Integer division has no value for 0, so divisors are looked at before anything is written.</summary>
internal static class Divisor
{
    private const long Grain = 1 << 16;

    /// <summary>Throws if an integer divisor has an element 0.</summary>
    internal static void Check(string op, Tensor y)
    {
        if (y.dtype.IsFloatingPoint() || y.layout.Count == 0) return;
        Tensor flat = Copy.Contiguous(y);
        long n = flat.layout.Count, found = -1;
        if (n <= Grain) found = ZeroIn(flat, 0, n);
        else
        {
            long[] places = new long[Parallel.Chunks(n, Grain)];
            Parallel.Sweep(n, Grain, new Zeros(flat, places));
            for (int i = 0; i < places.Length && found < 0; i++) found = places[i];
        }
        if (found >= 0)
            throw new DivideByZeroException($"ZeroDivisionError: {op} of integers: the divisor ({y.dtype.Name()} " +
                $"{Shape.Format(y.layout.shape)}) " +
                $"is 0 at flat index {found}. Convert to floating point for inf and nan.");
    }

    /// <summary>The first place of a 0 in each chunk, or -1.</summary>
    private readonly struct Zeros(Tensor y, long[] places) : IRange
    {
        public void Run(long from, long to) => places[from / Grain] = ZeroIn(y, from, to - from);
    }

    private static long ZeroIn(Tensor y, long from, long n)
    {
        long at = y.layout.Offset + from;
        long found = y.dtype.ItemSize() switch
        {
            1 => y.storage.Span<byte>(at, n).IndexOf((byte)0),
            2 => y.storage.Span<ushort>(at, n).IndexOf((ushort)0),
            4 => y.storage.Span<uint>(at, n).IndexOf(0u),
            _ => y.storage.Span<ulong>(at, n).IndexOf(0ul),
        };
        return found < 0 ? found : from + found;
    }
}
