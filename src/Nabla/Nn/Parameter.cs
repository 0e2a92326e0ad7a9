using Nabla.Nn;

namespace Nabla.Nn
{
    /// <summary>Makes the tensors that a module learns.</summary>
    public static class Parameter
    {
        /// <summary>
        /// A leaf with the values of <paramref name="data"/>, sharing its memory, that modules list among their parameters. It stays a
        /// parameter when it is frozen (<c>RequiresGrad = false</c>).
        /// </summary>
        /// <param name="data">Values; its history is not part of the parameter.</param>
        /// <param name="requiresGrad">Whether gradients are computed for it.</param>
        /// <exception cref="AutogradException">The dtype is neither floating point nor complex, and a gradient is asked for.</exception>
        public static Tensor Of(Tensor data, bool requiresGrad = true)
        {
            ArgumentNullException.ThrowIfNull(data);
            Tensor p = data.Detach();
            p.IsParameter = true;
            if (requiresGrad) p.RequiresGrad = true;
            return p;
        }
    }

    /// <summary>
    /// Marks a field or automatic property of type <see cref="Tensor"/> as a buffer of its module: state that is saved and converted with
    /// the parameters but is not learned, such as the running mean of a batch normalisation.
    /// </summary>
    [AttributeUsage(AttributeTargets.Field)]
    public sealed class BufferAttribute : Attribute
    {
        /// <summary>Whether the buffer is part of the module's state dict; default true.</summary>
        public bool Persistent { get; set; } = true;
    }

    /// <summary>Gives a field of a module its name in the state dict, where that is not the field's own name in snake case.</summary>
    /// <param name="name">The name, such as <c>weight_ih_l0</c>.</param>
    [AttributeUsage(AttributeTargets.Field)]
    public sealed class StateNameAttribute(string name) : Attribute
    {
        /// <summary>The name in the state dict.</summary>
        public string Name => name;
    }
}

namespace Nabla
{
    public sealed partial class Tensor
    {
        /// <summary>True if <see cref="Parameter.Of"/> made this tensor, or a module found it among its fields as a leaf that requires a
        /// gradient.</summary>
        public bool IsParameter
        {
            get => (flags & Flags.Parameter) != 0;
            internal set
            {
                flags = value ? flags | Flags.Parameter : flags & ~Flags.Parameter;
                if (value) TensorScope.Keep(this);
            }
        }
    }
}
