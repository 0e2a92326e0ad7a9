using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal partial interface IVectorZip
{
    /// <summary>Whether two neighbours belong together, so that no vector may begin between them.</summary>
    static virtual bool Pairs => false;
}

/// <summary>Applies an <see cref="IVectorZip"/> to contiguous spans of float or double; see <see cref="VectorMap"/>.</summary>
internal static partial class VectorZip
{
    /// <summary>
    /// z[i] = op(x[i], y[i]). <paramref name="z"/> may be the memory of either operand, but must not overlap it otherwise.
    /// </summary>
    public static void Run<TOp, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, TOp op = default)
        where TOp : struct, IVectorZip
        where T : unmanaged
    {
        VectorSpan.Require(x.Length, y.Length);
        Run(op, x, y, z, x.Length, 1, 1);
    }

    /// <summary>z[i] = op(x[i], y).</summary>
    public static void Run<TOp, T>(ReadOnlySpan<T> x, T y, Span<T> z, TOp op = default)
        where TOp : struct, IVectorZip
        where T : unmanaged => Run(op, x, new ReadOnlySpan<T>(in y), z, x.Length, 1, 0);

    /// <summary>z[i] = op(x, y[i]).</summary>
    public static void Run<TOp, T>(T x, ReadOnlySpan<T> y, Span<T> z, TOp op = default)
        where TOp : struct, IVectorZip
        where T : unmanaged => Run(op, new ReadOnlySpan<T>(in x), y, z, y.Length, 0, 1);

    private static void Run<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
        where T : unmanaged
    {
        VectorSpan.Require((int)n, z.Length);
        if (n == 0) return;
        if (typeof(T) == typeof(float)) RunSingle(op, x, y, z, n, stepX, stepY);
        else if (typeof(T) == typeof(double)) RunDouble(op, x, y, z, n, stepX, stepY);
        else VectorSpan.ThrowType(typeof(T));
    }

    private static void RunSingle<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
        where T : unmanaged
    {
        ref float a = ref VectorSpan.First<T, float>(x), b = ref VectorSpan.First<T, float>(y), c = ref VectorSpan.First<T, float>(z);
        if (Vector512.IsHardwareAccelerated) Run512(op, ref a, ref b, ref c, n, stepX, stepY);
        else if (Vector256.IsHardwareAccelerated) Run256(op, ref a, ref b, ref c, n, stepX, stepY);
        else Run128(op, ref a, ref b, ref c, n, stepX, stepY);
    }

    private static void RunDouble<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
        where T : unmanaged
    {
        ref double a = ref VectorSpan.First<T, double>(x), b = ref VectorSpan.First<T, double>(y), c = ref VectorSpan.First<T, double>(z);
        if (Vector512.IsHardwareAccelerated) Run512(op, ref a, ref b, ref c, n, stepX, stepY);
        else if (Vector256.IsHardwareAccelerated) Run256(op, ref a, ref b, ref c, n, stepX, stepY);
        else Run128(op, ref a, ref b, ref c, n, stepX, stepY);
    }
}
