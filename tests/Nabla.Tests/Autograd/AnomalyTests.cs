using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Anomaly mode holds for the whole process, so nothing else runs beside these tests.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AnomalyCollection
{
    public const string Name = "anomaly";
}

/// <summary>The first NaN or infinity, and where the operation that made it was called.</summary>
[Collection(AnomalyCollection.Name)]
public sealed class AnomalyTests
{
    private const string Here = "AnomalyTests.cs:line ";

    [Fact]
    [Trait("Row", "1.9.1")]
    [Trait("Row", "4.4")]
    public void A_nan_of_backward_names_the_node_and_the_line_of_the_operation()
    {
        Tensor x = Leaf(0, 4);
        using AnomalyScope scope = Autograd.DetectAnomaly(checkInfinity: false);
        Tensor root = x.Sqrt();
        Tensor y = (root * 0).Sum();
        string text = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.StartsWith("Function 'SqrtBackward0' returned nan values in its 0th output.", text);
        Assert.Contains("nan at [0] of float64 [2]", text);
        Assert.Contains("Traceback of forward call that caused the error:", text);
        Assert.Contains(nameof(A_nan_of_backward_names_the_node_and_the_line_of_the_operation), text);
        Assert.Contains(Here, text);
        Assert.DoesNotContain("at Nabla.Map", text);
        Assert.Null(x.Grad);
    }

    [Fact]
    [Trait("Row", "1.9.1")]
    [Trait("Row", "4.4")]
    public void An_infinity_counts_too_B()
    {
        Tensor x = Leaf(4, 0);
        using AnomalyScope scope = Autograd.DetectAnomaly();
        Tensor y = x.Sqrt().Sum();
        string text = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.StartsWith("Function 'SqrtBackward0' returned infinite values in its 0th output.", text);
        Assert.Contains("inf at [1] of float64 [2]", text);
        Assert.Contains(Here, text);
    }

    [Fact]
    [Trait("Row", "1.9.1")]
    [Trait("Row", "4.4")]
    public void The_forward_pass_is_watched_too_and_the_operands_are_shown_B()
    {
        Tensor x = Leaf(4, -1, 2);
        using AnomalyScope scope = Autograd.DetectAnomaly();
        string text = Assert.Throws<AutogradException>(() => x.Log()).Message;
        Assert.StartsWith("Function 'LogBackward0' returned nan values in its forward pass: nan at [1] of float64 [3].", text);
        Assert.Contains("Operand 0 is -1 there.", text);
        Assert.Contains(Here, text);
        text = Assert.Throws<AutogradException>(() => x / Plain(1, 1, 0)).Message;
        Assert.StartsWith("Function 'DivBackward0' returned infinite values in its forward pass: inf at [2] of float64 [3].", text);
        Assert.Contains("Operand 1 is 0 there.", text);
        text = Assert.Throws<AutogradException>(() => x * Plain(1, double.NaN, 0)).Message;
        Assert.Contains("Operand 1 holds nan already, at [1] of float64 [3].", text);
        Tensor z = x * 1;
        Assert.StartsWith("Function 'LogBackward0' returned nan values in its forward pass: it wrote nan in place",
            Assert.Throws<AutogradException>(() => z.Log_()).Message);
    }

    [Fact]
    [Trait("Row", "1.9.1")]
    public void An_infinity_that_was_put_there_is_no_anomaly()
    {
        Tensor x = Leaf(1, 2, 3);
        using AnomalyScope scope = Autograd.DetectAnomaly();
        Tensor mask = Tensor.From([true, false, false]);
        x.MaskedFill(mask, double.NegativeInfinity).Softmax(0).Select(0, 1).Backward();
        (x + Plain(0, 0, double.NegativeInfinity)).Softmax(0).Select(0, 0).Backward();
        Assert.All(Values(x.Grad), v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    [Trait("Row", "1.9.1")]
    public void An_infinity_written_in_place_counts_if_it_was_computed()
    {
        Tensor x = Leaf(1, 0, 3);
        using AnomalyScope scope = Autograd.DetectAnomaly();
        Tensor y = x * 1, z = x * 2;
        Assert.StartsWith("Function 'LogBackward0' returned infinite values in its forward pass: it wrote -inf in place, at [1] of " +
            "float64 [3].", Assert.Throws<AutogradException>(() => y.Log_()).Message);
        Assert.StartsWith("Function 'DivBackward0' returned infinite values in its forward pass: it wrote inf in place",
            Assert.Throws<AutogradException>(() => z[0..1].Div_(Plain(0))).Message);
        z = x * 2;
        z.MaskedFill_(Tensor.From([true, false, false]), double.NegativeInfinity);
        z.Mul_(2);
        z[1].Fill_(double.PositiveInfinity);
        (x * 1).Add_(Plain(0, double.NegativeInfinity, 0));
    }

    [Fact]
    [Trait("Row", "1.9.1")]
    public void An_infinity_that_was_put_there_is_known_in_every_culture()
    {
        System.Globalization.CultureInfo before = System.Globalization.CultureInfo.CurrentCulture;
        System.Globalization.CultureInfo signs = (System.Globalization.CultureInfo)before.Clone();
        (signs.NumberFormat.PositiveInfinitySymbol, signs.NumberFormat.NegativeInfinitySymbol) = ("∞", "-∞");
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = signs;
            An_infinity_that_was_put_there_is_no_anomaly();
        }
        finally { System.Globalization.CultureInfo.CurrentCulture = before; }
    }

    [Fact]
    [Trait("Row", "1.9.1")]
    public void Values_are_not_looked_at_without_checkNan()
    {
        Tensor x = Leaf(0);
        using AnomalyScope scope = Autograd.DetectAnomaly(checkNan: false);
        (x.Sqrt() * 0).Backward();
        Assert.True(double.IsNaN(x.Grad!.Item()));
    }

    [Fact]
    [Trait("Row", "1.9.2")]
    public void Every_error_of_backward_says_where_the_operation_was_called_and_keeps_its_type()
    {
        Tensor x = Leaf(1);
        using (Autograd.DetectAnomaly())
        {
            Tensor y = Op.Apply(new Probe("p", [], new TimeoutException("mine")), x)[0];
            TimeoutException e = Assert.Throws<TimeoutException>(() => y.Backward());
            Assert.Equal("mine", e.Message);
            Assert.Equal("ProbeBackward0", e.Data["Autograd.Node"]);
            Assert.Contains(Here, (string)e.Data["Autograd.CallSite"]!);
        }
    }

    [Fact]
    [Trait("Row", "1.9.2")]
    public void Without_a_watched_forward_pass_there_is_no_place_to_name()
    {
        Tensor x = Leaf(0), y = x.Sqrt();
        using AnomalyScope scope = Autograd.DetectAnomaly();
        Assert.Contains("No forward pass information available for SqrtBackward0. Enable detect anomaly during forward pass for more " +
            "information.", Assert.Throws<AutogradException>(() => y.Backward()).Message);
    }

    [Fact]
    [Trait("Row", "1.9.3")]
    public void A_node_made_by_backward_names_the_operation_that_induced_it()
    {
        Tensor x = Leaf(0);
        using AnomalyScope scope = Autograd.DetectAnomaly(checkInfinity: false);
        Tensor y = x.Pow(1.5);
        Tensor g = Autograd.Grad(y, x, createGraph: true);
        string text = Assert.Throws<AutogradException>(() => (g * 0).Backward()).Message;
        Assert.Contains("returned nan values in its", text);
        Assert.Contains("Previous calculation was induced by PowBackward0. Traceback of forward call that induced the previous " +
            "calculation:", text);
    }

    [Fact]
    [Trait("Row", "1.9.4")]
    public void The_mode_can_be_asked_for_and_nests()
    {
        Assert.False(Autograd.IsAnomalyEnabled);
        Assert.True(Autograd.IsAnomalyCheckNanEnabled);
        using (Autograd.DetectAnomaly(checkNan: false))
        {
            Assert.True(Autograd.IsAnomalyEnabled);
            Assert.False(Autograd.IsAnomalyCheckNanEnabled);
            using (Autograd.SetDetectAnomaly(false)) Assert.False(Autograd.IsAnomalyEnabled);
            Assert.True(Autograd.IsAnomalyEnabled);
        }
        Assert.False(Autograd.IsAnomalyEnabled);
        Assert.True(Autograd.IsAnomalyCheckNanEnabled);
    }

    [Fact]
    [Trait("Row", "1.5.2")]
    public void An_error_in_place_shows_where_the_value_was_read_and_where_it_was_written_B()
    {
        using AnomalyScope scope = Autograd.DetectAnomaly();
        Tensor x = Leaf(2), w = Plain(3), y = x * w;
        w.Add_(1);
        string text = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.Contains("Add wrote to it (version 1), called", text);
        Assert.Equal(2, text.Split(Here).Length - 1);
    }
}

/// <summary>What is told about values that were written to in place, and which writes are harmless.</summary>
public sealed class InPlaceErrorTests
{
    [Fact]
    [Trait("Row", "1.5.2"), Trait("Row", "1.5.1")]
    [Trait("Row", "4.1")]
    public void The_message_names_tensor_writer_reader_and_both_versions_B()
    {
        Tensor x = Leaf(2), w = Plain(3);
        w.Name = "weight";
        Tensor y = x * w;
        w.Mul_(2);
        string text = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.StartsWith("one of the variables needed for gradient computation has been modified by an inplace operation: " +
            "[torch.DoubleTensor [1]] is at version 1; expected version 0 instead.", text);
        Assert.Contains("The tensor is 'weight'. MulBackward0 saved it for its backward at version 0; Mul wrote to it last", text);
        Assert.Equal("weight", w.Name);
        Assert.Null(x.Name);
    }

    [Fact]
    [Trait("Row", "1.5.18")]
    [Trait("Row", "4.1")]
    public void A_write_to_another_part_is_harmless_B()
    {
        // PyTorch counts versions for the whole memory and refuses.
        Tensor x = Leaf(0.5, 0.25), y = x * 1;
        y.Select(0, 0).Copy_(y.Select(0, 1).Sin());
        y.Sum().Backward();
        Assert.Equal([0.0, 1 + Math.Cos(0.25)], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.5.18")]
    public void A_recurrence_may_fill_its_own_buffer_B()
    {
        Tensor w = Leaf(0.9), buffer = Tensor.Zeros([50], DType.Float64);
        buffer.Select(0, 0).Copy_(Tensor.Ones(default, DType.Float64));
        for (int t = 1; t < 50; t++) buffer.Select(0, t).Copy_((buffer.Select(0, t - 1) * w).Sum());
        buffer.Select(0, 49).Backward();
        Assert.Equal(49 * Math.Pow(0.9, 48), w.Grad!.Item(), 12);
    }

    [Fact]
    [Trait("Row", "1.5.18")]
    [Trait("Row", "4.1")]
    public void Columns_are_told_apart_and_what_overlaps_is_still_refused()
    {
        Tensor x = Tensor.Ones([3, 2], DType.Float64, requiresGrad: true), y = x * 2;
        Tensor left = y.Select(1, 0), e = left.Square();
        y.Select(1, 1).Mul_(5);
        e.Sum().Backward(retainGraph: true);
        Assert.Equal([8.0, 0, 8, 0, 8, 0], Values(x.Grad));
        y.Select(0, 1).Mul_(5);
        string text = Assert.Throws<AutogradException>(() => e.Sum().Backward()).Message;
        Assert.Contains("Mul wrote to it (version 2)", text);
    }
}
