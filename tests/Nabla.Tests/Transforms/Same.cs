namespace Nabla.Tests.Transforms;

/// <summary>Comparisons that these tests share.</summary>
internal static class Same
{
    internal static Tensor Of(params double[] values) => Tensor.From(values);

    internal static void Values(Tensor? actual, params double[] expected)
    {
        Assert.NotNull(actual);
        double[] values = actual.Detach().To(DType.Float64).ToArray<double>();
        Assert.True(values.Length == expected.Length && values.Zip(expected).All(static p => Math.Abs(p.First - p.Second) <= 1e-9 *
            Math.Max(1, Math.Abs(p.Second))), $"[{string.Join(", ", values)}] instead of [{string.Join(", ", expected)}]");
    }

    internal static void Tensors(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Values(actual, expected.Detach().To(DType.Float64).ToArray<double>());
    }

    /// <summary>The call fails, and its message begins with PyTorch's words.</summary>
    internal static void Fails<TException>(string words, Func<object?> call) where TException : Exception
    {
        TException e = Assert.ThrowsAny<TException>(call);
        Assert.StartsWith(words, e.Message, StringComparison.Ordinal);
    }
}
