using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Nabla.Nn;

/// <summary>A column of a summary's table.</summary>
public enum SummaryColumn
{
    /// <summary>The size of a window, of convolutions and pools.</summary>
    KernelShape,

    /// <summary>The shape of the first tensor given.</summary>
    InputShape,

    /// <summary>The shape of the first tensor returned.</summary>
    OutputShape,

    /// <summary>How many numbers the parameters have; in parentheses if none requires a gradient.</summary>
    Parameters,

    /// <summary>Their part of all parameters.</summary>
    ParametersPercent,

    /// <summary>Multiplications with additions.</summary>
    MultAdds,

    /// <summary>Whether parameters require gradients: True, False or Partial.</summary>
    Trainable
}

/// <summary>How a summary's table looks.</summary>
public sealed record ModuleSummaryOptions
{
    /// <summary>Down to which depth modules have rows; those below count for the row around them. 3 unless set.</summary>
    public int Depth { get; init; } = 3;

    /// <summary>The columns.</summary>
    public IReadOnlyList<SummaryColumn> Columns { get; init; } =
        [SummaryColumn.InputShape, SummaryColumn.OutputShape, SummaryColumn.Parameters, SummaryColumn.MultAdds];

    /// <summary>How wide a column is, in characters. 20 unless set.</summary>
    public int ColumnWidth { get; init; } = 20;

    /// <summary>Whether rows have the names of fields in parentheses, as in the state dict. True unless set.</summary>
    public bool ShowNames { get; init; } = true;

    /// <summary>Whether rows have their depth and their number at that depth, as torchinfo shows them: <c>Linear: 1-2</c>. False unless
    /// set.</summary>
    public bool ShowDepth { get; init; }

    /// <summary>Whether to draw the tree with ASCII characters alone. False unless set.</summary>
    public bool Ascii { get; init; }
}

public sealed partial class ModuleSummary
{
    private static readonly (double Size, string Unit)[] Units = [(1e12, " (T)"), (1e9, " (G)"), (1e6, " (M)"), (1e3, " (K)")];

    /// <summary>The table, and below it the totals.</summary>
    public override string ToString() => ToString(new ModuleSummaryOptions());

    /// <summary>The table, and below it the totals.</summary>
    /// <param name="options">The columns and their looks.</param>
    public string ToString(ModuleSummaryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SummaryColumn[] columns = [.. options.Columns];
        if (InputBytes is null)
        {
            SummaryColumn[] needCalls = [SummaryColumn.InputShape, SummaryColumn.OutputShape, SummaryColumn.MultAdds];
            columns = [.. columns.Except(needCalls)];
        }
        List<(string Name, string[] Cells)> table = [];
        int[] numbers = new int[Rows.Count == 0 ? 1 : Rows.Max(static r => r.Depth) + 1];
        for (int i = 0; i < Rows.Count; i++)
        {
            ModuleSummaryRow row = Rows[i];
            string number = row.OutputShapes.Count == 0 && row.IsRepeated ? "" : $"-{Plain(++numbers[row.Depth])}";
            if (row.Depth > options.Depth) continue;
            string name = Branch(i, options) + row.Type;
            string field = row.Name[(row.Name.LastIndexOf('.') + 1)..];
            if (options.ShowNames && field.Length > 0) name += $" ({field})";
            if (options.ShowDepth && row.Depth > 0) name += $": {Plain(row.Depth)}{number}";
            table.Add((name, Array.ConvertAll(columns, c => Cell(i, c, options.Depth))));
        }
        int width = table.Aggregate(40, static (most, row) => Math.Max(most, (row.Name.Length + 5) / 5 * 5));
        string title = $"Layer (type{(options.ShowNames ? " (name)" : "")}{(options.ShowDepth ? ":depth-idx" : "")})";
        string line = new('=', width + columns.Length * options.ColumnWidth);
        StringBuilder text = new();
        text.Append(line).Append('\n');
        Append(text, title, Array.ConvertAll(columns, Title), width, options.ColumnWidth);
        text.Append(line).Append('\n');
        foreach ((string name, string[] cells) in table) Append(text, name, cells, width, options.ColumnWidth);
        text.Append(line).Append('\n');
        AppendTotals(text, line);
        return text.Append(line).ToString();
    }

    private void AppendTotals(StringBuilder text, string line)
    {
        text.Append(CultureInfo.InvariantCulture, $"Total params: {Number(Parameters)}\nTrainable params: {Number(Trainable)}\n");
        text.Append(CultureInfo.InvariantCulture, $"Non-trainable params: {Number(Parameters - Trainable)}\n");
        if (InputBytes is not { } input) return;
        (double size, string unit) = Array.Find(Units, u => MultAdds >= u.Size);
        text.Append("Total mult-adds").Append(size == 0 ? $": {Number(MultAdds)}"
            : string.Create(CultureInfo.InvariantCulture, $"{unit}: {MultAdds / size:F2}"));
        text.Append('\n').Append(line).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"Input size (MB): {input / 1e6:F2}\n");
        text.Append(CultureInfo.InvariantCulture, $"Forward/backward pass size (MB): {ActivationBytes / 1e6:F2}\n");
        text.Append(CultureInfo.InvariantCulture, $"Params size (MB): {ParameterBytes / 1e6:F2}\n");
        text.Append(CultureInfo.InvariantCulture, $"Estimated Total Size (MB): {(input + ActivationBytes + ParameterBytes) / 1e6:F2}\n");
    }

    private static void Append(StringBuilder text, string name, string[] cells, int width, int columnWidth)
    {
        int start = text.Length;
        text.Append(name.PadRight(width)).Append(' ');
        foreach (string cell in cells) text.Append(cell.PadRight(columnWidth)).Append(' ');
        while (text.Length > start && text[^1] == ' ') text.Length--;
        text.Append('\n');
    }

    /// <summary>The lines that lead to a row from those above.</summary>
    private string Branch(int at, ModuleSummaryOptions options)
    {
        int depth = Rows[at].Depth;
        StringBuilder text = new();
        for (int d = 1; d <= depth; d++)
        {
            // Whether another row of this depth follows below the same one.
            bool more = false;
            for (int i = at + 1; i < Rows.Count && Rows[i].Depth >= d && !more; i++) more = Rows[i].Depth == d;
            if (d < depth) text.Append(more ? options.Ascii ? "|    " : "│    " : "     ");
            else text.Append(options.Ascii ? "+ " : more ? "├─" : "└─");
        }
        return text.ToString();
    }

    private string Cell(int at, SummaryColumn column, int deepest)
    {
        ModuleSummaryRow row = Rows[at];
        (long parameters, long trainable, long work) = (row.Parameters, row.Trainable, row.MultAdds);
        // The rows below that are not shown count here.
        for (int i = at + 1; i < Rows.Count && row.Depth == deepest && Rows[i].Depth > deepest; i++)
            (parameters, trainable, work) = (parameters + Rows[i].Parameters, trainable + Rows[i].Trainable, work + Rows[i].MultAdds);
        return column switch
        {
            SummaryColumn.KernelShape => row.KernelShape is { } kernel ? kernel.ToString() : "--",
            SummaryColumn.InputShape => row.InputShapes.Count > 0 ? row.InputShapes[0].ToString() : "--",
            SummaryColumn.OutputShape => row.OutputShapes.Count > 0 ? row.OutputShapes[0].ToString() : "--",
            SummaryColumn.MultAdds => work > 0 ? Number(work) : "--",
            SummaryColumn.Trainable => parameters == 0 ? "--" : trainable == 0 ? "False" : trainable == parameters ? "True" : "Partial",
            _ when parameters == 0 => !row.HasParameters ? "--" : row.IsRepeated ? "(recursive)" : "(shared)",
            SummaryColumn.ParametersPercent =>
                string.Create(CultureInfo.InvariantCulture, $"{100.0 * parameters / Math.Max(Parameters, 1):F2}%"),
            _ => trainable > 0 ? Number(parameters) : $"({Number(parameters)})",
        };
    }

    private static string Title(SummaryColumn column) => column switch
    {
        SummaryColumn.KernelShape => "Kernel Shape",
        SummaryColumn.InputShape => "Input Shape",
        SummaryColumn.OutputShape => "Output Shape",
        SummaryColumn.Parameters => "Param #",
        SummaryColumn.ParametersPercent => "Param %",
        SummaryColumn.MultAdds => "Mult-Adds",
        _ => "Trainable",
    };

    private static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    private static string Plain(int n) => n.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Summaries from the sizes of inputs alone.</summary>
public static class ModuleSummaries
{
    /// <summary>The summary of a call with zeros of a shape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputSize">The shape of the input, the batch included. Name the argument: <c>Summary(inputSize: [16, 1, 28,
    /// 28])</c>.</param>
    /// <param name="dtype">The type of the input; the default type unless given. Models of words need a type of whole numbers.</param>
    /// <returns>The rows; print them.</returns>
    public static ModuleSummary Summary<[DynamicallyAccessedMembers(Tree.Needs)] TOut>(this Module<Tensor, TOut> model, Shape inputSize,
        DType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Summary(Tensor.Zeros(inputSize, dtype: dtype));
    }

    /// <summary>The summary of a call with zeros of two shapes.</summary>
    /// <inheritdoc cref="Summary{TOut}(Module{Tensor, TOut}, Shape, DType?)"/>
    /// <param name="model">The model.</param>
    /// <param name="inputSize">The shape of the first input.</param>
    /// <param name="secondSize">The shape of the second input.</param>
    /// <param name="dtype">The type of the inputs; the default type unless given.</param>
    public static ModuleSummary Summary<[DynamicallyAccessedMembers(Tree.Needs)] TOut>(this Module<Tensor, Tensor, TOut> model,
        Shape inputSize, Shape secondSize, DType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Summary(Tensor.Zeros(inputSize, dtype: dtype), Tensor.Zeros(secondSize, dtype: dtype));
    }
}
