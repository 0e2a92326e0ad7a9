using System.Text.Json;
using Nabla.Nn;

namespace Nabla.Conformance;

/// <summary>Embedding, LSTM and linear layer: row numbers (N, L) to logits (N, L, vocabulary).</summary>
internal sealed class CharLstm(long vocabulary, JsonElement problem) : Module<Tensor, Tensor>
{
    private readonly Embedding embedding = new(vocabulary, problem.GetProperty("embedding").GetInt64());
    private readonly LSTM lstm = new(problem.GetProperty("embedding").GetInt64(), problem.GetProperty("hidden").GetInt64(),
        problem.TryGetProperty("layers", out JsonElement layers) ? layers.GetInt64() : 1, batchFirst: true);
    private readonly Linear linear = new(problem.GetProperty("hidden").GetInt64(), vocabulary);

    protected override Tensor Forward(Tensor ids) => linear.Call(lstm.Call(embedding.Call(ids)).Output);
}

/// <summary>A decoder of causal attention blocks: row numbers (N, L) to logits (N, L, vocabulary).</summary>
internal sealed class Gpt : Module<Tensor, Tensor>
{
    private readonly Embedding tok, pos;
    private readonly ModuleList<Block> blocks = [];
    private readonly LayerNorm ln;
    private readonly Linear head;

    internal Gpt(long vocabulary, JsonElement problem)
    {
        long width = problem.GetProperty("width").GetInt64(), heads = problem.GetProperty("heads").GetInt64();
        tok = new(vocabulary, width);
        pos = new(problem.GetProperty("length").GetInt64(), width);
        for (long i = problem.GetProperty("layers").GetInt64(); i > 0; i--) blocks.Add(new Block(width, heads));
        ln = new([width]);
        head = new(width, vocabulary, bias: false);
    }

    protected override Tensor Forward(Tensor ids)
    {
        Tensor x = tok.Call(ids) + pos.Call(Tensor.Arange(ids.Size(1)));
        foreach (Block block in blocks) x = block.Call(x);
        return head.Call(ln.Call(x));
    }

    internal sealed class Block(long width, long heads) : Module<Tensor, Tensor>
    {
        private readonly LayerNorm ln1 = new([width]);
        private readonly Linear qkv = new(width, 3 * width), proj = new(width, width);
        private readonly LayerNorm ln2 = new([width]);
        private readonly Linear fc = new(width, 4 * width), @out = new(4 * width, width);

        protected override Tensor Forward(Tensor x)
        {
            (long n, long length) = (x.Size(0), x.Size(1));
            Tensor[] parts = [.. qkv.Call(ln1.Call(x)).Split(width, -1).Select(t => t.View([n, length, heads, width / heads]).Transpose(1, 2))];
            Tensor attended = Functional.ScaledDotProductAttention(parts[0], parts[1], parts[2], isCausal: true);
            x = x + proj.Call(attended.Transpose(1, 2).Reshape([n, length, width]));
            return x + @out.Call(Functional.Gelu(fc.Call(ln2.Call(x))));
        }
    }
}
