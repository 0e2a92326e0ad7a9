using Nabla.IO;

namespace Nabla.Training;

public sealed partial class SummaryWriter
{
    /// <summary>DT_STRING of TensorFlow's types.</summary>
    private const int StringType = 7;

    private static double[]? exponential;

    /// <summary>A number of a step.</summary>
    /// <param name="tag">Its name: <c>loss/train</c>.</param>
    /// <param name="value">The number; kept with the precision of float32.</param>
    /// <param name="step">The step.</param>
    /// <param name="wallTime">When it was, in seconds since 1970; now unless given.</param>
    /// <exception cref="ArgumentException">The tag is empty or not one line.</exception>
    public void AddScalar(string tag, double value, long step, double? wallTime = null)
    {
        CheckTag(tag);
        Value(tag, step, wallTime, v => v.Float(2, (float)value));
    }

    /// <summary>A number of a step, out of a tensor of one element.</summary>
    /// <inheritdoc cref="AddScalar(string, double, long, double?)"/>
    public void AddScalar(string tag, Tensor value, long step, double? wallTime = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        AddScalar(tag, value.Detach().Item(), step, wallTime);
    }

    /// <summary>Several numbers of a step in one diagram. Each has a run of its own, in a folder below: <c>main_tag</c>.</summary>
    /// <param name="mainTag">The name of the diagram.</param>
    /// <param name="values">The numbers by name.</param>
    /// <param name="step">The step.</param>
    /// <param name="wallTime">When it was, in seconds since 1970; now unless given.</param>
    /// <exception cref="ArgumentException">A tag is empty or not one line.</exception>
    /// <exception cref="IOException">A folder cannot be made, when a name is new.</exception>
    public void AddScalars(string mainTag, IReadOnlyDictionary<string, double> values, long step, double? wallTime = null)
    {
        CheckTag(mainTag, nameof(mainTag));
        ArgumentNullException.ThrowIfNull(values);
        foreach (string tag in values.Keys) CheckTag(tag, nameof(values));
        foreach ((string tag, double value) in values)
            Inner(FolderName($"{mainTag}_{tag}")).AddScalar(mainTag, value, step, wallTime);
    }

    /// <summary>How the elements of a tensor are distributed. Elements that are NaN or infinite do not count; if there are no others,
    /// nothing is written.</summary>
    /// <param name="tag">Its name: <c>weights/fc1</c>.</param>
    /// <param name="values">The elements, of any real dtype and shape.</param>
    /// <param name="step">The step.</param>
    /// <param name="bins">Into how many parts of equal width they are counted; by default into parts that widen by a tenth each, from 1e-12
    /// to 1e20, as TensorFlow and PyTorch do.</param>
    /// <param name="wallTime">When it was, in seconds since 1970; now unless given.</param>
    /// <exception cref="ArgumentException">The tag is empty or not one line, or there are no elements, or they are complex.</exception>
    public void AddHistogram(string tag, Tensor values, long step, int? bins = null, double? wallTime = null)
    {
        CheckTag(tag);
        ArgumentNullException.ThrowIfNull(values);
        if (values.DType.IsComplex()) Throw.Types($"A histogram needs real numbers, but they are {values.DType.Name()}.");
        if (values.NumElements == 0) Throw.Argument(nameof(values), $"The input has no element: a histogram of {values.Shape}.");
        if (bins < 1) Throw.Range(nameof(bins), bins, $"A histogram has at least one bin, but bins is {bins}.");
        double[] numbers = values.Detach().To(DType.Float64).ToArray<double>();
        int count = 0;
        foreach (double x in numbers) if (double.IsFinite(x)) numbers[count++] = x;
        if (count == 0) return;
        Histogram h = Histogram.Of(numbers.AsSpan(0, count), bins);
        Value(tag, step, wallTime, v => v.Message(5, m =>
        {
            double[] facts = [h.Min, h.Max, h.Count, h.Sum, h.SumOfSquares];
            for (int i = 0; i < facts.Length; i++) if (facts[i] != 0) m.Double(i + 1, facts[i]);
            m.Doubles(6, h.Limits);
            m.Doubles(7, h.Counts);
        }));
    }

    /// <summary>A picture; see <see cref="Png"/> for what its numbers mean.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="image">[C, H, W], [H, W, C] or [H, W].</param>
    /// <param name="step">The step.</param>
    /// <param name="dataFormats">What the dimensions are: CHW, HWC or HW; a tensor of two dimensions is always HW.</param>
    /// <param name="wallTime">When it was, in seconds since 1970; now unless given.</param>
    /// <exception cref="ArgumentException">The tag is empty or not one line, or shape or dtype are not those of a picture.</exception>
    public void AddImage(string tag, Tensor image, long step, string dataFormats = "CHW", double? wallTime = null)
    {
        CheckTag(tag);
        Tensor pixels = Png.Pixels(image, dataFormats);
        byte[] png = Png.FileOf(pixels);
        Value(tag, step, wallTime, v => v.Message(4, m =>
        {
            m.Int64(1, pixels.Size(0));
            m.Int64(2, pixels.Size(1));
            m.Int64(3, pixels.Size(2));
            m.Bytes(4, png);
        }));
    }

    /// <summary>Pictures of one size as one, up to eight in a row.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="images">[N, C, H, W] or [N, H, W, C].</param>
    /// <param name="step">The step.</param>
    /// <param name="dataFormats">What the dimensions are: NCHW or NHWC.</param>
    /// <param name="wallTime">When it was, in seconds since 1970; now unless given.</param>
    /// <inheritdoc cref="AddImage"/>
    public void AddImages(string tag, Tensor images, long step, string dataFormats = "NCHW", double? wallTime = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(dataFormats);
        bool channelsLast = dataFormats.Equals("NHWC", StringComparison.OrdinalIgnoreCase);
        if (!channelsLast && !dataFormats.Equals("NCHW", StringComparison.OrdinalIgnoreCase))
            Throw.Argument(nameof(dataFormats), $"Pictures have the dimensions NCHW or NHWC, but dataFormats is '{dataFormats}'.");
        if (images.Rank != 4 || images.Size(0) == 0)
            Throw.Shapes($"Pictures have the dimensions {dataFormats} and there is at least one, but the tensor's shape is " +
                $"{images.Shape}.");
        Tensor x = images.Detach();
        if (channelsLast) x = x.Permute([0, 3, 1, 2]);
        long n = x.Size(0), columns = Math.Min(n, 8), rows = (n + columns - 1) / columns;
        long channels = x.Size(1), height = x.Size(2), width = x.Size(3);
        Tensor all = Tensor.Zeros([rows * columns, channels, height, width], x.DType);
        all.Narrow(0, 0, n).Copy_(x);
        Tensor grid = all.Reshape([rows, columns, channels, height, width]).Permute([2, 0, 3, 1, 4])
            .Reshape([channels, rows * height, columns * width]);
        AddImage(tag, grid, step, "CHW", wallTime);
    }

    /// <summary>A text, in Markdown.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="text">The text.</param>
    /// <param name="step">The step.</param>
    /// <param name="wallTime">When it was, in seconds since 1970; now unless given.</param>
    /// <exception cref="ArgumentException">The tag is empty or not one line.</exception>
    public void AddText(string tag, string text, long step = 0, double? wallTime = null)
    {
        CheckTag(tag);
        ArgumentNullException.ThrowIfNull(text);
        Value(tag + "/text_summary", step, wallTime, v =>
        {
            v.Message(8, tensor =>
            {
                tensor.Int64(1, StringType);
                tensor.Message(2, static shape => shape.Message(2, static dim => dim.Int64(1, 1)));
                tensor.String(8, text);
            });
            Plugin(v, "text", []);
        });
    }

    private static void Plugin(ProtoWriter value, string name, byte[] content) => value.Message(9, metadata => metadata.Message(1, data =>
    {
        data.String(1, name);
        if (content.Length > 0) data.Bytes(2, content);
    }));

    /// <summary>Numbers counted by their size.</summary>
    private sealed record Histogram(double Min, double Max, double Count, double Sum, double SumOfSquares, double[] Limits, double[] Counts)
    {
        internal static Histogram Of(ReadOnlySpan<double> numbers, int? bins)
        {
            double min = double.PositiveInfinity, max = double.NegativeInfinity, sum = 0, squares = 0;
            foreach (double x in numbers)
            {
                (min, max) = (Math.Min(min, x), Math.Max(max, x));
                sum += x;
                squares += x * x;
            }
            double[] edges = bins is { } n ? Equal(min, max, n) : Exponential();
            double[] counts = new double[edges.Length - 1];
            foreach (double x in numbers)
            {
                if (x < edges[0] || x > edges[^1]) continue;
                int at = Array.BinarySearch(edges, x);
                if (at < 0) at = ~at - 1;
                counts[Math.Min(at, counts.Length - 1)]++;
            }
            // Only what holds something is written, with an empty bin before it: TensorBoard knows the upper limits alone.
            int first = Array.FindIndex(counts, static c => c > 0), last = Array.FindLastIndex(counts, static c => c > 0);
            if (first < 0) return new(min, max, numbers.Length, sum, squares, [max], [numbers.Length]);
            double[] held = [0, .. counts[first..(last + 1)]];
            return new(min, max, numbers.Length, sum, squares, edges[first..(last + 2)], held);
        }

        private static double[] Equal(double min, double max, int bins)
        {
            if (min == max) (min, max) = (min - 0.5, max + 0.5);
            double[] edges = new double[bins + 1];
            for (int i = 0; i < bins; i++) edges[i] = min + (max - min) * i / bins;
            edges[bins] = max;
            return edges;
        }

        private static double[] Exponential()
        {
            if (exponential is { } known) return known;
            List<double> positive = [];
            for (double x = 1e-12; x < 1e20; x *= 1.1) positive.Add(x);
            return exponential = [.. positive.AsEnumerable().Reverse().Select(static x => -x), 0, .. positive];
        }
    }
}
