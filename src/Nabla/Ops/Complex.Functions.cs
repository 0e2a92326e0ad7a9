namespace Nabla;

/// <summary>Functions of complex numbers in terms of real ones, with the branch cuts and signs of zero of W. Kahan, Branch cuts for complex
/// elementary functions, 1987.</summary>
internal static partial class Complexes
{
    /// <summary>An operation that is linear in all of its complex operands together: once for the real parts, once for the imaginary
    /// ones, where a real number counts as 0. Masks and indices are the same for both.</summary>
    internal static Tensor[] Each<TOp>(TOp op, ReadOnlySpan<Tensor> x) where TOp : struct, IOp<TOp>
    {
        Tensor[] real = x.ToArray(), imaginary = x.ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i].dtype.IsComplex()) (real[i], imaginary[i]) = (x[i].Real, x[i].Imag);
            else if (x[i].dtype.IsFloatingPoint()) imaginary[i] = Tensor.ZerosLike(x[i]);
        }
        return [Tensor.Complex(Op.Apply(op, real)[0], Op.Apply(op, imaginary)[0])];
    }

    private static Tensor TimesI(Tensor x) => Tensor.Complex(-x.Imag, x.Real);

    private static Tensor OverI(Tensor x) => Tensor.Complex(x.Imag, -x.Real);

    internal static Tensor Asin(Tensor x)
    {
        Tensor a = (1.0 - x).Sqrt(), b = (1.0 + x).Sqrt();
        return Tensor.Complex(x.Real.Atan2((a * b).Real), (a.Conj() * b).Imag.Asinh());
    }

    internal static Tensor Acos(Tensor x)
    {
        Tensor a = (1.0 - x).Sqrt(), b = (1.0 + x).Sqrt();
        return Tensor.Complex(2.0 * a.Real.Atan2(b.Real), (b.Conj() * a).Imag.Asinh());
    }

    internal static Tensor Acosh(Tensor x)
    {
        Tensor a = (x - 1.0).Sqrt(), b = (x + 1.0).Sqrt();
        return Tensor.Complex((a.Conj() * b).Real.Asinh(), 2.0 * a.Imag.Atan2(b.Real));
    }

    internal static Tensor Asinh(Tensor x) => OverI(Asin(TimesI(x)));

    internal static Tensor Atanh(Tensor x)
    {
        Tensor u = x.Real, v = x.Imag, square = v * v, more = 1.0 + u, less = 1.0 - u;
        Tensor real = ((more * more + square).Log() - (less * less + square).Log()) * 0.25;
        return Tensor.Complex(real, (2.0 * v).Atan2(less * more - square) * 0.5);
    }

    internal static Tensor Atan(Tensor x) => OverI(Atanh(TimesI(x)));

    /// <summary>e^x - 1, accurate near 0.</summary>
    internal static Tensor Expm1(Tensor x)
    {
        Tensor half = (x.Imag * 0.5).Sin();
        return Tensor.Complex(x.Real.Expm1() * x.Imag.Cos() - 2.0 * half * half, x.Real.Exp() * x.Imag.Sin());
    }

    /// <summary>ln(1 + x), accurate near 0.</summary>
    internal static Tensor Log1p(Tensor x) =>
        Tensor.Complex((x.Real * (x.Real + 2.0) + x.Imag * x.Imag).Log1p() * 0.5, x.Imag.Atan2(x.Real + 1.0));

    /// <summary>sin(πx) / (πx), 1 at 0.</summary>
    internal static Tensor Sinc(Tensor x)
    {
        Tensor zero = x == 0, p = x * Math.PI, one = Tensor.OnesLike(x);
        return Tensor.Where(zero, one, p.Sin() / Tensor.Where(zero, one, p));
    }

    /// <summary>ln(e^x + e^y), from the one with the larger real part.</summary>
    internal static Tensor LogAddExp(Tensor x, Tensor y)
    {
        Tensor first = x.Real >= y.Real, larger = Tensor.Where(first, x, y), other = Tensor.Where(first, y, x);
        return larger + (other - larger).Exp().Log1p();
    }

    /// <summary>ln Σ e^x, shifted by the largest real part.</summary>
    internal static Tensor LogSumExp(Tensor x, Dims dims, bool keepDim)
    {
        if (x.NumElements == 0 || dims.Count == 0) return x.Exp().SumOver(dims, keepDim).Log();
        Tensor largest = x.Real.Detach().AMax(dims, keepDim: true);
        largest = Tensor.Where(largest.IsFinite(), largest, 0.0);
        Tensor sum = (x - largest).Exp().SumOver(dims, true).Log() + largest;
        return keepDim ? sum : sum.Squeeze(dims);
    }

    /// <summary>The product over a dimension, of halves of it, again and again.</summary>
    internal static Tensor Prod(Tensor x, int dim, bool keepDim)
    {
        if (x.Rank == 0) return x;
        if (x.Size(dim) == 0) x = x.Sum(dim, keepDim: true) + 1.0;
        for (long n = x.Size(dim); n > 1; n = x.Size(dim))
        {
            Tensor y = x.Narrow(dim, 0, n / 2) * x.Narrow(dim, n / 2, n / 2);
            x = n % 2 == 0 ? y : Tensor.Cat([y, x.Narrow(dim, n - 1, 1)], dim);
        }
        return keepDim ? x : x.Squeeze(dim);
    }

    /// <summary>Running products: each pass doubles how many elements every product covers.</summary>
    internal static Tensor Cumprod(Tensor x, int dim, bool reverse)
    {
        long n = x.Rank == 0 ? 1 : x.Size(dim);
        for (long step = 1; step < n; step *= 2)
        {
            Tensor lower = x.Narrow(dim, 0, n - step), upper = x.Narrow(dim, step, n - step), product = lower * upper;
            x = reverse ? Tensor.Cat([product, x.Narrow(dim, n - step, step)], dim) : Tensor.Cat([x.Narrow(dim, 0, step), product], dim);
        }
        return x;
    }

    /// <summary>The variance is that of the real parts and that of the imaginary parts.</summary>
    internal static Tensor[] Variance(Ops.Var op, Tensor x)
    {
        Tensor[] real = Op.Apply(op with { Root = false }, x.Real), imaginary = Op.Apply(op with { Root = false }, x.Imag);
        Tensor variance = real[0] + imaginary[0], result = op.Root ? variance.Sqrt() : variance;
        return real.Length == 1 ? [result] : [result, Tensor.Complex(real[1], imaginary[1])];
    }
}
