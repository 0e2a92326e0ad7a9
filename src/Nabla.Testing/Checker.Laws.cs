using static Nabla.Testing.Report;

namespace Nabla.Testing;

/// <summary>What holds of every derivative, whatever its value.</summary>
internal sealed partial class Checker
{
    private void CheckRepeats()
    {
        Tensor?[] first = Gradients(static y => Tensor.OnesLike(y)), second = Gradients(static y => Tensor.OnesLike(y));
        for (int n = 0; n < first.Length; n++)
        {
            if (first[n] is not { } a || second[n] is not { } b) continue;
            CheckForm(a, wanted[n]);
            double[] x = Doubles(a), y = Doubles(b);
            for (int e = 0; e < x.Length; e++)
            {
                if (x[e].Equals(y[e]) || Math.Abs(x[e] - y[e]) <= options.NondetTol) continue;
                throw Fail("Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives " +
                    "different values, although analytical gradient matches numerical gradient. The tolerance for nondeterminism was " +
                    $"{Text(options.NondetTol)}. The gradient of {Element($"input {wanted[n]}", e, a, f.ComplexInput[wanted[n]])} was " +
                    $"{Text(x[e])}, then {Text(y[e])}; if that is expected, raise nondetTol.");
            }
        }
    }

    private void CheckZero()
    {
        Tensor?[] gradients = Gradients(static y => Tensor.ZerosLike(y));
        for (int n = 0; n < gradients.Length; n++)
        {
            if (gradients[n] is not { } g) continue;
            int i = wanted[n];
            if (Array.Exists(Doubles(g), static d => d != 0 && !double.IsNaN(d)))
                throw Fail($"backward not multiplied by grad_output: with a gradient of zeros, input {i} has a gradient that is not zero.");
            if (g.DType != inputs[i].DType)
                throw Fail($"grad is incorrect type: input {i} is {inputs[i].DType.Name()}, its gradient {g.DType.Name()}.");
            if (g.Shape != inputs[i].Shape)
                throw Fail($"grad is incorrect size: input {i} has shape {inputs[i].Shape}, its gradient {g.Shape}.");
        }
    }

    private Tensor?[] Gradients(Func<Tensor, Tensor> seed)
    {
        Tensor[] roots = [.. outputs.Where((_, o) => smooth[o])];
        return Gradients(roots, [.. roots.Select(y => seed(y.Detach()))]);
    }

    private Tensor?[] Gradients(Tensor[] roots, Tensor[] seeds, bool batched = false) => Autograd.Grad(roots,
        [.. wanted.Select(i => inputs[i])], seeds, retainGraph: true, allowUnused: true, isGradsBatched: batched);

    /// <summary>No gradient for one result must be the same as a gradient of zeros.</summary>
    private void CheckUndefined()
    {
        int[] all = [.. Enumerable.Range(0, outputs.Length).Where(o => smooth[o])];
        Directions directions = new(29);
        Tensor[] seeds = [.. outputs.Select(y => directions.Like(y.Detach()))];
        foreach (int o in all)
        {
            if (all.Length == 1) return;
            int[] rest = [.. all.Where(p => p != o)];
            Tensor?[] expected = Gradients([.. all.Select(p => outputs[p])], [.. all.Select(p => p == o ? Tensor.ZerosLike(seeds[p])
                : seeds[p])]);
            Tensor?[] actual;
            try { actual = Gradients([.. rest.Select(p => outputs[p])], [.. rest.Select(p => seeds[p])]); }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw Fail($"Expected backward function to handle undefined output grads. Output {o} got no gradient, so that its " +
                    $"entry of the rule's gradients was null, and the rule failed: {e.Message}", e);
            }
            for (int n = 0; n < expected.Length; n++)
                if (!Same(actual[n], expected[n]))
                    throw Fail("Expected backward function to handle undefined output grads. Without a gradient of output " +
                        $"{o}, the gradient of input {wanted[n]} is\n{Show(actual[n])}\nand with one of zeros\n{Show(expected[n])}");
        }
    }

    /// <summary>No tangent of one input must be the same as a tangent of zeros.</summary>
    private void CheckUndefinedTangents()
    {
        if (wanted.Length == 1) return;
        Directions directions = new(31);
        Tensor?[] tangents = [.. inputs.Select(x => x.RequiresGrad ? directions.Like(x.Detach()) : null)];
        foreach (int i in wanted)
        {
            Tensor? whole = tangents[i];
            tangents[i] = Tensor.ZerosLike(inputs[i].Detach());
            Tensor?[] expected = f.Tangents(tangents), actual;
            tangents[i] = null;
            try { actual = f.Tangents(tangents); }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw Fail($"Mismatch in tangent values: input {i} has an undefined tangent value, so that its entry of the rule's " +
                    $"tangents was null, and the rule failed: {e.Message}", e);
            }
            tangents[i] = whole;
            for (int o = 0; o < outputs.Length; o++)
                if (!Same(actual[o], expected[o]))
                    throw Fail($"Mismatch in tangent values for output with index: {o} when input: {i} has an undefined tangent value. " +
                        $"Got: {Show(actual[o])} but expected: {Show(expected[o])}");
        }
    }

    /// <summary>A batch of gradients must give what its members give one by one.</summary>
    private void CheckBatched()
    {
        Directions directions = new(37);
        for (int o = 0; o < outputs.Length; o++)
        {
            if (!smooth[o]) continue;
            Tensor a = directions.Like(outputs[o].Detach()), b = directions.Like(outputs[o].Detach());
            Tensor?[] first = Gradients([outputs[o]], [a]), second = Gradients([outputs[o]], [b]), batch;
            try { batch = Gradients([outputs[o]], [Tensor.Stack([a, b])], batched: true); }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw Fail($"While computing batched gradients, got: {e.Message}\n\n{Batched}", e);
            }
            for (int n = 0; n < first.Length; n++) CompareBatch(batch[n], first[n], second[n], o, wanted[n], Batched);
        }
    }

    /// <summary>A batch of tangents must give what its members give one by one.</summary>
    private void CheckBatchedTangents()
    {
        Directions directions = new(41);
        foreach (int i in wanted)
        {
            Tensor a = directions.Like(inputs[i].Detach()), b = directions.Like(inputs[i].Detach());
            Tensor?[] first = One(a), second = One(b);
            Tensor[] batch;
            try { batch = Func.Vmap<Tensor, Tensor[]>(t => [.. One(t).OfType<Tensor>()])(Tensor.Stack([a, b])); }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw Fail($"While computing batched gradients, got: {e.Message}\n\n{BatchedForward}", e);
            }
            for (int o = 0, n = 0; o < first.Length; o++)
                if (first[o] is not null) CompareBatch(batch[n++], first[o], second[o], o, i, BatchedForward);

            Tensor?[] One(Tensor tangent)
            {
                Tensor?[] all = new Tensor?[inputs.Length];
                all[i] = tangent;
                return f.Tangents(all);
            }
        }
    }

    private void CompareBatch(Tensor? batch, Tensor? first, Tensor? second, int o, int i, string advice)
    {
        Tensor? expected = first is null || second is null ? null : Tensor.Stack([first.Detach(), second.Detach()]);
        if (Same(batch, expected)) return;
        throw Fail($"For output {o} and input {i}:\n\n{advice}\n\nGot:\n{Show(batch)}\n\nExpected:\n{Show(expected)}");
    }

    /// <summary>Equal but for rounding; null is zero.</summary>
    private static bool Same(Tensor? actual, Tensor? expected)
    {
        if (actual is not null && expected is not null && actual.Shape != expected.Shape) return false;
        double[]? a = actual is null ? null : Doubles(actual), b = expected is null ? null : Doubles(expected);
        for (int e = 0; e < (a ?? b ?? []).Length; e++)
        {
            double x = a?[e] ?? 0, y = b?[e] ?? 0;
            if (!x.Equals(y) && !(Math.Abs(x - y) <= 1e-8 + 1e-5 * Math.Abs(y))) return false;
        }
        return true;
    }

    private static string Show(Tensor? t) => t is null ? "zero (null)" : t.Detach().ToString();
}
