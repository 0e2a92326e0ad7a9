namespace Nabla;

/// <summary>How tensors are printed; see <see cref="Tensor.SetPrintOptions"/>.</summary>
public sealed record PrintOptions
{
    /// <summary>Digits after the decimal point; 4 by default.</summary>
    public int Precision { get; init; } = 4;

    /// <summary>More elements than this are summarised; 1000 by default. <see cref="double.PositiveInfinity"/> shows all.</summary>
    public double Threshold { get; init; } = 1000;

    /// <summary>How many elements at each end of a dimension a summary shows; 3 by default.</summary>
    public int EdgeItems { get; init; } = 3;

    /// <summary>Characters per line; 80 by default.</summary>
    public int LineWidth { get; init; } = 80;

    /// <summary>Scientific notation always, never, or (null) where the values ask for it.</summary>
    public bool? SciMode { get; init; }

    /// <summary>PyTorch's defaults.</summary>
    public static PrintOptions Default { get; } = new();

    /// <summary>Two digits and two elements at each end.</summary>
    public static PrintOptions Short { get; } = new() { Precision = 2, EdgeItems = 2 };

    /// <summary>Every element.</summary>
    public static PrintOptions Full { get; } = new() { Threshold = double.PositiveInfinity };
}
