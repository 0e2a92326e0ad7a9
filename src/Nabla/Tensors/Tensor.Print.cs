using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public sealed partial class Tensor : IFormattable
{
    private static PrintOptions printOptions = PrintOptions.Default;

    /// <summary>How tensors are printed, in the whole process.</summary>
    [AllowNull]
    public static PrintOptions PrintOptions
    {
        get => printOptions;
        set => printOptions = value ?? PrintOptions.Default;
    }

    /// <summary>
    /// Changes how tensors are printed, as torch.set_printoptions does. What is not given stays; <paramref name="sciMode"/> is set always.
    /// </summary>
    /// <param name="precision">Digits after the decimal point.</param>
    /// <param name="threshold">More elements than this are summarised.</param>
    /// <param name="edgeItems">How many elements at each end of a dimension a summary shows.</param>
    /// <param name="lineWidth">Characters per line.</param>
    /// <param name="profile">A set of options to start from: <c>default</c>, <c>short</c> or <c>full</c>.</param>
    /// <param name="sciMode">Scientific notation always, never, or (null) where the values ask for it.</param>
    /// <exception cref="ArgumentException">The profile is none of these.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or the line has no width.</exception>
    public static void SetPrintOptions(int? precision = null, double? threshold = null, int? edgeItems = null, int? lineWidth = null,
        string? profile = null, bool? sciMode = null)
    {
        PrintOptions start = profile switch
        {
            null => printOptions,
            "default" => PrintOptions.Default,
            "short" => PrintOptions.Short with { LineWidth = printOptions.LineWidth },
            "full" => PrintOptions.Full with { LineWidth = printOptions.LineWidth },
            _ => throw new ArgumentException($"The print profile '{profile}' is not known: use default, short or full.", nameof(profile)),
        };
        ArgumentOutOfRangeException.ThrowIfNegative(precision ?? 0, nameof(precision));
        ArgumentOutOfRangeException.ThrowIfNegative(threshold ?? 0, nameof(threshold));
        ArgumentOutOfRangeException.ThrowIfNegative(edgeItems ?? 0, nameof(edgeItems));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lineWidth ?? 1, nameof(lineWidth));
        PrintOptions = start with
        {
            Precision = precision ?? start.Precision,
            Threshold = threshold ?? start.Threshold,
            EdgeItems = edgeItems ?? start.EdgeItems,
            LineWidth = lineWidth ?? start.LineWidth,
            SciMode = sciMode,
        };
    }

    /// <summary>The values, and what else matters, as PyTorch prints them: <c>tensor([1., 2.], requires_grad=True)</c>.</summary>
    public override string ToString() => TensorPrinter.Print(this);

    /// <summary>
    /// The value of a tensor of one element in a format of the number's type, so that <c>$"{loss:F4}"</c> works; of a larger tensor all
    /// values, each in the format, in brackets. Without a format the same as <see cref="ToString()"/>.
    /// </summary>
    /// <param name="format">A format of double, or of long for integers; bools ignore it.</param>
    /// <param name="formatProvider">The culture; the current one by default.</param>
    public string ToString(string? format, IFormatProvider? formatProvider) =>
        string.IsNullOrEmpty(format) ? ToString() : TensorPrinter.Format(this, format, formatProvider);
}
