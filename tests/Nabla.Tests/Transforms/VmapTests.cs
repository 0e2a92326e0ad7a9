namespace Nabla.Tests.Transforms;

public sealed class VmapTests
{
    private static readonly Tensor M = Tensor.From([1.0, 2, 3, 4, 5, 6], [2, 3]), X = Same.Of(1, 2, 3);

    [Fact, Trait("Row", "1.14 vmap")]
    public void Dimensions_of_arguments_and_results()
    {
        Same.Tensors(M.Sum(0), Func.Vmap(x => x.Sum(), 1)(M));
        Same.Tensors(M.T * 2, Func.Vmap(x => x * 2, 0, 1)(M));
        Same.Tensors(M.MatMul(X), Func.Vmap((a, b) => a.Dot(b), (0, null))(M, X));
        Same.Tensors(M + X, Func.Vmap((a, b) => a + b, (1, 0), 1)(M, X));
        Same.Tensors(M * 2 + X, Func.Vmap((a, b, c) => a * b + c, (0, null, null))(M, Tensor.Of(2.0, dtype: DType.Float64), X));
        (Tensor sum, Tensor twice) = Func.Vmap((Tensor x) => (x.Sum(), x * 2), 0, (0, 1))(M);
        Same.Values(sum, 6, 15);
        Same.Tensors((M * 2).T, twice);
        Tensor nested = Func.Vmap((Tensor a, (Tensor B, Tensor C) p) => a + p.B * p.C, VmapDims.Of(0, (1, null)))(M, (M.T, X));
        Same.Tensors(M + M * X, nested);
        Dictionary<string, Tensor> named = new() { ["a"] = M, ["b"] = X };
        VmapDims dims = VmapDims.Of(new Dictionary<string, int?> { ["b"] = null, ["a"] = 0 });
        named = Func.Vmap((Dictionary<string, Tensor> p) => new Dictionary<string, Tensor> { ["y"] = p["a"] * p["b"] }, dims)(named);
        Same.Tensors(M * X, named["y"]);
        Same.Tensors(M * 3, Func.Vmap((Tensor a, int times) => a * times)(M, 3));
        Same.Values(Func.Vmap(a => X * 1, 0, VmapDims.None)(M), 1, 2, 3);
        Same.Tensors(Tensor.Stack([X, X]), Func.Vmap(a => X * 1)(M));
        Same.Tensors(M.Sin(), Func.Vmap(Func.Vmap(x => x.Sin()))(M));
        // The outer product of every column with every column.
        Tensor all = Func.Vmap(a => Func.Vmap(b => a.Outer(b), 1)(M), 1)(M);
        Same.Tensors(M.T.Unsqueeze(1).Unsqueeze(-1) * M.T.Unsqueeze(0).Unsqueeze(-2), all);
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Empty_batches_and_chunks()
    {
        Tensor none = Tensor.Zeros([0, 3], DType.Float64);
        Assert.Equal(new Shape([0, 3]), Func.Vmap(x => x.Sin())(none).Shape);
        Assert.Equal(new Shape([0]), Func.Vmap(x => x.Sum())(none).Shape);
        Assert.Equal(new Shape([0, 3]), Func.Vmap(Func.Grad(x => x.Square().Sum()))(none).Shape);
        Tensor big = Tensor.Arange(0, 21, dtype: DType.Float64).Reshape([7, 3]);
        foreach (int size in new[] { 1, 2, 3, 7, 100 })
        {
            int largest = 0;
            Tensor y = Func.Vmap(x =>
            {
                largest = Math.Max(largest, (int)((Batch)x.wrap!).Inner.Size(0));
                return x.Square();
            }, 0, 1, chunkSize: size)(big);
            Same.Tensors(big.Square().T, y);
            Assert.Equal(Math.Min(size, 7), largest);
            Same.Tensors(Func.JacRev(x => x.Square() * x.Sum())(X), Func.JacRev(x => x.Square() * x.Sum(), size)(X));
        }
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Messages_begin_with_PyTorchs_words()
    {
        Same.Fails<ShapeException>("vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [3, 2] for the " +
            "mapped dimension", () => Func.Vmap((a, b) => a.Sum() + b.Sum())(X, M));
        Same.Fails<ArgumentException>("vmap: Expected at least one Tensor to vmap over", () => Func.Vmap((a, b) => a, (null, null))(X, X));
        Same.Fails<ArgumentException>("vmap(<lambda>, in_dims=3, ...)(<inputs>): Got in_dim=3 for some input, but that input is a Tensor " +
            "of dimensionality 1 so expected in_dim to satisfy -1 <= in_dim < 1.", () => Func.Vmap(a => a, 3)(X));
        Same.Fails<ArgumentException>("vmap(<lambda>, in_dims=None, ...)(<inputs>): expected `in_dims` to be int or a (potentially " +
            "nested) tuple matching the structure of inputs, got: ", () => Func.Vmap(a => a, VmapDims.None)(X));
        Same.Fails<ArgumentException>("vmap(<lambda>, in_dims=(0, 1), ...)(<inputs>): in_dims is not compatible with the structure of " +
            "`inputs`.",
            () => Func.Vmap(a => a, (0, 1))(X));
        Same.Fails<ArgumentException>("vmap(<lambda>, ..., out_dims=(0, 1))(<inputs>): out_dims is not compatible with the structure of " +
            "`outputs`. out_dims has structure (0, 1) but outputs has structure *.", () => Func.Vmap(a => a, 0, (0, 1))(X));
        Same.Fails<ArgumentException>("vmap(<lambda>, ...): `<lambda>` can not return a BatchedTensor when out_dim is None",
            () => Func.Vmap(a => a, 0, VmapDims.None)(X));
        Same.Fails<ArgumentException>("vmap(<lambda>, ...): `<lambda>` must only return Tensors, got type System.Int32. Did you mean to " +
            "set out_dims= to None for output?", () => Func.Vmap((Tensor a) => 1)(X));
        Same.Fails<ArgumentOutOfRangeException>("Dimension out of range (expected to be in range of [-2, 1], but got 5)",
            () => Func.Vmap(a => a, 0, 5)(M));
        Same.Fails<ArgumentException>("Only allowed values for randomness are 'error', 'different', or 'same'. Got foo",
            () => Func.Vmap(a => a, randomness: "foo")(X));
        Same.Fails<ArgumentOutOfRangeException>("vmap: chunk_size should be None or greater than 0. (got 0)",
            () => Func.Vmap(a => a, chunkSize: 0)(X));
        Same.Fails<ArgumentOutOfRangeException>("jacrev: `chunk_size` should be greater than 0.", () => Func.JacRev(a => a, 0)(X));
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Values_and_sizes_that_depend_on_values_are_errors()
    {
        const string item = "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a " +
            "Tensor, please try to rewrite what you're doing with other operations.";
        const string branch = "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow.";
        const string size = "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over aten::";
        Same.Fails<InvalidOperationException>(item, () => Func.Vmap(x => x * x.Item())(X));
        Same.Fails<InvalidOperationException>(item, () => Func.Vmap(x => x * (double)x)(X));
        Same.Fails<InvalidOperationException>(item, () => Func.Vmap(x => x * x.ToArray<double>()[0])(X));
        Same.Fails<InvalidOperationException>(branch, () => Func.Vmap(x => (bool)x.Gt(1) ? x : -x)(X));
        Same.Fails<InvalidOperationException>(branch, () => Func.Vmap(x => x.AllClose(x) ? x : -x)(X));
        Same.Fails<InvalidOperationException>(size + "nonzero", () => Func.Vmap(x => x.Nonzero())(M));
        Same.Fails<InvalidOperationException>(size + "_unique2", () => Func.Vmap(x => x.Unique())(M));
        Same.Fails<InvalidOperationException>(size + "unique_consecutive", () => Func.Vmap(x => x.UniqueConsecutive())(M));
        Same.Fails<InvalidOperationException>("vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support " +
            "this because for each batch this would return a differently shaped Tensor.", () => Func.Vmap(x => x.MaskedSelect(x.Gt(1)))(M));
        Same.Fails<InvalidOperationException>("vmap: We do not support batching operators that can support dynamic shape. Attempting to " +
            "batch over indexing with a boolean mask.", () => Func.Vmap(x => x[x.Gt(1)])(M));
        // What does not depend on the batch is no batch.
        Same.Tensors(M * 2, Func.Vmap(x => x * X[1].Item())(M));
        Same.Tensors(M[.., 1..], Func.Vmap(x => x[X.Gt(1)])(M));
    }

    [Fact, Trait("Row", "1.14 rules")]
    public void Writes_inside_vmap()
    {
        Tensor z = Tensor.Zeros([3], DType.Float64), m = M.Clone();
        Same.Fails<AutogradException>("vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` " +
            "in extra_args that has more elements than `self`. This happened due to `other` being vmapped over but `self` not being " +
            "vmapped over",
            () => Func.Vmap(a => z.Add_(a))(M));
        Same.Fails<AutogradException>("vmap: inplace arithmetic", () => Func.Vmap(a => z.Copy_(a))(M));
        Same.Values(z, 0, 0, 0);
        Same.Tensors(M + X, Func.Vmap(a => a.Add_(X))(m));
        Same.Tensors(M + X, m);
        Tensor? kept = null;
        Func.Vmap(a => kept = a * 2)(M);
        Same.Fails<AutogradException>("vmap: a tensor from inside a vmap is used after that vmap has returned.", () => kept! + 1);
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Per_sample_gradients()
    {
        Tensor w = Tensor.From([0.5, -1, 2], [3]), targets = Same.Of(1, -1);
        Func<Tensor, Tensor, Tensor, Tensor> loss = (p, x, t) => (x.Dot(p) - t).Square();
        Tensor g = Func.Vmap(Func.Grad(loss), (null, 0, 0))(w, M, targets);
        for (int i = 0; i < 2; i++) Same.Tensors(Func.Grad(loss)(w, M[i], targets[i]), g[i]);
        Same.Tensors(g.Sum(0), Func.Grad((p) => Func.Vmap((x, t) => loss(p, x, t))(M, targets).Sum())(w));
        Tensor tracked = w.Detach().RequiresGrad_();
        Same.Tensors(g.Sum(0), Autograd.Grad(Func.Vmap((x, t) => loss(tracked, x, t))(M, targets).Sum(), tracked));
    }
}
