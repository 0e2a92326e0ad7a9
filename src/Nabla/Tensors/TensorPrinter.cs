using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>Tensors as text, in PyTorch's layout. Only what is shown is read.</summary>
internal sealed class TensorPrinter
{
    private const string Prefix = "tensor(";

    private readonly Tensor x;
    private readonly PrintOptions options;
    private readonly NumberFormat number;

    // Complex numbers print as two numbers, each part with a format of its own; the parts have one layout.
    private readonly Tensor? imaginary;

    /// <summary>How much further an imaginary part lies than its real part.</summary>
    private readonly long shift;
    private readonly NumberFormat? second;
    private readonly bool summarize;
    private readonly StringBuilder text = new();

    private TensorPrinter(Tensor x, PrintOptions options, string? format = null, IFormatProvider? culture = null, Tensor? imaginary = null)
    {
        (this.x, this.options, this.imaginary) = (x, options, imaginary);
        shift = imaginary is null ? 0 : imaginary.layout.Offset - x.layout.Offset;
        summarize = x.layout.Count > options.Threshold;
        number = format is null ? new NumberFormat(x.dtype, options) : new NumberFormat(x.dtype, options, format, culture);
        if (imaginary is not null) second = new NumberFormat(imaginary.dtype, options);
        Measure(0, x.layout.Offset);
        number.Settle();
        second?.Settle();
    }

    /// <summary>The tensor with its suffixes: size, dtype, history.</summary>
    internal static string Print(Tensor x) => x.wrap switch
    {
        null => Print(x, x, null),
        Dual { Primal.wrap: null } dual => Print(dual.Primal, x, Dual.Open(x, dual.Frame).Tangent),
        { } other => other.Print(x),
    };

    /// <summary>The values in a format of the caller's.</summary>
    internal static string Format(Tensor x, string format, IFormatProvider? culture)
    {
        if (x.wrap is Dual { Primal: var primal }) return Format(primal, format, culture);
        if (x.wrap is not null) return Print(x);
        if (x.layout.Count == 0) return "[]";
        if (x.layout.Count == 1) return NumberFormat.Text(NumberFormat.Read(x, x.layout.Offset), format, culture);
        return new TensorPrinter(x, Tensor.PrintOptions, format, culture).Values(0);
    }

    private static string Print(Tensor values, Tensor history, Tensor? tangent)
    {
        PrintOptions options = Tensor.PrintOptions;
        string body = values.layout.Count == 0 ? "[]" : Of(values, options).Values(Prefix.Length);
        return WithSuffixes(Prefix + body, Suffixes(values, history, tangent, options), options.LineWidth);
    }

    private static TensorPrinter Of(Tensor x, PrintOptions options) => x.dtype.IsComplex()
        ? new(Kernels.Pairs.Part(x, 0), options, imaginary: Kernels.Pairs.Part(x, 1))
        : new(x, options);

    private static List<string> Suffixes(Tensor x, Tensor history, Tensor? tangent, PrintOptions options)
    {
        List<string> all = [];
        bool empty = x.layout.Count == 0;
        bool usual = x.dtype.Part() == Tensor.DefaultDType || (!empty && x.dtype is DType.Int64 or DType.Bool);
        if (empty ? x.NDim != 1 : options.EdgeItems == 0) all.Add("size=" + Tuple(x.layout.shape));
        if (!usual) all.Add("dtype=torch." + x.dtype.Name());
        if (NodeName(history) is { } node) all.Add($"grad_fn=<{node}>");
        else if (history.RequiresGrad) all.Add("requires_grad=True");
        if (tangent is not null) all.Add($"tangent={tangent}");
        return all;
    }

    private static string? NodeName(Tensor history)
    {
        // A view whose base was written to may have no history any more; printing says so and goes on.
        try { return history.GradFn?.Name; }
        catch (AutogradException) { return "Invalid"; }
    }

    private static string Tuple(ReadOnlySpan<long> sizes)
    {
        StringBuilder text = new("(");
        for (int i = 0; i < sizes.Length; i++) text.Append(i > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"{sizes[i]}");
        return text.Append(sizes.Length == 1 ? ",)" : ")").ToString();
    }

    private static string WithSuffixes(string body, List<string> suffixes, int lineWidth)
    {
        StringBuilder text = new(body);
        int line = body.Length - body.LastIndexOf('\n') + 1;
        foreach (string suffix in suffixes)
        {
            if (line + suffix.Length + 2 > lineWidth)
            {
                text.Append(",\n").Append(' ', Prefix.Length).Append(suffix);
                line = Prefix.Length + suffix.Length;
            }
            else
            {
                text.Append(", ").Append(suffix);
                line += suffix.Length + 2;
            }
        }
        return text.Append(')').ToString();
    }

    /// <summary>Shows the number format every value that will be printed.</summary>
    private void Measure(int dim, long at)
    {
        if (dim == x.NDim)
        {
            number.Observe(x, at);
            second?.Observe(imaginary!, at + shift);
            return;
        }
        long size = x.layout.shape[dim], stride = x.layout.strides[dim], edge = Edge(size);
        for (long i = 0; i < (edge >= 0 ? edge : size); i++) Measure(dim + 1, at + i * stride);
        for (long i = size - Math.Max(edge, 0); i < size; i++) Measure(dim + 1, at + i * stride);
    }

    /// <summary>How many indices at each end of a dimension are shown; -1 for all.</summary>
    private long Edge(long size) => summarize && size > 2L * options.EdgeItems ? options.EdgeItems : -1;

    private string Values(int indent)
    {
        Append(0, x.layout.Offset, indent);
        return text.ToString();
    }

    private void Append(int dim, long at, int indent)
    {
        int left = x.NDim - dim;
        if (left == 0) Element(at);
        else if (left == 1) Vector(at, indent);
        else
        {
            long size = x.layout.shape[dim], edge = Edge(size);
            text.Append('[');
            for (long i = 0; i < size; i++)
            {
                if (i > 0) NextSlice(left, indent);
                if (i == edge)
                {
                    text.Append("...");
                    if (edge == 0) break;
                    i = size - edge - 1;
                    continue;
                }
                Append(dim + 1, at + i * x.layout.strides[dim], indent + 1);
            }
            text.Append(']');
        }
    }

    private int Width => number.Width + (second is null ? 0 : second.Width + 1);

    private void Element(long at)
    {
        number.Append(text, x, at);
        if (second is null) return;
        StringBuilder part = new();
        second.Append(part, imaginary!, at + shift);
        string s = part.ToString().TrimStart();
        text.Append(s[0] is '+' or '-' ? "" : "+").Append(s).Append('j');
    }

    private void NextSlice(int left, int indent) => text.Append(',').Append('\n', left - 1).Append(' ', indent + 1);

    private void Vector(long at, int indent)
    {
        long size = x.layout.shape[^1], stride = x.layout.strides[^1], edge = Edge(size), shown = 0;
        long perLine = Math.Max(1, (long)Math.Floor((options.LineWidth - indent) / (Width + 2.0)));
        text.Append('[');
        for (long i = 0; i < size; i++, shown++)
        {
            if (shown > 0 && shown % perLine == 0) text.Append(",\n").Append(' ', indent + 1);
            else if (shown > 0) text.Append(", ");
            if (i == edge)
            {
                text.Append(edge == 0 ? "..." : " ...");
                if (edge == 0) break;
                i = size - edge - 1;
                continue;
            }
            Element(at + i * stride);
        }
        text.Append(']');
    }
}
