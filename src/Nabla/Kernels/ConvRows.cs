using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>Sums over taps with few rows, as depthwise convolutions are: rows of the source are scaled and added as they lie.</summary>
internal static unsafe class ConvRows
{
    private const double SmallTask = 1 << 15;

    internal static void Run<T>(in ConvSum<T> s) where T : unmanaged, INumberBase<T>
    {
        long lines = s.Taps.Count[0] * s.Taps.Count[1], tasks = s.Images * s.Groups * s.Taps.Rows * lines;
        Parallel.For(tasks, Math.Max(1, (long)(SmallTask / (s.Work / tasks))), new Body<T>(s, lines));
    }

    private readonly struct Body<T>(ConvSum<T> s, long lines) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            ConvTaps taps = s.Taps;
            long n = taps.Count[2];
            Span<T> sum = new(GemmBuffers.Get<T>(GemmBuffers.Vector, n), checked((int)n));
            for (long i = from; i < to; i++)
            {
                (long rest, long line) = Math.DivRem(i, lines);
                (rest, long row) = Math.DivRem(rest, taps.Rows);
                (long image, long group) = Math.DivRem(rest, s.Groups);
                (long z, long y) = Math.DivRem(line, taps.Count[1]);
                sum.Clear();
                Add(sum, s.Source + image * s.SourceImage + group * s.SourceGroup, s.Weight + group * s.WeightGroup, row, z, y);
                T bias = s.Bias == null ? T.Zero : s.Bias[group * s.TargetChannels + row % s.TargetChannels];
                long[] step = taps.TargetStep;
                T* target = s.Target + image * s.TargetImage + group * s.TargetGroup + taps.RowTarget[row] + z * step[0] + y * step[1];
                for (int x = 0; x < sum.Length; x++, target += step[2]) *target = sum[x] + bias;
            }
        }

        private void Add(Span<T> sum, T* source, T* weight, long row, long z, long y)
        {
            ConvTaps taps = s.Taps;
            long step = taps.Step[2], length = taps.Source[2];
            for (int t = 0; t < taps.TapCount; t++)
            {
                long sz = z * taps.Step[0] + taps.Taps[3 * t], sy = y * taps.Step[1] + taps.Taps[3 * t + 1], dx = taps.Taps[3 * t + 2];
                if ((ulong)sz >= (ulong)taps.Source[0] || (ulong)sy >= (ulong)taps.Source[1]) continue;
                (long low, long high) = ConvRuns.Inside(dx, step, length, sum.Length);
                if (high <= low) continue;
                T* line = source + (sz * taps.Source[1] + sy) * length + low * step + dx;
                T* factor = weight + taps.WeightAt[row * taps.TapCount + t];
                Span<T> to = sum[(int)low..(int)high];
                for (long c = 0; c < s.Channels; c++, line += taps.SourcePlane, factor += taps.ChannelStep)
                    Scaled(line, step, *factor, to);
            }
        }
    }

    /// <summary>to[i] += x[i * step] * factor</summary>
    private static void Scaled<T>(T* x, long step, T factor, Span<T> to) where T : unmanaged, INumberBase<T>
    {
        if (step == 1 && to.Length >= 8)
        {
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<T>(x, to.Length), factor, to, to);
            return;
        }
        for (int i = 0; i < to.Length; i++) to[i] += x[i * step] * factor;
    }

    /// <summary>Σ x[i * step] * y[i]</summary>
    internal static T Dot<T>(T* x, long step, T* y, long count) where T : unmanaged, INumberBase<T>
    {
        if (step == 1 && count >= 8) return TensorPrimitives.Dot(new ReadOnlySpan<T>(x, (int)count), new ReadOnlySpan<T>(y, (int)count));
        T sum = T.Zero;
        for (long i = 0; i < count; i++) sum += x[i * step] * y[i];
        return sum;
    }
}
