namespace Nabla.Playground;

/// <summary>Both losses after some step.</summary>
public readonly record struct LossPoint(double Learning, double Unseen);

/// <summary>Losses at equal distances, of every step at first; when there are too many, every second is dropped.</summary>
public sealed class LossHistory
{
    private const int Most = 400;

    private readonly List<LossPoint> points = [];
    private int every = 1;

    public int Count => points.Count;

    public LossPoint this[int i] => points[i];

    public double Largest { get; private set; }

    /// <summary>Whether the losses after this step are among those to keep.</summary>
    public bool Wants(int step) => step % every == 0;

    /// <summary>Losses that are no numbers have no place in a picture.</summary>
    public void Add(LossPoint point)
    {
        if (!double.IsFinite(point.Learning) || !double.IsFinite(point.Unseen)) return;
        points.Add(point);
        if (points.Count > Most)
        {
            for (int i = 1; i <= Most / 2; i++) points[i] = points[2 * i];
            points.RemoveRange(Most / 2 + 1, points.Count - Most / 2 - 1);
            every *= 2;
        }
        Largest = points.Max(static p => Math.Max(p.Learning, p.Unseen));
    }

    public void Clear()
    {
        points.Clear();
        every = 1;
    }
}
