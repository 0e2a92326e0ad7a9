using System.Globalization;
using Nabla.IO;

namespace Nabla.Training;

public sealed partial class SummaryWriter
{
    private const int Text = 1, Truth = 2, Number = 3;

    /// <summary>The choices of a run and what came of them, for TensorBoard's table of all runs. They make a run of their own in a folder
    /// below.</summary>
    /// <param name="hparams">The choices by name: texts, bools and numbers.</param>
    /// <param name="metrics">The results by name.</param>
    /// <param name="runName">The folder; by default the time.</param>
    /// <param name="step">The step of the results.</param>
    /// <exception cref="ArgumentException">A name is empty or not one line, or a choice is neither text, bool nor number.</exception>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public void AddHparams(IReadOnlyDictionary<string, object> hparams, IReadOnlyDictionary<string, double> metrics, string? runName = null,
        long step = 0)
    {
        ArgumentNullException.ThrowIfNull(hparams);
        ArgumentNullException.ThrowIfNull(metrics);
        foreach (string tag in hparams.Keys) CheckTag(tag, nameof(hparams));
        foreach (string tag in metrics.Keys) CheckTag(tag, nameof(metrics));
        (string Name, int Kind, object Value)[] choices = [.. hparams.Select(static pair => Choice(pair.Key, pair.Value))];
        SummaryWriter run = Inner(FolderName(runName ?? Now().ToString("F6", CultureInfo.InvariantCulture)));
        run.Hparams("_hparams_/experiment", data => data.Message(2, experiment =>
        {
            foreach ((string name, int kind, _) in choices)
                experiment.Message(4, info =>
                {
                    info.String(1, name);
                    info.Int64(4, kind);
                });
            foreach (string name in metrics.Keys) experiment.Message(5, info => info.Message(1, metric => metric.String(2, name)));
        }));
        run.Hparams("_hparams_/session_start_info", data => data.Message(3, start =>
        {
            foreach ((string name, int kind, object value) in choices)
                start.Message(1, entry =>
                {
                    entry.String(1, name);
                    entry.Message(2, v =>
                    {
                        if (kind == Text) v.String(3, (string)value);
                        else if (kind == Truth) v.Int64(4, (bool)value ? 1 : 0);
                        else v.Double(2, (double)value);
                    });
                });
        }));
        run.Hparams("_hparams_/session_end_info", static data => data.Message(4, static end => end.Int64(1, 1)));
        foreach ((string name, double value) in metrics) run.AddScalar(name, value, step);
    }

    private void Hparams(string tag, Action<ProtoWriter> data)
    {
        ProtoWriter content = new();
        data(content);
        byte[] bytes = content.Written.ToArray();
        Event(Now(), null, m => m.Message(5, summary => summary.Message(1, v =>
        {
            v.String(1, tag);
            Plugin(v, "hparams", bytes);
        })));
    }

    private static (string Name, int Kind, object Value) Choice(string name, object value)
    {
        switch (value)
        {
            case string or char or Enum:
                return (name, Text, value.ToString()!);
            case bool:
                return (name, Truth, value);
            case Tensor t:
                return (name, Number, t.Detach().Item());
            case byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal or Half:
                return (name, Number, value is Half half ? (double)half : Convert.ToDouble(value, CultureInfo.InvariantCulture));
            default:
                Throw.Argument("hparams", $"value should be one of int, float, str, bool, or torch.Tensor: {Throw.Quote(name)} is " +
                    (value is null ? "null." : $"a {value.GetType().Name}."));
                return default;
        }
    }
}
