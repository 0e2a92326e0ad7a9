using System.Globalization;

namespace Nabla.Nn;

/// <summary>
/// Draws the next token from a language model's scores: p = softmax(scores / temperature), of which only the
/// <paramref name="topK"/> most probable tokens, and of these only the fewest whose probabilities together reach
/// <paramref name="topP"/>, can be drawn.
/// </summary>
/// <param name="temperature">Below 1 for safer choices, above for bolder ones; 0 always takes the most probable token.</param>
/// <param name="topK">How many of the most probable tokens may be drawn; 0 for all.</param>
/// <param name="topP">The share of the probability from which tokens are drawn, in (0, 1]. The token with which it is reached
/// counts, so that there is always one.</param>
/// <remarks>The order is that of Hugging Face's generation: temperature, top-k, top-p. Of equal scores those of the smaller numbers count
/// first, so that exactly k stay. A. Holtzman et al., The Curious Case of Neural Text Degeneration, 2020.</remarks>
/// <example><code>
/// TokenSampler sampler = new(temperature: 0.8, topK: 40);
/// long next = sampler.Next(model.Call(tokens)[0, ^1]).Item&lt;long&gt;();
/// </code></example>
/// <exception cref="ArgumentOutOfRangeException">The temperature is negative or not finite, <paramref name="topK"/> negative, or
/// <paramref name="topP"/> not in (0, 1].</exception>
public sealed class TokenSampler(double temperature = 1, long topK = 0, double topP = 1)
{
    /// <summary>What the scores are divided by; 0 for the most probable token.</summary>
    public double Temperature { get; } = double.IsFinite(temperature) && temperature >= 0 ? temperature
        : throw Refuse(nameof(temperature), temperature, "a finite number of at least 0");

    /// <summary>How many of the most probable tokens may be drawn; 0 for all.</summary>
    public long TopK { get; } = topK >= 0 ? topK : throw Refuse(nameof(topK), topK, "at least 0");

    /// <summary>The share of the probability from which tokens are drawn.</summary>
    public double TopP { get; } = topP is > 0 and <= 1 ? topP : throw Refuse(nameof(topP), topP, "above 0 and at most 1");

    /// <summary>The probabilities with which <see cref="Next"/> draws.</summary>
    /// <param name="logits">Scores [..., V].</param>
    /// <returns>[..., V]; each row's sum is 1, and tokens that are not drawn have 0.</returns>
    /// <exception cref="ShapeException">The scores have no dimension, or the last has no element.</exception>
    /// <exception cref="DTypeException">The scores are no floating-point numbers.</exception>
    public Tensor Probabilities(Tensor logits)
    {
        Check(logits);
        using GradScope mode = Autograd.NoGrad();
        Tensor scores = logits.Detach().To(logits.DType.Accumulator());
        if (Temperature == 0) return Functional.OneHot(scores.ArgMax(-1), scores.Size(-1)).To(scores.DType);
        // Where quotients would overflow, only how far each is below the greatest counts.
        if (Temperature < 1e-6) scores = (scores - scores.AMax([-1], keepDim: true)) / Math.Max(Temperature, 1e-37);
        else if (Temperature != 1) scores = scores / Temperature;
        bool few = TopK > 0 && TopK < scores.Size(-1);
        if (!few && TopP == 1) return scores.Softmax(-1);
        (Tensor sorted, Tensor tokens) = scores.TopK(few ? TopK : scores.Size(-1));
        Tensor p = sorted.Softmax(-1);
        // A token stays as long as those before it have not reached the share.
        if (TopP < 1) p = p.MaskedFill((p.CumSum(-1) - p).Ge(TopP), 0);
        return Tensor.ZerosLike(scores).Scatter(-1, tokens, p / p.Sum([-1], keepDim: true));
    }

    /// <summary>The numbers of the next tokens.</summary>
    /// <param name="logits">Scores [..., V].</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default. Temperature 0 draws nothing.</param>
    /// <returns>[...], int64.</returns>
    /// <exception cref="ShapeException">The scores have no dimension, or the last has no element.</exception>
    /// <exception cref="DTypeException">The scores are no floating-point numbers.</exception>
    /// <exception cref="ArgumentException">Scores are NaN, or a row has no finite one.</exception>
    public Tensor Next(Tensor logits, Generator? generator = null)
    {
        Check(logits);
        using GradScope mode = Autograd.NoGrad();
        if (Temperature == 0) return logits.Detach().ArgMax(-1);
        Tensor p = Probabilities(logits);
        return p.Reshape([-1, p.Size(-1)]).Multinomial(1, generator: generator).Reshape(logits.Shape[..^1]);
    }

    private static void Check(Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.Rank == 0 || logits.Size(-1) == 0)
            Throw.Shapes($"TokenSampler: scores should have the shape [..., V] with V of at least 1, but got {logits.Shape}.");
        if (!logits.DType.IsFloatingPoint())
            Throw.Types($"TokenSampler: scores should be floating-point numbers, but got {logits.DType.Name()}.");
    }

    private static ArgumentOutOfRangeException Refuse(string name, object value, string rule) => new(name, value,
        string.Create(CultureInfo.InvariantCulture, $"TokenSampler: {name} should be {rule}, but is {value}."));
}
