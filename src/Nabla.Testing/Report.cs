using System.Globalization;

namespace Nabla.Testing;

/// <summary>The texts of reports, and values as numbers.</summary>
internal static class Report
{
    internal const string Batched = "gradcheck or gradgradcheck failed while testing batched gradient computation. The rule is run on a " +
        "batch of gradients, as Func.Vmap does it: write it with operations on tensors, read no values (ToArray, Item), and count " +
        "dimensions from the end. Pass checkBatchedGrad: false if the function is never batched.";

    internal const string BatchedForward = "gradcheck failed while testing batched gradient computation in forward mode. The function " +
        "and its rules are run on a batch of tangents, as Func.Vmap does it: write them with operations on tensors, read no values " +
        "(ToArray, Item), and count dimensions from the end. Pass checkBatchedForwardGrad: false if it is never batched.";

    internal static GradCheckException Fail(string message, Exception? inner = null) => new(message, inner);

    internal static double[] Doubles(Tensor x)
    {
        using GradScope mode = Autograd.NoGrad();
        return x.Detach().To(DType.Float64).ToArray<double>();
    }

    internal static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>A Jacobian as PyTorch prints it: one row per element of the input.</summary>
    internal static Tensor Matrix(double[,] jacobian)
    {
        int rows = jacobian.GetLength(1), columns = jacobian.GetLength(0);
        double[] values = new double[rows * columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) values[r * columns + c] = jacobian[c, r];
        return Tensor.From(values, (rows, columns));
    }

    /// <summary>The name of an element, such as <c>input[1, 2]</c>; a part of a complex tensor is <c>input[1].Imag</c>.</summary>
    internal static string Element(string what, long element, Tensor x, bool complex)
    {
        long[] shape = x.Shape.ToArray(), index = new long[shape.Length];
        for (int d = shape.Length - 1; d >= 0; d--) (element, index[d]) = Math.DivRem(element, shape[d]);
        return complex ? $"{what}[{string.Join(", ", index[..^1])}].{(index[^1] == 0 ? "Real" : "Imag")}"
            : $"{what}[{string.Join(", ", index)}]";
    }

    internal static string Text(double x) => x.ToString("R", CultureInfo.InvariantCulture);
}
