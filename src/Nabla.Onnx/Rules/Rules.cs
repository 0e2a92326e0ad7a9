namespace Nabla.Onnx;

/// <summary>
/// How each operation of the library is said in ONNX: one short entry per operation, in files by family. An operation without an entry is
/// refused.
/// </summary>
internal static partial class Rules
{
    /// <summary>Makes the nodes of a call and returns the names of its results; null for one that cannot be had.</summary>
    internal delegate string?[] Rule(GraphBuilder graph, TraceCall[] per);

    internal static readonly Dictionary<Type, Rule> Table = [];

    static Rules()
    {
        Maps();
        Activations();
        Zips();
        Losses();
        Shapes();
        Overwrites();
        Indexing();
        Reductions();
        Products();
        Convolutions();
        Pools();
        Resampling();
        Normalizations();
        Recurrent();
    }

    private static void Many<TOp>(Func<GraphBuilder, Call<TOp>, string?[]> rule) where TOp : struct =>
        Table.Add(typeof(TOp), (g, per) => rule(g, new Call<TOp>(g, per)));

    private static void On<TOp>(Func<GraphBuilder, Call<TOp>, string> rule) where TOp : struct =>
        Table.Add(typeof(TOp), (g, per) =>
        {
            // Of several results the first is what a forward returns.
            string?[] results = new string?[per[0].Y.Length];
            results[0] = rule(g, new Call<TOp>(g, per));
            return results;
        });

    /// <summary>A map, as a formula in its dtype of computation.</summary>
    private static void Map<TOp>(Func<Term, Call<TOp>, Term> formula) where TOp : struct =>
        On<TOp>((g, c) => formula(new Term(g, c.As(0, c.Compute), c.Compute), c).Name);

    /// <summary>A map that is an operator.</summary>
    private static void Map<TOp>(string type) where TOp : struct => Map<TOp>((x, _) => x.Op(type));

    /// <summary>A zip, as a formula in its dtype of computation.</summary>
    private static void Zip<TOp>(Func<Term, Term, Call<TOp>, Term> formula) where TOp : struct =>
        On<TOp>((g, c) => formula(new Term(g, c.As(0, c.Compute), c.Compute), new Term(g, c.As(1, c.Compute), c.Compute), c).Name);

    /// <summary>A zip that is an operator.</summary>
    private static void Zip<TOp>(string type) where TOp : struct => Zip<TOp>((x, y, _) => x.Op(type, y));

    /// <summary>Double precision of a scalar parameter.</summary>
    private static double Number<TOp>(this Call<TOp> c, Func<TOp, Scalar> read) where TOp : struct => c.Get(op => read(op).ToDouble());
}
