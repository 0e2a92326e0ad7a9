namespace Nabla.Registry;

internal static class RoundingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        ElementRows.Unary("floor", static x => x.Floor(), static x => x.Floor_(), In.Real) with { Errors = NotBool(static x => x.Floor()) },
        ElementRows.Unary("ceil", static x => x.Ceil(), static x => x.Ceil_(), In.Real) with { Errors = NotBool(static x => x.Ceil()) },
        ElementRows.Unary("trunc", static x => x.Trunc(), static x => x.Trunc_(), In.Real) with { Errors = NotBool(static x => x.Trunc()) },
        ElementRows.Unary("frac", static x => x.Frac(), static x => x.Frac_(), In.Real) with { Errors = NotBool(static x => x.Frac()) },
        new("round", static c => c.T(0).Round(c.Int(-1, "decimals", 0)))
        {
            InPlace = static c => c.T(0).Round_(c.Int(-1, "decimals", 0)),
            Samples = static () => [new([In.Real(2, 3)]), new([In.Real()]), new([In.Real(0, 2)]), Places(1), Places(-1)],
            Errors = NotBool(static x => x.Round()),
        },
        new("fill", static c => c.IsNumber(1, "value") ? c.T(0).Fill(c.Number(1, "value")) : c.T(0).Fill(c.T(1, "value")))
        {
            InPlace = static c => c.IsNumber(1, "value") ? c.T(0).Fill_(c.Number(1, "value")) : c.T(0).Fill_(c.T(1, "value")),
            Samples = static () => [new([In.Real(2, 3), 1.5]), new([In.Real(), 2L]), new([In.Real(0, 2), 1.0]),
                new([In.Real(2, 3), In.Real2()])],
            Covers = ["Fill", "FillWith"],
        },
        ElementRows.Unary("zero", static x => x.Clone().Zero_(), static x => x.Zero_(), In.Real,
            "Fill") with { Except = [("allocation", "the row makes a copy")] },
        .. Conversions,
    ];

    private static Call Places(long decimals) => new([In.Between(-30, 30, 2, 3)], new Dictionary<string,
        object?>
    { ["decimals"] = decimals });

    private static (Func<object?> Call, Type Exception, string Message)[] NotBool(Func<Tensor, Tensor> run) =>
        [(() => run(Tensor.Of([true])), typeof(DTypeException), "not implemented for 'Bool'")];

    private static IEnumerable<OpRow> Conversions =>
    [
        Convert("bool", static x => x.Bool()), Convert("byte", static x => x.Byte()), Convert("char", static x => x.Char()),
        Convert("short", static x => x.Short()), Convert("int", static x => x.Int()), Convert("long", static x => x.Long()),
        Convert("half", static x => x.Half()), Convert("bfloat16", static x => x.BFloat16()), Convert("float", static x => x.Float()),
        Convert("double", static x => x.Double()),
        new("to", static c => To(c))
        {
            Samples = static () =>
            [
                new([In.Real(2, 3), DType.Float64]), new([In.Real(2, 3), DType.Float64], new Dictionary<string,
                    object?> { ["copy"] = true }),
                new([In.Real(), DType.Int64]), new([In.Real(0, 2), DType.Bool]), new([In.Real(2, 3), In.Real2(2)]),
            ],
        },
    ];

    private static OpRow Convert(string name, Func<Tensor, Tensor> run) =>
        ElementRows.Unary(name, run, null, name is "byte" ? In.Positive : In.Real, "To") with
        {
            Except = name is "half" or "bfloat16" or "float" ?
        [
            ("grad", "rounding to fewer bits hides finite differences"), ("gradgrad", "rounding to fewer bits hides finite differences"),
            ("forward", "rounding to fewer bits hides finite differences"),
        ] : [],
        };

    /// <summary>PyTorch's three forms: (dtype, non_blocking, copy), (device, dtype, non_blocking, copy), (other, non_blocking,
    /// copy).</summary>
    private static Tensor To(Call c)
    {
        int at = c.Args.Length > 1 && c.Args[1] is string ? 2 : 1;
        bool copy = c.Bool(at + 2, "copy", false);
        return c.Get(at, "other") is Tensor other ? c.T(0).To(other, copy) : c.T(0).To(c.DType(at, "dtype") ?? c.T(0).DType, copy);
    }
}
