using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>What is recorded, and what the graph says of itself.</summary>
public sealed class RecordingTests
{
    [Fact]
    [Trait("Row", "1.1.1")]
    public void A_call_is_recorded_if_an_operand_requires_a_gradient()
    {
        Tensor a = Leaf(1, 2), b = Plain(3, 4);
        Tensor y = a * b;
        Assert.True(y.RequiresGrad);
        Assert.False(y.IsLeaf);
        Assert.NotNull(y.GradFn);
        Tensor z = b * b;
        Assert.False(z.RequiresGrad);
        Assert.True(z.IsLeaf);
        Assert.Null(z.GradFn);
    }

    [Fact]
    [Trait("Row", "1.1.1")]
    public void Nothing_is_recorded_without_grad_mode()
    {
        using (Autograd.NoGrad())
        {
            Tensor y = Leaf(1) * 2;
            Assert.False(y.RequiresGrad);
            Assert.Null(y.GradFn);
        }
    }

    [Fact]
    [Trait("Row", "1.1.1")]
    public void Results_of_one_call_share_a_node_and_are_numbered()
    {
        Tensor[] y = Op.Apply(new Pair(), Leaf(1, 2));
        Assert.Same(y[0].GradFn, y[1].GradFn);
        Assert.Equal([0, 1], y.Select(t => (int)t.outputNr));
    }

    [Fact]
    [Trait("Row", "1.2.15")]
    public void Integer_results_are_not_recorded()
    {
        Tensor a = Leaf(1, 2);
        Assert.False((a > 1).RequiresGrad);
        Assert.False(a.To(DType.Int64).RequiresGrad);
        Assert.Null((a == 1).GradFn);
    }

    [Theory]
    [InlineData(DType.Int64)]
    [InlineData(DType.Bool)]
    [InlineData(DType.UInt8)]
    [Trait("Row", "1.1.2")]
    public void Only_floating_point_can_require_gradients(DType dtype)
    {
        Tensor t = Tensor.Zeros([2], dtype);
        string text = Assert.Throws<DTypeException>(() => t.RequiresGrad_()).Message;
        Assert.StartsWith("only Tensors of floating point dtype can require gradients", text);
        text = Assert.Throws<DTypeException>(() => Tensor.Zeros([2], dtype, requiresGrad: true)).Message;
        Assert.StartsWith("Only Tensors of floating point and complex dtype can require gradients", text);
        Assert.False(t.RequiresGrad);
    }

    [Fact]
    [Trait("Row", "1.1.3")]
    public void The_flag_of_a_leaf_can_change_and_that_of_a_result_cannot()
    {
        Tensor a = Leaf(1);
        a.RequiresGrad = false;
        Assert.False((a * 2).RequiresGrad);
        a.RequiresGrad = true;
        Tensor y = a * 2;
        y.RequiresGrad = true;
        Refuses("you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that " +
            "doesn't require differentiation use var_no_grad = var.detach().", () => y.RequiresGrad = false);
        Assert.True(y.RequiresGrad);
    }

    [Fact]
    [Trait("Row", "1.1.4")]
    public void Conversion_of_a_leaf_makes_a_result()
    {
        Tensor a = Leaf(1);
        Assert.False(a.To(DType.Float32).IsLeaf);
        Assert.Same(a, a.To(DType.Float64));
    }

    // Names as PyTorch 2.6.0 prints them.
    public static TheoryData<string, Func<Tensor, Tensor>> Named => new()
    {
        { "AddBackward0", x => x + 1 },
        { "SubBackward0", x => x - x },
        { "RsubBackward1", x => 1 - x },
        { "MulBackward0", x => x * 2 },
        { "DivBackward0", x => x / 2 },
        { "NegBackward0", x => -x },
        { "ReciprocalBackward0", x => x.Reciprocal() },
        { "SumBackward0", x => x.Sum() },
        { "SumBackward1", x => x.Sum(0) },
        { "CloneBackward0", x => x.Clone() },
        { "ToCopyBackward0", x => x.To(DType.Float32) },
        { "ViewBackward0", x => x.View([6]) },
        { "ExpandBackward0", x => x.Expand([4, 2, 3]) },
        { "PermuteBackward0", x => x.Permute([1, 0]) },
        { "TransposeBackward0", x => x.Transpose(0, 1) },
        { "UnsqueezeBackward0", x => x.Unsqueeze(0) },
        { "SelectBackward0", x => x.Select(0, 1) },
        { "SliceBackward0", x => x.Slice(0, 1) },
    };

    [Theory, MemberData(nameof(Named))]
    [Trait("Row", "1.1.5")]
    public void Nodes_have_PyTorchs_names(string name, Func<Tensor, Tensor> call)
    {
        Node node = call(Tensor.Ones([2, 3], DType.Float64, requiresGrad: true)).GradFn!;
        Assert.Equal(name, node.Name);
        Assert.Equal($"<{name}>", node.ToString());
    }

    [Fact]
    [Trait("Row", "1.1.6")]
    public void Next_functions_list_every_operand()
    {
        Tensor a = Leaf(1), b = Leaf(2);
        Node product = (a * b).GradFn!;
        Assert.Equal(["AccumulateGrad", "AccumulateGrad"], product.NextFunctions.Select(e => e.Node!.Name));
        IReadOnlyList<Edge> scaled = (a * 2).GradFn!.NextFunctions;
        Assert.Equal(2, scaled.Count);
        Assert.Same(product.NextFunctions[0].Node, scaled[0].Node);
        Assert.Equal(new Edge(null, 0), scaled[1]);
        Tensor[] pair = Op.Apply(new Pair(), a);
        Edge second = (pair[1] + 1).GradFn!.NextFunctions[0];
        Assert.Equal(new Edge(pair[1].GradFn, 1), second);
        Assert.Empty(product.NextFunctions[0].Node!.NextFunctions);
    }

    [Fact]
    [Trait("Row", "1.1.12")]
    public void Sequence_numbers_grow_and_those_of_leaves_are_largest()
    {
        Tensor a = Leaf(1), b = a * 2, c = b * 2;
        Assert.True(c.GradFn!.SequenceNumber > b.GradFn!.SequenceNumber);
        Assert.Equal(long.MaxValue, b.GradFn.NextFunctions[0].Node!.SequenceNumber);
    }
}
