namespace Nabla;

public static partial class Func
{
    /// <summary>Joins the named tensors of several models of one architecture along a new first dimension, so that
    /// <see cref="Vmap(Func{Tensor, Tensor}, VmapDims, VmapDims, string, int?)"/> runs them all at once.</summary>
    /// <param name="models">The parameters, or buffers, of each model by name.</param>
    /// <returns>Leaves of their own, which require gradients where the models' tensors do.</returns>
    /// <exception cref="ArgumentException">There is no model, or the models' names differ.</exception>
    public static Dictionary<string, Tensor> StackState(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0) throw new ArgumentException("stack_module_state: Expected at least one model, got 0.", nameof(models));
        Dictionary<string, Tensor> stacked = [];
        foreach ((string name, Tensor first) in models[0])
        {
            Tensor[] all = new Tensor[models.Count];
            for (int i = 0; i < all.Length; i++)
            {
                if (models[i].Count != models[0].Count || !models[i].TryGetValue(name, out Tensor? t))
                    throw new ArgumentException($"stack_module_state: Expected all models to be of the same class. Model {i} has the " +
                        $"tensors {string.Join(", ", models[i].Keys)}, model 0 has {string.Join(", ", models[0].Keys)}.", nameof(models));
                all[i] = t.Detach();
            }
            stacked[name] = Tensor.Stack(all).RequiresGrad_(first.RequiresGrad);
        }
        return stacked;
    }
}
