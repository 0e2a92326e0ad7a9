using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nabla.Optim;

namespace Nabla.Kernels;

/// <summary>Steps of optimizers: one pass over parameter, gradient and state, in parallel pieces that no number of threads
/// changes.</summary>
internal static class Updates
{
    private const long Grain = 1 << 14;
    private const int Piece = 256;

    /// <summary>Changes a parameter and its state, which have its shape and dtype, in place.</summary>
    internal static void Run<TRule>(TRule rule, Tensor p, Tensor g, Tensor? a, Tensor? b, Tensor? c) where TRule : struct, IUpdateRule
    {
        if (p.layout.Count == 0) return;
        if (p.dtype.IsComplex())
        {
            Run(rule, Pairs.Of(p), Pairs.Of(g), Parts(a), Parts(b), Parts(c));
            return;
        }
        Layout like = p.layout.IsDense ? p.layout : new Layout(p.layout.shape);
        Operands x = new(Direct(p, like)!, Direct(g, like)!, Direct(a, like), Direct(b, like), Direct(c, like));
        switch (p.dtype)
        {
            case DType.Float32: Parallel.Sweep(like.Count, Grain, new Plain<TRule, float>(rule, x)); break;
            case DType.Float64: Parallel.Sweep(like.Count, Grain, new Plain<TRule, double>(rule, x)); break;
            case DType.Float16: Parallel.Sweep(like.Count, Grain, new Narrowed<TRule, Half, ToFloat16>(rule, x)); break;
            case DType.BFloat16: Parallel.Sweep(like.Count, Grain, new Narrowed<TRule, BFloat16, ToBFloat16>(rule, x)); break;
        }
        Back(x.P, p);
        Back(x.A, a);
        Back(x.B, b);
        Back(x.C, c);
    }

    private static Tensor? Parts(Tensor? x) => x is null ? null : Pairs.Of(x);

    /// <summary>The tensor itself if its elements lie in the same order, else a copy that does.</summary>
    private static Tensor? Direct(Tensor? x, Layout like)
    {
        if (x is null || (x.layout.IsDense && (x.layout.SameStrides(like) || (x.layout.IsContiguous && like.IsContiguous)))) return x;
        Tensor copy = Tensor.Allocate(like.Fresh, x.dtype);
        Copy.Run(x, copy);
        return copy;
    }

    private static void Back(Tensor? from, Tensor? to)
    {
        if (from is not null && !ReferenceEquals(from, to)) Copy.Run(from, to!);
    }

    private readonly record struct Operands(Tensor P, Tensor G, Tensor? A, Tensor? B, Tensor? C);

    private static Span<T> Part<T>(Tensor? x, long from, long to) where T : unmanaged =>
        x is null ? default : x.storage.Span<T>(x.layout.Offset + from, to - from);

    private readonly struct Plain<TRule, T>(TRule rule, Operands x) : IRange
        where TRule : struct, IUpdateRule where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to) => Loop<TRule, T, AsComputed<T>>(rule, Part<T>(x.P, from, to), Part<T>(x.G, from, to),
            Part<T>(x.A, from, to), Part<T>(x.B, from, to), Part<T>(x.C, from, to));
    }

    /// <summary>16-bit floats: computed in float32, rounded after every operation as PyTorch's separate operations do.</summary>
    private readonly struct Narrowed<TRule, T, TRounding>(TRule rule, Operands x) : IRange
        where TRule : struct, IUpdateRule where T : unmanaged where TRounding : struct, IRounding<float>
    {
        public void Run(long from, long to)
        {
            Span<float> p = stackalloc float[Piece], g = stackalloc float[Piece], a = stackalloc float[Piece],
                b = stackalloc float[Piece], c = stackalloc float[Piece];
            for (; from < to; from += Piece)
            {
                long end = Math.Min(to, from + Piece);
                Loop<TRule, float, TRounding>(rule, Widen(x.P, from, end, p), Widen(x.G, from, end, g), Widen(x.A, from, end, a),
                    Widen(x.B, from, end, b), Widen(x.C, from, end, c));
                Store(p, x.P, from, end);
                Store(a, x.A, from, end);
                Store(b, x.B, from, end);
                Store(c, x.C, from, end);
            }
        }

        private static Span<float> Widen(Tensor? t, long from, long to, Span<float> wide)
        {
            if (t is null) return default;
            Narrow.ToSingle<T>(Part<T>(t, from, to), wide);
            return wide[..(int)(to - from)];
        }

        private static void Store(Span<float> wide, Tensor? t, long from, long to)
        {
            if (t is not null) Narrow.FromSingle(wide[..(int)(to - from)], Part<T>(t, from, to));
        }
    }

    // An absent operand is an empty span. Every element passes through the vector code, the last ones from a padded vector.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<TRule, T, TRounding>(TRule rule, Span<T> p, Span<T> g, Span<T> a, Span<T> b, Span<T> c)
        where TRule : struct, IUpdateRule where T : unmanaged, IFloatingPointIeee754<T> where TRounding : struct, IRounding<T>
    {
        bool hasA = a.Length > 0, hasB = b.Length > 0, hasC = c.Length > 0;
        ref T rp = ref MemoryMarshal.GetReference(p), rg = ref MemoryMarshal.GetReference(g), ra = ref MemoryMarshal.GetReference(a),
            rb = ref MemoryMarshal.GetReference(b), rc = ref MemoryMarshal.GetReference(c);
        Vector<T> va = default, vb = default, vc = default;
        int i = 0;
        for (int last = p.Length - Vector<T>.Count; i <= last; i += Vector<T>.Count)
        {
            nuint at = (nuint)i;
            Vector<T> vp = Vector.LoadUnsafe(ref rp, at);
            if (hasA) va = Vector.LoadUnsafe(ref ra, at);
            if (hasB) vb = Vector.LoadUnsafe(ref rb, at);
            if (hasC) vc = Vector.LoadUnsafe(ref rc, at);
            rule.Update<Vector<T>, Lane<T, TRounding>>(ref vp, Vector.LoadUnsafe(ref rg, at), ref va, ref vb, ref vc);
            vp.StoreUnsafe(ref rp, at);
            if (hasA) va.StoreUnsafe(ref ra, at);
            if (hasB) vb.StoreUnsafe(ref rb, at);
            if (hasC) vc.StoreUnsafe(ref rc, at);
        }
        if (i == p.Length) return;
        Span<T> rest = stackalloc T[Vector<T>.Count];
        Vector<T> tp = Tail(p[i..], rest), tg = Tail(g[i..], rest);
        if (hasA) va = Tail(a[i..], rest);
        if (hasB) vb = Tail(b[i..], rest);
        if (hasC) vc = Tail(c[i..], rest);
        rule.Update<Vector<T>, Lane<T, TRounding>>(ref tp, tg, ref va, ref vb, ref vc);
        Put(tp, p[i..], rest);
        if (hasA) Put(va, a[i..], rest);
        if (hasB) Put(vb, b[i..], rest);
        if (hasC) Put(vc, c[i..], rest);
    }

    private static Vector<T> Tail<T>(Span<T> x, Span<T> rest) where T : unmanaged
    {
        rest[..Vector<T>.Count].Clear();
        x.CopyTo(rest);
        return new Vector<T>(rest);
    }

    private static void Put<T>(Vector<T> v, Span<T> x, Span<T> rest) where T : unmanaged
    {
        v.CopyTo(rest);
        rest[..x.Length].CopyTo(x);
    }
}
