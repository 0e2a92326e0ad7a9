using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// exp A = (exp 2⁻ˢA)^(2ˢ), the inner one by a Taylor polynomial whose degree and s keep the backward error below rounding: the bounds
/// of P. Bader, S. Blanes and F. Casas, Mathematics 7(12), 2019. The polynomial is evaluated in powers of a power of A: M. Paterson and
/// L. Stockmeyer, SIAM J. Comput. 2(1), 1973.
/// </summary>
internal static unsafe class MatrixExp
{
    /// <summary>Degrees, and how many powers of A their evaluation starts from.</summary>
    private static ReadOnlySpan<int> Degrees => [1, 2, 4, 8, 12, 18];
    private static ReadOnlySpan<int> Powers => [1, 2, 2, 3, 4, 5];
    private static ReadOnlySpan<double> Bounds64 =>
        [2.220446049250313e-16, 2.580956802971767e-8, 3.397168839976962e-4, 4.991228871115323e-2, 2.996158913811580e-1, 1.090863719290036];
    private static ReadOnlySpan<double> Bounds32 =>
        [1.192092800768788e-7, 5.978858893805233e-4, 5.116619363445086e-2, 5.800524627688768e-1, 1.461661507209034, 3.010066362817634];

    internal static Tensor Run(Tensor a)
    {
        a = Copy.Contiguous(a);
        Tensor y = Tensor.Allocate(new Layout(a.layout.shape), a.dtype);
        if (a.layout.Count == 0) return y;
        if (a.dtype == DType.Float32) Run<float>(a, y);
        else Run<double>(a, y);
        return y;
    }

    private static void Run<T>(Tensor a, Tensor y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long n = a.layout.shape[^1], count = a.layout.Count / (n * n);
        fixed (T* pa = a.storage.Span<T>(a.layout.Offset, a.layout.Count), py = y.storage.Span<T>(0, y.layout.Count))
        {
            Rows.Each(count, 10.0 * n * n * n, new Job<T>(pa, py, checked((int)n)));
        }
    }

    private readonly struct Job<T>(T* a, T* y, int n) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            int size = checked(n * n);
            T[] scratch = GC.AllocateUninitializedArray<T>(checked(6 * size));
            for (long i = from; i < to; i++) One(new ReadOnlySpan<T>(a + i * size, size), new Span<T>(y + i * size, size), scratch);
        }

        private void One(ReadOnlySpan<T> x, Span<T> result, T[] scratch)
        {
            double norm = ColumnSum(x);
            if (!double.IsFinite(norm))
            {
                result.Fill(T.NaN);
                return;
            }
            ReadOnlySpan<double> bounds = sizeof(T) == 4 ? Bounds32 : Bounds64;
            int choice = 0, squarings = 0;
            while (choice < bounds.Length - 1 && norm > bounds[choice]) choice++;
            if (norm > bounds[choice]) squarings = Math.Max(0, (int)Math.Ceiling(Math.Log2(norm / bounds[choice])));
            int size = n * n, degree = Degrees[choice], powers = Powers[choice];
            Span<T> first = scratch.AsSpan(0, size);
            for (int i = 0; i < size; i++) first[i] = T.ScaleB(x[i], -squarings);
            for (int p = 2; p <= powers; p++) Multiply(Power(scratch, p - 1), first, Power(scratch, p));
            Span<T> sum = result, other = scratch.AsSpan(5 * size, size);
            int block = degree % powers == 0 ? degree / powers - 1 : degree / powers;
            Terms(scratch, block * powers, degree - block * powers, sum);
            for (block--; block >= 0; block--)
            {
                Multiply(sum, Power(scratch, powers), other);
                Terms(scratch, block * powers, powers - 1, sum);
                for (int i = 0; i < size; i++) sum[i] += other[i];
            }
            for (int s = 0; s < squarings; s++)
            {
                Multiply(sum, sum, other);
                other.CopyTo(sum);
            }
        }

        private Span<T> Power(T[] scratch, int p) => scratch.AsSpan((p - 1) * n * n, n * n);

        /// <summary>Σ Aᵏ / (start + k)! for k from 0 to last.</summary>
        private void Terms(T[] scratch, int start, int last, Span<T> sum)
        {
            double factorial = 1;
            for (int k = 2; k <= start; k++) factorial *= k;
            sum.Clear();
            for (int i = 0; i < n; i++) sum[i * n + i] = T.CreateTruncating(1 / factorial);
            for (int k = 1; k <= last; k++)
            {
                factorial *= start + k;
                T factor = T.CreateTruncating(1 / factorial);
                ReadOnlySpan<T> power = Power(scratch, k);
                for (int i = 0; i < sum.Length; i++) sum[i] += factor * power[i];
            }
        }

        private void Multiply(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => Gemm.Run(n, n, n, x, n, 1, y, n, 1, z, n, 1, false);

        private double ColumnSum(ReadOnlySpan<T> x)
        {
            double most = 0;
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int i = 0; i < n; i++) sum += Math.Abs(double.CreateTruncating(x[i * n + j]));
                most = Math.Max(most, sum);
            }
            return most;
        }
    }
}
