using System.Buffers;

namespace Nabla;

static partial class RandomKernels
{
    /// <summary>
    /// PyTorch's <c>multinomial</c>: indices of categories, rows x samples of them, drawn row after row with the (unnormalised)
    /// probabilities, rows x categories.
    /// <para>With replacement and more than one sample: a double uniform number (two words) a sample, looked up in the running sums
    /// divided by the last. Otherwise the race p/q with q from <c>exponential_(1)</c> for every category of every row: the largest
    /// quotients win, in falling order; of equal ones the lower index.</para>
    /// </summary>
    internal static void Multinomial<T>(Generator g, ReadOnlySpan<T> probabilities, int rows, int categories, int samples, bool replacement,
        Span<long> result) where T : unmanaged
    {
        RandomChecks.Multinomial<T>(categories, samples, replacement);
        bool race = !replacement || samples == 1;
        for (int row = 0; row < rows; row++)
            CheckProbabilities(probabilities.Slice(row * categories, categories), row, replacement ? 1 : samples, race);
        if (race) Race(g, probabilities, categories, samples, result);
        else if (typeof(T) == typeof(double)) LookUpDouble(g, probabilities, categories, samples, result);
        else LookUpSingle(g, probabilities, categories, samples, result);
    }

    static void CheckProbabilities<T>(ReadOnlySpan<T> row, int number, int needed, bool race) where T : unmanaged
    {
        int positive = 0;
        for (int i = 0; i < row.Length; i++)
        {
            double p = ToDouble(row[i]);
            if (!(p >= 0 && p < double.PositiveInfinity))
                throw new ArgumentException((race
                    ? "probability tensor contains either `inf`, `nan` or element < 0"
                    : $"invalid multinomial distribution (encountering probability entry {(p < 0 ? "< 0" : "= infinity or NaN")})") +
                    $": {RandomChecks.Words(p)} in row {number}, category {i}.");
            if (p > 0) positive++;
        }
        if (positive == 0)
            throw new ArgumentException(
                $"invalid multinomial distribution (sum of probabilities <= 0): all {row.Length} probabilities of row {number} are 0.");
        if (positive < needed)
            throw new ArgumentException(
                "invalid multinomial distribution (with replacement=False, not enough non-negative category to sample): " +
                $"row {number} has {positive} categories above 0, {needed} samples were asked for.");
    }

    internal static double ToDouble<T>(T value) where T : unmanaged =>
        typeof(T) == typeof(double) ? (double)(object)value : ToSingle(value);

    static void Race<T>(Generator g, ReadOnlySpan<T> p, int categories, int samples, Span<long> result) where T : unmanaged
    {
        T[] times = ArrayPool<T>.Shared.Rent(p.Length);
        double[] keys = ArrayPool<double>.Shared.Rent(categories);
        int[] order = ArrayPool<int>.Shared.Rent(categories);
        Exponential(g, times.AsSpan(0, p.Length), 1);
        for (int at = 0; at < p.Length; at += categories, result = result[samples..])
        {
            for (int i = 0; i < categories; i++) keys[i] = -Quotient(p[at + i], times[at + i]);
            Winners(keys.AsSpan(0, categories), order.AsSpan(0, categories), result[..samples]);
        }
        ArrayPool<int>.Shared.Return(order);
        ArrayPool<double>.Shared.Return(keys);
        ArrayPool<T>.Shared.Return(times);
    }

    /// <summary>The places of the lowest keys. NaN (0/0, once in 2^53) comes first, as in PyTorch's argmax and topk.</summary>
    static void Winners(Span<double> keys, Span<int> order, Span<long> winners)
    {
        if ((long)winners.Length * winners.Length <= 4L * keys.Length)
        {
            First(keys, winners);
            return;
        }
        for (int i = 0; i < order.Length; i++) order[i] = i;
        keys.Sort(order);
        for (int i = 0, end; i < keys.Length; i = end) // the sort is not stable: of equal keys the lower place goes first
        {
            for (end = i + 1; end < keys.Length && keys[end].Equals(keys[i]);) end++;
            if (end - i > 1) order[i..end].Sort();
        }
        for (int i = 0; i < winners.Length; i++) winners[i] = order[i];
    }

    /// <summary>Few winners of many: each key is compared with the last of the best so far, and goes in behind its equals.</summary>
    static void First(ReadOnlySpan<double> keys, Span<long> winners)
    {
        int count = 0;
        double worst = double.PositiveInfinity;
        for (int i = 0; i < keys.Length; i++)
        {
            double key = keys[i];
            if (count == winners.Length && key >= worst) continue;
            int at = count;
            while (at > 0 && key.CompareTo(keys[(int)winners[at - 1]]) < 0) at--;
            if (at == winners.Length) continue;
            if (count < winners.Length) count++;
            for (int k = count - 1; k > at; k--) winners[k] = winners[k - 1];
            winners[at] = i;
            worst = keys[(int)winners[count - 1]];
        }
    }

    static double Quotient<T>(T p, T q) where T : unmanaged =>
        typeof(T) == typeof(double) ? (double)(object)p / (double)(object)q : ToSingle(FromDouble<T>(ToSingle(p) / ToSingle(q)));

    static void LookUpDouble<T>(Generator g, ReadOnlySpan<T> p, int categories, int samples, Span<long> result) where T : unmanaged
    {
        double[] rented = ArrayPool<double>.Shared.Rent(categories);
        var sums = rented.AsSpan(0, categories);
        lock (g.Gate)
            for (; p.Length > 0; p = p[categories..], result = result[samples..])
            {
                double sum = 0;
                for (int i = 0; i < categories; i++) sums[i] = sum += ToDouble(p[i]);
                for (int i = 0; i < categories; i++) sums[i] /= sum;
                sums[^1] = 1;
                for (int k = 0; k < samples; k++) result[k] = FirstAtLeast(sums, g.UniformDouble());
            }
        ArrayPool<double>.Shared.Return(rented);
    }

    static void LookUpSingle<T>(Generator g, ReadOnlySpan<T> p, int categories, int samples, Span<long> result) where T : unmanaged
    {
        double[] rented = ArrayPool<double>.Shared.Rent(categories);
        var sums = rented.AsSpan(0, categories);
        lock (g.Gate)
            for (; p.Length > 0; p = p[categories..], result = result[samples..])
            {
                float sum = 0;
                for (int i = 0; i < categories; i++) sums[i] = sum += ToSingle(p[i]);
                for (int i = 0; i < categories; i++) sums[i] = (float)sums[i] / sum;
                sums[^1] = 1;
                for (int k = 0; k < samples; k++) result[k] = FirstAtLeast(sums, g.UniformDouble());
            }
        ArrayPool<double>.Shared.Return(rented);
    }

    static int FirstAtLeast(ReadOnlySpan<double> sums, double u)
    {
        int low = 0, high = sums.Length;
        while (low < high)
        {
            int middle = low + (high - low) / 2;
            if (sums[middle] < u) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
