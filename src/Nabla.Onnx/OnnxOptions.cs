namespace Nabla.Onnx;

/// <summary>How a module becomes an ONNX file.</summary>
public sealed class OnnxOptions
{
    /// <summary>The smallest and largest operator set that can be asked for.</summary>
    public const int MinOpset = 17, MaxOpset = 23;

    private int opset = MinOpset;

    /// <summary>The version of the operator set: 17 by default, which every runtime of the last years reads. From 20 on GELU is one
    /// operator.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not between <see cref="MinOpset"/> and <see cref="MaxOpset"/>.</exception>
    public int Opset
    {
        get => opset;
        init
        {
            if (value is < MinOpset or > MaxOpset)
                throw new ArgumentOutOfRangeException(nameof(value), value, $"The operator set must be between {MinOpset} and {MaxOpset}," +
                    $" but it is {value}.");
            opset = value;
        }
    }

    /// <summary>The names of the inputs, one for each tensor; by default <c>input</c>, or <c>input_0</c>, <c>input_1</c> and so on. In
    /// the file each character but ASCII letters, digits, <c>_ . /</c> and <c>-</c> becomes <c>_</c>.</summary>
    public IReadOnlyList<string> InputNames { get; init; } = [];

    /// <summary>The names of the outputs, one for each tensor; by default <c>output</c>, or <c>output_0</c>, <c>output_1</c> and so
    /// on.</summary>
    public IReadOnlyList<string> OutputNames { get; init; } = [];

    /// <summary>
    /// For each input by its name, the names of its dimensions whose size may change; null for one that is fixed, as those at the end
    /// that are not listed are: <c>DynamicAxes = { ["tokens"] = ["batch", "sequence"] }</c>. Dimensions of one name have one size. An
    /// input that is not named has a dynamic first dimension called <c>batch</c>, if its size is that of the first input; an empty list
    /// fixes it.
    /// </summary>
    public IDictionary<string, IReadOnlyList<string?>> DynamicAxes { get; init; } = new Dictionary<string, IReadOnlyList<string?>>();

    /// <summary>Texts that are stored with the model, by their names.</summary>
    public IDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What the model is, in words.</summary>
    public string? Description { get; init; }
}
