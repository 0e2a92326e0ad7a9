"""Probabilities and tokens that PyTorch 2.6.0 gives for temperature, top-k and top-p in the order of Hugging Face's generation. Run it in
../Nabla.Tests/Data: it writes sampling.json."""
import json

import torch

CASES = [(1.0, 0, 1.0), (0.5, 0, 1.0), (2.0, 5, 1.0), (1.0, 1, 1.0), (1.0, 100, 1.0),
         (1.0, 0, 0.9), (0.7, 0, 0.3), (1.3, 8, 0.8), (1.0, 0, 1e-9)]


def probabilities(logits, temperature, top_k, top_p):
    scores = logits / temperature
    if top_k > 0:
        least = torch.topk(scores, min(top_k, scores.size(-1)))[0][..., -1, None]
        scores = scores.masked_fill(scores < least, -torch.inf)
    if top_p < 1:
        ordered, places = torch.sort(scores, descending=False)
        remove = ordered.softmax(-1).cumsum(-1) <= 1 - top_p
        remove[..., -1:] = False
        scores = scores.masked_fill(remove.scatter(1, places, remove), -torch.inf)
    return scores.softmax(-1)


torch.manual_seed(0)
logits = torch.randn(4, 12, dtype=torch.float64) * 2
cases = []
for temperature, top_k, top_p in CASES:
    p = probabilities(logits, temperature, top_k, top_p)
    torch.manual_seed(5)
    tokens = [torch.multinomial(p, 1)[:, 0].tolist() for _ in range(10)]
    cases.append({"temperature": temperature, "top_k": top_k, "top_p": top_p, "probabilities": p.tolist(), "tokens": tokens})
with open("sampling.json", "w") as file:
    json.dump({"logits": logits.tolist(), "cases": cases}, file)
    file.write("\n")
