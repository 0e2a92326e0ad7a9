namespace Nabla.Kernels;

/// <summary>Integer division has no value for 0, so divisors are looked at before anything is written.</summary>
internal static class Divisor
{
    /// <summary>Throws if an integer divisor has an element 0.</summary>
    internal static void Check(string op, Tensor y)
    {
        if (y.dtype.IsFloatingPoint() || y.layout.Count == 0) return;
        Tensor flat = Copy.Contiguous(y);
        long n = flat.layout.Count, at = flat.layout.Offset;
        long found = y.dtype.ItemSize() switch
        {
            1 => flat.storage.Span<byte>(at, n).IndexOf((byte)0),
            2 => flat.storage.Span<ushort>(at, n).IndexOf((ushort)0),
            4 => flat.storage.Span<uint>(at, n).IndexOf(0u),
            _ => flat.storage.Span<ulong>(at, n).IndexOf(0ul),
        };
        if (found >= 0)
            throw new DivideByZeroException($"ZeroDivisionError: {op} of integers: the divisor ({y.dtype.Name()} " +
                $"{Shape.Format(y.layout.shape)}) " +
                $"is 0 at flat index {found}. Convert to floating point for inf and nan.");
    }
}
