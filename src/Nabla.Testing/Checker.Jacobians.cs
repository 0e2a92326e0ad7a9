using static Nabla.Testing.Report;

namespace Nabla.Testing;

internal sealed partial class Checker
{
    /// <summary>For each result, the Jacobian with respect to input i, [result element, input element], by central differences.</summary>
    private double[][,] Numerical(int i)
    {
        double[] values = Doubles(inputs[i]);
        double[][,] jacobians = Empty(values.Length);
        for (int e = 0; e < values.Length; e++)
        {
            double at = values[e];
            values[e] = at + options.Eps;
            double[][] above = Evaluate(i, values);
            values[e] = at - options.Eps;
            double[][] below = Evaluate(i, values);
            values[e] = at;
            for (int o = 0; o < outputs.Length; o++)
                for (int k = 0; k < above[o].Length; k++) jacobians[o][k, e] = (above[o][k] - below[o][k]) / (2 * options.Eps);
        }
        return jacobians;
    }

    private double[][] Evaluate(int i, double[] values)
    {
        Tensor[] x = [.. inputs];
        x[i] = Moved(i, values);
        return Results(x, i);
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
        return Results(x, wanted[0]);
    }

    private Tensor Moved(int i, double[] values) => Tensor.From(values, inputs[i].Shape).To(inputs[i].DType).Detach().RequiresGrad_();

    private double[][] Results(Tensor[] x, int i)
    {
        Tensor[] y = f.Call(x);
        string start = "Expected `func` to return outputs with the same ", moved = $" when inputs are perturbed on index {i} by " +
            $"{Text(options.Eps)}, but got: ";
        if (y.Length != outputs.Length) throw Fail($"{start}number{moved}{outputs.Length} and {y.Length} outputs.");
        for (int o = 0; o < y.Length; o++)
        {
            if (y[o].Shape != outputs[o].Shape) throw Fail($"{start}shape{moved}shapes torch.Size({outputs[o].Shape}) and torch.Size(" +
                $"{y[o].Shape}) for output {o}.");
            if (y[o].DType != outputs[o].DType) throw Fail($"{start}dtype{moved}dtypes torch.{outputs[o].DType.Name()} and torch." +
                $"{y[o].DType.Name()} for output {o}.");
        }
        return [.. y.Select(Doubles)];
    }

    private double[,] Reverse(int o, int i)
    {
        Tensor output = outputs[o];
        double[,] jacobian = new double[output.NumElements, inputs[i].NumElements];
        double[] unit = new double[output.NumElements];
        for (int k = 0; k < unit.Length; k++)
        {
            unit[k] = 1;
            Tensor? g = Autograd.Grad([output], [inputs[i]], [Tensor.From(unit, output.Shape).To(output.DType)], retainGraph: true,
                allowUnused: true)[0];
            unit[k] = 0;
            if (g is null) continue;
            CheckForm(g, i);
            double[] row = Doubles(g);
            for (int e = 0; e < row.Length; e++) jacobian[k, e] = row[e];
        }
        return jacobian;
    }

    private double[][,] Forward(int i)
    {
        double[] unit = new double[inputs[i].NumElements];
        double[][,] jacobians = Empty(unit.Length);
        for (int e = 0; e < unit.Length; e++)
        {
            unit[e] = 1;
            Tensor?[] tangents = Tangents(i, Tensor.From(unit, inputs[i].Shape).To(inputs[i].DType));
            unit[e] = 0;
            for (int o = 0; o < outputs.Length; o++)
            {
                if (tangents[o] is not { } t) continue;
                double[] column = Doubles(t);
                for (int k = 0; k < column.Length; k++) jacobians[o][k, e] = column[k];
            }
        }
        return jacobians;
    }

    private double Backward(int o, double[] u, Tensor[] v)
    {
        Tensor output = outputs[o];
        Tensor?[] g = Autograd.Grad([output], [.. wanted.Select(i => inputs[i])], [Tensor.From(u, output.Shape).To(output.DType)],
            retainGraph: true, allowUnused: true);
        double sum = 0;
        for (int n = 0; n < g.Length; n++)
        {
            if (g[n] is not { } gradient) continue;
            CheckForm(gradient, wanted[n]);
            sum += Dot(Doubles(gradient), Doubles(v[n]));
        }
        return sum;
    }

    private double ForwardSum(int o, double[] u, Tensor[] v)
    {
        double sum = 0;
        for (int n = 0; n < wanted.Length; n++)
            if (Tangents(wanted[n], v[n])[o] is { } t) sum += Dot(Doubles(t), u);
        return sum;
    }

    /// <summary>The results' tangents where input i moves and the others rest.</summary>
    private Tensor?[] Tangents(int i, Tensor tangent)
    {
        Tensor?[] all = new Tensor?[inputs.Length];
        all[i] = tangent;
        Tensor?[] tangents = f.Tangents(all);
        for (int o = 0; o < tangents.Length; o++)
        {
            if (tangents[o] is not { } t) continue;
            if (t.Shape != outputs[o].Shape)
                throw Fail($"Forward AD gradient has incorrect size: output {o} has shape {outputs[o].Shape}, its tangent {t.Shape}.");
            if (options.GradDtypes && t.DType != outputs[o].DType)
                throw Fail($"Forward AD gradient has dtype mismatch. Output {o} is {outputs[o].DType.Name()}, its tangent with " +
                    $"respect to input {i} is {t.DType.Name()}.");
        }
        return tangents;
    }

    private double[][,] Empty(int columns) => [.. outputs.Select(y => new double[y.NumElements, columns])];

    private void CheckForm(Tensor g, int i)
    {
        if (g.Shape != inputs[i].Shape)
            throw Fail($"Analytical gradient has incorrect size: input {i} has shape {inputs[i].Shape}, its gradient {g.Shape}.");
        if (options.GradDtypes && g.DType != inputs[i].DType)
            throw Fail($"Gradient has dtype mismatch: input {i} is {inputs[i].DType.Name()}, its gradient {g.DType.Name()}.");
    }
}
