using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>How values that meet in one place are combined.</summary>
internal enum Meet : byte { Set, Add, Multiply, Min, Max }

/// <summary>y[.., index[.., p, ..], ..] = values[.., p, ..], or combined with what is there. In index order, whatever the number of
/// threads.</summary>
internal static class Scatter
{
    /// <summary>Writes into y, which has any layout without overlap. The index is int64 and already checked.</summary>
    internal static void Run(Tensor y, int dim, Tensor index, Tensor values, Meet meet)
    {
        if (index.layout.Count == 0) return;
        if (y.Rank == 0 || index.Rank == 0)
        {
            Run(y.Raw(AtLeast1(y.layout)), -1, index.Raw(AtLeast1(index.layout)), values.Raw(AtLeast1(values.layout)), meet);
            return;
        }
        if (meet != Meet.Set && y.dtype is DType.Float16 or DType.BFloat16)
        {
            Tensor wide = Copy.Cast(y, DType.Float32);
            Run(wide, dim, index, Copy.Cast(values, DType.Float32), meet);
            Copy.Run(wide, y);
            return;
        }
        GatherPlan plan = new(index.layout, values.layout, y.layout, dim + y.Rank);
        if (meet == Meet.Set)
        {
            switch (y.dtype.ItemSize())
            {
                case 1: Drive<byte, Replace<byte>>(y, index, values, plan); break;
                case 2: Drive<ushort, Replace<ushort>>(y, index, values, plan); break;
                case 4: Drive<uint, Replace<uint>>(y, index, values, plan); break;
                default: Drive<ulong, Replace<ulong>>(y, index, values, plan); break;
            }
            return;
        }
        switch (y.dtype)
        {
            case DType.Bool: Logic(y, index, values, plan, meet); break;
            case DType.UInt8: Number<byte>(y, index, values, plan, meet); break;
            case DType.Int8: Number<sbyte>(y, index, values, plan, meet); break;
            case DType.Int16: Number<short>(y, index, values, plan, meet); break;
            case DType.Int32: Number<int>(y, index, values, plan, meet); break;
            case DType.Int64: Number<long>(y, index, values, plan, meet); break;
            case DType.Float32: Number<float>(y, index, values, plan, meet); break;
            default: Number<double>(y, index, values, plan, meet); break;
        }
    }

    private static Layout AtLeast1(Layout x) => x.Rank > 0 ? x : new Layout([1], [1], x.Offset);

    private static void Number<T>(Tensor y, Tensor index, Tensor values, GatherPlan plan, Meet meet) where T : unmanaged, INumber<T>
    {
        switch (meet)
        {
            case Meet.Add: Drive<T, Plus<T>>(y, index, values, plan); break;
            case Meet.Multiply: Drive<T, Times<T>>(y, index, values, plan); break;
            case Meet.Min: Drive<T, Least<T>>(y, index, values, plan); break;
            default: Drive<T, Most<T>>(y, index, values, plan); break;
        }
    }

    private static void Logic(Tensor y, Tensor index, Tensor values, GatherPlan plan, Meet meet)
    {
        if (meet is Meet.Add or Meet.Max) Drive<byte, Most<byte>>(y, index, values, plan);
        else Drive<byte, Least<byte>>(y, index, values, plan);
    }

    private static void Drive<T, TMeet>(Tensor y, Tensor index, Tensor values, GatherPlan plan) where T : unmanaged where TMeet : struct,
        IMeet<T> =>
        Parallel.Sweep(plan.Items, plan.Chunk, new Body<T, TMeet>(y, index, values, plan));

    private interface IMeet<T>
    {
        static abstract T Of(T old, T value);
    }

    private readonly struct Replace<T> : IMeet<T> { public static T Of(T old, T value) => value; }
    private readonly struct Plus<T> : IMeet<T> where T : INumber<T> { public static T Of(T old, T value) => old + value; }
    private readonly struct Times<T> : IMeet<T> where T : INumber<T> { public static T Of(T old, T value) => old * value; }
    private readonly struct Least<T> : IMeet<T> where T : INumber<T> { public static T Of(T old, T value) => T.Min(old, value); }
    private readonly struct Most<T> : IMeet<T> where T : INumber<T> { public static T Of(T old, T value) => T.Max(old, value); }

    private readonly struct Body<T, TMeet>(Tensor y, Tensor index, Tensor values, GatherPlan plan) : IRange where T : unmanaged where TMeet
        : struct, IMeet<T>
    {
        public void Run(long from, long to)
        {
            for (long item = from; item < to; item++)
            {
                (long i, long v, long t, long columns) = plan.At(item);
                if (plan.Width == 1)
                {
                    Line(ref index.storage.At<long>(i), ref values.storage.At<T>(v), ref y.storage.At<T>(t));
                    continue;
                }
                for (long k = 0; k < plan.Length; k++, i += plan.IndexStep, v += plan.ValueStep)
                {
                    ref long at = ref index.storage.At<long>(i);
                    ref T source = ref values.storage.At<T>(v);
                    ref T target = ref y.storage.At<T>(t);
                    for (long c = 0; c < columns; c++)
                    {
                        ref T place = ref Unsafe.Add(ref target,
                            (nint)(c * plan.IndexedColumn + Unsafe.Add(ref at, (nint)(c * plan.IndexColumn)) * plan.Along));
                        place = TMeet.Of(place, Unsafe.Add(ref source, (nint)(c * plan.ValueColumn)));
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Line(ref long at, ref T source, ref T target)
        {
            nint n = (nint)plan.Length, step = (nint)plan.IndexStep, value = (nint)plan.ValueStep, along = (nint)plan.Along;
            if (step == 1 && value == 1 && along == 1)
            {
                Neighbours(ref at, ref source, ref target, n);
                return;
            }
            for (nint k = 0; k < n; k++)
            {
                ref T place = ref Unsafe.Add(ref target, (nint)Unsafe.Add(ref at, k * step) * along);
                place = TMeet.Of(place, Unsafe.Add(ref source, k * value));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Neighbours(ref long at, ref T source, ref T target, nint n)
        {
            for (nint k = 0; k < n; k++)
            {
                ref T place = ref Unsafe.Add(ref target, (nint)Unsafe.Add(ref at, k));
                place = TMeet.Of(place, Unsafe.Add(ref source, k));
            }
        }
    }
}
