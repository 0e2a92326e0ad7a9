namespace Nabla;

/// <summary>Automatic differentiation: gradients of recorded operations, and whether operations are recorded.</summary>
public static partial class Autograd
{
    /// <summary>True if operations on tensors that require gradients are recorded; true unless a scope says otherwise.</summary>
    public static bool IsGradEnabled => GradMode.Enabled;

    /// <summary>True inside <see cref="InferenceMode"/>.</summary>
    public static bool IsInferenceModeEnabled => GradMode.InferenceEnabled;

    /// <summary>Nothing is recorded until the scope is disposed. Leaves may be changed in place.</summary>
    public static GradScope NoGrad() => new(disabled: true, GradMode.InferenceEnabled);

    /// <summary>Operations are recorded until the scope is disposed, also inside <see cref="NoGrad"/>; not inside inference mode.</summary>
    public static GradScope EnableGrad() => new(disabled: GradMode.InferenceEnabled, GradMode.InferenceEnabled);

    /// <summary>Operations are recorded, or not, until the scope is disposed.</summary>
    public static GradScope SetGradEnabled(bool enabled) => enabled ? EnableGrad() : NoGrad();

    /// <summary>
    /// Nothing is recorded, views are not tracked, and tensors made inside can never be part of a graph, until the scope is disposed.
    /// </summary>
    /// <param name="enabled">False turns inference mode off inside an outer scope.</param>
    public static GradScope InferenceMode(bool enabled = true) => new(disabled: enabled, inference: enabled);
}
