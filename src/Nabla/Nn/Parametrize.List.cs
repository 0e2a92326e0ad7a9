namespace Nabla.Nn;

/// <summary>The parametrisations of one tensor, in the order of their computation, with what is learned in its place.</summary>
public sealed class ParametrizationList : Module
{
    /// <summary>What the tensor will be computed from; nothing of the tensor is changed yet.</summary>
    internal ParametrizationList(Module first, Tensor value)
    {
        RegisterModule("0", first);
        IReadOnlyList<Tensor> found;
        using (Autograd.NoGrad()) found = (first as IRightInverse)?.RightInverse(value.Detach()) ?? [value.Detach()];
        if (Single && found.Count != 1)
            throw new ArgumentException("'right_inverse' must return a sequence of tensors of length 1. " +
                $"Got a sequence of length {found.Count}.", nameof(first));
        if (Single && found[0].DType != value.DType)
            Throw.Types("When `right_inverse` outputs one tensor, it may not change the dtype.\n" +
                $"original.dtype: torch.{value.DType.Name()}\nright_inverse(original).dtype: torch.{found[0].DType.Name()}");
        for (int i = 0; i < found.Count; i++)
        {
            Tensor own = found[i].Clone();
            if (value.IsParameter) RegisterParameter(Name(i), Parameter.Of(own, value.RequiresGrad));
            else RegisterBuffer(Name(i), own);
        }
    }

    private bool Single => Chain.First() is Module<Tensor, Tensor>;

    private string Name(int i) => Single ? "original" : $"original{i}";

    /// <summary>The tensor itself, which optimizers may know, takes the place of its only original.</summary>
    internal void Keep(Tensor value)
    {
        if (!Single || Originals[0].Shape != value.Shape) return;
        using (Autograd.NoGrad()) value.Copy_(Originals[0]);
        Registered["original"] = value;
    }

    private Tensor[] Originals => [.. Registered.Values.OfType<Tensor>()];

    private IEnumerable<Module> Chain => Registered.Values.OfType<Module>();

    internal void Append(Module<Tensor, Tensor> next)
    {
        RegisterModule($"{Chain.Count()}", next);
    }

    internal void CheckNext(string name, Module<Tensor, Tensor> next)
    {
        Tensor y = Compute(), x = next.Call(y);
        Parametrize.CheckSame(name, y, x);
        if (next is not IRightInverse inverse || inverse.RightInverse(x) is not [{ } z]) return;
        Parametrize.CheckSame(name + " by its right_inverse", y, z);
    }

    /// <summary>The value.</summary>
    internal Tensor Compute()
    {
        Tensor[] from = Originals;
        Tensor? x = null;
        foreach (Module module in Chain)
            x = x is null && module is Module<IReadOnlyList<Tensor>, Tensor> several ? several.Call(from)
                : ((Module<Tensor, Tensor>)module).Call(x ?? from[0]);
        return x!;
    }

    internal void Set(Tensor value)
    {
        using GradScope mode = Autograd.NoGrad();
        IReadOnlyList<Tensor> back = [value];
        foreach (Module module in Chain.Reverse())
        {
            if (module is not IRightInverse inverse)
                throw new InvalidOperationException($"parametrization {module.GetType().Name} does not implement right_inverse.");
            back = inverse.RightInverse(back[0])
                ?? throw new InvalidOperationException($"It is not possible to assign to {module.GetType().Name}: it has no inverse.");
        }
        Tensor[] own = Originals;
        if (back.Count != own.Length)
            throw new InvalidOperationException($"'right_inverse' must return a sequence of tensors of length {own.Length}. " +
                $"Got a sequence of length {back.Count}.");
        for (int i = 0; i < own.Length; i++)
            if (back[i].DType != own[i].DType)
                Throw.Types($"Tensor {i} returned by `right_inverse` has dtype torch.{back[i].DType.Name()} while `{Name(i)}` has dtype " +
                    $"torch.{own[i].DType.Name()}");
            else if (back[i].Shape != own[i].Shape)
                Throw.Shapes($"Tensor {i} returned by `right_inverse` has shape {back[i].Shape} while `{Name(i)}` has shape " +
                    $"{own[i].Shape}.");
        for (int i = 0; i < own.Length; i++) own[i].Copy_(back[i]);
    }

    /// <summary>The tensor without parametrisations.</summary>
    internal Tensor Plain(bool parametrized)
    {
        Tensor[] own = Originals;
        if (!Single)
        {
            if (!parametrized)
                throw new ArgumentException("Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in " +
                    "terms of a sequence of tensors.", nameof(parametrized));
            Tensor value = Compute();
            return value.RequiresGrad ? Parameter.Of(value) : value;
        }
        if (!parametrized) return own[0];
        using (Autograd.NoGrad())
        {
            Tensor value = Compute();
            return value.Shape == own[0].Shape ? own[0].Copy_(value) : Parameter.Of(value, own[0].RequiresGrad);
        }
    }
}
