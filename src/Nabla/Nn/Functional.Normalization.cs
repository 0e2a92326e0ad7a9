namespace Nabla;

public static partial class Functional
{
    /// <summary>(x - mean) / √(var + eps) · w + b for every channel, with the mean and variance over the batch and all positions.</summary>
    /// <param name="input">x: [N, C, ...].</param>
    /// <param name="runningMean">Means of the channels, [C]: used without training, else moved towards those of the batch.</param>
    /// <param name="runningVar">Variances of the channels, [C]; in training moved towards the unbiased ones of the batch.</param>
    /// <param name="weight">w: [C].</param>
    /// <param name="bias">b: [C].</param>
    /// <param name="training">Use the statistics of the batch, and update the running ones.</param>
    /// <param name="momentum">How far the running statistics move: 1 replaces them.</param>
    /// <param name="eps">Is added to the variance.</param>
    /// <remarks>Of float16 and bfloat16, the other arguments may be float32. S. Ioffe, C. Szegedy, Batch Normalization, 2015.</remarks>
    /// <exception cref="ShapeException">The sizes do not fit, or there is but one value per channel to train with.</exception>
    /// <exception cref="DTypeException">The dtypes do not fit, or are not floating point.</exception>
    public static Tensor BatchNorm(Tensor input, Tensor? runningMean, Tensor? runningVar, Tensor? weight = null, Tensor? bias = null,
        bool training = false, double momentum = 0.1, double eps = 1e-5)
    {
        long channels = input.Rank > 1 ? input.layout.shape[1] : 0;
        if (training && input.Rank > 1 && Positions(input, 1) == 1)
            Throw.Shapes($"Expected more than 1 value per channel when training, got input size torch.Size({input.Shape}): the " +
                "variance of one value is 0. Use a larger batch, or training: false.");
        CheckChannels("running_mean", runningMean, channels, !training);
        CheckChannels("running_var", runningVar, channels, !training);
        CheckChannels("weight", weight, channels, false);
        CheckChannels("bias", bias, channels, false);
        Throw.IfRequiresGrad(runningMean, "native_batch_norm", "running_mean");
        Throw.IfRequiresGrad(runningVar, "native_batch_norm", "running_var");
        return NormalizeBatch(input, weight, bias, runningMean, runningVar, training, momentum, eps)[0];
    }

    /// <summary>As <see cref="BatchNorm"/>; also returns the batch's means and 1 / √(var + eps), which are empty without
    /// training.</summary>
    /// <inheritdoc cref="BatchNorm"/>
    public static (Tensor Output, Tensor SaveMean, Tensor SaveInvStd) NativeBatchNorm(Tensor input, Tensor? weight, Tensor? bias,
        Tensor? runningMean, Tensor? runningVar, bool training, double momentum, double eps)
    {
        long channels = input.Rank > 1 ? input.layout.shape[1] : 0;
        CheckChannels("running_mean", runningMean, channels, !training);
        CheckChannels("running_var", runningVar, channels, !training);
        CheckChannels("weight", weight, channels, false);
        CheckChannels("bias", bias, channels, false);
        Tensor[] y = NormalizeBatch(input, weight, bias, runningMean, runningVar, training, momentum, eps);
        DType stats = (weight ?? bias ?? runningMean ?? runningVar)?.dtype ?? input.dtype;
        return training ? (y[0], y[1].To(stats), y[2].To(stats)) : (y[0], Tensor.Zeros([0], stats), Tensor.Zeros([0], stats));
    }

    private static Tensor[] NormalizeBatch(Tensor x, Tensor? weight, Tensor? bias, Tensor? mean, Tensor? var, bool training,
        double momentum, double eps)
    {
        if (x.Rank == 1 && x.NumElements == 0) return [x.Clone(), Tensor.Zeros([0], x.dtype), Tensor.Zeros([0], x.dtype)];
        if (x.Rank < 2) Throw.Shapes($"batch_norm: Expected 2 or more dimensions (batch and channels first), but got {x.Shape}.");
        CheckMixed("batch_norm", x, weight, bias, mean, var);
        if (training)
        {
            // All that can fail comes before the first write.
            if (mean?.layout.MayOverlap == true || var?.layout.MayOverlap == true) Throw.OverlappingWrite("batch_norm");
        }
        Ops.Normalize op = new(Ops.NormKind.Batch, x.Rank, 0, eps, !training, weight is not null, bias is not null);
        List<Tensor> operands = [x];
        if (!training) operands.AddRange([mean!.Detach().Reshape([-1]), var!.Detach().Reshape([-1])]);
        if (weight is not null) operands.Add(weight.Rank == 1 ? weight : weight.Reshape([-1]));
        if (bias is not null) operands.Add(bias.Rank == 1 ? bias : bias.Reshape([-1]));
        Tensor[] y = Op.Apply(op, [.. operands]);
        if (!training || x.NumElements == 0) return y;
        using GradScope mode = Autograd.NoGrad();
        double n = Positions(x, 1);
        if (mean is not null) Move(mean, y[1], momentum);
        if (var is not null) Move(var, y[3] * (n / (n - 1)), momentum);
        return y;
    }

    /// <summary>old = (1 - momentum) old + momentum new.</summary>
    private static void Move(Tensor old, Tensor now, double momentum) =>
        old.Become((old.To(now.dtype) * (1 - momentum) + (now * momentum).Reshape(old.Shape)).To(old.dtype));

    /// <summary>The product of all sizes but that of one dimension.</summary>
    private static long Positions(Tensor x, int but)
    {
        long n = 1;
        for (int d = 0; d < x.Rank; d++)
            if (d != but) n *= x.layout.shape[d];
        return n;
    }

    private static void CheckChannels(string name, Tensor? t, long channels, bool required)
    {
        if (t is null && required)
            Throw.State($"{name} must be defined in evaluation mode: without training, the running statistics are what is used.");
        if (t is not null && t.NumElements != channels)
            Throw.Shapes($"{name} should contain {channels} elements not {t.NumElements}: one per channel, the input's dimension 1.");
    }

    /// <summary>Parameters have the input's dtype; those of a 16-bit input may all be float32.</summary>
    private static void CheckMixed(string kernel, Tensor x, params ReadOnlySpan<Tensor?> parameters)
    {
        if (!x.dtype.IsFloatingPoint()) Throw.NotImplementedFor(kernel, x.dtype);
        DType? first = null;
        foreach (Tensor? p in parameters) first ??= p?.dtype;
        if (first is null) return;
        bool mixed = first != x.dtype;
        foreach (Tensor? p in parameters)
        {
            if (p is null) continue;
            if (mixed && p.dtype != DType.Float32) Throw.Types("mixed dtype (CPU): expect parameter to have scalar type of Float: the " +
                $"input is {x.dtype.Name()}, a parameter {p.dtype.Name()}.");
            if (!mixed && p.dtype != x.dtype) Throw.Types($"expected scalar type {x.dtype.ScalarName()} but found " +
                $"{p.dtype.ScalarName()}: the parameters must have one dtype.");
        }
        if (mixed && x.dtype.Accumulator() == x.dtype) Throw.Types("mixed dtype (CPU): all inputs must share same datatype: the input is " +
            $"{x.dtype.Name()}, the parameters float32.");
    }

    /// <summary>(x - mean) / √(var + eps) · w + b with the mean and variance over the last dimensions.</summary>
    /// <param name="input">x, whose last dimensions are the normalised shape.</param>
    /// <param name="normalizedShape">The sizes of those dimensions.</param>
    /// <param name="weight">w, of the normalised shape.</param>
    /// <param name="bias">b, of the normalised shape.</param>
    /// <param name="eps">Is added to the variance.</param>
    /// <remarks>Of float16 and bfloat16, weight and bias may be float32. J. Ba et al., Layer Normalization, 2016.</remarks>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes do not fit, or are not floating point.</exception>
    public static Tensor LayerNorm(Tensor input, Shape normalizedShape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
        NormalizeLayer(input, normalizedShape, weight, bias, eps)[0];

    /// <summary>As <see cref="LayerNorm"/>; also returns the means and 1 / √(var + eps), with the normalised dimensions of size
    /// 1.</summary>
    /// <inheritdoc cref="LayerNorm"/>
    public static (Tensor Output, Tensor Mean, Tensor Rstd) NativeLayerNorm(Tensor input, Shape normalizedShape, Tensor? weight,
        Tensor? bias, double eps)
    {
        Tensor[] y = NormalizeLayer(input, normalizedShape, weight, bias, eps);
        DType stats = (weight ?? bias)?.dtype ?? input.dtype;
        return (y[0], y[1].To(stats), y[2].To(stats));
    }

    private static Tensor[] NormalizeLayer(Tensor x, Shape shape, Tensor? weight, Tensor? bias, double eps)
    {
        CheckNormalized(x, shape, weight, bias);
        CheckMixed("LayerNormKernelImpl", x, weight, bias);
        Ops.Normalize op = new(Ops.NormKind.Layer, x.Rank, shape.Count, eps, false, weight is not null, bias is not null);
        return Affine(op, x, weight, bias);
    }

    private static Tensor[] Affine(Ops.Normalize op, Tensor x, Tensor? weight, Tensor? bias) => (weight, bias) switch
    {
        (null, null) => Op.Apply(op, x),
        (null, _) => Op.Apply(op, x, bias),
        (_, null) => Op.Apply(op, x, weight),
        _ => Op.Apply(op, x, weight, bias),
    };

    private static void CheckNormalized(Tensor x, Shape shape, Tensor? weight, Tensor? bias)
    {
        int k = shape.Count;
        if (k == 0) Throw.Shapes("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got " +
            "normalized_shape = []");
        if (weight is not null && weight.Shape != shape) Throw.Shapes("Expected weight to be of same shape as normalized_shape, but got " +
            $"weight of shape {weight.Shape} and normalized_shape = {shape}");
        if (bias is not null && bias.Shape != shape) Throw.Shapes("Expected bias to be of same shape as normalized_shape, but got " +
            $"bias of shape {bias.Shape} and normalized_shape = {shape}");
        if (x.Rank < k || !x.layout.shape.AsSpan(x.Rank - k).SequenceEqual(shape.AsSpan()))
            Throw.Shapes($"Given normalized_shape={shape}, expected input with shape [*, {string.Join(", ", shape)}], but got input of " +
                $"size{x.Shape}");
    }

    /// <summary>(x - mean) / √(var + eps) · w + b with the mean and variance over each group of neighbouring channels of an item.</summary>
    /// <param name="input">x: [N, C, ...].</param>
    /// <param name="numGroups">The number of groups, which divides C.</param>
    /// <param name="weight">w: [C].</param>
    /// <param name="bias">b: [C].</param>
    /// <param name="eps">Is added to the variance.</param>
    /// <remarks>Of float16 and bfloat16, weight and bias may be float32. Y. Wu, K. He, Group Normalization, 2018.</remarks>
    /// <exception cref="ShapeException">The sizes do not fit, or a group has but one value.</exception>
    /// <exception cref="DTypeException">The dtypes do not fit, or are not floating point.</exception>
    public static Tensor GroupNorm(Tensor input, long numGroups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5)
    {
        if (input.Rank < 2) Throw.Shapes($"Expected at least 2 dimensions for input tensor but received {input.Rank}");
        if (numGroups <= 0) Throw.Range(nameof(numGroups), numGroups, $"Expected num groups to be greater than 0, got {numGroups}");
        CheckGroups(input, numGroups, weight, bias);
        CheckMixed("GroupNormKernelImpl", input, weight, bias);
        Ops.Normalize op = new(Ops.NormKind.Group, input.Rank, (int)Math.Min(numGroups, int.MaxValue), eps, false, weight is not null,
            bias is not null);
        return Affine(op, input, weight, bias)[0];
    }

    private static void CheckGroups(Tensor x, long groups, Tensor? weight, Tensor? bias)
    {
        long[] s = x.layout.shape;
        long[] seen = [s[0] * s[1] / groups, groups, .. s[2..]];
        if (seen[0] * Layout.Elements(s.AsSpan(2)) == 1)
            Throw.Shapes($"Expected more than 1 value per channel when training, got input size {new Shape(seen)}: the variance of one " +
                $"value is 0. group_norm: input {x.Shape}, {groups} groups.");
        if (s[1] % groups != 0) Throw.Shapes("Expected number of channels in input to be divisible by num_groups, but got input of shape " +
            $"{x.Shape} and num_groups={groups}");
        foreach ((string name, Tensor? t) in (ReadOnlySpan<(string, Tensor?)>)[("weight", weight), ("bias", bias)])
            if (t is not null && (t.Rank != 1 || t.NumElements != s[1])) Throw.Shapes($"Expected {name} to be a vector of size equal " +
                $"to the number of channels in input, but got {name} of shape {t.Shape} and input of shape {x.Shape}");
    }

    /// <summary>(x - mean) / √(var + eps) · w + b with the mean and variance over all positions of each channel of each item.</summary>
    /// <param name="input">x: [N, C, ...].</param>
    /// <param name="runningMean">Means of the channels, [C]: used without input statistics, else moved towards them.</param>
    /// <param name="runningVar">Variances of the channels, [C], likewise.</param>
    /// <param name="weight">w: [C].</param>
    /// <param name="bias">b: [C].</param>
    /// <param name="useInputStats">Use the input's own statistics.</param>
    /// <param name="momentum">How far the running statistics move.</param>
    /// <param name="eps">Is added to the variance.</param>
    /// <remarks>D. Ulyanov et al., Instance Normalization, 2016: the batch norm of [1, N·C, ...].</remarks>
    /// <exception cref="ShapeException">The sizes do not fit, or a channel has but one position.</exception>
    /// <exception cref="DTypeException">The dtypes do not fit, or are not floating point.</exception>
    public static Tensor InstanceNorm(Tensor input, Tensor? runningMean = null, Tensor? runningVar = null, Tensor? weight = null,
        Tensor? bias = null, bool useInputStats = true, double momentum = 0.1, double eps = 1e-5)
    {
        if (useInputStats && (input.Rank < 2 || Layout.Elements(input.layout.shape.AsSpan(2)) == 1))
            Throw.Shapes($"Expected more than 1 spatial element when training, got input size torch.Size({input.Shape}): the variance " +
                "of one value is 0.");
        if (!useInputStats && (runningMean is null || runningVar is null))
            Throw.State("Expected running_mean and running_var to be defined when use_input_stats is false");
        if (input.Rank < 2)
            Throw.Shapes($"instance_norm: Expected 2 or more dimensions (batch and channels first), but got {input.Shape}.");
        long n = input.layout.shape[0], c = input.layout.shape[1];
        if (useInputStats && (runningMean?.layout.MayOverlap == true || runningVar?.layout.MayOverlap == true))
            Throw.OverlappingWrite("instance_norm");
        Tensor x = input.Contiguous().Reshape(new Shape([1, n * c, .. input.layout.shape[2..]]));
        Tensor? mean = Repeated(runningMean, n)?.Detach(), var = Repeated(runningVar, n)?.Detach();
        Tensor y = BatchNorm(x, mean, var, Repeated(weight, n), Repeated(bias, n), useInputStats, momentum, eps);
        if (useInputStats && x.NumElements > 0)
        {
            using GradScope mode = Autograd.NoGrad();
            runningMean?.Become(mean!.Reshape(new Shape([n, c])).Mean(0).Reshape(runningMean.Shape));
            runningVar?.Become(var!.Reshape(new Shape([n, c])).Mean(0).Reshape(runningVar.Shape));
        }
        return y.Reshape(input.Shape);
    }

    private static Tensor? Repeated(Tensor? t, long n) => t?.Reshape([-1]).Repeat(new Shape([n]));

    /// <summary>x / √(mean(x²) + eps) · w over the last dimensions.</summary>
    /// <param name="input">x, whose last dimensions are the normalised shape.</param>
    /// <param name="normalizedShape">The sizes of those dimensions.</param>
    /// <param name="weight">w, of the normalised shape.</param>
    /// <param name="eps">Is added to the mean square; by default the distance from 1 to the next larger number of the dtype.</param>
    /// <remarks>B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, 2019.</remarks>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">The input is not floating point.</exception>
    public static Tensor RmsNorm(Tensor input, Shape normalizedShape, Tensor? weight = null, double? eps = null)
    {
        CheckNormalized(input, normalizedShape, weight, null);
        if (!input.dtype.IsDifferentiable()) Throw.NotImplementedFor("rms_norm", input.dtype);
        double small = eps ?? input.dtype switch
        {
            DType.Float16 => 1.0 / (1L << 10),
            DType.BFloat16 => 1.0 / (1L << 7),
            DType.Float32 or DType.Complex64 => 1.0 / (1L << 23),
            _ => 1.0 / (1L << 52),
        };
        int[] last = [.. Enumerable.Range(1, normalizedShape.Count).Select(static d => -d)];
        Tensor y = input.IsComplex ? input * (input.Square().Mean(last, keepDim: true) + small).Rsqrt()
            : Op.Apply(new Ops.Normalize(Ops.NormKind.Rms, input.Rank, normalizedShape.Count, small, false, false, false), input)[0];
        return weight is null ? y : y * weight;
    }

    /// <summary>x / (k + alpha · mean(x²))^beta with the mean over neighbouring channels, zeros beyond the first and last.</summary>
    /// <param name="input">x: [N, C, ...], of 3 or more dimensions.</param>
    /// <param name="size">How many channels: size / 2 before, and (size - 1) / 2 after each.</param>
    /// <param name="alpha">The factor of the mean.</param>
    /// <param name="beta">The exponent.</param>
    /// <param name="k">The constant.</param>
    /// <remarks>A. Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012.</remarks>
    /// <exception cref="ShapeException">The input has fewer than 3 dimensions.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public static Tensor LocalResponseNorm(Tensor input, long size, double alpha = 1e-4, double beta = 0.75, double k = 1)
    {
        if (input.Rank < 3)
            Throw.Shapes($"Expected 3D or higher dimensionality                          input (got {input.Rank} dimensions)");
        if (size <= 0) Throw.Range(nameof(size), size, $"kernel size should be greater than zero, but got kH: {size} kW: 1");
        if (input.NumElements == 0) return input;
        long channels = input.layout.shape[1], before = Math.Min(size / 2, channels), after = Math.Min((size - 1) / 2, channels);
        Tensor squares = input * input;
        // Sums of a window are differences of running sums only where that is exact enough; windows are short, so they are added up.
        long[] pad = new long[2 * (input.Rank - 1)];
        (pad[^2], pad[^1]) = (before, after);
        Tensor padded = squares.ConstantPadNd(new Shape(pad)), sum = padded.Narrow(1, 0, channels);
        for (long i = 1; i <= before + after; i++) sum = sum + padded.Narrow(1, i, channels);
        return input / (sum * (1.0 / size) * alpha + k).Pow(beta);
    }

    /// <summary>x / max(‖x‖ₚ, eps) along a dimension.</summary>
    /// <param name="input">x, floating point.</param>
    /// <param name="p">Which norm.</param>
    /// <param name="dim">The dimensions of a vector; an empty list means all.</param>
    /// <param name="eps">The least divisor.</param>
    /// <exception cref="DTypeException">The input is not floating point.</exception>
    public static Tensor Normalize(Tensor input, double p = 2, Dims? dim = null, double eps = 1e-12)
    {
        if (!input.dtype.IsDifferentiable()) Throw.Types("linalg.vector_norm: Expected a floating point or complex tensor as input. Got " +
            input.dtype.ScalarName());
        Tensor norm = LinAlg.VectorNorm(input, p, dim ?? 1, keepDim: true).ClampMin(eps);
        return input / norm.ExpandAs(input);
    }

    /// <summary>x · y / max(‖x‖ ‖y‖, eps²) along a dimension, each norm not below eps.</summary>
    /// <param name="x1">x.</param>
    /// <param name="x2">y; broadcast with x.</param>
    /// <param name="dim">The dimension of a vector, of the broadcast shape.</param>
    /// <param name="eps">The least norm.</param>
    /// <exception cref="DTypeException">Neither is floating point.</exception>
    public static Tensor CosineSimilarity(Tensor x1, Tensor x2, int dim = 1, double eps = 1e-8)
    {
        DType common = Promotion.Result(x1, x2);
        if (!common.IsFloatingPoint()) Throw.Types("expected common dtype to be floating point, yet common dtype is " +
            $"{common.ScalarName()}: cosine_similarity.");
        Tensor[] pair = Tensor.BroadcastTensors(Real(x1), Real(x2));
        int d = Dims.FromEnd(dim, pair[0].Rank);
        return (Unit(pair[0]) * Unit(pair[1])).Sum(d);

        Tensor Real(Tensor x) => x.dtype.IsFloatingPoint() ? x : x.To(common);

        // As in PyTorch, the limit changes a norm's value, not its gradient.
        Tensor Unit(Tensor x)
        {
            Tensor norm = LinAlg.VectorNorm(x, 2, d, keepDim: true);
            return x / (norm + (norm.ClampMin(eps) - norm).Detach());
        }
    }
}
