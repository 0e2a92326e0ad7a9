using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Why a parameter gets no gradient.</summary>
public sealed class DiagnosisTests
{
    private static PathKind Kind(Tensor loss, Tensor p)
    {
        Tensor? before = p.Grad;
        PathKind kind = Autograd.Diagnose(loss, [p]).Parameters[0].Kind;
        Assert.Same(before, p.Grad);
        return kind;
    }

    [Fact]
    [Trait("Row", "4.13")]
    public void Each_way_to_lose_a_gradient_is_named()
    {
        Tensor x = Plain(1, 2), w = Leaf(3, 4), other = Leaf(5, 6);
        Assert.Equal(PathKind.Reached, Kind((x * w).Sum(), w));
        Assert.Equal(PathKind.Unused, Kind((x * w).Sum(), other));
        Assert.Equal(PathKind.Detached, Kind((w * other.Detach()).Sum(), other));
        Assert.Equal(PathKind.NotRequired, Kind((x * w).Sum(), x));
        Assert.Equal(PathKind.Integer, Kind((x * w).Sum(), Tensor.From([1, 2])));
        Assert.Equal(PathKind.ZeroOnly, Kind((w.Round() * 2).Sum(), w));
        Assert.Equal(PathKind.Reached, Kind((w.Round() * w).Sum(), w));
        Tensor loss;
        using (Autograd.NoGrad()) loss = (x * w).Sum();
        Assert.Equal(PathKind.NoGraph, Kind(loss, w));
        Tensor detached = (other * 2).Detach();
        Assert.Equal(PathKind.Cut, Kind((w * detached).Sum(), other));
        Tensor converted = w * 1;
        Assert.Equal(PathKind.NotLeaf, Kind((converted * 2).Sum(), converted));
        Assert.Equal(PathKind.Cut, Kind((w * 2).Sum(), converted));
    }

    [Fact]
    [Trait("Row", "4.13")]
    public void Memory_read_under_NoGrad_is_found()
    {
        Tensor x = Leaf(1, 2), w = Leaf(3, 4), view;
        using (Autograd.NoGrad()) view = w.Detach();
        string report = Autograd.Diagnose((x * view).Sum(), [KeyValuePair.Create("fc.weight", w), KeyValuePair.Create("x", x)]).ToString();
        string[] lines = report.Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("fc.weight  float64 [2]  NO   cut at the tensor itself: MulBackward0 reads it as 'other'", lines[1]);
        Assert.StartsWith("x          float64 [2]  yes  reached", lines[2]);
    }

    [Fact]
    public void A_module_gives_the_names()
    {
        Nabla.Nn.Sequential model = new(new Nabla.Nn.Linear(2, 3), new Nabla.Nn.Linear(3, 1));
        Tensor hidden = ((Nabla.Nn.Linear)model[0]).Call(Tensor.Ones(1, 2)).Detach();
        GraphDiagnosis found = Autograd.Diagnose(((Nabla.Nn.Linear)model[1]).Call(hidden).Sum(), model.NamedParameters());
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], found.Parameters.Select(static p => p.Name));
        Assert.Equal([false, false, true, true], found.Parameters.Select(static p => p.IsReached));
    }

    [Fact]
    public void A_report_says_whether_all_is_well()
    {
        Tensor w = Leaf(1), b = Leaf(2);
        w.Name = "w";
        GraphDiagnosis good = Autograd.Diagnose(w * b, [w, b]);
        Assert.True(good.IsHealthy);
        Assert.Equal(["w", "#1"], good.Parameters.Select(p => p.Name));
        Assert.Equal(3, good.NodeCount);
        Assert.False(Autograd.Diagnose(w * 2, [w, b]).IsHealthy);
    }

    [Fact]
    [Trait("Row", "1.2.9")]
    [Trait("Row", "4.3")]
    public void An_unused_input_is_named_with_the_reason_before_anything_runs_B()
    {
        List<string> log = [];
        Tensor a = Leaf(2), b = Leaf(3, 4), y = Probe.Apply("y", log, a);
        b.Name = "bias";
        string text = Assert.Throws<AutogradException>(() => Autograd.Grad(y, [a, b])).Message;
        Assert.StartsWith("One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this " +
            "is the desired behavior.", text);
        Assert.Contains("It is input 1 'bias', float64 [2] (", text);
        Assert.Empty(log);
    }
}
