using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Registers in which the real and imaginary parts of complex numbers alternate.</summary>
internal static class Alternating
{
    /// <summary>Every two neighbours exchanged: i times the conjugate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Swap(Vector512<float> x) =>
        Vector512.Shuffle(x, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));

    /// <inheritdoc cref="Swap(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Swap(Vector256<float> x) => Vector256.Shuffle(x, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));

    /// <inheritdoc cref="Swap(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Swap(Vector128<float> x) => Vector128.Shuffle(x, Vector128.Create(1, 0, 3, 2));

    /// <inheritdoc cref="Swap(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Swap(Vector512<double> x) => Vector512.Shuffle(x, Vector512.Create(1L, 0, 3, 2, 5, 4, 7, 6));

    /// <inheritdoc cref="Swap(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Swap(Vector256<double> x) => Vector256.Shuffle(x, Vector256.Create(1L, 0, 3, 2));

    /// <inheritdoc cref="Swap(Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Swap(Vector128<double> x) => Vector128.Shuffle(x, Vector128.Create(1L, 0));

    /// <summary>Real parts of one, imaginary parts of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> re, Vector512<float> im) =>
        Vector512.ConditionalSelect(Vector512.Create(0xFFFFFFFFul).AsSingle(), re, im);

    /// <inheritdoc cref="Of(Vector512{float}, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(Vector256<float> re, Vector256<float> im) =>
        Vector256.ConditionalSelect(Vector256.Create(0xFFFFFFFFul).AsSingle(), re, im);

    /// <inheritdoc cref="Of(Vector512{float}, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> re, Vector128<float> im) =>
        Vector128.ConditionalSelect(Vector128.Create(0xFFFFFFFFul).AsSingle(), re, im);

    /// <inheritdoc cref="Of(Vector512{float}, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Of(Vector512<double> re, Vector512<double> im) =>
        Vector512.ConditionalSelect(Vector512.Create(-1L, 0, -1, 0, -1, 0, -1, 0).AsDouble(), re, im);

    /// <inheritdoc cref="Of(Vector512{float}, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Of(Vector256<double> re, Vector256<double> im) =>
        Vector256.ConditionalSelect(Vector256.Create(-1L, 0, -1, 0).AsDouble(), re, im);

    /// <inheritdoc cref="Of(Vector512{float}, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Of(Vector128<double> re, Vector128<double> im) =>
        Vector128.ConditionalSelect(Vector128.Create(-1L, 0).AsDouble(), re, im);
}

// Whether registers hold complex numbers.
internal readonly partial struct ConjugateMap
{
    static bool IVectorMap.Pairs => true;
}

internal readonly partial struct ComplexProductZip
{
    static bool IVectorZip.Pairs => true;
}

internal readonly partial struct ComplexQuotientZip
{
    static bool IVectorZip.Pairs => true;
}
