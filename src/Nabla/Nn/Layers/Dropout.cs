namespace Nabla.Nn;

/// <summary>What the dropout layers share: in training, a part of the input is set to zero and the rest scaled up; at evaluation the input
/// stays.</summary>
public abstract class DropoutBase : Module<Tensor, Tensor>
{
    private double p;

    private protected DropoutBase(double p, bool inPlace) => (P, InPlace) = (p, inPlace);

    /// <summary>The probability with which an element or channel is dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not between 0 and 1.</exception>
    public double P
    {
        get => p;
        set
        {
            if (!(value >= 0 && value <= 1))
                Throw.Range(nameof(p), value, $"dropout probability has to be between 0 and 1, but got {Repr.Of(value)}");
            p = value;
        }
    }

    /// <summary>Whether the input itself is changed.</summary>
    public bool InPlace { get; set; }

    /// <inheritdoc/>
    protected override string ExtraRepr => $"p={Repr.Of(P)}, inplace={Repr.Of(InPlace)}";
}

/// <summary>In training, sets each element to zero with probability p and divides the others by 1 - p.</summary>
/// <param name="p">The probability.</param>
/// <param name="inPlace">Write into the input.</param>
public class Dropout(double p = 0.5, bool inPlace = false) : DropoutBase(p, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Dropout(x, P, Training, InPlace);
}

/// <summary>In training, sets whole channels of (N, C, L) or (C, L) to zero.</summary>
/// <inheritdoc cref="Dropout"/>
public class Dropout1d(double p = 0.5, bool inPlace = false) : DropoutBase(p, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Dropout1d(x, P, Training, InPlace);
}

/// <summary>In training, sets whole channels of (N, C, H, W) to zero.</summary>
/// <inheritdoc cref="Dropout"/>
public class Dropout2d(double p = 0.5, bool inPlace = false) : DropoutBase(p, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Dropout2d(x, P, Training, InPlace);
}

/// <summary>In training, sets whole channels of (N, C, D, H, W) or (C, D, H, W) to zero.</summary>
/// <inheritdoc cref="Dropout"/>
public class Dropout3d(double p = 0.5, bool inPlace = false) : DropoutBase(p, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Dropout3d(x, P, Training, InPlace);
}

/// <summary>Dropout for networks with <see cref="SELU"/>: dropped elements get its limit at minus infinity, and mean and variance
/// stay.</summary>
/// <inheritdoc cref="Dropout"/>
public class AlphaDropout(double p = 0.5, bool inPlace = false) : DropoutBase(p, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AlphaDropout(x, P, Training, InPlace);
}

/// <summary><see cref="AlphaDropout"/> of whole channels.</summary>
/// <inheritdoc cref="Dropout"/>
public class FeatureAlphaDropout(double p = 0.5, bool inPlace = false) : DropoutBase(p, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.FeatureAlphaDropout(x, P, Training, InPlace);
}
