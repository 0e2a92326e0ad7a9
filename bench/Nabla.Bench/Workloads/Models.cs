using Nabla.Nn;

namespace Nabla.Bench;

/// <summary>A pre-norm transformer block: causal self-attention, then a GELU feed-forward layer of width 4C.</summary>
internal sealed class Block(int width, int heads) : Module<Tensor, Tensor>
{
    private readonly LayerNorm ln1 = new(width), ln2 = new(width);
    private readonly Linear qkv = new(width, 3 * width), proj = new(width, width), up = new(width, 4 * width), down = new(4 * width, width);

    protected override Tensor Forward(Tensor x)
    {
        (long b, long t, long c) = (x.Size(0), x.Size(1), x.Size(2));
        Tensor[] p = qkv.Call(ln1.Call(x)).Chunk(3, 2);
        Tensor a = Functional.ScaledDotProductAttention(Heads(p[0]), Heads(p[1]), Heads(p[2]), isCausal: true);
        x = x + proj.Call(a.Transpose(1, 2).Contiguous().View([b, t, c]));
        return x + down.Call(Functional.Gelu(up.Call(ln2.Call(x))));

        Tensor Heads(Tensor u) => u.View([b, t, heads, c / heads]).Transpose(1, 2);
    }
}

/// <summary>Token and position embeddings, blocks, a final LayerNorm and an untied head.</summary>
internal sealed class Gpt(int vocabulary, int width, int layers, int heads, int context) : Module<Tensor, Tensor>
{
    private readonly Embedding tokens = new(vocabulary, width), positions = new(context, width);
    private readonly ModuleList<Block> blocks = new(Enumerable.Range(0, layers).Select(_ => new Block(width, heads)));
    private readonly LayerNorm ln = new(width);
    private readonly Linear head = new(width, vocabulary);

    protected override Tensor Forward(Tensor x)
    {
        Tensor h = tokens.Call(x) + positions.Call(Tensor.Arange(x.Size(1)));
        foreach (Block block in blocks) h = block.Call(h);
        return head.Call(ln.Call(h));
    }
}

/// <summary>A model over characters: embedding, LSTM, head.</summary>
internal sealed class CharLstm(int vocabulary, int embedding, int hidden) : Module<Tensor, Tensor>
{
    private readonly Embedding tokens = new(vocabulary, embedding);
    private readonly LSTM lstm = new(embedding, hidden, batchFirst: true);
    private readonly Linear head = new(hidden, vocabulary);

    protected override Tensor Forward(Tensor x) => head.Call(lstm.Call(tokens.Call(x)).Output);
}
