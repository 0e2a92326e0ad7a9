namespace Nabla.Registry;

internal static class TrigonometricRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        ElementRows.Unary("sin", static x => x.Sin(), static x => x.Sin_(), In.Real),
        ElementRows.Unary("cos", static x => x.Cos(), static x => x.Cos_(), In.Real),
        ElementRows.Unary("tan", static x => x.Tan(), static x => x.Tan_(), In.Unit),
        ElementRows.Unary("asin", static x => x.Asin(), static x => x.Asin_(), In.Unit),
        ElementRows.Unary("acos", static x => x.Acos(), static x => x.Acos_(), In.Unit),
        ElementRows.Unary("atan", static x => x.Atan(), static x => x.Atan_(), In.Real),
        ElementRows.Unary("sinh", static x => x.Sinh(), static x => x.Sinh_(), In.Real),
        ElementRows.Unary("cosh", static x => x.Cosh(), static x => x.Cosh_(), In.Real),
        ElementRows.Unary("tanh", static x => x.Tanh(), static x => x.Tanh_(), In.Real, "Tanh", "TanhBackward"),
        ElementRows.Unary("asinh", static x => x.Asinh(), static x => x.Asinh_(), In.Real),
        ElementRows.Unary("acosh", static x => x.Acosh(), static x => x.Acosh_(), static s => In.Between(1.2, 3, s)),
        ElementRows.Unary("atanh", static x => x.Atanh(), static x => x.Atanh_(), In.Unit),
        ElementRows.Binary("atan2", static (x, y) => x.Atan2(y), static (x, y) => x.Atan2_(y), In.NonZero, In.Real2),
        ElementRows.Unary("deg2rad", static x => x.Deg2Rad(), static x => x.Deg2Rad_(), In.Real, "Scale"),
        ElementRows.Unary("rad2deg", static x => x.Rad2Deg(), static x => x.Rad2Deg_(), In.Real, "Scale"),
    ];
}
