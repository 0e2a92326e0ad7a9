using System.Numerics;

namespace Nabla.Tests;

/// <summary>Fourier transforms against the sum that defines them, for every kind of size.</summary>
public sealed class FourierTests
{
    public static TheoryData<int> Sizes => [.. Enumerable.Range(1, 66), 97, 101, 121, 127, 128, 243, 360, 625, 1009, 1024];

    [Theory, MemberData(nameof(Sizes))]
    public void A_transform_is_the_sum_that_defines_it(int n)
    {
        Complex[] x = [.. Enumerable.Range(0, n).Select(i => new Complex(Math.Sin(3 * i + 1), Math.Cos(i * i % 17)))];
        Complex[] y = Fourier.Fft(Tensor.From(x)).ToArray<Complex>();
        double scale = Math.Sqrt(n) * x.Max(Complex.Abs);
        for (int q = 0; q < n; q++)
        {
            Complex sum = 0;
            for (int p = 0; p < n; p++) sum += x[p] * Complex.FromPolarCoordinates(1, -2 * Math.PI * ((long)p * q % n) / n);
            Assert.True(Complex.Abs(sum - y[q]) < 4e-15 * scale * Math.Sqrt(n), $"n = {n}, q = {q}: {y[q]} instead of {sum}");
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void The_inverse_gives_back_what_was_transformed(int n)
    {
        Tensor x = Registry.In.Const(Registry.In.Real(5, n));
        Assert.True(Fourier.Ifft(Fourier.Fft(x)).Real.AllClose(x, 1e-12, 1e-12));
        Assert.True(Fourier.Irfft(Fourier.Rfft(x), n).AllClose(x, 1e-12, 1e-12));
        Assert.True(Fourier.Irfft(Fourier.Rfft(x.Float()), n).AllClose(x.Float(), 1e-5, 2e-6));
    }

    [Fact]
    public void Many_sequences_have_the_same_bits_as_one()
    {
        Tensor x = Registry.In.Const(Registry.In.Real(70, 48));
        Tensor all = Fourier.Fft(x), one = Fourier.Fft(x.Select(0, 69));
        Assert.True(all.Select(0, 69).Equal(one));
        Assert.True(Fourier.Fft(x.T.Contiguous(), dim: 0).T.Equal(all));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Half_a_spectrum_is_the_first_half_of_the_whole(int n)
    {
        Tensor x = Registry.In.Const(Registry.In.Real(3, n, 18));
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            double near = dtype == DType.Float32 ? 3e-6 * Math.Sqrt(n) : 1e-13 * Math.Sqrt(n);
            Tensor own = x.To(dtype), turned = own.Transpose(1, 2).Contiguous();
            Tensor half = Fourier.Rfft(own, dim: 1), whole = Fourier.Fft(own.To(dtype.ToComplex()), dim: 1);
            Assert.True(half.ViewAsReal().AllClose(whole.Slice(1, 0, n / 2 + 1).ViewAsReal(), near, near));
            // Along the last dimension, from one laid out the other way round, and alone: the same bits.
            Assert.True(Fourier.Rfft(turned).Transpose(1, 2).Equal(half));
            Assert.True(Fourier.Rfft(own.Transpose(1, 2)).Transpose(1, 2).Equal(half));
            Assert.True(Fourier.Rfft(turned.Select(0, 1).Select(0, 17)).Equal(half.Select(0, 1).Select(1, 17)));
            Tensor back = Fourier.Irfft(half, n, 1);
            Assert.True(back.AllClose(own, near, near));
            Assert.True(Fourier.Irfft(half.Transpose(1, 2).Contiguous(), n).Transpose(1, 2).Equal(back));
        }
    }

    [Fact]
    public void Imaginary_parts_at_the_ends_of_half_a_spectrum_have_no_influence()
    {
        foreach (int n in new[] { 1, 2, 7, 8, 128, 202 })
        {
            Tensor half = Tensor.Complex(Registry.In.Const(Registry.In.Real(2, n / 2 + 1)), Tensor.Ones([2, n / 2 + 1], DType.Float64));
            Tensor other = half.Clone();
            other.Imag.Select(1, 0).Fill_(5);
            if (n % 2 == 0) other.Imag.Select(1, n / 2).Fill_(-3);
            Assert.True(Fourier.Irfft(half, n).Equal(Fourier.Irfft(other, n)));
        }
    }

    [Theory, InlineData(8192), InlineData(6000), InlineData(4099), InlineData(1 << 19)]
    public void Large_sizes_keep_the_sum_of_squares(int n)
    {
        Tensor x = Tensor.Randn([2, n], DType.Float64, generator: new Generator(1)), y = Fourier.Fft(x.To(DType.Complex128), norm: "ortho");
        Assert.True(y.Abs().Square().Sum(1).AllClose(x.Square().Sum(1), 1e-12, 0));
        Assert.True(Fourier.Ifft(y, norm: "ortho").Real.AllClose(x, 0, 1e-12));
    }
}
