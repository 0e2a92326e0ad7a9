using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Units of some rows of a recurrent layer at one step of the forward walk: what their new state is made of, and where it
/// goes. Gate g of a row lies g · hidden behind its first one.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal unsafe ref struct CellStep<T> where T : unmanaged
{
    /// <summary>The state's part of the gates, [gate, row, Width], and room behind it for one gate more.</summary>
    internal T* Gates;
    internal long Rows, Units, Width, Hidden;

    /// <summary>The input's part, the bias or null, the last state, the new one, and the gates to be kept.</summary>
    internal T* Input, Bias, LastH, LastC, H, C, Kept;
    internal long InputRow, LastHRow, HRow, KeptRow;
}

/// <summary>The same backward: from the gradients of the new state to those of the gates and of the last state.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal unsafe ref struct CellBack<T> where T : unmanaged
{
    /// <summary>The gradient of h, [row, Width], and room behind it for as much again.</summary>
    internal T* Grad;
    internal long Rows, Units, Width, Hidden;

    /// <summary>What forward kept, the states, and the gradients of c, of the input's and the state's part of the gates, and of the last
    /// h past the product.</summary>
    internal T* Kept, LastH, LastC, H, C, GradC, ToInput, ToState, Past;
    internal long KeptRow, LastHRow, HRow, ToInputRow, ToStateRow;
}

/// <summary>The pointwise part of a recurrent layer's step.</summary>
internal unsafe interface ILayerCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Gates, and values that are kept for each unit.</summary>
    static abstract int Gates { get; }
    static abstract int Kept { get; }

    /// <summary>Whether the parts of input and state have gradients of their own, and the last h one past the product.</summary>
    static abstract bool Apart { get; }

    static abstract void Forward(in CellStep<T> s);
    static abstract void Backward(in CellBack<T> s);
}

/// <summary>i, f, g, o; c' = f c + i g, h' = o tanh c'.</summary>
internal readonly unsafe struct LstmLayerCell<T> : ILayerCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Gates => 4;
    public static int Kept => 4;
    public static bool Apart => false;

    public static void Forward(in CellStep<T> s)
    {
        int size = (int)(s.Rows * s.Width);
        LayerLoops.AddInputs(s, 4);
        Span<T> sigmoid = new(s.Gates, 2 * size), tanh = new(s.Gates + 2 * size, size), last = new(s.Gates + 3 * size, size);
        VectorMath.Sigmoid<T>(sigmoid, sigmoid);
        VectorMath.Tanh<T>(tanh, tanh);
        VectorMath.Sigmoid<T>(last, last);
        T* room = s.Gates + 4 * size;
        for (long r = 0; r < s.Rows; r++) Cells(s, r, size, room + r * s.Width);
        VectorMath.Tanh<T>(new(room, size), new(room, size));
        for (long r = 0; r < s.Rows; r++)
            LayerLoops.Multiply(s.Gates + 3 * size + r * s.Width, room + r * s.Width, s.H + r * s.HRow, s.Units);
        LayerLoops.Keep(s, 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Cells(in CellStep<T> s, long r, long size, T* room)
    {
        T* i = s.Gates + r * s.Width, f = i + size, g = f + size, old = s.LastC + r * s.Hidden, c = s.C + r * s.Hidden;
        long j = 0;
        for (; j <= s.Units - Vector<T>.Count; j += Vector<T>.Count)
        {
            Vector<T> y = Vector.Load(f + j) * Vector.Load(old + j) + Vector.Load(i + j) * Vector.Load(g + j);
            y.Store(c + j);
            y.Store(room + j);
        }
        for (; j < s.Units; j++) room[j] = c[j] = f[j] * old[j] + i[j] * g[j];
        for (; j < s.Width; j++) room[j] = T.Zero;
    }

    public static void Backward(in CellBack<T> s)
    {
        T* room = s.Grad + s.Rows * s.Width;
        for (long r = 0; r < s.Rows; r++)
        {
            new ReadOnlySpan<T>(s.C + r * s.Hidden, (int)s.Units).CopyTo(new Span<T>(room + r * s.Width, (int)s.Units));
            new Span<T>(room + r * s.Width + s.Units, (int)(s.Width - s.Units)).Clear();
        }
        Span<T> tanh = new(room, (int)(s.Rows * s.Width));
        VectorMath.Tanh<T>(tanh, tanh);
        for (long r = 0; r < s.Rows; r++) Row(s, r, room + r * s.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(in CellBack<T> s, long r, T* tanh)
    {
        long n = s.Hidden;
        T* a = s.Kept + r * s.KeptRow, d = s.ToInput + r * s.ToInputRow, old = s.LastC + r * n, gc = s.GradC + r * n;
        T* gh = s.Grad + r * s.Width;
        Vector<T> one = Vector<T>.One;
        long j = 0;
        for (; j <= s.Units - Vector<T>.Count; j += Vector<T>.Count)
        {
            Vector<T> t = Vector.Load(tanh + j), g = Vector.Load(gh + j), i = Vector.Load(a + j), f = Vector.Load(a + n + j);
            Vector<T> x = Vector.Load(a + 2 * n + j), o = Vector.Load(a + 3 * n + j);
            Vector<T> total = g * o * (one - t * t) + Vector.Load(gc + j);
            (total * x * ((one - i) * i)).Store(d + j);
            (total * Vector.Load(old + j) * ((one - f) * f)).Store(d + n + j);
            (total * i * (one - x * x)).Store(d + 2 * n + j);
            (g * t * ((one - o) * o)).Store(d + 3 * n + j);
            (total * f).Store(gc + j);
        }
        for (; j < s.Units; j++)
        {
            T t = tanh[j], g = gh[j], i = a[j], f = a[n + j], x = a[2 * n + j], o = a[3 * n + j];
            T total = g * o * (T.One - t * t) + gc[j];
            d[j] = total * x * ((T.One - i) * i);
            d[n + j] = total * old[j] * ((T.One - f) * f);
            d[2 * n + j] = total * i * (T.One - x * x);
            d[3 * n + j] = g * t * ((T.One - o) * o);
            gc[j] = total * f;
        }
    }
}

/// <summary>r, z, n; h' = (h - n) z + n, where r multiplies the state's part of n, which is kept too.</summary>
internal readonly unsafe struct GruLayerCell<T> : ILayerCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Gates => 3;
    public static int Kept => 4;
    public static bool Apart => true;

    public static void Forward(in CellStep<T> s)
    {
        int size = (int)(s.Rows * s.Width);
        LayerLoops.AddInputs(s, 2);
        VectorMath.Sigmoid<T>(new(s.Gates, 2 * size), new(s.Gates, 2 * size));
        T* n = s.Gates + 2 * size, state = s.Gates + 3 * size;
        for (long r = 0; r < s.Rows; r++)
        {
            T* x = s.Input + r * s.InputRow + 2 * s.Hidden, bias = s.Bias == null ? null : s.Bias + 2 * s.Hidden;
            for (long j = 0; j < s.Width; j++)
            {
                long at = r * s.Width + j;
                T own = j < s.Units && bias != null ? n[at] + bias[j] : n[at];
                state[at] = own;
                n[at] = (j < s.Units ? x[j] : T.Zero) + s.Gates[at] * own;
            }
        }
        VectorMath.Tanh<T>(new(n, size), new(n, size));
        for (long r = 0; r < s.Rows; r++)
        {
            T* z = s.Gates + size + r * s.Width, last = s.LastH + r * s.LastHRow, h = s.H + r * s.HRow, m = n + r * s.Width;
            for (long j = 0; j < s.Units; j++) h[j] = (last[j] - m[j]) * z[j] + m[j];
        }
        LayerLoops.Keep(s, 4);
    }

    public static void Backward(in CellBack<T> s)
    {
        long n = s.Hidden;
        for (long row = 0; row < s.Rows; row++)
        {
            T* a = s.Kept + row * s.KeptRow, x = s.ToInput + row * s.ToInputRow, y = s.ToState + row * s.ToStateRow;
            T* last = s.LastH + row * s.LastHRow, past = s.Past + row * n, grad = s.Grad + row * s.Width;
            for (long j = 0; j < s.Units; j++)
            {
                T g = grad[j], r = a[j], z = a[n + j], m = a[2 * n + j];
                T inner = g * (T.One - z) * (T.One - m * m);
                x[j] = y[j] = inner * a[3 * n + j] * ((T.One - r) * r);
                x[n + j] = y[n + j] = g * (last[j] - m) * ((T.One - z) * z);
                x[2 * n + j] = inner;
                y[2 * n + j] = inner * r;
                past[j] = g * z;
            }
        }
    }
}

/// <summary>h' = tanh(sum).</summary>
internal readonly unsafe struct TanhLayerCell<T> : ILayerCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Gates => 1;
    public static int Kept => 0;
    public static bool Apart => false;

    public static void Forward(in CellStep<T> s)
    {
        LayerLoops.AddInputs(s, 1);
        Span<T> all = new(s.Gates, (int)(s.Rows * s.Width));
        VectorMath.Tanh<T>(all, all);
        for (long r = 0; r < s.Rows; r++)
            new ReadOnlySpan<T>(s.Gates + r * s.Width, (int)s.Units).CopyTo(new Span<T>(s.H + r * s.HRow, (int)s.Units));
    }

    public static void Backward(in CellBack<T> s)
    {
        for (long r = 0; r < s.Rows; r++)
        {
            T* h = s.H + r * s.HRow, d = s.ToInput + r * s.ToInputRow, g = s.Grad + r * s.Width;
            for (long j = 0; j < s.Units; j++) d[j] = g[j] * (T.One - h[j] * h[j]);
        }
    }
}

/// <summary>h' = max(sum, 0).</summary>
internal readonly unsafe struct ReluLayerCell<T> : ILayerCell<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Gates => 1;
    public static int Kept => 0;
    public static bool Apart => false;

    public static void Forward(in CellStep<T> s)
    {
        LayerLoops.AddInputs(s, 1);
        for (long r = 0; r < s.Rows; r++)
        {
            T* x = s.Gates + r * s.Width, h = s.H + r * s.HRow;
            for (long j = 0; j < s.Units; j++) h[j] = x[j] <= T.Zero ? T.Zero : x[j];
        }
    }

    public static void Backward(in CellBack<T> s)
    {
        for (long r = 0; r < s.Rows; r++)
        {
            T* h = s.H + r * s.HRow, d = s.ToInput + r * s.ToInputRow, g = s.Grad + r * s.Width;
            for (long j = 0; j < s.Units; j++) d[j] = h[j] <= T.Zero ? T.Zero : g[j];
        }
    }
}

/// <summary>Loops that the cells share.</summary>
internal static unsafe class LayerLoops
{
    /// <summary>Adds bias and input to the first gates.</summary>
    internal static void AddInputs<T>(in CellStep<T> s, int gates) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int g = 0; g < gates; g++)
        {
            for (long r = 0; r < s.Rows; r++)
                AddInput(s.Gates + (g * s.Rows + r) * s.Width, s.Bias == null ? null : s.Bias + g * s.Hidden,
                    s.Input + r * s.InputRow + g * s.Hidden, s.Units);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddInput<T>(T* y, T* bias, T* x, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long j = 0;
        for (; j <= n - Vector<T>.Count; j += Vector<T>.Count)
        {
            Vector<T> v = Vector.Load(y + j);
            if (bias != null) v += Vector.Load(bias + j);
            (v + Vector.Load(x + j)).Store(y + j);
        }
        for (; j < n; j++) y[j] = (bias == null ? y[j] : y[j] + bias[j]) + x[j];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply<T>(T* x, T* y, T* z, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long j = 0;
        for (; j <= n - Vector<T>.Count; j += Vector<T>.Count) (Vector.Load(x + j) * Vector.Load(y + j)).Store(z + j);
        for (; j < n; j++) z[j] = x[j] * y[j];
    }

    /// <summary>x += y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add<T>(T* x, T* y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long j = 0;
        for (; j <= n - Vector<T>.Count; j += Vector<T>.Count) (Vector.Load(x + j) + Vector.Load(y + j)).Store(x + j);
        for (; j < n; j++) x[j] += y[j];
    }

    /// <summary>Copies gates to where they are kept.</summary>
    internal static void Keep<T>(in CellStep<T> s, int gates) where T : unmanaged
    {
        for (int g = 0; g < gates; g++) Copy(s.Gates + g * s.Rows * s.Width, s.Width, s.Kept + g * s.Hidden, s.KeptRow, s.Rows, s.Units);
    }

    /// <summary>Copies the first n values of some rows; they are few, so that calls would cost more than the copies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Copy<T>(T* from, long fromRow, T* to, long toRow, long rows, long n) where T : unmanaged
    {
        for (; rows > 0; rows--, from += fromRow, to += toRow)
        {
            long j = 0;
            for (; j <= n - Vector<T>.Count; j += Vector<T>.Count) Vector.Store(Vector.Load(from + j), to + j);
            for (; j < n; j++) to[j] = from[j];
        }
    }
}
