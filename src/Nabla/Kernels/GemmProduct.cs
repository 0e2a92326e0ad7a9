namespace Nabla.Kernels;

/// <summary>A matrix in pinned memory: element (i, j) is at <c>Data[i * Row + j * Col]</c>.</summary>
internal readonly unsafe struct Matrix<T>(T* data, long row, long col) where T : unmanaged
{
    public readonly T* Data = data;
    public readonly long Row = row, Col = col;

    public Matrix<T> Transposed => new(Data, Col, Row);

    public Matrix<T> At(long i, long j) => new(Data + i * Row + j * Col, Row, Col);
}

/// <summary>The task C[m, n] (+)= A[m, k] * B[k, n].</summary>
internal readonly unsafe struct Product<T>(long m, long n, long k, Matrix<T> a, Matrix<T> b, Matrix<T> c, bool accumulate)
    where T : unmanaged
{
    public readonly long M = m, N = n, K = k;
    public readonly Matrix<T> A = a, B = b, C = c;
    public readonly bool Accumulate = accumulate;

    /// <summary>The number of multiply-adds.</summary>
    public double Work => (double)M * N * K;

    /// <summary>The same task with rows and columns exchanged: C^T (+)= B^T * A^T.</summary>
    public Product<T> Transposed => new(N, M, K, B.Transposed, A.Transposed, C.Transposed, Accumulate);

    /// <summary>The part that makes rows [i, i + m) and columns [j, j + n) of C.</summary>
    public Product<T> Block(long i, long m, long j, long n) => new(m, n, K, A.At(i, 0), B.At(0, j), C.At(i, j), Accumulate);

    /// <summary>The part of the sum over [p, p + k).</summary>
    public Product<T> Depth(long p, long k, bool accumulate) => new(M, N, k, A.At(0, p), B.At(p, 0), C, accumulate);

    /// <summary>The same task into another C.</summary>
    public Product<T> Into(T* c, long row, bool accumulate) => new(M, N, K, A, B, new(c, row, 1), accumulate);
}

/// <summary>How C is cut into blocks that run as separate tasks. Depends on sizes only.</summary>
internal readonly struct GemmGrid
{
    /// <summary>Multiply-adds below which a second thread costs more than it brings.</summary>
    public const double Serial = 1 << 20;

    private const double SmallTask = 1 << 18;

    public readonly long Rows, Columns, RowTasks, Tasks, Grain;

    /// <summary>Blocks of at most 192 x 256, smaller while there are few of them, multiples of a tile.</summary>
    public GemmGrid(long m, long n, long k, long tileRows, long tileColumns)
    {
        Rows = Round(Math.Min(m, 192), tileRows);
        Columns = Round(Math.Min(n, 256), tileColumns);
        while (Parallel.Chunks(m, Rows) * Parallel.Chunks(n, Columns) < 16 && (double)Rows * Columns * k > SmallTask)
        {
            if (Columns > Rows && Columns > tileColumns) Columns = Round(Columns / 2, tileColumns);
            else if (Rows > tileRows) Rows = Round(Rows / 2, tileRows);
            else break;
        }
        RowTasks = Parallel.Chunks(m, Rows);
        Tasks = RowTasks * Parallel.Chunks(n, Columns);
        Grain = (double)m * n * k < Serial ? Tasks : Math.Max(1, (long)(SmallTask / ((double)Rows * Columns * Math.Max(k, 1))));
    }

    public static long Round(long x, long multiple) => (x + multiple - 1) / multiple * multiple;
}
