namespace Nabla.Optim;

/// <summary>One step of <see cref="LBFGS"/>: up to max_iter iterations.</summary>
internal sealed class LbfgsStep
{
    private readonly LBFGS owner;
    private readonly ParamGroup group;
    private readonly Func<Tensor> closure;
    private readonly double lr, toleranceChange, toleranceGrad;
    private readonly int historySize;

    // What is remembered from step to step.
    private readonly List<object?> directions, steps, reciprocals;
    private List<object?>? products;
    private long evaluations, iterations;
    private Tensor? direction, previousGrad;
    private object? scale;
    private double length, previousLoss;

    internal LbfgsStep(LBFGS owner, ParamGroup group, Func<Tensor> closure)
    {
        (this.owner, this.group, this.closure) = (owner, group, closure);
        (lr, toleranceChange, toleranceGrad) = (group.Lr, group.Number("tolerance_change"), group.Number("tolerance_grad"));
        historySize = (int)Math.Clamp(group.Integer("history_size"), 0, int.MaxValue);
        ParamState s = owner.Remembered;
        evaluations = StateValue.Integer(s.GetValueOrDefault("func_evals") ?? 0L, "func_evals");
        iterations = StateValue.Integer(s.GetValueOrDefault("n_iter") ?? 0L, "n_iter");
        products = s.TryGetValue("al", out object? al) ? List(al) : null;
        (direction, previousGrad) = (s.Find("d"), s.Find("prev_flat_grad")?.Clone());
        (directions, steps, reciprocals) = (List(s.GetValueOrDefault("old_dirs")), List(s.GetValueOrDefault("old_stps")),
            List(s.GetValueOrDefault("ro")));
        scale = s.GetValueOrDefault("H_diag");
        length = StateValue.Number(s.GetValueOrDefault("t")) ?? 0;
        previousLoss = StateValue.Number(s.GetValueOrDefault("prev_loss")) ?? 0;
    }

    private static List<object?> List(object? items) => items is null ? [] : [.. StateValue.Items(items, "state")];

    internal Tensor Run()
    {
        Tensor first = Evaluate();
        double loss = first.Item();
        long calls = 1, maxIter = group.Integer("max_iter"), maxEval = group.Integer("max_eval");
        evaluations++;
        Tensor grad = owner.FlatGrad();
        bool optimal = Largest(grad) <= toleranceGrad;
        if (optimal)
        {
            Remember();
            return first;
        }
        bool search = group["line_search_fn"] is not null;
        for (long n = 1; n <= maxIter; n++)
        {
            iterations++;
            Direct(grad);
            previousGrad = grad.Clone();
            previousLoss = loss;
            length = iterations == 1 ? Math.Min(1, 1 / grad.Abs().Sum().Item()) * lr : lr;
            double slope = grad.Dot(direction!).Item();
            if (slope > -toleranceChange) break;
            long called = 0;
            if (search)
            {
                Tensor[] start = owner.Values();
                StrongWolfe wolfe = new(t => At(start, t), loss, grad, slope, direction!.Abs().Max().Item(), toleranceChange, direction!);
                (loss, grad, length) = wolfe.Run(length);
                called = wolfe.Evaluations;
                owner.Move(length, direction!);
                optimal = Largest(grad) <= toleranceGrad;
            }
            else
            {
                owner.Move(length, direction!);
                if (n != maxIter)
                {
                    loss = Evaluate().Item();
                    grad = owner.FlatGrad();
                    optimal = Largest(grad) <= toleranceGrad;
                    called = 1;
                }
            }
            calls += called;
            evaluations += called;
            if (n == maxIter || calls >= maxEval || optimal) break;
            if (Largest(direction! * length) <= toleranceChange || Math.Abs(loss - previousLoss) < toleranceChange) break;
        }
        Remember();
        return first;
    }

    private static double Largest(Tensor x) => x.NumElements == 0 ? 0 : x.Abs().Max().Item();

    private Tensor Evaluate()
    {
        using (Autograd.EnableGrad()) return closure();
    }

    /// <summary>Loss and gradient at a distance along the direction; parameters come back.</summary>
    private (double Loss, Tensor Grad) At(Tensor[] start, double t)
    {
        owner.Move(t, direction!);
        double loss = Evaluate().Item();
        Tensor grad = owner.FlatGrad();
        owner.Restore(start);
        return (loss, grad);
    }

    /// <summary>The direction of descent: the gradient times the approximate inverse of the second derivative.</summary>
    private void Direct(Tensor grad)
    {
        if (iterations == 1)
        {
            direction = grad.Neg();
            scale = 1L;
            return;
        }
        Tensor y = grad - previousGrad!, s = direction! * length, ys = y.Dot(s);
        if (ys.Item() > 1e-10)
        {
            if (directions.Count == historySize && historySize > 0)
            {
                directions.RemoveAt(0);
                steps.RemoveAt(0);
                reciprocals.RemoveAt(0);
            }
            directions.Add(y);
            steps.Add(s);
            reciprocals.Add(1.0 / ys);
            scale = ys / y.Dot(y);
        }
        products ??= [.. new object?[historySize]];
        Tensor q = grad.Neg();
        for (int i = directions.Count - 1; i >= 0; i--)
        {
            Tensor al = ((Tensor)steps[i]!).Dot(q) * (Tensor)reciprocals[i]!;
            if (i < products.Count) products[i] = al;
            else products.Add(al);
            q.Add_((Tensor)directions[i]!, -al.Item());
        }
        direction = scale is Tensor h ? q * h : q * StateValue.Number(scale, "H_diag");
        for (int i = 0; i < directions.Count; i++)
        {
            Tensor be = ((Tensor)directions[i]!).Dot(direction) * (Tensor)reciprocals[i]!;
            direction.Add_((Tensor)steps[i]!, ((Tensor)products[i]! - be).Item());
        }
    }

    private void Remember()
    {
        ParamState s = [];
        s["func_evals"] = evaluations;
        s["n_iter"] = iterations;
        if (iterations > 0)
        {
            if (products is not null) s["al"] = products;
            s["d"] = direction;
            s["t"] = length;
            s["old_dirs"] = directions;
            s["old_stps"] = steps;
            s["ro"] = reciprocals;
            s["H_diag"] = scale;
            s["prev_flat_grad"] = previousGrad;
            s["prev_loss"] = previousLoss;
        }
        owner.Remember(s);
    }
}
