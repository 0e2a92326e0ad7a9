using System.Collections;
using Nabla.Optim;

namespace Nabla.Tests.Optim;

/// <summary>A state that does not fit its parameter is refused before anything moves: its memory would be read as another type's.</summary>
public sealed class StateCheckTests
{
    private static readonly Dictionary<string, Func<Tensor[], Optimizer>> Optimizers = new()
    {
        ["SGD"] = static p => new SGD(p, momentum: 0.9),
        ["Adam"] = static p => new Adam(p),
        ["Adam, amsgrad"] = static p => new Adam(p, amsgrad: true),
        ["AdamW"] = static p => new AdamW(p),
        ["NAdam"] = static p => new NAdam(p),
        ["RAdam"] = static p => new RAdam(p),
        ["Adamax"] = static p => new Adamax(p),
        ["Adadelta"] = static p => new Adadelta(p),
        ["Adagrad"] = static p => new Adagrad(p),
        ["RMSprop"] = static p => new RMSprop(p),
        ["RMSprop, centered"] = static p => new RMSprop(p, momentum: 0.9, centered: true),
        ["Rprop"] = static p => new Rprop(p),
        ["ASGD"] = static p => new ASGD(p),
        ["Adafactor"] = static p => new Adafactor(p),
        ["Lion"] = static p => new Lion(p),
        ["Muon"] = static p => new Muon(p),
    };

    public static TheoryData<string> Names => [.. Optimizers.Keys];

    private static (Tensor A, Tensor B, Optimizer O) Stepped(string name)
    {
        Tensor a = Tensor.Ones([2, 3], DType.Float64).RequiresGrad_(), b = Tensor.Ones([40, 3], DType.Float64).RequiresGrad_();
        Optimizer o = Optimizers[name]([a, b]);
        (a.Grad, b.Grad) = (Tensor.OnesLike(a), Tensor.OnesLike(b));
        o.Step();
        return (a, b, o);
    }

    private static double[] All(Tensor a, Optimizer o) =>
        [.. a.ToArray<double>(), .. o.State[a].Values.OfType<Tensor>().SelectMany(static t => t.To(DType.Float64).ToArray<double>())];

    [Theory, MemberData(nameof(Names))]
    public void AStateOfAnotherDTypeStopsTheStep(string name)
    {
        (Tensor a, Tensor b, Optimizer o) = Stepped(name);
        ParamState state = o.State[b];
        double[] before = All(a, o);
        foreach (string key in state.Keys.ToArray())
        {
            Tensor right = state.Get(key);
            bool number = right.NumElements == 1;
            foreach (DType wrong in number ? [DType.Complex64] : (DType[])[DType.Float32, DType.Float16, DType.Bool, DType.Complex128])
            {
                state[key] = right.To(wrong);
                Assert.Contains($"'{key}' is {wrong.Name()}", Assert.Throws<DTypeException>(o.Step).Message);
                Assert.Equal(before, All(a, o));
            }
            state[key] = right;
        }
        o.Step();
        Assert.NotEqual(before, All(a, o));
    }

    [Theory, MemberData(nameof(Names))]
    public void AMissingEntryStopsTheStepAndTheLoad(string name)
    {
        (Tensor a, Tensor b, Optimizer o) = Stepped(name);
        double[] before = All(a, o);
        foreach (string key in o.State[b].Keys.ToArray())
        {
            // A momentum that is not there begins anew, as in PyTorch.
            if (name is "SGD") continue;
            Tensor value = o.State[b].Get(key);
            if (o.State[b].Count > 1)
            {
                OrderedDictionary<string, object?> saved = o.StateDict();
                ((IDictionary)((OrderedDictionary<long, object?>)saved["state"]!)[1]!).Remove(key);
                Assert.Contains($"KeyError: '{key}'", Assert.Throws<ArgumentException>(() => o.LoadStateDict(saved)).Message);
            }
            o.State[b][key] = "text";
            Assert.Contains($"KeyError: '{key}'", Assert.Throws<ArgumentException>(o.Step).Message);
            Assert.Equal(before, All(a, o));
            o.State[b][key] = value;
        }
    }

    [Fact]
    public void StatesAreLoadedInTheParametersDTypeUnlessOneIsComplex()
    {
        Tensor real = Tensor.Ones([3], DType.Float32).RequiresGrad_(), complex = Tensor.Ones([3], DType.Complex128).RequiresGrad_();
        Adam o = new([real]), c = new([complex]);
        Adam Other(DType dtype)
        {
            Tensor p = Tensor.Ones([3], dtype).RequiresGrad_();
            Adam other = new([p]);
            p.Grad = Tensor.OnesLike(p);
            other.Step();
            return other;
        }
        o.LoadStateDict(Other(DType.Float64).StateDict());
        Assert.Equal(DType.Float32, o.State[real].Get("exp_avg").DType);
        c.LoadStateDict(Other(DType.Complex64).StateDict());
        Assert.Equal(DType.Complex128, c.State[complex].Get("exp_avg").DType);
        Assert.Throws<DTypeException>(() => o.LoadStateDict(Other(DType.Complex64).StateDict()));
        Assert.Throws<DTypeException>(() => c.LoadStateDict(Other(DType.Float64).StateDict()));
        Assert.Equal(DType.Complex128, c.State[complex].Get("exp_avg").DType);
    }
}
