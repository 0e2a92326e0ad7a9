namespace Nabla.Nn;

/// <summary>What <see cref="Init"/>'s Kaiming initialisers keep: the variance of values forward or of gradients backward.</summary>
public enum FanMode
{
    /// <summary>Values: the number of inputs of an output counts.</summary>
    FanIn,
    /// <summary>Gradients: the number of outputs of an input counts.</summary>
    FanOut,
}

/// <summary>
/// Fills tensors with first values, in place and unrecorded, drawing the numbers that PyTorch draws. Each method returns its tensor.
/// </summary>
/// <remarks>A weight has shape (out, in, kernel...): its fan-in is in times the kernel's size, its fan-out out times the kernel's
/// size.</remarks>
public static class Init
{
    /// <summary>Evenly from [a, b).</summary>
    public static Tensor Uniform_(Tensor tensor, double a = 0, double b = 1, Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using (Autograd.NoGrad()) return tensor.Uniform_(a, b, generator);
    }

    /// <summary>From the normal distribution.</summary>
    public static Tensor Normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using (Autograd.NoGrad()) return tensor.Normal_(mean, std, generator);
    }

    /// <summary>From the normal distribution, cut off at a and b: evenly drawn, then through the inverse of the distribution
    /// function.</summary>
    public static Tensor TruncNormal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2,
        Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        double low = Below((a - mean) / std), high = Below((b - mean) / std);
        using (Autograd.NoGrad())
            return tensor.Uniform_(2 * low - 1, 2 * high - 1, generator).ErfInv_().Mul_(std * Math.Sqrt(2.0)).Add_(mean).Clamp_(a, b);

        // The normal distribution function; C's erf, which Python calls, is within an ulp of ours.
        static double Below(double x) => (1.0 + Kernels.ScalarMath.Erf(x / Math.Sqrt(2.0))) / 2.0;
    }

    /// <summary>One value.</summary>
    public static Tensor Constant_(Tensor tensor, Scalar val)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using (Autograd.NoGrad()) return tensor.Fill_(val);
    }

    /// <summary>Ones.</summary>
    public static Tensor Ones_(Tensor tensor) => Constant_(tensor, 1.0);

    /// <summary>Zeros.</summary>
    public static Tensor Zeros_(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using (Autograd.NoGrad()) return tensor.Zero_();
    }

    /// <summary>The identity matrix.</summary>
    /// <exception cref="ShapeException">The tensor is no matrix.</exception>
    public static Tensor Eye_(Tensor tensor)
    {
        CheckMatrix(tensor);
        using (Autograd.NoGrad()) return tensor.Copy_(Tensor.Eye(tensor.Size(0), tensor.Size(1), tensor.DType));
    }

    /// <summary>The kernel of a convolution that passes on as many channels as it can, in each group.</summary>
    /// <exception cref="ShapeException">The tensor is no kernel, or its first size is not divisible by the number of groups.</exception>
    public static Tensor Dirac_(Tensor tensor, long groups = 1)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NDim is not (3 or 4 or 5))
            Throw.Shapes($"Only tensors with 3, 4, or 5 dimensions are supported, but got {tensor.Shape}.");
        if (groups <= 0 || tensor.Size(0) % groups != 0)
            Throw.Shapes($"dim 0 must be divisible by groups: {tensor.Size(0)} and {groups}.");
        long each = tensor.Size(0) / groups, passed = Math.Min(each, tensor.Size(1));
        using (Autograd.NoGrad())
        {
            tensor.Zero_();
            for (long g = 0; g < groups; g++)
                for (long c = 0; c < passed; c++)
                {
                    Tensor at = tensor.Select(0, g * each + c).Select(0, c);
                    while (at.NDim > 0) at = at.Select(0, at.Size(0) / 2);
                    at.Fill_(1);
                }
            return tensor;
        }
    }

    /// <summary>Evenly from ±gain·sqrt(6 / (fan-in + fan-out)) (X. Glorot and Y. Bengio, Understanding the difficulty of training deep
    /// feedforward neural networks, 2010).</summary>
    /// <exception cref="ShapeException">The tensor has fewer than two dimensions.</exception>
    public static Tensor XavierUniform_(Tensor tensor, double gain = 1, Generator? generator = null)
    {
        (long fanIn, long fanOut) = Fans(tensor);
        double bound = InitBounds.XavierUniform(gain, fanIn, fanOut);
        return Uniform_(tensor, -bound, bound, generator);
    }

    /// <summary>From the normal distribution of deviation gain·sqrt(2 / (fan-in + fan-out)).</summary>
    /// <inheritdoc cref="XavierUniform_"/>
    public static Tensor XavierNormal_(Tensor tensor, double gain = 1, Generator? generator = null)
    {
        (long fanIn, long fanOut) = Fans(tensor);
        return Normal_(tensor, 0, InitBounds.XavierNormal(gain, fanIn, fanOut), generator);
    }

    /// <summary>Evenly from ±gain·sqrt(3 / fan) (K. He et al., Delving deep into rectifiers, 2015).</summary>
    /// <param name="tensor">At least two dimensions. Nothing happens to an empty one.</param>
    /// <param name="a">The slope of the leaky ReLU behind the layer, where that is the nonlinearity.</param>
    /// <param name="mode">Which fan.</param>
    /// <param name="nonlinearity">What gives the gain; see <see cref="CalculateGain"/>.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ShapeException">The tensor has fewer than two dimensions.</exception>
    public static Tensor KaimingUniform_(Tensor tensor, double a = 0, FanMode mode = FanMode.FanIn, string nonlinearity = "leaky_relu",
        Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NumElements == 0) return tensor;
        double bound = InitBounds.KaimingUniform(CalculateGain(nonlinearity, a), Fan(tensor, mode));
        return Uniform_(tensor, -bound, bound, generator);
    }

    /// <summary>From the normal distribution of deviation gain / sqrt(fan).</summary>
    /// <inheritdoc cref="KaimingUniform_"/>
    public static Tensor KaimingNormal_(Tensor tensor, double a = 0, FanMode mode = FanMode.FanIn, string nonlinearity = "leaky_relu",
        Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NumElements == 0) return tensor;
        return Normal_(tensor, 0, InitBounds.KaimingNormal(CalculateGain(nonlinearity, a), Fan(tensor, mode)), generator);
    }

    /// <summary>A matrix with orthonormal rows or columns, from the QR decomposition of a normally distributed one whose signs make it
    /// uniform (A. Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2013).</summary>
    /// <param name="tensor">At least two dimensions; those behind the first count as one.</param>
    /// <param name="gain">A factor.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ShapeException">The tensor has fewer than two dimensions.</exception>
    public static Tensor Orthogonal_(Tensor tensor, double gain = 1, Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NDim < 2) Throw.Shapes($"Only tensors with 2 or more dimensions are supported, but got {tensor.Shape}.");
        if (tensor.NumElements == 0) return tensor;
        using (Autograd.NoGrad())
        {
            long rows = tensor.Size(0), columns = tensor.NumElements / rows;
            Tensor flat = Tensor.Empty([rows, columns], dtype: tensor.DType).Normal_(0, 1, generator);
            (Tensor q, Tensor r) = LinAlg.Qr(rows < columns ? flat.T : flat);
            q = q * r.Diagonal().Sign();
            return tensor.Copy_((rows < columns ? q.T : q).Reshape(tensor.Shape)).Mul_(gain);
        }
    }

    /// <summary>From the normal distribution, with a part of each column set to zero (J. Martens, Deep learning via Hessian-free
    /// optimization, 2010).</summary>
    /// <param name="tensor">A matrix.</param>
    /// <param name="sparsity">The part of each column that is zero, rounded up.</param>
    /// <param name="std">The deviation of the others.</param>
    /// <param name="generator">The source of the values; the places come from <see cref="Generator.Default"/>.</param>
    /// <exception cref="ShapeException">The tensor is no matrix.</exception>
    public static Tensor Sparse_(Tensor tensor, double sparsity, double std = 0.01, Generator? generator = null)
    {
        CheckMatrix(tensor);
        long rows = tensor.Size(0), zeros = (long)Math.Ceiling(sparsity * rows);
        using (Autograd.NoGrad())
        {
            tensor.Normal_(0, std, generator);
            for (long c = 0; c < tensor.Size(1); c++)
            {
                Tensor at = Tensor.RandPerm(rows);
                tensor.Select(1, c).IndexFill_(0, at.Narrow(0, 0, Math.Clamp(zeros, 0, rows)), 0);
            }
            return tensor;
        }
    }

    /// <summary>The factor by which weights should be larger before a nonlinearity.</summary>
    /// <param name="nonlinearity">linear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, sigmoid (1), tanh
    /// (5/3), relu (sqrt 2), leaky_relu (sqrt(2 / (1 + slope²))) or selu (3/4).</param>
    /// <param name="param">The slope of leaky_relu; 0.01 by default.</param>
    /// <exception cref="ArgumentException">The nonlinearity is none of these.</exception>
    public static double CalculateGain(string nonlinearity, double? param = null) => nonlinearity switch
    {
        "linear" or "conv1d" or "conv2d" or "conv3d" or "conv_transpose1d" or "conv_transpose2d" or "conv_transpose3d" or "sigmoid" => 1,
        "tanh" => 5.0 / 3,
        "relu" => Math.Sqrt(2.0),
        "leaky_relu" => InitBounds.LeakyReluGain(param ?? 0.01),
        "selu" => 3.0 / 4,
        _ => throw new ArgumentException($"Unsupported nonlinearity {nonlinearity}. There are linear, conv1d to conv3d, " +
            "conv_transpose1d to conv_transpose3d, sigmoid, tanh, relu, leaky_relu and selu.", nameof(nonlinearity)),
    };

    private static long Fan(Tensor tensor, FanMode mode)
    {
        (long fanIn, long fanOut) = Fans(tensor);
        return mode == FanMode.FanIn ? fanIn : fanOut;
    }

    internal static (long In, long Out) Fans(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NDim < 2)
            Throw.Shapes("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, but got " + $"{tensor.Shape}.");
        long kernel = tensor.Shape[2..].NumElements;
        return (tensor.Size(1) * kernel, tensor.Size(0) * kernel);
    }

    private static void CheckMatrix(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NDim != 2) Throw.Shapes($"Only tensors with 2 dimensions are supported, but got {tensor.Shape}.");
    }
}
