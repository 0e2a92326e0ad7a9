namespace Nabla.Kernels;

/// <summary>Products of matrices in tensors. Every operand is read where it lies: transposed and expanded ones are never copied.</summary>
internal static class Products
{
    /// <summary>C = A · B over the last two dimensions; the leading dimensions are equal. C is row-major.</summary>
    internal static Tensor Matrix(Tensor a, Tensor b) => Matrix(a, b, null);

    /// <summary>The same, plus a bias that every row of C begins with: adjacent values. With a bias, A and B are plain matrices.</summary>
    internal static Tensor Matrix(Tensor a, Tensor b, Tensor? bias)
    {
        int rank = a.Rank;
        long[] shape = new long[rank];
        a.layout.shape.AsSpan(0, rank - 1).CopyTo(shape);
        shape[^1] = b.layout.shape[^1];
        Tensor c = Tensor.Allocate(new Layout(shape), a.dtype);
        Add(a, b, c, accumulate: false, bias);
        return c;
    }

    /// <summary>C (+)= A · B over the last two dimensions; C is row-major and starts anywhere. With a bias C = bias + A · B.</summary>
    internal static void Add(Tensor a, Tensor b, Tensor c, bool accumulate, Tensor? bias = null)
    {
        if (c.layout.Count == 0) return;
        if (a.layout.shape[^1] == 0)
        {
            if (bias is not null) Copy.Run(bias, c);
            else if (!accumulate) Fill.Run(c, 0);
            return;
        }
        switch (c.dtype)
        {
            case DType.Float32: Run<float>(a, b, c, accumulate, bias); break;
            case DType.Float64: Run<double>(a, b, c, accumulate, bias); break;
            case DType.Float16: Run<Half>(a, b, c, accumulate, bias); break;
            case DType.BFloat16: Run<BFloat16>(a, b, c, accumulate, bias); break;
            case DType.Int64: Run<long>(a, b, c, accumulate, bias); break;
            case DType.Int32: Run<int>(a, b, c, accumulate, bias); break;
            case DType.Int16: Run<short>(a, b, c, accumulate, bias); break;
            case DType.Int8: Run<sbyte>(a, b, c, accumulate, bias); break;
            case DType.UInt8: Run<byte>(a, b, c, accumulate, bias); break;
            default: Throw.NotImplementedFor("addmm_impl_cpu_", c.dtype); break;
        }
    }

    private static void Run<T>(Tensor a, Tensor b, Tensor c, bool accumulate, Tensor? bias) where T : unmanaged
    {
        long m = a.layout.shape[^2], k = a.layout.shape[^1], n = b.layout.shape[^1];
        (long ar, long ac, long br, long bc) = (a.layout.strides[^2], a.layout.strides[^1], b.layout.strides[^2], b.layout.strides[^1]);
        ReadOnlySpan<T> x = Memory<T>(a), y = Memory<T>(b);
        Span<T> z = c.storage.Span<T>(c.layout.Offset, c.layout.Count);
        if (a.Rank == 2)
        {
            ReadOnlySpan<T> start = bias is null ? default : bias.storage.Span<T>(bias.layout.Offset, n);
            Gemm.Run(m, n, k, x, ar, ac, y, br, bc, z, n, 1, accumulate, start);
            return;
        }
        Batches batches = new(a.layout, b.layout, c.layout);
        (long count, long da, long db, long dc) = batches.Inner;
        for (long i = 0; i < batches.Outer; i++)
        {
            (long oa, long ob, long oc) = batches.At(i);
            Gemm.Batch(count, m, n, k, x[(int)oa..], da, ar, ac, y[(int)ob..], db, br, bc, z[(int)oc..], dc, n, 1, accumulate);
        }
    }

    /// <summary>From the first element of a tensor to the last one it reaches.</summary>
    private static ReadOnlySpan<T> Memory<T>(Tensor x) where T : unmanaged =>
        x.storage.Span<T>(x.layout.Offset, x.layout.End - x.layout.Offset);

    /// <summary>The leading dimensions, merged where the strides allow it; the longest runs inside one batched product.</summary>
    private readonly struct Batches
    {
        private readonly List<(long Size, long A, long B, long C)> outer = [];

        internal (long Size, long A, long B, long C) Inner { get; } = (1, 0, 0, 0);

        internal long Outer { get; } = 1;

        internal Batches(Layout a, Layout b, Layout c)
        {
            for (int d = 0; d < a.Rank - 2; d++)
            {
                long size = a.shape[d];
                if (size == 1) continue;
                (long Size, long A, long B, long C) next = (size, a.strides[d], b.strides[d], c.strides[d]);
                if (outer.Count > 0 && outer[^1].A == size * next.A && outer[^1].B == size * next.B && outer[^1].C == size * next.C)
                    outer[^1] = next with { Size = size * outer[^1].Size };
                else outer.Add(next);
            }
            int longest = -1;
            for (int i = 0; i < outer.Count; i++)
                if (longest < 0 || outer[i].Size > outer[longest].Size) longest = i;
            if (longest < 0) return;
            Inner = outer[longest];
            outer.RemoveAt(longest);
            foreach ((long size, _, _, _) in outer) Outer *= size;
        }

        internal (long A, long B, long C) At(long i)
        {
            (long a, long b, long c) = (0, 0, 0);
            for (int d = outer.Count - 1; d >= 0; d--)
            {
                (i, long k) = Math.DivRem(i, outer[d].Size);
                a += k * outer[d].A;
                b += k * outer[d].B;
                c += k * outer[d].C;
            }
            return (a, b, c);
        }
    }
}
