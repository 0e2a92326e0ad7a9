using Nabla.Amp;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>
    /// The short-time Fourier transform: y[..., f, t] = Σ_k window[k] x[..., t·hop + k] e^(-2πifk/nFft), the spectrum of overlapping pieces
    /// of a signal.
    /// </summary>
    /// <param name="nFft">The length of a piece's transform.</param>
    /// <param name="hopLength">The distance of neighbouring pieces; nFft / 4 by default.</param>
    /// <param name="winLength">The length of the window, which is centred in the piece; nFft by default.</param>
    /// <param name="window">Weights of length winLength; ones by default.</param>
    /// <param name="center">Continue the signal by nFft / 2 at both ends, so that piece t is centred at t·hop.</param>
    /// <param name="padMode">How it is continued: see <see cref="Functional.Pad"/>.</param>
    /// <param name="normalized">Divide by √nFft.</param>
    /// <param name="onesided">Return only frequencies 0 to nFft / 2; by default for real signals.</param>
    /// <param name="returnComplex">Return complex numbers, else pairs in a last dimension. Must be given for real signals.</param>
    /// <returns>[frequencies, pieces] for a signal [length], or [batch, frequencies, pieces] for [batch, length].</returns>
    /// <exception cref="ShapeException">A size does not fit.</exception>
    /// <exception cref="DTypeException">The signal is of integers, or one-sided output is asked of a complex one.</exception>
    public Tensor Stft(long nFft, long? hopLength = null, long? winLength = null, Tensor? window = null, bool center = true,
        string padMode = "reflect", bool normalized = false, bool? onesided = null, bool? returnComplex = null)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Stft(nFft, hopLength, winLength, call.Raise(window), center, padMode, normalized, onesided,
                returnComplex);
        }
        long hop = hopLength ?? nFft / 4, win = winLength ?? nFft;
        bool complex = IsComplex || window is { IsComplex: true };
        if (returnComplex is null && !complex)
            throw new ArgumentException("stft requires the return_complex parameter be given for real inputs, and will further require " +
                "that return_complex=True in a future PyTorch release.", nameof(returnComplex));
        if (!dtype.IsDifferentiable()) Refuse("expected a tensor of floating point or complex values", true);
        if (Rank is not (1 or 2)) Refuse("expected a 1D or 2D tensor");
        Tensor x = Rank == 1 ? Unsqueeze(0) : this;
        if (center) x = Functional.Pad(x.Unsqueeze(0), (long[])[nFft / 2, nFft / 2], padMode).Squeeze(0);
        long length = x.Size(1);
        if (nFft <= 0 || nFft > length) Refuse($"expected 0 < n_fft < {length}, but got n_fft={nFft}");
        if (hop <= 0) Refuse($"expected hop_length > 0, but got hop_length={hop}");
        if (win <= 0 || win > nFft) Refuse($"expected 0 < win_length <= n_fft, but got win_length={win}");
        if (window is not null && (window.Rank != 1 || window.Size(0) != win))
            Refuse($"expected a 1D window tensor of size equal to win_length={win}, but got window with size {window.Shape}");
        if (onesided == true && complex) Throw.Types("Cannot have onesided output if window or input is complex");
        Tensor pieces = x.Unfold(1, nFft, hop);
        if (window is not null || win < nFft) pieces = pieces * Centred(window ?? Ones([win], x.dtype.Part()), nFft);
        string norm = normalized ? "ortho" : "backward";
        Tensor y = onesided ?? !complex ? Fourier.Rfft(pieces, norm: norm) : Fourier.Fft(pieces, norm: norm);
        y = y.Transpose(1, 2);
        if (Rank == 1) y = y.Squeeze(0);
        return returnComplex ?? complex ? y : y.ViewAsReal();

        void Refuse(string what, bool type = false)
        {
            string text = $"stft(torch.{dtype.ScalarName()}Tensor{Shape}, n_fft={nFft}, hop_length={hop}, win_length={win}, window=" +
                $"{(window is null ? "None" : $"torch.{window.dtype.ScalarName()}Tensor{{{window.Shape}}}")}, normalized=" +
                $"{(normalized ? 1 : 0)}, onesided={Flag(onesided)}, return_complex={Flag(returnComplex)}) : {what}";
            if (type) Throw.Types(text);
            else Throw.Shapes(text);
        }
    }

    /// <summary>
    /// The signal whose short-time Fourier transform this is, in the sense of least squares: overlapping pieces are added and divided by
    /// the sum of squared windows (Griffin and Lim 1984).
    /// </summary>
    /// <param name="nFft">The length of a piece's transform.</param>
    /// <param name="hopLength">The distance of neighbouring pieces; nFft / 4 by default.</param>
    /// <param name="winLength">The length of the window; nFft by default.</param>
    /// <param name="window">The weights that <see cref="Stft"/> used; ones by default.</param>
    /// <param name="center">Whether the signal was continued at both ends, which are cut off.</param>
    /// <param name="normalized">Whether the transform was divided by √nFft.</param>
    /// <param name="onesided">Whether only frequencies 0 to nFft / 2 are there; by default where their number says so.</param>
    /// <param name="length">Cut the signal, or continue it with zeros, to this length.</param>
    /// <param name="returnComplex">Whether the signal is complex.</param>
    /// <exception cref="ShapeException">A size does not fit, or the windows leave a place of the signal uncovered.</exception>
    /// <exception cref="DTypeException">The transform is not complex.</exception>
    public Tensor Istft(long nFft, long? hopLength = null, long? winLength = null, Tensor? window = null, bool center = true,
        bool normalized = false, bool? onesided = null, long? length = null, bool returnComplex = false)
    {
        long hop = hopLength ?? nFft / 4, win = winLength ?? nFft;
        if (!IsComplex)
            Throw.Types("istft requires a complex-valued input tensor matching the output from stft with return_complex=True.");
        if (Rank is not (2 or 3)) Refuse($": expected a tensor with 3 or 4 dimensions, but got {Rank + 1} (a pair of numbers counts " +
            $"as one)");
        if (NumElements == 0) Refuse(": input tensor cannot be empty.");
        bool half = onesided ?? Size(-2) != nFft;
        if (half && returnComplex) Throw.Types("Cannot have onesided output if window or input is complex");
        if (half && Size(-2) != nFft / 2 + 1)
            Refuse(": expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 + 1 when " +
                "onesided=True, but " +
                $"got {Size(-2)}");
        if (!half && Size(-2) != nFft)
            Refuse(": expected the frequency dimension (3rd to the last) of the input tensor to match n_fft when onesided=False, but got " +
                $"{Size(-2)}");
        if (hop <= 0 || hop > win) Refuse(": expected 0 < hop_length <= win_length");
        if (win <= 0 || win > nFft) Refuse(": expected 0 < win_length <= n_fft");
        if (window is { IsComplex: true } && !returnComplex) Throw.Types("Complex windows are incompatible with return_complex=False");
        if (window is not null && (window.Rank != 1 || window.Size(0) != win))
            Refuse(": Invalid window shape. window has to be 1D and length of `win_length`");
        Tensor weights = Centred(window ?? Ones([win], dtype.Part()), nFft);
        Tensor spectra = (Rank == 2 ? Unsqueeze(0) : this).Transpose(1, 2);
        string norm = normalized ? "ortho" : "backward";
        // Of a whole spectrum of a real signal only the first half is read.
        Tensor pieces = returnComplex ? Fourier.Ifft(spectra, norm: norm)
            : Fourier.Irfft(half ? spectra : spectra.Slice(-1, 0, nFft / 2 + 1), nFft, norm: norm);
        long count = pieces.Size(1), whole = nFft + hop * (count - 1);
        Tensor y = LinearOp.Apply(new Ops.FoldAdd(-1, whole, nFft, hop), pieces * weights);
        Tensor cover = LinearOp.Apply(new Ops.FoldAdd(-1, whole, nFft, hop), (weights * weights).Expand([count, nFft]));
        long start = center ? nFft / 2 : 0;
        long end = length is { } l ? Math.Min(start + l, whole) : center ? whole - nFft / 2 : whole;
        (y, cover) = (y.Slice(1, start, end), cover.Slice(0, start, end));
        if (cover.NumElements == 0 || cover.Abs().Min().Item() <= 1e-11) Refuse("window overlap add min: 1");
        y /= cover;
        if (length is { } asked && asked > end - start) y = y.ConstantPadNd((long[])[0, asked - (end - start)]);
        return Rank == 2 ? y.Squeeze(0) : y;

        void Refuse(string what) => Throw.Shapes($"istft(CPU{dtype.ScalarName()}Type{Shape}, n_fft={nFft}, hop_length={hop}, " +
            $"win_length={win}, window=" +
            $"{(window is null ? "None" : $"torch.{window.dtype.ScalarName()}Tensor{{{window.Shape}}}")}, center={(center ? 1 : 0)}, " +
            $"normalized={(normalized ? 1 : 0)}, onesided={Flag(onesided)}, length={(length is { } n ? n : "None")}, " +
            $"return_complex={(returnComplex ? 1 : 0)}) {what}");
    }

    /// <summary>The window in the middle of a piece.</summary>
    private static Tensor Centred(Tensor window, long piece)
    {
        long left = (piece - window.NumElements) / 2;
        return left == 0 && window.NumElements == piece ? window
            : window.ConstantPadNd((long[])[left, piece - window.NumElements - left]);
    }

    private static string Flag(bool? value) => value is { } v ? v ? "1" : "0" : "None";
}
