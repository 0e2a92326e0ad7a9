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
}
