namespace Nabla.Tests.Errors;

/// <summary>Writes through views, and writes that the graph cannot follow.</summary>
[Collection(ErrorCollection.Name)]
public sealed class ViewsAndInPlace
{
    private const string Many = "unsupported operation: more than one element of the written-to tensor refers to a single memory " +
        "location. Please clone() the tensor before performing the operation.";
    private const string Some = "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single " +
        "memory location. Please clone() the tensor before performing the operation.";
    private const string LeafWords = "a leaf Variable that requires grad is being used in an in-place operation.";
    private const string ViewOfLeaf = "a view of a leaf Variable that requires grad is being used in an in-place operation.";
    private const string MultiView = "Output 0 of UnbindBackward0 is a view and is being modified inplace. This view is the output of a " +
        "function that returns " +
        "multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation " +
            "by an out-of-place one.";
    private const string NoGradView = "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given " +
        "that this use case is " +
        "ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both " +
            "inside the no_grad block " +
        "(if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).";
    private const string Modified = "one of the variables needed for gradient computation has been modified by an inplace operation: " +
        "[torch.FloatTensor [3]]";

    public static readonly ErrorTable Table = new()
    {
        { "V01 add", Kinds.State, Many, s => s.F(3).Expand([2, 3]).Add_(1), "Clone" },
        { "V01 exp", Kinds.State, Many, s => s.F(3).Expand([2, 3]).Exp_() },
        { "V01 zero", Kinds.State, Many, s => s.F(3).Expand([2, 3]).Zero_() },
        { "V01 fill", Kinds.State, Many, s => s.F(3).Expand([2, 3]).Fill_(1) },
        { "V01 copy", Kinds.State, Many, s => s.F(3).Expand([2, 3]).Copy_(s.F(2, 3)) },
        { "V01 strided", Kinds.State, Many, s => s.F(4).AsStrided([2, 3], [1, 1]).Add_(1) },
        { "V01 assign", Kinds.State, Many, s => s.F(1).Expand(4)[1..3] = s.F(2) },
        { "V01 scatter", Kinds.State, Many, s => s.F(1).Expand(3).Scatter_(0, s.L(0), 1.0) },
        { "V01 index put", Kinds.State, Many, s => s.F(1).Expand(3).IndexPut_([s.L(0)], s.F(1)) },
        { "V01 index add", Kinds.State, Many, s => s.F(1).Expand(3).IndexAdd_(0, s.L(0), s.F(1)) },
        { "V01 masked fill", Kinds.State, Many, s => s.F(1).Expand(3).MaskedFill_(s.Of(DType.Bool, 3), 1) },
        { "V01 normal", Kinds.State, Many, s => s.F(1).Expand(3).Normal_() },
        { "V01 tril", Kinds.State, Many, s => s.F(1).Expand([3, 3]).Tril_() },
        { "V01 addmm", Kinds.State, Many, s => s.F(1).Expand([3, 3]).AddMm_(s.F(3, 3), s.F(3, 3)) },
        { "V01 cumsum", Kinds.State, Many, s => s.F(1).Expand(3).CumSum_(0) },
        { "V01 span", Kinds.State, "AsSpan needs contiguous memory, and this tensor has strides [0]: use Contiguous() first.",
            s => s.F(1).Expand(3).AsWritableSpan<float>().Length, "Contiguous" },
        { "V02 copy", Kinds.State, Some, s => { Tensor x = s.F(5); return x[1..].Copy_(x[..4]); } },
        { "V02 add", Kinds.State, Some, s => { Tensor x = s.F(5); return x[1..].Add_(x[..4]); } },
        { "V02 transposed copy", Kinds.State, Some, s => { Tensor x = s.F(2, 2); return x.Copy_(x.Transpose(0, 1)); } },
        { "V02 transposed add", Kinds.State, Some, s => { Tensor x = s.F(2, 2); return x.Add_(x.Transpose(0, 1)); } },
        { "V02 assign", Kinds.State, Some, s => { Tensor x = s.F(5); return x[1..] = x[..4]; } },
        { "V02 apart", "tensor([0.5000, 1.5000, 0.5000, 1.5000])", _ =>
            { Tensor x = Tensor.From([0.5f, 1.5f, 2.5f, 3.5f]); x[2..].Copy_(x[..2]); return x; } },
        { "V02 interleaved", "tensor([0.5000, 0.5000, 2.5000, 2.5000])", _ =>
            { Tensor x = Tensor.From([0.5f, 1.5f, 2.5f, 3.5f]); x[(1.., 2)].Copy_(x[(.., 2)]); return x; } },
        { "V03", "tensor([0.5000, 1.5000])", s => { Tensor x = s.F(2); return x.Copy_(x); } },
        { "V04 leaf", Kinds.Graph, LeafWords, s => s.Leaf(3).Add_(1), "NoGrad" },
        { "V04 multiply", Kinds.Graph, LeafWords, s => s.Leaf(3).Mul_(s.F(3)) },
        { "V04 zero", Kinds.Graph, LeafWords, s => s.Leaf(3).Zero_() },
        { "V04 copy", Kinds.Graph, LeafWords, s => s.Leaf(3).Copy_(s.F(3)) },
        { "V04 view", Kinds.Graph, ViewOfLeaf, s => s.Leaf(3)[..1].Add_(1) },
        { "V04 assign", Kinds.Graph, "a view of a leaf Variable that requires grad is being used in an in-place operation.",
            s => s.Leaf(3)[0] = 1.0,
            "leaf Variable that requires grad is being used in an in-place operation." },
        { "V04 reshaped", Kinds.Graph, ViewOfLeaf, s => s.Leaf(3).View(3).Zero_() },
        { "V04 span", Kinds.Graph, "a leaf Variable that requires grad is being used in an in-place operation.",
            s => s.Leaf(3).AsWritableSpan<float>().Length, "requires grad" },
        { "V04 scatter", Kinds.Graph, LeafWords, s => s.Leaf(3).Scatter_(0, s.L(0), 1.0) },
        { "V04 random", Kinds.Graph, LeafWords, s => s.Leaf(3).Uniform_() },
        { "V04 several views", Kinds.Graph, MultiView, s => (s.Leaf(3) * 2).Unbind()[0].Add_(1) },
        { "V04 no grad view", Kinds.Graph, NoGradView, s => Viewed(s, s.Leaf(3) * 2) },
        { "V05", Kinds.Graph, Modified + ", which is output 0 of AddBackward0, is at version 1; expected version 0 instead.", s =>
            { Tensor x = s.Leaf(3), y = s.Keep(x.Exp()); y.Add_(1); Tensor z = s.Keep(y.Sum()); s.Ready(); z.Backward(); return z; } },
        { "V06", Kinds.Graph, Modified + " is at version 1; expected version 0 instead.", s =>
            { Tensor x = s.Leaf(3), y = s.Keep((x * x).Sum()); using (Autograd.NoGrad()) x.Add_(1); s.Ready(); y.Backward(); return y; } },
        { "V07", Kinds.Graph, Modified + ", which is output 0 of ExpBackward0, is at version 1; expected version 0 instead.", s =>
            {
                Tensor x = s.Leaf(3), y = s.Keep(x.Exp());
                y.Detach().Add_(1);
                Tensor z = s.Keep(y.Sum());
                s.Ready();
                z.Backward();
                return z;
            } },
        { "V08", Kinds.Graph, Modified, s =>
            {
                Tensor x = s.Leaf(3), y = s.Keep(x.Exp());
                y.Detach().AsWritableSpan<float>()[0] = 1;
                Tensor z = s.Keep(y.Sum());
                s.Ready();
                z.Backward();
                return z;
            } },
        { "V09", "7", _ => { ReadOnlySpan<float> kept = Temporary(); GC.Collect(); GC.WaitForPendingFinalizers(); return kept[0]; } },
        { "V13", "tensor([2.5000, 3.5000])", _ => { Tensor v = Tensor.From([0.5f, 1.5f, 2.5f, 3.5f])[2..]; GC.Collect(); return v; } },
        { "V15", "tensor([2., 3.]); tensor([4., 2.])", s =>
            { Tensor x = s.Leaf(2), y = x * 2; y[..1].Mul_(2); y.Sum().Backward(); return (y.Detach(), x.Grad); } },
        { "V view of view", Kinds.State, "view size is not compatible with input tensor's size and stride (at least one " +
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead.", s =>
            s.F(4, 4)[.., ..2].View(-1), "Reshape" },
        { "V span", Kinds.State, "AsSpan needs contiguous memory, and this tensor has strides [1, 3]: use Contiguous() first.",
            s => s.F(2, 3).Transpose(0, 1).AsSpan<float>().Length, "Contiguous" },
    };

    private static Tensor Viewed(Scene s, Tensor y)
    {
        Tensor view;
        using (Autograd.NoGrad()) view = y[..1];
        s.Keep(y);
        return view.Add_(1);
    }

    private static ReadOnlySpan<float> Temporary() => Tensor.Full(3, 7.0).AsSpan<float>();

    public static TheoryData<string> Rows => Table.Errors;

    public static TheoryData<string> Legal => Table.Results;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Theory, MemberData(nameof(Legal))]
    public void Gives_a_result(string row) => Table.Check(row);
}
