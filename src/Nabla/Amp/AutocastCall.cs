using System.Diagnostics.CodeAnalysis;

namespace Nabla.Amp;

/// <summary>
/// One call of an operation with a rule: its operands are converted, and inside it nothing more is, until it is disposed. Empty if
/// the rules do not hold.
/// </summary>
/// <param name="scope">The scope that holds again afterwards.</param>
internal readonly ref struct AutocastCall(AutocastScope? scope) : IDisposable
{
    private readonly AutocastScope? scope = scope;

    public void Dispose()
    {
        if (scope is not null) Autocast.Exchange(scope);
    }

    internal static AutocastCall Lower(ref Tensor a, ref Tensor b)
    {
        AutocastCall call = Autocast.Begin();
        (a, b) = (call.Lower(a), call.Lower(b));
        return call;
    }

    internal static AutocastCall Lower(ref Tensor a, ref Tensor b, ref Tensor? c)
    {
        AutocastCall call = Autocast.Begin();
        (a, b, c) = (call.Lower(a), call.Lower(b), call.Lower(c));
        return call;
    }

    internal static AutocastCall Raise(ref Tensor a)
    {
        AutocastCall call = Autocast.Begin();
        a = call.Raise(a);
        return call;
    }

    internal static AutocastCall Raise(ref Tensor a, ref Tensor b)
    {
        AutocastCall call = Autocast.Begin();
        (a, b) = (call.Raise(a), call.Raise(b));
        return call;
    }

    internal static AutocastCall Raise(ref Tensor a, ref Tensor b, ref Tensor? c)
    {
        AutocastCall call = Autocast.Begin();
        (a, b, c) = (call.Raise(a), call.Raise(b), call.Raise(c));
        return call;
    }

    internal static AutocastCall Raise(ref Tensor a, ref Tensor b, ref Tensor? c, ref Tensor? d)
    {
        AutocastCall call = Autocast.Begin();
        (a, b, c, d) = (call.Raise(a), call.Raise(b), call.Raise(c), call.Raise(d));
        return call;
    }

    /// <summary>An operand in the scope's 16-bit dtype.</summary>
    [return: NotNullIfNotNull(nameof(x))]
    internal Tensor? Lower(Tensor? x) => x is null || scope is null ? x : scope.Lower(x);

    /// <summary>An operand in float32.</summary>
    [return: NotNullIfNotNull(nameof(x))]
    internal Tensor? Raise(Tensor? x) => x is null || scope is null ? x : AutocastScope.ToFloat32(x);

    /// <summary>Operands in the widest of their dtypes.</summary>
    internal Tensor[] Widest(params IReadOnlyList<Tensor> all)
    {
        Tensor[] x = [.. all];
        if (scope is null) return x;
        DType? widest = scope.DType;
        foreach (Tensor t in x)
        {
            // Of float64 the operation itself makes the best.
            if (t is null || !AutocastScope.Converts(t.DType)) continue;
            if (t.DType == DType.Float32) widest = DType.Float32;
            else if (widest != DType.Float32 && t.DType != scope.DType)
                Throw.Types("Unexpected floating ScalarType in at::autocast::prioritize: an operand is " + t.DType.Name() + " where " +
                    "autocast computes in " + scope.DType.Name() + ". Convert it with To(...).");
        }
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i] is not { } t || !AutocastScope.Converts(t.DType)) continue;
            x[i] = widest == DType.Float32 ? AutocastScope.ToFloat32(t) : scope.Lower(t);
        }
        return x;
    }
}
