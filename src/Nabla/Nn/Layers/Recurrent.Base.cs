using System.Diagnostics.CodeAnalysis;
using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla.Nn;

/// <summary>What the recurrent layers share: weights of layers and directions, checks, and the walk through time.</summary>
/// <typeparam name="TGiven">The initial state, which may be null.</typeparam>
/// <typeparam name="TState">The final state.</typeparam>
/// <remarks>
/// Weights begin uniform in ±1/sqrt(hidden), drawn in the order of the state dict. Hooks see the input as (data, batch sizes, state), where
/// batch sizes are null unless the input is a <see cref="PackedSequence"/>.
/// </remarks>
public abstract class RNNBase<[DynamicallyAccessedMembers(Tree.Needs)] TGiven, [DynamicallyAccessedMembers(Tree.Needs)] TState>
    : Module<Tensor, Tensor?, TGiven, (Tensor Output, TState State)>
{
    private readonly double dropout;

    private protected RNNBase(int gates, long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout,
        bool bidirectional, long projSize, DType? dtype)
    {
        if (!(dropout >= 0 && dropout <= 1))
            Throw.Range(nameof(dropout), dropout, "dropout should be a number in range [0, 1] representing the probability of an element " +
                $"being zeroed, but got {Repr.Of(dropout)}");
        if (hiddenSize <= 0) Throw.Range(nameof(hiddenSize), hiddenSize, $"hidden_size must be greater than zero, but got {hiddenSize}");
        if (numLayers <= 0) Throw.Range(nameof(numLayers), numLayers, $"num_layers must be greater than zero, but got {numLayers}");
        if (projSize < 0)
            Throw.Range(nameof(projSize), projSize, "proj_size should be a positive integer or zero to disable projections, but got " +
                projSize);
        if (projSize >= hiddenSize)
            Throw.Range(nameof(projSize), projSize, $"proj_size has to be smaller than hidden_size: {projSize} and {hiddenSize}");
        this.dropout = dropout;
        (InputSize, HiddenSize, NumLayers, ProjSize) = (inputSize, hiddenSize, numLayers, projSize);
        (HasBias, BatchFirst, Bidirectional) = (bias, batchFirst, bidirectional);
        for (long layer = 0; layer < numLayers; layer++)
            for (int direction = 0; direction < Directions; direction++)
            {
                string end = $"l{layer}{(direction == 1 ? "_reverse" : "")}";
                long width = layer == 0 ? inputSize : OutputSize * Directions;
                Add("weight_ih_" + end, [gates * hiddenSize, width]);
                Add("weight_hh_" + end, [gates * hiddenSize, OutputSize]);
                if (bias) Add("bias_ih_" + end, [gates * hiddenSize]);
                if (bias) Add("bias_hh_" + end, [gates * hiddenSize]);
                if (projSize > 0) Add("weight_hr_" + end, [projSize, hiddenSize]);
            }
        ResetParameters();

        void Add(string name, Shape shape) => RegisterParameter(name, Parameter.Of(Tensor.Empty(shape, dtype: dtype)));
    }

    /// <summary>The size of the input's last dimension.</summary>
    public long InputSize { get; }

    /// <summary>The size of the state's last dimension.</summary>
    public long HiddenSize { get; }

    /// <summary>How many layers lie one on the other.</summary>
    public long NumLayers { get; }

    /// <summary>The size that h is projected to, or 0.</summary>
    public long ProjSize { get; }

    /// <summary>Whether learned vectors are added to the gates.</summary>
    public bool HasBias { get; }

    /// <summary>Whether input and output are (N, L, ...) rather than (L, N, ...).</summary>
    public bool BatchFirst { get; }

    /// <summary>Whether each layer also goes through time backwards.</summary>
    public bool Bidirectional { get; }

    private int Directions => Bidirectional ? 2 : 1;

    private long OutputSize => ProjSize > 0 ? ProjSize : HiddenSize;

    /// <summary>Draws all weights anew.</summary>
    public void ResetParameters()
    {
        double bound = InitBounds.Reciprocal(HiddenSize);
        foreach (Tensor p in Parameters(recurse: false)) Init.Uniform_(p, -bound, bound);
    }

    /// <inheritdoc/>
    protected override string ExtraRepr
    {
        get
        {
            string text = $"{InputSize}, {HiddenSize}";
            if (ProjSize != 0) text += $", proj_size={ProjSize}";
            if (NumLayers != 1) text += $", num_layers={NumLayers}";
            if (!HasBias) text += ", bias=False";
            if (BatchFirst) text += ", batch_first=True";
            if (dropout != 0) text += $", dropout={Repr.Of(dropout)}";
            return Bidirectional ? text + ", bidirectional=True" : text;
        }
    }

    private protected abstract RecurrentKind Kind { get; }

    /// <summary>A state with its items in another order.</summary>
    private protected static Tensor? Order(Tensor? state, Tensor? at) => state is null || at is null ? state : state.IndexSelect(1, at);

    /// <summary>All layers. h and c are null for zeros; a state has a dimension of items only if the input has.</summary>
    private protected (Tensor Output, Tensor H, Tensor? C) Run(Tensor input, Tensor? batchSizes, Tensor? h, Tensor? c, bool cells)
    {
        ArgumentNullException.ThrowIfNull(input);
        AutocastScope? low = Autocast.Active;
        DType dtype = low is null ? Weight("weight_ih_l0", null).DType : input.DType;
        if (batchSizes is null && input.NDim is not (2 or 3))
            Throw.Shapes($"{TypeName}: Expected input to be 2D or 3D, got {input.NDim}D instead");
        bool single = batchSizes is null && input.NDim == 2;
        CheckStateRank(h, c, single);
        if (single) (input, h, c) = (input.Unsqueeze(BatchFirst ? 0 : 1), h?.Unsqueeze(1), c?.Unsqueeze(1));
        if (input.DType != dtype)
            Throw.Types($"input must have the type torch.{dtype.Name()}, got type torch.{input.DType.Name()}");
        if (batchSizes is not null && input.NDim != 2) Throw.Shapes($"input must have 2 dimensions, got {input.NDim}");
        if (input.Size(-1) != InputSize)
            Throw.Shapes($"input.size(-1) must be equal to input_size. Expected {InputSize}, got {input.Size(-1)}");
        long[]? sizes = batchSizes?.ToArray<long>();
        if (sizes is not null) CheckSizes(sizes, input.Size(0));
        long items = sizes?[0] ?? input.Size(BatchFirst ? 0 : 1), rows = NumLayers * Directions;
        h = State(h, [rows, items, OutputSize], cells ? "hidden[0]" : "hidden", dtype);
        if (cells) c = State(c, [rows, items, HiddenSize], "hidden[1]", dtype);
        if (sizes is null && BatchFirst) input = input.Transpose(0, 1);
        if (sizes is null && input.Size(0) == 0)
            Throw.Shapes("Expected sequence length to be larger than 0 in RNN: give at least one step.");

        // An LSTM as a whole has the rule of products; in the other cases its products have.
        using AutocastCall call = low is not null && cells && sizes is null && ProjSize == 0 ? Autocast.Begin() : default;
        (input, h, c) = (call.Lower(input), call.Lower(h), call.Lower(c));
        Tensor[] hs = h.Unbind(0), cs = c?.Unbind(0) ?? [];
        Tensor[] endH = new Tensor[rows], endC = new Tensor[cells ? rows : 0];
        for (int layer = 0, row = 0; layer < NumLayers; layer++)
        {
            Tensor[] both = new Tensor[Directions];
            for (int direction = 0; direction < Directions; direction++, row++)
            {
                (both[direction], endH[row], Tensor? end) = Walk(input, sizes, hs[row], cells ? cs[row] : null,
                    $"l{layer}{(direction == 1 ? "_reverse" : "")}", direction == 1, low);
                if (cells) endC[row] = end!;
            }
            input = Bidirectional ? Tensor.Cat(both, -1) : both[0];
            if (dropout != 0 && Training && layer < NumLayers - 1) input = Dropped(input);
        }
        if (sizes is null && BatchFirst) input = input.Transpose(0, 1);
        (h, c) = (Tensor.Stack(endH), cells ? Tensor.Stack(endC) : null);
        return single ? (input.Squeeze(BatchFirst ? 0 : 1), h.Squeeze(1), c?.Squeeze(1)) : (input, h, c);
    }

    /// <summary>Dropout draws in the order of memory, and a layer's result may lie in that of batches: PyTorch's is that of time.</summary>
    private Tensor Dropped(Tensor input) => input.IsContiguous ? Functional.Dropout(input, dropout)
        : input * Functional.Dropout(Tensor.Ones(input.Shape, input.DType), dropout);

    /// <summary>One layer in one direction: one product for the inputs of all steps, then step by step.</summary>
    private (Tensor Output, Tensor H, Tensor? C) Walk(Tensor input, long[]? sizes, Tensor h, Tensor? c, string end, bool reverse,
        AutocastScope? low)
    {
        Tensor? bias = HasBias ? Weight("bias_hh_" + end, low) : null, projection = ProjSize > 0 ? Weight("weight_hr_" + end, low) : null;
        Tensor own = Weight("weight_hh_" + end, low), all = Gates(input, sizes, end, low);
        if (sizes is null && projection is null) return Functional.RecurrentLayer(Kind, all, h, c, own, bias, reverse);
        // Transposed once, so that the steps' gradients are added up before they are transposed back.
        Tensor weight = LinearOp.Apply(new Ops.WeightT(), own);
        Tensor[] steps = sizes is null ? all.Unbind(0) : all.Split(sizes), outputs = new Tensor[steps.Length];
        // Packed sequences end one after the other. What has ended, or forwards in time has not begun, is set aside.
        (Tensor H, Tensor? C) first = (h, c);
        List<Tensor> doneH = [], doneC = [];
        long items = sizes is null ? 0 : reverse ? sizes[^1] : sizes[0];
        if (sizes is not null && reverse) (h, c) = (h.Narrow(0, 0, items), c?.Narrow(0, 0, items));
        for (int i = 0; i < steps.Length; i++)
        {
            int at = reverse ? steps.Length - 1 - i : i;
            if (sizes is not null && sizes[at] != items)
            {
                long less = items - sizes[at];
                if (less > 0)
                {
                    doneH.Add(h.Narrow(0, sizes[at], less));
                    if (c is not null) doneC.Add(c.Narrow(0, sizes[at], less));
                    (h, c) = (h.Narrow(0, 0, sizes[at]), c?.Narrow(0, 0, sizes[at]));
                }
                else
                {
                    h = Tensor.Cat([h, first.H.Narrow(0, items, -less)]);
                    if (c is not null) c = Tensor.Cat([c, first.C!.Narrow(0, items, -less)]);
                }
                items = sizes[at];
            }
            (h, c) = Functional.RecurrentStep(Kind, steps[at], bias is null ? h.Mm(weight) : bias.AddMm(h, weight), h, c);
            if (projection is not null) h = Functional.Linear(h, projection);
            outputs[at] = h;
        }
        if (doneH.Count > 0)
        {
            doneH.Add(h);
            doneH.Reverse();
            h = Tensor.Cat(doneH);
            if (c is not null)
            {
                doneC.Add(c);
                doneC.Reverse();
                c = Tensor.Cat(doneC);
            }
        }
        return (sizes is null ? Tensor.Stack(outputs) : Tensor.Cat(outputs), h, c);
    }

    /// <summary>The input's part of all gates. Rows that lie behind each other are multiplied as they lie.</summary>
    private Tensor Gates(Tensor input, long[]? sizes, string end, AutocastScope? low)
    {
        Tensor weight = Weight("weight_ih_" + end, low);
        Tensor? bias = HasBias ? Weight("bias_ih_" + end, low) : null;
        if (sizes is not null || input.IsContiguous) return Functional.Linear(input, weight, bias);
        return Functional.Linear(input.Transpose(0, 1), weight, bias).Transpose(0, 1);
    }

    private Tensor Weight(string name, AutocastScope? low)
    {
        Tensor weight = (Tensor)Registered[name]!;
        return low is null ? weight : low.Lower(weight);
    }

    private static void CheckStateRank(Tensor? h, Tensor? c, bool single)
    {
        int rank = single ? 2 : 3;
        string kind = single ? "For unbatched 2-D input" : "For batched 3-D input";
        if (h is not null && c is not null && (h.NDim != rank || c.NDim != rank))
            Throw.Shapes($"{kind}, hx and cx should also be {rank}-D but got ({h.NDim}-D, {c.NDim}-D) tensors");
        if (h is not null && h.NDim != rank) Throw.Shapes($"{kind}, hx should also be {rank}-D but got {h.NDim}-D tensor");
    }

    private static Tensor State(Tensor? given, Shape shape, string name, DType dtype)
    {
        if (given is null) return Tensor.Zeros(shape, dtype);
        if (given.Shape != shape) Throw.Shapes($"Expected {(name == "hidden" ? "hidden size" : name + " size")} " +
            $"({string.Join(", ", shape)}), got {given.Shape}");
        if (given.DType != dtype && !Autocast.IsEnabled) Throw.Types("expected m1 and m2 to have the same dtype, but got: " +
            $"{dtype.NativeName()} != {given.DType.NativeName()}: the state has the input's dtype.");
        return given;
    }

    private static void CheckSizes(long[] sizes, long rows)
    {
        bool falling = sizes.Length > 0 && sizes[^1] > 0;
        for (int i = 1; i < sizes.Length; i++) falling &= sizes[i] <= sizes[i - 1];
        if (!falling || sizes.Sum() != rows)
            Throw.Shapes($"batch sizes of a packed sequence must be positive, not increase, and add up to its {rows} rows, but got " +
                $"{Shape.Format(sizes)}");
    }
}
