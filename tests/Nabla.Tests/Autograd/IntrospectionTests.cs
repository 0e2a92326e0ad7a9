using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>What a graph says of itself: nodes, edges, saved values.</summary>
public sealed class IntrospectionTests
{
    [Fact]
    [Trait("Row", "1.1.6")]
    public void Next_functions_have_an_entry_for_every_operand_plain_numbers_included()
    {
        Tensor a = Leaf(1, 2);
        Node node = (a * 2).GradFn!;
        Assert.Equal(2, node.NextFunctions.Count);
        Assert.Same(a, node.NextFunctions[0].Node!.Variable);
        Assert.Equal(new Edge(null, 0), node.NextFunctions[1]);
    }

    [Fact]
    [Trait("Row", "1.1.7")]
    public void A_leaf_has_one_node_which_all_graphs_share()
    {
        Tensor a = Leaf(1);
        Node first = (a * 2).GradFn!.NextFunctions[0].Node!, second = a.Exp().GradFn!.NextFunctions[0].Node!;
        Assert.Same(first, second);
        Assert.Equal("AccumulateGrad", first.Name);
        Assert.Same(a, first.Variable);
        Assert.Empty(first.NextFunctions);
        Assert.Equal(long.MaxValue, first.SequenceNumber);
        Assert.Null(a.Exp().GradFn!.Variable);
    }

    [Fact]
    [Trait("Row", "1.1.8")]
    public void Saved_values_have_names()
    {
        Tensor a = Leaf(1, 2), b = Leaf(3, 4), y = a * b, e = a.Exp();
        Assert.Equal(["self", "other"], y.GradFn!.Saved.Keys);
        Assert.Same(a, y.GradFn.Saved["self"]);
        Assert.Same(b, y.GradFn.Saved["other"]);
        Assert.Equal(["result"], e.GradFn!.Saved.Keys);
        Assert.Equal(Values(e), Values(e.GradFn.Saved["result"]));
        Assert.Contains("other", Assert.Throws<KeyNotFoundException>(() => y.GradFn.Saved["result"]).Message);
        Assert.False(y.GradFn.Saved.ContainsKey("result"));
        Assert.Equal(2, y.GradFn.Saved.Count);
        Assert.Equal([Values(a), Values(b)], y.GradFn.Saved.Values.Select(Values));
        y.Sum().Backward();
        Refuses("Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed).",
            () => _ = y.GradFn.Saved["self"]);
    }

    [Fact]
    [Trait("Row", "1.1.8")]
    public void Parameters_are_part_of_the_description()
    {
        Node node = Tensor.Ones([2, 3], DType.Float64, requiresGrad: true).Sum(1, keepDim: true).GradFn!;
        Assert.Contains("-1", node.Description);
        Assert.Contains("KeepDim = True", node.Description);
        Assert.Equal("AccumulateGrad", node.NextFunctions[0].Node!.Description);
    }

    [Fact]
    [Trait("Row", "1.1.9")]
    public void What_is_saved_depends_on_who_needs_a_gradient_and_a_plain_number_does_not_forbid_a_second_backward_B()
    {
        Tensor a = Leaf(1, 2), plain = Plain(3, 4);
        Assert.Equal(["other"], (a * plain).GradFn!.Saved.Keys);
        Assert.Empty((a + plain).GradFn!.Saved);
        Tensor y = (a * 2 / 4).Sum();
        y.Backward();
        y.Backward();
        Assert.Equal([1.0, 1.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.1.10")]
    public void Metadata_stays_with_the_node()
    {
        Tensor y = Leaf(1) * 2;
        y.GradFn!.Metadata["a"] = 3;
        GC.Collect();
        Assert.Equal(3, y.GradFn.Metadata["a"]);
        Assert.Empty((Leaf(1) * 2).GradFn!.Metadata);
    }

    [Fact]
    [Trait("Row", "1.1.11")]
    public void A_node_can_be_called()
    {
        Tensor a = Leaf(2), b = Leaf(5);
        Node node = (a * b).GradFn!;
        Tensor?[] g = node.Call(Plain(10));
        Assert.Equal([50.0], Values(g[0]));
        Assert.Equal([20.0], Values(g[1]));
        Assert.StartsWith("expected 1 arguments, got 2 instead",
            Assert.Throws<ArgumentException>(() => node.Call(Plain(1), Plain(1))).Message);
        Assert.StartsWith("Mismatch in shape", Assert.Throws<ShapeException>(() => node.Call(Plain(1, 2))).Message);
        Assert.Equal([null, null], node.Call([null]));
        node.NextFunctions[0].Node!.Call(Plain(7));
        Assert.Equal([7.0], Values(a.Grad));
        Tensor[] pair = Op.Apply(new Pair(), a);
        Assert.Equal([3.0], Values(pair[0].GradFn!.Call(null, Plain(1))[0]));
    }

    [Fact]
    [Trait("Row", "1.1.12")]
    public void A_sequence_number_can_be_set_and_orders_the_nodes()
    {
        List<string> log = [];
        Tensor a = Leaf(1), b = Probe.Apply("b", log, a), c = Probe.Apply("c", log, a), d = Probe.Apply("d", log, b, c);
        b.GradFn!.SequenceNumber = c.GradFn!.SequenceNumber + 1;
        d.Backward();
        Assert.Equal(["d", "b", "c"], log);
    }

    [Fact]
    [Trait("Row", "1.1.13")]
    public void Input_metadata_is_the_shape_and_dtype_of_each_output()
    {
        Tensor a = Tensor.Ones([2, 3], DType.Float32, requiresGrad: true);
        TensorSpec spec = Assert.Single((a * 2).Sum(0).GradFn!.InputMetadata);
        Assert.Equal(new Shape([3]), spec.Shape);
        Assert.Equal(DType.Float32, spec.DType);
        Assert.Equal([new Shape([2]), new Shape([2])], Op.Apply(new Pair(), Leaf(1, 2))[1].GradFn!.InputMetadata.Select(s => s.Shape));
        Assert.Equal(new Shape([2, 3]), (a * 2).GradFn!.NextFunctions[0].Node!.InputMetadata[0].Shape);
    }

    [Fact]
    [Trait("Row", "1.1.14")]
    public void An_edge_stands_for_its_tensor_as_output_and_as_input()
    {
        Tensor x = Leaf(3), y = x * x, z = y * 5;
        GradientEdge end = Autograd.GetGradientEdge(z), middle = Autograd.GetGradientEdge(y), start = Autograd.GetGradientEdge(x);
        Assert.Same(z.GradFn, end.Node);
        Assert.Equal(0, end.OutputNr);
        Assert.Equal(end, Autograd.GetGradientEdge(z));
        Tensor?[] g = Autograd.Grad([end], [middle, start], retainGraph: true);
        Assert.Equal([5.0], Values(g[0]));
        Assert.Equal([30.0], Values(g[1]));
        Assert.Equal([30.0], Values(Autograd.Grad([z], [x, middle], retainGraph: true)[0]));
        Autograd.Backward([end], [Plain(2)], retainGraph: true, inputs: [start]);
        Assert.Equal([60.0], Values(x.Grad));
        Autograd.Backward([middle, z]);
        Assert.Equal([60.0 + 6 + 30], Values(x.Grad));
        Refuses("It is not possible to get the gradient edge for a Tensor that does not require gradients", () =>
            Autograd.GetGradientEdge(Plain(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradientEdge(z.GradFn!, 1));
    }

    [Fact]
    [Trait("Row", "1.1.14")]
    public void An_edge_knows_its_shape_so_that_errors_are_clear_and_zeros_can_be_made_B()
    {
        Tensor x = Leaf(3, 4), other = Leaf(1, 2, 3);
        GradientEdge y = Autograd.GetGradientEdge(x * 2);
        Refuses("grad can be implicitly created only for scalar outputs. The output has shape [2]", () => Autograd.Backward([y]));
        Assert.StartsWith("Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2]).",
            Assert.Throws<ShapeException>(() => Autograd.Backward([y], [Plain(1, 2, 3)])).Message);
        Tensor?[] g = Autograd.Grad([y], [Autograd.GetGradientEdge(other)], [Plain(1, 1)], materializeGrads: true);
        Assert.Equal([0.0, 0, 0], Values(g[0]));
    }

    [Fact]
    [Trait("Row", "1.1.14")]
    public void A_node_as_target_of_Backward_runs_and_nothing_below_it()
    {
        List<string> log = [];
        Tensor x = Leaf(3), a = Probe.Apply("a", log, x), b = Probe.Apply("b", log, a);
        Autograd.Backward([b], inputs: [Autograd.GetGradientEdge(a)]);
        Assert.Equal(["b", "a"], log);
        Assert.Null(x.Grad);
    }

    [Fact]
    [Trait("Row", "1.1.1"), Trait("Row", "1.1.15")]
    public void Every_grad_fn_is_a_node_with_an_output_number()
    {
        Tensor[] y = Op.Apply(new Pair(), Leaf(1, 2));
        Assert.IsType<Node>(y[1].GradFn, exactMatch: false);
        Assert.Equal(1, Autograd.GetGradientEdge(y[1]).OutputNr);
        Tensor base2 = (Leaf(1, 2) * 1).View([2, 1]);
        Assert.Equal("ViewBackward0", base2.GradFn!.Name);
    }

    [Fact]
    [Trait("Row", "1.1.4")]
    public void A_tensor_without_gradient_is_a_leaf()
    {
        Assert.True(Plain(1).IsLeaf);
        Assert.True((Plain(1) * 2).IsLeaf);
        Assert.True(Leaf(1).IsLeaf);
        Assert.False(Leaf(1).To(DType.Float32).IsLeaf);
        Assert.False(typeof(Tensor).GetProperty(nameof(Tensor.IsLeaf))!.CanWrite);
    }

    [Fact]
    [Trait("Row", "1.1.16")]
    public void Printing_names_the_node()
    {
        Assert.EndsWith("grad_fn=<MulBackward0>)", (Leaf(1) * 2).ToString());
        Assert.EndsWith("requires_grad=True)", Leaf(1).ToString());
    }

    [Fact]
    [Trait("Row", "1.1.18")]
    public void Reading_values_needs_no_detach_and_writing_raw_memory_is_refused()
    {
        Tensor a = Leaf(1, 2);
        Assert.Equal([1.0, 2.0], a.ToArray<double>());
        Refuses("", () => a.AsWritableSpan<double>());
    }
}
