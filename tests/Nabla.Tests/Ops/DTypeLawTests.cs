using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Operands of any dtype give a result or one of the documented exceptions, and a result in less precision is float64's,
/// rounded: no kernel takes one type's memory for another's.</summary>
public sealed class DTypeLawTests
{
    public static TheoryData<string> Names => LawRows.Names;

    private static readonly DType[] Types = Enum.GetValues<DType>();

    private static readonly HashSet<Type> Refusals =
    [
        typeof(DTypeException), typeof(ShapeException), typeof(ArgumentException), typeof(ArgumentOutOfRangeException),
        typeof(InvalidOperationException), typeof(AutogradException), typeof(NotSupportedException), typeof(LinAlgException),
        typeof(DivideByZeroException),
    ];

    [Theory, MemberData(nameof(Names))]
    public void Any_dtype_is_served_or_refused(string name)
    {
        OpRow row = LawRows.Get(name);
        foreach (Trial trial in LawRows.Trials(row))
        {
            foreach (DType dtype in Types)
            {
                Try(trial, dtype, [.. trial.Inputs.Select(t => Cast(t, dtype, t.RequiresGrad || t.DType.IsFloatingPoint()))]);
                for (int one = 0; one < trial.Inputs.Length; one++)
                    Try(trial, dtype, [.. trial.Inputs.Select((t, i) => Cast(t, dtype, i == one))]);
            }
        }
    }

    private static readonly (DType DType, double Epsilon)[] Precisions =
        [(DType.Float32, 1e-5), (DType.Float16, 1e-2), (DType.BFloat16, 5e-2)];

    /// <summary>Rows that jump where a number is rounded, or whose eigenvectors have an open sign.</summary>
    private static readonly HashSet<string> Jump = ["histogram", "histogramdd", "linalg.eigh"];

    [Theory, MemberData(nameof(Names))]
    public void Less_precision_gives_the_same_numbers_rounded(string name)
    {
        OpRow row = LawRows.Get(name);
        if (Jump.Contains(name)) return;
        foreach (Trial trial in LawRows.Trials(row))
        {
            foreach ((DType dtype, double epsilon) in Precisions)
            {
                Tensor[] x = [.. trial.Inputs.Select(t => Cast(t, dtype, t.DType.IsFloatingPoint()).Detach())];
                Tensor[] wide = [.. x.Select(t => t.DType == dtype ? t.To(DType.Float64) : t)], y;
                try
                {
                    y = trial.Run(x);
                }
                catch (Exception e) when (Refusals.Contains(e.GetType()))
                {
                    continue;
                }
                Tensor[] z = trial.Run(wide);
                Assert.Equal(z.Length, y.Length);
                for (int i = 0; i < y.Length; i++) Close(Law.Doubles(y[i]), Law.Doubles(z[i]), epsilon, $"{trial.Text} in {dtype.Name()}");
            }
        }
    }

    private static void Close(double[] y, double[] z, double epsilon, string what)
    {
        Assert.Equal(z.Length, y.Length);
        double scale = z.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < y.Length; i++)
            Assert.True(y[i].Equals(z[i]) || Math.Abs(y[i] - z[i]) <= epsilon * (1e-2 + scale), $"{what}: {y[i]} instead of {z[i]}");
    }

    private static Tensor Cast(Tensor t, DType dtype, bool convert)
    {
        Tensor x = convert ? t.Detach().To(dtype) : t.Detach().Clone();
        return t.RequiresGrad && (x.DType.IsFloatingPoint() || x.DType.IsComplex()) ? x.RequiresGrad_() : x;
    }

    private static void Try(Trial trial, DType dtype, Tensor[] x)
    {
        try
        {
            Tensor[] y = trial.RunAsIs(x);
            Tensor[] roots = [.. y.Where(static t => t.RequiresGrad)], leaves = [.. x.Where(static t => t.RequiresGrad)];
            if (roots.Length > 0 && leaves.Length > 0)
                Autograd.Grad(roots, leaves, [.. roots.Select(static r => Tensor.OnesLike(r.Detach()))], allowUnused: true);
        }
        catch (Exception e) when (Refusals.Contains(e.GetType()))
        {
        }
        catch (Exception e)
        {
            Assert.Fail($"{trial.Text} with {string.Join(", ", x.Select(static t => $"{t.DType.Name()} {t.Shape}"))}: {e}");
        }
    }
}
