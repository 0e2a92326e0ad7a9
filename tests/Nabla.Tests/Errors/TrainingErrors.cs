#pragma warning disable xUnit1051 // Training here ends by itself.
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Training;
using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Layers, losses, optimizers, schedules, data and metrics that are given what makes no sense.</summary>
[Collection(ErrorCollection.Name)]
public sealed class TrainingErrors
{
    public static readonly ErrorTable Table = new()
    {
        { "S33 bilinear", Kinds.Range, "Trying to create tensor with negative dimension -1", s => new Bilinear(2, 2, -1) },
        { "S33 embedding", Kinds.Range, "Trying to create tensor with negative dimension -2", s => new Embedding(-2, 3) },
        { "S37 input", Kinds.Shape, "input.size(-1) must be equal to input_size. Expected 3, got 7", s =>
            Still(s, new LSTM(3, 4)).Call(s.F(2, 2, 7)) },
        { "S37 hidden", Kinds.Shape, "Expected hidden[0] size (1, 2, 4), got [1, 1, 4]", s =>
            Still(s, new LSTM(3, 4)).Call(s.F(5, 2, 3), (s.F(1, 1, 4), s.F(1, 2, 4))) },
        { "S37 length", Kinds.Shape, "Expected sequence length to be larger than 0 in RNN", s =>
            Still(s, new LSTM(3, 4)).Call(s.F(0, 2, 3)) },
        { "S40 dtype", Kinds.DType, "expected scalar type Long but found Float", s => F.CrossEntropy(s.F(2, 3), s.F(2)) },
        { "nll whole", Kinds.DType, "\"nll_loss_out_frame\" not implemented for 'Int'", s =>
            F.NllLoss(s.Of(DType.Int32, 3, 4), s.L(0, 1, 3)) },
        { "nll bool", Kinds.DType, "\"nll_loss_out_frame\" not implemented for 'Bool'", s =>
            F.NllLoss(s.Of(DType.Bool, 3, 4), s.L(0, 1, 3)) },
        { "nll complex", Kinds.DType, "\"nll_loss2d_forward_out_frame\" not implemented for 'ComplexFloat'", s =>
            F.NllLoss(s.F(1, 2, 2).To(DType.Complex64), s.Of(DType.Int64, 1, 2)) },
        { "L04 none", Kinds.Argument, "optimizer got an empty parameter list", s => new SGD(Array.Empty<Tensor>()) },
        { "L04 twice", Kinds.Argument, "optimizer contains a parameter group with duplicate parameters", s => Twice(s.Leaf(2)) },
        { "L04 leaf", Kinds.Argument, "can't optimize a non-leaf Tensor", s => new Adam((Tensor[])[s.Leaf(2) * 2]) },
        { "L05 lr", Kinds.Range, "Invalid learning rate: -1.0", s => new Adam((Tensor[])[s.Leaf(2)], lr: -1) },
        { "L05 nan", Kinds.Range, "Invalid learning rate: nan", s => new Adam((Tensor[])[s.Leaf(2)], lr: double.NaN) },
        { "L05 infinite", Kinds.Range, "Invalid learning rate: inf", s => new SGD((Tensor[])[s.Leaf(2)], lr: double.PositiveInfinity) },
        { "L05 betas", Kinds.Range, "Invalid beta parameter at index 1: 1.0", s => new Adam((Tensor[])[s.Leaf(2)], betas: (0.9, 1)) },
        { "L05 eps", Kinds.Range, "Invalid epsilon value: -1.0", s => new Adam((Tensor[])[s.Leaf(2)], eps: -1) },
        { "L05 momentum", Kinds.Range, "Invalid momentum value: -1.0", s => new SGD((Tensor[])[s.Leaf(2)], momentum: -1) },
        { "L05 decay", Kinds.Range, "Invalid weight_decay value: -1.0", s => new SGD((Tensor[])[s.Leaf(2)], weightDecay: -1) },
        { "L07", Kinds.Shape, "The state 'exp_avg' has the shape [3], but its parameter has [2]", Stale },
        { "L08", Kinds.Shape, "The state 'exp_avg' has the shape [3], but its parameter has [2]", s => Foreign(s.Leaf(2), s.Leaf(3)) },
        { "L09", Kinds.Range, "Expected positive integer total_steps, but got 0", s =>
            new OneCycleLR(new SGD((Tensor[])[s.Leaf(2)]), 0.1, totalSteps: 0) },
        { "L10 batch", Kinds.Range, "batch_size should be a positive integer value, but got batch_size=0", s =>
            DataLoader.Of(TensorDataset.Of(s.F(4)), 0) },
        { "L10 workers", Kinds.Range, "num_workers option should be non-negative", s =>
            DataLoader.Of(TensorDataset.Of(s.F(4)), 1, numWorkers: -1) },
        { "L11", Kinds.Shape, "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1", s =>
            Collate.Default<Tensor>([s.F(2), s.F(3)]) },
        { "L20 lengths", Kinds.Shape, "", s => Updated(s.F(3, 2), s.L(0, 1)) },
        { "L20 label", Kinds.Range, "", s => Counted(s.L(0, 1), s.L(0, 7)) },
        { "L26 smoothing", Kinds.Range, "label_smoothing must be between 0.0 and 1.0. Got: 1.5", s =>
            F.CrossEntropy(s.F(2, 3), s.L(0, 1), labelSmoothing: 1.5) },
        { "L26 weights", Kinds.Shape, "weight tensor should be defined either for all 3 classes or no classes", s =>
            F.CrossEntropy(s.F(2, 3), s.L(0, 1), s.F(4)) },
        { "L26 target", Kinds.Range, "Target 3 is out of bounds.", s => F.CrossEntropy(s.F(2, 3), s.L(0, 3)) },
    };

    private static T Still<T>(Scene s, T module) where T : Module
    {
        s.Ready();
        return module;
    }

    private static SGD Twice(Tensor p) => new((Tensor[])[p, p]);

    private static object? Stale(Scene s)
    {
        Tensor a = s.Leaf(4), b = s.Leaf(2);
        Adam o = new((Tensor[])[a, b]);
        (a.Grad, b.Grad) = (Tensor.OnesLike(a), Tensor.OnesLike(b));
        o.Step();
        o.State[b]["exp_avg"] = Tensor.Zeros([3]);
        s.Ready();
        o.Step();
        return o;
    }

    private static object? Foreign(Tensor own, Tensor other)
    {
        Adam o = new((Tensor[])[own]), theirs = new((Tensor[])[other.Detach().Clone().RequiresGrad_()]);
        Tensor p = theirs.ParamGroups[0].Params[0];
        p.Grad = Tensor.OnesLike(p);
        theirs.Step();
        o.LoadStateDict(theirs.StateDict());
        return o;
    }

    private static object? Updated(Tensor logits, Tensor labels)
    {
        Accuracy metric = new();
        metric.Update(logits, labels);
        return metric;
    }

    private static object? Counted(Tensor predicted, Tensor labels)
    {
        ConfusionMatrix metric = new(2);
        metric.Update(predicted, labels);
        return metric;
    }

    public static TheoryData<string> Rows => Table.Errors;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    /// <summary>Row L06: a step without gradients is none.</summary>
    [Fact]
    public void A_step_without_gradients_changes_nothing()
    {
        Tensor p = Tensor.Ones([2]).RequiresGrad_();
        Adam o = new((Tensor[])[p]);
        o.Step();
        Assert.Empty(o.State);
        Assert.Equal([1f, 1], p.ToArray<float>());
    }

    /// <summary>Row L20: the mean of nothing is NaN, as documented.</summary>
    [Fact]
    public void A_metric_without_updates_is_NaN() =>
        Assert.All((Metric[])[new Accuracy(), new Mean(), new R2Score()], static m => Assert.True(double.IsNaN(m.Compute())));

    /// <summary>Row L21: a monitored value that nobody computes is an error that names those there are.</summary>
    [Fact]
    public void A_value_that_is_not_there_is_named()
    {
        Linear model = new(2, 1);
        Trainer<Linear, Tensor> trainer = new(model, new SGD(model.Parameters()), static (m, x) => m.Call(x).Sum())
        { Callbacks = [new EarlyStopping(monitor: "accuracy")] };
        Exception e = Assert.ThrowsAny<Exception>(() => trainer.Fit([Tensor.Ones(1, 2)], epochs: 1));
        Assert.True(e is ArgumentException or InvalidOperationException, e.ToString());
        Assert.Contains("accuracy", e.Message);
        Assert.Contains("loss", e.Message);
    }

    private sealed class Fails : TrainingCallback
    {
        public override bool OnStepEnd(TrainingProgress progress) => progress.Step == 2 ? throw new InvalidDataException("mine") : false;
    }

    /// <summary>Row L22: what a callback throws comes out, and the state is that of the batch's end.</summary>
    [Fact]
    public void A_callbacks_exception_leaves_the_state_between_batches()
    {
        Linear model = new(2, 1);
        SGD optimizer = new(model.Parameters(), lr: 0.5);
        Tensor before = model.Weight.Detach().Clone();
        Trainer<Linear, Tensor> trainer = new(model, optimizer, static (m, x) => m.Call(x).Sum()) { Callbacks = [new Fails()] };
        Tensor one = Tensor.Ones(1, 2);
        Assert.Equal("mine", Assert.Throws<InvalidDataException>(() => trainer.Fit([one, one, one, one], epochs: 1)).Message);
        Assert.Equal(2, trainer.Step);
        Assert.Equal((before - 0.5 - 0.5).ToArray<float>(), model.Weight.ToArray<float>());
        Assert.True(Autograd.IsGradEnabled);
    }
}
