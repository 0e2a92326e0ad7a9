namespace Nabla.Tests;

/// <summary>What the laws do not say about matrix products: names, memory, dtypes.</summary>
public sealed class MatrixTests
{
    private static Tensor R(params long[] shape) => Tensor.Randn(shape, requiresGrad: true, generator: new(1));

    public static TheoryData<long[], long[], string> Names => new()
    {
        { [3], [3], "DotBackward0" },
        { [2, 3], [3], "MvBackward0" },
        { [3], [3, 2], "SqueezeBackward4 MmBackward0 UnsqueezeBackward0" },
        { [2, 3], [3, 2], "MmBackward0" },
        { [5, 2, 3], [3], "UnsafeViewBackward0 MvBackward0 ViewBackward0" },
        { [5, 2, 3], [3, 4], "UnsafeViewBackward0 MmBackward0 ViewBackward0" },
        { [5, 1, 2, 3], [4, 3, 2], "UnsafeViewBackward0 BmmBackward0 ExpandBackward0" },
    };

    [Theory, MemberData(nameof(Names))]
    public void MatMul_records_the_nodes_of_PyTorch(long[] x, long[] y, string names)
    {
        List<string> found = [];
        for (Node? n = R(x).MatMul(R(y)).GradFn; n is not null and not AccumulateGrad; n = n.NextFunctions[0].Node) found.Add(n.Name);
        Assert.Equal(names, string.Join(' ', found));
    }

    [Fact]
    public void Linear_is_one_addmm()
    {
        Tensor bias = R(4), weight = R(4, 3);
        Node node = Functional.Linear(R(2, 3), weight, bias).GradFn!;
        Assert.Equal("AddmmBackward0", node.Name);
        Assert.Equal("AccumulateGrad", node.NextFunctions[0].Node!.Name);
        Assert.Equal("TBackward0", node.NextFunctions[2].Node!.Name);
        Assert.Equal("ViewBackward0", Functional.Linear(R(5, 2, 3), weight, bias).GradFn!.Name);
        Assert.Equal("MmBackward0", Functional.Linear(R(2, 3), weight).GradFn!.Name);
    }

    [Fact]
    public void The_gradient_of_a_weight_lies_in_memory_as_the_weight_does()
    {
        Tensor weight = R(4, 3), x = R(2, 3);
        Functional.Linear(x, weight, R(4)).Sum().Backward();
        Assert.True(weight.Grad!.IsContiguous);
        Assert.Equal(x.Detach().Sum(dim: 0).Unsqueeze(0).Expand([4, -1]).ToArray<float>(), weight.Grad.ToArray<float>());
    }

    [Fact]
    public void A_factor_is_kept_only_where_the_other_needs_it()
    {
        // The input needs no gradient, so the weight may change before backward.
        Tensor weight = R(4, 3), x = Tensor.Ones(2, 3);
        Tensor y = Functional.Linear(x, weight, R(4));
        using (Autograd.NoGrad()) weight.Add_(1);
        y.Sum().Backward();
        Assert.NotNull(weight.Grad);
    }

    [Fact]
    public void Beta_zero_does_not_read_the_input()
    {
        Tensor y = Tensor.Full([2, 2], double.NaN).AddMm(Tensor.Ones(2, 3), Tensor.Ones(3, 2), beta: 0);
        Assert.Equal(new float[] { 3, 3, 3, 3 }, y.ToArray<float>());
    }

    [Theory]
    [InlineData(DType.UInt8), InlineData(DType.Int8), InlineData(DType.Int16), InlineData(DType.Int32), InlineData(DType.Int64)]
    [InlineData(DType.Float16), InlineData(DType.BFloat16), InlineData(DType.Float32), InlineData(DType.Float64)]
    public void Every_number_type_multiplies(DType dtype)
    {
        Tensor x = Tensor.Arange(6, dtype).Reshape([2, 3]), y = x.Transpose(0, 1);
        Tensor z = x.MatMul(y);
        Assert.Equal(dtype, z.DType);
        Assert.Equal([5.0, 14, 14, 50], z.To(DType.Float64).ToArray<double>());
        Assert.Equal([5.0, 14, 14, 50], Tensor.Zeros([2, 2], dtype).AddMm(x, y).To(DType.Float64).ToArray<double>());
        Assert.Equal(14.0, Tensor.Arange(4, dtype).Dot(Tensor.Arange(4, dtype)).Item());
    }

    [Fact]
    public void Integers_wrap_around() =>
        Assert.Equal(unchecked((sbyte)(100 * 100)), Tensor.From(new sbyte[] { 100 }).Dot(Tensor.From(new sbyte[] { 100 })).Item<sbyte>());

    [Fact]
    public void Half_precision_is_summed_in_float32()
    {
        // 4096 ones: in float16 alone the sum would stop at 2048.
        Assert.Equal(4096.0, Tensor.Ones([4096], DType.Float16).Dot(Tensor.Ones([4096], DType.Float16)).Item());
        Assert.Equal(512.0, Tensor.Ones([512], DType.BFloat16).Dot(Tensor.Ones([512], DType.BFloat16)).Item());
    }

    [Fact]
    public void An_empty_sum_is_zero_and_so_are_its_gradients()
    {
        Tensor x = R(2, 0), y = R(0, 3), z = x.MatMul(y);
        Assert.Equal(new float[6], z.ToArray<float>());
        z.Sum().Backward();
        Assert.Equal([2, 0], x.Grad!.Shape);
        Tensor empty = R(0, 3), weight = R(4, 3), bias = R(4);
        Functional.Linear(empty, weight, bias).Sum().Backward();
        Assert.Equal(new float[12], weight.Grad!.ToArray<float>());
        Assert.Equal(new float[4], bias.Grad!.ToArray<float>());
    }

    [Fact]
    public void Nothing_is_copied_for_broadcasting()
    {
        const long n = 20_000;
        Tensor w = Tensor.Ones(64, 64), x = Tensor.Ones(n, 64), batch = Tensor.Ones(n, 1, 64);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Tensor mapped = Func.Vmap(v => v.MatMul(w))(x), broadcast = w.Unsqueeze(0).Expand([n, -1, -1]).Transpose(1, 2).Transpose(1, 2);
        Tensor product = batch.MatMul(broadcast);
        long used = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(used < 40_000_000, $"{used} bytes; a copy of the matrix for each of the batch takes 327 million");
        Assert.Equal(64.0, mapped.Min().Item());
        Assert.Equal(64.0, product.Max().Item());
    }

    [Fact]
    public void Multi_dot_takes_the_cheap_order()
    {
        // (100 x 1)(1 x 100)(100 x 1): from the left 20,000 multiplications, from the right 200. The node of the last product tells.
        Tensor a = R(100, 1), b = R(1, 100), c = R(100, 1);
        Node last = LinAlg.MultiDot(a, b, c).GradFn!;
        Assert.Equal("AccumulateGrad", last.NextFunctions[0].Node!.Name);
        Assert.Equal("MmBackward0", last.NextFunctions[1].Node!.Name);
    }

    [Fact]
    public void The_trace_of_a_tall_matrix_has_the_identity_as_gradient()
    {
        // PyTorch 2.6 also sets element [3, 0] of this one.
        Tensor x = R(4, 2);
        x.Trace().Backward();
        Assert.Equal(new float[] { 1, 0, 0, 1, 0, 0, 0, 0 }, x.Grad!.ToArray<float>());
    }
}
