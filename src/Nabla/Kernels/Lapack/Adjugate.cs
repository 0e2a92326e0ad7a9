using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// First and second derivatives of the determinant, exact for singular matrices too: with A = E D F from elimination with complete
/// pivoting, D being diagonal, det(A + X) is ±det(D + E⁻¹ X F⁻¹), whose derivatives at X = 0 are products of elements of D.
/// </summary>
internal static unsafe class Adjugate
{
    /// <summary>The cofactors of A: the gradient of det A.</summary>
    internal static Tensor Cofactors(Tensor a) => Run(a, null);

    /// <summary>The derivative of the cofactors of A along X.</summary>
    internal static Tensor Along(Tensor a, Tensor x) => Run(a, x);

    private static Tensor Run(Tensor a, Tensor? x)
    {
        Tensor factors = Rows.Copied(a), y = x is null ? Tensor.Allocate(factors.layout, a.dtype) : Rows.Copied(x);
        if (y.layout.Count == 0) return y;
        if (a.dtype == DType.Float32) Run<float>(factors, y, x is not null);
        else Run<double>(factors, y, x is not null);
        return y;
    }

    private static void Run<T>(Tensor a, Tensor y, bool along) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double n = a.layout.shape[^1];
        Rows.Each(Rows.Matrices(a), n * n * n, new Task<T>(a, y, along));
    }

    private readonly struct Task<T>(Tensor a, Tensor y, bool along) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            int n = (int)a.layout.shape[^1];
            int[] rows = new int[n], columns = new int[n];
            T[] diagonal = new T[n], work = new T[n * n];
            fixed (T* d = diagonal, w = work)
            {
                for (long i = from; i < to; i++)
                {
                    fixed (T* f = &a.storage.At<T>(i * n * n), x = &y.storage.At<T>(i * n * n))
                    {
                        T sign = Eliminate(n, f, d, rows, columns);
                        Matrix<T> factors = new(f, n, 1);
                        if (along)
                        {
                            for (int r = 0; r < n; r++)
                                for (int c = 0; c < n; c++) w[r * n + c] = x[rows[r] * n + columns[c]];
                            Triangular.Left(n, n, factors, false, true, w, n);
                            Turn(n, w);
                            Triangular.Left(n, n, factors.Transposed, false, true, w, n);
                            Turn(n, w);
                            Second(n, d, w);
                        }
                        else First(n, d, w);
                        Triangular.Left(n, n, factors.Transposed, true, true, w, n);
                        Turn(n, w);
                        Triangular.Left(n, n, factors, true, true, w, n);
                        for (int r = 0; r < n; r++)
                            for (int c = 0; c < n; c++) x[rows[r] * n + columns[c]] = sign * w[c * n + r];
                    }
                }
            }
        }
    }

    /// <summary>Leaves the unit lower E and the unit upper F in a, D in d; the result is the sign of both permutations.</summary>
    private static T Eliminate<T>(int n, T* a, T* d, int[] rows, int[] columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T sign = T.One;
        for (int i = 0; i < n; i++) rows[i] = columns[i] = i;
        for (int k = 0; k < n; k++)
        {
            int r = k, c = k;
            T largest = T.Zero;
            for (int i = k; i < n; i++)
                for (int j = k; j < n; j++)
                    if (T.Abs(a[i * n + j]) > largest) (largest, r, c) = (T.Abs(a[i * n + j]), i, j);
            if (r != k)
            {
                Rows.Swap(a + k * n, a + r * n, n);
                (rows[k], rows[r], sign) = (rows[r], rows[k], -sign);
            }
            if (c != k)
            {
                for (int i = 0; i < n; i++) (a[i * n + k], a[i * n + c]) = (a[i * n + c], a[i * n + k]);
                (columns[k], columns[c], sign) = (columns[c], columns[k], -sign);
            }
            T* row = a + k * n;
            d[k] = row[k];
            if (d[k] == T.Zero) continue;
            Rows.Divide(row + k + 1, d[k], n - k - 1);
            for (int i = k + 1; i < n; i++)
            {
                T* below = a + i * n;
                Rows.Add(-below[k], row + k + 1, below + k + 1, n - k - 1);
                below[k] /= d[k];
            }
        }
        return sign;
    }

    private static void Turn<T>(int n, T* x) where T : unmanaged
    {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) (x[i * n + j], x[j * n + i]) = (x[j * n + i], x[i * n + j]);
    }

    /// <summary>The gradient of det at D: products of all elements but one.</summary>
    private static void First<T>(int n, T* d, T* w) where T : unmanaged, IFloatingPointIeee754<T>
    {
        new Span<T>(w, n * n).Clear();
        T product = T.One;
        for (int i = 0; i < n; product *= d[i++]) w[i * (n + 1)] = product;
        product = T.One;
        for (int i = n - 1; i >= 0; product *= d[i--]) w[i * (n + 1)] *= product;
    }

    /// <summary>The gradient's derivative at D along x, in place: products of all elements but two.</summary>
    private static void Second<T>(int n, T* d, T* x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] diagonal = new T[n], after = new T[n + 1];
        after[n] = T.One;
        for (int i = n - 1; i >= 0; i--)
        {
            after[i] = after[i + 1] * d[i];
            (diagonal[i], x[i * (n + 1)]) = (x[i * (n + 1)], T.Zero);
        }
        T before = T.One;
        for (int i = 0; i < n; before *= d[i++])
        {
            T between = before;
            for (int j = i + 1; j < n; between *= d[j++])
            {
                T rest = between * after[j + 1];
                x[i * (n + 1)] += rest * diagonal[j];
                x[j * (n + 1)] += rest * diagonal[i];
                (x[i * n + j], x[j * n + i]) = (-rest * x[j * n + i], -rest * x[i * n + j]);
            }
        }
    }
}
