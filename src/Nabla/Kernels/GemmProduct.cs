namespace Nabla.Kernels;

/// <summary>A matrix in pinned memory: element (i, j) is at <c>Data[i * Row + j * Col]</c>.</summary>
internal readonly unsafe struct Matrix<T>(T* data, long row, long col) where T : unmanaged
{
    public readonly T* Data = data;
    public readonly long Row = row, Col = col;

    public Matrix<T> Transposed => new(Data, Col, Row);

    public Matrix<T> At(long i, long j) => new(Data + i * Row + j * Col, Row, Col);
}

/// <summary>
/// The task C[m, n] (+)= A[m, k] * B[k, n]. A bias, adjacent values that every row of C begins with, may take the place of what C held;
/// only the paths for a C with adjacent columns know it.
/// </summary>
internal readonly unsafe struct Product<T>(
    long m, long n, long k, Matrix<T> a, Matrix<T> b, Matrix<T> c, bool accumulate, T* bias = null) where T : unmanaged
{
    public readonly long M = m, N = n, K = k;
    public readonly Matrix<T> A = a, B = b, C = c;
    public readonly bool Accumulate = accumulate;
    public readonly T* Bias = bias;

    /// <summary>The number of multiply-adds.</summary>
    public double Work => (double)M * N * K;

    /// <summary>What is added to A * B: C itself, the bias, or nothing.</summary>
    public Matrix<T> Start => Accumulate ? C : new(Bias, 0, Bias == null ? 0 : 1);

    /// <summary>The same task with rows and columns exchanged: C^T (+)= B^T * A^T.</summary>
    public Product<T> Transposed => new(N, M, K, B.Transposed, A.Transposed, C.Transposed, Accumulate);

    /// <summary>The part that makes rows [i, i + m) and columns [j, j + n) of C.</summary>
    public Product<T> Block(long i, long m, long j, long n) =>
        new(m, n, K, A.At(i, 0), B.At(0, j), C.At(i, j), Accumulate, Bias == null ? null : Bias + j);

    /// <summary>The part of the sum over [p, p + k): the first part begins as the whole does, the others add to it.</summary>
    public Product<T> Depth(long p, long k) =>
        new(M, N, k, A.At(0, p), B.At(p, 0), C, p > 0 || Accumulate, p > 0 ? null : Bias);

    /// <summary>The same task into another C, which holds nothing yet.</summary>
    public Product<T> Into(T* c, long row) => new(M, N, K, A, B, new(c, row, 1), false);
}

/// <summary>An operand as the tiles read it: a matrix where it lies, or copied into panels one tile wide.</summary>
/// <param name="first">The first panel.</param>
/// <param name="next">For each row of A or column of B the step to its panel.</param>
/// <param name="padded">Whether the last panel is filled up with zeros.</param>
internal readonly unsafe struct Panels<T>(Matrix<T> first, long next, bool padded) where T : unmanaged
{
    private readonly long next = next;

    /// <summary>The first panel.</summary>
    public readonly Matrix<T> First = first;

    /// <summary>Whether the last panel is filled up with zeros.</summary>
    public readonly bool Padded = padded;

    /// <summary>The panel of row or column <paramref name="i"/>.</summary>
    public T* At(long i) => First.Data + i * next;

    /// <summary>The panels from row or column <paramref name="i"/> on.</summary>
    public Panels<T> From(long i) => new(new(At(i), First.Row, First.Col), next, Padded);
}

/// <summary>How C is cut into blocks that run as separate tasks. Depends on sizes only.</summary>
internal readonly struct GemmGrid
{
    /// <summary>Multiply-adds below which a second thread costs more than it brings.</summary>
    public const double Serial = 1 << 19;

    private const double SmallTask = 1 << 18;
    private const long Enough = 32;

    public readonly long Rows, Columns, RowTasks, Tasks, Grain;

    /// <summary>Blocks of at most 192 x 256, smaller while there are few of them, multiples of a tile.</summary>
    public GemmGrid(long m, long n, long k, long tileRows, long tileColumns)
    {
        Rows = Round(Math.Min(m, 192), tileRows);
        Columns = Round(Math.Min(n, 256), tileColumns);
        while (Parallel.Chunks(m, Rows) * Parallel.Chunks(n, Columns) < Enough && (double)Rows * Columns * k > SmallTask)
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
