namespace Nabla.Conformance;

/// <summary>The command line.</summary>
internal sealed record Options(string Directory, string Part, IReadOnlySet<string> Only, string? Json, string? Operators)
{
    private const string Usage = """
        usage: DIR [--part ops|modules|optim|training] [--only NAME,...] [--json FILE]
               --operators FILE
          DIR      a folder of the data (files may be .gz), or a .zip of it
          --part   what to run: ops (operators), modules, optim (optimizers and schedules) or training; by default all
          --only   operators by name or by file (div, div--trunc_rounding), modules, optimizers and schedules by class, trainings, "optim", "training"
          --json   write the results there, too
          --operators write the page that lists every operation
        """;

    internal bool Chooses(OperatorEntry op) => (Only.Count == 0 || Only.Contains(op.Name) || Only.Contains(op.File))
        && (Part.Length == 0 || Part == (op.Category == DataSet.Module ? "modules" : "ops"));

    internal bool ChoosesOptim(string name) =>
        (Part is "" or "optim") && (Only.Count == 0 || Only.Contains("optim") || Only.Contains(name));

    internal bool ChoosesTraining(string name) =>
        (Part is "" or "training") && (Only.Count == 0 || Only.Contains("training") || Only.Contains(name));

    /// <summary>The options, or null after a message.</summary>
    internal static Options? Parse(string[] args)
    {
        string? directory = null, json = null, operators = null, part = "";
        HashSet<string> only = [];
        for (int i = 0; i < args.Length; i++)
        {
            bool last = i + 1 == args.Length;
            if (args[i] == "--operators" && !last) operators = args[++i];
            else if (args[i] == "--part" && !last) part = args[++i];
            else if (args[i] == "--only" && !last) only.UnionWith(args[++i].Split(',', StringSplitOptions.RemoveEmptyEntries));
            else if (args[i] == "--json" && !last) json = args[++i];
            else if (directory is null && !args[i].StartsWith("--", StringComparison.Ordinal)) directory = args[i];
            else return Fail($"I do not understand '{args[i]}'.");
        }
        if (operators is not null) return new("", "", only, null, operators);
        if (directory is null) return Fail("DIR is missing.");
        return part is "" or "ops" or "modules" or "optim" or "training" ? new(directory, part, only, json, null) : Fail($"There is no part '{part}'.");
    }

    private static Options? Fail(string message)
    {
        Console.Error.WriteLine($"{message}\n{Usage}");
        return null;
    }
}
