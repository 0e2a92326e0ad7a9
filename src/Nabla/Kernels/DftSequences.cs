using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Transforms of some sequences, one after the other or several side by side.</summary>
internal readonly unsafe struct DftSequences<T>(T* x, T* y, DftSide from, DftSide into, DftPlan<T> plan, DftTask task, int n, int width,
    T[][]? roots) : IRange where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Larger scratch memory is not kept.</summary>
    private const long Kept = 1 << 20;

    public void Run(long first, long last)
    {
        long room = plan.Room(width);
        if (4 * room <= Kept)
        {
            Run(first, last, GemmBuffers.Get<T>(GemmBuffers.Panel, 4 * room), room);
            return;
        }
        Tensor own = Tensor.Allocate(new Layout([4 * room]), DTypeOf<T>.Value!.Value);
        fixed (T* scratch = &own.storage.At<T>(0)) Run(first, last, scratch, room);
        own.storage.Release();
    }

    private void Run(long first, long last, T* scratch, long room)
    {
        Span<long> places = stackalloc long[width];
        for (long at = first; at < last; at += width)
        {
            int count = (int)Math.Min(width, last - at);
            DftBuffers<T> b = new(scratch, room);
            Load(b, places, from.Places(at, count, places));
            // The inverse transform is the transform with parts exchanged.
            if (task.Inverse) b.Conjugate();
            plan.Run(ref b, width);
            if (task.Inverse) b.Conjugate();
            if (task.Kind == DftKind.ToHalf && roots is not null) DftReal.Split(b.Re, b.Im, n / 2, width, roots[0], roots[1]);
            Store(b, places, into.Places(at, count, places), count);
        }
    }

    private void Load(in DftBuffers<T> b, ReadOnlySpan<long> places, bool beside)
    {
        switch (task.Kind)
        {
            case DftKind.ToHalf when roots is not null:
                // Elements at even and at odd places are the parts.
                if (width == 1 && from.Step == 1) Planes.Split(x + places[0], b.Re, b.Im, n / 2);
                else
                {
                    LoadReal(b.Re, places, 0, 2 * from.Step, n / 2, beside);
                    LoadReal(b.Im, places, from.Step, 2 * from.Step, n / 2, beside);
                }
                break;
            case DftKind.ToHalf:
                LoadReal(b.Re, places, 0, from.Step, n, beside);
                Clear(b.Im, (long)n * width);
                break;
            default:
                LoadPairs(b, places, beside);
                if (task.Kind == DftKind.FromHalf) Extend(b);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LoadReal(T* to, ReadOnlySpan<long> places, long start, long step, int count, bool beside)
    {
        if (beside && width > 1)
        {
            T* line = x + places[0] + start;
            for (int p = 0; p < count; p++, line += step, to += width)
                for (int s = 0; s < width; s += Vector<T>.Count) Vector.Load(line + s).Store(to + s);
            return;
        }
        for (int s = 0; s < width; s++)
        {
            T* sequence = x + places[s] + start;
            for (int p = 0; p < count; p++) to[(long)p * width + s] = sequence[p * step];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LoadPairs(in DftBuffers<T> b, ReadOnlySpan<long> places, bool beside)
    {
        if (width == 1 && from.Step == 2) Planes.Split(x + places[0], b.Re, b.Im, from.Count);
        else if (beside && width > 1)
        {
            T* line = x + places[0];
            for (long p = 0; p < (long)from.Count * width; p += width, line += from.Step)
                Planes.Split(line, b.Re + p, b.Im + p, width);
        }
        else
        {
            for (int s = 0; s < width; s++)
            {
                T* pair = x + places[s];
                for (long p = s; p < (long)from.Count * width; p += width, pair += from.Step) (b.Re[p], b.Im[p]) = (pair[0], pair[1]);
            }
        }
    }

    /// <summary>Weighs half a spectrum, and makes of it the other half, or the transform of pairs.</summary>
    private void Extend(in DftBuffers<T> b)
    {
        T inner = T.CreateTruncating(task.Inner);
        int h = n / 2, last = n % 2 == 0 ? h : h + 1;
        if (inner != T.One)
        {
            DftMath.Scale(b.Re + width, inner, (last - 1L) * width);
            DftMath.Scale(b.Im + width, inner, (last - 1L) * width);
        }
        if (roots is not null)
        {
            DftReal.Join(b.Re, b.Im, h, width, roots[0], roots[1]);
            return;
        }
        Clear(b.Im, width);
        for (int k = 1; k <= h; k++)
        {
            for (int s = 0; s < width; s++)
            {
                long at = (long)k * width + s, other = (long)(n - k) * width + s;
                (b.Re[other], b.Im[other]) = (b.Re[at], -b.Im[at]);
            }
        }
    }

    private static void Clear(T* to, long count)
    {
        for (long i = 0; i < count; i++) to[i] = T.Zero;
    }

    private void Store(in DftBuffers<T> b, ReadOnlySpan<long> places, bool beside, int count)
    {
        T scale = T.CreateTruncating(task.Scale);
        switch (task.Kind)
        {
            case DftKind.FromHalf when roots is not null:
                if (width == 1 && into.Step == 1) Planes.Merge(b.Re, b.Im, y + places[0], n / 2, scale);
                else
                {
                    StoreReal(b.Re, places, 0, 2 * into.Step, n / 2, beside, count, scale);
                    StoreReal(b.Im, places, into.Step, 2 * into.Step, n / 2, beside, count, scale);
                }
                break;
            case DftKind.FromHalf:
                StoreReal(b.Re, places, 0, into.Step, n, beside, count, scale);
                break;
            case DftKind.ToHalf:
                T inner = T.CreateTruncating(task.Scale * task.Inner);
                int last = n % 2 == 0 ? n / 2 : into.Count;
                StorePairs(b, places, 0, 1, beside, count, scale);
                StorePairs(b, places, 1, last, beside, count, inner);
                StorePairs(b, places, last, into.Count, beside, count, scale);
                break;
            default:
                StorePairs(b, places, 0, n, beside, count, scale);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StoreReal(T* parts, ReadOnlySpan<long> places, long start, long step, int length, bool beside, int count, T scale)
    {
        if (beside && width > 1)
        {
            Vector<T> all = new(scale);
            T* line = y + places[0] + start;
            for (int p = 0; p < length; p++, line += step, parts += width)
                for (int s = 0; s < width; s += Vector<T>.Count) (Vector.Load(parts + s) * all).Store(line + s);
            return;
        }
        for (int s = 0; s < count; s++)
        {
            T* sequence = y + places[s] + start;
            for (int p = 0; p < length; p++) sequence[p * step] = parts[(long)p * width + s] * scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StorePairs(in DftBuffers<T> b, ReadOnlySpan<long> places, int start, int end, bool beside, int count, T scale)
    {
        if (end <= start) return;
        if (width == 1 && into.Step == 2)
            Planes.Merge(b.Re + start, b.Im + start, y + places[0] + 2L * start, end - start, scale);
        else if (beside && width > 1)
        {
            T* line = y + places[0] + start * into.Step;
            for (long p = (long)start * width; p < (long)end * width; p += width, line += into.Step)
                Planes.Merge(b.Re + p, b.Im + p, line, width, scale);
        }
        else
        {
            for (int s = 0; s < count; s++)
            {
                T* pair = y + places[s] + start * into.Step;
                for (long p = (long)start * width + s; p < (long)end * width; p += width, pair += into.Step)
                    (pair[0], pair[1]) = (b.Re[p] * scale, b.Im[p] * scale);
            }
        }
    }
}
