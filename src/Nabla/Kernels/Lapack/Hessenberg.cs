using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// The reduction of a square matrix to Hessenberg form by Householder reflectors, after balancing. B. Parlett and C. Reinsch,
/// "Balancing a matrix for calculation of eigenvalues and eigenvectors", Numerische Mathematik 13, 1969; R. Martin and J. Wilkinson,
/// "Similarity reduction of a general matrix to Hessenberg form", Numerische Mathematik 12, 1968.
/// </summary>
internal static unsafe class Hessenberg
{
    /// <summary>
    /// Exchanges rows and columns so that eigenvalues that can be read off stand apart, and scales the rest by powers of 2 so that rows
    /// and columns have like norms. Rows of eigenvectors are then to be multiplied by <paramref name="scale"/> and exchanged back.
    /// </summary>
    internal static (long Low, long High) Balance<T>(T* a, long n, T* scale, long* exchanged) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long low = 0, high = n - 1;
        for (long i = 0; i < n; i++) (scale[i], exchanged[i]) = (T.One, i);
        while (high > 0 && IsolatedRow(a, n, high) is >= 0 and long row)
        {
            exchanged[high] = row;
            Exchange(a, n, row, high--);
        }
        while (low < high && IsolatedColumn(a, n, low, high) is >= 0 and long column)
        {
            exchanged[low] = column;
            Exchange(a, n, column, low++);
        }
        for (bool changed = true; changed;)
        {
            changed = false;
            for (long i = low; i <= high; i++) changed |= Equalise(a, n, i, low, high, scale);
        }
        return (low, high);
    }

    /// <summary>A row that is zero up to <paramref name="high"/> but for its diagonal, or -1.</summary>
    private static long IsolatedRow<T>(T* a, long n, long high) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long i = high; i >= 0; i--)
        {
            bool zero = true;
            for (long j = 0; j <= high && zero; j++) zero = j == i || a[i * n + j] == T.Zero;
            if (zero) return i;
        }
        return -1;
    }

    private static long IsolatedColumn<T>(T* a, long n, long low, long high) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long j = low; j <= high; j++)
        {
            bool zero = true;
            for (long i = low; i <= high && zero; i++) zero = i == j || a[i * n + j] == T.Zero;
            if (zero) return j;
        }
        return -1;
    }

    private static void Exchange<T>(T* a, long n, long i, long j) where T : unmanaged
    {
        if (i == j) return;
        for (long k = 0; k < n; k++) (a[k * n + i], a[k * n + j]) = (a[k * n + j], a[k * n + i]);
        Rows.Swap(a + i * n, a + j * n, n);
    }

    private static bool Equalise<T>(T* a, long n, long i, long low, long high, T* scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T two = T.One + T.One, column = T.Zero, row = T.Zero;
        for (long k = low; k <= high; k++)
        {
            if (k == i) continue;
            column += T.Abs(a[k * n + i]);
            row += T.Abs(a[i * n + k]);
        }
        if (column == T.Zero || row == T.Zero) return false;
        T before = column + row, factor = T.One;
        for (int steps = 0; column < row / two && steps < 100; steps++)
        {
            factor *= two;
            column *= two;
            row /= two;
        }
        for (int steps = 0; column >= row * two && steps < 100; steps++)
        {
            factor /= two;
            column /= two;
            row *= two;
        }
        if (factor == T.One || column + row >= T.CreateTruncating(0.95) * before) return false;
        scale[i] *= factor;
        for (long j = 0; j < n; j++) a[i * n + j] /= factor;
        for (long j = 0; j < n; j++) a[j * n + i] *= factor;
        return true;
    }

    /// <summary>A = Q H Qᵀ: A becomes H, with zeros below the first subdiagonal; the reflectors are rows, vⱼ beginning at j + 1.</summary>
    internal static void Reduce<T>(T* a, long n, T* reflectors, T* tau, T* work) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = 0; k < n - 1; k++)
        {
            T* v = reflectors + k * n;
            long first = k + 1, length = n - first;
            new Span<T>(v, (int)first).Clear();
            for (long i = first; i < n; i++) (v[i], a[i * n + k]) = (a[i * n + k], T.Zero);
            (tau[k], a[first * n + k]) = Strips.Reflector(v + first, length);
            if (tau[k] == T.Zero) continue;
            new Span<T>(work, (int)length).Clear();
            for (long i = first; i < n; i++) Rows.Add(v[i], a + i * n + first, work, length);
            for (long i = first; i < n; i++) Rows.Add(-tau[k] * v[i], work, a + i * n + first, length);
            for (long i = 0; i < n; i++)
            {
                T* row = a + i * n + first;
                Rows.Add(-tau[k] * Rows.Dot(row, v + first, length), v + first, row, length);
            }
        }
    }
}
