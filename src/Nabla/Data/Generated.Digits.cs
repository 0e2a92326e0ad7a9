namespace Nabla.Data;

public static partial class Generated
{
    const int GlyphHeight = 7, GlyphWidth = 5;

    /// <summary>The digits 0 to 9, five pixels wide and seven high: seven bytes for each, the highest of five bits to the left.</summary>
    static ReadOnlySpan<byte> Font =>
    [
        0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E,
        0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E,
        0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F,
        0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E,
        0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02,
        0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E,
        0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E,
        0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08,
        0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E,
        0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C,
    ];

    /// <summary>
    /// Pictures of digits: a 5 x 7 glyph at a random place of the picture, ink 1 on paper 0, plus normal noise, clamped to [0, 1]. For
    /// every picture the digit, the row and the column are drawn, then the noise of all.
    /// </summary>
    /// <param name="count">How many pictures.</param>
    /// <param name="height">Their height, at least 7.</param>
    /// <param name="width">Their width, at least 5.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <returns>Pictures of the default dtype and shape [count, 1, height, width], and the digits, int64 of shape [count].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static TensorDataset<(Tensor, Tensor)> Digits(int count, int height = 12, int width = 12, double noise = 0.1,
        Generator? generator = null)
    {
        NotNegative(count, noise);
        if (height < GlyphHeight) Throw.Range(nameof(height), height, $"A picture of a digit is at least {GlyphHeight} pixels high.");
        if (width < GlyphWidth) Throw.Range(nameof(width), width, $"A picture of a digit is at least {GlyphWidth} pixels wide.");
        Tensor pictures = Tensor.Zeros([count, 1, height, width], DType.Float64);
        Span<double> pixels = pictures.Span<double>();
        long[] digits = new long[count];
        for (int i = 0; i < count; i++)
        {
            int digit = Draw(generator, 10), top = Draw(generator, height - GlyphHeight + 1);
            int left = Draw(generator, width - GlyphWidth + 1);
            digits[i] = digit;
            Span<double> picture = pixels.Slice(i * height * width, height * width);
            for (int row = 0; row < GlyphHeight; row++)
                for (int column = 0; column < GlyphWidth; column++)
                    if ((Font[digit * GlyphHeight + row] >> GlyphWidth - 1 - column & 1) != 0)
                        picture[(top + row) * width + left + column] = 1;
        }
        if (noise > 0)
            pictures = (pictures + Tensor.Randn(pictures.Shape, DType.Float64, generator: generator) * noise).Clamp(0, 1);
        return TensorDataset.Of(pictures.To(Tensor.DefaultDType), Tensor.From(digits));
    }
}
