using static Nabla.Testing.Report;

namespace Nabla.Testing;

/// <summary>One check: the function, its inputs, and the limits.</summary>
internal sealed partial class Checker
{
    private readonly RealFunction f;
    private readonly Tensor[] inputs, outputs;
    private readonly bool[] smooth;
    private readonly int[] wanted;
    private readonly CheckOptions options;

    internal Checker(Func<Tensor[], Tensor[]> function, IReadOnlyList<Tensor> arguments, CheckOptions options)
    {
        options.Validate();
        this.options = options;
        wanted = [.. Enumerable.Range(0, arguments.Count).Where(i => arguments[i].RequiresGrad)];
        CheckOptions.Demand(wanted.Length > 0, "gradcheck expects at least one input tensor to require gradient, but none of the them " +
            "have requires_grad=True.");
        foreach (int i in wanted) CheckStrides(arguments[i], i);
        f = new(function, arguments);
        (inputs, outputs) = (f.Inputs, f.Outputs);
        smooth = [.. outputs.Select(static y => y.RequiresGrad)];
    }

    private static void CheckStrides(Tensor x, int i)
    {
        if (x.NumElements == 0) return;
        for (int d = 0; d < x.Strides.Length; d++)
            CheckOptions.Demand(x.Strides[d] > 0 || x.Shape[d] <= 1, $"The {i}th input has a dimension with stride 0. gradcheck only " +
                "supports inputs that are non-overlapping to be able to compute the numerical gradients correctly. You should call " +
                ".contiguous on the input before passing it to gradcheck.");
    }

    internal void Run()
    {
        bool backward = options.Backward && Array.IndexOf(smooth, true) >= 0;
        if (backward) CheckRepeats();
        if (options.Fast) RunFast();
        else RunFull();
        if (options.Forward && options.UndefinedGrad) CheckUndefinedTangents();
        if (options.BatchedForwardGrad) CheckBatchedTangents();
        if (!backward) return;
        if (options.BatchedGrad) CheckBatched();
        CheckZero();
        if (options.UndefinedGrad) CheckUndefined();
    }

    // Every element of the Jacobian ------------------------------------------------------------------------------------------------

    private void RunFull()
    {
        foreach (int i in wanted)
        {
            double[][,] numerical = Numerical(i);
            for (int o = 0; o < outputs.Length; o++)
            {
                if (!outputs[o].DType.IsFloatingPoint()) continue;
                if (!smooth[o]) CheckConstant(numerical[o], o, i);
                else if (options.Backward) Compare(Reverse(o, i), numerical[o], o, i, forward: false);
            }
            if (!options.Forward) continue;
            double[][,] tangents = Forward(i);
            for (int o = 0; o < outputs.Length; o++)
                if (outputs[o].DType.IsFloatingPoint()) Compare(tangents[o], numerical[o], o, i, forward: true);
        }
    }

    private void Compare(double[,] analytical, double[,] numerical, int o, int i, bool forward)
    {
        if (Mismatch(analytical, numerical) is not (int k, int e)) return;
        throw Fail($"{Heading(o, i, k, e, forward)}numerical:{Matrix(numerical)}\nanalytical:{Matrix(analytical)}\n" +
            Elements(analytical[k, e], numerical[k, e], o, i, k, e, forward));
    }

    private (int K, int E)? Mismatch(double[,] analytical, double[,] numerical)
    {
        for (int k = 0; k < numerical.GetLength(0); k++)
            for (int e = 0; e < numerical.GetLength(1); e++)
                if (!options.Close(analytical[k, e], numerical[k, e])) return (k, e);
        return null;
    }

    private string Heading(int o, int i, int k, int e, bool forward)
    {
        bool complex = forward ? f.ComplexInput[i] : f.ComplexOutput[o];
        string part = !complex ? "" : $"While considering the {((forward ? e : k) % 2 == 0 ? "real" : "imaginary")} part of complex " +
            $"{(forward ? "inputs" : "outputs")} only, ";
        return $"{part}Jacobian {(forward ? "computed with forward mode " : "")}mismatch for output {o} with respect to input {i},\n";
    }

    private string Elements(double analytical, double numerical, int o, int i, int k, int e, bool forward) =>
        $"d {Element("output", k, outputs[o], f.ComplexOutput[o])} / d {Element("input", e, inputs[i], f.ComplexInput[i])} is " +
        $"{Text(analytical)} by {(forward ? "forward mode" : "backward")} and {Text(numerical)} by differences.\n{Advice(i)}";

    private string Advice(int i) => inputs[i].DType == DType.Float64
        ? "If f is not smooth there, move the input away from the kink; if the numbers are large, raise eps or rtol."
        : $"Input #{i} requires gradient and is not a double precision floating point or complex. This check will likely fail if all the " +
            $"inputs are not of double precision floating point or complex. It is {inputs[i].DType.Name()}: differences need float64.";

    private static void CheckConstant(double[,] numerical, int o, int i)
    {
        foreach (double d in numerical)
            if (d != 0) throw Fail($"Numerical gradient for function expected to be zero: output {o} requires no gradient but depends on " +
                $"input {i}.");
    }

    // One direction ----------------------------------------------------------------------------------------------------------------

    private void RunFast()
    {
        Directions directions = new(5);
        Tensor[] v = [.. wanted.Select(i => directions.Like(inputs[i].Detach()))];
        double[][] u = [.. outputs.Select(y => directions.Values(y.NumElements))];
        double[][] above = Along(v, options.Eps), below = Along(v, -options.Eps);
        for (int o = 0; o < outputs.Length; o++)
        {
            if (!outputs[o].DType.IsFloatingPoint()) continue;
            double numerical = (Dot(u[o], above[o]) - Dot(u[o], below[o])) / (2 * options.Eps);
            if (!smooth[o] && !above[o].AsSpan().SequenceEqual(below[o]))
                throw Fail($"Numerical gradient for function expected to be zero: output {o} requires no gradient but depends on an " +
                    $"input.");
            if (smooth[o] && options.Backward) CompareFast(Backward(o, u[o], v), numerical, o, forward: false);
            if (options.Forward) CompareFast(ForwardSum(o, u[o], v), numerical, o, forward: true);
        }
    }

    /// <summary>If the numbers differ, every element is computed, so that the report can name one.</summary>
    private void CompareFast(double analytical, double numerical, int o, bool forward)
    {
        if (options.Close(analytical, numerical)) return;
        foreach (int i in wanted)
        {
            double[,] exact = Numerical(i)[o], rule = forward ? Forward(i)[o] : Reverse(o, i);
            if (Mismatch(rule, exact) is not (int k, int e)) continue;
            double most = 0;
            for (int r = 0; r < exact.GetLength(0); r++)
                for (int c = 0; c < exact.GetLength(1); c++) most = Math.Max(most, Math.Abs(rule[r, c] - exact[r, c]));
            throw Fail($"{Heading(o, i, k, e, forward)}numerical:{Text(numerical)}\nanalytical:{Text(analytical)}\n\nThe above " +
                $"quantities " +
                "relating the numerical and analytical jacobians are computed in fast mode. Below, we recompute numerical and analytical " +
                $"jacobians in slow mode:\n\nNumerical:\n{Matrix(exact)}\nAnalytical:\n{Matrix(rule)}\n\nThe max per-element difference " +
                $"(slow mode) is: {Text(most)}.\n{Elements(rule[k, e], exact[k, e], o, i, k, e, forward)}");
        }
        throw Fail($"Jacobian {(forward ? "computed with forward mode " : "")}mismatch for output {o} in one direction,\nnumerical:" +
            $"{Text(numerical)}\nanalytical:{Text(analytical)}\n\nFast gradcheck failed but element-wise differences are small. This " +
            $"means that the test might've passed in slow_mode! Pass fastMode: false.\n{Advice(wanted[0])}");
    }
}
