using System.Globalization;

namespace Nabla.Testing;

/// <summary>One check: the function, its inputs, and the limits.</summary>
internal sealed class Checker
{
    private readonly Func<Tensor[], Tensor[]> f;
    private readonly Tensor[] inputs;
    private readonly int[] wanted;
    private readonly double eps, atol, rtol, nondetTol;

    internal Checker(Func<Tensor[], Tensor[]> f, IReadOnlyList<Tensor> inputs, double eps, double atol, double rtol, double nondetTol)
    {
        (this.f, this.inputs) = (f, [.. inputs]);
        (this.eps, this.atol, this.rtol, this.nondetTol) = (eps, atol, rtol, nondetTol);
        wanted = [.. Enumerable.Range(0, this.inputs.Length).Where(i => this.inputs[i].RequiresGrad)];
        if (wanted.Length == 0)
            throw new ArgumentException("gradcheck expects at least one input tensor to require gradient, but none of the them have " +
                "requires_grad=True.");
    }

    internal void Run(bool forward, bool backward, bool fast)
    {
        Tensor[] outputs = f([.. inputs]);
        bool[] smooth = [.. outputs.Select(static y => y.RequiresGrad)];
        if (fast) RunFast(outputs, smooth, forward, backward);
        else RunFull(outputs, smooth, forward, backward);
        if (!backward || !smooth.Any(static s => s)) return;
        CheckRepeats(outputs, smooth);
        CheckZero(outputs, smooth);
    }

    // Every element of the Jacobian ------------------------------------------------------------------------------------------------

    private void RunFull(Tensor[] outputs, bool[] smooth, bool forward, bool backward)
    {
        foreach (int i in wanted)
        {
            double[][,] numerical = Numerical(i, outputs);
            for (int o = 0; o < outputs.Length; o++)
            {
                if (!outputs[o].DType.IsFloatingPoint()) continue;
                if (!smooth[o]) CheckConstant(numerical[o], o, i);
                else if (backward) Compare(Reverse(outputs[o], i), numerical[o], outputs[o], o, i, "backward");
            }
            if (!forward) continue;
            double[][,] tangents = Forward(i, outputs);
            for (int o = 0; o < outputs.Length; o++)
                if (outputs[o].DType.IsFloatingPoint()) Compare(tangents[o], numerical[o], outputs[o], o, i, "forward mode");
        }
    }

    /// <summary>For each result, the Jacobian with respect to input i, [result element, input element], by central differences.</summary>
    private double[][,] Numerical(int i, Tensor[] outputs)
    {
        double[] values = Doubles(inputs[i]);
        double[][,] jacobians = Empty(outputs, values.Length);
        for (int e = 0; e < values.Length; e++)
        {
            double at = values[e];
            values[e] = at + eps;
            double[][] above = Evaluate(i, values);
            values[e] = at - eps;
            double[][] below = Evaluate(i, values);
            values[e] = at;
            for (int o = 0; o < outputs.Length; o++)
                for (int k = 0; k < above[o].Length; k++) jacobians[o][k, e] = (above[o][k] - below[o][k]) / (2 * eps);
        }
        return jacobians;
    }

    private double[][] Evaluate(int i, double[] values)
    {
        Tensor[] x = [.. inputs];
        x[i] = Moved(i, values);
        return [.. f(x).Select(Doubles)];
    }

    private Tensor Moved(int i, double[] values) => Tensor.From(values, inputs[i].Shape).To(inputs[i].DType).Detach().RequiresGrad_();

    private double[,] Reverse(Tensor output, int i)
    {
        double[,] jacobian = new double[output.NumElements, inputs[i].NumElements];
        double[] unit = new double[output.NumElements];
        for (int k = 0; k < unit.Length; k++)
        {
            unit[k] = 1;
            Tensor? g = Autograd.Grad([output], [inputs[i]], [Tensor.From(unit, output.Shape).To(output.DType)], retainGraph: true,
                allowUnused: true)[0];
            unit[k] = 0;
            if (g is null) continue;
            CheckShape(g, i);
            double[] row = Doubles(g);
            for (int e = 0; e < row.Length; e++) jacobian[k, e] = row[e];
        }
        return jacobian;
    }

    private double[][,] Forward(int i, Tensor[] outputs)
    {
        double[] unit = new double[inputs[i].NumElements];
        double[][,] jacobians = Empty(outputs, unit.Length);
        for (int e = 0; e < unit.Length; e++)
        {
            unit[e] = 1;
            Tensor tangent = Tensor.From(unit, inputs[i].Shape).To(inputs[i].DType);
            unit[e] = 0;
            for (int o = 0; o < outputs.Length; o++)
            {
                if (!outputs[o].DType.IsFloatingPoint()) continue;
                double[] column = Doubles(Tangent(i, o, tangent));
                for (int k = 0; k < column.Length; k++) jacobians[o][k, e] = column[k];
            }
        }
        return jacobians;
    }

    private Tensor Tangent(int i, int o, Tensor tangent) => Func.Jvp(x =>
    {
        Tensor[] all = [.. inputs];
        all[i] = x;
        return f(all)[o];
    }, inputs[i].Detach(), tangent).Tangent;

    private static double[][,] Empty(Tensor[] outputs, int columns) => [.. outputs.Select(y => new double[y.NumElements, columns])];

    private void Compare(double[,] analytical, double[,] numerical, Tensor output, int o, int i, string mode)
    {
        for (int k = 0; k < numerical.GetLength(0); k++)
        {
            for (int e = 0; e < numerical.GetLength(1); e++)
            {
                if (Close(analytical[k, e], numerical[k, e])) continue;
                throw new GradCheckException($"Jacobian mismatch for output {o} with respect to input {i} ({mode}): " +
                    $"d output[{At(k, output)}] / d input[{At(e, inputs[i])}] is {Text(analytical[k, e])} by {mode} and " +
                        $"{Text(numerical[k, e])} " +
                    $"by differences.\n{Advice(i)}");
            }
        }
    }

    private static void CheckConstant(double[,] numerical, int o, int i)
    {
        foreach (double d in numerical)
            if (d != 0) throw new GradCheckException($"Numerical gradient for function expected to be zero: output {o} requires no " +
                $"gradient but depends on input {i}.");
    }

    // One direction ----------------------------------------------------------------------------------------------------------------

    private void RunFast(Tensor[] outputs, bool[] smooth, bool forward, bool backward)
    {
        Directions directions = new(5);
        Tensor[] v = [.. wanted.Select(i => directions.Like(inputs[i].Detach()))];
        double[][] u = [.. outputs.Select(y => directions.Values(y.NumElements))];
        double[][] above = Along(v, eps), below = Along(v, -eps);
        double[] numerical = [.. outputs.Select((_, o) => Enumerable.Range(0, u[o].Length).Sum(k =>
            u[o][k] * (above[o][k] - below[o][k])) / (2 * eps))];
        for (int o = 0; o < outputs.Length; o++)
        {
            if (!outputs[o].DType.IsFloatingPoint()) continue;
            if (!smooth[o] && numerical[o] != 0)
                throw new GradCheckException($"Numerical gradient for function expected to be zero: output {o} requires no gradient but " +
                    "depends on an input.");
            if (smooth[o] && backward) CompareFast(Backward(outputs[o], u[o], v), numerical[o], o, "backward");
            if (forward) CompareFast(ForwardSum(o, u[o], v), numerical[o], o, "forward mode");
        }
    }

    private double[][] Along(Tensor[] v, double step)
    {
        Tensor[] x = [.. inputs];
        for (int n = 0; n < wanted.Length; n++)
        {
            double[] values = Doubles(inputs[wanted[n]]), direction = Doubles(v[n]);
            for (int e = 0; e < values.Length; e++) values[e] += step * direction[e];
            x[wanted[n]] = Moved(wanted[n], values);
        }
        return [.. f(x).Select(Doubles)];
    }

    private double Backward(Tensor output, double[] u, Tensor[] v)
    {
        Tensor?[] g = Autograd.Grad([output], [.. wanted.Select(i => inputs[i])], [Tensor.From(u, output.Shape).To(output.DType)],
            retainGraph: true, allowUnused: true);
        double sum = 0;
        for (int n = 0; n < g.Length; n++)
        {
            if (g[n] is not { } gradient) continue;
            CheckShape(gradient, wanted[n]);
            sum += Dot(Doubles(gradient), Doubles(v[n]));
        }
        return sum;
    }

    private double ForwardSum(int o, double[] u, Tensor[] v) =>
        Enumerable.Range(0, wanted.Length).Sum(n => Dot(Doubles(Tangent(wanted[n], o, v[n])), u));

    private void CompareFast(double analytical, double numerical, int o, string mode)
    {
        if (Close(analytical, numerical)) return;
        throw new GradCheckException($"Jacobian mismatch for output {o} in one direction ({mode}): {Text(analytical)} by {mode} and " +
            $"{Text(numerical)} " +
            $"by differences. Run without fastMode to see the element.\n{Advice(wanted[0])}");
    }

    // What holds of every backward -------------------------------------------------------------------------------------------------

    private void CheckRepeats(Tensor[] outputs, bool[] smooth)
    {
        Tensor?[] first = Gradients(outputs, smooth, 1), second = Gradients(outputs, smooth, 1);
        for (int n = 0; n < first.Length; n++)
        {
            if (first[n] is not { } a || second[n] is not { } b) continue;
            double[] x = Doubles(a), y = Doubles(b);
            for (int e = 0; e < x.Length; e++)
            {
                if (x[e].Equals(y[e]) || Math.Abs(x[e] - y[e]) <= nondetTol) continue;
                throw new GradCheckException("Backward is not reentrant, i.e., running backward with same input and grad_output " +
                    "multiple times gives " +
                    $"different values, although analytical gradient matches numerical gradient: d input {wanted[n]}[{At(e, a)}] was " +
                        $"{Text(x[e])}, then {Text(y[e])}.");
            }
        }
    }

    private void CheckZero(Tensor[] outputs, bool[] smooth)
    {
        Tensor?[] gradients = Gradients(outputs, smooth, 0);
        for (int n = 0; n < gradients.Length; n++)
        {
            if (gradients[n] is { } g && Doubles(g).Any(static d => d != 0 && !double.IsNaN(d)))
                throw new GradCheckException($"backward not multiplied by grad_output: with a gradient of zeros, input {wanted[n]} has " +
                    "a gradient that is not zero.");
        }
    }

    private Tensor?[] Gradients(Tensor[] outputs, bool[] smooth, double seed)
    {
        Tensor[] roots = [.. outputs.Where((_, o) => smooth[o])];
        return Autograd.Grad(roots, [.. wanted.Select(i => inputs[i])], [.. roots.Select(y => Tensor.FullLike(y.Detach(), seed))],
            retainGraph: true, allowUnused: true);
    }

    // Details ----------------------------------------------------------------------------------------------------------------------

    private void CheckShape(Tensor g, int i)
    {
        if (!g.Shape.ToArray().AsSpan().SequenceEqual(inputs[i].Shape.ToArray()))
            throw new GradCheckException($"grad is incorrect size: input {i} has shape {inputs[i].Shape}, its gradient {g.Shape}.");
        if (g.DType != inputs[i].DType)
            throw new GradCheckException($"grad is incorrect type: input {i} is {inputs[i].DType.Name()}, its gradient {g.DType.Name()}.");
    }

    private bool Close(double analytical, double numerical) => analytical.Equals(numerical)
        || Math.Abs(analytical - numerical) <= atol + rtol * Math.Abs(numerical);

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static double[] Doubles(Tensor x)
    {
        using GradScope mode = Autograd.NoGrad();
        return x.Detach().To(DType.Float64).ToArray<double>();
    }

    private static string At(long element, Tensor x)
    {
        long[] shape = x.Shape.ToArray(), index = new long[shape.Length];
        for (int d = shape.Length - 1; d >= 0; d--) (element, index[d]) = Math.DivRem(element, shape[d]);
        return string.Join(", ", index);
    }

    private string Advice(int i) => inputs[i].DType == DType.Float64
        ? "If f is not smooth there, move the input away from the kink; if the numbers are large, raise eps or rtol."
        : $"Input {i} is {inputs[i].DType.Name()}: differences need float64.";

    private static string Text(double x) => x.ToString("R", CultureInfo.InvariantCulture);
}
